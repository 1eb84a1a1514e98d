"""What is the same on every round of a loop."""

from __future__ import annotations

import ast

from workbench.opportunity.reading import FunctionCode, Loop, names_in
from workbench.python.repeatable import MUTATORS
from workbench.python.syntax import root_name


def is_same_each_round(code: FunctionCode, expr: ast.expr, loop: Loop) -> bool:
    """Whether an expression is made of names that a loop neither binds nor changes."""
    return not names_in(expr) & changed_in(code, loop)


def changed_in(code: FunctionCode, loop: Loop) -> set[str]:
    """Return the names that a loop binds, or whose value it may change inside."""
    cache: dict[Loop, set[str]] = code.__dict__.setdefault("_changed", {})
    if loop not in cache:
        cache[loop] = {name for node in ast.walk(loop) for name in _changed(code, node)}
    return cache[loop]


def _changed(code: FunctionCode, node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.ExceptHandler(name=str(name)):
            return {name}
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store()):
            return {root_name(node)}
        case ast.Subscript(ctx=ast.Del()) | ast.AugAssign():
            return {root_name(node.target if isinstance(node, ast.AugAssign) else node)}
        case ast.Call(func=ast.Attribute(value=receiver, attr=attr)) if attr in MUTATORS:
            return {root_name(receiver)}
        case ast.Expr(value=ast.Call(func=func, args=args)):  # called for its effect
            given = {root_name(a) for a in args if isinstance(a, ast.Name | ast.Attribute)}
            return given | ({root_name(func)} if isinstance(func, ast.Attribute) else set())
        case ast.Call(func=ast.Name(id="next"), args=[first, *_]):
            return {root_name(first)}
        case ast.Await() | ast.Yield() | ast.YieldFrom() if code.owner:
            return {"self"}
    return set()


def steady_loop(code: FunctionCode, expr: ast.expr) -> Loop | None:
    """Return the outermost loop around an expression on every round of which it is the same.

    None where it is in no loop, or differs in the innermost.
    """
    found = None
    for loop in reversed(code.loops(expr)):
        if not is_same_each_round(code, expr, loop):
            break
        found = loop
    return found
