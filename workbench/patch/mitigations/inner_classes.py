"""Make a class once, in place of one made at each call that is always alike."""

from __future__ import annotations

import ast
import builtins
import textwrap

from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.constants import reads_of
from workbench.python.constants import Texts
from workbench.python.fixed import Fixed
from workbench.python.scope import INTROSPECTION, Scope
from workbench.python.syntax import (
    bound_names,
    find_functions,
    parse_source,
    split_lines,
    without_docstring,
)

_MAKERS = frozenset({"collections.namedtuple", "typing.NamedTuple"})
_PLAIN = frozenset({"property", "staticmethod"})
"""Decorators after which a method knows no more of its class."""


def lift_classes(source: str, qualname: str, others: Texts = tuple) -> str | None:
    """Move classes that a function makes at each call, of nothing of its own, above it.

    They are only called, raised or caught, and nobody writes to them.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    tree = parse_source(source)
    found = find_functions(tree, qualname)
    if len(found) != 1:
        return None
    function, rewrite = found[0], Rewrite(source)
    top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
    scope = Scope(source, tree, function)
    fixed = Fixed(scope, tree.body.index(top), others)
    for stmt in function.body:
        text = _moved(source, stmt)
        if text and _is_always_alike(fixed, stmt) and _is_only_used(scope, _name_of(stmt)):
            rewrite.replace_statement(stmt)
            rewrite.insert_before(top, text)
    return rewrite.code()


def _name_of(stmt: ast.stmt) -> str:
    """Return the name that a statement gives a class; empty where it makes none."""
    match stmt:
        case ast.ClassDef(name=name) | ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
            return name
    return ""


def _moved(source: str, stmt: ast.stmt) -> str:
    """Return a statement as it is written in a module; empty where its texts would be others."""
    lines = split_lines(source)[stmt.lineno - 1 : stmt.end_lineno]
    text = textwrap.dedent("\n".join(lines)) + "\n"
    try:
        made = ast.parse(text)
    except SyntaxError:  # one of several on a line, or a text that stands further left
        return ""
    return text if len(made.body) == 1 and ast.dump(made.body[0]) == ast.dump(stmt) else ""


def _is_always_alike(fixed: Fixed, stmt: ast.stmt) -> bool:
    match stmt:
        case ast.ClassDef(decorator_list=[], keywords=[]):
            is_closed = all(_is_known(fixed, stmt, name) for name in _read_in(stmt))
            return is_closed and all(
                _is_harmless(fixed, inner) for inner in without_docstring(stmt.body)
            )
        case ast.Assign(value=ast.Call(func=made, args=args, keywords=keywords)):
            if fixed.scope.called(made, made) not in _MAKERS:
                return False
            given = [*args, *(keyword.value for keyword in keywords)]
            is_above = all(_is_known(fixed, stmt, name) for name in _read_in(made))
            return is_above and all(fixed.kind(part, {}).name for part in given)
    return False


def _read_in(node: ast.AST) -> set[str]:
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _is_known(fixed: Fixed, stmt: ast.stmt, name: str) -> bool:
    """Whether a name that a class reads is its own, a builtin, or bound above in the module."""
    scope = fixed.scope
    n_bound, n_own = scope.bound(scope.function)[name], bound_names(stmt)[name]
    if n_bound:
        return n_bound == n_own and name != "__class__"
    return fixed.is_bound_above(name) or scope.is_builtin(name)


def _is_harmless(fixed: Fixed, stmt: ast.stmt) -> bool:
    """Whether a part of a class holds no state, and does not write to its class."""
    match stmt:
        case ast.FunctionDef(decorator_list=decorators):
            is_plain = all(isinstance(d, ast.Name) and d.id in _PLAIN for d in decorators)
            return is_plain and not any(map(_reaches_class, ast.walk(stmt)))
        case ast.Assign(targets=[ast.Name()], value=value):
            return fixed.gives_immutable(value, {})
        case ast.AnnAssign(target=ast.Name(), value=value):
            return value is None or fixed.gives_immutable(value, {})
    return isinstance(stmt, ast.Pass)


def _reaches_class(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in INTROSPECTION | {"__class__", "type", "setattr", "__dict__"}
    return isinstance(node, ast.Global | ast.Nonlocal)


def _is_only_used(scope: Scope, name: str) -> bool:
    """Whether a class is known in the function alone, and only called, raised or caught."""
    if not name or scope.bound(scope.function)[name] != 1:
        return False
    uses = list(reads_of(name, scope.function))
    is_alone = len(uses) == len(list(reads_of(name, scope.tree)))
    is_free = bound_names(scope.tree)[name] == 1 and not hasattr(builtins, name)
    return bool(uses) and is_alone and is_free and all(_is_plain_use(scope, use) for use in uses)


def _is_plain_use(scope: Scope, use: ast.Name) -> bool:
    match scope.parents[use]:
        case ast.Call(func=called) if called is use:
            return True
        case ast.Raise() | ast.ExceptHandler():
            return True
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, asked]):
            return asked is use and scope.is_builtin("isinstance")
    return False
