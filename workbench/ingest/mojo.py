"""MOJO, the binary form of what Austin samples, versions 1 to 3.

Follows P403n1x87/austin (`src/mojo.h`): events of a byte and their fields. Texts and frames are
told once for each process, with a key, and referred to by it. Columns as in text.
"""

from __future__ import annotations

from workbench.errors import ParseError
from workbench.ingest.austin import COLUMNS, TIME
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile

VERSIONS = (1, 2, 3)

(METADATA, STACK, FRAME, FRAME_INVALID, FRAME_REF, FRAME_KERNEL, GC, IDLE, METRIC_TIME,
 METRIC_MEMORY, STRING, STRING_REF) = range(1, 13)  # fmt: skip


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin with `MOJ`."""
    return content.data[:3] == b"MOJ"


def parse(content: Content) -> Profile:
    """Parse the events; one row a sample."""
    try:
        reader = _Reader(content.data)
        reader.run()
    except IndexError as error:
        raise ParseError("expected more of an event", place=f"byte {len(content.data)}") from error
    return reader.profile()


class _Reader:
    """A place in the bytes, what keys stand for, and the sample that is under way."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 3
        self.version = self.integer()
        if self.version not in VERSIONS:
            raise ParseError(f"expected MOJO of version 1 to 3, got {self.version}", place="byte 3")
        self.told: dict[str, str] = {}
        self.texts: dict[tuple[int, int], str] = {}
        self.frames: dict[tuple[int, int], int] = {}
        self.builder: ProfileBuilder | None = None
        self.pid = 0
        self.thread: str | None = None
        self.stack: list[int] = []
        self.metrics = {METRIC_TIME: 0, METRIC_MEMORY: 0}
        self.is_idle = False

    def run(self) -> None:
        """Read all events."""
        while self.at < len(self.data):
            event = self.data[self.at]
            self.at += 1
            if event == STACK:
                self.begin()
            elif event == METADATA:
                key = self.text()
                self.told[key] = self.text()
            elif event == STRING:
                key_number = self.integer()
                self.texts[self.pid, key_number] = self.text()
            elif event == STRING_REF:
                self.integer()
            elif event == FRAME:
                self.define()
            else:
                self.extend(event)
        self.end()

    def extend(self, event: int) -> None:
        """Take what belongs to the sample that is under way."""
        if self.thread is None and event != 0:
            raise ParseError(f"expected a stack before event {event}", place=f"byte {self.at - 1}")
        if event == FRAME_REF:
            key = (self.pid, self.integer())
            if key not in self.frames:
                raise ParseError(f"expected a frame known by {key[1]}", place=f"byte {self.at}")
            self.stack.append(self.frames[key])
        elif event in (FRAME_INVALID, GC):
            self.stack.append(self.made().frame(":INVALID:" if event == FRAME_INVALID else ":GC:"))
        elif event == FRAME_KERNEL:
            builder = self.made()
            self.stack.append(builder.location(builder.function(self.text()), kind="kernel"))
        elif event == IDLE:
            self.is_idle = True
        elif event in self.metrics:
            self.metrics[event] = self.integer()
        elif event != 0:
            raise ParseError(
                f"expected an event up to 12, got {event}", place=f"byte {self.at - 1}"
            )

    def begin(self) -> None:
        """Begin a sample."""
        self.end()
        self.pid = self.integer()
        if self.version >= 3:
            self.integer()  # of the interpreter
        self.thread = self.text()

    def end(self) -> None:
        """Finish the sample that is under way."""
        if self.thread is not None:
            builder = self.made()
            time, space = self.metrics.values()
            mode = self.told.get("mode", "")
            values = {"memory": [space], "full": [time, 0 if self.is_idle else time, space]}
            labels: dict[str, str | int] = {"pid": self.pid, "thread": self.thread}
            row = builder.stack(self.stack)
            builder.sample(row, *values.get(mode, [time]), labels=labels)
        self.thread, self.stack, self.is_idle = None, [], False
        self.metrics = {METRIC_TIME: 0, METRIC_MEMORY: 0}

    def define(self) -> None:
        """Take a frame in under its key."""
        key, file, scope, line = (self.integer() for _ in range(4))
        if self.version >= 2:
            for _ in range(3):  # where the line ends, and columns
                self.integer()
        names = [
            self.texts.get((self.pid, at), "<unknown>" if at == 1 else "") for at in (file, scope)
        ]
        place = line if 0 < line < 2**31 else 0
        self.frames[self.pid, key] = self.made().frame(names[1], names[0], place)

    def made(self) -> ProfileBuilder:
        """Return the builder; its columns are known once metadata was told."""
        if self.builder is None:
            self.builder = ProfileBuilder(*COLUMNS.get(self.told.get("mode", ""), (TIME,)))
        return self.builder

    def profile(self) -> Profile:
        """Return all samples."""
        duration = self.told.get("duration", "")
        is_known = duration.isdecimal() and len(duration) < 16
        return self.made().build(duration_s=int(duration) / 1e6 if is_known else None)

    def integer(self) -> int:
        """Read an integer: 6 bits and a sign in the first byte, 7 bits in those that follow."""
        byte = self.data[self.at]
        self.at += 1
        value, shift, is_negative = byte & 0x3F, 6, byte & 0x40
        while byte & 0x80:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 70:
                raise ParseError("expected an integer of 64 bits", place=f"byte {self.at}")
        return -value if is_negative else value

    def text(self) -> str:
        """Read a text that ends with NUL."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise IndexError
        text = self.data[self.at : end].decode("utf-8", "replace")
        self.at = end + 1
        return text
