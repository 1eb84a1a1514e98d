"""Sorting that nobody needs, or not of all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.answers import gives_sorted
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name

_ORDER_IS_LOST = frozenset({"set", "frozenset", "len", "any", "all", "min", "max", "sum", "sorted"})
_FRAMES = ("<lambda>", "__lt__", "__eq__", "itemgetter")


def sorted_for_few(code: FunctionCode) -> Iterator[Match]:
    """Find sorting of all for the first, the last or the first few."""
    told = set()
    for node in code.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        if not isinstance(node.ctx, ast.Load):
            continue
        call = node.value
        if isinstance(call, ast.Name):
            call = code.only_value(call.id) or call
            if not _are_few(code, node.value.id):  # type: ignore[attr-defined]
                continue
        if not isinstance(call, ast.Call) or call in told or not (few := _few(code, node.slice)):
            continue
        told.add(call)
        if code.called(call) == "sorted":
            frames = (*_FRAMES, *(last_name(k.value) for k in call.keywords if k.arg == "key"))
            yield match_of(call, f"all is sorted by {code.text(call)} for {few}", _named(frames))
        elif (callee := code.callee(call)) and gives_sorted(callee):
            seen = f"{code.text(call)} sorts all for {few}"
            yield match_of(call, seen, (callee.node.name,), own=False)
    yield from _sorted_in_place(code)


def _are_few(code: FunctionCode, name: str) -> bool:
    """Whether of a list only a few places, or whether there is any, are ever asked."""
    return all(_is_little(code, use) for use in code.loads.get(name, ()))


def _is_little(code: FunctionCode, use: ast.Name) -> bool:
    parent = code.parents[use]
    match parent:
        case ast.If(test=test) | ast.IfExp(test=test) if test is use:
            return True
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Subscript(value=value, slice=place, ctx=ast.Load()) if value is use:
            return bool(_few(code, place))
    return False


def _named(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


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
        is_beside = all(code.loops(use) == code.loops(call) for use in after)
        if not is_beside or code.only_value(name) is None:
            continue
        if not all(_is_little(code, use) for use in after):
            continue
        places = [p.slice for use in after if isinstance(p := code.parents[use], ast.Subscript)]
        if places:
            few = _few(code, places[0])
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
