"""Classes of Java Flight Recorder: what the metadata tells of them, and how to read their values.

Integers are LEB128, but for the ninth byte, which is whole; or big-endian and of their own width
where the chunk does not say that they are compressed. A class is laid out flat before it is read,
structs within it unfolded, so that one loop reads a record into one list. All of it takes time in
proportion to the bytes, whatever they say.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from workbench.errors import ParseError

STRING = "java.lang.String"
Reference = tuple[int, int]
"""Class and key of a constant."""

_MOST_DEPTH = 8
_TIMESPAN = "jdk.jfr.Timespan"
_SCALES = {"NANOSECONDS": 1, "MICROSECONDS": 10**3, "MILLISECONDS": 10**6, "SECONDS": 10**9}
_OLD_NAMES = {"com.oracle.jfr.types.": "jdk.types.", "com.oracle.jdk.": "jdk."}


class Stored(enum.Enum):
    """How a value is stored that has no width of its own."""

    VARINT = enum.auto()
    BYTE = enum.auto()
    TEXT = enum.auto()


_SHORT, _CHAR, _INT, _LONG = map(struct.Struct, (">h", ">H", ">i", ">q"))
_FLOAT, _DOUBLE = map(struct.Struct, (">f", ">d"))
_WIDTHS = {"short": _SHORT, "char": _CHAR, "int": _INT, "long": _LONG}


@dataclass(slots=True)
class Layout:
    """What stands in the bytes of a class, value after value, and where its fields are."""

    name: str
    steps: list[Stored | struct.Struct | Layout] = field(default_factory=list)
    """How each value is stored; a layout is an array of such."""
    integers: dict[str, int] = field(default_factory=dict)
    references: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Place of a constant's key, and the constant's class."""
    texts: dict[str, int] = field(default_factory=dict)
    arrays: dict[str, tuple[int, Layout]] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    """Nanoseconds of a unit of time; none for ticks."""


class Record(NamedTuple):
    """The values of a class, as its layout has them."""

    layout: Layout
    values: list[Any]

    def integer(self, name: str) -> int | None:
        """Return the value of a field; None where there is no such field of integers."""
        place = self.layout.integers.get(name)
        return None if place is None else int(self.values[place])

    def reference(self, name: str) -> Reference | None:
        """Return class and key of the constant that a field stands for."""
        found = self.layout.references.get(name)
        return None if found is None else (found[1], self.values[found[0]])

    def array(self, name: str) -> tuple[Layout, Sequence[Any]] | None:
        """Return the values of an array's items one after the other, and the layout of an item."""
        found = self.layout.arrays.get(name)
        return None if found is None else (found[1], self.values[found[0]])


@dataclass(slots=True)
class Field:
    """A field of a class."""

    name: str
    class_id: int
    is_constant: bool = False
    """Whether the key of a constant stands for it."""
    is_array: bool = False
    annotations: list[tuple[int, str]] = field(default_factory=list)
    """Class and value."""


@dataclass(slots=True)
class Class:
    """A class of events, or of values in them."""

    name: str
    fields: list[Field] = field(default_factory=list)


