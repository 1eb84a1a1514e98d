"""Traces in Chrome's JSON: slices of time on threads, as Chrome, Perfetto and VizTracer write them.

Specification: the Trace Event Format; where it is silent, what Perfetto's trace processor does.
Complete (`X`) and begin/end (`B`, `E`) events are slices, one row each with the time in which it
was the innermost one: times of a thread add up to the time in which any slice was open, also where
slices overlap without nesting (the later then counts as called by the earlier). A slice that was
not ended lasts as long as what is around it, or to the end of the trace; an end closes the last
slice of its name with all within, one without a beginning is none. Instants, counters, flows and
asynchronous events are not of a stack and left out.

A trace with samples in it, of V8 (`Profile`, `ProfileChunk`) or in the tables `samples` and
`stackFrames` (Hermes), is read for these alone; a sample lasts until the next one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from workbench.errors import ParseError
from workbench.ingest import chrome_samples
from workbench.ingest.chrome_samples import Labels, Track, quoted, track_of
from workbench.ingest.chrome_slices import Mark, Place, Slice, ThreadSlices, Time, add_slices
from workbench.ingest.content import Content, Node
from workbench.ingest.threads import label_threads
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

SLICE_TYPES = (ValueType("slices", "count"), ValueType("time", "microseconds"))

_MOST = 1 << 63


def looks_like(content: Content) -> bool:
    """Tell whether the document is a list of events with phases, or holds one."""
    if not content.is_json:
        return _is_unclosed(content)
    events = _events(content)
    if events is None or not isinstance(events.value, list):
        return False
    is_object = isinstance(content.json.value, dict)
    return is_object or (bool(events.value) and "ph" in Node(events.value[0], ""))


def parse(content: Content) -> Profile:
    """Parse a trace; one row a slice, or one a sample where it has samples."""
    events = _events(content)
    if events is None:
        raise ParseError("expected an array of events, or an object with traceEvents")
    trace = _Trace(events)
    if (tables := chrome_samples.find_tables(content)) is not None:
        return chrome_samples.read_tables(*tables, trace.labels)
    if any(chrome_samples.has_samples(node.value) for node in trace.chunks):
        return chrome_samples.read_chunks(trace.chunks, trace.labels)
    builder = ProfileBuilder(*SLICE_TYPES)
    begin, end = trace.bounds()
    for track, thread in trace.threads.items():
        add_slices(builder, thread.nested(begin, end), trace.labels(track))
    duration = (end - begin) / 1e6 if trace.threads else None
    return label_threads(builder.build(default_value=1, duration_s=duration))


def _events(content: Content) -> Node | None:
    """Return the array of events; its closing bracket may be missing."""
    if not content.is_json and _is_unclosed(content):
        content = Content(content.data.rstrip().rstrip(b",") + b"]")
    page = content.json
    if isinstance(page.value, list):
        return page
    return page.get("traceEvents") if isinstance(page.value, dict) else None


def _is_unclosed(content: Content) -> bool:
    """Tell whether what is no JSON may be an array of events without its closing bracket."""
    return bool(re.match(r"\ufeff?\s*\[\s*\{", content.head)) and '"ph"' in content.head


class _Trace:
    """What the events of a trace tell, sorted."""

    def __init__(self, events: Node) -> None:
        self._node = events
        self.threads: dict[Track, ThreadSlices] = defaultdict(ThreadSlices)
        self.chunks: list[Node] = []
        """Parts of CPU profiles."""
        self._process_names: dict[int | float | str, str] = {}
        self._thread_names: dict[Track, str] = {}
        self._last: Time | None = None
        for number, event in enumerate(events.array()):
            if not isinstance(event, dict) or type(event.get("ph")) is not str:
                if event == {}:  # some writers end with one, for want of a comma
                    continue
                events[number]["ph"].text()
            self._add(number, event, event["ph"])

    def _add(self, number: int, event: dict[str, Any], phase: str) -> None:
        if phase == "X":
            begin, length = self._time(number, event, "ts"), self._length(number, event)
            place = _place(event)
            self.threads[track_of(event)].complete.append(Slice(begin, length, number, place))
        elif phase in ("B", "E"):
            begins = phase == "B"
            mark = Mark(self._time(number, event, "ts"), number, begins, _place(event))
            self.threads[track_of(event)].marks.append(mark)
        elif phase == "M":
            self._add_name(number, event)
        else:
            if (time := _plain(event.get("ts"))) is not None:
                self._last = time if self._last is None else max(self._last, time)
            if chrome_samples.is_chunk(event):
                self.chunks.append(self._node[number])

    def _time(self, number: int, event: dict[str, Any], member: str) -> Time:
        """Return a time, which some writers put into quotes."""
        time = _plain(event.get(member))
        return quoted(self._node[number][member]) if time is None else time

    def _length(self, number: int, event: dict[str, Any]) -> Time:
        member = "dur" if event.get("dur") is not None else "tdur"
        length = self._time(number, event, member) if event.get(member) is not None else 0
        if length < 0:
            raise self._node[number][member].unlike("a length of zero or more")
        return length

    def _add_name(self, number: int, event: dict[str, Any]) -> None:
        kind = event.get("name")
        if kind not in ("process_name", "thread_name"):
            return
        node = self._node[number].get("args")
        told = node.get("name") if node else None
        track = track_of(event)
        if kind == "process_name":
            self._process_names[track[0]] = told.text() if told else ""
        else:
            self._thread_names[track] = told.text() if told else ""

    def labels(self, track: Track) -> Labels:
        """Return the labels of a thread, where metadata or ids tell them."""
        process, thread = track
        named = {
            "process": self._process_names.get(process)
            or (process if type(process) is str else ""),
            "thread": self._thread_names.get(track) or (thread if type(thread) is str else ""),
        }
        labels: Labels = {key: name for key, name in named.items() if name}
        for key, number in (("pid", process), ("tid", thread)):
            if isinstance(number, int) and abs(number) < _MOST:
                labels[key] = number
        return labels

    def bounds(self) -> tuple[Time, Time]:
        """Return when the first slice began, and the last time of all."""
        times = [thread.bounds() for thread in self.threads.values()]
        ends = [end for _, end in times] + ([] if self._last is None else [self._last])
        return min((begin for begin, _ in times), default=0), max(ends, default=0)


def _plain(value: Any) -> Time | None:
    """Return a number of usual size; None for all else."""
    is_number = type(value) is int or type(value) is float
    return value if is_number and -_MOST < value < _MOST else None


def _place(event: dict[str, Any]) -> Place:
    """Return what a slice is of; py-spy tells file and line apart."""
    told = event.get("name")
    name = told if type(told) is str else ""
    if event.get("cat") == "py-spy" and isinstance(args := event.get("args"), dict):
        file, line = args.get("filename"), args.get("line")
        if type(file) is str and type(line) is int and 0 <= line < 1 << 62:
            return Place(name, file, line)
    return Place(name)
