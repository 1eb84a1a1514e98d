"""Whether a function gives the same answer to the same question each time."""

from __future__ import annotations

import ast

from workbench.python.side import Side
from workbench.python.syntax import FunctionNode, bound_names, module_bindings, root_name

UNSTEADY = frozenset({"time", "random", "datetime", "os", "uuid", "secrets", "open", "input"})
"""What may give another answer to the same question."""

MUTATORS = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove"}
    | {"reverse", "setdefault", "sort", "update", "write"}
)

MUTABLE_RESULTS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def is_repeatable(old: Side, new: Side) -> bool:
    """Whether a changed body still depends on its arguments alone and leaves others be."""
    function = new.function
    if any(isinstance(node, ast.Global | ast.Nonlocal) for node in ast.walk(function)):
        return False
    gained = _facts(function) - _facts(old.function)
    gained |= _variables(new) - _variables(old)
    methods = (
        {n.name for n in new.owner.body if isinstance(n, FunctionNode)} if new.owner else set()
    )
    return not gained - {f"self.{name}" for name in methods} and not _changes_others(function)


def _facts(function: FunctionNode) -> set[str]:
    """List what an answer could depend on besides the arguments, and mutable answers."""
    facts = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and n.id in UNSTEADY}
    receiver = function.args.args[0].arg if function.args.args else ""
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == receiver:
                facts.add(f"self.{attr}")
            case ast.Return(value=ast.Call(func=ast.Name(id="list" | "dict" | "set" | "sorted"))):
                facts.add("mutable result")
            case ast.Return(value=value) if isinstance(value, MUTABLE_RESULTS):
                facts.add("mutable result")
    return facts


def _variables(side: Side) -> set[str]:
    """List the global variables a function reads; constants, functions and imports are none."""
    globals_, own = module_bindings(side.tree), bound_names(side.function)
    found = set()
    for node in ast.walk(side.function):
        if isinstance(node, ast.Name) and not own[node.id]:
            for stmt in globals_.get(node.id, []):
                match stmt:
                    case ast.Assign(value=ast.Constant()):
                        pass
                    case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Global():
                        found.add(node.id)
    return found


def _changes_others(function: FunctionNode) -> bool:
    """Whether it stores into, or changes by method, what it did not make itself."""
    parameters = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    own = set(bound_names(function)) - parameters
    for node in ast.walk(function):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) as changed:
                pass
            case ast.Subscript(ctx=ast.Store() | ast.Del()) as changed:
                pass
            case ast.Call(func=ast.Attribute(value=changed, attr=attr)) if attr in MUTATORS:
                pass
            case _:
                continue
        if root_name(changed) not in own:
            return True
    return False
