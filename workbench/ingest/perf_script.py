"""The text of `perf script`, in the shapes that versions and `-F` give it.

A sample is a line with command, pid, maybe tid, cpu, time and period, then the event; its frames
follow one a line, leaf first, or stand on the same line where there is but one. Columns: samples,
and for each event the sum of its periods (`cpu-clock` and `task-clock` count nanoseconds). A frame
without a symbol is `[unknown]` in its binary, since addresses change from run to run.
"""

from __future__ import annotations

import re

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.profile.build import FrameTable
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")

_HEADER = re.compile(
    r"\s*(?P<comm>\S.*?)\s+(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?\s+"
    r"(?:\[(?P<cpu>\d{1,6})\]\s+)?(?:(?P<time>\d{1,12}\.\d{1,9}):\s+)?(?:(?P<period>\d{1,18})\s+)?"
    r"(?P<event>[A-Za-z_][\w.\-/=,@]*(?::[\w.\-]+)*):+(?:\s+(?P<rest>.*))?"
)
_FRAME = re.compile(
    r"\s*(?P<address>[0-9a-f]{1,16})\s+(?P<symbol>\S.*?)(?:\+0x[0-9a-f]+)?"
    r" \((?P<binary>[^()]*(?:\([^()]*\)[^()]*)?)\)"
)
_PERF_MAP = re.compile(r"/tmp/perf-\d+\.map|\[?jitted-\S+")
_NANOSECONDS = ("cpu-clock", "task-clock")


def looks_like(content: Content) -> bool:
    """Tell whether the first line that is no comment begins a sample."""
    for line in content.head.split("\n")[:200]:
        if line.strip() and not line.startswith("#"):
            return _HEADER.fullmatch(line.rstrip("\r")) is not None
    return False


def parse(content: Content) -> Profile:
    """Parse the text; one row a sample."""
    reader = _Reader()
    for number, line in enumerate(content.text.split("\n"), start=1):
        text = line.rstrip()
        if not text:
            reader.end()
        elif not text.startswith("#"):
            reader.take(text, number)
    reader.end()
    return reader.profile()


class _Reader:
    """The sample that is under way, and those before it."""

    def __init__(self) -> None:
        self.builder = ProfileBuilder(SAMPLES)
        self.times: list[float] = []
        self.header: re.Match[str] | None = None
        self.stack: list[int] = []

    def take(self, text: str, number: int) -> None:
        """Take one line in."""
        is_inside = text[0].isspace() and self.header is not None
        if is_inside and (frame := _FRAME.fullmatch(text)):
            self.stack.append(_location(self.builder, frame))
        elif header := _HEADER.fullmatch(text):
            self.end()
            self.header = header
            if only := _FRAME.fullmatch(header["rest"] or ""):
                self.stack.append(_location(self.builder, only))
        elif not is_inside:  # source lines, and fields of an event that runs on, are left out
            raise ParseError(f"expected a sample or a frame, got {text[:80]!r}", place=number)

    def end(self) -> None:
        """Finish the sample that is under way."""
        header, self.header = self.header, None
        if header is None:
            return
        values = [1]
        if header["period"]:
            name = _event(header)
            kind = ValueType(name, "nanoseconds" if name in _NANOSECONDS else "count")
            values += [0] * (self.builder.value_type(kind) - 1) + [int(header["period"])]
        if header["time"]:
            self.times.append(float(header["time"]))
        stack = self.builder.stack(reversed(self.stack))
        self.builder.sample(stack, *values, labels=_labels(header))
        self.stack = []

    def profile(self) -> Profile:
        """Return all samples."""
        duration_s = max(self.times) - min(self.times) if self.times else None
        return self.builder.build(duration_s=duration_s)


def _labels(header: re.Match[str]) -> dict[str, str | int]:
    labels: dict[str, str | int] = {"thread": header["comm"]}
    labels.update({key: int(header[key]) for key in ("pid", "tid", "cpu") if header[key]})
    return labels


def _location(table: FrameTable, frame: re.Match[str]) -> int:
    binary = frame["binary"]
    address = int(frame["address"], 16)
    is_high = address >= 2**63  # where the kernel is
    signed = address - 2**64 if is_high else address
    if binary == "inlined":
        return table.location(table.function(frame["symbol"]), address=signed, kind="inlined")
    is_module = is_high and binary.startswith("[")
    kind = "kernel" if is_module or binary.startswith("[kernel") else ""
    if _PERF_MAP.match(binary):
        kind = "jit"
    file = "" if binary == "[unknown]" else binary
    return table.location(table.function(frame["symbol"], file), address=signed, kind=kind)


def _event(header: re.Match[str]) -> str:
    """Return an event without the modifiers of where it counts (`cycles:ppp`)."""
    name, _, modifiers = header["event"].rpartition(":")
    return name if name and re.fullmatch("[ukhHGpPSDIWeb]+", modifiers) else str(header["event"])
