"""Profiles of the Firefox profiler: raw ones of Gecko, processed ones, and what samply writes.

Specification: the format of firefox-devtools/profiler (`docs-developer/`, `src/types/`). Raw
tables are `schema` and `data`, with places as text; processed ones have a column for each field, in
each thread or, since version 56, in `shared`. A row is a sample; it weighs what the thread's
`weightType` says (samples, milliseconds, bytes), and has CPU time where the thread has
`threadCPUDelta` in units of time. `(root)` is where stacks begin and is no frame.
"""

from __future__ import annotations

import re
from typing import Any

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")
WEIGHTS = {
    "samples": SAMPLES,
    "tracing-ms": ValueType("time", "milliseconds"),
    "bytes": ValueType("space", "bytes"),
}
_CPU = {"ns": 1, "µs": 1000, "us": 1000}
_PLACE = re.compile(r"(?P<name>.*) \((?P<file>.*?)(?::(?P<line>\d{1,9}))?(?::\d{1,9})?\)")


def looks_like(content: Content) -> bool:
    """Tell whether the document, or its member `profile`, has threads with samples."""
    return content.is_json and _profile(content.json) is not None


def parse(content: Content) -> Profile:
    """Parse a document with all its threads and processes; one row a sample."""
    found = _profile(content.json)
    if found is None:
        raise ParseError("expected threads with samples, found none", place="$")
    builder = ProfileBuilder(SAMPLES)
    times: list[float] = []
    left = [found]
    while left:
        page = left.pop(0)
        for thread in page["threads"]:
            _Thread(thread, page, builder).add(times)
        left += list(page.get("processes") or ())
    start = (found.get("meta") or Node({}, "")).get("startTime")
    time_ns = round(start.number() * 1e6) if start and 0 < start.number() < 9e12 else None
    duration_s = (max(times) - min(times)) / 1e3 if times else None
    return builder.build(time_ns=time_ns, duration_s=duration_s)


def _profile(page: Node) -> Node | None:
    for place in (page, page.get("profile") if "profile" in page else None):
        if place is None or "threads" not in place:
            continue
        threads = place["threads"].value
        if isinstance(threads, list) and all("samples" in Node(t, "") for t in threads[:1]):
            return place
    return None


