"""MOJO, the binary form of what Austin samples, versions 1 to 3.

Follows P403n1x87/austin (`src/mojo.h`): events of a byte and their fields. Texts and frames are
told once for each process, with a key, and referred to by it. Columns and labels as in text, where
threads are numbers in decimal.
"""

from __future__ import annotations

import itertools
import re

from workbench.errors import ParseError
from workbench.ingest.austin import COLUMNS, TIME, add_location, duration_s, labels_of
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile

VERSIONS = (1, 2, 3)

_HEX = re.compile(r"[0-9a-f]{1,16}")
_REFERENCE = re.compile(rb"\x05([\x80-\xff]{0,9}[\x00-\x7f])")
_REFERENCES = re.compile(rb"(?:\x05[\x80-\xff]{0,9}[\x00-\x7f])+")

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
        self.frames: dict[int, dict[bytes, int]] = {0: {}}  # of each process, by written keys
        self.mode = ""
        self.builder: ProfileBuilder | None = None
        self.pid = self.interpreter = 0
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
            self.refer()
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

    def refer(self) -> None:
        """Take all references to frames that follow each other."""
        run = _REFERENCES.match(self.data, self.at - 1)
        keys = _REFERENCE.findall(run[0]) if run else []
        known = self.frames[self.pid]
        if not run or not all(map(known.__contains__, keys)):
            before = itertools.takewhile(known.__contains__, keys)
            self.at += sum(len(key) + 1 for key in before)
            raise ParseError(f"expected a frame known by {self.integer()}", place=f"byte {self.at}")
        self.stack.extend(map(known.__getitem__, keys))
        self.at += len(run[0]) - 1

    def begin(self) -> None:
        """Begin a sample."""
        self.end()
        self.pid = self.integer()
        self.frames.setdefault(self.pid, {})
        self.interpreter = self.integer() if self.version >= 3 else 0
        thread = self.text()
        self.thread = str(int(thread, 16)) if _HEX.fullmatch(thread) else thread

    def end(self) -> None:
        """Finish the sample that is under way."""
        if self.thread is not None:
            builder = self.made()
            time, space = self.metrics.values()
            values = {"memory": [space], "full": [time, 0 if self.is_idle else time, space]}
            labels = labels_of(self.pid, self.interpreter, self.thread)
            row = builder.stack(self.stack)
            builder.sample(row, *values.get(self.mode, [time]), labels=labels)
        self.thread, self.stack, self.is_idle = None, [], False
        self.metrics = {METRIC_TIME: 0, METRIC_MEMORY: 0}

    def define(self) -> None:
        """Take a frame in under its key."""
        start = self.at
        self.integer()
        key = self.data[start : self.at]
        file, scope, line = (self.integer() for _ in range(3))
        if self.version >= 2:
            for _ in range(3):  # where the line ends, and columns
                self.integer()
        names = [
            self.texts.get((self.pid, at), "<unknown>" if at == 1 else "") for at in (file, scope)
        ]
        place = line if 0 < line < 2**31 else 0
        self.frames[self.pid][key] = add_location(self.made(), names[0], names[1], place)

    def made(self) -> ProfileBuilder:
        """Return the builder; its columns are those of the mode that was told before."""
        if self.builder is None:
            self.mode = self.told.get("mode", "")
            self.builder = ProfileBuilder(*COLUMNS.get(self.mode, (TIME,)))
        return self.builder

    def profile(self) -> Profile:
        """Return all samples."""
        return self.made().build(duration_s=duration_s(self.told))

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
