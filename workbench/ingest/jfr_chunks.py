"""The container of Java Flight Recorder: chunks that describe themselves.

A chunk is a header, events, and among them metadata (event type 0: the classes, their fields) and
checkpoints (type 1: constants by class and key, in a chain that begins where the header says).
Versions 1 and 2, as the JDK (`jdk.jfr.internal.consumer`), JDK Mission Control and async-profiler
read them.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

from workbench.errors import ParseError
from workbench.ingest.jfr_layout import STRING, Cursor, Record, Reference, Types

MAGIC = b"FLR\0"

_HEADER = struct.Struct(">4sHHqqqqqqqI")
_METADATA, _CHECKPOINT = 0, 1
_COMPRESSED = 1  # among the features


class Chunk:
    """One chunk of a recording.

    Parameters
    ----------
    data : bytes
        The recording.
    begin : int
        Where the chunk begins in it.
    kept : collection of str
        Classes whose constants will be asked for.
    previous : Chunk, optional
        The one before, whose metadata mostly is the same.
    """

    def __init__(
        self, data: bytes, begin: int, kept: Collection[str], previous: Chunk | None = None
    ) -> None:
        self.data, self.begin = data, begin
        left = len(data) - begin
        if left < _HEADER.size:
            raise self._fault(f"the {_HEADER.size} bytes of a header, found {left}")
        magic, major, minor, size, constants, metadata, *times = _HEADER.unpack_from(data, begin)
        self.start_ns, duration_ns, _, self.ticks_per_second, features = times
        self.end_ns = self.start_ns + max(duration_ns, 0)
        if magic != MAGIC:
            raise self._fault(f"a chunk, got {magic!r}")
        if major not in (1, 2):
            raise self._fault(f"a chunk of version 1 or 2, got version {major}.{minor}")
        if size == 0 or metadata == 0:
            raise self._fault("a chunk that is finished, got one without size or metadata")
        if not _HEADER.size <= size <= left:
            raise self._fault(f"a chunk of {size} bytes, found {left}")
        if self.ticks_per_second <= 0:
            raise self._fault(f"ticks per second above 0, got {self.ticks_per_second}")
        self.end = begin + size
        self._cursor = Cursor(data, begin, self.end, is_compressed=bool(features & _COMPRESSED))
        self._constants: dict[int, dict[int, Record]] = {}
        try:
            self._types = self._read_types(begin + metadata, previous)
            if constants:
                self._read_constants(begin + constants, {STRING, *kept})
        except (IndexError, struct.error) as error:
            raise self._cut_off() from error

    def events(self, wanted: Collection[str]) -> Iterator[Record]:
        """Give the events of some classes; others are passed by their size."""
        layouts = self._types.named(wanted)
        at = self.begin + _HEADER.size
        try:
            while at < self.end:
                kind, end = self._enter(at)
                layout = layouts.get(kind)
                if layout is not None:
                    values = self._cursor.read_values(layout)
                    self._leave(end)
                    yield Record(layout, values)
                at = end
        except (IndexError, struct.error) as error:
            raise self._cut_off() from error

    def constant(self, reference: Reference | None) -> Record | None:
        """Return what a reference stands for; None where the chunk does not tell."""
        if reference is None:
            return None
        class_id, key = reference
        return self._constants.get(class_id, {}).get(key)

    def constants(self, name: str) -> Iterator[Record]:
        """Give the constants of a class by its name."""
        for class_id in self._types.named([name]):
            yield from self._constants.get(class_id, {}).values()

    def text(self, record: Record | None, name: str) -> str:
        """Return a string; empty where there is none."""
        place = None if record is None else record.layout.texts.get(name)
        if record is None or place is None:
            return ""
        text = record.values[place]
        if isinstance(text, int):
            found = self.constant((self._types.string_id, text))
            text = found.values[0] if found is not None and found.values else None
        return text if isinstance(text, str) else ""

    def nanoseconds(self, record: Record, name: str) -> int:
        """Return a span of time; 0 where there is no such field."""
        value = record.integer(name) or 0
        scale = record.layout.scales.get(name)
        return value * 10**9 // self.ticks_per_second if scale is None else value * scale

    def _read_types(self, at: int, previous: Chunk | None) -> Types:
        cursor = self._cursor
        end = self._enter_kind(at, _METADATA)
        cursor.read_long()  # start
        cursor.read_long()  # duration
        cursor.read_long()  # number of the metadata
        self._metadata = self.data[cursor.at : end]
        if (
            previous is not None
            and previous._metadata == self._metadata
            and previous._types.is_compressed == cursor.is_compressed
        ):
            return previous._types
        types = Types(cursor, end)
        self._leave(end)
        return types

    def _read_constants(self, at: int, kept: Collection[str]) -> None:
        """Read the checkpoints, of which each tells where the next is; what is told first holds."""
        cursor, delta, n_bytes = self._cursor, at - self.begin, 0
        at = self.begin
        while delta:
            at += delta
            end = self._enter_kind(at, _CHECKPOINT)
            n_bytes += end - at
            if n_bytes > self.end - self.begin:
                raise cursor.fault("checkpoints that do not overlap")
            cursor.read_long()  # start
            cursor.read_long()  # duration
            delta = cursor.read_long()
            cursor.at += 1  # flags
            for _ in range(cursor.read_count()):
                self._read_pool(kept)
            self._leave(end)

    def _read_pool(self, kept: Collection[str]) -> None:
        """Read the constants of a class."""
        cursor = self._cursor
        class_id = cursor.read_long()
        layout = self._types.layout(class_id)
        if layout is None:
            raise cursor.fault(f"constants of a class in the metadata, got class {class_id}")
        pool = self._constants.setdefault(class_id, {}) if layout.name in kept else None
        for _ in range(cursor.read_count()):
            key = cursor.read_long()
            values = cursor.read_values(layout)
            if pool is not None:
                pool.setdefault(key, Record(layout, values))

    def _enter_kind(self, at: int, kind: int) -> int:
        """Begin to read an event of a kind; return its end."""
        if not self.begin + _HEADER.size <= at < self.end:
            raise self._fault(f"an event of type {kind}, found its offset outside the chunk")
        found, end = self._enter(at)
        if found != kind:
            raise self._cursor.fault(f"an event of type {kind}, got type {found}")
        return end

    def _enter(self, at: int) -> tuple[int, int]:
        """Begin to read an event; return its type and end."""
        cursor = self._cursor
        cursor.at = at
        size = cursor.read_int()
        if not 0 < size <= self.end - at:
            cursor.at = at
            raise cursor.fault(f"an event of 1 to {self.end - at} bytes, got {size}")
        return cursor.read_long(), at + size

    def _cut_off(self) -> ParseError:
        return ParseError("expected more bytes, found the end", place=f"byte {len(self.data)}")

    def _leave(self, end: int) -> None:
        if self._cursor.at > end:
            raise ParseError("expected the end of an event, found more", place=f"byte {end}")

    def _fault(self, expected: str) -> ParseError:
        return ParseError(f"expected {expected}", place=f"byte {self.begin}")


def read_chunks(data: bytes, kept: Collection[str]) -> Iterator[Chunk]:
    """Give the chunks of a recording, with the constants of some classes."""
    at, chunk = 0, None
    while at < len(data):
        chunk = Chunk(data, at, kept, chunk)
        yield chunk
        at = chunk.end
