"""Calls for one item after the other, where one call could ask for all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import facts_of, is_io
from workbench.opportunity.reading import FunctionCode, last_name, names_in, targets_of

_SUFFIXES = ("{}_many", "many_{}", "{}_all", "{}_batch", "batch_{}", "bulk_{}", "{}_bulk", "{}s")
"""What the function for many is called beside that for one; the last where it loads something."""
_LOADERS = frozenset({"fetch", "get", "load", "read", "find", "query", "lookup", "select", "request",
                      "ask", "resolve", "retrieve", "download"})  # fmt: skip
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
        elif is_io(code, call) and name != "open":
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
    batched = _batched(code)
    if name not in batched or code.node.name == batched[name]:
        return ""  # it is the function for many itself
    if callee := code.callee(call):
        return batched[name] if callee.node.name == name else ""
    return batched[name] if isinstance(call.func, ast.Attribute) else ""


def _batched(code: FunctionCode) -> dict[str, str]:
    """Return name of a function for one -> name of that for many, over all files that were read."""
    codebase = code.module.codebase
    n_read = sum(1 for _ in codebase.read())
    known: tuple[int, dict[str, str]] = codebase.__dict__.get("_batched", (0, {}))
    if known[0] == n_read:
        return known[1]
    pairs: dict[str, str] = {}
    for module in codebase.read():
        by_class: dict[str, dict[str, FunctionCode]] = {}
        for qualname, function in module.functions.items():
            by_class.setdefault(qualname.rpartition(".")[0], {})[function.node.name] = function
        for defined in by_class.values():
            for name, one in defined.items():
                is_loader = name.lstrip("_").partition("_")[0] in _LOADERS
                ways = _SUFFIXES if is_loader else _SUFFIXES[:-1]
                many = next((s.format(name) for s in ways if s.format(name) in defined), "")
                if many and _takes_many(defined[many]) and not _takes_many(one) and one.parameters:
                    pairs[name] = many
    codebase.__dict__["_batched"] = (n_read, pairs)
    return pairs


def _takes_many(function: FunctionCode) -> bool:
    arguments = [a for a in (*function.node.args.posonlyargs, *function.node.args.args)
                 if a.arg not in ("self", "cls")]  # fmt: skip
    for argument in arguments:
        words = ast.unparse(argument.annotation) if argument.annotation else ""
        if any(k in words for k in ("Iterable", "Sequence", "Collection", "list", "List", "tuple",
                                    "set", "Set")):  # fmt: skip
            return True
        if not words and argument.arg.endswith("s") and not argument.arg.endswith("ss"):
            return True
    return False


def _asks_for_one(code: FunctionCode, call: ast.Call) -> str:
    """Return what a helper of the repository asks for the one item that it is given."""
    helper = code.callee(call)
    if helper is None or helper is code or _takes_many(helper):
        return ""
    given = set(helper.parameters)
    for inner in helper.calls:
        asked = {name for part in inner.args for name in names_in(part)}
        if not asked & given or helper.loops(inner):
            continue
        if many := _sibling(helper, inner):
            return f"{helper.text(inner)}, and there is `{many}`"
        if is_io(helper, inner):
            return helper.text(inner)
    return facts_of(helper).io


def small_writes(code: FunctionCode) -> Iterator[Match]:
    """Find files that are flushed, read by the byte, or opened anew on each round of a loop."""
    for call in code.calls:
        loops = code.loops(call)
        if not loops or code.is_rare(call):
            continue
        match call:
            case ast.Call(func=ast.Attribute(attr="flush" | "fsync")):
                yield match_of(call, f"{code.text(call)} hands the buffer on at each round")
            case ast.Call(func=ast.Attribute(attr="read" | "recv"), args=[ast.Constant(value=1)]):
                yield match_of(call, f"{code.text(call)} reads byte by byte")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="write" | "read")):
                yield match_of(call, f"{code.text(call)} is a system call at each round")
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
