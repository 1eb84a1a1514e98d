"""What is computed before it is known whether it is needed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import call_facts
from workbench.opportunity.questions import is_work
from workbench.opportunity.reading import FunctionCode, last_name

_CHEAP = frozenset(
    {"list", "dict", "set", "deque", "defaultdict", "str", "int", "float", "len", "object", "get"}
    | {"Lock", "RLock", "Counter", "getattr", "max", "min", "abs", "round", "repr", "type", "bool"}
)
"""Defaults that cost next to nothing."""


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
        facts = call_facts(code, call)
        if facts.effect or (facts.state and not facts.state.startswith("self.")):
            continue  # when it is asked may matter
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
