"""Whether evaluating an expression does nothing besides giving a value, as far as names tell."""

from __future__ import annotations

import ast
import re

from workbench.python.effects import has_effects
from workbench.python.repeatable import MUTATORS
from workbench.python.scope import INTROSPECTION, Scope
from workbench.python.syntax import FunctionNode, bound_names

_DEEDS = frozenset(
    {"write", "save", "send", "delete", "remove", "insert", "publish", "commit", "emit", "notify"}
    | {"increment", "decrement", "print", "flush", "close", "enqueue", "store", "persist"}
)
"""Words that tell of an effect wherever they stand in a name."""

_VERBS = frozenset(
    {"add", "append", "apply", "call", "clear", "consume", "create", "discard", "do"}
    | {"drain", "drop", "extend", "fill", "init", "lock", "acquire", "release", "log", "mark"}
    | {"move", "next", "open", "pop", "post", "push", "put", "queue", "read", "record", "register"}
    | {"reset", "run", "set", "start", "stop", "take", "touch", "track", "update", "input", "exec"}
)
"""Words that tell of an effect at the beginning of a name."""

_BUILTINS = frozenset(
    {"print", "open", "input", "setattr", "delattr", "next", "compile", "breakpoint", "exit"}
    | {"quit", "__import__"}
    | INTROSPECTION
)


def sounds_like_effect(name: str) -> bool:
    """Whether the words of a name tell that something is done: `save_all`, `readLine`; of a class
    they tell what it is.
    """
    if name[:1].isupper():
        return False
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    return bool(words) and (words[0] in _VERBS or not _DEEDS.isdisjoint(words))


def is_silent(node: ast.expr, scope: Scope, at: ast.AST, depth: int = 3) -> bool:
    """Whether evaluating an expression where `at` runs only gives a value.

    What functions of the same file do is looked up, so far down; of others the name has to tell.
    """
    loud = ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr
    return not any(isinstance(part, loud) for part in ast.walk(node)) and all(
        _only_answers(part.func, scope, at, depth)
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
    )


def _only_answers(func: ast.expr, scope: Scope, at: ast.AST, depth: int) -> bool:
    match func:
        case ast.Name(id=name) if scope.is_builtin(name):
            return name not in _BUILTINS
        case ast.Name(id=name):
            bound = scope.binding(name, at)
            if isinstance(bound, FunctionNode):
                return depth > 0 and _is_silent_function(bound, scope, depth - 1)
            if isinstance(bound, ast.ClassDef):
                return _is_silent_class(bound)
            return not sounds_like_effect(name)
        case ast.Attribute(attr=attr):
            methods = methods_named(attr, scope.tree)
            is_quiet = not any(has_effects(method) for method in methods)
            return is_quiet and not sounds_like_effect(attr) and attr not in MUTATORS
    return False


def _is_silent_function(function: FunctionNode, scope: Scope, depth: int) -> bool:
    if has_effects(function) or isinstance(function, ast.AsyncFunctionDef):
        return False
    inner = Scope("", scope.tree, function)
    own = set(bound_names(function))
    return all(
        is_silent(node, inner, node, depth) or _changes_own(node, own)
        for stmt in function.body
        for node in ast.walk(stmt)
        if isinstance(node, ast.Call)
    )


def _changes_own(call: ast.Call, own: set[str]) -> bool:
    """Whether a call adds to what the function made: `has_effects` looked whose it is."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return attr in MUTATORS and name in own
    return False


def _is_silent_class(made: ast.ClassDef) -> bool:
    """Whether making an instance calls nothing for its effect."""
    makers = [
        node for node in made.body
        if isinstance(node, FunctionNode) and node.name in ("__init__", "__new__", "__post_init__")
    ]  # fmt: skip
    return not any(_is_deed(node) for maker in makers for node in ast.walk(maker))


def _is_deed(node: ast.AST) -> bool:
    """Whether a node of a maker does more than to fill its instance."""
    match node:
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))))
        ):
            return False
        case ast.Expr(value=ast.Call()):
            return True
        case ast.AugAssign(target=ast.Attribute() | ast.Subscript()):
            return True
    return isinstance(node, ast.Raise | ast.Global | ast.With)


def methods_named(name: str, tree: ast.Module) -> list[FunctionNode]:
    """Return the methods of a name, of all classes of a file."""
    return [
        node
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, FunctionNode) and node.name == name
    ]
