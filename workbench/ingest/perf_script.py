"""The text of `perf script`, in the shapes that versions and `-F` give it.

A sample is a line with command, pid, maybe tid, cpu, time and period, then the event; its frames
follow one a line, leaf first, or stand on the same line where there is but one. Columns: samples,
and for each event the sum of its periods (`cpu-clock` and `task-clock` count nanoseconds); where
there are several events, the default is that of the CPU, else the first. A frame without a symbol
is `[unknown]` in its binary, since addresses change from run to run. Where source lines are printed
(`-F +srcline`), a function's file is the source of most of its addresses.
"""

from __future__ import annotations

import calendar
import io
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")

_WHO = (
    r"\s*(?:(?P<comm>\S(?:.{0,62}?\S)??)\s{1,40})??"
    r"(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?(?:\s+\[(?P<cpu>\d{1,6})\])?"
)
_TIME = r"(?P<time>\d{1,12}\.\d{1,9}):"
_EVENT = r"(?P<event>raw 0x[0-9a-f]{1,16}|[^\s\d:\[]\S{0,199}?):+"
_HEADERS = (
    re.compile(
        rf"{_WHO}\s+(?:[A-Zg]{{1,5}}\s+)?(?:{_TIME}\s+)?"
        rf"(?:(?P<period>\d{{1,18}})\s+)?{_EVENT}(?:\s+(?P<rest>.*))?"
    ),
    re.compile(rf"{_WHO}\s+(?:[A-Zg]{{1,5}}\s+)?{_TIME}(?:\s+(?P<rest>.*))?"),
    re.compile(rf"(?!\s){_WHO}"),
)
"""A line that begins a sample: with an event, with a time alone, with neither."""

_FRAME = re.compile(
    r"\s*(?:(?P<address>[0-9a-f]{1,16})\s+)?(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?"
    r" \((?P<binary>[^()]*(?:\([^()]*\)[^()]*)?)\)"
)
_FRAME_ALONE = re.compile(
    r"\s+(?P<address>[0-9a-f]{1,16})(?:\s+(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?)?"
)
_SYMBOL_ALONE = re.compile(r"\t\s*(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?")
_SOURCE = re.compile(
    r"\s+(?P<file>\S.*):(?P<line>\d{1,9})(?: \(discriminator \d+\))?(?P<inlined> \(inlined\))?"
)
_JIT = re.compile(r"(?:.*/)?(?:perf-\d+\.map|\[?jitted-\S+)")
_OFFSET = re.compile(r"\+0x[0-9a-f]+$")
_MODIFIERS = re.compile("[ukhHGpPSDIWeb]+")
_CAPTURED = re.compile(
    r"# captured on *: *[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\s*"
)
_MONTHS = [*calendar.month_abbr]
_OTHER_RECORDS = "PERF_RECORD_"  # of commands, mappings and the like, where they are asked for
_NO_SAMPLE = re.compile(r"\[ perf |WARNING: |\|\d+\s")
"""What perf says of itself on standard error, and code (`-F +srccode`)."""
_KERNEL = re.compile(r"\[(?:guest\.)?kernel|(?:.*/)?vmlinux|.*\.ko(?:\.\w+)?$")
_NANOSECONDS = ("cpu-clock", "task-clock")
_CPU = (*_NANOSECONDS, "cycles", "cpu-cycles")


class _Frame(NamedTuple):
    """A frame as it is printed, with the source line that follows it."""

    symbol: str
    binary: str
    address: int = 0
    kind: str = ""
    source: str = ""
    line: int = 0


class _Sample(NamedTuple):
    """A line that begins a sample."""

    event: str
    period: int | None
    labels: dict[str, str | int]


def looks_like(content: Content) -> bool:
    """Tell whether the first line that is no comment begins a sample."""
    told = (line for line in _lines(content.data) if line[0] != "#" and not _NO_SAMPLE.match(line))
    lines = (line.rstrip()[:2000] for line in told)
    first = next(filter(None, lines), "")
    if _HEADERS[0].fullmatch(first):
        return True
    if (header := _HEADERS[1].fullmatch(first)) and header["rest"]:
        rest = header["rest"]
        return rest.startswith(_OTHER_RECORDS) or _read_frame("\t" + rest) is not None
    second = next(lines, "")
    is_followed = second[:1].isspace() and _read_frame(second) is not None
    return is_followed and bool(header or _HEADERS[2].fullmatch(first))


