"""Heap, growth, contention, thread and count profiles as text: gperftools, jemalloc, Java and Go.

A record is a line of values and addresses (jemalloc: addresses, then a line of values). What
follows the records is a memory map, or for Java the names of addresses; Go tells names in comments
below each record (`debug=1`). Values are scaled as `go tool pprof` does: heap profiles by their
sampling rate, contentions by the clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.addresses import Frame, Symbols, parse_mapping
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

_HEAP = re.compile(
    r"heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *"
    r"(heap[_a-z0-9]*|growthz|fragmentationz)/?(\d{0,15})"
)
_HEAP_ROW = re.compile(
    r"(-?\d{1,18}): *(-?\d{1,18}) *\[ *(\d{1,18}): *(\d{1,18}) *\] @([ x0-9a-f]*)"
)
_JEMALLOC = re.compile(r"heap_v2/(\d{1,15})")
_JEMALLOC_STACK = re.compile(r"@([ x0-9a-f]*)")
_JEMALLOC_ROW = re.compile(r" *t\*: *(\d{1,18}): *(\d{1,18}) *\[ *(\d{1,18}): *(\d{1,18}) *\]")
_COUNTS = re.compile(r"(\S+) profile: total \d+")
_COUNT_ROW = re.compile(r"(\d{1,18}) @((?: 0x[0-9a-f]{1,16})*)")
_PAIR_ROW = re.compile(r" *(\d{1,18}) +(\d{1,18}) @([ x0-9a-f]*)")
_HEADER = re.compile(r"--- *(heapz|contentionz?|mutex|threadz) *.*")
_THREAD = re.compile(r"--- Thread .*stack: ---")
_AS_BEFORE = "[same as previous thread]"
_ADDRESS = re.compile(r"0x[0-9a-f]{1,16}")
_NAMED = re.compile(r"\s*0x([0-9a-f]{1,16})\s+(.+)", re.I)
_JAVA = re.compile(r"(?P<name>.*?) \((?P<file>[^():]+)(?::(?P<line>\d{1,9}))?\)")
_GO_FRAME = re.compile(
    r"#\t0x([0-9a-f]{1,16})\t(?P<name>\S.*?)\+0x[0-9a-f]+\t+(?P<file>.+):(?P<line>\d{1,9})"
)
_ATTRIBUTE = re.compile(r"([\w /]+?) *= *(\w+)")
_JAVA_PERIOD = 512 * 1024


class Row(NamedTuple):
    """One record: values, and addresses with the leaf first."""

    values: tuple[int, ...]
    addresses: list[int]
    labels: Mapping[str, str | int] = MappingProxyType({})


Lines = list[tuple[int, str]]
"""Lines with their numbers."""


def looks_like(content: Content) -> bool:
    """Tell whether the first line that says something is the header of one of these."""
    lines = (line for line in content.head.split("\n") if line.strip() and line[0] != "#")
    first = next(lines, "").rstrip("\r")
    patterns = (_HEAP.match, _HEADER.match, _JEMALLOC.fullmatch, _COUNTS.fullmatch)
    return any(matches(first.strip()) for matches in patterns)


def parse(text: str) -> Profile:
    """Parse any of these forms; one row a record, as recorded."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    at = next((n for n, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if at is None:
        raise ParseError("expected a profile, found no line")
    body = list(enumerate(lines[at + 1 :], start=at + 2))
    first = lines[at].strip()
    if heap := _HEAP.match(first):
        return _parse_heap(heap, body)
    if heap := _JEMALLOC.fullmatch(first):
        return _parse_jemalloc(int(heap[1]), body)
    if counts := _COUNTS.fullmatch(first):
        rows, tail = _rows(body, _COUNT_ROW, lambda m: (int(m[1]),))
        return build((ValueType(counts[1], "count"),), rows, tail, go_names(body))
    if header := _HEADER.match(first):
        return _parse_section(header[1], body)
    raise ParseError(
        f"expected a heap, contention, thread or count profile, got {first[:60]!r}", place=at + 1
    )


def build(
    kinds: tuple[ValueType, ...],
    rows: Iterable[Row],
    tail: list[str],
    names: dict[int, list[Frame]] | None = None,
    *,
    default_value: int = 0,
) -> Profile:
    """Return a profile of records, with what the lines after them tell of their addresses."""
    builder = ProfileBuilder(*kinds)
    mappings = filter(None, map(parse_mapping, tail))
    symbols = Symbols(mappings, {**_java_names(tail), **(names or {})}, builder)
    for row in rows:
        stack = [at for address in reversed(row.addresses) for at in symbols.locations(address)]
        builder.sample(builder.stack(stack), *row.values, labels=row.labels)
    return builder.build(default_value=default_value)


