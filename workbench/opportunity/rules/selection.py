"""Whole lists and tables made for one question."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.answers import gathers
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.syntax import FunctionNode

_FIRST = "its first"
_ANY = "whether there is any"
_COUNT = "how many there are"


def lists_for_one(code: FunctionCode) -> Iterator[Match]:
    """Find whole lists made for the first, for whether there is any, or for how many there are."""
    for node in code.of(ast.ListComp):
        assert isinstance(node, ast.ListComp)
        asks = _asked_of(code, node)
        if asks and not code.is_rare(node):
            yield match_of(node, f"a whole list is made for {asks}: {code.text(node)}",
                           tuple(last_name(c.func) for c in ast.walk(node)
                                 if isinstance(c, ast.Call) and last_name(c.func)))  # fmt: skip
    for call in code.calls:
        callee = code.callee(call)
        if callee is None or code.is_rare(call) or any(map(_is_one, call.args)):
            continue
        if not (asks := _asked_of_call(code, call)):
            continue
        if gathers(callee) and callee is not code:
            seen = f"{code.text(call)} makes a whole list, and is asked for {asks}"
            yield match_of(call, seen, (callee.node.name,), own=False)


def _is_one(node: ast.expr) -> bool:
    """Whether it is a list of one: what is made of it is no longer."""
    return isinstance(node, ast.List | ast.Tuple) and len(node.elts) == 1


def _asked_of(code: FunctionCode, node: ast.ListComp) -> str:
    """Say what little is asked of a list that a comprehension makes; empty for more."""
    parent = code.parents[node]
    is_filtered = bool(node.generators[0].ifs)
    match parent:
        case ast.Call(func=ast.Name(id="any" | "all" as name)):
            return f"{name}(…), which may end at the first"
        case ast.Call(func=ast.Name(id="sum" | "min" | "max" | "len" as name)):
            is_alone = len(parent.args) == 1 and not parent.keywords
            return f"{name}(…)" if is_alone and (name != "len" or is_filtered) else ""
        case ast.Subscript(slice=ast.Constant(value=0)) if is_filtered:
            return _FIRST
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _asked_of_name(code, name) if is_filtered else ""
    return _ANY if _is_tested(code, node) else ""


def _asked_of_call(code: FunctionCode, call: ast.Call) -> str:
    """Say what little is asked of a list that a call gives, its first or any; empty for more."""
    made: ast.expr = call
    if isinstance(code.parents[call], ast.Await):
        made = code.parents[call]  # type: ignore[assignment]
    match code.parents[made]:
        case ast.Subscript(value=value, slice=ast.Constant(value=0), ctx=ast.Load()):
            return _FIRST if value is made else ""
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            asks = _asked_of_name(code, name)
            return "" if _COUNT in asks else asks
        case ast.Call(func=ast.Name(id="iter")) as inner:
            return _FIRST if _is_next(code, inner) else ""
        case ast.For(iter=items, body=[ast.Return() | ast.Break()]):
            return _FIRST if items is made else ""
    return _ANY if _is_tested(code, made) else ""


def _is_tested(code: FunctionCode, node: ast.expr) -> bool:
    """Whether it is only asked whether there is any."""
    match code.parents[node]:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return test is node
        case ast.UnaryOp(op=ast.Not()) | ast.Call(func=ast.Name(id="bool")):
            return True
    return False


def _is_next(code: FunctionCode, call: ast.AST) -> bool:
    """Whether of an iterator it is only asked what comes first."""
    match code.parents[call]:
        case ast.Call(func=ast.Name(id="next"), args=[first, *_]):
            return first is call
    return False


def _asked_of_name(code: FunctionCode, name: str) -> str:
    """Say what little is asked of a list that a name holds; empty for more."""
    uses = code.loads.get(name, [])
    if not uses or code.only_value(name) is None:
        return ""
    kinds = set()
    for use in uses:
        parent = code.parents[use]
        match parent:
            case ast.Call(func=ast.Name(id="len")):
                kinds.add(_COUNT)
            case ast.Subscript(slice=ast.Constant(value=0), ctx=ast.Load()):
                kinds.add(_FIRST)
            case ast.Call(func=ast.Name(id="iter")) if _is_next(code, parent):
                kinds.add(_FIRST)
            case _ if _is_tested(code, use):
                kinds.add(_ANY)
            case _:
                return ""
    return " and ".join(sorted(kinds))


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
