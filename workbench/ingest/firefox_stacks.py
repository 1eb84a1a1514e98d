"""The stacks of Firefox profiles, in each generation of their tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Function

_KINDS = {
    "kernel": "kernel",
    "interpreter": "interpreted",
    "blinterp": "interpreted",
    "jit (baseline-interpreter)": "interpreted",
    **dict.fromkeys(("baseline", "jit (baseline)", "wasm (baseline)", "wasm (other)"), "jit"),
    **dict.fromkeys(("jit", "ion", "jit (ion)", "wasm (ion)"), "jit"),
}
"""Kinds of code by the names of categories, subcategories and implementations."""

_PLACE = re.compile(r"(?P<file>.*?)(?::(?P<line>\d{1,9}))?(?::\d{1,9})?", re.DOTALL)
_SOURCE = re.compile(r"(?P<place>.*)\[(?P<source>\d{1,9})\]", re.DOTALL)
_HAS_RESOURCE, _HAS_SOURCE, _HAS_FUNCTION_LINE = 4, 8, 16
_IS_INLINED, _HAS_ADDRESS, _HAS_CATEGORY, _HAS_LINE = 1, 2, 4, 16


def member(node: Node, name: str) -> Node:
    """Return a member, or an empty object in its place."""
    return node.get(name) or Node({}, f"{node.place}.{name}")


class Table:
    """A table of any form, by column; a column that is missing is all null."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.is_raw = "schema" in node and "data" in node
        self.schema = node["schema"].object() if self.is_raw else {}

    def column(self, name: str, n: int | None = None, bit: int = 0) -> list[Any]:
        """Return a column.

        Parameters
        ----------
        name : str
            Of the field.
        n : int, optional
            How many there must be.
        bit : int
            Of the column `flags`, where there is one, that tells a value from null.
        """
        if self.is_raw:
            return self._raw_column(name)
        told = self.node.get(name)
        if told is None or told.value == {}:  # an empty typed array may be written as an object
            return [None] * (n or 0)
        values = told.array()
        if n is not None and len(values) != n:
            raise told.unlike(f"{n} values")
        if bit and "flags" in self.node:
            pairs = zip(values, self.flags(len(values)), strict=True)
            return [value if flags & bit else None for value, flags in pairs]
        return values

    def flags(self, n: int) -> list[int]:
        """Return the column `flags`, 0 where there is none."""
        column = self.column("flags", n)
        if not all(type(flags) is int for flags in column if flags is not None):
            raise self.node["flags"].unlike("integers")
        return [flags or 0 for flags in column]

    def indices(self, name: str, n: int, length: int | None = None, bit: int = 0) -> list[int]:
        """Return a column of indices below `n`; -1 for null."""
        found = [-1 if index is None else index for index in self.column(name, length, bit)]
        for row, index in enumerate(found):
            if type(index) is not int or not -1 <= index < n:
                raise self.unlike(name, row, f"an index below {n}", index)
        return found

    def unlike(self, name: str, row: int, expected: str, seen: object) -> ParseError:
        """Return the complaint about one value."""
        member = f".data[{row}].{name}" if self.is_raw else f".{name}[{row}]"
        return Node(seen, f"{self.node.place}{member}").unlike(expected)

    def numbers(self, name: str, n: int) -> list[Any]:
        """Return a column of numbers and nulls; NaN is null too."""
        found = list(self.column(name, n))
        for row, value in enumerate(found):
            if value is None or (type(value) is int and is_small(value)):
                continue
            if value != value:
                found[row] = None
            elif type(value) is not float or value - value != 0:
                raise self.unlike(name, row, "a number", value)
        return found

    def _raw_column(self, name: str) -> list[Any]:
        at = self.schema.get(name)
        rows = self.node["data"].array()
        if not all(isinstance(row, list) for row in rows):
            raise self.node["data"].unlike("rows")
        if type(at) is not int or at < 0:
            return [None] * len(rows)
        return [row[at] if at < len(row) else None for row in rows]


def is_small(value: int) -> bool:
    """Tell whether a number is one of 64 bits."""
    return -(1 << 63) < value < 1 << 63


class _Frame(NamedTuple):
    """Where a stack may stand."""

    function: Function
    line: int = 0
    address: int = 0


