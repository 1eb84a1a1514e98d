"""Functions of the same file where they are called, and their code in the names of the caller."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, bound_names


class Callee(NamedTuple):
    """A plain function of a file, and what one call hands it."""

    function: ast.FunctionDef
    arguments: dict[str, ast.expr]
    """By parameter; a default that is a constant stands for what is not handed."""


def find_callee(scope: Scope, call: ast.expr) -> Callee | None:
    """Find the function that a call surely runs; None where it is no plain function of the file.

    It has no decorator, no starred parameters, is no generator, and what it is handed are names,
    attributes and constants.
    """
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return None
    function = scope.binding(call.func.id, call)
    if not isinstance(function, ast.FunctionDef) or function not in scope.tree.body:
        return None
    special = ast.Yield | ast.YieldFrom | ast.Global | ast.Nonlocal
    if function.decorator_list or any(isinstance(node, special) for node in ast.walk(function)):
        return None
    arguments = _bind(function.args, call)
    if arguments is None or not all(map(is_plain, arguments.values())):
        return None
    return Callee(function, arguments)


def _bind(parameters: ast.arguments, call: ast.Call) -> dict[str, ast.expr] | None:
    """Return parameter -> argument; None where one is missing, left over, or starred."""
    plain = [*parameters.posonlyargs, *parameters.args]
    if parameters.vararg or parameters.kwarg or len(call.args) > len(plain):
        return None
    if any(isinstance(value, ast.Starred) for value in call.args):
        return None
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    handed = {a.arg: value for a, value in zip(plain, call.args, strict=False)}
    may_be_named = {a.arg for a in (*parameters.args, *parameters.kwonlyargs)}
    if not set(named) <= may_be_named - set(handed):
        return None
    found: dict[str, ast.expr] = {}
    defaults = _defaults(parameters)
    for parameter in (*plain, *parameters.kwonlyargs):
        name = parameter.arg
        value = handed.get(name) or named.get(name) or defaults.get(name)
        if value is None:
            return None
        found[name] = value
    return found


def _defaults(parameters: ast.arguments) -> dict[str, ast.expr]:
    plain = [*parameters.posonlyargs, *parameters.args]
    pairs = [*zip(reversed(plain), reversed(parameters.defaults), strict=False)]
    named = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    pairs += [(parameter, default) for parameter, default in named if default]
    return {p.arg: default for p, default in pairs if isinstance(default, ast.Constant)}


def is_plain(node: ast.expr) -> bool:
    """Whether it is a constant, a name, or an attribute of what a name holds."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name | ast.Constant)


def means_the_same(callee: Callee, scope: Scope) -> bool:
    """Whether the names that a function takes from its module mean the same in the caller, and
    nothing in it depends on where it stands.
    """
    function = callee.function
    if any(_is_private(name) for name in _names(function)):
        return False  # in a class these mean something else
    if any(isinstance(node, FunctionNode | ast.Lambda) for node in _inside(function)):
        return False
    own = bound_names(function)
    if not _shadows_nothing(callee):
        return False
    taken = scope.bound(scope.function) + scope.enclosing
    return not any(
        taken[node.id] for node in _inside(function)
        if isinstance(node, ast.Name) and not own[node.id]
    )  # fmt: skip


def _shadows_nothing(callee: Callee) -> bool:
    """Whether names of comprehensions are told apart from all that may stand beside them."""
    inner: set[str] = set()
    for node in _inside(callee.function):
        if isinstance(node, ast.NamedExpr):
            return False
        if isinstance(node, ast.comprehension):
            inner |= set(bound_names(node.target))
    outer = {name for value in callee.arguments.values() for name in names_in(value)}
    for node in _inside(callee.function):
        if isinstance(node, ast.Assign):
            outer |= {name for target in node.targets for name in bound_names(target)}
        elif isinstance(node, ast.AnnAssign):
            outer |= set(bound_names(node.target))
    return inner.isdisjoint(outer | set(callee.arguments))


def _inside(function: ast.FunctionDef) -> Iterator[ast.AST]:
    return (node for stmt in function.body for node in ast.walk(stmt))


def _names(function: ast.FunctionDef) -> Iterator[str]:
    for node in _inside(function):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def names_in(node: ast.AST) -> set[str]:
    """Return all names that are read or bound under a node."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | set(
        bound_names(node)
    )


def reword(source: str, node: ast.expr, names: Mapping[str, ast.expr]) -> str:
    """Return the text of an expression with other expressions in place of names."""
    uses = [part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in names]
    text = ast.get_source_segment(source, node) or ""
    is_hidden = any(isinstance(part, ast.JoinedStr) for part in ast.walk(node))
    is_number = any(isinstance(names[use.id], ast.Constant) for use in uses)
    if not text or "\n" in text or is_hidden or is_number:
        return ast.unparse(_Renaming(names).visit(copy.deepcopy(node)))
    whole = text.encode()
    for use in sorted(uses, key=lambda use: use.col_offset, reverse=True):
        start = use.col_offset - node.col_offset
        end = start + len(use.id.encode())
        whole = whole[:start] + ast.unparse(names[use.id]).encode() + whole[end:]
    return whole.decode()


class _Renaming(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put what stands for a name in its place."""
        return copy.deepcopy(self.names.get(node.id, node))
