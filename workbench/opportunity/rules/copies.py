"""Copies of what is only read, and conversions that undo or repeat each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.repeatable import MUTATORS
from workbench.python.scope import READ_METHODS

_DEEP = ("deepcopy", "copy", "_deepcopy_dict", "_deepcopy_list", "_reconstruct")
_CONVERSIONS = frozenset({"list", "tuple", "set", "frozenset"})
_TAKES_ANY = frozenset({"set", "frozenset", "sum", "any", "all", "min", "max", "sorted", "list",
                        "tuple", "enumerate", "zip", "map", "filter", "dict"})  # fmt: skip
_MANY_SITES = 20
"""Of more call sites it is not asked what each does."""
_SCALAR_METHODS = READ_METHODS | {"lower", "upper", "strip", "split", "isoformat", "encode", "join"}


def deep_copies(code: FunctionCode) -> Iterator[Match]:
    """Find deep copies that are only read here, or changed at their top alone."""
    for call in code.calls:
        if last_name(call.func) != "deepcopy" or code.called(call) != "copy.deepcopy":
            continue
        change = _change_of_copy(code, call)
        if change == "none" and not code.is_rare(call):
            yield match_of(call, f"{code.text(call)} is only read here", _DEEP, own=False)
        elif change == "top" and not code.is_rare(call):
            seen = f"of {code.text(call)} only the top level is changed here: a shallow copy does"
            yield match_of(call, seen, _DEEP, own=False)
        elif _is_returned(code, call) and _is_only_read_by_callers(code):
            seen = f"{code.text(call)} is only read by what calls {code.node.name}"
            yield match_of(call, seen, _DEEP, own=False)


def _is_returned(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a copy is handed to the caller as it is."""
    parent = code.parents[call]
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if len(code.bound.get(name, ())) == 1:
            uses = code.loads.get(name, [])
            return bool(uses) and all(isinstance(code.parents[u], ast.Return) for u in uses)
    return isinstance(parent, ast.Return)


def _is_only_read_by_callers(code: FunctionCode) -> bool:
    """Whether all who call a function are known, and change nothing of what it gives."""
    sites = code.module.codebase.index.sites.get(code.node.name, ())
    return (
        0 < len(sites) <= _MANY_SITES
        and all(site.code.callee(site.call) is code for site in sites)
        and all(_change_of_copy(site.code, site.call) == "none" for site in sites)
    )


def handed_on_copies(code: FunctionCode) -> Iterator[Match]:
    """Find deep copies, and records made into dicts, that are handed on as they are."""
    for call in code.calls:
        if last_name(call.func) not in ("deepcopy", "asdict", "astuple") or code.is_rare(call):
            continue
        name = code.called(call)
        if name in ("dataclasses.asdict", "dataclasses.astuple"):
            seen = f"{code.text(call)} copies every field, however deep"
            yield match_of(call, seen, ("asdict", "astuple", "_asdict_inner", "_astuple_inner"))
        elif name == "copy.deepcopy" and _change_of_copy(code, call) == "unknown":
            if _is_changed_at_top(code, call):
                seen = f"of {code.text(call)} only the top level is changed before it is handed on"
                yield match_of(call, seen, _DEEP, own=False)
            elif not _is_changed_here(code, call) and not _is_of_constant(call):
                seen = f"{code.text(call)} is handed on as it is: nothing here changes it"
                yield match_of(call, seen, _DEEP, own=False)


def _is_of_constant(call: ast.Call) -> bool:
    return not call.args or not isinstance(call.args[0], ast.Name | ast.Attribute | ast.Subscript)


def shallow_copies(code: FunctionCode) -> Iterator[Match]:
    """Find copies of containers that are only looped over or looked into."""
    for node in code.of(ast.Call, ast.Subscript):
        original = _copied(code, node)
        if original is None or code.is_rare(node):
            continue
        parent = code.parents[node]
        if isinstance(parent, ast.For) and parent.iter is node:
            if not _may_change(code, parent.body, original):
                yield match_of(node, f"{code.text(node)} is made to be looped over once")
        elif isinstance(parent, ast.comprehension) and parent.iter is node:
            if not _may_change(code, [code.parents[parent]], original):
                yield match_of(node, f"{code.text(node)} is made to be looped over once")
        elif code.loops(node) and _change_of_copy(code, node) == "none":
            is_left_alone = not _may_change(code, code.loops(node)[-1:], original)
            if is_left_alone:
                yield match_of(node, f"{code.text(node)} is only read here, and made in a loop")


