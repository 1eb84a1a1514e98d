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
from typing import NamedTuple

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.addresses import part_address
from workbench.ingest.content import Content
from workbench.ingest.folded_scan import loops
from workbench.ingest.threads import label_threads
from workbench.profile.build import FrameTable, distinct_stacks, value_column
from workbench.profile.profile import Indices, Offsets, Values
from workbench.types import Profile, ValueType

SAMPLES = ValueType("samples", "count")
KINDS = {"k": "kernel", "j": "jit", "i": "inlined", "0": "interpreted", "1": "c1"}

_FRAME = re.compile(
    r"(?P<name>.+?) \((?P<file>(?:[^()]|\([^()]*\))*?)(?::(?P<line>\d{1,9}))?\)", re.DOTALL
)
_FILE = re.compile(r".*\.\w+|<.*>|\[.*\]|/.*/.*", re.DOTALL)
_KIND = re.compile(r"(?P<frame>.+)_\[(?P<kind>[kji01])\]", re.DOTALL)
_BLOCK = 1 << 16
_LINE = re.compile(rb"(?:(?P<stack>.*\S)[ \t]+|[ \t]+)(?P<count>[0-9]{1,18}|[0-9]{1,15}\.[0-9]*)")
_TWO = re.compile(rb"(?P<stack>.*[^;])[ \t]+[0-9]+", re.DOTALL)
_MOST_SNIFFED = 100


def looks_like(content: Content) -> bool:
    """Tell whether most lines end in a count, and frames are parted, or one word or place each.

    Prose may have lines that end in a number, but hardly as many with a `;`.
    """
    if "\0" in content.head:
        return False
    n_lines, counted = 0, []
    for line in io.BytesIO(content.data):
        if line.strip() and not line.startswith(b"#"):
            n_lines += 1
            counted += [match] if (match := _LINE.fullmatch(line.rstrip())) else []
        if n_lines == _MOST_SNIFFED:
            break
    stacks = [match["stack"] or b"" for match in counted]
    words = [stack.decode("utf-8", "replace") for stack in stacks if b" " in stack]
    are_stacks = any(b";" in stack for stack in stacks) or all(map(match_frame, words))
    return bool(counted) and are_stacks and 2 * len(counted) >= n_lines


def parse(content: Content) -> Profile:
    """Parse folded stacks: one sample row for each line, value type `samples/count`.

    Lines that start with `#` are comments; a line without frames is a sample of an empty stack.
    Bytes that are no UTF-8 become replacement characters.
    """
    _check_counts(content.data)
    read = _scan(content.data) or _split(content.data)
    table, flat = FrameTable(), read.frames
    is_used = np.zeros(len(read.pieces), bool)
    is_used[flat] = True
    locations = [
        add_frame(table, piece.decode("utf-8", "replace")) if used else 0
        for piece, used in zip(read.pieces, is_used.tolist(), strict=True)
    ]
    known_locations = np.array(locations, np.int32)
    for begin in range(0, len(flat), _BLOCK):  # in place, but for a block
        block = flat[begin : begin + _BLOCK]
        block[:] = known_locations[block]
    rows, flat, stacks = distinct_stacks(read.starts, flat)
    profile = Profile(
        functions=table.functions(),
        locations=table.locations(),
        stack_starts=rows,
        stack_locations=flat,
        sample_stacks=stacks,
        sample_values=(read.values,),
        value_types=(SAMPLES,),
    )
    return label_threads(profile)


class _Lines(NamedTuple):
    """What the lines hold."""

    pieces: list[bytes]
    """Text between semicolons."""
    starts: Offsets
    frames: Indices
    """Rows of `pieces`."""
    values: Values


def _scan(data: bytes) -> _Lines | None:
    """Read lines by machine code; None where they are few, or not all plain."""
    run = loops.over(len(data))
    if run is loops.plain:
        return None
    numbers = np.frombuffer(data, np.uint8)
    n_lines, n_frames = run.count_parts(numbers)
    starts, frames = np.zeros(n_lines + 1, np.int64), np.empty(n_frames, np.int32)
    counts = np.zeros(n_lines, np.int64)
    n_rows, pieces, odd = run.scan_lines(numbers, starts, frames, counts)
    if odd:
        return None
    starts = starts[: n_rows + 1]
    texts = [data[begin:end] for begin, end in pieces.T.tolist()]
    values = value_column(counts[:n_rows], SAMPLES)
    return _Lines(texts, starts, frames[: starts[-1]], values)


def _split(data: bytes) -> _Lines:
    """Read lines of any kind."""
    known = _Pieces()
    starts, frames, counts = array("q", [0]), array("i"), array("q")
    fractions: dict[int, float] = {}
    for number, line in enumerate(io.BytesIO(data), start=1):
        stack, space, count = line.rstrip().rpartition(b" ")
        if line.startswith(b"#") or not (space or count):
            continue
        is_plain = space and count.isdigit() and len(count) < 19
        if not is_plain or stack[-1:] in (b" ", b"\t"):
            stack, count = _parted(line, number)
            if not count.isdigit():
                fractions[len(counts)] = float(count)
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
    values: Sequence[int | float] = counts
    if fractions:
        values = [fractions.get(row, count) for row, count in enumerate(counts)]
    flat = np.frombuffer(frames, np.int32)
    return _Lines(list(known), np.frombuffer(starts, np.int64), flat, value_column(values, SAMPLES))


def _check_counts(data: bytes) -> None:
    """Raise ParseError where every line has two counts, of two profiles, as `difffolded.pl` writes.

    Which of them is meant, or that both are, is not for a reader to say.
    """
    lines = [line.rstrip() for line in data[:_BLOCK].split(b"\n")[:_MOST_SNIFFED]]
    matches = [_LINE.fullmatch(line) for line in lines if line and line[:1] != b"#"]
    pairs = [_TWO.fullmatch(match["stack"] or b"") for match in matches if match]
    stacks = {pair["stack"] for pair in pairs if pair}  # names may end in a number, but not all
    if len(matches) > 2 and len(stacks) == len(matches):
        seen = lines[0].decode("utf-8", "replace")[:80]
        raise ParseError(f"expected one count a line, got two of a difference: {seen!r}", place=1)


def add_frame(table: FrameTable, text: str) -> int:
    """Take a frame's parts into a table; what does not look like parts is the name."""
    kind = ""
    if marked := _KIND.fullmatch(text):
        text, kind = marked["frame"], KINDS[marked["kind"]]
    match = match_frame(text)
    name, address = part_address(match["name"] if match else text)
    function = table.function(name, match["file"] if match else "")
    line = int(match["line"] or 0) if match else 0
    return table.location(function, line, address, kind)


def match_frame(text: str) -> re.Match[str] | None:
    """Find `name`, `file` and `line` in `name (file:line)`; None where it is all name.

    Without a line, what is in parentheses has to look like a file: `solve (fast)` is a name.
    """
    match = _FRAME.fullmatch(text)
    return match if match and (match["line"] or _FILE.fullmatch(match["file"])) else None


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


def _parted(line: bytes, number: int) -> tuple[bytes, bytes]:
    """Return stack and count of a line where more than a space and an integer part them."""
    match = _LINE.fullmatch(line.rstrip())
    if match is None:
        seen = line.decode("utf-8", "replace").rstrip()[:80]
        raise ParseError(f"expected 'frame;frame count', got {seen!r}", place=number)
    return match["stack"] or b"", match["count"]
