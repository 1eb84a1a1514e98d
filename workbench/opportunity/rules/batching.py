"""Calls for one item after the other, where one call could ask for all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.index import takes_many
from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import is_wire
from workbench.opportunity.reading import FunctionCode, last_name, names_in, targets_of

_FILES = frozenset({"f", "fh", "fp", "file", "out", "output", "stdout", "stderr", "stream", "sink",
                    "handle", "writer", "log", "os"})  # fmt: skip
_TINY = ("write", "send", "sendall")


def unbatched_calls(code: FunctionCode) -> Iterator[Match]:
    """Find loaders that are asked for one item on each round, themselves or by a helper."""
    for call in code.calls:
        loops = code.loops(call)
        if not loops or not (call.args or call.keywords) or code.is_rare(call):
            continue
        varying = {name for loop in loops for name in targets_of(loop)}
        parts = [*call.args, *(k.value for k in call.keywords)]
        given = {name for part in parts for name in names_in(part)}
        if not given & (varying | _made_of(code, varying)) or _is_iterated(code, call):
            continue
        name = last_name(call.func)
        if many := _sibling(code, call):
            seen = f"{code.text(call)} is asked on each round, and there is `{many}`"
            yield match_of(call, seen, (name,), own=False)
        elif is_wire(code, call):
            seen = f"{code.text(call)} reads or asks over the wire on each round"
            yield match_of(call, seen)
        elif helper := _asks_for_one(code, call):
            yield match_of(
                call, f"{code.text(call)}, on each round, asks {helper}", (name,), own=False
            )


def _made_of(code: FunctionCode, varying: set[str]) -> set[str]:
    """Return the names that are made of others, at one remove."""
    found = set()
    for node in code.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        if names_in(node.value) & varying:
            found |= {n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return found


def _is_iterated(code: FunctionCode, call: ast.Call) -> bool:
    """Whether it is what a loop runs over, asked once for that loop."""
    loops = code.loops(call)
    return all(is_same_each_round(code, arg, loops[-1]) for arg in call.args) and not call.keywords


def _sibling(code: FunctionCode, call: ast.Call) -> str:
    """Return the name of the function for many that stands beside the one that is called."""
    name = last_name(call.func)
    batched = code.module.codebase.index.batched
    if name not in batched or code.node.name == batched[name]:
        return ""  # it is the function for many itself
    if callee := code.callee(call):
        return batched[name] if callee.node.name == name else ""
    return batched[name] if isinstance(call.func, ast.Attribute) else ""


def _asks_for_one(code: FunctionCode, call: ast.Call) -> str:
    """Return what a helper of the repository asks for the one item that it is given."""
    helper = code.callee(call)
    if helper is None or helper is code or takes_many(helper):
        return ""
    given = set(helper.parameters)
    for inner in helper.calls:
        asked = {name for part in inner.args for name in names_in(part)}
        if not asked & given or helper.loops(inner):
            continue
        if many := _sibling(helper, inner):
            return f"{helper.text(inner)}, and there is `{many}`"
        if is_wire(helper, inner):
            return helper.text(inner)
    return ""


def small_writes(code: FunctionCode) -> Iterator[Match]:
    """Find files that are flushed, read by the byte, or opened anew on each round of a loop."""
    for call in code.calls:
        loops = code.loops(call)
        if not loops or code.is_rare(call):
            continue
        match call:
            case ast.Call(func=ast.Attribute(value=file, attr="flush" | "fsync")):
                is_alone = isinstance(code.parents[call], ast.Expr)
                if is_alone and last_name(file).strip("_") in _FILES:
                    yield match_of(call, f"{code.text(call)} hands the buffer on at each round")
            case ast.Call(func=ast.Attribute(attr="read" | "recv"), args=[ast.Constant(value=1)]):
                yield match_of(call, f"{code.text(call)} reads byte by byte")
            case ast.Call(func=ast.Name(id="print")) if any(
                k.arg == "flush" and isinstance(k.value, ast.Constant) and k.value.value
                for k in call.keywords
            ):
                yield match_of(call, f"{code.text(call)} is flushed at each round")
            case ast.Call(func=ast.Name(id="open"), args=[place, *_]):
                if is_same_each_round(code, place, loops[-1]) and code.called(call) == "open":
                    yield match_of(call, f"{code.text(call)} opens the same file at each round")


def unbuffered_files(code: FunctionCode) -> Iterator[Match]:
    """Find files opened without a buffer and written to in a loop."""
    for call in code.calls:
        unbuffered = [
            k for k in call.keywords
            if k.arg == "buffering" and isinstance(k.value, ast.Constant) and k.value.value == 0
        ]  # fmt: skip
        if not unbuffered or code.called(call) != "open":
            continue
        for other in code.calls:
            if code.loops(other) and last_name(other.func) in _TINY and other.lineno > call.lineno:
                yield match_of(other, f"{code.text(other)} writes unbuffered at each round")
                break
