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
import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import libcst as cst

from workbench.errors import PatchError
from workbench.patch.hoist import (
    FunctionNode,
    bound_names,
    find_functions,
    module_bindings,
    parse_concrete,
    parse_source,
)

CACHES = frozenset({"functools.lru_cache", "functools.cache", "functools.cached_property"})
UNSTEADY = frozenset({"time", "random", "datetime", "os", "uuid", "secrets", "open", "input"})
"""What may give another answer to the same question."""
MUTATORS = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove"}
    | {"reverse", "setdefault", "sort", "update", "write"}
)
UNHASHABLE = frozenset({"list", "dict", "set", "List", "Dict", "Set", "bytearray", "ndarray"})
MUTABLE_RESULTS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
NAMESAKES = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.FunctionDef, ast.ClassDef, ast.Global)
"""What makes a name of an import mean something else."""
MEMO = "__memo__"

Statements = Sequence[cst.BaseStatement]
Definition = cst.FunctionDef | cst.ClassDef
Edit = Callable[[Any], Definition]


class Side(NamedTuple):
    """One function in one version of its file."""

    source: str
    tree: ast.Module
    function: FunctionNode
    qualname: str

    @property
    def owner(self) -> ast.ClassDef | None:
        """The class it is a method of."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef) and self.function in node.body:
                return node
        return None


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
    edited = _restore_decorator(old, new) or _restore_memo(old, new)
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


# A lost decorator


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
    decorator = _get_node(old_module, old.qualname).decorators[index]
    edited = _edit_node(module, new.qualname, lambda node: _decorated(node, decorator, *place))
    top = next(stmt for stmt in new.tree.body if new.function in ast.walk(stmt))
    bindings = module_bindings(new.tree).get(root, [])
    if bound_names(top)[root] or any(isinstance(stmt, NAMESAKES) for stmt in bindings):
        return None
    if not bindings:
        with_import = _with_import(edited, old, root)
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
    return _code(old.function) == _code(new.function) or _is_repeatable(old, new)


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
    return [ast.dump(stmt) for stmt in _without_docstring(function.body)]


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest
    return body


def _is_repeatable(old: Side, new: Side) -> bool:
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
        if _base(changed) not in own:
            return True
    return False


def _base(expr: ast.expr) -> str:
    """Name the variable an attribute or item chain starts from; empty for a new value."""
    while isinstance(expr, ast.Attribute | ast.Subscript):
        expr = expr.value
    return expr.id if isinstance(expr, ast.Name) else ""


# A lost memo


@dataclass
class _Memo:
    """Takes a memo out of a body; `slot` is where it keeps a result, `store[key]` or `self.x`."""

    slot: str
    store: str
    key: str
    value: ast.expr | None = None
    """What holds the result once it is computed."""
    aliases: set[str] = field(default_factory=set)
    has_guard: bool = False

    @property
    def was_found(self) -> bool:
        return self.has_guard and self.value is not None

    def strip(self, block: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [kept for stmt in block for kept in self._strip_statement(stmt)]

    def _strip_statement(self, stmt: ast.stmt) -> list[ast.stmt]:
        match stmt:
            case ast.If(test=test, body=[ast.Return(value=ast.expr() as value)], orelse=orelse):
                if self._is_hit(test) and self._is_slot(value):
                    self.has_guard = True
                    return self.strip(orelse)
            case ast.Try(body=[first], handlers=[handler], orelse=[], finalbody=[]):
                caught = ast.unparse(handler.type) if handler.type else ""
                if self._looks_up(first) and caught in {"KeyError", "AttributeError"}:
                    self.has_guard = True
                    return self.strip([s for s in handler.body if not isinstance(s, ast.Pass)])
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if self.key and ast.unparse(value) in {f"{self.store}.get({self.key})"}:
                    self.aliases.add(name)
                    return []
            case ast.Return(value=ast.expr() as value) if self.value and self._is_slot(value):
                return [ast.Return(value=self.value)]
        return self._strip_store(stmt)

    def _strip_store(self, stmt: ast.stmt) -> list[ast.stmt]:
        match stmt:
            case ast.If(test=test, body=body, orelse=[]) if self._is_miss(test):
                self.has_guard = True
                return self.strip(body)
            case ast.If(test=test) if self._is_eviction(stmt):
                return []
            case ast.Assign(targets=targets, value=value):
                kept = [t for t in targets if ast.unparse(t) != self.slot]
                if len(kept) < len(targets):
                    return self._remember(kept, value)
        return [stmt]

    def _remember(self, targets: list[ast.expr], value: ast.expr) -> list[ast.stmt]:
        if not targets and isinstance(value, ast.Name):
            self.value = value
            return []
        targets = targets or [ast.Name(MEMO, ast.Store())]
        match targets:
            case [ast.Name(id=name)]:
                self.value = ast.Name(name, ast.Load())
                return [ast.Assign(targets=[ast.Name(name, ast.Store())], value=value)]
        return []

    def _is_slot(self, value: ast.expr) -> bool:
        return ast.unparse(value) in {self.slot, *self.aliases}

    def _is_hit(self, test: ast.expr) -> bool:
        hits = {f"{self.key} in {self.store}"} if self.key else {self._has_attribute()}
        for name in (self.slot, *self.aliases):
            hits |= {f"{name} is not None", name}
        return ast.unparse(test) in hits

    def _is_miss(self, test: ast.expr) -> bool:
        misses = {f"{self.key} not in {self.store}", f"not {self._has_attribute()}"}
        for name in (self.slot, *self.aliases):
            misses |= {f"{name} is None", f"not {name}"}
        return ast.unparse(test) in misses

    def _has_attribute(self) -> str:
        owner, _, attribute = self.slot.rpartition(".")
        return f"hasattr({owner}, {attribute!r})"

    def _looks_up(self, stmt: ast.stmt) -> bool:
        match stmt:
            case (
                ast.Return(value=ast.expr() as value)
                | ast.Assign(targets=[ast.Name()], value=value)
            ):
                return ast.unparse(value) == self.slot
        return False

    def _is_eviction(self, stmt: ast.stmt) -> bool:
        """Whether it only keeps the store small: it reads no name but the store's and constants."""
        names = {node.id for node in ast.walk(stmt) if isinstance(node, ast.Name)}
        others = {name for name in names if not name.isupper() and name != "len"}
        stores = any(isinstance(n, ast.Assign | ast.AugAssign | ast.Return) for n in ast.walk(stmt))
        is_about_store = self.store in ast.unparse(stmt) and not stores
        return is_about_store and others <= {self.store.split(".")[0]}