class Page:
    """A process of a raw profile, or a whole processed one: what its threads have in common."""

    def __init__(self, node: Node, builder: ProfileBuilder) -> None:
        self.node = node
        self.builder = builder
        self.shared = member(node, "shared")
        self.meta = member(node, "meta")

    def stacks(self, thread: Node) -> Stacks:
        """Return where the samples of a thread may stand."""
        return Stacks(thread, self) if "stackTable" in thread else self._shared_stacks

    @cached_property
    def _shared_stacks(self) -> Stacks:
        return Stacks(self.shared, self)

    @cached_property
    def strings(self) -> list[Any]:
        """Those that threads share."""
        told = self.shared.get("stringArray")
        return told.array() if told else []

    @cached_property
    def source_files(self) -> list[str]:
        """The file of each source; empty where none is told."""
        table = Table(member(self.shared, "sources"))
        texts = self.strings
        rows = table.indices("filename", len(texts))
        return [str(texts[row]) if row >= 0 else "" for row in rows]

    @cached_property
    def raw_source_files(self) -> list[Any]:
        """The same in a raw profile."""
        return Table(member(self.node, "sources")).column("filename")

    @cached_property
    def categories(self) -> dict[tuple[int, int], str]:
        """The kind of code of each category and subcategory that tells one."""
        return _categories(self.meta)

    @cached_property
    def libs(self) -> list[Lib]:
        """The binaries."""
        return _libs(self.node)

    @cached_property
    def binaries(self) -> Binaries:
        """The binaries by address."""
        return Binaries(self.libs)


class Stacks:
    """The stacks of a thread, or of all that share tables."""

    def __init__(self, owner: Node, page: Page) -> None:
        self._owner = owner
        self._page = page
        self._builder = page.builder
        strings = owner.get("stringTable") or owner.get("stringArray")
        self._strings = strings.array() if strings else page.strings
        self._tree = CallTree(page.builder)
        self.nodes = self._nodes()
        """The node of the call tree for each row of the stack table."""

    def number(self, row: int) -> int:
        """Return the builder's number of a stack; -1 is the empty one."""
        return self._tree.stack(-1 if row < 0 else self.nodes[row])

    def _table(self, name: str) -> Table:
        return Table(member(self._owner, name))

    def _nodes(self) -> list[int]:
        table = self._table("stackTable")
        locations = self._locations()
        frames = table.indices("frame", len(locations))
        nodes: list[int] = []
        for row, (frame, above) in enumerate(zip(frames, _prefixes(table, frames), strict=True)):
            if frame < 0:
                raise table.unlike("frame", row, f"an index below {len(locations)}", None)
            parent, location = nodes[above] if above >= 0 else -1, locations[frame]
            if location is None and parent >= 0:
                location = self._builder.frame("(root)")
            nodes.append(-1 if location is None else self._tree.child(parent, location))
        return nodes

    def _locations(self) -> list[int | None]:
        """Return the location of each row of the frame table; None for the root."""
        table = self._table("frameTable")
        frames = list(self._raw_frames(table) if table.is_raw else self._frames(table))
        return [
            None
            if frame.function == Function("(root)")
            else self._builder.location(
                self._builder.function(*frame.function), frame.line, frame.address, kind
            )
            for frame, kind in zip(frames, self._kinds(table, len(frames)), strict=True)
        ]

    def _frames(self, table: Table) -> Iterator[_Frame]:
        """Give the frames of a processed table."""
        functions = self._functions()
        rows = table.indices("func", len(functions))
        n = len(rows)
        columns = (
            table.column("line", n, _HAS_LINE),
            table.column("address", n, _HAS_ADDRESS),
            table.indices("lib", len(self._page.libs), n, _HAS_ADDRESS),
        )
        for number, (row, line, address, lib) in enumerate(zip(rows, *columns, strict=True)):
            if row < 0:
                raise table.unlike("func", number, f"an index below {len(functions)}", None)
            function = functions[row]
            if lib >= 0 and not function.file:
                function = function._replace(file=self._page.libs[lib].name)
            yield _Frame(function, _positive(line), _positive(address))

    def _functions(self) -> list[Function]:
        table = self._table("funcTable")
        names = table.indices("name", len(self._strings))
        n = len(names)
        resource_names = self._table("resourceTable").indices("name", len(self._strings))
        sources = self._page.source_files
        rows = zip(
            names,
            table.indices("fileName", len(self._strings), n),
            table.indices("source", len(sources), n, _HAS_SOURCE),
            table.indices("resource", len(resource_names), n, _HAS_RESOURCE),
            table.column("lineNumber", n, _HAS_FUNCTION_LINE),
            strict=True,
        )
        found = []
        for name, file, source, resource, line in rows:
            where = self._text(file) or (sources[source] if source >= 0 else "")
            if not where and resource >= 0:
                where = self._text(resource_names[resource])
            found.append(Function(self._text(name), where, _positive(line)))
        return found

    def _raw_frames(self, table: Table) -> Iterator[_Frame]:
        """Give the frames of a raw table, which tells a place as one text."""
        known: dict[int, _Frame] = {}
        places = table.indices("location", len(self._strings))
        for place, line in zip(places, table.column("line"), strict=True):
            if place not in known:
                known[place] = _raw_frame(self._text(place), self._page)
            frame = known[place]
            yield frame._replace(line=_positive(line) or frame.line)

    def _kinds(self, table: Table, n: int) -> Iterator[str]:
        """Give the kind of code of each frame."""
        rows = zip(
            table.column("inlineDepth", n),
            [0] * n if table.is_raw else table.flags(n),
            table.indices("implementation", len(self._strings), n),
            table.column("category", n, _HAS_CATEGORY),
            table.column("subcategory", n, _HAS_CATEGORY),
            strict=True,
        )
        for depth, flags, implementation, category, subcategory in rows:
            if _positive(depth) or flags & _IS_INLINED:
                yield "inlined"
            elif implementation >= 0:
                yield _KINDS.get(self._text(implementation).lower(), "")
            else:
                places = (category, subcategory if type(subcategory) is int else 0)
                yield self._page.categories.get(places, "") if type(category) is int else ""

    def _text(self, index: int) -> str:
        if index < 0:
            return ""
        text = self._strings[index]
        if not isinstance(text, str):
            place = f"{self._owner.place} string {index}"
            raise ParseError(f"expected a string, got {text!r:.40}", place=place)
        return text


