"""Java Flight Recorder: samples, allocations and waits, of the JDK and of async-profiler.

A row is an event; each kind of event (`EVENTS`) fills columns of its own and leaves the others 0.
Kinds that measure the same share columns, and the label `event` tells them apart: a recording may
hold an allocation both as `ObjectAllocationInNewTLAB` and as `ObjectAllocationSample`.

A function is `package.Class.method`; the format has no file. A frame of async-profiler that is no
Java code has its library in the place of the class: it becomes the file. A stack that the recorder
cut off at its root is labelled `truncated`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.jfr_chunks import MAGIC, Chunk, read_chunks
from workbench.ingest.jfr_layout import Layout, Record, Reference
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")
KINDS = {
    "Interpreted": "interpreted",
    "JIT compiled": "jit",
    "Inlined": "inlined",
    "C1 compiled": "c1",
    "Native": "native",
    "C++": "native",
    "Kernel": "kernel",
}


class Event(NamedTuple):
    """What a kind of event counts."""

    counted: ValueType
    measured: ValueType | None = None
    field: str = ""
    """Whose value is measured; without a measure, how often the event counts."""
    is_shared: bool = False
    """Whether other kinds fill the same columns."""


def _allocation(field: str) -> Event:
    counted, measured = ValueType("alloc_objects", "count"), ValueType("alloc_space", "bytes")
    return Event(counted, measured, field, is_shared=True)


def _wait() -> Event:
    counted, measured = ValueType("contentions", "count"), ValueType("delay", "nanoseconds")
    return Event(counted, measured, "duration", is_shared=True)


EVENTS = {
    "jdk.ExecutionSample": Event(SAMPLES),
    "jdk.CPUTimeSample": Event(
        ValueType("cpu_samples", "count"), ValueType("cpu", "nanoseconds"), "samplingPeriod"
    ),
    "profiler.WallClockSample": Event(ValueType("wall_samples", "count"), None, "samples"),
    "jdk.ObjectAllocationInNewTLAB": _allocation("tlabSize"),
    "jdk.ObjectAllocationOutsideTLAB": _allocation("allocationSize"),
    "jdk.ObjectAllocationSample": _allocation("weight"),
    "profiler.LiveObject": Event(
        ValueType("live_objects", "count"), ValueType("live_space", "bytes"), "allocationSize"
    ),
    "profiler.Malloc": Event(
        ValueType("malloc_objects", "count"), ValueType("malloc_space", "bytes"), "size"
    ),
    "jdk.JavaMonitorEnter": _wait(),
    "jdk.ThreadPark": _wait(),
    "profiler.NativeLock": _wait(),
    "jdk.NativeMethodSample": Event(ValueType("native_samples", "count")),
}
"""Kinds of events, those first that are asked for first."""

_CONSTANTS = {
    "java.lang.Thread",
    "java.lang.Class",
    "jdk.types.FrameType",
    "jdk.types.Method",
    "jdk.types.StackTrace",
    "jdk.types.Symbol",
    "jdk.types.ThreadState",
}
_LABELS = {
    "sampledThread": "thread",
    "eventThread": "thread",
    "state": "state",
    "objectClass": "class",
    "monitorClass": "class",
    "parkedClass": "class",
}
_MOST_CHARACTERS, _MOST_RATIO = 1 << 20, 16  # of all names in a chunk, to its bytes
_LZ4 = b"\x04\x22\x4d\x18"
_PRIMITIVES = {
    "B": "byte",
    "C": "char",
    "D": "double",
    "F": "float",
    "I": "int",
    "J": "long",
    "S": "short",
    "Z": "boolean",
}


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin with the magic of a chunk, be it within LZ4."""
    begins = content.data[:4]
    return begins == MAGIC or (begins == _LZ4 and MAGIC in content.data[4:32])