def go_names(body: Lines) -> dict[int, list[Frame]]:
    """Return what the comments below Go's records call addresses, the innermost frame first.

    A comment tells a call, whose address is one before the one that the record has of it. Those
    between are of functions that were inlined into the next.
    """
    names: dict[int, list[Frame]] = {}
    frames: list[Frame] | None = None
    addresses: set[int] = set()
    for _, line in body:
        if match := _GO_FRAME.fullmatch(line):
            called = int(match[1], 16)
            at = next((a for a in (called + 1, called) if a in addresses), None)
            if at is not None:
                frames = names[at] = []
            if frames is not None:
                frames.append(Frame(match["name"], match["file"], int(match["line"])))
        elif line[:1] != "#":
            frames = None
            addresses = {int(text, 16) for text in _ADDRESS.findall(line.partition("@")[2])}
    return names


def _parse_heap(header: re.Match[str], body: Lines) -> Profile:
    """Parse a heap profile; allocations come along where they are not those in use."""
    in_use, allocated, kind = header.group(1, 2), header.group(3, 4), header[5]
    rate = int(header[6] or 0)
    period = {"heap": rate // 2, "heapz_v2": rate, "heap_v2": rate}.get(kind)
    has_allocations = any(a not in (u, "0") for a, u in zip(allocated, in_use, strict=True))

    def values(match: re.Match[str]) -> tuple[int, ...]:
        used, all_ = _heap_values(match, period)
        return (*all_, *used) if has_allocations else used

    rows, tail = _rows(body, _HEAP_ROW, values, _block_size)
    return _build_heap(has_allocations, rows, tail, go_names(body))


def _parse_jemalloc(rate: int, body: Lines) -> Profile:
    """Parse a dump of jemalloc: the lines `t*` tell all threads, the others one each."""
    matches = [(number, _JEMALLOC_STACK.fullmatch(line), _JEMALLOC_ROW.match(line), line)
               for number, line in body]  # fmt: skip
    has_allocations = any(row is not None and row[4] != "0" for _, _, row, _ in matches)
    rows: list[Row] = []
    addresses: list[int] | None = None
    for place, (number, stack, row, line) in enumerate(matches):
        if stack is not None:
            addresses = _addresses(stack[1], number)
        elif row is not None and addresses is not None:
            used, all_ = _heap_values(row, rate)
            values = (*all_, *used) if has_allocations else used
            rows.append(Row(values, addresses, _block_size(row)))
            addresses = None
        elif line.startswith("MAPPED_LIBRARIES"):
            return _build_heap(has_allocations, rows, [text for _, text in body[place:]], {})
        elif line.strip() and not re.match(r" *t[\d*]+: ", line):
            raise ParseError(f"expected @ addresses, or values, got {line[:60]!r}", place=number)
    return _build_heap(has_allocations, rows, [], {})


def _heap_values(match: re.Match[str], period: int | None) -> tuple[tuple[int, int], ...]:
    """Return objects and bytes in use, and those that were ever allocated."""
    objects, space, all_objects, all_space = map(int, match.group(1, 2, 3, 4))
    return _unsampled(objects, space, period), _unsampled(all_objects, all_space, period)


def _build_heap(
    has_allocations: bool, rows: list[Row], tail: list[str], named: dict[int, list[Frame]]
) -> Profile:
    names = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")
    told = names if has_allocations else ("objects", "space")
    kinds = tuple(ValueType(name, "bytes" if "space" in name else "count") for name in told)
    return build(kinds, rows, tail, named, default_value=len(kinds) - 1)


def _unsampled(objects: int, space: int, period: int | None) -> tuple[int, int]:
    """Return what was there for what was sampled once in `period` bytes on average (a Poisson)."""
    if period is None:
        return objects, space
    if objects == 0 or space == 0:
        return 0, 0
    if period <= 1:
        return objects, space
    scale = -1 / math.expm1(-(space / objects) / period)
    return int(objects * scale), int(space * scale)


def _block_size(match: re.Match[str]) -> dict[str, str | int]:
    objects, space = int(match[1]), int(match[2])
    return {"bytes": space // objects} if objects else {}


def _parse_section(kind: str, body: Lines) -> Profile:
    """Parse a profile that begins with a `---` line, and then tells attributes."""
    if kind == "threadz":
        return _parse_threads(body)
    told: dict[str, str] = {}
    start = 0
    while start < len(body) and (found := _ATTRIBUTE.fullmatch(body[start][1].strip())):
        told[found[1].strip()] = found[2]
        start += 1
    body = body[start:]
    if kind == "heapz":
        return _parse_java_heap(body)
    is_java = "format" in told or "resolution" in told
    period, hertz = (int(t) if (t := told.get(name, "")).isdecimal() and len(t) < 16 else 0
                     for name in ("sampling period", "cycles/second"))  # fmt: skip
    if not is_java and "sampling period" not in told:
        period = 1

    def values(match: re.Match[str]) -> tuple[int, int]:
        delay, count = int(match[1]), int(match[2])
        if period and hertz:
            delay = int(float(delay) * float(period) / (hertz / 1e9))
        elif period and is_java:
            delay *= period
        return count * (period or 1), delay

    rows, tail = _rows(body, _PAIR_ROW, values)
    unit = told.get("resolution", "nanoseconds")
    kinds = (ValueType("contentions", "count"), ValueType("delay", unit))
    return build(kinds, rows, tail, go_names(body), default_value=1)


def _parse_java_heap(body: Lines) -> Profile:
    rows, tail = _rows(body, _PAIR_ROW, lambda m: (int(m[2]), int(m[1])))
    if any(row.values[0] == 0 for row in rows):
        raise ParseError("expected bytes, then objects above 0, in every row", place=body[0][0])
    kinds = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))
    scaled = [
        row._replace(values=_unsampled(row.values[0], row.values[1], _JAVA_PERIOD)) for row in rows
    ]
    return build(kinds, scaled, tail, default_value=1)


