"""The forms that came before pprof's protobuf, often found under its suffix.

Binary CPU profiles of gperftools (its documentation `cpuprofile-fileformat`): words of 4 or 8 bytes
in either byte order; the text forms of heap, growth and contention profiles, and Go's counts. What
follows the samples is a memory map, or for Java the names of addresses. Values are scaled as
`go tool pprof` does: heap profiles by their sampling rate, contentions by the clock. Addresses have
no symbols here: a frame is named by its address, in the file that is mapped there.
"""

from __future__ import annotations

import math
import re
import struct
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

_SAMPLES = ValueType("samples", "count")
_WORDS = ("<I", ">I", "<Q", ">Q")
_HEAP = re.compile(
    r"heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *"
    r"(heap[_a-z0-9]*|growthz|fragmentationz)/?(\d{0,15})"
)
_HEAP_ROW = re.compile(
    r"(-?\d{1,18}): *(-?\d{1,18}) *\[ *(\d{1,18}): *(\d{1,18}) *\] @([ x0-9a-f]*)"
)
_COUNTS = re.compile(r"(\S+) profile: total \d+")
_COUNT_ROW = re.compile(r"(\d{1,18}) @((?: 0x[0-9a-f]{1,16})*)")
_PAIR_ROW = re.compile(r" *(\d{1,18}) +(\d{1,18}) @([ x0-9a-f]*)")
_HEADER = re.compile(r"--- *(heapz|contentionz?|mutex) *.*")
_ADDRESS = re.compile(r"0x[0-9a-f]{1,16}")
_MAPPED = re.compile(r"\s*([0-9a-f]{1,16})-([0-9a-f]{1,16}):?\s+(.*)", re.I)
_NAMED = re.compile(r"\s*0x([0-9a-f]{1,16})\s+(.+)", re.I)
_JAVA = re.compile(r"(?P<name>.*?) \((?P<file>[^():]+)(?::(?P<line>\d{1,9}))?\)")
_ATTRIBUTE = re.compile(r"([\w /]+?) *= *(\w+)")
_JAVA_PERIOD = 512 * 1024


