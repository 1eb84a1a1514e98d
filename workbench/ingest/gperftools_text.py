"""The text forms of gperftools, and those of Go, Java and jemalloc that follow them.

As google/pprof reads them (`legacy_profile.go`, `legacy_java_profile.go`): heap profiles are scaled
by their sampling rate, contentions by period and clock. Heaps of jemalloc have a row for each
thread of a stack; a thread dump has a row for each thread.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from workbench.errors import ParseError
from workbench.ingest.gperftools_frames import (
    Call,
    Names,
    Row,
    build_profile,
    calls_of_comments,
    is_named,
)
from workbench.types import Profile, ValueType

_HEAP = re.compile(
    r"heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *"
    r"(heap[_a-z0-9]*|growthz?|fragmentationz?)/?(\d{0,15})"
)
_HEAP_ROW = re.compile(
    r"(-?\d{1,18}): *(-?\d{1,18}) *\[ *(\d{1,18}): *(\d{1,18}) *\] @([ x0-9a-f]*)"
)
_JEMALLOC = re.compile(r"heap_v2/(\d{1,15})")
_JEMALLOC_ROW = re.compile(
    r"t(\*|\d+): *(\d{1,18}): *(\d{1,18}) *\[ *(\d{1,18}): *(\d{1,18}) *\].*"
)
_JEMALLOC_STACK = re.compile(r"@([ x0-9a-f]*)")
_COUNTS = re.compile(r"(\S+) profile: total \d+")
_COUNT_ROW = re.compile(r"(\d{1,18}) @((?: 0x[0-9a-f]{1,16})*)")
_PAIR_ROW = re.compile(r" *(\d{1,18}) +(\d{1,18}) @([ x0-9a-f]*)")
_HEADER = re.compile(r"--- (heapz|contentionz|contention|mutex)(?: .*|:.*)")
_ATTRIBUTE = re.compile(r"([\w/]+(?: [\w/]+){0,9}) *= *(\w+)")
_NUMBERS = {"sampling period": 1, "cycles/second": 0, "ms since reset": 0}
_NUMBER = re.compile(r"[0-9]{1,15}")
_THREADS = re.compile(r"--- threadz \d+ ---.*")
_THREAD = re.compile(r"--- Thread ([0-9a-f]+) \(name: (.*)/(\d{1,18})\) stack: ---.*", re.I)
_THREAD_FRAME = re.compile(r"(?:PC: )?0x([0-9a-f]{1,16})(?::? +(\S.*))?", re.I)
_ADDRESS = re.compile(r"0x[0-9a-f]{1,16}")
_LABELS = "# labels: "
_JAVA_PERIOD = 512 * 1024
_THREAD_COUNT = ValueType("thread", "count")

_Values = Callable[[re.Match[str]], tuple[int, ...]]
_Told = Callable[[re.Match[str]], dict[str, str | int]]


class _Rows(NamedTuple):
    """Records, the lines that follow them, and what Go called their addresses."""

    records: list[Row]
    tail: list[str]
    names: Names


def is_header(line: str) -> bool:
    """Tell whether one of the text forms begins with a line."""
    forms = (_HEAP.match, _JEMALLOC.fullmatch, _COUNTS.fullmatch, _HEADER.fullmatch,
             _THREADS.fullmatch, _THREAD.fullmatch)  # fmt: skip
    return any(form(line.strip()) for form in forms)


def parse_text(text: str) -> Profile:
    """Parse any of the text forms."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    at = next((n for n, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if at is None:
        raise ParseError("expected a profile, found no line")
    first = lines[at].strip()
    body = list(enumerate(lines[at + 1 :], start=at + 2))
    if heap := _HEAP.match(first):
        return _parse_heap(heap, body)
    if jemalloc := _JEMALLOC.fullmatch(first):
        return _parse_jemalloc(int(jemalloc[1]), body)
    if counts := _COUNTS.fullmatch(first):
        rows = _read_rows(body, _COUNT_ROW, lambda match: (int(match[1]),))
        return _build((ValueType(counts[1], "count"),), rows)
    if _THREADS.fullmatch(first) or _THREAD.fullmatch(first):
        return _parse_threads(list(enumerate(lines[at:], start=at + 1)))
    if header := _HEADER.fullmatch(first):
        return _parse_section(header[1], body)
    raise ParseError(
        f"expected a heap, contention, thread or count profile, got {first[:60]!r}", place=at + 1
    )


# heaps