class Cursor:
    """Reads values one after the other."""

    def __init__(self, data: bytes, at: int, end: int, *, is_compressed: bool) -> None:
        self.data, self.at, self.end, self.is_compressed = data, at, end, is_compressed
        self._depth = 0

    def read_long(self) -> int:
        """Read an integer of 64 bits."""
        return self._varint() if self.is_compressed else int(self._fixed(_LONG))

    def read_int(self) -> int:
        """Read an integer of 32 bits."""
        return self._varint() if self.is_compressed else int(self._fixed(_INT))

    def read_count(self) -> int:
        """Read how many of something follow, of which each takes a byte or more."""
        n = self.read_int()
        if not 0 <= n <= self.end - self.at:
            raise self.fault(f"a count of at most {self.end - self.at}, got {n}")
        return n

    def read_values(self, layout: Layout, n: int = 1) -> list[Any]:
        """Read `n` records into one list; a string that is a constant is its key."""
        data, at = self.data, self.at
        varint, byte = Stored.VARINT, Stored.BYTE
        values: list[Any] = []
        append = values.append
        for _ in range(n):
            for step in layout.steps:
                if step is varint or step is byte:
                    value = data[at]
                    at += 1
                    if value > 0x7F and step is varint:
                        value, at = _varint(data, at - 1)
                    append(value)
                else:
                    self.at = at
                    append(self._value(step))
                    at = self.at
        self.at = at
        return values

    def read_text(self) -> str | int | None:
        """Read a string in one of its encodings; the key of one that is a constant."""
        encoding = self.data[self.at]
        self.at += 1
        if encoding < 2:
            return "" if encoding else None
        if encoding == 2:
            return self.read_long()
        if encoding == 4:
            return self._characters()
        if encoding not in (3, 5):
            raise self.fault(f"an encoding of strings from 0 to 5, got {encoding}")
        n = self.read_count()
        raw = self.data[self.at : self.at + n]
        self.at += n
        return raw.decode("utf-8" if encoding == 3 else "latin-1", "replace")

    def fault(self, expected: str) -> ParseError:
        """Return the complaint that something else was expected here."""
        return ParseError(f"expected {expected}", place=f"byte {self.at}")

    def _varint(self) -> int:
        value, self.at = _varint(self.data, self.at)
        return value

    def _fixed(self, form: struct.Struct) -> Any:
        value = form.unpack_from(self.data, self.at)[0]
        self.at += form.size
        return value

    def _characters(self) -> str:
        n = self.read_count()
        if self.is_compressed:
            raw = struct.pack(f">{n}H", *(c & 0xFFFF for c in self.read_values(_VARINTS, n)))
        else:
            raw = self.data[self.at : min(self.at + 2 * n, self.end)]
            self.at += 2 * n
        return raw.decode("utf-16-be", "replace")

    def _value(self, step: Stored | struct.Struct | Layout) -> Any:
        if isinstance(step, struct.Struct):
            return self._fixed(step)
        if isinstance(step, Layout):
            return self._array(step)
        return self.read_text()

    def _array(self, item: Layout) -> Sequence[Any]:
        n = self.read_count()
        if not item.steps:  # takes no bytes, so the count means nothing
            return []
        if self._depth == _MOST_DEPTH:
            raise self.fault(f"arrays within arrays at most {_MOST_DEPTH} deep")
        self._depth += 1
        values = self.read_values(item, n)
        self._depth -= 1
        return values


