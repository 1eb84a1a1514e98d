"""Whether an edit keeps whatever was asked for ever."""

from __future__ import annotations

import ast

from workbench.patch.verify.hollow.side import Fault, Side
from workbench.python.syntax import FunctionNode, bound_names


def keeps_without_bound(path: str, sides: list[Side], after: Side) -> Fault | None:
    """Find a new cache that keeps whatever was asked for ever."""
    had = {name for side in sides for name, _ in _unbounded(side)}
    for name, how in _unbounded(after):
        if name not in had:
            return Fault("input memorised", f"{path}: {name} keeps every answer ({how})")
    return None


def _unbounded(side: Side) -> list[tuple[str, str]]:
    found = []
    for name, function in side.functions().items():
        arguments = function.args
        asked = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        is_asked = len(asked) > 0 or arguments.vararg is not None
        for decorator in function.decorator_list if is_asked else ():
            if _is_endless(side, decorator):
                found.append((name, ast.unparse(decorator)))
    stores = _tables_of_module(side.tree)
    for name, function in side.functions().items():
        for store in sorted(_stored_into(function) & stores.keys()):
            if not _is_trimmed(side.tree, store):
                found.append((f"{name} in {store}", "a table of the module"))
    return found


def _is_endless(side: Side, decorator: ast.expr) -> bool:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    origin = side.origin(func)
    if origin == "functools.cache":
        return True
    if origin != "functools.lru_cache" or not isinstance(decorator, ast.Call):
        return False
    sizes = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "maxsize")]
    return any(isinstance(size, ast.Constant) and size.value is None for size in sizes)


def _tables_of_module(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return the names of a module, or of its classes, that begin as empty tables."""
    found: dict[str, ast.stmt] = {}
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for body in bodies:
        for stmt in body:
            match stmt:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    pass
                case _:
                    continue
            if _is_empty_table(value):
                found[name] = stmt
    return found


def _is_empty_table(value: ast.expr) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=func):
            words = ast.unparse(func).split(".")[-1]
            return words in {"dict", "list", "set", "defaultdict", "OrderedDict"}
    return False


def _stored_into(function: FunctionNode) -> set[str]:
    """Return the names outside of a function that it stores items in."""
    own, found = bound_names(function), set()
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=store, ctx=ast.Store()):
                pass
            case ast.Call(func=ast.Attribute(value=store, attr="setdefault" | "append" | "add")):
                pass
            case _:
                continue
        name = store.attr if isinstance(store, ast.Attribute) else ""
        name = store.id if isinstance(store, ast.Name) and not own[store.id] else name
        found.add(name)
    return found - {""}


def _is_trimmed(tree: ast.Module, store: str) -> bool:
    """Whether anything takes items out of a table, or looks how many there are."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="clear" | "pop" | "popitem")):
                pass
            case ast.Call(func=ast.Name(id="len"), args=[value]):
                pass
            case ast.Delete(targets=[ast.Subscript(value=value)]):
                pass
            case _:
                continue
        name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
        if name == store:
            return True
    return False
