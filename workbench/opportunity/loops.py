"""What is the same on every round of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.reading import FunctionCode, Loop
from workbench.python.repeatable import MUTATORS


def is_same_each_round(code: FunctionCode, expr: ast.AST, loop: Loop) -> bool:
    """Whether an expression is made of what a loop neither binds nor changes."""
    changed = changed_in(code, loop)
    own = {n.id for n in ast.walk(expr) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    paths = [path for path in paths_in(expr) if path.partition(".")[0] not in own]
    return not any(_meet(used, other) for used in paths for other in changed)


def _meet(one: str, other: str) -> bool:
    """Whether one path is the other, or leads to it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def paths_in(expr: ast.AST) -> Iterator[str]:
    """Yield what is read under a node, as names with their attributes: `self.limits.n`.

    Of a method that is called it is what it is a method of.
    """
    pending = [expr]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            pending += [node.func.value, *node.args, *(k.value for k in node.keywords)]
        elif path := _path(node):
            yield path
        else:
            pending += ast.iter_child_nodes(node)


def _path(node: ast.AST) -> str:
    """Return a name with its attributes; empty for any other expression."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _holder(node: ast.AST) -> str:
    """Return the path of what an item or attribute is of."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    return _path(node)


def changed_in(code: FunctionCode, loop: Loop) -> set[str]:
    """Return the paths that a loop binds, or whose value it may change inside."""
    if loop not in code.changed:
        code.changed[loop] = {path for node in ast.walk(loop) for path in _changed(node)} - {""}
    return code.changed[loop]


def _changed(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.ExceptHandler(name=str(name)):
            return {name}
        case ast.arg(arg=name):
            return {name}
        case ast.Attribute(ctx=ast.Store() | ast.Del()):
            return {_path(node)}
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
            return {_holder(value)}
        case ast.Call(func=ast.Attribute(value=receiver, attr=attr)) if attr in MUTATORS:
            return {_holder(receiver)}
        case ast.Expr(value=ast.Call(func=func, args=args)):  # called for its effect
            given = {_path(a) for a in args if isinstance(a, ast.Name | ast.Attribute)}
            return given | ({_holder(func.value)} if isinstance(func, ast.Attribute) else set())
        case ast.Call(func=ast.Name(id="next"), args=[first, *_]):
            return {_path(first)}
        case ast.Await() | ast.Yield() | ast.YieldFrom():
            return {"self"}
    return set()


def steady_loop(code: FunctionCode, expr: ast.expr) -> Loop | None:
    """Return the outermost loop on every round of which an expression is the same.

    None where it is in no loop, or differs in the innermost.
    """
    found = None
    for loop in reversed(code.loops(expr)):
        if not is_same_each_round(code, expr, loop):
            break
        found = loop
    return found