def _parse_threads(body: Lines) -> Profile:
    """Parse the stacks of threads; one may say that it is where the one before it is."""
    rows: list[Row] = []
    tail: list[str] = []
    for place, (number, line) in enumerate(body):
        text = line.strip()
        if _THREAD.fullmatch(text):
            rows.append(Row((1,), []))
        elif text == _AS_BEFORE and len(rows) > 1:
            rows[-1] = rows[-2]
        elif text.startswith("---"):
            tail = [rest for _, rest in body[place:]]
            break
        elif text and rows:
            more = _addresses(text.removeprefix("PC:"), number)
            rows[-1] = rows[-1]._replace(addresses=rows[-1].addresses + more)
        elif text:
            raise ParseError(f"expected --- Thread … ---, got {line[:60]!r}", place=number)
    return build((ValueType("thread", "count"),), rows, tail)


def _rows(
    body: Lines,
    pattern: re.Pattern[str],
    values: Callable[[re.Match[str]], tuple[int, ...]],
    labels: Callable[[re.Match[str]], dict[str, str | int]] = lambda match: {},
) -> tuple[list[Row], list[str]]:
    """Return the records, and the lines that follow them."""
    rows: list[Row] = []
    for place, (number, line) in enumerate(body):
        if not line.strip() or line[0] == "#":
            continue
        match = pattern.fullmatch(line) or pattern.fullmatch(line.strip())
        if match is None:
            if rows and not line[0].isdigit():
                return rows, [text for _, text in body[place:]]
            if line.startswith(("---", "MAPPED_LIBRARIES", " 0x")):
                return rows, [text for _, text in body[place:]]
            raise ParseError(f"expected values @ addresses, got {line[:60]!r}", place=number)
        rows.append(
            Row(values(match), _addresses(match[match.lastindex or 0], number), labels(match))
        )
    return rows, []


def _addresses(text: str, number: int) -> list[int]:
    texts = text.split()
    if not all(map(_ADDRESS.fullmatch, texts)):
        raise ParseError("expected addresses of 64 bits, in hexadecimal", place=number)
    return [int(text, 16) for text in texts]


def _java_names(lines: list[str]) -> dict[int, list[Frame]]:
    """Return what a Java profile calls its addresses."""
    matches = filter(None, map(_NAMED.fullmatch, lines))
    return {int(match[1], 16): [_java_frame(match[2].strip())] for match in matches}


def _java_frame(text: str) -> Frame:
    match = _JAVA.fullmatch(text)
    return Frame(match["name"], match["file"], int(match["line"] or 0)) if match else Frame(text)
