"""The container of Java Flight Recorder: chunks that describe themselves.

A chunk is a header, events, and in between metadata (event type 0: the classes and their fields)
and checkpoints (type 1: constants by class and key, in a chain that begins at the header's offset).
Layout as in the JDK (`jdk.jfr.internal.consumer`), versions 2.0 and 2.1. Integers are LEB128 with a
ninth byte that is whole, or big-endian where the header says they are not compressed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import ParseError

MAGIC = b"FLR\0"

_HEADER = struct.Struct(">4sHHqqqqqqqI")
_METADATA, _CHECKPOINT = 0, 1
_MOST_DEPTH = 16

Reader = Callable[[], Any]


@dataclass(slots=True)
class Field:
    """A field of a class."""

    name: str
    class_id: int
    is_constant: bool
    """Whether it holds the key of a constant."""
    is_array: bool


@dataclass(slots=True)
class Class:
    """A class that the metadata describes: of events, or of values in them."""

    id: int
    name: str
    fields: list[Field] = field(default_factory=list)


class Chunk:
    """One chunk of a recording."""

    def __init__(self, data: bytes, begin: int) -> None:
        self.data, self.begin, self.at = data, begin, begin
        if len(data) - begin < _HEADER.size:
            raise ParseError("expected the header of a chunk, found the end", place=f"byte {begin}")
        magic, major, minor, size, constants, metadata, *times = _HEADER.unpack_from(data, begin)
        self.start_ns, self.duration_ns, _, self.ticks_per_second, features = times
        if magic != MAGIC or major not in (1, 2):
            seen = f"{magic!r} version {major}.{minor}"
            raise ParseError(f"expected a chunk of version 2, got {seen}", place=f"byte {begin}")
        self.end = begin + size
        if not _HEADER.size <= size <= len(data) - begin:
            raise ParseError(
                f"expected a chunk of {size} bytes, found {len(data) - begin}",
                place=f"byte {begin}",
            )
        if self.ticks_per_second <= 0:
            raise self.fault("ticks per second above 0")
        self.is_compressed = bool(features & 1)
        self.integer: Callable[[], int] = self._varint if self.is_compressed else self._long
        self.classes: dict[int, Class] = {}
        self.constants: dict[int, dict[int, Any]] = {}
        self._readers: dict[int, Reader] = {}
        self._depth = 0
        self._read_metadata(begin + metadata)
        self._read_constants(begin + constants)

    def events(self, wanted: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give name and fields of each event of some classes; others are passed by their size."""
        readers = {c.id: c for c in self.classes.values() if c.name in wanted}
        at = self.begin + _HEADER.size
        while at < self.end:
            self.at = at
            size = self._size()
            if size <= 0 or at + size > self.end:
                raise self.fault(f"an event of at most {self.end - at} bytes, not {size}")
            kind = readers.get(self.integer())
            if kind is not None:
                yield kind.name, self.record(kind)
                if self.at > at + size:
                    raise self.fault(f"an event of {size} bytes")
            at += size

    def record(self, kind: Class) -> dict[str, Any]:
        """Read the fields of a class; a constant is its key."""
        return {f.name: self._value(f) for f in kind.fields}

    def constant(self, name: str, key: Any) -> Any:
        """Return a constant of a class by its name; None where there is none."""
        for kind in self.classes.values():
            if kind.name == name and kind.id in self.constants:
                return self.constants[kind.id].get(key)
        return None

    def fault(self, expected: str) -> ParseError:
        """Return the complaint that something else was expected here."""
        return ParseError(f"expected {expected}", place=f"byte {self.at}")

    def ticks_to_ns(self, ticks: int) -> int:
        """Return a span of time."""
        return ticks * 10**9 // int(self.ticks_per_second)

    def _read_metadata(self, at: int) -> None:
        """Read the classes: a table of strings, and a tree of elements that name them."""
        self._enter(at, _METADATA)
        self.integer()  # start
        self.integer()  # duration
        self.integer()  # id
        strings = [self._string() or "" for _ in range(self._count())]
        left = self._count_of_element(strings)
        stack: list[tuple[Class | None, int]] = [(None, left[2])]
        while stack:
            owner, n = stack.pop()
            if not n:
                continue
            stack.append((owner, n - 1))
            name, attributes, n_children = self._count_of_element(strings)
            if name == "class":
                owner = Class(self._number(attributes, "id"), attributes.get("name", ""))
                self.classes[owner.id] = owner
            elif name == "field" and owner is not None:
                owner.fields.append(
                    Field(
                        attributes.get("name", ""), self._number(attributes, "class"),
                        attributes.get("constantPool") == "true",
                        attributes.get("dimension", "0") not in ("", "0"),
                    )
                )  # fmt: skip
            stack.append((owner, n_children))

    def _count_of_element(self, strings: list[str]) -> tuple[str, dict[str, str], int]:
        """Read an element: its name, attributes, and how many children follow."""

        def text() -> str:
            at = self.integer()
            if not 0 <= at < len(strings):
                raise self.fault(f"an index into {len(strings)} strings")
            return strings[at]

        name = text()
        attributes = {}
        for _ in range(self._count()):
            key = text()
            attributes[key] = text()
        return name, attributes, self._count()

    def _number(self, attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "")
        if not text.isdecimal() or len(text) > 18:
            raise self.fault(f"a number as {name}, got {text[:20]!r}")
        return int(text)

    def _read_constants(self, at: int) -> None:
        """Read all checkpoints, the newest first; an earlier one adds what is not known."""
        seen = set()
        while at not in seen:
            seen.add(at)
            self._enter(at, _CHECKPOINT)
            self.integer()  # start
            self.integer()  # duration
            delta = self.integer()
            self.data[self.at]
            self.at += 1  # kind of checkpoint
            for _ in range(self._count()):
                kind = self.classes.get(self.integer())
                if kind is None:
                    raise self.fault("constants of a class that the metadata tells")
                pool = self.constants.setdefault(kind.id, {})
                for _ in range(self._count()):
                    key = self.integer()
                    pool.setdefault(key, self._object(kind))
            if delta == 0:
                return
            at += delta

    def _enter(self, at: int, kind: int) -> None:
        """Begin to read an event of a kind at a place."""
        if not self.begin + _HEADER.size <= at < self.end:
            self.at = at
            raise self.fault("an offset within the chunk")
        self.at = at
        self._size()
        if self.integer() != kind:
            raise self.fault(f"an event of type {kind}")

    def _value(self, f: Field) -> Any:
        if not f.is_array:
            return self._one(f)
        return [self._one(f) for _ in range(self._count())]

    def _one(self, f: Field) -> Any:
        if f.is_constant:
            return self.integer()
        kind = self.classes.get(f.class_id)
        if kind is None:
            raise self.fault(f"a class for the field {f.name!r}")
        return self._object(kind)

    def _object(self, kind: Class) -> Any:
        primitive = _PRIMITIVES.get(kind.name)
        if primitive is not None:
            return primitive(self)
        if kind.name == "java.lang.String":
            return self._string()
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise self.fault("values less deep")
        found = self.record(kind)
        self._depth -= 1
        return found

    def _size(self) -> int:
        return self._varint() if self.is_compressed else self._int()

    def _count(self) -> int:
        """Read how many of something follow; each takes a byte or more."""
        n = self._varint() if self.is_compressed else self._int()
        if not 0 <= n <= self.end - self.at:
            raise self.fault(f"a count of at most {self.end - self.at}, not {n}")
        return n

    def _varint(self) -> int:
        data, at = self.data, self.at
        byte = data[at]
        at += 1
        value = byte & 0x7F
        shift = 7
        while byte & 0x80:
            byte = data[at]
            at += 1
            if shift == 56:
                value |= byte << 56
                break
            value |= (byte & 0x7F) << shift
            shift += 7
        self.at = at
        return value - 2**64 if value >= 2**63 else value

    def _fixed(self, form: str) -> Any:
        value = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def _int(self) -> int:
        return int(self._fixed(">i"))

    def _long(self) -> int:
        return int(self._fixed(">q"))

    def _short(self) -> int:
        return self._varint() if self.is_compressed else int(self._fixed(">h"))

    def _small(self) -> int:
        return self._varint() if self.is_compressed else self._int()

    def _string(self) -> str | None:
        """Read a string in one of its encodings; one in the pool of constants is looked up."""
        encoding = self.data[self.at]
        self.at += 1
        if encoding == 0:
            return None
        if encoding == 1:
            return ""
        if encoding == 2:
            key = self.integer()
            text = self.constant("java.lang.String", key)
            return text if isinstance(text, str) else f"<string {key}>"
        if encoding in (3, 5):
            n = self._count()
            raw = self.data[self.at : self.at + n]
            self.at += n
            return raw.decode("utf-8" if encoding == 3 else "latin-1", "replace")
        if encoding == 4:
            return "".join(chr(self._small() & 0xFFFF) for _ in range(self._count()))
        raise self.fault(f"an encoding of strings up to 5, not {encoding}")


_PRIMITIVES: dict[str, Callable[[Chunk], Any]] = {
    "boolean": lambda chunk: chunk._fixed(">?"),
    "byte": lambda chunk: chunk._fixed(">b"),
    "short": Chunk._short,
    "char": Chunk._short,
    "int": Chunk._small,
    "long": lambda chunk: chunk.integer(),
    "float": lambda chunk: chunk._fixed(">f"),
    "double": lambda chunk: chunk._fixed(">d"),
}


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """Give the chunks of a recording; ParseError for what is none, or truncated."""
    at = 0
    while at < len(data):
        try:
            chunk = Chunk(data, at)
        except (IndexError, struct.error) as error:
            raise ParseError("expected more of a chunk", place=f"byte {len(data)}") from error
        yield chunk
        at = chunk.end
