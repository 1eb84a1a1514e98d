"""Profiles of the Firefox profiler: raw ones of Gecko, processed ones, and what samply writes.

Specification: the format of firefox-devtools/profiler (`docs-developer/CHANGELOG-formats.md`,
`src/types/`). Raw tables are `schema` and `data`, with places as text; processed ones have a column
for each field, in each thread or, since version 60, in `shared`; newer versions tell the caller by
`prefixOffset` and null by `flags` or -1. samply puts the same document into JsonSlabs.

A row is a sample; it weighs what the thread's `weightType` says (samples, milliseconds, bytes), and
has CPU time where the thread has `threadCPUDelta`. `(root)` is where stacks begin and is no frame.
Markers, counters and the tables of allocations are no samples of time and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.ingest.firefox_stacks import Page, Table, is_small, member
from workbench.ingest.json_slabs import MAGIC, read_slabs
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")
WEIGHTS = {
    "samples": SAMPLES,
    "tracing-ms": ValueType("time", "milliseconds"),
    "bytes": ValueType("space", "bytes"),
}
CPU = ValueType("cpu", "nanoseconds")
CPU_UNITS = {
    "ns": (CPU, 1),
    "µs": (CPU, 1000),
    "us": (CPU, 1000),
    "variable CPU cycles": (ValueType("cycles", "count"), 1),
}
"""What `threadCPUDelta` is in each of its units, and how many of ours one is."""


def looks_like(content: Content) -> bool:
    """Tell whether the document, or its member `profile`, has threads with samples."""
    if content.data.startswith(MAGIC):
        return True
    return content.is_json and _profile(content.json) is not None


def parse(content: Content) -> Profile:
    """Parse a document with all its threads and processes; one row a sample."""
    is_slabs = content.data.startswith(MAGIC)
    found = _profile(read_slabs(content.data) if is_slabs else content.json)
    if found is None:
        raise ParseError("expected threads with samples, found none", place="$")
    builder = ProfileBuilder(SAMPLES)
    start = _start(Page(found, builder))
    begins: list[float] = []
    ends: list[float] = []
    left = [found]
    for node in left:
        page = Page(node, builder)
        for thread in node["threads"]:
            times = _add_thread(thread, page)
            if times:
                shift = _start(page) - start  # a process tells times since its own start
                begins.append(min(times) + shift)
                ends.append(max(times) + shift)
        left += node.get("processes") or ()
    return builder.build(
        default_value=None,
        time_ns=round(start * 1e6) if 0 < start < 9e12 else None,
        duration_s=(max(ends) - min(begins)) / 1e3 if begins else None,
    )


def _profile(page: Node) -> Node | None:
    for place in (page, page.get("profile") if "profile" in page else None):
        if place is None or "threads" not in place or "meta" not in place:
            continue
        threads = place["threads"].value
        if isinstance(threads, list) and all("samples" in Node(t, "") for t in threads[:1]):
            return place
    return None


def _start(page: Page) -> float:
    """Return when the process began, milliseconds of Unix time; 0 where that is not told."""
    told = page.meta.get("startTime")
    return told.number() if told else 0


def _add_thread(thread: Node, page: Page) -> list[float]:
    """Add the samples of a thread, and return their times in milliseconds."""
    builder, stacks = page.builder, page.stacks(thread)
    samples = Table(thread["samples"])
    if not samples.is_raw:
        samples.node["stack"].array()
    rows = samples.indices("stack", len(stacks.nodes))
    kind, weights = _weights(samples, len(rows))
    column = builder.value_type(kind)
    cpu_kind, cpu_times = _cpu_times(samples, page, len(rows))
    cpu_column = builder.value_type(cpu_kind) if cpu_kind else column
    values: list[int | float] = [0] * len(builder.value_types)
    labels = _labels(thread)
    for row, weight, cpu_time in zip(rows, weights, cpu_times, strict=True):
        values[cpu_column] = cpu_time
        values[column] = weight
        builder.sample(stacks.number(row), *values, labels=labels)
    return _times(samples, len(rows))


def _weights(samples: Table, n: int) -> tuple[ValueType, list[int | float]]:
    told = samples.node.get("weightType")
    kind = WEIGHTS.get(str(told.value) if told else "samples", SAMPLES)
    return kind, [1 if weight is None else weight for weight in samples.numbers("weight", n)]


def _cpu_times(samples: Table, page: Page, n: int) -> tuple[ValueType | None, Sequence[int]]:
    """Return what CPU times are told in, and each; None where none are.

    The first is since no sample, and counts for nothing.
    """
    told = member(page.meta, "sampleUnits").get("threadCPUDelta")
    kind, scale = CPU_UNITS.get(str(told.value) if told else "", (None, 0))
    deltas = [0, *samples.numbers("threadCPUDelta", n)[1:]][:n]
    if kind is None or not any(deltas):
        return None, range(n)
    scaled = [(delta or 0) * scale for delta in deltas]
    for row, delta in enumerate(scaled):
        if delta - delta != 0:
            raise samples.unlike("threadCPUDelta", row, "a time", deltas[row])
    return kind, [round(delta) for delta in scaled]


def _times(samples: Table, n: int) -> list[float]:
    told = [time for time in samples.numbers("time", n) if time is not None]
    return told or list(accumulate(delta or 0 for delta in samples.numbers("timeDeltas", n)))


def _labels(thread: Node) -> dict[str, str | int]:
    labels: dict[str, str | int] = {}
    names = (("thread", "name"), ("process", "processName"), ("pid", "pid"), ("tid", "tid"))
    for key, name in names:
        told = thread.get(name)
        value = told.value if told is not None else None
        if key in ("pid", "tid") and isinstance(value, str) and re.fullmatch("[0-9]{1,18}", value):
            value = int(value)
        if isinstance(value, str) or (type(value) is int and is_small(value)):
            labels[key] = value
    return labels
