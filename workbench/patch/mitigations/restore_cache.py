"""Put back a cache that a function lost: a fix forward that needs no model.

Two kinds are known. A *decorator* of functools returns to the function as it now is. A *memo* (a
dictionary asked first, an attribute computed once) returns with the body it had, and only where
what that body computes is word for word what the function computes now.

Judged on `ast`, edited with libcst. In here, `old` is before the regression and `new` is now.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections import Counter

import libcst as cst

from workbench.errors import PatchError
from workbench.patch.editing.concrete import add_import, edit_node, get_node, parse_concrete
from workbench.patch.mitigations.memo import restore_memo
from workbench.python.repeatable import MUTABLE_RESULTS, is_repeatable
from workbench.python.side import Side
from workbench.python.syntax import (
    FunctionNode,
    bound_names,
    find_functions,
    module_bindings,
    parse_source,
    without_docstring,
)

CACHES = frozenset({"functools.lru_cache", "functools.cache", "functools.cached_property"})

UNHASHABLE = frozenset({"list", "dict", "set", "List", "Dict", "Set", "bytearray", "ndarray"})

NAMESAKES = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.ClassDef, ast.Global)
"""What makes a name of an import mean something else."""


def restore_cache(before: str, after: str, qualname: str) -> str | None:
    """Give a function the cache back that it had `before` and has not `after`.

    Parameters
    ----------
    before, after : str
        Texts of one file: before the regression, and now.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.

    Returns
    -------
    str or None
        `after` with the cache, and nothing else altered; None where no cache was lost, or where
        it cannot be put back for certain.
    """
    trees = parse_source(before, "before"), parse_source(after, "after")
    olds, news = (find_functions(tree, qualname) for tree in trees)
    if not news:
        raise PatchError(f"no function {qualname!r} in the source; expected its qualified name")
    if len(news) != 1 or len(olds) != 1:
        return None
    old = Side(before, trees[0], olds[0], qualname)
    new = Side(after, trees[1], news[0], qualname)
    if not _is_comparable(old, new):
        return None
    edited = _restore_decorator(old, new) or restore_memo(old, new)
    if edited is None or _unknown_names(edited, qualname) - _unknown_names(after, qualname):
        return None
    return edited


def _is_comparable(old: Side, new: Side) -> bool:
    """Whether it is called alike, has no cache now, is plain code, and its class hashes alike."""
    is_cached = any(_names_cache(d) for d in new.function.decorator_list)
    if is_cached or _parameters(old.function) != _parameters(new.function):
        return False
    plain = isinstance(old.function, ast.FunctionDef) and isinstance(new.function, ast.FunctionDef)
    resumed = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(new.function))
    return plain and not resumed and _class_traits(old.owner) == _class_traits(new.owner)


def _parameters(function: FunctionNode) -> str:
    arguments = copy.deepcopy(function.args)
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(arguments)


def _class_traits(owner: ast.ClassDef | None) -> list[str]:
    """Describe what decides on hashing and attributes of a class."""
    if owner is None:
        return []
    special = {"__eq__", "__hash__", "__slots__", "__getattr__", "__setattr__"}
    traits = [ast.dump(node) for node in owner.decorator_list]
    for node in owner.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and bound_names(node).keys() & special:
            traits.append(ast.dump(node))
        elif isinstance(node, FunctionNode) and node.name in special:
            traits.append(node.name)
    return traits


def _unknown_names(source: str, qualname: str) -> set[str]:
    """List the names a function reads that nothing in its file binds."""
    tree = parse_source(source)
    (function,) = find_functions(tree, qualname)
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return read - set(bound_names(tree)) - set(dir(builtins))


def _restore_decorator(old: Side, new: Side) -> str | None:
    lost = _find_cache(old)
    if lost is None:
        return None
    index, origin = lost
    place = _decorator_place(old.function, new.function, index, origin)
    if place is None or not _may_cache(old, new, origin):
        return None
    root = _root(old.function.decorator_list[index])
    module = parse_concrete(new.source, "after")
    old_module = parse_concrete(old.source, "before")
    decorator = get_node(old_module, old.qualname).decorators[index]
    edited = edit_node(module, new.qualname, lambda node: _decorated(node, decorator, *place))
    top = next(stmt for stmt in new.tree.body if new.function in ast.walk(stmt))
    bindings = module_bindings(new.tree).get(root, [])
    if bound_names(top)[root] or any(isinstance(stmt, NAMESAKES) for stmt in bindings):
        return None
    if not bindings:
        with_import = add_import(edited, old, root)
        return with_import.code if with_import else None
    return edited.code if origin in _origins(new.tree, old.function.decorator_list[index]) else None


def _find_cache(side: Side) -> tuple[int, str] | None:
    for index, decorator in enumerate(side.function.decorator_list):
        for origin in _origins(side.tree, decorator) & CACHES:
            return index, origin
    return None


def _names_cache(decorator: ast.expr) -> bool:
    words = ast.unparse(decorator).lower()
    return "cache" in words or "memo" in words


def _root(decorator: ast.expr) -> str:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(func).split(".")[0]


def _origins(tree: ast.Module, decorator: ast.expr) -> set[str]:
    """Name what a decorator may be, by the imports of its module: `functools.lru_cache`."""
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    root, *attributes = ast.unparse(func).split(".")
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for alias in node.names:
                if (alias.asname or alias.name) == root:
                    found.add(".".join([*prefix, alias.name, *attributes]))
    return found


def _decorator_place(
    old: FunctionNode, new: FunctionNode, index: int, origin: str
) -> tuple[int, int] | None:
    """Find (index, number of decorators that give way) for it among those it has now."""
    kept = [ast.dump(d) for i, d in enumerate(old.decorator_list) if i != index]
    present = [ast.dump(d) for d in new.decorator_list]
    if origin == "functools.cached_property":
        plain = ast.dump(ast.Name("property", ast.Load()))
        return (index, 1) if present == [*kept[:index], plain, *kept[index:]] else None
    if present == kept:
        return index, 0
    return (len(present), 0) if index == len(kept) else None


def _decorated(
    node: cst.FunctionDef, decorator: cst.Decorator, index: int, n_replaced: int
) -> cst.FunctionDef:
    decorators = [*node.decorators]
    replaced = decorators[index : index + n_replaced]
    lines = replaced[0].leading_lines if replaced else ()
    decorators[index : index + n_replaced] = [decorator.with_changes(leading_lines=lines)]
    return node.with_changes(decorators=decorators)


def _may_cache(old: Side, new: Side, origin: str) -> bool:
    """Whether remembering what the function now gives is as right as it was before."""
    name = new.function.name
    if origin != "functools.cached_property" and _has_unhashable(new.function):
        return False
    if _invalidations(old.tree, name) - _invalidations(new.tree, name):
        return False
    return _code(old.function) == _code(new.function) or is_repeatable(old, new)


def _has_unhashable(function: FunctionNode) -> bool:
    arguments = function.args
    defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    words = {ast.unparse(a.annotation).split("[")[0].split(".")[-1] for a in every if a.annotation}
    return any(isinstance(d, MUTABLE_RESULTS) for d in defaults) or bool(words & UNHASHABLE)


def _invalidations(tree: ast.Module, name: str) -> Counter[str]:
    """Count where a cache is emptied: `name.cache_clear`, `del x.name`, `"name"` as a key."""
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="cache_clear", value=value):
                found += ["clear"] if ast.unparse(value).split(".")[-1] == name else []
            case ast.Attribute(attr=attr, ctx=ast.Del()) if attr == name:
                found.append("del")
            case ast.Constant(value=value) if value == name:
                found.append("key")
    return Counter(found)


def _code(function: FunctionNode) -> list[str]:
    return [ast.dump(stmt) for stmt in without_docstring(function.body)]