def _restore_memo(old: Side, new: Side) -> str | None:
    for memo in _memos(old.function):
        body = memo.strip(copy.deepcopy(_without_docstring(old.function.body)))
        computes = _plain(body, memo.key)
        now = _plain(copy.deepcopy(_without_docstring(new.function.body)), "")
        if memo.was_found and not _mentions(body, memo.store) and computes == now:
            return _with_memo(old, new, memo.store)
    return None


def _memos(function: FunctionNode) -> Iterator[_Memo]:
    """Yield every place outside the function where it stores something."""
    own = bound_names(function)
    receiver = function.args.args[0].arg if function.args.args else ""
    declared = [node.names for node in ast.walk(function) if isinstance(node, ast.Global)]
    shared = {name for names in declared for name in names}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            slot = ast.unparse(target)
            is_outside = _base(target) in shared | {receiver} or not own[_base(target)]
            match target:
                case ast.Subscript(value=ast.Name() | ast.Attribute() as store, slice=key):
                    if is_outside:
                        yield _Memo(slot, ast.unparse(store), ast.unparse(key))
                case ast.Attribute(value=ast.Name()) | ast.Name():
                    if is_outside:
                        yield _Memo(slot, slot, "")


def _mentions(body: Sequence[ast.AST], store: str) -> bool:
    name = store.split(".")[-1]
    return any(_names(node, name) for stmt in body for node in ast.walk(stmt))


def _names(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=seen) | ast.Attribute(attr=seen) | ast.Constant(value=seen):
            return bool(seen == name)
    return False


def _plain(body: list[ast.stmt], key: str) -> list[str]:
    """Write a body so that two that compute alike are alike: no key, no last temporary."""
    kept: list[ast.stmt] = []
    for i, stmt in enumerate(body):
        match stmt:
            case ast.Global():
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if name == key:
                if not _mentions(body[i + 1 :], name):
                    continue
            case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
                stmt = ast.Assign(targets=[target], value=value)
        kept.append(stmt)
    match kept:
        case [*first, ast.Assign(targets=[ast.Name(id=name)], value=value), ast.Return() as last]:
            if isinstance(last.value, ast.Name) and last.value.id == name:
                kept = [*first, ast.Return(value=value)]
    return [ast.dump(stmt) for stmt in kept]