class Row(NamedTuple):
    """One record: values, and addresses with the leaf first."""

    values: tuple[int, ...]
    addresses: list[int]
    labels: dict[str, str | int]


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin as one of the binary or text forms."""
    if _word_format(content.data) is not None:
        return True
    lines = (line for line in content.head.split("\n") if line.strip() and line[0] != "#")
    first = next(lines, "")
    return bool(_HEAP.match(first) or _COUNTS.fullmatch(first.strip()) or _HEADER.match(first))


def parse(content: Content) -> Profile:
    """Parse any of these forms; one row a record, as recorded."""
    form = _word_format(content.data)
    if form is not None:
        return _parse_binary(content.data, form)
    return _parse_text(content.text)


def _word_format(data: bytes) -> str | None:
    """Return how the words of a binary profile are written: 0, 3, 0 or 1 for Java, period, 0."""
    for form in _WORDS:
        size = struct.calcsize(form)
        if len(data) >= 5 * size:
            words = struct.unpack_from(f"{form[0]}5{form[1]}", data)
            if words[:2] == (0, 3) and words[2] in (0, 1) and words[3] > 0 and words[4] == 0:
                return form
    return None


def _parse_binary(data: bytes, form: str) -> Profile:
    size = struct.calcsize(form)
    period_us = struct.unpack_from(form, data, 3 * size)[0]
    if period_us > 10**12:
        raise ParseError(f"expected a period below 10**12 us, got {period_us}", place="byte 0")
    rows, at = [], 5 * size
    while True:
        if at + 2 * size > len(data):
            raise ParseError("expected a record or the end mark", place=f"byte {at}")
        count, depth = struct.unpack_from(f"{form[0]}2{form[1]}", data, at)
        at += 2 * size
        if depth * size > len(data) - at or count > 2**53:
            raise ParseError(
                f"expected a record, got a count of {count} and {depth} frames",
                place=f"byte {at - 2 * size}",
            )
        addresses = list(struct.unpack_from(f"{form[0]}{depth}{form[1]}", data, at))
        at += depth * size
        if count == 0 and addresses == [0]:
            break
        rows.append(Row((count, count * period_us * 1000), addresses, {}))
        if at == len(data):
            break
    tail = data[at:].decode("utf-8", "replace").split("\n")
    return _build((_SAMPLES, ValueType("cpu", "nanoseconds")), rows, tail, default_value=1)


def _parse_text(text: str) -> Profile:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    at = next((n for n, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if at is None:
        raise ParseError("expected a profile, found no line")
    body = list(enumerate(lines[at + 1 :], start=at + 2))
    if heap := _HEAP.match(lines[at]):
        return _parse_heap(heap, body)
    if counts := _COUNTS.fullmatch(lines[at].strip()):
        kind = ValueType(counts[1], "count")
        rows, tail = _rows(body, _COUNT_ROW, lambda m: (int(m[1]),))
        return _build((kind,), rows, tail)
    if header := _HEADER.match(lines[at]):
        return _parse_section(header[1], body)
    raise ParseError(
        f"expected a heap, contention or count profile, got {lines[at][:60]!r}", place=at + 1
    )


def _parse_heap(header: re.Match[str], body: list[tuple[int, str]]) -> Profile:
    """Parse a heap profile; allocations come along where they are not those in use."""
    in_use, allocated, kind = header.group(1, 2), header.group(3, 4), header[5]
    rate = int(header[6] or 0)
    period = {"heap": rate // 2, "heapz_v2": rate, "heap_v2": rate}.get(kind)
    has_allocations = any(a not in (u, "0") for a, u in zip(allocated, in_use, strict=True))

    def values(match: re.Match[str]) -> tuple[int, ...]:
        objects, space, all_objects, all_space = map(int, match.group(1, 2, 3, 4))
        used = _unsampled(objects, space, period)
        return (*_unsampled(all_objects, all_space, period), *used) if has_allocations else used

    names = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")
    told = names if has_allocations else ("objects", "space")
    kinds = tuple(ValueType(name, "bytes" if "space" in name else "count") for name in told)
    rows, tail = _rows(body, _HEAP_ROW, values, _block_size)
    return _build(kinds, rows, tail, default_value=len(kinds) - 1)


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


def _parse_section(kind: str, body: list[tuple[int, str]]) -> Profile:
    """Parse a profile that begins with a `---` line, and then tells attributes."""
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

    def values(match: re.Match[str]) -> tuple[int, int]:
        delay, count = int(match[1]), int(match[2])
        if period and hertz:
            delay = int(float(delay) * float(period) / (hertz / 1e9))
        elif period and is_java:
            delay *= period
        return count * (period or 1), delay

    rows, tail = _rows(body, _PAIR_ROW, values)
    kinds = (ValueType("contentions", "count"), ValueType("delay", "nanoseconds"))
    return _build(kinds, rows, tail, default_value=1)


def _parse_java_heap(body: list[tuple[int, str]]) -> Profile:
    rows, tail = _rows(body, _PAIR_ROW, lambda m: (int(m[2]), int(m[1])))
    if any(row.values[0] == 0 for row in rows):
        raise ParseError("expected bytes, then objects above 0, in every row", place=body[0][0])
    kinds = (ValueType("inuse_objects", "count"), ValueType("inuse_space", "bytes"))
    scaled = [
        row._replace(values=_unsampled(row.values[0], row.values[1], _JAVA_PERIOD)) for row in rows
    ]
    return _build(kinds, scaled, tail, default_value=1)


def _rows(
    body: list[tuple[int, str]],
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
        texts = match[match.lastindex or 0].split()
        if not all(map(_ADDRESS.fullmatch, texts)):
            raise ParseError("expected addresses of 64 bits, in hexadecimal", place=number)
        rows.append(Row(values(match), [int(text, 16) for text in texts], labels(match)))
    return rows, []


def _build(
    kinds: tuple[ValueType, ...], rows: list[Row], tail: list[str], *, default_value: int = 0
) -> Profile:
    builder = ProfileBuilder(*kinds)
    mapped, named = _mappings(tail), _names(tail)
    begins = [begin for begin, _, _ in mapped]
    known: dict[int, int] = {}
    for row in rows:
        for address in row.addresses:
            if address in known:
                continue
            if address in named:
                known[address] = _named(builder, named[address])
                continue
            at = bisect_right(begins, address) - 1
            file = mapped[at][2] if at >= 0 and address < mapped[at][1] else ""
            signed = address - 2**64 if address >= 2**63 else address
            function = builder.function(f"0x{address:x}", file)
            known[address] = builder.location(function, address=signed)
        stack = builder.stack([known[address] for address in reversed(row.addresses)])
        builder.sample(stack, *row.values, labels=row.labels)
    return builder.build(default_value=default_value)


def _mappings(lines: list[str]) -> list[tuple[int, int, str]]:
    """Return begin, end and file of what is mapped to run, in order."""
    found = []
    for line in lines:
        if match := _MAPPED.match(line):
            words = match[3].split(maxsplit=4)
            if len(words) > 1 and re.fullmatch("[-rwxps]{3,4}", words[0]):
                if "x" not in words[0]:
                    continue
                words = words[4:]
            file = words[-1] if words else ""
            found.append((int(match[1], 16), int(match[2], 16), file))
    return sorted(found)


def _names(lines: list[str]) -> dict[int, str]:
    """Return what a Java profile calls its addresses."""
    matches = filter(None, map(_NAMED.fullmatch, lines))
    return {int(match[1], 16): match[2].strip() for match in matches}


def _named(builder: ProfileBuilder, text: str) -> int:
    match = _JAVA.fullmatch(text)
    if match is None:
        return builder.frame(text)
    return builder.frame(match["name"], match["file"], int(match["line"] or 0))