def parse(content: Content) -> Profile:
    """Parse a recording; one row an event of the kinds in `EVENTS`."""
    if content.data[:4] == _LZ4:
        raise ParseError("expected a recording, got one in LZ4, which must be unpacked first")
    builder = ProfileBuilder()
    n_events: Counter[str] = Counter()
    starts, ends, events = [], [], None
    for chunk in read_chunks(content.data, _CONSTANTS):
        starts.append(chunk.start_ns)
        ends.append(chunk.end_ns)
        events = _Events(chunk, builder, events)
        events.add(n_events)
    if not starts:
        raise ParseError("expected a recording, found no chunk")
    event = next((event for name, event in EVENTS.items() if name in n_events), Event(SAMPLES))
    return builder.build(
        default_value=builder.value_type(event.measured or event.counted),
        time_ns=min(starts) if 0 < min(starts) < 2**63 else None,
        duration_s=(max(ends) - min(starts)) / 1e9,
    )


class _Events:
    """Adds the events of a chunk to a builder; what a constant stands for is found once.

    A wait that goes on while the JDK begins a chunk may have its stack in the chunk before.
    """

    def __init__(self, chunk: Chunk, builder: ProfileBuilder, before: _Events | None) -> None:
        self._chunk, self._builder = chunk, builder
        is_next = before is not None and before._chunk.end_ns == chunk.start_ns
        self._before = before if is_next else None
        self._names = _Names(chunk)
        self._frames: dict[int, _Frames] = {}
        self._stacks: dict[Reference | None, tuple[int, bool]] = {}
        self._label_fields: dict[int, list[tuple[str, int, int]]] = {}
        self._labels: dict[tuple[int, ...], dict[str, str]] = {}

    def add(self, n_events: Counter[str]) -> None:
        """Add all events of the kinds that are known, and count them."""
        rows: list[int] = []
        keys: list[str] = []
        texts: list[str] = []
        for row, record in enumerate(self._chunk.events(EVENTS), start=n_events.total()):
            name = record.layout.name
            n_events[name] += 1
            first = self._builder.value_type(EVENTS[name].counted)
            stack, is_truncated = self._stack(record.reference("stackTrace"))
            values = self._values(record, EVENTS[name])
            self._builder.sample(stack, *(0,) * first, *values)
            told = self._labels_of(record, is_truncated)
            rows += [row] * len(told)
            keys += told
            texts += told.values()
        self._before = None
        columns: dict[str, list[Any]] = {"sample": rows, "key": keys, "text": texts}
        columns |= {"number": [None] * len(rows), "unit": [""] * len(rows)}
        for name, column in columns.items():
            self._builder.labels[name] += column

    def _values(self, record: Record, event: Event) -> tuple[int, ...]:
        """Return the values from the first column of an event on."""
        if event.measured is None:
            n = record.integer(event.field) if event.field else 1
            return (1 if n is None else n,)
        self._builder.value_type(event.measured)  # the next column
        if event.measured.unit == "nanoseconds":
            return 1, self._chunk.nanoseconds(record, event.field)
        return 1, record.integer(event.field) or 0

    def _labels_of(self, record: Record, is_truncated: bool) -> dict[str, str]:
        """Return the labels of an event, which most have in common with another."""
        layout, values = record
        fields = self._label_fields.get(id(layout))
        if fields is None:
            found = [(key, layout.references.get(field)) for field, key in _LABELS.items()]
            fields = self._label_fields[id(layout)] = [(key, *at) for key, at in found if at]
        known = id(layout), is_truncated, *[values[place] for _, place, _ in fields]
        told = self._labels.get(known)
        if told is None:
            texts = {key: self._names.label(key, (c, values[place])) for key, place, c in fields}
            texts["event"] = layout.name if EVENTS[layout.name].is_shared else ""
            texts["truncated"] = "true" if is_truncated else ""
            told = self._labels[known] = {key: text for key, text in texts.items() if text}
        return told

    def _stack(self, reference: Reference | None) -> tuple[int, bool]:
        """Return the row of a stack, and whether it is cut off; an event without one has none."""
        if reference not in self._stacks:
            trace = self._chunk.constant(reference)
            if trace is None and reference is not None and reference[1] and self._before:
                return self._before._stack(reference)
            frames = None if trace is None else trace.array("frames")
            is_truncated = trace is not None and bool(trace.integer("truncated"))
            stack = self._builder.stack([] if frames is None else self._locations(*frames))
            self._stacks[reference] = stack, is_truncated
        return self._stacks[reference]

    def _locations(self, item: Layout, values: Sequence[Any]) -> list[int]:
        """Return the locations of a stack, root first; the format has the leaf first."""
        frames = self._frames.get(id(item))
        if frames is None:
            frames = self._frames[id(item)] = _Frames(item, self._names, self._builder)
        if not values:
            return []
        n = len(item.steps)
        columns = [
            [0] * (len(values) // n) if place is None else values[place::n]
            for place in frames.places
        ]
        leaf_first = list(zip(*columns, strict=True))
        return [frames[frame] for frame in reversed(leaf_first)]


class _Frames(dict[tuple[int, int, int], int]):
    """Frames (the keys of method and type, and the line) -> their locations."""

    def __init__(self, item: Layout, names: _Names, builder: ProfileBuilder) -> None:
        method, method_class = item.references.get("method", (None, -1))
        kind, kind_class = item.references.get("type", (None, -1))
        self.places = method, kind, item.integers.get("lineNumber")
        self._classes = method_class, kind_class
        self._names, self._builder = names, builder

    def __missing__(self, frame: tuple[int, int, int]) -> int:
        method, kind, line = frame
        method_class, kind_class = self._classes
        told = self._names.frame_type((kind_class, kind))
        function = self._builder.function(*self._names.method((method_class, method), told))
        line = line if 0 < line < 2**31 else 0
        location = self._builder.location(function, line, kind=KINDS.get(told, ""))
        self[frame] = location
        return location


class _Names:
    """What the constants of a chunk are called."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._frame_types: dict[Reference, str] = {}
        self._labels: dict[tuple[str, Reference], str] = {}
        self._methods: dict[tuple[Reference, bool], tuple[str, str]] = {}
        self._n_left = _MOST_CHARACTERS + _MOST_RATIO * (chunk.end - chunk.begin)
        """Characters that names may still have, each as often as it is part of one."""
        types = chunk.constants("jdk.types.FrameType")
        has_kernel = any(chunk.text(told, "description") == "Kernel" for told in types)
        self._native = {"C++", "Kernel", "Native"} if has_kernel else {"C++"}
        """Frames that are no Java code; to the JDK alone, `Native` is a method of Java."""

    def frame_type(self, reference: Reference) -> str:
        """Return what kind of code a frame is."""
        if reference not in self._frame_types:
            told = self._chunk.constant(reference)
            self._frame_types[reference] = self._chunk.text(told, "description")
        return self._frame_types[reference]

    def method(self, reference: Reference, frame_type: str) -> tuple[str, str]:
        """Return name and file of a method."""
        key = reference, frame_type in self._native
        if key not in self._methods:
            told = self._chunk.constant(reference)
            owner, name = self._text(told, "type"), self._text(told, "name")
            if not (key[1] and name):
                owner, name = "", ".".join(filter(None, (_java_name(owner), name)))
            self._methods[key] = name or "<unknown>", owner
        return self._methods[key]

    def label(self, key: str, reference: Reference) -> str:
        """Return the name of a thread, state or class; empty where there is none."""
        if (key, reference) not in self._labels:
            told = self._chunk.constant(reference)
            if key == "thread":
                text = self._text(told, "javaName") or self._text(told, "osName")
            else:
                text = self._text(told, "name")
            self._labels[key, reference] = _java_name(text) if key == "class" else text
        return self._labels[key, reference]

    def _text(self, record: Record | None, field: str) -> str:
        """Return a string, or the name of the class or symbol that a field stands for."""
        for _ in range(3):  # a method's class, its symbol, its string
            reference = None if record is None else record.reference(field)
            if reference is None:
                break
            record, field = self._chunk.constant(reference), "name"
        text = self._chunk.text(record, field) or self._chunk.text(record, "string")
        self._n_left -= len(text)
        if self._n_left < 0:
            raise ParseError("expected shorter names", place=f"byte {self._chunk.begin}")
        return text


def _java_name(name: str) -> str:
    """Return a class as Java writes it: `[[I` as `int[][]`, `a/B` as `a.B`."""
    item = name.lstrip("[")
    n_dimensions = len(name) - len(item)
    if n_dimensions:
        item = item[1:-1] if item[:1] == "L" else _PRIMITIVES.get(item, item)
    return item.replace("/", ".") + "[]" * min(n_dimensions, 255)