_VARINTS = Layout("", [Stored.VARINT])


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a signed integer of 64 bits, and where it ends."""
    value = shift = 0
    while shift < 56:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    byte = data[at]
    return value + (byte << 56) - ((byte & 0x80) << 57), at + 1


class Types:
    """The classes that a chunk's metadata tells, and how they are laid out."""

    def __init__(self, cursor: Cursor, end: int) -> None:
        self.is_compressed = cursor.is_compressed
        self._begin = cursor.at
        self.classes: dict[int, Class] = {}
        self._layouts: dict[int, Layout] = {}
        self._left: list[tuple[Layout, Field]] = []
        self._n_left = end - cursor.at
        """Fields that may still be laid out: each takes bytes, but where structs repeat it."""
        self._read(cursor)
        self.string_id = next((i for i, c in self.classes.items() if c.name == STRING), -1)

    def named(self, names: Collection[str]) -> dict[int, Layout]:
        """Return the layouts of classes by their names."""
        found = [class_id for class_id, kind in self.classes.items() if kind.name in names]
        return {class_id: self._laid_out(class_id) for class_id in found}

    def layout(self, class_id: int) -> Layout | None:
        """Return the layout of a class; None for one that was not told."""
        return self._laid_out(class_id) if class_id in self.classes else None

    def _laid_out(self, class_id: int) -> Layout:
        layout = self._declare(Field("", class_id))
        while self._left:
            self._lay_out(*self._left.pop())
        return layout

    def _declare(self, item: Field) -> Layout:
        """Return the layout of a value that is no array, to be filled in later."""
        if item.is_constant:
            return Layout("", [self._width("long")])
        layout = self._layouts.get(item.class_id)
        if layout is None:
            found = self.classes.get(item.class_id)
            layout = self._layouts[item.class_id] = Layout(found.name if found else "")
            self._left.append((layout, Field("", item.class_id)))
        return layout

    def _lay_out(self, layout: Layout, whole: Field) -> None:
        """Fill in a layout; fields of structs within it stand in its place and have no names."""
        left = [(0, whole)]
        while left:
            depth, part = left.pop()
            name = part.name if depth == 1 else ""
            place = len(layout.steps)
            if part.is_array:
                item = self._declare(part)
                layout.arrays[name] = place, item
                layout.steps.append(item)
            elif part.is_constant:
                layout.references[name] = place, part.class_id
                layout.steps.append(self._width("long"))
            else:
                kind = self._class(part, layout)
                self._n_left -= len(kind.fields)
                if self._n_left < 0 or depth > _MOST_DEPTH:
                    raise self._fault(f"structs that do not repeat, got {layout.name[:80]}")
                left.extend((depth + 1, inner) for inner in reversed(kind.fields))
                if not kind.fields:
                    self._lay_out_primitive(layout, name, part, kind.name)
        for places in (layout.integers, layout.references, layout.texts, layout.arrays):
            places.pop("", None)

    def _lay_out_primitive(self, layout: Layout, name: str, part: Field, kind: str) -> None:
        place = len(layout.steps)
        if kind == STRING:
            layout.texts[name] = place
            layout.steps.append(Stored.TEXT)
        elif kind in ("float", "double"):
            layout.steps.append(_FLOAT if kind == "float" else _DOUBLE)
        elif kind in ("boolean", "byte") or kind in _WIDTHS:
            layout.integers[name] = place
            layout.steps.append(self._width(kind))
            for class_id, value in part.annotations:
                annotation = self.classes.get(class_id)
                if annotation is not None and annotation.name == _TIMESPAN and value in _SCALES:
                    layout.scales[name] = _SCALES[value]

    def _class(self, part: Field, layout: Layout) -> Class:
        kind = self.classes.get(part.class_id)
        if kind is None:
            raise self._fault(f"class {part.class_id} for {layout.name[:80]}, found no such class")
        return kind

    def _fault(self, expected: str) -> ParseError:
        return ParseError(f"expected {expected}", place=f"byte {self._begin}")

    def _width(self, name: str) -> Stored | struct.Struct:
        if name not in _WIDTHS:
            return Stored.BYTE
        return Stored.VARINT if self.is_compressed else _WIDTHS[name]

    def _read(self, cursor: Cursor) -> None:
        """Read a table of strings, and the tree of elements that takes its texts from it."""
        strings = [cursor.read_text() for _ in range(cursor.read_count())]
        texts = [_new_name(text) if isinstance(text, str) else "" for text in strings]
        left: list[tuple[Class | Field | None, int]] = [(None, 1)]
        while left:
            owner, n = left.pop()
            if n:
                left.append((owner, n - 1))
                name, attributes = _element(cursor, texts)
                left.append((self._take(cursor, owner, name, attributes), cursor.read_count()))

    def _take(
        self, cursor: Cursor, owner: Class | Field | None, name: str, told: dict[str, str]
    ) -> Class | Field | None:
        """Take in what an element says; return what its children belong to."""
        if name == "class":
            kind = Class(told.get("name", ""))
            self.classes[_number(cursor, told, "id")] = kind
            return kind
        if name == "field" and isinstance(owner, Class):
            is_constant = told.get("constantPool", "false") != "false"
            is_array = told.get("dimension", "0") != "0"
            class_id = _number(cursor, told, "class")
            owner.fields.append(Field(told.get("name", ""), class_id, is_constant, is_array))
            return owner.fields[-1]
        if name == "annotation" and isinstance(owner, Field):
            owner.annotations.append((_number(cursor, told, "class"), told.get("value", "")))
        return None


def _element(cursor: Cursor, texts: list[str]) -> tuple[str, dict[str, str]]:
    """Read name and attributes of an element."""

    def text() -> str:
        at = cursor.read_int()
        if not 0 <= at < len(texts):
            raise cursor.fault(f"an index below {len(texts)}, got {at}")
        return texts[at]

    name, n = text(), cursor.read_count()
    return name, {text(): text() for _ in range(n)}


def _number(cursor: Cursor, told: dict[str, str], name: str) -> int:
    text = told.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise cursor.fault(f"a number as {name}, got {text[:20]!r}")
    return int(text)


def _new_name(name: str) -> str:
    """Return what a class of the first version is called since."""
    for old, new in _OLD_NAMES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
