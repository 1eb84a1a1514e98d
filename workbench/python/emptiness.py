"""Whether a container is known not to be empty where it is used."""

from __future__ import annotations

import ast
import functools
import itertools
import operator

from workbench.python.scope import Scope
from workbench.python.syntax import blocks


def is_guarded(use: ast.Name, name: str, scope: Scope) -> bool:
    """Whether a test, that what a name holds is not empty, surely goes before a use of it."""
    child: ast.AST = use
    for parent in scope.ancestors(use):
        match parent:
            case ast.IfExp(test=test, body=body) if child is body and _holds(test, name):
                return True
            case ast.IfExp(test=test, orelse=rest) if child is rest and _fails(test, name):
                return True
            case ast.BoolOp(op=op, values=values):
                tells = _holds if isinstance(op, ast.And) else _fails
                before = itertools.takewhile(functools.partial(operator.is_not, child), values)
                if any(tells(value, name) for value in before):
                    return True
            case ast.If(test=test, body=body) if child in body and _holds(test, name):
                return True
            case ast.If(test=test, orelse=rest) if child in rest and _fails(test, name):
                return True
        for block in blocks(parent):
            if child in block and any(
                _leaves_when_empty(stmt, name) for stmt in block[: block.index(child)]
            ):
                return True
        if parent is scope.function:
            return False
        child = parent
    return False


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _holds(test: ast.expr, name: str) -> bool:
    """Whether a test tells, where it is true, that the list is not empty."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_holds(value, name) for value in test.values)
    return _is_name(test, name)


def _fails(test: ast.expr, name: str) -> bool:
    """Whether a test tells, where it is false, that the list is not empty."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_fails(value, name) for value in test.values)
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_name(operand, name)
    return False


def _leaves_when_empty(stmt: ast.stmt, name: str) -> bool:
    match stmt:
        case ast.If(
            test=test, body=[*_, ast.Return() | ast.Raise() | ast.Continue() | ast.Break()]
        ):
            return _fails(test, name)
    return False