def _copied(code: FunctionCode, node: ast.AST) -> ast.expr | None:
    """Return what is copied: in `list(x)`, `dict(x)`, `x.copy()`, `x[:]`, `list(d.items())`."""
    match node:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "dict"), args=[x], keywords=[]):
            is_plain = isinstance(x, ast.Name | ast.Attribute)
            match x:
                case ast.Call(func=ast.Attribute(value=table, attr="items" | "keys" | "values")):
                    if isinstance(table, ast.Name | ast.Attribute) and code.called(node):
                        return table
            return x if is_plain and code.called(node) and _is_container(code, x) else None
        case ast.Call(func=ast.Attribute(value=x, attr="copy"), args=[], keywords=[]):
            return x if isinstance(x, ast.Name | ast.Attribute) else None
        case ast.Subscript(value=x, slice=ast.Slice(lower=None, upper=None, step=None)):
            is_load = isinstance(node.ctx, ast.Load)
            return x if is_load and isinstance(x, ast.Name | ast.Attribute) else None
    return None


def _is_container(code: FunctionCode, expr: ast.expr) -> bool:
    """Whether a value is a container rather than an iterator, as far as can be told."""
    return bool(code.scope.infer(expr, code.statement(expr)).name)


def _may_change(code: FunctionCode, within: object, original: ast.expr) -> bool:
    """Whether statements may change a container, themselves or by what they call."""
    assert isinstance(within, list | tuple)
    told = ast.unparse(original)
    is_own = isinstance(original, ast.Name) and code.bound.get(original.id)
    for node in (n for part in within for n in ast.walk(part)):
        match node:
            case ast.Call(func=ast.Attribute(value=receiver, attr=attr)):
                if ast.unparse(receiver) == told and attr not in READ_METHODS:
                    return True
                if not is_own and attr not in _SCALAR_METHODS:
                    return True  # another method may reach the attribute
            case ast.Call(func=ast.Name(id=name)) if not is_own and not code.scope.is_builtin(name):
                return True
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                if ast.unparse(value) == told:
                    return True
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                return True
        if isinstance(node, ast.Call) and any(ast.unparse(a) == told for a in node.args):
            return True
    return False


def _change_of_copy(code: FunctionCode, node: ast.AST) -> str:
    """Tell what a function does to a copy that it made: `none`, `top` level alone, or `unknown`."""
    parent = code.parents[node]
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            if len(code.bound.get(name, ())) != 1:
                return "unknown"
            kinds = {_change_by(code, use) for use in code.loads[name]}
            if not kinds or "unknown" in kinds:
                return "unknown"
            return "top" if "top" in kinds else "none"
    found = _change_by(code, node)
    return "unknown" if found == "top" else found


def _change_by(code: FunctionCode, use: ast.AST) -> str:
    """Tell what one use does to a value."""
    parent = code.parents[use]
    match parent:
        case ast.Compare() | ast.FormattedValue() | ast.UnaryOp():
            return "none"
        case ast.BoolOp():
            return "none" if _is_looked_at(code, parent) else "unknown"
        case ast.If() | ast.While() | ast.IfExp(test=ast.expr()) if parent.test is use:
            return "none"
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if value is use:
            is_scalar = isinstance(code.parents[parent], ast.Assign | ast.Delete)
            return "top" if is_scalar else "unknown"
        case ast.Subscript(value=value) | ast.Attribute(value=value) if value is use:
            return _change_of_part(code, parent)
        case ast.Call(func=ast.Name(id="len" | "sum" | "any" | "all" | "bool" | "str" | "repr")):
            return "none"
        case ast.Call(func=ast.Name(id="enumerate" | "zip" | "sorted" | "min" | "max")):
            return "unknown"
        case ast.comprehension(iter=looked) | ast.For(iter=looked) if looked is use:
            return "none" if _items_are_scalars(code, parent) else "unknown"
    return "unknown"


def _change_of_part(code: FunctionCode, part: ast.AST) -> str:
    """Tell what happens to a part of a value: an item, an attribute, a method called."""
    parent = code.parents[part]
    if isinstance(part, ast.Attribute) and isinstance(parent, ast.Call) and parent.func is part:
        if part.attr in ("pop", "update", "clear", "setdefault"):
            return "top" if isinstance(code.parents[parent], ast.Expr) else "unknown"
        return "none" if part.attr in _SCALAR_METHODS and _is_looked_at(code, parent) else "unknown"
    match part:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return "unknown"
    return "none" if _is_looked_at(code, part) else "unknown"


def _is_looked_at(code: FunctionCode, node: ast.AST) -> bool:
    """Whether what an expression gives is only compared, counted, or shown."""
    parent = code.parents[node]
    match parent:
        case ast.Compare() | ast.FormattedValue() | ast.BinOp() | ast.UnaryOp():
            return True
        case ast.BoolOp():
            return _is_looked_at(code, parent)
        case ast.If() | ast.While():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in {"len", "str", "int", "float", "bool", "repr", "sum", "any", "all",
                            "round", "abs", "isinstance", "hash"}  # fmt: skip
        case ast.comprehension(iter=looked) | ast.For(iter=looked) if looked is node:
            return _items_are_scalars(code, parent)
        case ast.Subscript(value=value, ctx=ast.Load()) | ast.Attribute(value=value):
            if value is node and isinstance(parent.ctx, ast.Load):
                grand = code.parents[parent]
                if isinstance(grand, ast.Call) and grand.func is parent:
                    return isinstance(parent, ast.Attribute) and parent.attr in _SCALAR_METHODS
                return _is_looked_at(code, parent)
    return False


