"""Answers that are computed again and again."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import facts_of
from workbench.opportunity.questions import are_apart, is_work
from workbench.opportunity.reading import FunctionCode
from workbench.python.hashable import is_hashable

_FEWEST_SITES = 2
_FEWEST_NODES = 12
"""Of a function that does less, looking its answer up costs as much as computing it."""
_KEEPS = ("cache", "memo", "lru")


def cache_candidates(code: FunctionCode) -> Iterator[Match]:
    """Find pure functions of few, hashable arguments that several places ask, or a loop.

    What is asked with a whole text may never be asked the same twice: the chance is a low one.
    """
    arguments = code.node.args
    if code.node.decorator_list or arguments.vararg or arguments.kwarg or _is_kept_by_itself(code):
        return
    asked = [a for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
             if a.arg not in ("self", "cls")]  # fmt: skip
    if not 1 <= len(asked) <= 3 or not all(is_hashable(a.annotation) for a in asked):
        return
    facts = facts_of(code)
    is_pure = not facts.effect and not facts.state
    if not is_pure or not is_work(code) or _is_trivial(code):
        return
    sites, in_loops = _sites(code)
    if sites >= _FEWEST_SITES or in_loops or (sites and _is_heavy(code)):
        told = f"{sites} place{'s' if sites > 1 else ''} ask{'' if sites > 1 else 's'} it"
        told += f", {in_loops} of them in a loop" if in_loops else ""
        last = code.node.end_lineno or code.node.lineno
        seen = f"{code.node.name} depends on {_listed(code)} alone and changes nothing; {told}"
        yield Match(code.node.lineno, last, seen)


def _listed(code: FunctionCode) -> str:
    return " and ".join(f"`{name}`" for name in code.parameters)


def _is_kept_by_itself(code: FunctionCode) -> bool:
    """Whether a function keeps its answers already."""
    names = {n.id for n in code.of(ast.Name)} | {n.attr for n in code.of(ast.Attribute)}  # type: ignore[attr-defined]
    return any(word in name.lower() for name in names for word in _KEEPS)


def _is_trivial(code: FunctionCode) -> bool:
    return len(list(code.nodes)) < _FEWEST_NODES


def _is_heavy(code: FunctionCode) -> bool:
    """Whether a function goes through something with functions of the repository."""
    return any(code.callee(call) or code.made_class(call) for call in code.calls)


def _sites(code: FunctionCode) -> tuple[int, int]:
    """Count the places that call a function, and those of them in loops."""
    found = [
        site for site in code.module.codebase.index.sites.get(code.node.name, ())
        if site.code is not code and site.code.callee(site.call) is code
    ]  # fmt: skip
    return len(found), sum(1 for site in found if site.code.loops(site.call))


def repeated_calls(code: FunctionCode) -> Iterator[Match]:
    """Find pure calls that a function makes twice with the same arguments, itself or by others."""
    asked: dict[str, list[ast.Call]] = defaultdict(list)
    for call in code.calls:
        if (call.args or call.keywords) and not isinstance(code.parents[call], ast.Expr):
            asked[ast.unparse(call)].append(call)
    for told, calls in asked.items():
        first = calls[0]
        if len(calls) < 2 or not _is_dear(code, first) or not _is_unchanged(code, first, calls[-1]):
            continue
        for call in calls[1:]:
            is_same_place = code.loops(call) == code.loops(first)
            if is_same_place and not are_apart(code, first, call) and not code.is_rare(call):
                yield match_of(call, f"`{told}` was already computed at line {first.lineno}")
    yield from _asked_by_two(code)


def _asked_by_two(code: FunctionCode) -> Iterator[Match]:
    """Find two helpers that are given the same, and that both compute the same of it."""
    given: dict[str, dict[str, list[tuple[ast.Call, str]]]] = defaultdict(lambda: defaultdict(list))
    for call in code.calls:
        match call:
            case ast.Call(args=[ast.Name(id=name), *_]) if not code.is_rare(call):
                if len(code.bound.get(name, ())) > 1:
                    continue
                if callee := code.callee(call):
                    for told, helper in _computed_of_first(callee).items():
                        given[name][told].append((call, helper))
                    if _is_dear(code, call) and len(call.args) == 1 and not call.keywords:
                        key = f"{callee.module.path}:{callee.qualname}"
                        given[name][key].append((call, callee.node.name))
    for name, by_helper in given.items():
        for askers in by_helper.values():
            (first, helper), *others = askers
            for call, _ in others:
                is_same_call = ast.unparse(call) == ast.unparse(first)
                is_beside = code.loops(call) == code.loops(first)
                if is_beside and not is_same_call and not are_apart(code, first, call):
                    seen = (f"`{helper}({name})` is computed within {code.text(first)} "
                            f"and again within {code.text(call)}")  # fmt: skip
                    yield match_of(call, seen, (helper,), own=False)


def _computed_of_first(callee: FunctionCode) -> dict[str, str]:
    """Return the pure functions of the repository that a function asks of its first argument.

    Place -> name.
    """
    parameter = callee.parameters[:1]
    found = {}
    for call in callee.calls:
        match call:
            case ast.Call(args=[ast.Name(id=name)], keywords=[]) if [name] == parameter:
                helper = callee.callee(call)
                if helper and _is_pure_work(helper) and len(callee.bound[name]) == 1:
                    found[f"{helper.module.path}:{helper.qualname}"] = helper.node.name
    return found


def _is_pure_work(helper: FunctionCode) -> bool:
    facts = facts_of(helper)
    is_kept = bool(helper.node.decorator_list) or _is_kept_by_itself(helper)
    return not is_kept and not facts.effect and not facts.state and is_work(helper)


def _is_dear(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a call gives the same answer each time, and costs more than reading it."""
    if callee := code.callee(call):
        return _is_pure_work(callee)
    name = code.called(call)
    if name in ("sorted", "sum", "set", "frozenset", "tuple", "sorted", "max", "min"):
        return not any(isinstance(a, ast.GeneratorExp) for a in call.args) and len(call.args) == 1
    return name in {"json.dumps", "copy.deepcopy", "hashlib.sha256", "re.findall", "html.escape"}


def _is_unchanged(code: FunctionCode, first: ast.Call, last: ast.Call) -> bool:
    """Whether what a call is given is bound once, and nobody changes it between two calls."""
    names = {n.id for n in ast.walk(first) if isinstance(n, ast.Name)}
    if any(len(code.bound.get(name, ())) > 1 for name in names):
        return False
    for node in code.nodes:
        line = getattr(node, "lineno", 0)
        if not first.lineno <= line <= last.lineno:
            continue
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name in names:
                if isinstance(code.parents[node], ast.Expr) or node.func.attr in ("pop", "next"):  # type: ignore[attr-defined]
                    return False
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                if name in names:
                    return False
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()) if name in names:
                return False
            case ast.Expr(value=ast.Call(args=args)):
                if any(isinstance(a, ast.Name) and a.id in names for a in args):
                    return False
    return True
