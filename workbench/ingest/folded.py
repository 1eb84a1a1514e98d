"""Folded (collapsed) stacks: one line a stack, frames joined by `;`, then a space and a count.

There is no specification but what tools write and `flamegraph.pl` reads. py-spy writes frames as
`name (file:line)`; async-profiler and perf mark what kind of code they are with `_[k]`, `_[j]` and
so on. A `;` within parentheses that close belongs to the name (a Java signature).
"""

from __future__ import annotations

import io
import re
from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile.build import FrameTable, distinct_stacks, value_column
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")
KINDS = {"k": "kernel", "j": "jit", "i": "inlined", "0": "interpreted", "1": "c1"}

FRAME = re.compile(r"(?P<name>.+?) \((?P<file>(?:[^()]|\([^()]*\))*?)(?::(?P<line>\d{1,9}))?\)")
_KIND = re.compile(r"(?P<frame>.+)_\[(?P<kind>[kji01])\]", re.DOTALL)
_BLOCK = 1 << 16
_COUNT = re.compile(rb"[0-9]{1,18}|[0-9]{1,15}\.[0-9]{0,15}")


def looks_like(content: Content) -> bool:
    """Tell whether the first line with content ends in a count."""
    for line in io.BytesIO(content.data):
        if line.strip() and not line.startswith(b"#"):
            _, space, count = line.rstrip().rpartition(b" ")
            return bool(space) and _COUNT.fullmatch(count) is not None
    return False


def parse(content: Content) -> Profile:
    """Parse folded stacks: one sample row for each line, value type `samples/count`.

    Lines that start with `#` are comments; a line without frames is a sample of an empty stack.
    Bytes that are no UTF-8 become replacement characters.
    """
    known = _Pieces()
    starts, frames, counts = array("q", [0]), array("i"), array("q")
    fractions: dict[int, float] = {}
    for number, line in enumerate(io.BytesIO(content.data), start=1):
        stack, space, count = line.rstrip().rpartition(b" ")
        if line.startswith(b"#") or not (space or count):
            continue
        if not (space and count.isdigit() and len(count) < 19):
            fractions[len(counts)] = _fraction(space + count, line, number)
            count = b"0"
        pieces: Iterable[bytes] = stack.split(b";")
        if b"" in pieces:
            pieces = filter(None, pieces)
        first = len(frames)
        frames.extend(map(known.__getitem__, pieces))
        if known.opening and not known.opening.isdisjoint(frames[first:]):
            frames[first:] = array("i", map(known.__getitem__, _rejoined(stack)))
        starts.append(len(frames))
        counts.append(int(count))
    table = FrameTable()
    locations = [add_frame(table, piece.decode("utf-8", "replace")) for piece in known]
    flat = np.frombuffer(frames, np.int32)
    known_locations = np.array(locations, np.int32)
    for begin in range(0, len(flat), _BLOCK):  # in place, but for a block
        block = flat[begin : begin + _BLOCK]
        block[:] = known_locations[block]
    rows, flat, stacks = distinct_stacks(np.frombuffer(starts, np.int64), flat)
    values: Sequence[int | float] = counts
    if fractions:
        values = [fractions.get(row, count) for row, count in enumerate(counts)]
    return Profile(
        functions=table.functions(),
        locations=table.locations(),
        stack_starts=rows,
        stack_locations=flat,
        sample_stacks=stacks,
        sample_values=(value_column(values, SAMPLES),),
        value_types=(SAMPLES,),
    )


def add_frame(table: FrameTable, text: str) -> int:
    """Take a frame's parts into a table; what does not look like parts is the name."""
    kind = ""
    if marked := _KIND.fullmatch(text):
        text, kind = marked["frame"], KINDS[marked["kind"]]
    if match := FRAME.fullmatch(text):
        function = table.function(match["name"], match["file"])
        return table.location(function, int(match["line"] or 0), kind=kind)
    return table.location(table.function(text), kind=kind)


class _Pieces(dict[bytes, int]):
    """Text between semicolons -> its number, and which of them leave a parenthesis open."""

    def __init__(self) -> None:
        self.opening: set[int] = set()

    def __missing__(self, piece: bytes) -> int:
        self[piece] = number = len(self)
        if piece.count(b"(") > piece.count(b")"):
            self.opening.add(number)
        return number


def _rejoined(stack: bytes) -> list[bytes]:
    """Put together what a `;` within parentheses parted; an unclosed one parts nothing."""
    pieces = [piece for piece in stack.split(b";") if piece]
    opened: list[int] = []
    inside = [0] * (len(pieces) + 1)  # changes of how many closed pairs span a piece's end
    for number, piece in enumerate(pieces):
        for byte in piece:
            if byte == ord("("):
                opened.append(number)
            elif byte == ord(")") and opened:
                inside[opened.pop()] += 1
                inside[number] -= 1
    joined, n_spanning = [pieces[0]], inside[0]
    for piece, change in zip(pieces[1:], inside[1:], strict=False):
        if n_spanning:
            joined[-1] += b";" + piece
        else:
            joined.append(piece)
        n_spanning += change
    return joined


def _fraction(count: bytes, line: bytes, number: int) -> float:
    """Return a count that is no plain integer."""
    if not _COUNT.fullmatch(count.removeprefix(b" ")) or not count.startswith(b" "):
        seen = line.decode("utf-8", "replace").rstrip()[:80]
        raise ParseError(f"expected 'frame;frame count', got {seen!r}", place=number)
    return float(count)