def parse(content: Content) -> Profile:
    """Parse the text; one row a sample."""
    reader = _Reader()
    for number, line in enumerate(_lines(content.data), start=1):
        text = line.rstrip()
        if not text:
            reader.end()
        elif text[0] == "#":
            reader.comment(text)
        else:
            reader.take(text, number)
    reader.end()
    return reader.profile()


def _lines(data: bytes) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8", "replace", newline="\n")


class _Reader:
    """The sample that is under way, and those before it."""

    def __init__(self) -> None:
        self.samples: list[_Sample] = []
        self.starts = array("q", [0])
        self.stacks = array("i")  # rows of frames, leaf first
        self.frames: dict[_Frame, int] = {}
        self.known: dict[str, _Frame | None] = {}
        self.first_ns: int | None = None
        self.last_ns = 0
        self.captured_ns: int | None = None
        self.is_short = True
        self.sample: _Sample | None = None
        self.stack: list[_Frame] = []

    def comment(self, text: str) -> None:
        """Take when the recording was made; the zone of that time is not told."""
        match = _CAPTURED.fullmatch(text)
        if match and match[1] in _MONTHS:
            day, hour, minute, second, year = map(int, match.group(2, 3, 4, 5, 6))
            when = (year, _MONTHS.index(match[1]), day, hour, minute, second)
            is_date = 1970 <= year < 2262 and 0 < day < 32
            self.captured_ns = calendar.timegm(when) * 10**9 if is_date else None

    def take(self, text: str, number: int) -> None:
        """Take one line in."""
        is_inside = text[0].isspace() and self.sample is not None
        if is_inside and text[0] == "\t" and (frame := self.frame(text) or _bare(text)):
            self.stack.append(frame)
        elif (header := self.header(text)) and self.begin(header):
            return
        elif is_inside and (source := _SOURCE.fullmatch(text)):
            self.locate(source)
        elif is_inside and (frame := self.frame(text)):
            self.stack.append(frame)
        elif not (
            is_inside or _NO_SAMPLE.match(text)
        ):  # fields of an event that runs on, and code, are left out
            raise ParseError(f"expected a sample or a frame, got {text[:80]!r}", place=number)

    def header(self, text: str) -> dict[str, str | None] | None:
        """Return the parts of a line that begins a sample; only a first one tells the least."""
        for shape in _HEADERS if self.is_short else _HEADERS[:2]:
            if match := shape.fullmatch(text):
                return match.groupdict()
        return None

    def begin(self, header: dict[str, str | None]) -> bool:
        """Begin a sample, unless what follows its time is neither event nor frame."""
        event, rest = header.get("event") or "", header.get("rest") or ""
        if event.startswith(_OTHER_RECORDS) or rest.startswith(_OTHER_RECORDS):
            return True
        only = self.frame("\t" + rest) if rest else None
        if rest and not (event or only):
            return False
        self.end()
        self.is_short &= not event and "time" not in header
        if time := header.get("time"):
            self.tick(time)
        period = header.get("period")
        self.sample = _Sample(_event(event), int(period) if period else None, _labels(header))
        self.stack = [only] if only else []
        return True

    def tick(self, time: str) -> None:
        """Take the time of a sample, in seconds."""
        seconds, _, fraction = time.partition(".")
        time_ns = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
        self.first_ns = time_ns if self.first_ns is None else min(self.first_ns, time_ns)
        self.last_ns = max(self.last_ns, time_ns)

    def frame(self, text: str) -> _Frame | None:
        """Return the frame that a line tells."""
        if text not in self.known:
            self.known[text] = _read_frame(text)
        return self.known[text]

    def locate(self, told: re.Match[str]) -> None:
        """Take the source line of the last frame."""
        if not self.stack:
            return
        if told["inlined"]:
            self.stack[-1] = self.stack[-1]._replace(kind="inlined")
        if int(told["line"]) and not told["file"].startswith("??"):
            frame = self.stack[-1]
            self.stack[-1] = frame._replace(source=told["file"], line=int(told["line"]))

    def end(self) -> None:
        """Finish the sample that is under way; what is inlined is in the binary of its caller."""
        if self.sample is None:
            return
        binary = ""
        for place in range(len(self.stack) - 1, -1, -1):
            frame = self.stack[place]
            if frame.kind == "inlined":
                self.stack[place] = frame._replace(binary=binary)
            binary = frame.binary or binary
        frames = self.frames
        self.stacks.extend([frames.setdefault(frame, len(frames)) for frame in self.stack])
        self.starts.append(len(self.stacks))
        self.samples.append(self.sample)
        self.sample, self.stack = None, []

    def profile(self) -> Profile:
        """Return all samples."""
        builder = ProfileBuilder(SAMPLES)
        events = dict.fromkeys(sample.event for sample in self.samples)
        locations = _locations(builder, self.frames)
        for (start, end), (event, period, labels) in zip(
            pairwise(self.starts), self.samples, strict=True
        ):
            values = [1]
            if (period is not None and event) or len(events) > 1:
                kind = ValueType(
                    event or "[unknown]", "nanoseconds" if event in _NANOSECONDS else "count"
                )
                values += [0] * (builder.value_type(kind) - 1) + [1 if period is None else period]
            if len(events) > 1:
                labels["event"] = event
            frames = reversed(self.stacks[start:end])
            stack = builder.stack(chain.from_iterable(locations[frame] for frame in frames))
            builder.sample(stack, *values, labels=labels)
        default = 0
        if len(events) > 1:
            names = [kind.name for kind in builder.value_types]
            default = names.index(next((e for e in events if e in _CPU), names[1]))
        return builder.build(
            default_value=default,
            time_ns=self.captured_ns,
            duration_s=None if self.first_ns is None else (self.last_ns - self.first_ns) / 1e9,
        )