def _parse_heap(header: re.Match[str], body: list[tuple[int, str]]) -> Profile:
    """Parse a heap profile; allocations come along where they are not those in use."""
    in_use, allocated, kind = header.group(1, 2), header.group(3, 4), header[5]
    rate = int(header[6] or 0)
    period = {"heap": rate // 2, "heapz_v2": rate, "heap_v2": rate}.get(kind)
    has_allocations = kind.startswith("heap") and any(
        a not in (u, "0") for a, u in zip(allocated, in_use, strict=True)
    )

    def values(match: re.Match[str]) -> tuple[int, ...]:
        return _heap_values(match.group(1, 2, 3, 4), period, has_allocations)

    rows = _read_rows(body, _HEAP_ROW, values, lambda m: _block_size(*m.group(1, 2, 3, 4)))
    kinds = _heap_kinds(has_allocations)
    return _build(kinds, rows, default_value=len(kinds) - 1)


def _parse_jemalloc(period: int, body: list[tuple[int, str]]) -> Profile:
    """Parse a heap of jemalloc: what `t*` tells is the sum of what threads tell below it."""
    known = _Addresses()
    told: list[tuple[int, array[int], re.Match[str]]] = []
    stack: array[int] | None = None
    tail: list[str] = []
    has_allocations = False
    for place, (number, line) in enumerate(body):
        text = line.strip()
        if _is_end(text):
            tail = [line for _, line in body[place:]]
            break
        if match := _JEMALLOC_STACK.fullmatch(text):
            stack = known.read(match[1], number)
        elif match := _JEMALLOC_ROW.fullmatch(text):
            has_allocations |= match.group(4, 5) != ("0", "0")
            if stack is not None:
                told.append((number, stack, match))
        elif text and text[0] != "#":
            raise _unlike("'@ addresses' or 't1: values'", line, number)
    rows = []
    for place, (number, stack, match) in enumerate(told):
        is_summary = match[1] == "*" and place + 1 < len(told) and told[place + 1][1] is stack
        if not is_summary:
            labels = _block_size(*match.group(2, 3, 4, 5))
            if match[1] != "*":
                labels["thread"] = match[1]
            with _placed(number):
                values = _heap_values(match.group(2, 3, 4, 5), period, has_allocations)
            rows.append(Row(values, stack, labels))
    kinds = _heap_kinds(has_allocations)
    return build_profile(kinds, rows, tail, default_value=len(kinds) - 1)


def _heap_kinds(has_allocations: bool) -> tuple[ValueType, ...]:
    names = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")
    told = names if has_allocations else ("objects", "space")
    return tuple(ValueType(name, "bytes" if "space" in name else "count") for name in told)


def _heap_values(
    told: tuple[str | Any, ...], period: int | None, has_allocations: bool
) -> tuple[int, ...]:
    """Return values of what is in use, after those of all allocations if there are any."""
    objects, space, all_objects, all_space = map(int, told)
    in_use = _unsampled(objects, space, period)
    return (*_unsampled(all_objects, all_space, period), *in_use) if has_allocations else in_use


def _unsampled(objects: int, space: int, period: int | None) -> tuple[int, int]:
    """Return what was there for what was sampled once in `period` bytes on average (a Poisson)."""
    if objects == 0 and space != 0:
        raise ParseError(f"expected objects for {space} bytes, got 0")
    if period is None:
        return objects, space
    if objects == 0 or space == 0:
        return 0, 0
    if period <= 1:
        return objects, space
    exponent = -(space / objects) / period
    seen = 1 - math.exp(exponent) if exponent < 700 else -math.inf
    if seen == 0:
        raise ParseError(f"expected sizes that a period of {period} finds, got {space / objects}")
    return int(objects * (1 / seen)), int(space * (1 / seen))


def _block_size(*told: str | Any) -> dict[str, str | int]:
    """Return the size of one object, given objects and space in turns."""
    for objects, space in zip(told[::2], told[1::2], strict=True):
        if int(objects):
            return {"bytes": abs(int(space)) // abs(int(objects))}
    return {}


# contentions, and heaps of Java


def _parse_section(kind: str, body: list[tuple[int, str]]) -> Profile:
    """Parse a profile that begins with a `---` line, and then tells attributes."""
    words: dict[str, str] = {}
    numbers: dict[str, int] = {}
    start = 0
    for number, line in body:
        text = line.strip()
        found = _ATTRIBUTE.fullmatch(text)
        if found is None and text and text[0] != "#":
            break
        if found is not None and found[1] in _NUMBERS:
            if not _NUMBER.fullmatch(found[2]):
                raise _unlike(f"a number of {found[1]}", line, number)
            numbers[found[1]] = int(found[2])
        elif found is not None:
            words[found[1]] = found[2]
        start += 1
    if kind == "heapz":
        return _parse_java_heap(words.get("resolution", "bytes"), body[start:])
    return _parse_contentions(words, numbers, body[start:])


def _parse_contentions(
    words: dict[str, str], numbers: dict[str, int], body: list[tuple[int, str]]
) -> Profile:
    """Parse contentions: one of `period` is told, delays in cycles of a clock.

    Java scales by the period alone, and tells the unit of delays.
    """
    is_java = "format" in words or "resolution" in words
    period, hertz, reset_ms = (numbers.get(name, default) for name, default in _NUMBERS.items())

    def values(match: re.Match[str]) -> tuple[int, int]:
        delay, count = int(match[1]), int(match[2])
        if period and is_java:
            delay *= period
        elif period and hertz:
            delay = int(float(delay) * float(period) / (hertz / 1e9))
        return count * (period or 1), delay

    unit = words.get("resolution", "nanoseconds")
    return _build(
        (ValueType("contentions", "count"), ValueType("delay", unit)),
        _read_rows(body, _PAIR_ROW, values),
        default_value=1,
        duration_s=reset_ms / 1e3 if reset_ms else None,
    )


def _parse_java_heap(unit: str, body: list[tuple[int, str]]) -> Profile:
    def values(match: re.Match[str]) -> tuple[int, int]:
        space, objects = int(match[1]), int(match[2])
        if objects == 0:
            raise ParseError("expected bytes, then objects above 0, in every row")
        return _unsampled(objects, space, _JAVA_PERIOD)

    kinds = (ValueType("inuse_objects", "count"), ValueType("inuse_space", unit))
    rows = _read_rows(body, _PAIR_ROW, values, lambda m: _block_size(m[2], m[1]))
    return _build(kinds, rows, default_value=1)


# threads


def _parse_threads(lines: list[tuple[int, str]]) -> Profile:
    """Parse a dump of threads; one that stands where the one before stood has a row of its own."""
    known = _Addresses()
    rows: list[Row] = []
    names: Names = {}
    tail: list[str] = []
    is_same = False
    for place, (number, line) in enumerate(lines):
        text = line.strip()
        if thread := _THREAD.fullmatch(text):
            rows.append(Row((1,), array("Q"), {"thread": thread[2], "tid": int(thread[3])}))
            is_same = False
        elif _is_end(text) and not _THREADS.fullmatch(text):
            tail = [line for _, line in lines[place:]]
            break
        elif rows and "same as previous thread" in text:
            if len(rows) > 1:
                rows[-1] = rows[-1]._replace(addresses=rows[-2].addresses)
                is_same = True
        elif is_same and text:
            raise _unlike("the next thread", line, number)
        elif rows and (frame := _THREAD_FRAME.fullmatch(text)):
            address = int(frame[1], 16)
            rows[-1].addresses.append(address)
            if frame[2] and not _ADDRESS.match(frame[2]):
                names[address] = [Call(frame[2])]
            elif frame[2]:
                rows[-1].addresses.extend(known.read(frame[2], number))
        elif rows and text and text[0] != "#":
            raise _unlike("a thread or an address", line, number)
    return build_profile((_THREAD_COUNT,), rows, tail, names)


# rows


def _read_rows(
    body: list[tuple[int, str]],
    pattern: re.Pattern[str],
    values: _Values,
    labels: _Told = lambda match: {},
) -> _Rows:
    """Return the records, and the lines that follow them."""
    known = _Addresses()
    records: list[Row] = []
    names: Names = {}
    comments: list[str] = []
    tail: list[str] = []
    for place, (number, line) in enumerate(body):
        text = line.strip()
        if not text:
            continue
        if text[0] == "#":
            comments.append(text)
            continue
        _take_comments(records, comments, names)
        match = pattern.fullmatch(text)
        if match is None and (_is_end(text) or is_named(text)):
            tail = [line for _, line in body[place:]]
            break
        if match is None:
            raise _unlike("values @ addresses", line, number)
        addresses = known.read(match[match.lastindex or 0], number)
        with _placed(number):
            records.append(Row(values(match), addresses, labels(match)))
    _take_comments(records, comments, names)
    return _Rows(records, tail, names)


def _is_end(text: str) -> bool:
    return text.startswith("---") or "MAPPED_LIBRARIES:" in text


class _Addresses(dict[str, int]):
    """Addresses as they are written -> their numbers."""

    def __missing__(self, word: str) -> int:
        if not _ADDRESS.fullmatch(word):
            raise ParseError("expected addresses of 64 bits, in hexadecimal")
        self[word] = number = int(word, 16)
        return number

    def read(self, text: str, number: int) -> array[int]:
        """Return the addresses of a line."""
        with _placed(number):
            return array("Q", map(self.__getitem__, text.split()))


def _take_comments(records: list[Row], comments: list[str], names: Names) -> None:
    """Take in what Go tells of the record before: its labels, and the calls of its stack."""
    if records and comments:
        for address, calls in calls_of_comments(comments, records[-1].addresses).items():
            names.setdefault(address, calls)
        for line in comments:
            if line.startswith(_LABELS):
                records[-1].labels.update(_labels(line.removeprefix(_LABELS)))
    comments.clear()


def _labels(text: str) -> dict[str, str]:
    """Return labels as Go quotes them, which is as JSON does but for rare escapes."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {"labels": text}
    return {str(key): str(value) for key, value in told.items()} if isinstance(told, dict) else {}


@contextmanager
def _placed(number: int) -> Iterator[None]:
    """Say in which line a complaint is."""
    try:
        yield
    except ParseError as error:
        raise ParseError(error.message, place=number) from error


def _unlike(expected: str, line: str, number: int) -> ParseError:
    return ParseError(f"expected {expected}, got {line[:60]!r}", place=number)


def _build(
    kinds: tuple[ValueType, ...],
    rows: _Rows,
    *,
    default_value: int = 0,
    duration_s: float | None = None,
) -> Profile:
    return build_profile(kinds, *rows, default_value=default_value, duration_s=duration_s)