def _prefixes(table: Table, frames: list[int]) -> list[int]:
    """Return the row of the caller of each row of a stack table; -1 for none. It stands before."""
    n = len(frames)
    is_offset = "prefixOffset" in table.node
    name = "prefixOffset" if is_offset else "prefix"
    found = table.indices(name, n + 1, n)
    for row, value in enumerate(found):
        if is_offset:
            found[row] = row - value if value > 0 else -1
        if value > row - (not is_offset):
            raise table.unlike(name, row, f"an index below {row + is_offset}", value)
    return found


def _categories(meta: Node) -> dict[tuple[int, int], str]:
    """Return the kind of code of each category and subcategory that tells one."""
    kinds: dict[tuple[int, int], str] = {}
    for number, category in enumerate(meta.get("categories") or ()):
        name, parts = category.get("name"), category.get("subcategories")
        kind = _KINDS.get(str(name.value if name else "").lower(), "")
        kinds[number, 0] = kind
        for part, text in enumerate(parts.array() if parts else ()):
            kinds[number, part] = _KINDS.get(str(text).lower(), kind)
    return kinds


class Lib(NamedTuple):
    """A binary, and in a raw profile where it is mapped."""

    start: int
    end: int
    name: str


def _libs(page: Node) -> list[Lib]:
    told = page.get("libs")
    if told is None or not isinstance(told.value, list):
        return []
    rows = [lib if isinstance(lib, dict) else {} for lib in told.value]
    return [
        Lib(_positive(lib.get("start")), _positive(lib.get("end")), str(lib.get("name") or ""))
        for lib in rows
    ]


class Binaries:
    """Which binary is mapped at an address."""

    def __init__(self, libs: list[Lib]) -> None:
        self._libs = sorted(libs)
        self._starts = [lib.start for lib in self._libs]

    def find(self, address: int) -> str:
        """Return the name of a binary; empty where none is known."""
        at = bisect_right(self._starts, address) - 1
        return self._libs[at].name if at >= 0 and address < self._libs[at].end else ""


def _raw_frame(text: str, page: Page) -> _Frame:
    """Take apart a place: an address, `name (in binary) + 1`, `name (uri:line:column)[source]`."""
    if re.fullmatch("0x[0-9a-fA-F]{1,16}", text):
        address = int(text, 16)
        return _Frame(
            Function(text, page.binaries.find(address)), 0, address - (address >> 63 << 64)
        )
    place, source = text, ""
    if text.endswith("]") and (match := _SOURCE.fullmatch(text)):
        number = int(match["source"])
        sources = page.raw_source_files
        told = sources[number] if number < len(sources) else None
        place, source = match["place"], told if isinstance(told, str) else ""
    start, plus, offset = place.rpartition(") + ")
    if plus and offset.isdecimal() and " (in " in start:
        place = f"{start})"
    name, opening, inside = place.rpartition(" (") if place.endswith(")") else ("", "", place)
    if opening and inside.startswith("in "):
        return _Frame(Function(name, inside[3:-1]))
    found = _PLACE.fullmatch(inside.removesuffix(")") if opening else inside)
    if found is None or not (found["line"] or source):
        return _Frame(Function(text))
    file = found["file"].rpartition(" -> ")[2] or source
    line = int(found["line"] or 0)
    return _Frame(Function(name if opening else "(root scope)", file, line), line)


def _positive(value: Any) -> int:
    return value if type(value) is int and 0 < value < 1 << 62 else 0
