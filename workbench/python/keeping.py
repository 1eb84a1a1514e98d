"""Whether a place that uses a list of a function's own keeps no hold of it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

from workbench.python.callees import find_callee
from workbench.python.scope import READERS, Scope
from workbench.python.syntax import FunctionNode, LoopNode, blocks

_CHANGES = frozenset(
    {"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "index", "count"}
)
_LAZY = frozenset({"enumerate", "reversed", "zip"})
_READS_ALL = READERS - _LAZY


def above(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Yield what a node stands in, up to the function."""
    return itertools.takewhile(lambda part: part is not scope.function, scope.ancestors(node))


def keeps_none(use: ast.Name, changes: Sequence[ast.stmt], scope: Scope) -> bool:
    """Whether a place looks at the list, or changes it, and keeps no hold of it."""
    parent = scope.parents[use]
    match parent:
        case ast.For(iter=looked) if looked is use:
            return not _is_changed_in(parent, changes, scope)
        case ast.comprehension(iter=looked) if looked is use:
            return not isinstance(scope.parents[parent], ast.GeneratorExp) or (
                _is_read_at_once(scope.parents[parent], scope)
            )
        case ast.Call(func=ast.Name(id=name)) if name in _LAZY and scope.is_builtin(name):
            return _is_lazy_harmless(parent, changes, scope)
        case ast.Call(func=ast.Name()) if scope.called(parent.func, parent) == "":
            return _is_looked_at_by(parent, use, scope)
        case ast.Attribute(attr=attr) if attr in _CHANGES:
            call = scope.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        case ast.Subscript(value=looked):
            return looked is use
        case ast.Return():
            return not _is_caught(parent, scope)
        case ast.BinOp() | ast.Starred():
            return True
    return scope.is_read(use)


def _is_caught(node: ast.AST, scope: Scope) -> bool:
    """Whether something may still run after a return."""
    return any(isinstance(parent, ast.Try | ast.With) for parent in above(node, scope))


def _is_changed_in(loop: ast.For, changes: Sequence[ast.stmt], scope: Scope) -> bool:
    """Whether a loop over the list goes on after the list is changed."""
    inside = {node for stmt in loop.body for node in ast.walk(stmt)}
    return not all(_ends(change, loop, scope) for change in changes if change in inside)


def _ends(change: ast.stmt, loop: ast.For, scope: Scope) -> bool:
    """Whether the next statement leaves the loop."""
    inner = next(part for part in above(change, scope) if isinstance(part, LoopNode))
    block = next(b for b in blocks(scope.parents[change]) if change in b)
    match block[block.index(change) + 1 :][:1]:
        case [ast.Return()]:
            return not _is_caught(change, scope)
        case [ast.Break()]:
            return inner is loop
    return False


def _is_lazy_harmless(call: ast.Call, changes: Sequence[ast.stmt], scope: Scope) -> bool:
    match scope.parents[call]:
        case ast.For(iter=looked) as loop if looked is call:
            return not _is_changed_in(loop, changes, scope)
        case ast.comprehension(iter=looked) as part if looked is call:
            owner = scope.parents[part]
            return not isinstance(owner, ast.GeneratorExp) or _is_read_at_once(owner, scope)
    return _is_read_at_once(call, scope)


def _is_read_at_once(node: ast.AST, scope: Scope) -> bool:
    match scope.parents[node]:
        case ast.Call(func=ast.Name(id=name), args=[only]):
            return only is node and name in _READS_ALL and scope.is_builtin(name)
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join")):
            return True
    return False


def _is_looked_at_by(call: ast.Call, use: ast.Name, scope: Scope) -> bool:
    """Whether a function of the file only looks into the list that it is handed."""
    callee = find_callee(scope, call)
    if callee is None:
        return False
    inside = Scope("", scope.tree, callee.function)
    names = [name for name, value in callee.arguments.items() if value is use]
    lazily = ast.GeneratorExp | ast.Lambda | FunctionNode
    has_lazy = any(
        isinstance(node, lazily) for stmt in callee.function.body for node in ast.walk(stmt)
    )
    return not has_lazy and all(_is_only_looked_at(name, inside) for name in names)


def _is_only_looked_at(name: str, inside: Scope) -> bool:
    """Whether a parameter is never bound anew, and nothing keeps what it holds."""
    if inside.bound(inside.function)[name] != 1:
        return False
    for node in ast.walk(inside.function):
        match node:
            case ast.Call(func=ast.Name(id=lazy)) if lazy in _LAZY:
                return False
    return inside.is_only_read(name, inside.function)
