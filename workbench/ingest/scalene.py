"""Scalene's JSON: what each line cost, and the stacks that it may sample besides.

A row is a line of a file, in the function that encloses it; its values are as Scalene tells them,
CPU as a percentage of the program's (in Python, in native code, in the system) and memory in
megabytes. Newer versions tell where a line's function begins. Older ones tell the loop, function or
class that a line is in, so that a function is known to end where the region of its first line does;
where not even that is told, lines that are indented are in the function that began last.

Stacks, which alone tell who called whom, are what is shown where there are any. They are further
rows with values of their own, for they are other samples of the same program: `stacks` (Python),
`combined_stacks` (native frames too) and `memory_stacks`. What versions between wrote as
`native_stacks` is part of the second.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.addresses import part_address
from workbench.ingest.content import Content, Node
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

COLUMNS = {
    "n_cpu_percent_python": ValueType("cpu_python", "percent"),
    "n_cpu_percent_c": ValueType("cpu_native", "percent"),
    "n_sys_percent": ValueType("cpu_system", "percent"),
    "n_gpu_percent": ValueType("gpu", "percent"),
    "n_malloc_mb": ValueType("alloc_space", "megabytes"),
    "n_peak_mb": ValueType("peak_space", "megabytes"),
    "n_copy_mb_s": ValueType("copy", "megabytes_per_second"),
}
CPU = ValueType("cpu", "percent")
"""The sum of the first three."""

STACK_SAMPLES = ValueType("stack_samples", "count")
STACK_RATIOS = {
    "python_time": ValueType("stack_python", "ratio"),
    "c_time": ValueType("stack_native", "ratio"),
}
"""Of the CPU time of all stacks."""
COMBINED_SAMPLES = ValueType("combined_samples", "count")
STACK_SPACE = ValueType("stack_alloc_space", "megabytes")

MOST_LETTERS = 2**28
"""Of the paths of all functions in a file."""

_FRAME = re.compile(r"(?P<file>.*) (?P<name>\S+):(?P<line>\d{1,9});?", re.DOTALL)
_DEFINITION = re.compile(r"\s*(?:async\s+)?def\s+(?P<name>\w+)")
_MODULE = "<module>"


def looks_like(content: Content) -> bool:
    """Tell whether the document has files with costs of lines."""
    return (
        content.is_json
        and "files" in content.json
        and ("elapsed_time_sec" in content.json or "max_footprint_mb" in content.json)
    )


def parse(content: Content) -> Profile:
    """Parse a document; one row a line that cost anything, and one a stack."""
    page = content.json
    builder = ProfileBuilder(CPU, *COLUMNS.values())
    starts: dict[tuple[str, str], int] = {}
    for path, found in page["files"].object().items():
        file = Node(found, f"$.files.{path[:80]}")
        functions = _Functions(file)
        if len(path) * len(functions.told) > MOST_LETTERS:
            raise ParseError("expected a shorter path", place=file.place)
        starts |= {(path, name): start for start, name in functions.told}
        for line in file["lines"]:
            values = [float(cell.number()) if (cell := line.get(n)) else 0.0 for n in COLUMNS]
            if any(values):
                start, name = functions.around(line)
                location = builder.location(builder.function(name, path, start), _number(line))
                builder.sample(builder.stack([location]), sum(values[:3]), *values)
    _add_stacks(page, builder, starts)
    elapsed, begun = page.get("elapsed_time_sec"), page.get("start_time_absolute")
    kinds = builder.value_types
    return builder.build(
        default_value=kinds.index(STACK_SAMPLES) if STACK_SAMPLES in kinds else 0,
        duration_s=float(elapsed.number()) if elapsed else None,
        time_ns=round(begun.number() * 1e9) if begun and 0 < begun.number() < 9e9 else None,
    )


class _Line(NamedTuple):
    """What a line tells of what is around it; 0 where it tells nothing."""

    text: str
    region_start: int
    region_end: int


class _Functions:
    """The functions of a file: where they begin and end, as far as that is told."""

    def __init__(self, file: Node) -> None:
        self.told = sorted((_number(f), f["line"].text()) for f in file.get("functions") or ())
        self._starts = [start for start, _ in self.told]
        self._lines = {_number(line): _line(line) for line in file["lines"]}
        self._innermost: dict[int, int] | None = None

    def around(self, line: Node) -> tuple[int, str]:
        """Return start and name of the function that a line is in; (0, "<module>") for none."""
        number = _number(line)
        if told := line.get("start_function_line"):
            return self._named(told.integer(2**31))
        if self._innermost is None:
            self._innermost = self._nested()
        at = self._innermost.get(number, -1)
        return self.told[at] if at >= 0 else (0, _MODULE)

    def _named(self, start: int) -> tuple[int, str]:
        """Return the function that begins at a line, or at a decorator before it."""
        if start == 0:
            return 0, _MODULE
        at = bisect_right(self._starts, start) - 1
        if at >= 0 and self._definition(self._starts[at], start) == start:
            return self.told[at]
        text = self._lines[start].text if start in self._lines else ""
        found = _DEFINITION.match(text)
        return start, found["name"] if found else f"<function:{start}>"

    def _definition(self, start: int, last: int) -> int:
        """Return the line that defines a function of which decorators may come first."""
        for number in range(start, min(last + 1, start + 64)):
            if number in self._lines and _DEFINITION.match(self._lines[number].text):
                return number
        return start

    def _nested(self) -> dict[int, int]:
        """Return the innermost function of each line; -1 for none."""
        nexts = [*self._starts, 2**31][1:]
        headers = [
            self._definition(start, after - 1)
            for start, after in zip(self._starts, nexts, strict=True)
        ]
        ends = self._region_ends()
        found: dict[int, int] = {}
        opened: list[int] = []
        at = 0
        for number in sorted(self._lines):
            while at < len(headers) and self._starts[at] <= number:
                opened.append(at)
                at += 1
            while opened and not self._reaches(number, headers[opened[-1]], ends):
                opened.pop()
            found[number] = opened[-1] if opened else -1
        return found

    def _region_ends(self) -> dict[int, int]:
        """Return where the region ends that begins at a line."""
        ends: dict[int, int] = {}
        for line in self._lines.values():
            ends[line.region_start] = max(ends.get(line.region_start, 0), line.region_end)
        ends.pop(0, None)
        return ends

    def _reaches(self, number: int, header: int, ends: dict[int, int]) -> bool:
        """Tell whether a function with such a first line holds a line that comes later."""
        if header in ends:
            return number <= ends[header]
        text = self._lines[number].text
        return number <= header or not text.strip() or text[0].isspace()


def _number(line: Node) -> int:
    return line["lineno"].integer(2**31)


def _line(line: Node) -> _Line:
    text = line.get("line")
    start, end = (line.get(f"{which}_region_line") for which in ("start", "end"))
    return _Line(
        text.text() if text else "",
        start.integer(2**31) if start else 0,
        end.integer(2**31) if end else 0,
    )


_Frame = tuple[str, str, int, int, str]
_Starts = dict[tuple[str, str], int]


def _add_stacks(page: Node, builder: ProfileBuilder, starts: _Starts) -> None:
    """Add the stacks of all kinds, root first, with the values that each kind has."""
    for entry in page.get("stacks") or ():
        frames = map(_text_frame, entry[0])
        values = {STACK_SAMPLES: entry[1]}
        if isinstance(entry[1].value, dict):
            values = {kind: entry[1][key] for key, kind in STACK_RATIOS.items()}
            values[STACK_SAMPLES] = entry[1]["count"]
        _add_stack(builder, frames, values, starts)
    for section, kind in (("combined_stacks", COMBINED_SAMPLES), ("memory_stacks", STACK_SPACE)):
        for entry in page.get(section) or ():
            _add_stack(builder, map(_frame, entry[0]), {kind: entry[1]}, starts)


def _add_stack(
    builder: ProfileBuilder,
    frames: Iterator[_Frame],
    values: dict[ValueType, Node],
    starts: _Starts,
) -> None:
    locations = []
    for told, file, line, address, kind in frames:
        name = part_address(told)[0]
        function = builder.function(name, file, starts.get((file, name), 0))
        locations.append(builder.location(function, line, address, kind))
    row: list[int | float] = [0] * (len(builder.value_types) + len(values))
    for value_type, value in values.items():
        row[builder.value_type(value_type)] = value.number()
    builder.sample(builder.stack(locations), *row[: len(builder.value_types)])


def _text_frame(frame: Node) -> _Frame:
    """Return a frame that is written `file function:line;`."""
    match = _FRAME.fullmatch(frame.text())
    if match is None:
        return frame.text(), "", 0, 0, ""
    return match["name"], match["file"], int(match["line"]), 0, ""


def _frame(frame: Node) -> _Frame:
    file, name = frame["filename_or_module"].text(), frame["display_name"].text()
    line, address = frame.get("line"), frame.get("ip")
    if frame["kind"].text() != "native":
        return name, file, line.integer(2**31) if line else 0, 0, ""
    at = address.integer(2**64 - 1) if address else 0
    return name or f"0x{at:x}", file, 0, at - 2**64 if at >= 2**63 else at, "native"