def _with_memo(old: Side, new: Side, store: str) -> str | None:
    """Return the new source with the old body, and with what the body keeps its results in."""
    name = store.split(".")[-1]
    mentions = [_simple_mentions(side, name) for side in (old, new)]
    missing = [stmt for text, stmt in mentions[0] if text not in dict(mentions[1])]
    n_lost = len(mentions[0]) - len(mentions[1])
    if len(missing) > 1 or n_lost > len(missing):
        return None  # something that emptied it went away too
    module, old_module = (parse_concrete(side.source) for side in (new, old))
    body = _get_node(old_module, old.qualname).body
    module = _edit_node(module, new.qualname, lambda node: _with_body(node, body))
    if missing:
        edited = _with_definition(module, old_module, old, missing[0])
        return edited.code if edited else None
    asks_first = "hasattr" in ast.unparse(old.function)
    return module.code if mentions[1] or asks_first else None


def _simple_mentions(side: Side, name: str) -> list[tuple[str, ast.stmt]]:
    """List the statements outside the function that name its store, as text and as found."""
    inside = set(ast.walk(side.function))
    found = []
    for stmt in ast.walk(side.tree):
        is_simple = isinstance(stmt, ast.stmt) and not hasattr(stmt, "body")
        if is_simple and stmt not in inside and _mentions([stmt], name):
            assert isinstance(stmt, ast.stmt)
            found.append((ast.dump(stmt), stmt))
    return found


def _with_body(node: cst.FunctionDef, body: cst.BaseSuite) -> cst.FunctionDef:
    """Return the function with another body, under its own docstring."""
    if not isinstance(body, cst.IndentedBlock) or not isinstance(node.body, cst.IndentedBlock):
        return node.with_changes(body=body)
    documentation = node.body.body[:1] if node.get_docstring(clean=False) is not None else ()
    is_documented = node.with_changes(body=body).get_docstring(clean=False) is not None
    rest = body.body[1:] if is_documented else body.body
    return node.with_changes(body=body.with_changes(body=[*documentation, *rest]))


def _with_definition(
    module: cst.Module, old_module: cst.Module, old: Side, stmt: ast.stmt
) -> cst.Module | None:
    """Put back the statement that made the store: in the module, the class or `__init__`."""
    if not isinstance(stmt, ast.Assign | ast.AnnAssign):
        return None
    path = old.qualname.rpartition(".")[0]
    if stmt in old.tree.body:
        return module.with_changes(body=_inserted(module.body, old_module.body, stmt))
    owner = old.owner
    methods = [n for n in owner.body if isinstance(n, FunctionNode)] if owner else []
    places = [(owner, path)] + [(n, f"{path}.{n.name}") for n in methods if n.name == "__init__"]
    for place, qualname in places:
        if place and stmt in place.body:
            edit = functools.partial(_with_statement, _get_node(old_module, qualname), stmt)
            return _edit_node(module, qualname, edit)
    return None


def _with_statement(old: Definition, stmt: ast.stmt, node: Definition) -> Definition:
    """Put a statement of the old definition into the new one."""
    if not isinstance(node.body, cst.IndentedBlock) or not isinstance(old.body, cst.IndentedBlock):
        return node
    body = _inserted(node.body.body, old.body.body, stmt)
    return node.with_changes(body=node.body.with_changes(body=body))


# Edits


class _Editor(cst.CSTTransformer):
    """Applies an edit to the definitions of one qualified name."""

    def __init__(self, qualname: str, edit: Edit) -> None:
        super().__init__()
        self.wanted, self.edit = qualname, edit
        self.path: list[str] = []
        self.found: list[Definition] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.path += [node.name.value, "<locals>"]

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.path.append(node.name.value)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.BaseStatement:
        self.path.pop()
        return self.edited(original_node, updated_node)

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.BaseStatement:
        return self.edited(original_node, updated_node)

    def edited(
        self,
        original: Definition,
        updated: Definition,
    ) -> cst.BaseStatement:
        is_wanted = ".".join(self.path) == self.wanted
        self.path.pop()
        if not is_wanted:
            return updated
        self.found.append(original)
        return self.edit(updated)


