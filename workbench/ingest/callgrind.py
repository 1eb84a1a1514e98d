"""Callgrind's profile data: a graph of calls, not stacks.

Specification: the Callgrind format in Valgrind's manual; KCachegrind's loader where that leaves
something open. Cost lines are what a function took for itself, by line; a `calls=` line with the
cost line after it is what a call took with all it called. Names may be numbered (`(1) name`),
positions relative (`+3`, `-1`, `*`). Rows are self costs by function and line. Cachegrind's files
are such without calls; other writers tell the unit of an event in its name (`Time_(10ns)`).

What a function took with its callees is its own cost and that of its calls, but for calls of
itself; where functions call each other in a circle, at most what the circle took. The levels of a
recursion (`fib'2`) are one function; calls within a circle count for at most all that was called
took. Parts of one file are added up. Where a part tells its `totals:`, its costs must add up to
them. A `summary:` counts by other rules and is only used to tell a file of callgrind that was cut
off before its totals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import CallGraph, ProfileBuilder
from workbench.types import Profile, ValueType

MOST_EVENTS = 64
"""More than any writer has; each row has a cost of each."""
MOST_LETTERS = 2**28
"""Of the names of all functions and their files: a number may stand for a long one."""

_UNITS = {
    "10ns": ("nanoseconds", 10),
    "ns": ("nanoseconds", 1),
    "us": ("microseconds", 1),
    "µs": ("microseconds", 1),
    "ms": ("milliseconds", 1),
    "s": ("seconds", 1),
    **{unit: (unit, 1) for unit in ("nanoseconds", "microseconds", "milliseconds", "seconds")},
    "bytes": ("bytes", 1),
    "count": ("count", 1),
}
"""Of an event whose name tells it, and by what costs are multiplied."""

_COST = frozenset(b"%c" % byte for byte in b"0123456789+-*")
_HOLDERS = {"fl": "file", "fi": "file", "fe": "file", "fn": "function", "ob": "object"}
_NAMED = re.compile(
    rb"(?P<whose>[cj]?)(?P<key>ob|fl|fi|fe|fn)\s*=\s*(?:\((?P<number>\d{1,9})\))?\s*(?P<name>.*)",
    re.DOTALL,
)
_HEADER = re.compile(rb"(?P<key>[a-z]+)\s*:\s*(?P<text>.*)", re.DOTALL)
_CALLS = re.compile(rb"calls\s*=\s*(0[xX][0-9a-fA-F]{1,16}|\d{1,18})(?:\s.*)?", re.DOTALL)
_HEX = re.compile(rb"0[xX][0-9a-fA-F]{1,16}")
_LEVEL = re.compile(r"^([^']+)'\d{1,6}(?=$|')")
"""Of a recursion; each level is written as a function of its own."""
_WITH_UNIT = re.compile(r"(?P<name>.+?)_?\((?P<unit>[^()]+)\)")

_Floats = npt.NDArray[np.float64]
_Indices = npt.NDArray[np.int32]


class _Integers(dict[bytes, int]):
    """Words as integers; the same few come over and over."""

    def __init__(self, parse: Callable[[bytes], int]) -> None:
        self.parse = parse

    def __missing__(self, word: bytes) -> int:
        self[word] = value = self.parse(word)
        return value


class _Callee(NamedTuple):
    """The function, file and object that the next call goes to; empty for those of the caller."""

    function: str = ""
    file: str = ""
    object: str = ""


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
    reader = _Reader()
    for number, line in enumerate(content.data.split(b"\n"), start=1):
        line = line.strip()
        try:
            if line[:1] in _COST:
                reader.take_cost(line)
            elif not line.startswith(b"#"):
                reader.take(line)
        except ParseError as error:
            raise ParseError(error.message, place=number) from error
    reader.finish()
    return reader.build()


class _Reader:
    """Where in the file we are, what names and positions stand for, and the costs so far."""

    def __init__(self) -> None:
        self.builder = ProfileBuilder()
        self.events: list[str] = []
        self.own: dict[tuple[int, int, str], list[int]] = {}
        """Costs by function, line and kind."""
        self.edges: dict[tuple[int, int], list[int]] = {}
        """Costs by caller and callee."""
        self.names: dict[tuple[str, int], str] = {}
        self.functions: dict[tuple[str, str], int] = {}
        self.letters_left = MOST_LETTERS
        self.positions, self.costs = _Integers(_position), _Integers(_signed)
        self.line_at, self.last = 0, [0]
        self.most_words = 0
        """Of a cost line; none is understood before the events are."""
        self.object, self.default_file, self.file, self.function = "", "", "", ""
        self.home, self.here, self.kind = "", -1, ""
        """File and number of the function, and the kind of a line outside that file."""
        self.callee = _Callee()
        self.n_calls: int | None = None
        """Of a `calls=` line whose cost line comes next."""
        self.is_jumping = False
        """Whether the next line is the position of a jump, without costs."""
        self.creator = b""
        self.part: list[int] = []
        """Sum of the costs since the last totals."""
        self.summary: list[int] = []

    def take(self, line: bytes) -> None:
        """Take in a line without costs."""
        if self.is_jumping:
            self._jump(line, line.split())
        elif named := _NAMED.fullmatch(line):
            self._name(named)
        elif calls := _CALLS.fullmatch(line):
            self.n_calls = _integer(calls[1])
        elif line.startswith((b"jump=", b"jcnd=", b"jump =", b"jcnd =")):
            self.is_jumping = True
        elif header := _HEADER.match(line):
            self._header(header["key"], header["text"].split())
        elif line.strip(b"=") == line != b"" and b":" not in line:  # ==== is between Xdebug's runs
            raise ParseError(f"expected a cost, a name or a header, got {_shown(line)}")

    def take_cost(self, line: bytes) -> None:
        """Take a cost line in: positions, then costs, of which the last may be left out."""
        words, last = line.split(), self.last
        n = len(last)
        if self.is_jumping or not n <= len(words) <= self.most_words:
            self._jump(line, words)
            return
        try:
            for at in range(n):
                last[at] = self.positions[words[at]] + (last[at] if words[at][0] < 48 else 0)
            costs = [*map(self.costs.__getitem__, words[n:])]
        except ValueError:
            raise self._unlike(line) from None
        if self.here < 0:
            self.here = self._function(self.function, self.home, self.object)
        if self.n_calls is not None:
            self._add(self.edges, (self.here, self._called()), costs)
            self.n_calls, self.callee = None, _Callee()
            return
        number = last[self.line_at] if self.line_at >= 0 else 0
        self._add(self.own, (self.here, number, self.kind), costs)
        part = self.part
        for at, cost in enumerate(costs):
            part[at] += cost

    def _add(self, sums: dict[Any, list[int]], key: Any, costs: list[int]) -> None:
        known = sums.get(key)
        if known is None:
            sums[key] = costs + [0] * (len(self.events) - len(costs))
        else:
            for at, cost in enumerate(costs):
                known[at] += cost

    def _jump(self, line: bytes, words: list[bytes]) -> None:
        """Take the line of a jump in, which has positions alone."""
        last = self.last
        if not self.is_jumping or len(words) < len(last):
            raise self._unlike(line)
        self.is_jumping = False
        try:
            for at, word in enumerate(words[: len(last)]):
                last[at] = self.positions[word] + (last[at] if word[0] < 48 else 0)
        except ValueError:
            raise self._unlike(line) from None

    def _unlike(self, line: bytes) -> ParseError:
        expected = f"{len(self.last)} positions and up to {len(self.events)} costs"
        return ParseError(f"expected {expected}, got {_shown(line)}")

    def _called(self) -> int:
        """Return the callee; what it leaves out is that of the line that calls."""
        name, file, binary = self.callee
        return self._function(name, file or self.file, binary or self.object)

    def _function(self, name: str, file: str, binary: str) -> int:
        """Return the number of a function; its binary stands for a file that is not known."""
        name = _LEVEL.sub(r"\1", name)
        key = (name, binary if file in ("", "???") else file)
        if key not in self.functions:
            self.letters_left -= len(name) + len(key[1])
            if self.letters_left < 0:
                raise ParseError(f"expected at most {MOST_LETTERS} letters of names, got more")
            self.functions[key] = self.builder.function(*key)
        return self.functions[key]

    def _name(self, match: re.Match[bytes]) -> None:
        """Note what a name line says; a number alone stands for the name it had before."""
        whose, key = match["whose"], match["key"].decode()
        holder, name = _HOLDERS[key], match["name"].decode("utf-8", "replace")
        if match["number"] is not None:
            known = (holder, int(match["number"]))
            if name:
                self.names[known] = name
            elif known not in self.names:
                raise ParseError(f"expected a name for {_shown(match[0])}, which has none yet")
            name = self.names[known]
        if whose == b"c":
            self.callee = self.callee._replace(**{holder: name})
        elif not whose:  # what is left are the targets of jumps, which only tell a name
            self._move(key, name)

    def _move(self, key: str, name: str) -> None:
        """Go on in another function, file or object."""
        if key == "ob":
            self.object = name
            return
        if key == "fn":
            self.function, self.file = name, self.default_file
            self.home, self.here, self.callee = self.file, -1, _Callee()
        elif key == "fl":
            self.default_file = self.file = name
            self.home = self.home or name
        else:
            self.file = name
        self.kind = "" if self.file == self.home else "inlined"

    def _header(self, key: bytes, words: list[bytes]) -> None:
        if key == b"events":
            self._events([word.decode("utf-8", "replace") for word in words])
        elif key == b"positions":
            if not words or not {*words} <= {b"instr", b"bb", b"line"}:
                raise ParseError(f"expected instr, bb or line, got {_shown(b' '.join(words))}")
            self.line_at = words.index(b"line") if b"line" in words else -1
            self.last = [0] * len(words)
            self.most_words = len(self.last) + len(self.events) if self.events else 0
        elif key == b"version" and words not in ([], [b"1"]):
            raise ParseError(f"expected version 1, got {_shown(b' '.join(words))[1:-1]}")
        elif key == b"creator":
            self.creator = words[0] if words else b""
        elif key == b"summary" and not any(self.part):
            self.summary = self._costs(words) if all(map(bytes.isdigit, words)) else []
        elif key == b"totals" and words:
            totals = self._costs(words)
            if totals != self.part:
                raise ParseError(f"expected costs that add up to {totals}, got {self.part}")
            self.part, self.summary = [0] * len(self.events), []

    def _events(self, names: list[str]) -> None:
        if self.events and self.events != names:
            expected = f"the events {' '.join(self.events)[:60]!r} again"
            raise ParseError(f"expected {expected}, got {' '.join(names)[:60]!r}")
        if not 0 < len(names) <= MOST_EVENTS or len({*names}) != len(names):
            expected = f"up to {MOST_EVENTS} names of events"
            raise ParseError(f"expected {expected}, got {' '.join(names)[:60]!r}")
        self.events = names
        self.most_words = len(self.last) + len(names)
        self.part = self.part or [0] * len(names)

    def _costs(self, words: list[bytes]) -> list[int]:
        """Return costs of all events; those left out are 0."""
        if len(words) > len(self.events):
            raise ParseError(f"expected up to {len(self.events)} costs, got {len(words)}")
        try:
            costs = [_signed(word) for word in words]
        except ValueError:
            raise ParseError(f"expected costs, got {_shown(b' '.join(words))}") from None
        return costs + [0] * (len(self.events) - len(costs))

    def finish(self) -> None:
        """Refuse what ends too early."""
        if self.n_calls is not None:
            raise ParseError("expected the cost of a call, found the end")
        if not self.events:
            raise ParseError("expected a line `events:`, found none")
        lacks = any(have < told for have, told in zip(self.part, self.summary, strict=False))
        if lacks and self.creator.startswith(b"callgrind"):
            seen = f"{self.part} and the end before any totals"
            raise ParseError(f"expected costs that add up to {self.summary}, found {seen}")

    def build(self) -> Profile:
        """Return the profile of what was taken in."""
        builder = self.builder
        kinds, factors = zip(*map(_value_type, self.events), strict=True)
        for kind in kinds:
            builder.value_type(kind)
        if len({*kinds}) != len(kinds):
            raise ParseError(f"expected events that differ, got {' '.join(self.events)[:60]!r}")
        for (function, line, kind), costs in self.own.items():
            line = min(max(line, 0), 2**31)
            stack = builder.stack((builder.location(function, line, kind=kind),))
            builder.sample(stack, *(c * f for c, f in zip(costs, factors, strict=True)))
        return builder.build(graph=self._graph(factors))

    def _graph(self, factors: Sequence[int]) -> CallGraph:
        rows = [function for function, _, _ in self.own]
        ends = np.array([*self.edges], np.int32).reshape(-1, 2)
        callers, callees = ends[:, 0].copy(), ends[:, 1].copy()
        n = max([*rows, *ends.ravel().tolist()], default=-1) + 1
        circles = _circles(callers, callees, n)
        inclusive, edge_values = [], []
        for own, told, factor in zip(
            _columns(self.own.values(), len(factors)),
            _columns(self.edges.values(), len(factors)),
            factors,
            strict=True,
        ):
            costs = np.bincount(rows, own * factor, n).astype(np.float64)
            inclusive.append(_inclusive(costs, callers, callees, told * factor, circles))
            is_inside = circles[callers] == circles[callees]  # levels of a recursion add up
            most = np.where(is_inside, np.abs(inclusive[-1][callees]), np.inf)
            edge_values.append(np.clip(told * factor, -most, most))
        return CallGraph(tuple(inclusive), callers, callees, tuple(edge_values))


def _position(word: bytes) -> int:
    """Return a position, or how far it is from the last: `+3`, `-1`, `*`."""
    if word == b"*":
        return 0
    return _integer(word[1:]) if word[:1] == b"+" else _signed(word)


def _signed(word: bytes) -> int:
    """Return a cost; memory may also be given back."""
    return -_integer(word[1:]) if word[:1] == b"-" else _integer(word)


def _integer(word: bytes) -> int:
    if word.isdigit() and len(word) < 19:
        return int(word)
    if not _HEX.fullmatch(word):
        raise ValueError
    return int(word, 16)


def _value_type(event: str) -> tuple[ValueType, int]:
    """Return what an event is in a profile, and by what its costs are multiplied."""
    if (told := _WITH_UNIT.fullmatch(event)) and told["unit"].lower() in _UNITS:
        unit, factor = _UNITS[told["unit"].lower()]
        return ValueType(told["name"], unit), factor
    unit, factor = _UNITS.get(event.lower(), ("count", 1))
    return ValueType(event, unit), factor


def _columns(rows: Iterable[list[int]], n: int) -> _Floats:
    """Return costs by event, (n, n_rows)."""
    return np.array([*rows], np.float64).reshape(-1, n).T


def _circles(callers: _Indices, callees: _Indices, n: int) -> _Indices:
    """Return the circle of calls that each function is in, (n,); most are in one alone."""
    if not len(callers):
        return np.arange(n, dtype=np.int32)
    from scipy import sparse

    calls = sparse.coo_array((np.ones(len(callers)), (callers, callees)), shape=(n, n))
    _, circles = sparse.csgraph.connected_components(calls.tocsr(), connection="strong")
    return np.asarray(circles, np.int32)


def _inclusive(
    own: _Floats, callers: _Indices, callees: _Indices, told: _Floats, circles: _Indices
) -> _Floats:
    """Return what each function took with its callees, (n,)."""
    others = callers != callees
    whole = own + np.bincount(callers[others], told[others], len(own))
    if (own < 0).any() or (told < 0).any():
        return whole
    leaving = circles[callers] != circles[callees]
    circle = np.bincount(circles, own, len(own))
    circle += np.bincount(circles[callers[leaving]], told[leaving], len(own))
    return np.minimum(whole, circle[circles])


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace"))