def _read_frame(text: str) -> _Frame | None:
    """Return the frame that a line tells; one without a tab before it must tell all."""
    match = _FRAME.fullmatch(text)
    if match is None and text[0] == "\t":
        match = _FRAME_ALONE.fullmatch(text)
    if match is None:
        return None
    told = match.groupdict()
    if not (text[0] == "\t" or told["address"] or told["binary"] == "inlined"):
        return None
    address = int(told["address"] or "0", 16)
    is_high = address >= 2**63  # where the kernel is
    signed = address - 2**64 if is_high else address
    symbol = told["symbol"] or f"0x{address:x}"
    binary = _OFFSET.sub("", told.get("binary") or "")
    if binary == "inlined":
        return _Frame(symbol, "", signed, "inlined")
    kind = ""
    if _JIT.fullmatch(binary):
        kind = "jit"
    elif _KERNEL.match(binary) or (is_high and binary != "[vsyscall]"):
        kind = "kernel"
    return _Frame(symbol, "" if binary == "[unknown]" else binary, signed, kind)


def _bare(text: str) -> _Frame | None:
    """Return the frame of a line that tells a symbol alone."""
    match = _SYMBOL_ALONE.fullmatch(text)
    return _Frame(match["symbol"], "") if match else None


def _labels(header: dict[str, str | None]) -> dict[str, str | int]:
    """Return who ran; a number alone is of the thread, as that is what perf prints by default."""
    told = {"pid": header["pid"] if header["tid"] else None, "tid": header["tid"] or header["pid"]}
    told["cpu"] = header["cpu"]
    numbers = {key: int(text) for key, text in told.items() if text}
    return {"thread": header["comm"] or "", **numbers}


def _locations(builder: ProfileBuilder, frames: dict[_Frame, int]) -> list[list[int]]:
    """Return the locations of each frame, root first; most have one.

    Lines in a source that is not its function's go. What perf-map-agent found inlined into a Java
    method follows it after `->`.
    """
    seen: dict[tuple[str, str], Counter[str]] = {}
    for frame in frames:
        if frame.source:
            seen.setdefault((frame.symbol, frame.binary), Counter())[frame.source] += 1
    sources = {key: min(n, key=lambda source: (-n[source], source)) for key, n in seen.items()}
    locations = []
    for symbol, binary, address, kind, source, line in frames:
        file = sources.get((symbol, binary), binary)
        line = line if source == file else 0
        outer, *inlined = symbol.split("->") if kind == "jit" else [symbol]
        row = [builder.location(builder.function(outer, file), line, address, kind)]
        for name in inlined:
            function = builder.function(name, file)
            row.append(builder.location(function, 0, address, "inlined"))
        locations.append(row)
    return locations


def _event(text: str) -> str:
    """Return an event without the modifiers of where it counts (`cycles:ppp`)."""
    name, _, modifiers = text.rpartition(":")
    return name if name and _MODIFIERS.fullmatch(modifiers) else text