class _NameAdder(cst.CSTTransformer):
    """Adds a name to the first top-level `from` import of a module that is there."""

    def __init__(self, like: ast.ImportFrom, name: cst.ImportAlias) -> None:
        super().__init__()
        self.module, self.name = like.module or "", name
        self.order = [alias.name for alias in like.names]
        self.has_added = False

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> bool:
        """Stay at the top level."""
        return False

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        """Add the name where it stood among its neighbours."""
        module, names = updated_node.module, updated_node.names
        is_like = module and not updated_node.relative and _text(module) == self.module
        if self.has_added or not is_like or isinstance(names, cst.ImportStar):
            return updated_node
        self.has_added = True
        return updated_node.with_changes(names=self.with_name([*names]))

    def with_name(self, names: list[cst.ImportAlias]) -> list[cst.ImportAlias]:
        before = self.order[: self.order.index(_text(self.name.name))]
        place = max((i + 1 for i, n in enumerate(names) if _text(n.name) in before), default=0)
        spaced = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        comma = names[0].comma if len(names) > 1 else spaced
        added = [*names[:place], self.name.with_changes(comma=comma), *names[place:]]
        if place == len(names):
            added[-2:] = [
                names[-1].with_changes(comma=comma),
                self.name.with_changes(comma=names[-1].comma),
            ]
        return added


def _edit_node(module: cst.Module, qualname: str, edit: Edit) -> cst.Module:
    return module.visit(_Editor(qualname, edit))


def _get_node(module: cst.Module, qualname: str) -> Definition:
    editor = _Editor(qualname, lambda node: node)
    module.visit(editor)
    return editor.found[-1]


def _text(stmt: cst.CSTNode) -> str:
    plain = stmt.with_changes(leading_lines=()) if hasattr(stmt, "leading_lines") else stmt
    return cst.Module(body=()).code_for_node(plain).strip()


def _inserted(body: Statements, old_body: Statements, wanted: ast.stmt) -> list[cst.BaseStatement]:
    """Return a body with one statement of the old body, where its old neighbours are."""
    texts, old_texts = [_text(stmt) for stmt in body], [_text(stmt) for stmt in old_body]
    index = next(i for i, text in enumerate(old_texts) if _is_same(text, wanted))
    above = [texts.index(text) + 1 for text in reversed(old_texts[:index]) if text in texts]
    below = [texts.index(text) for text in old_texts[index + 1 :] if text in texts]
    place = [*above, *below, _first_place(body)][0]
    after = [*body[place:]]
    if after and old_texts[index + 1 : index + 2] == texts[place : place + 1]:
        after[0] = old_body[index + 1]  # equal, but for the blank lines above it
    return [*body[:place], old_body[index], *after]


def _first_place(body: Statements) -> int:
    """Return the index of the first statement after docstring and `__future__` imports."""
    texts = [_text(stmt) for stmt in body]
    is_head = [text[:1] in "\"'rR" or text.startswith("from __future__") for text in texts]
    return next((i for i, head in enumerate(is_head) if not head), len(body))


def _is_same(text: str, wanted: ast.stmt) -> bool:
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return False
    return len(body) == 1 and ast.dump(body[0]) == ast.dump(wanted)


def _with_import(module: cst.Module, old: Side, root: str) -> cst.Module | None:
    """Put back the import of a name, in the spelling it had."""
    for stmt in old.tree.body:
        match stmt:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                alias = next((a for a in names if (a.asname or a.name) == root), None)
                if alias and isinstance(stmt, ast.ImportFrom):
                    return _with_imported_name(module, old, stmt, alias)
                if alias and len(names) == 1:
                    old_module = parse_concrete(old.source)
                    return module.with_changes(body=_inserted(module.body, old_module.body, stmt))
    return None


def _with_imported_name(
    module: cst.Module, old: Side, stmt: ast.ImportFrom, alias: ast.alias
) -> cst.Module | None:
    """Add a name to the `from` import of its module, or put that line back with this name alone."""
    name = cst.ImportAlias(
        name=cst.Name(alias.name),
        asname=cst.AsName(name=cst.Name(alias.asname)) if alias.asname else None,
    )
    adder = _NameAdder(stmt, name)
    edited = module.visit(adder)
    if adder.has_added:
        return edited
    reduced = copy.deepcopy(old.tree)
    line = next(s for s in reduced.body if ast.dump(s) == ast.dump(stmt))
    assert isinstance(line, ast.ImportFrom)
    old_module = parse_concrete(old.source)
    body = [_reduced(s, stmt, name) for s in old_module.body]
    line.names = [alias]
    return module.with_changes(body=_inserted(module.body, body, line))


def _reduced(
    line: cst.BaseStatement, wanted: ast.ImportFrom, name: cst.ImportAlias
) -> cst.BaseStatement:
    if not _is_same(_text(line), wanted):
        return line
    found = cst.ensure_type(cst.ensure_type(line, cst.SimpleStatementLine).body[0], cst.ImportFrom)
    changed = found.with_changes(names=[name], lpar=None, rpar=None)
    return line.with_changes(body=[changed])
