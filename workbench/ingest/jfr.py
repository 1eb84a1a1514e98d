"""Java Flight Recorder: samples, allocations and waits, of the JDK and of async-profiler.

Each kind of event fills columns of its own (`EVENTS`); a row is an event. Names are the class and
the method, in the class's file as far as the format tells: not at all.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.jfr_chunks import MAGIC, Chunk, read_chunks
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
    size: ValueType | None = None
    value: Callable[[Chunk, dict[str, Any]], int] = lambda chunk, event: 1
    """Of `size`, or of `counted` where there is no size."""


def _member(name: str) -> Callable[[Chunk, dict[str, Any]], int]:
    return lambda chunk, event: _integer(event.get(name), 0)


def _duration(chunk: Chunk, event: dict[str, Any]) -> int:
    return chunk.ticks_to_ns(_integer(event.get("duration"), 0))


def _repeats(chunk: Chunk, event: dict[str, Any]) -> int:
    return _integer(event.get("samples"), 1)


_ALLOCATED = ValueType("alloc_objects", "count"), ValueType("alloc_space", "bytes")
_WAITS = ValueType("contentions", "count"), ValueType("delay", "nanoseconds")
_LIVE = ValueType("live_objects", "count"), ValueType("live_space", "bytes")

EVENTS = {
    "jdk.ExecutionSample": Event(SAMPLES),
    "jdk.NativeMethodSample": Event(ValueType("native_samples", "count")),
    "profiler.WallClockSample": Event(ValueType("wall_samples", "count"), None, _repeats),
    "jdk.ObjectAllocationInNewTLAB": Event(*_ALLOCATED, _member("tlabSize")),
    "jdk.ObjectAllocationOutsideTLAB": Event(*_ALLOCATED, _member("allocationSize")),
    "jdk.ObjectAllocationSample": Event(*_ALLOCATED, _member("weight")),
    "jdk.JavaMonitorEnter": Event(*_WAITS, _duration),
    "jdk.ThreadPark": Event(*_WAITS, _duration),
    "profiler.LiveObject": Event(*_LIVE, _member("allocationSize")),
}


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin with the magic of a chunk."""
    return content.data[:4] == MAGIC


def parse(content: Content) -> Profile:
    """Parse a recording; one row an event that has a stack trace or stands for time."""
    builder = ProfileBuilder(SAMPLES)
    starts, ends = [], []
    for chunk in read_chunks(content.data):
        starts.append(chunk.start_ns)
        ends.append(chunk.start_ns + max(chunk.duration_ns, 0))
        try:
            _Events(chunk, builder).add()
        except (IndexError, struct.error) as error:
            raise ParseError("expected more of an event", place=f"byte {chunk.at}") from error
    if not starts:
        raise ParseError("expected a chunk, found none")
    return builder.build(
        time_ns=min(starts) if 0 < min(starts) < 2**63 else None,
        duration_s=(max(ends) - min(starts)) / 1e9,
    )


class _Events:
    """The events of a chunk, and what its constants stand for."""

    def __init__(self, chunk: Chunk, builder: ProfileBuilder) -> None:
        self.chunk, self.builder = chunk, builder
        self.stacks: dict[Any, int] = {}
        self.methods: dict[Any, int] = {}
        self.pools = {
            kind.name: chunk.constants.get(kind.id, {})
            for kind in chunk.classes.values()
            if chunk.constants.get(kind.id)
        }

    def add(self) -> None:
        """Add all events of the kinds that are known."""
        for name, event in self.chunk.events(EVENTS):
            kind = EVENTS[name]
            value = kind.value(self.chunk, event)
            first = self.builder.value_type(kind.counted)
            values = [0] * first + [1 if kind.size else value]
            if kind.size is not None:
                second = self.builder.value_type(kind.size)
                values += [0] * (second - len(values)) + [value]
            self.builder.sample(
                self._stack(event.get("stackTrace")), *values, labels=self._labels(event)
            )

    def _labels(self, event: dict[str, Any]) -> dict[str, str | int]:
        labels: dict[str, str | int] = {}
        thread = self._constant(
            "java.lang.Thread", event.get("sampledThread", event.get("eventThread"))
        )
        if isinstance(thread, dict):
            name = thread.get("javaName") or thread.get("osName")
            if isinstance(name, str):
                labels["thread"] = name
        state = self._constant("jdk.types.ThreadState", event.get("state"))
        if isinstance(state, dict) and isinstance(state.get("name"), str):
            labels["state"] = state["name"]
        if "objectClass" in event:
            labels["class"] = self._class(event["objectClass"])
        return labels

    def _stack(self, key: Any) -> int:
        """Return the builder's row of a stack trace; an event without one has an empty stack."""
        if isinstance(key, dict | list):
            return self.builder.stack([])
        if key not in self.stacks:
            trace = self._constant("jdk.types.StackTrace", key)
            frames = trace.get("frames") if isinstance(trace, dict) else None
            found = [
                self._frame(frame) for frame in reversed(frames or []) if isinstance(frame, dict)
            ]
            self.stacks[key] = self.builder.stack(found)
        return self.stacks[key]

    def _frame(self, frame: dict[str, Any]) -> int:
        told = self._constant("jdk.types.FrameType", frame.get("type"))
        kind = KINDS.get(str(told.get("description")) if isinstance(told, dict) else "", "")
        line = frame.get("lineNumber")
        number = line if isinstance(line, int) and 0 < line < 2**31 else 0
        return self.builder.location(self._method(frame.get("method")), number, kind=kind)

    def _method(self, key: Any) -> int:
        if isinstance(key, dict | list):
            return self.builder.function("<unknown>")
        if key not in self.methods:
            method = self._constant("jdk.types.Method", key)
            if not isinstance(method, dict):
                method = {}
            name = self._symbol(method.get("name")) or "<unknown>"
            owner = self._class(method.get("type"))
            self.methods[key] = self.builder.function(f"{owner}.{name}" if owner else name)
        return self.methods[key]

    def _class(self, key: Any) -> str:
        told = self._constant("java.lang.Class", key)
        return self._symbol(told.get("name")).replace("/", ".") if isinstance(told, dict) else ""

    def _symbol(self, key: Any) -> str:
        if isinstance(key, str):
            return key
        told = self._constant("jdk.types.Symbol", key)
        text = told.get("string") if isinstance(told, dict) else None
        return text if isinstance(text, str) else ""

    def _constant(self, name: str, key: Any) -> Any:
        """Return what a key stands for; a value that is no key stands for itself."""
        if isinstance(key, dict):
            return key
        return self.pools.get(name, {}).get(key) if isinstance(key, int) else None


def _integer(value: Any, default: int) -> int:
    return value if isinstance(value, int) else default
