"""Callgrind's profile data: a graph of calls, not stacks.

Specification: the Callgrind format in Valgrind's manual. Cost lines are what a function took for
itself, by line; a `calls=` line with the cost line after it is what a call took with all it called.
Names may be numbered (`(1) name`), positions relative (`+3`, `-1`, `*`). Rows are self costs by
function and line. What a function took with its callees is its own cost and that of its calls, but
for calls of itself. Parts of one file are added up.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import CallGraph, ProfileBuilder
from workbench.types import Profile, ValueType

CALLS = "calls"

_NAMED = re.compile(r"([cj]?(?:ob|fl|fi|fe|fn))\s*=\s*(?:\((?P<number>\d{1,9})\))?\s*(?P<name>.*)")
_FIELD = re.compile(
    r"(version|creator|pid|cmd|part|desc|thread|positions|events|event|summary|totals|trigger|rcd|"
    r"timerange|info)\s*:\s*(.*)"
)
_CALLS = re.compile(r"calls\s*=\s*(0x[0-9a-f]{1,16}|\d{1,18})(?:\s+.*)?", re.I)
_NUMBER = re.compile(r"0x[0-9a-f]{1,16}|\d{1,18}", re.I)
_POSITION = re.compile(r"[+-]?(?:0x[0-9a-f]{1,16}|\d{1,18})|\*", re.I)
_JUMP = re.compile(r"(jump|jcnd)\s*=")


@dataclass(slots=True)
class _State:
    """Where in the file we are, and what names and positions stand for."""

    events: list[str] = field(default_factory=list)
    positions: list[str] = field(default_factory=lambda: ["line"])
    last: list[int] = field(default_factory=lambda: [0])
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    file: str = ""
    """Of the function."""
    inlined: str = ""
    """Where the cost lines stand, if in another file."""
    object: str = ""
    function: str = ""
    called: dict[str, str] = field(default_factory=dict)
    n_calls: int | None = None
    """Of a `calls=` line whose cost line comes next."""
    is_jumping: bool = False
    """Whether the next line is the position of a jump, without costs."""


def looks_like(content: Content) -> bool:
    """Tell whether the first lines hold `events:` and a function."""
    head = content.head
    if content.data[:4] == b"# ca" and "callgrind format" in head[:40]:
        return True
    return re.search(r"^events:", head, re.M) is not None and (
        re.search(r"^(fn|fl|ob)\s*=|^positions:|^version:|^creator:", head, re.M) is not None
    )


def parse(content: Content) -> Profile:
    """Parse a file; one row a function and line."""
    state = _State()
    own: dict[tuple[str, str, str, int], list[int]] = {}
    edges: dict[tuple[tuple[str, str], tuple[str, str]], list[int]] = {}
    for number, line in enumerate(content.text.split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            _take(text, number, state, own, edges)
    if state.n_calls is not None:
        raise ParseError("expected the cost of a call, found the end")
    if not state.events:
        raise ParseError("expected a line `events:`, found none")
    return _build(state.events, own, edges)


_Own = dict[tuple[str, str, str, int], list[int]]
_Edges = dict[tuple[tuple[str, str], tuple[str, str]], list[int]]


def _take(text: str, number: int, state: _State, own: _Own, edges: _Edges) -> None:
    """Take one line in."""
    first = text[0]
    if state.is_jumping or first.isdigit() or first in "+-*":
        _cost(text, number, state, own, edges)
    elif named := _NAMED.fullmatch(text):
        _name(named, number, state)
    elif calls := _CALLS.fullmatch(text):
        state.n_calls = _integer(calls[1])
    elif header := _FIELD.fullmatch(text):
        _header(header[1], header[2].split(), number, state)
    elif _JUMP.match(text):
        state.is_jumping = True
    elif ":" not in text:
        raise ParseError(f"expected a cost, a name or a header, got {text[:60]!r}", place=number)


def _header(name: str, words: list[str], number: int, state: _State) -> None:
    if name == "events":
        if state.events and state.events != words:
            raise ParseError(f"expected the events {state.events} again, got {words}", place=number)
        if not words or len({*words}) != len(words):
            raise ParseError(f"expected names of events, got {' '.join(words)!r}", place=number)
        state.events = words
    elif name == "positions":
        if not words or not {*words} <= {"instr", "bb", "line"}:
            raise ParseError(f"expected instr, bb or line, got {' '.join(words)!r}", place=number)
        state.positions = words
        state.last = [0] * len(words)
    elif name == "version" and words not in ([], ["1"]):
        raise ParseError(f"expected version 1, got {' '.join(words)}", place=number)


def _name(match: re.Match[str], number: int, state: _State) -> None:
    """Note what a name line says; a number alone stands for the name it had before."""
    key = match[1]
    kind = {"fi": "file", "fe": "file", "fl": "file"}.get(key[-2:], key[-2:])
    name = match["name"]
    if match["number"] is not None:
        known = (kind, int(match["number"]))
        if name:
            state.names[known] = name
        elif known not in state.names:
            raise ParseError(f"expected a name for {match[0]!r}, which has none yet", place=number)
        name = state.names[known]
    if key in ("fl", "fn"):
        state.inlined = ""
    if key == "fl":
        state.file = name
    elif key in ("fi", "fe"):
        state.inlined = "" if name == state.file else name
    elif key == "fn":
        state.function, state.called = name, {}
    elif key == "ob":
        state.object = name
    elif key[0] == "c":  # what is left are the targets of jumps, which only tell a name
        state.called["file" if key in ("cfi", "cfl") else key] = name


def _cost(text: str, number: int, state: _State, own: _Own, edges: _Edges) -> None:
    words = text.split()
    n = len(state.positions)
    places, costs = words[:n], words[n:]
    if (
        len(costs) > len(state.events)
        or len(places) < n
        or not all(_POSITION.fullmatch(place) for place in places)
        or not all(_NUMBER.fullmatch(cost) for cost in costs)
    ):
        expected = f"{n} positions and up to {len(state.events)} costs"
        raise ParseError(f"expected {expected}, got {text[:60]!r}", place=number)
    state.last = [_position(p, last) for p, last in zip(places, state.last, strict=True)]
    if state.is_jumping:
        state.is_jumping = False
        return
    line = state.last[state.positions.index("line")] if "line" in state.positions else 0
    values = [_integer(cost) for cost in costs] + [0] * (len(state.events) - len(costs))
    here = (state.function, state.file or state.object)
    if state.n_calls is None:
        key = (*here, state.inlined, min(max(line, 0), 2**31))
        _add(own.setdefault(key, [0] * len(values)), values)
        return
    callee = (state.called.get("cfn", ""), state.called.get("file") or state.file or state.object)
    _add(edges.setdefault((here, callee), [0] * (len(values) + 1)), [state.n_calls, *values])
    state.n_calls, state.called = None, {}


def _position(text: str, last: int) -> int:
    if text == "*":
        return last
    value = _integer(text.lstrip("+-"))
    return last + value if text[0] == "+" else last - value if text[0] == "-" else value


def _integer(text: str) -> int:
    return int(text, 16) if text[:2].lower() == "0x" else int(text)


def _add(sums: list[int], values: list[int]) -> None:
    for at, value in enumerate(values):
        sums[at] += value


def _build(events: list[str], own: _Own, edges: _Edges) -> Profile:
    builder = ProfileBuilder(*(ValueType(event, "count") for event in events))
    inclusive: dict[int, list[int]] = defaultdict(lambda: [0] * len(events))
    for (name, file, inlined, line), values in own.items():
        function = builder.function(name, file)
        kind = "inlined" if inlined else ""
        builder.sample(builder.stack([builder.location(function, line, kind=kind)]), *values)
        _add(inclusive[function], values)
    rows = []
    for (caller, callee), (n_calls, *values) in edges.items():
        near, far = builder.function(*caller), builder.function(*callee)
        rows.append((near, far, n_calls, values))
        if near != far:
            _add(inclusive[near], values)
    n = max([*inclusive, *(max(row[:2]) for row in rows)], default=-1) + 1
    whole = np.zeros((len(events), n), np.float64)
    for function, values in inclusive.items():
        whole[:, function] = values
    told = np.array([row[3] for row in rows], np.float64).reshape(-1, len(events))
    graph = CallGraph(
        inclusive=tuple(whole),
        callers=np.array([row[0] for row in rows], np.int32),
        callees=np.array([row[1] for row in rows], np.int32),
        edge_values=tuple(told.T.copy()),
    )
    return builder.build(graph=graph)
