"""Sorting and lists that nobody needs whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import call_facts
from workbench.opportunity.questions import is_work
from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.syntax import FunctionNode

_ORDER_IS_LOST = frozenset({"set", "frozenset", "len", "any", "all", "min", "max", "sum", "sorted"})
_CHEAP = frozenset(
    {"list", "dict", "set", "deque", "defaultdict", "str", "int", "float", "len", "object", "get"}
    | {"Lock", "RLock", "Counter", "getattr", "max", "min", "abs", "round", "repr", "type", "bool"}
)
"""Defaults that cost next to nothing."""
_FRAMES = ("<lambda>", "__lt__", "__eq__", "itemgetter")


def sorted_for_few(code: FunctionCode) -> Iterator[Match]:
    """Find sorting of all for the first, the last or the first few."""
    for node in code.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if not isinstance(node.ctx, ast.Load):
            continue
        match node.value:
            case ast.Call(func=ast.Name(id="sorted")) as call:
                pass
            case ast.Name(id=name) if (call := _sorted_value(code, name)) is not None:  # type: ignore[assignment]
                if not _is_only_asked_for(code, name, node):
                    continue
            case _:
                continue
        if code.called(call) == "sorted" and (few := _few(code, node.slice)):
            frames = (*_FRAMES, *(last_name(k.value) for k in call.keywords if k.arg == "key"))
            yield match_of(call, f"all is sorted by {code.text(call)} for {few}", _named(frames))
    yield from _sorted_in_place(code)


def _is_only_asked_for(code: FunctionCode, name: str, place: ast.Subscript) -> bool:
    """Whether besides one place of a list it is at most asked whether there is any."""
    for use in code.loads.get(name, ()):
        parent = code.parents[use]
        match parent:
            case ast.If(test=test) | ast.IfExp(test=test) if test is use:
                pass
            case ast.UnaryOp(op=ast.Not()):
                pass
            case _ if parent is not place:
                return False
    return True


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


def _sorted_value(code: FunctionCode, name: str) -> ast.Call | None:
    value = code.only_value(name)
    is_sorted = isinstance(value, ast.Call) and last_name(value.func) == "sorted"
    return value if is_sorted and isinstance(value, ast.Call) else None


def _few(code: FunctionCode, place: ast.expr) -> str:
    """Say how few of what is sorted are taken; empty for what may be all."""
    match place:
        case ast.Constant(value=0):
            return "the first"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return "the last"
        case ast.Slice(lower=None, upper=ast.Constant(value=int()) as n, step=None):
            return f"the first {n.value!r}"
        case ast.Slice(lower=None, upper=ast.Name() | ast.Attribute() as n, step=None):
            return f"the first {code.text(n)}"
        case ast.Slice(lower=ast.UnaryOp(op=ast.USub()) as n, upper=None, step=None):
            return f"the last {code.text(n.operand)}"
    return ""


def _sorted_in_place(code: FunctionCode) -> Iterator[Match]:
    """Find lists that are sorted in place for their first or first few."""
    for call in code.calls:
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="sort"), args=[]):
                after = [use for use in code.loads.get(name, ()) if use.lineno > call.lineno]
            case _:
                continue
        if len(after) != 1 or code.loops(after[0]) != code.loops(call):
            continue
        is_own = code.only_value(name) is not None
        match code.parents[after[0]]:
            case ast.Subscript(value=value, slice=place) if value is after[0] and is_own:
                if few := _few(code, place):
                    yield match_of(call, f"{code.text(call)} sorts all for {few}", _FRAMES)


def order_lost(code: FunctionCode) -> Iterator[Match]:
    """Find sorting of what no order is asked of, and sorting again in a loop."""
    for call in code.calls:
        match call:
            case ast.Call(func=ast.Name(id=name), args=[ast.Call() as inner], keywords=[]):
                if name in _ORDER_IS_LOST and code.called(inner) == "sorted" and code.called(call):
                    yield match_of(
                        inner, f"{name}(…) does not look at the order of {code.text(inner)}"
                    )
            case ast.Call(func=ast.Attribute(value=items, attr="sort")) if code.loops(call):
                if _grows(code, items, code.loops(call)[-1]):
                    seen = f"{code.text(call)} sorts all again on each round after a few were added"
                    yield match_of(call, seen, _FRAMES)
            case ast.Call(func=ast.Name(id="sorted"), args=[ast.Name() as items, *_]):
                if code.loops(call) and _grows(code, items, code.loops(call)[-1]):
                    seen = f"{code.text(call)} sorts all again on each round after a few were added"
                    yield match_of(call, seen, _FRAMES)
    for node in code.of(ast.Compare):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Call() as inner]):
                if code.called(inner) == "sorted":
                    yield match_of(
                        inner, f"membership does not look at the order of {code.text(inner)}"
                    )


def _grows(code: FunctionCode, items: ast.expr, loop: ast.AST) -> bool:
    """Whether a list gains a few members on each round of a loop outside of which it is made."""
    told = ast.unparse(items)
    is_made_within = isinstance(items, ast.Name) and any(
        isinstance(n, ast.Name) and n.id == items.id and isinstance(n.ctx, ast.Store)
        for n in ast.walk(loop)
    )
    return not is_made_within and any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        and n.func.attr in ("append", "insert") and ast.unparse(n.func.value) == told
        and code.loops(n)[-1:] == (loop,)
        for n in ast.walk(loop)
    )  # fmt: skip


def lists_for_one(code: FunctionCode) -> Iterator[Match]:
    """Find whole lists made for the first, for whether there is any, or for how many there are."""
    for node in code.of(ast.ListComp):
        assert isinstance(node, ast.ListComp)
        parent = code.parents[node]
        asks = ""
        match parent:
            case ast.Call(func=ast.Name(id="any" | "all" as name)):
                asks = f"{name}(…), which may end at the first"
            case ast.Call(func=ast.Name(id="sum" | "min" | "max" | "len" as name)):
                asks = f"{name}(…)" if len(parent.args) == 1 and not parent.keywords else ""
                asks = "" if name == "len" and not node.generators[0].ifs else asks
            case ast.Subscript(slice=ast.Constant(value=0)) if node.generators[0].ifs:
                asks = "its first"
            case ast.If(test=test) | ast.While(test=test) if test is node:
                asks = "whether there is any"
            case ast.UnaryOp(op=ast.Not()):
                asks = "whether there is any"
            case ast.Call(func=ast.Name(id="bool")):
                asks = "whether there is any"
            case ast.Assign(targets=[ast.Name(id=name)]):
                asks = _asked_of_name(code, name, bool(node.generators[0].ifs))
        if asks and not code.is_rare(node):
            yield match_of(node, f"a whole list is made for {asks}: {code.text(node)}",
                           tuple(last_name(c.func) for c in ast.walk(node)
                                 if isinstance(c, ast.Call) and last_name(c.func)))  # fmt: skip


def _asked_of_name(code: FunctionCode, name: str, is_filtered: bool) -> str:
    """Say what little is asked of a list that a name holds; empty for more."""
    uses = code.loads.get(name, [])
    if not uses or code.only_value(name) is None:
        return ""
    kinds = set()
    for use in uses:
        match code.parents[use]:
            case ast.Call(func=ast.Name(id="len" | "bool")):
                kinds.add("how many there are")
            case ast.If(test=test) | ast.IfExp(test=test) if test is use:
                kinds.add("whether there is any")
            case ast.UnaryOp(op=ast.Not()):
                kinds.add("whether there is any")
            case ast.Subscript(slice=ast.Constant(value=0), ctx=ast.Load()):
                kinds.add("its first")
            case _:
                return ""
    return " and ".join(sorted(kinds)) if is_filtered else ""


def cut_afterwards(code: FunctionCode) -> Iterator[Match]:
    """Find results computed for all items of which a slice is taken afterwards."""
    if any(last_name(call.func) in ("limit", "islice", "head") for call in code.calls):
        return  # what is gathered has a bound already
    for node in code.of(ast.Subscript):
        match node:
            case ast.Subscript(
                value=value, slice=ast.Slice(lower=None, upper=ast.expr(), step=None)
            ):
                pass
            case _:
                continue
        if not isinstance(node.ctx, ast.Load):
            continue
        made = value
        if isinstance(value, ast.Name):
            if not _is_only_cut(code, value.id, node):
                continue
            found = code.only_value(value.id)
            if found is None or not isinstance(node.slice, ast.Slice):
                yield from _filled_by_loop(code, value.id)
                continue
            made = found
            if isinstance(found, ast.List) and not found.elts:
                yield from _filled_by_loop(code, value.id)
                continue
        work = _work_per_item(made)
        if work is not None and not code.is_rare(node):
            seen = (
                f"{code.text(work)} is computed for all, and {code.text(node)} cut off afterwards"
            )
            yield match_of(made, seen)


def _is_only_cut(code: FunctionCode, name: str, cut: ast.AST) -> bool:
    """Whether besides cutting it a list is at most counted or tested."""
    for use in code.loads.get(name, ()):
        parent = code.parents[use]
        match parent:
            case ast.Subscript(slice=ast.Slice()):
                if ast.unparse(parent) != ast.unparse(cut):
                    return False
            case ast.Call(func=ast.Name(id="len" | "bool")) | ast.Compare():
                pass
            case ast.Attribute(attr="append"):
                pass
            case ast.If() | ast.UnaryOp():
                pass
            case _:
                return False
    return True


def _work_per_item(made: ast.expr) -> ast.Call | None:
    """Return the call that a comprehension makes for each item; None for none."""
    match made:
        case ast.ListComp(elt=ast.expr() as elt):
            calls = [n for n in ast.walk(elt) if isinstance(n, ast.Call)]
            return next(
                (c for c in calls if last_name(c.func) not in ("str", "int", "float")), None
            )
        case ast.Call(func=ast.Name(id="list"), args=[ast.Call(func=ast.Name(id="map")) as inner]):
            return inner
    return None


def _filled_by_loop(code: FunctionCode, name: str) -> Iterator[Match]:
    """Find the loop that fills a list with what is computed for each item."""
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=filled), attr="append"), args=[added]
            ):
                if filled != name or not code.loops(call):
                    continue
            case _:
                continue
        loop = code.loops(call)[-1]
        work = code.only_value(added.id) if isinstance(added, ast.Name) else added
        if not isinstance(work, ast.Call) or code.loops(work)[-1:] != (loop,):
            continue
        is_ended = any(isinstance(n, ast.Break | ast.Return) for n in ast.walk(loop))
        if not is_ended and not isinstance(code.parents[code.statement(call)], ast.If):
            yield match_of(
                work, f"{code.text(work)} is computed for all, and {name} cut afterwards"
            )


def computed_unused(code: FunctionCode) -> Iterator[Match]:
    """Find what is computed before a test that often makes it needless."""
    for node in code.of(ast.Assign):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                pass
            case _:
                continue
        callee = code.callee(call)
        uses = code.loads.get(name, [])
        if callee is None or not uses or code.only_value(name) is None or not is_work(callee):
            continue
        if call_facts(code, call).effect:
            continue
        if branch := _only_branch(code, node, uses):
            seen = f"{code.text(call)} is computed also where {branch} makes it needless"
            yield match_of(call, seen, (callee.node.name,), own=False)


def _only_branch(code: FunctionCode, node: ast.Assign, uses: list[ast.Name]) -> str:
    """Say which test decides whether what is computed is used; empty for none."""
    block = _block(code, node)
    later = block[block.index(node) + 1 :]
    for stmt in later:
        held = {id(n) for n in ast.walk(stmt)}
        inside = [use for use in uses if id(use) in held]
        match stmt:
            case ast.If(test=test, body=[*_, ast.Return() | ast.Continue()], orelse=[]) if (
                not inside
            ):
                return f"line {stmt.lineno} ({code.text(test)}) ends first"
            case ast.If(test=test) if len(inside) == len(uses):
                in_test = {id(n) for n in ast.walk(test)}
                if any(id(use) in in_test for use in uses) or (
                    stmt.orelse and _on_both(stmt, uses)
                ):
                    return ""
                return f"the test of line {stmt.lineno} ({code.text(test)})"
        if inside:
            return ""
        if not isinstance(stmt, ast.Assign | ast.AnnAssign):
            return ""
    return ""


def _on_both(stmt: ast.If, uses: list[ast.Name]) -> bool:
    first = {id(n) for s in stmt.body for n in ast.walk(s)}
    second = {id(n) for s in stmt.orelse for n in ast.walk(s)}
    return any(id(use) in first for use in uses) and any(id(use) in second for use in uses)


def _block(code: FunctionCode, node: ast.AST) -> list[ast.stmt]:
    parent = code.parents[node]
    for _, value in ast.iter_fields(parent):
        if isinstance(value, list) and node in value:
            return value
    return [node]  # type: ignore[list-item]


def eager_defaults(code: FunctionCode) -> Iterator[Match]:
    """Find defaults that are computed whether or not they are needed."""
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Attribute(attr="setdefault" | "get" | "pop"),
                args=[_, ast.Call() as default],
            ):
                pass
            case ast.Call(func=ast.Name(id="getattr"), args=[_, _, ast.Call() as default]):
                pass
            case _:
                continue
        name = last_name(default.func)
        if not (default.args or default.keywords):
            continue
        if name in _CHEAP or code.is_rare(call):
            continue
        seen = (
            f"{code.text(default)} is made each time, also where {code.text(call.func)} needs none"
        )
        yield match_of(default, seen, (name,) if name else ())


def containers_for_one(code: FunctionCode) -> Iterator[Match]:
    """Find containers made of many things for one of them to be looked up, once."""
    for node in code.of(ast.DictComp, ast.SetComp, ast.ListComp, ast.Dict, ast.Call):
        if not _holds_many(code, node) or code.is_rare(node):
            continue
        told = _looked_up_once(code, node)
        if told:
            yield match_of(node, f"{code.text(node)} is made for {told} alone")


def _holds_many(code: FunctionCode, node: ast.AST) -> bool:
    """Whether an expression makes a container of all that others hold."""
    match node:
        case ast.Dict(keys=keys):
            return None in keys
        case ast.Call(func=ast.Name(id="dict" | "set" | "list" | "tuple"), args=[ast.expr()]):
            return bool(code.called(node))
        case ast.Call():
            return code.called(node) in ("collections.Counter", "collections.OrderedDict")
    return True


def _looked_up_once(code: FunctionCode, node: ast.AST) -> str:
    """Say what is looked up, where that is all that is done with a container."""
    parent = code.parents[node]
    if isinstance(parent, ast.Assign):
        match parent.targets:
            case [ast.Name(id=name)] if len(code.loads.get(name, ())) == 1:
                use = code.loads[name][0]
                is_once = code.loops(use) == code.loops(node) and len(code.bound[name]) == 1
                is_own = not any(
                    isinstance(p, ast.Lambda | FunctionNode) for p in code.ancestors(use)
                )
                return _looked_up(code, use) if is_once and is_own else ""
        return ""
    return _looked_up(code, node)


def _looked_up(code: FunctionCode, use: ast.AST) -> str:
    parent = code.parents[use]
    match parent:
        case ast.Subscript(value=value, slice=place, ctx=ast.Load()) if value is use:
            return "" if isinstance(place, ast.Slice) else f"one look-up at line {parent.lineno}"
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[asked]) if asked is use:
            return f"one test at line {parent.lineno}"
        case ast.Attribute(attr="get"):
            call = code.parents[parent]
            if isinstance(call, ast.Call) and call.func is parent:
                return f"one look-up at line {parent.lineno}"
    return ""
