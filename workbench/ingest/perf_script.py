"""The text of `perf script`, in the shapes that versions and `-F` give it.

A sample is a line with command, pid, maybe tid, cpu, time, period and event; its frames follow one
a line, leaf first, or stand on the same line where there is but one. Columns: samples, and for each
event the sum of its periods (`cpu-clock` and `task-clock` count nanoseconds); where there are
several events, the default is that of the CPU, else the first. A frame without a symbol is
`[unknown]` in its binary, since addresses change from run to run.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")

_HEADER = re.compile(
    r"\s*(?P<comm>\S.*?)\s+(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?\s+"
    r"(?:\[(?P<cpu>\d{1,6})\]\s+)?(?:(?P<time>\d{1,12}\.\d{1,9}):\s+)?(?:(?P<period>\d{1,18})\s+)?"
    r"(?P<event>[A-Za-z_][\w.\-/=,@]*(?::[\w.\-]+)*):+(?:\s+(?P<rest>.*))?"
)
_NO_EVENT = re.compile(
    r"(?P<comm>\S.*?)\s+(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?(?:\s+\[(?P<cpu>\d{1,6})\])?"
    r"(?:\s+(?P<time>\d{1,12}\.\d{1,9}):)?(?P<period>)(?P<event>)(?P<rest>)"
)
_BINARY = r"(?: \((?P<binary>[^()]*(?:\([^()]*\)[^()]*)?)\))?"
_FRAME = re.compile(
    r"\s*(?P<address>[0-9a-f]{1,16})\s+(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?" + _BINARY
)
_NO_ADDRESS = re.compile(r"\t\s*(?P<address>)(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?" + _BINARY)
_SOURCE = re.compile(r"\s+\S.*?:(?P<line>\d{1,9})(?P<inlined> \(inlined\))?(?: \(discriminator.*)?")
_NO_SAMPLE = re.compile(r"\[ perf |.*: PERF_RECORD_|\|\d+\s|WARNING: ")
_OFFSET = re.compile(r"\+0x[0-9a-f]+$")
_PERF_MAP = re.compile(r"/tmp/perf-\d+\.map|\[?jitted-\S+")
_KERNEL = re.compile(r"\[(?:guest\.)?kernel|(?:.*/)?vmlinux|.*\.ko(?:\.\w+)?$")
_NANOSECONDS = ("cpu-clock", "task-clock")
_CPU = (*_NANOSECONDS, "cycles", "cpu-cycles")


def looks_like(content: Content) -> bool:
    """Tell whether the first line that is no comment begins a sample."""
    lines = [line.rstrip() for line in content.head.split("\n")[:200]]
    told = [line for line in lines if line and not line.startswith("#")]
    if not told or _NO_SAMPLE.match(told[0]):
        return any(": PERF_RECORD_" in line or _HEADER.fullmatch(line) for line in told)
    if _HEADER.fullmatch(told[0]):
        return True
    is_frame = len(told) > 1 and told[1][0] == "\t" and _FRAME.fullmatch(told[1])
    return bool(is_frame) and _NO_EVENT.fullmatch(told[0]) is not None


def parse(content: Content) -> Profile:
    """Parse the text; one row a sample. Records of other kinds, and source code, are left out."""
    reader = _Reader()
    for number, line in enumerate(content.text.split("\n"), start=1):
        text = line.rstrip()
        if not text:
            reader.end()
        elif not text.startswith("#"):
            reader.take(text, number)
    reader.end()
    return reader.profile()


class _Frame(NamedTuple):
    """A frame as it is written."""

    symbol: str
    binary: str
    address: int
    line: int = 0
    is_inlined: bool = False


class _Sample(NamedTuple):
    """A sample as it is written."""

    stack: int
    event: str
    period: int | None
    labels: dict[str, str | int]


class _Reader:
    """The sample that is under way, and those before it."""

    def __init__(self) -> None:
        self.builder = ProfileBuilder(SAMPLES)
        self.samples: list[_Sample] = []
        self.times: list[float] = []
        self.header: re.Match[str] | None = None
        self.frames: list[_Frame] = []

    def take(self, text: str, number: int) -> None:
        """Take one line in."""
        is_inside = text[0].isspace() and self.header is not None
        is_tabbed = is_inside and text[0] == "\t"
        header = None if is_tabbed else _HEADER.fullmatch(text)
        if header is None and is_inside:
            self._take_frame(text)
            return
        if _NO_SAMPLE.match(text):
            return
        header = header or _NO_EVENT.fullmatch(text)
        if header is None:
            raise ParseError(f"expected a sample or a frame, got {text[:80]!r}", place=number)
        self.end()
        self.header = header
        if only := _FRAME.fullmatch(header["rest"] or ""):
            self.frames.append(_frame(only))

    def _take_frame(self, text: str) -> None:
        """Take a line below a sample in: a frame, or where its source is; others are left out."""
        if match := _FRAME.fullmatch(text) or _NO_ADDRESS.fullmatch(text):
            self.frames.append(_frame(match))
        elif self.frames and (source := _SOURCE.fullmatch(text)):
            last = self.frames[-1]
            is_inlined = last.is_inlined or source["inlined"] is not None
            self.frames[-1] = last._replace(line=int(source["line"]), is_inlined=is_inlined)

    def end(self) -> None:
        """Finish the sample that is under way."""
        header, self.header = self.header, None
        if header is None:
            return
        if header["time"]:
            self.times.append(float(header["time"]))
        labels: dict[str, str | int] = {"thread": header["comm"]}
        labels.update({key: int(header[key]) for key in ("pid", "tid", "cpu") if header[key]})
        period = int(header["period"]) if header["period"] else None
        stack = self.builder.stack(self._locations())
        self.samples.append(_Sample(stack, _event(header), period, labels))
        self.frames = []

    def _locations(self) -> list[int]:
        """Return the stack, root first; what is inlined is in the binary of what it is within."""
        found: list[int] = []
        binary = ""
        for frame in reversed(self.frames):
            binary = binary if frame.is_inlined else frame.binary
            file = "" if binary == "[unknown]" else binary
            kind = "inlined" if frame.is_inlined else _kind(frame)
            names = [frame.symbol]
            if kind == "jit":  # perf-map-agent writes what a Java method holds so
                names = frame.symbol.split("->")
            for name, of in zip(names, [kind, *["inlined"] * (len(names) - 1)], strict=True):
                function = self.builder.function(name, file)
                found.append(self.builder.location(function, frame.line, frame.address, of))
        return found

    def profile(self) -> Profile:
        """Return all samples."""
        events = list(dict.fromkeys(sample.event for sample in self.samples))
        told = {sample.event for sample in self.samples if sample.period is not None}
        if len(events) > 1:
            told = {*events}
        columns: dict[str, int] = {}
        for event in events:
            if event in told:
                unit = "nanoseconds" if event in _NANOSECONDS else "count"
                columns[event] = self.builder.value_type(ValueType(event or "[unknown]", unit))
        for sample in self.samples:
            values = [1, *[0] * (len(self.builder.value_types) - 1)]
            if sample.event in columns:
                values[columns[sample.event]] = 1 if sample.period is None else sample.period
            self.builder.sample(sample.stack, *values, labels=sample.labels)
        default = 0
        if len(events) > 1:
            default = columns[next((event for event in events if event in _CPU), events[0])]
        duration_s = max(self.times) - min(self.times) if self.times else None
        return self.builder.build(default_value=default, duration_s=duration_s)


def _frame(match: re.Match[str]) -> _Frame:
    address = int(match["address"] or "0", 16)
    signed = address - 2**64 if address >= 2**63 else address
    binary = match["binary"] or ""
    if binary == "inlined":
        return _Frame(match["symbol"], "", signed, is_inlined=True)
    return _Frame(match["symbol"], _OFFSET.sub("", binary), signed)


def _kind(frame: _Frame) -> str:
    """Return what kind of code a frame is; the upper half of addresses is the kernel's."""
    if _PERF_MAP.match(frame.binary):
        return "jit"
    return "kernel" if frame.address < 0 or _KERNEL.match(frame.binary) else ""


def _event(header: re.Match[str]) -> str:
    """Return an event without the modifiers of where it counts (`cycles:ppp`)."""
    name, _, modifiers = header["event"].rpartition(":")
    return name if name and re.fullmatch("[ukhHGpPSDIWeb]+", modifiers) else str(header["event"])