def _items_are_scalars(code: FunctionCode, loop: ast.AST) -> bool:
    """Whether what a loop runs over is only looked at in it."""
    target = loop.target  # type: ignore[attr-defined]
    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    uses = [use for name in names for use in code.loads.get(name, ())]
    return all(_is_looked_at(code, use) for use in uses)


def _is_changed_at_top(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a copy is changed at its top alone, and then returned."""
    match code.parents[call]:
        case ast.Assign(targets=[ast.Name(id=name)]) if len(code.bound.get(name, ())) == 1:
            uses = code.loads.get(name, [])
            returned = [use for use in uses if isinstance(code.parents[use], ast.Return)]
            kinds = {_change_by(code, use) for use in uses if use not in returned}
            return bool(returned) and "top" in kinds and "unknown" not in kinds
    return False


def _is_changed_here(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a copy that is bound to a name is changed by the function."""
    match code.parents[call]:
        case ast.Return():
            return False
        case ast.Call() | ast.keyword():
            return False
        case ast.Assign(targets=[ast.Name(id=name)]):
            return any(_stores(code, use) for use in code.loads.get(name, ()))
    return True


def _stores(code: FunctionCode, use: ast.AST) -> bool:
    node = use
    while isinstance(code.parents[node], ast.Attribute | ast.Subscript | ast.Starred):
        node = code.parents[node]
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            return True
    match code.parents[node]:
        case ast.Call(func=func) if func is node:
            return not isinstance(node, ast.Attribute) or node.attr not in _SCALAR_METHODS
        case ast.Return() | ast.Compare() | ast.FormattedValue():
            return False
        case ast.For() | ast.comprehension() | ast.AugAssign() | ast.Assign():
            return True
    return isinstance(node, ast.Attribute) and node.attr in MUTATORS


def round_conversions(code: FunctionCode) -> Iterator[Match]:
    """Find containers that are made only to be made into another."""
    for call in code.calls:
        match call:
            case ast.Call(func=ast.Name(id=outer), args=[inner], keywords=[]) if (
                outer in _CONVERSIONS or outer in ("sorted", "len")
            ):
                pass
            case _:
                continue
        match inner:
            case ast.Call(func=ast.Name(id="list" | "tuple"), args=[ast.Call() as made]) if (
                outer == "len"
            ):
                if code.called(made) in ("set", "frozenset", "dict"):
                    yield match_of(call, f"{code.text(call)}: a list is made to be counted")
            case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]) if name in _CONVERSIONS | {
                "sorted"
            }:
                if _is_needless(outer, name) and code.called(call) and code.called(inner):
                    yield match_of(call, f"{code.text(call)}: {name}(…) is made for {outer}(…)")
            case ast.ListComp() if outer in ("set", "frozenset", "tuple"):
                if outer != "tuple" and code.called(call):
                    yield match_of(call, f"{outer}(…) is made of a list, not item by item")


def _is_needless(outer: str, inner: str) -> bool:
    if outer in ("set", "frozenset", "sorted"):
        is_same_members = inner in ("list", "tuple", "sorted") or outer == inner
        return is_same_members and not (outer == "sorted" and inner == "sorted")
    return (
        outer in ("list", "tuple")
        and inner in ("list", "tuple", "sorted")
        and (outer == "list" or inner == "list")
        and not (outer == "tuple" and inner == "sorted")
    )


def chained_lists(code: FunctionCode) -> Iterator[Match]:
    """Find lists that exist only for another comprehension or call to run over them once."""
    for call in code.calls:
        match call:
            case ast.Call(func=ast.Name(id=name), args=[ast.ListComp() as inner, *_]) if (
                name in _TAKES_ANY - {"set", "frozenset", "sorted", "list", "tuple", "any", "all",
                                      "sum", "min", "max", "dict"}
            ):  # fmt: skip
                if code.called(call):
                    yield match_of(inner, f"a list is made for {name}(…) to run over once")
    for node in code.of(ast.comprehension, ast.For):
        items = node.iter  # type: ignore[attr-defined]
        match items:
            case ast.ListComp(generators=[generator]) if not generator.is_async:
                is_kept_apart = isinstance(node, ast.For) and not is_same_each_round(
                    code, generator.iter, node
                )
                if not is_kept_apart:
                    yield match_of(items, f"a list is made to be run over once: {code.text(items)}")
            case ast.Call(func=ast.Name(id="list"), args=[ast.Call() as made]):
                if code.called(made) in ("map", "filter", "zip", "enumerate", "reversed", "range"):
                    yield match_of(items, f"{code.text(items)} is made to be run over once")
