"""Which names of a module always hold the same: bound once, and changed by nobody in the module."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable

from workbench.python.repeatable import MUTATORS
from workbench.python.scope import Scope

Texts = Callable[[], Iterable[str]]
"""Texts of the other files of a repository, read when they are asked for."""

_REACHES_ALL = frozenset({"globals", "exec", "eval"})
"""With these a module may bind its names where no one sees it."""


def constant_value(scope: Scope, name: str, others: Texts = tuple) -> ast.expr | None:
    """Return what a module binds a name to for good; None where that may change.

    That is an immutable literal, or a list, set or dict of such that is left alone.

    Parameters
    ----------
    scope : Scope
        Of any function of the module.
    name : str
        A name of the module.
    others : callable
        Gives the texts of other files, which may change what is the module's.
    """
    bound = bound_once(scope, name)
    if bound is None or bound.value is None:
        return None
    value = bound.value
    is_same = is_fixed(value) or (is_display(value) and is_left_alone(scope, name, others))
    return value if is_same else None


def bound_once(scope: Scope, name: str) -> ast.Assign | ast.AnnAssign | None:
    """Return the one assignment that binds a name of a module, at its top level."""
    match scope.globals.get(name, []):
        case [
            ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name(), value=ast.expr())
        ] as only if only[0] in scope.tree.body:
            return only[0]  # type: ignore[return-value]
    return None


def is_left_alone(scope: Scope, name: str, others: Texts = tuple) -> bool:
    """Whether a container is the module's own, by its name, and everybody only looks into it."""
    names = [node for node in ast.walk(scope.tree) if isinstance(node, ast.Name)]
    uses = [use for use in names if use.id == name and isinstance(use.ctx, ast.Load)]
    is_ours = name.startswith("_") or name.isupper()
    is_seen = not any(other.id in _REACHES_ALL for other in names)
    is_read = is_ours and is_seen and all(_is_read(scope, use) for use in uses)
    return is_read and (name.startswith("_") or not any(_changes(name, text) for text in others()))


def _changes(name: str, text: str) -> bool:
    """Whether another file seems to change a container, or to put another in its place."""
    if name not in text:
        return False
    inside = rf"\b{name}\s*(?:\.\s*(?:{'|'.join(sorted(MUTATORS))})\b|\[[^\n]*\]\s*[-+*|&^]?=(?!=))"
    whole = rf"\b{name}\s*[-+*|&^]=|\.{name}\s*=(?!=)|\bdel\s+[\w.]*\b{name}\b"
    return re.search(f"{inside}|{whole}", text) is not None


def _is_read(scope: Scope, use: ast.Name) -> bool:
    match scope.parents[use]:
        case ast.Call(func=ast.Name(id="map" | "filter" as called), args=[_, *items]):
            return use in items and scope.is_builtin(called)
    return scope.is_read(use)


def is_fixed(value: ast.expr) -> bool:
    """Whether a value of a module is a constant, or a container of the kind nobody can change."""
    match value:
        case ast.Constant():
            return True
        case ast.Tuple(elts=elts):
            return all(map(is_fixed, elts))
        case ast.UnaryOp(operand=operand):
            return is_fixed(operand)
        case ast.BinOp(left=left, right=right):
            return is_fixed(left) and is_fixed(right)
        case ast.Call(func=ast.Name(id="frozenset" | "tuple")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile")):
            return True
    return False


def is_display(value: ast.expr) -> bool:
    """Whether a value is a list, set or dict, written out, of what nobody can change.

    An empty one is there to be filled.
    """
    match value:
        case ast.List(elts=[_, *_] as elts) | ast.Set(elts=elts):
            return all(map(is_fixed, elts))
        case ast.Dict(keys=[_, *_] as keys, values=values):
            return all(key and is_fixed(key) for key in keys) and all(map(is_fixed, values))
    return False
