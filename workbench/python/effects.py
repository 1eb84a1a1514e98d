"""Whether running a function does anything besides giving an answer."""

from __future__ import annotations

import ast

from workbench.python.repeatable import MUTATORS
from workbench.python.syntax import FunctionNode, bound_names, root_name


def has_effects(function: FunctionNode) -> bool:
    """Whether a function may change what others hold, raise, or speak to the world.

    What it calls is not looked into, but a call that is there for its effect alone is one.
    """
    parameters = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    own = set(bound_names(function)) - parameters
    return any(_is_effect(node, own) for stmt in function.body for node in ast.walk(stmt))


def _is_effect(node: ast.AST, own: set[str]) -> bool:
    match node:
        case ast.Raise() | ast.Assert() | ast.Global() | ast.Nonlocal():
            return True
        case ast.With() | ast.AsyncWith() | ast.Await():
            return True
        case ast.Attribute(ctx=ast.Store() | ast.Del()) as changed:
            return root_name(changed) not in own
        case ast.Subscript(ctx=ast.Store() | ast.Del()) as changed:
            return root_name(changed) not in own
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=changed, attr=attr))):
            return attr not in MUTATORS or root_name(changed) not in own
        case ast.Expr(value=ast.Call()):
            return True
        case ast.Call(func=ast.Name(id="print" | "open" | "setattr" | "exec")):
            return True
    return False
