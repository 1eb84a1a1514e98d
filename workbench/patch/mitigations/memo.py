"""Restore a memo: a dictionary or attribute that kept the answer of a function."""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from workbench.patch.editing.concrete import (
    edit_node,
    get_node,
    insert_like,
    parse_concrete,
    with_statement,
)
from workbench.python.side import Side
from workbench.python.syntax import (
    FunctionNode,
    bound_names,
    root_name,
    without_docstring,
)

MEMO = "__memo__"


def restore_memo(old: Side, new: Side) -> str | None:
    """Return the new file with the memo that the old function kept; None where there was none."""
    for memo in _memos(old.function):
        body = memo.strip(copy.deepcopy(without_docstring(old.function.body)))
        computes = _plain(body, memo.key)
        now = _plain(copy.deepcopy(without_docstring(new.function.body)), "")
        if memo.was_found and not _mentions(body, memo.store) and computes == now:
            return _with_memo(old, new, memo.store)
    return None


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
            is_outside = root_name(target) in shared | {receiver} or not own[root_name(target)]
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
    body = get_node(old_module, old.qualname).body
    module = edit_node(module, new.qualname, lambda node: _with_body(node, body))
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
        return module.with_changes(body=insert_like(module.body, old_module.body, stmt))
    owner = old.owner
    methods = [n for n in owner.body if isinstance(n, FunctionNode)] if owner else []
    places = [(owner, path)] + [(n, f"{path}.{n.name}") for n in methods if n.name == "__init__"]
    for place, qualname in places:
        if place and stmt in place.body:
            edit = functools.partial(with_statement, get_node(old_module, qualname), stmt)
            return edit_node(module, qualname, edit)
    return None
