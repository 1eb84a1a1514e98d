"""Whether an expression surely gives no negative number."""

from __future__ import annotations

import ast

from workbench.python.scope import Scope


def is_count(node: ast.expr, at: ast.AST, scope: Scope, held: str = "") -> bool:
    """Whether an expression, where `at` runs, is a place in a list counted from its beginning.

    A constant, a length, what `index` finds in the list that a name holds, or what `range` or
    `enumerate` give to a loop.
    """
    match node:
        case ast.Constant(value=int(value)):
            return value >= 0
        case ast.Name(id=name) if scope.bound(scope.function)[name] == 1:
            return any(_counts(part, name, scope, held) for part in ast.walk(scope.function))
        case ast.Call(func=ast.Name()):
            return scope.called(node.func, at) == "len"
    return False


def _counts(node: ast.AST, name: str, scope: Scope, held: str) -> bool:
    """Whether a node is what binds a name, to a number that is not negative."""
    match node:
        case ast.For(target=ast.Name(id=bound), iter=ast.Call(func=func, args=args)):
            is_range = bound == name and scope.called(func, node) == "range"
            return is_range and _is_upward(args, scope, node)
        case ast.For(
            target=ast.Tuple(elts=[ast.Name(id=bound), _]),
            iter=ast.Call(func=func, args=[_], keywords=[]),
        ):
            return bound == name and scope.called(func, node) == "enumerate"
        case ast.Assign(
            targets=[ast.Name(id=bound)],
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=asked), attr="index")),
        ):
            return bound == name and asked == held
        case ast.Assign(targets=[ast.Name(id=bound)], value=value):
            return bound == name and is_count(value, node, scope)
    return False


def _is_upward(args: list[ast.expr], scope: Scope, at: ast.AST) -> bool:
    match args:
        case [_]:
            return True
        case [start, _]:
            return is_count(start, at, scope)
    return False
