"""Whole lists and tables made for one question."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.syntax import FunctionNode


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
