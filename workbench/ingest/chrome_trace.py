"""Traces in Chrome's JSON: slices of time on threads, as Chrome, Perfetto and VizTracer write them.

Specification: the Trace Event Format. Complete (`X`) and begin/end (`B`, `E`) events are slices,
one row each with the time in which none of its children ran; a slice that was not ended lasts to
the end of the trace, an end without a beginning is none. Slices that overlap without nesting count
each for itself. Instants, counters, flows and asynchronous events are not of a stack and left out.

A trace with CPU profiles of V8 in it (`Profile`, `ProfileChunk`) is read for these alone.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.ingest.cpuprofile import VALUE_TYPES, add_samples
from workbench.ingest.folded import FRAME
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Profile, ValueType

Track = tuple[Any, Any]
"""Process and thread, as the file names them."""


class Slice(NamedTuple):
    """A span of time on a thread."""

    begin: int | float
    """Microseconds."""
    length: int | float
    order: int
    """Of slices that begin and end alike the lesser is the outer."""
    name: str


def looks_like(content: Content) -> bool:
    """Tell whether the document is a list of events with phases, or holds one."""
    events = _events(content)
    if events is None or not isinstance(events.value, list):
        return False
    is_object = content.is_json and isinstance(content.json.value, dict)
    return is_object or (bool(events.value) and "ph" in Node(events.value[0], ""))


def parse(content: Content) -> Profile:
    """Parse a trace; one row a slice, or one a sample of a CPU profile."""
    events = _events(content)
    if events is None:
        raise ParseError("expected an array of events, or an object with traceEvents")
    nodes = list(events)
    for node in nodes:
        node["ph"].text()
    names = _thread_names(nodes)
    chunks = [node for node in nodes if _name(node) in ("Profile", "ProfileChunk", "CpuProfile")]
    if chunks:
        return _cpu_profiles(chunks, names)
    builder = ProfileBuilder(ValueType("slices", "count"), ValueType("time", "microseconds"))
    tracks = _slices(nodes)
    for track, slices in tracks.items():
        _add_slices(builder, sorted(slices, key=lambda s: (s.begin, -s.length, s.order)),
                    names.get(track, {}))  # fmt: skip
    begins = [s.begin for slices in tracks.values() for s in slices]
    ends = [s.begin + s.length for slices in tracks.values() for s in slices]
    duration_s = (max(ends) - min(begins)) / 1e6 if begins else None
    return builder.build(default_value=1, duration_s=duration_s)


def _events(content: Content) -> Node | None:
    """Return the array of events; its closing bracket may be missing."""
    if not content.is_json:
        if not content.head.lstrip().startswith("[") or '"ph"' not in content.head:
            return None
        content = Content(content.data.rstrip().rstrip(b",") + b"]")
        if not content.is_json:
            return None
    page = content.json
    if isinstance(page.value, list):
        return page
    return page.get("traceEvents") if isinstance(page.value, dict) else None


def _slices(nodes: list[Node]) -> dict[Track, list[Slice]]:
    """Return the slices of each thread."""
    found: dict[Track, list[Slice]] = defaultdict(list)
    opened: dict[Track, list[tuple[int | float, int, str]]] = defaultdict(list)
    last: int | float = 0
    timed = [node for node in nodes if node["ph"].value in ("X", "B", "E")]
    times = [node["ts"].number() for node in timed]
    for at in sorted(range(len(timed)), key=times.__getitem__):
        node, time, phase = timed[at], times[at], timed[at]["ph"].value
        track = _track(node)
        last = max(last, time)
        if phase == "X":
            length = node["dur"].number() if "dur" in node else 0
            if length < 0:
                raise node["dur"].unlike("a length of zero or more")
            found[track].append(Slice(time, length, -at, _name(node)))
            last = max(last, time + length)
        elif phase == "B":
            opened[track].append((time, at, _name(node)))
        elif opened[track]:
            begin, order, name = opened[track].pop()
            found[track].append(Slice(begin, time - begin, order, name))
    for track, left in opened.items():
        found[track] += [Slice(begin, last - begin, order, name) for begin, order, name in left]
    return found


def _add_slices(builder: ProfileBuilder, slices: list[Slice], labels: dict[str, str | int]) -> None:
    """Add a row for each slice, with the time that none of its children covers."""
    tree = CallTree(builder)
    own = [s.length for s in slices]
    nodes: list[int] = []
    path: list[int] = []  # slices that are open
    for number, s in enumerate(slices):
        while (
            path
            and slices[path[-1]].begin + slices[path[-1]].length <= s.begin
            and not (s.length == 0 and slices[path[-1]].begin == s.begin)
        ):
            path.pop()
        above = -1
        if path:
            outer = slices[path[-1]]
            own[path[-1]] -= min(s.begin + s.length, outer.begin + outer.length) - s.begin
            above = nodes[path[-1]]
        nodes.append(tree.child(above, _location(builder, s.name)))
        path.append(number)
    for node, time in zip(nodes, own, strict=True):
        builder.sample(tree.stack(node), 1, max(time, 0), labels=labels)


def _location(builder: ProfileBuilder, name: str) -> int:
    """Return a location; VizTracer puts file and line of the function into its name."""
    if match := FRAME.fullmatch(name):
        line = int(match["line"] or 0)
        return builder.location(builder.function(match["name"], match["file"], line), line)
    return builder.location(builder.function(name))


def _cpu_profiles(events: list[Node], names: dict[Track, dict[str, str | int]]) -> Profile:
    """Put the chunks of each CPU profile together."""
    builder = ProfileBuilder(*VALUE_TYPES)
    parts: dict[Any, list[Node]] = defaultdict(list)
    for event in events:
        identity = event.get("id") or event.get("pid")
        parts[(event["pid"].value, str(identity.value) if identity else "")].append(event)
    for chunks in parts.values():
        nodes: list[Node] = []
        samples: list[object] = []
        times: list[int | float] = []
        at: int | float = 0
        end: int | float | None = None
        for event in chunks:
            data = (event.get("args") or event).get("data")
            if data is None:
                continue
            if (start := data.get("startTime")) is not None:
                at = start.number()
            if (stop := data.get("endTime")) is not None:
                end = stop.number()
            if (told := data.get("cpuProfile")) is None:
                continue
            nodes += list(told.get("nodes") or ())
            samples += (told.get("samples") or Node([], "")).array()
            for delta in data.get("timeDeltas") or told.get("timeDeltas") or ():
                at += delta.number()
                times.append(at)
        if len(times) != len(samples):
            raise ParseError(
                f"expected {len(samples)} timeDeltas, one a sample, got {len(times)}",
                place=chunks[0].place,
            )
        add_samples(builder, nodes, samples, times, end, names.get(_track(chunks[0]), {}))
    return builder.build(default_value=1)


def _thread_names(nodes: list[Node]) -> dict[Track, dict[str, str | int]]:
    """Return labels of each thread, where metadata or ids tell them."""
    processes: dict[Any, str] = {}
    threads: dict[Track, str] = {}
    tracks: dict[Track, dict[str, str | int]] = {}
    for node in nodes:
        track = _track(node)
        tracks.setdefault(track, {})
        if node["ph"].value == "M" and _name(node) in ("process_name", "thread_name"):
            told = (node.get("args") or Node({}, "")).get("name")
            name = told.text() if told else ""
            if _name(node) == "process_name":
                processes[track[0]] = name
            else:
                threads[track] = name
    for track, labels in tracks.items():
        told_names = (("process", processes.get(track[0])), ("thread", threads.get(track)))
        labels.update({key: name for key, name in told_names if name})
        ids = (("pid", track[0]), ("tid", track[1]))
        labels.update({k: v for k, v in ids if type(v) is int and abs(v) < 2**63})
    return tracks


def _track(node: Node) -> Track:
    pid, tid = node.get("pid"), node.get("tid")
    values = [n.value if n and isinstance(n.value, str | int) else 0 for n in (pid, tid)]
    return values[0], values[1]


def _name(node: Node) -> str:
    name = node.get("name")
    return name.value if name and isinstance(name.value, str) else ""