class _Table:
    """A table of either form, by column; a column that is missing is all null."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.is_raw = "schema" in node and "data" in node
        self.schema = node["schema"].object() if self.is_raw else {}

    def column(self, name: str, n: int | None = None) -> list[Any]:
        """Return a column; ParseError where it is not `n` long."""
        if self.is_raw:
            at = self.schema.get(name)
            rows = self.node["data"].array()
            if not all(isinstance(row, list) for row in rows):
                raise self.node["data"].unlike("rows")
            if type(at) is not int or at < 0:
                return [None] * len(rows)
            return [row[at] if at < len(row) else None for row in rows]
        if name not in self.node or self.node[name].value is None:
            return [None] * (n or 0)
        values = self.node[name].array()
        if n is not None and len(values) != n:
            raise self.node[name].unlike(f"{n} values")
        return values


class _Thread:
    """One thread: where its stacks stand, and its samples."""

    def __init__(self, node: Node, page: Node, builder: ProfileBuilder) -> None:
        self.node, self.page, self.builder = node, page, builder
        shared = page.get("shared") or Node({}, "")
        self.shared = shared
        strings = next(
            (place[key] for place, key in ((node, "stringTable"), (node, "stringArray"),
                                           (shared, "stringArray")) if key in place), None,
        )  # fmt: skip
        self.strings = strings.array() if strings is not None else []
        self.nodes = self._nodes()

    def add(self, times: list[float]) -> None:
        """Add the samples, and their times in milliseconds."""
        samples = _Table(self.node["samples"])
        stacks = samples.column("stack")
        n = len(stacks)
        kind, weights = self._weights(samples, n)
        zeros = [0] * self.builder.value_type(kind)
        scale, deltas = self._cpu_times(samples, n)
        tree = self.nodes[0]
        labels = self._labels()
        for stack, weight, delta in zip(stacks, weights, deltas, strict=True):
            values: list[int | float] = [*zeros, weight]
            if scale:
                column = self.builder.value_type(ValueType("cpu", "nanoseconds"))
                values += [0] * (column - len(values)) + [int((delta or 0) * scale)]
            at = -1 if stack is None else self.nodes[1][self._index(stack, len(self.nodes[1]))]
            self.builder.sample(tree.stack(at), *values, labels=labels)
        told = samples.column("time", n)
        if not any(told):
            told, now = [], 0.0
            for delta in samples.column("timeDeltas", n):
                now += self._number(delta or 0)
                told.append(now)
        times += [self._number(time) for time in told if time is not None]

    def _weights(self, samples: _Table, n: int) -> tuple[ValueType, list[int | float]]:
        told = samples.node.get("weightType")
        kind = WEIGHTS.get(str(told.value) if told else "samples", SAMPLES)
        weights = samples.column("weight", n)
        return kind, [1 if weight is None else self._number(weight) for weight in weights]

    def _cpu_times(self, samples: _Table, n: int) -> tuple[int, list[Any]]:
        units = (self.page.get("meta") or Node({}, "")).get("sampleUnits")
        unit = units.get("threadCPUDelta") if units else None
        deltas = [
            None if delta is None else self._number(delta)
            for delta in samples.column("threadCPUDelta", n)
        ]
        return _CPU.get(str(unit.value) if unit else "", 0) if any(deltas) else 0, deltas

    def _labels(self) -> dict[str, str | int]:
        labels: dict[str, str | int] = {}
        members = (("thread", "name"), ("process", "processName"), ("pid", "pid"), ("tid", "tid"))
        for key, member in members:
            told = self.node.get(member)
            if told is not None and type(told.value) in (str, int):
                labels[key] = told.value
        return labels

    def _nodes(self) -> tuple[CallTree, list[int]]:
        """Return the node of the call tree for each row of the stack table."""
        tree = CallTree(self.builder)
        table = _Table(self._place("stackTable"))
        frames = table.column("frame")
        locations = self._locations()
        nodes: list[int] = []
        for number, (frame, prefix) in enumerate(
            zip(frames, table.column("prefix", len(frames)), strict=True)
        ):
            above = -1 if prefix in (None, -1) else nodes[self._index(prefix, number)]
            location = locations[self._index(frame, len(locations))]
            nodes.append(above if location is None else tree.child(above, location))
        return tree, nodes

    def _locations(self) -> list[int | None]:
        """Return the location of each row of the frame table; None for the root."""
        table = _Table(self._place("frameTable"))
        if table.is_raw:
            places = [self._text(index) for index in table.column("location")]
            lines = table.column("line")
            return [self._raw(place, line) for place, line in zip(places, lines, strict=True)]
        functions = table.column("func")
        n = len(functions)
        known = self._functions()
        rows = zip(functions, table.column("line", n), table.column("address", n), strict=True)
        return [
            None if known[at := self._index(function, len(known))] is None
            else self.builder.location(known[at] or 0, self._line(line), self._line(address))
            for function, line, address in rows
        ]  # fmt: skip

    def _functions(self) -> list[int | None]:
        table = _Table(self._place("funcTable"))
        names = table.column("name")
        n = len(names)
        resources = _Table(self._place("resourceTable")).column("name")
        columns = (table.column(c, n) for c in ("fileName", "resource", "lineNumber"))
        found: list[int | None] = []
        for name, file, resource, line in zip(names, *columns, strict=True):
            text = self._text(name)
            where = "" if file in (None, -1) else self._text(file)
            if not where and resource not in (None, -1):
                where = self._text(resources[self._index(resource, len(resources))])
            is_root = text == "(root)"
            found.append(None if is_root else self.builder.function(text, where, self._line(line)))
        return found

    def _raw(self, place: str, line: Any) -> int | None:
        if place == "(root)":
            return None
        match = _PLACE.fullmatch(place)
        if match is None:
            return self.builder.frame(place, "", self._line(line))
        function = self.builder.function(match["name"], match["file"], int(match["line"] or 0))
        return self.builder.location(function, self._line(line) or int(match["line"] or 0))

    def _place(self, name: str) -> Node:
        return self.node.get(name) or self.shared.get(name) or Node({}, f"{self.node.place}.{name}")

    def _text(self, index: Any) -> str:
        text = self.strings[self._index(index, len(self.strings))]
        if not isinstance(text, str):
            raise ParseError(f"expected a string, got {text!r:.40}", place=self.node.place)
        return text

    def _index(self, value: Any, n: int) -> int:
        if type(value) is not int or not 0 <= value < n:
            seen = f"{value!r:.40}"
            raise ParseError(f"expected an index below {n}, got {seen}", place=self.node.place)
        return value

    def _number(self, value: Any) -> float:
        return Node(value, self.node.place).number()

    def _line(self, value: Any) -> int:
        return value if type(value) is int and 0 < value < 2**62 else 0
