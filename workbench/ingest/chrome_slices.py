"""How the slices of one thread of a trace nest, and the time that is each one's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from workbench.ingest.folded import match_frame
from workbench.profile import CallTree, ProfileBuilder

Time = int | float
"""Microseconds."""

_NANOSECOND = 0.001  # what is less is lost where times are rounded, and no overlap


class Place(NamedTuple):
    """What a slice is of."""

    name: str
    file: str = ""
    line: int = 0


class Mark(NamedTuple):
    """A beginning or an end of a slice."""

    time: Time
    number: int
    """Of the event."""
    is_begin: bool
    place: Place


class Slice(NamedTuple):
    """A span of time on a thread."""

    begin: Time
    length: Time
    order: int
    """Of slices that begin and end alike the lesser is the outer."""
    place: Place
    is_open: bool = False
    """Whether nothing ended it; it then lasts to the end of the trace."""


class ThreadSlices:
    """The complete slices of a thread, and the beginnings and ends of others."""

    def __init__(self) -> None:
        self.complete: list[Slice] = []
        self.marks: list[Mark] = []

    def bounds(self) -> tuple[Time, Time]:
        """Return the first and the last time; there must be one."""
        times = [mark.time for mark in self.marks]
        begins = [s.begin for s in self.complete]
        ends = [s.begin + s.length for s in self.complete]
        return min(begins + times), max(ends + times)

    def nested(self, origin: Time, end: Time) -> list[Slice]:
        """Return all slices, the outer before the inner, their times since the origin."""
        # sums of large times and small lengths would be rounded
        sign = 1 if _tells_outer_first(self.complete) else -1
        found = [Slice(s.begin - origin, s.length, s.order * sign, s.place) for s in self.complete]
        for s in _paired(sorted(self.marks, key=lambda mark: mark.time), end):
            found.append(s._replace(begin=s.begin - origin))
        found.sort(key=lambda s: (s.begin, -s.length, s.order))
        return found


def add_slices(builder: ProfileBuilder, slices: list[Slice], labels: dict[str, str | int]) -> None:
    """Add a row for each slice, outer ones first, with the time in which it was the innermost."""
    tree = CallTree(builder)
    locations: dict[Place, int] = {}
    nodes: list[int] = []
    for s, above in zip(slices, own := _Nesting(slices), strict=True):
        if s.place not in locations:
            locations[s.place] = _location(builder, s.place)
        nodes.append(tree.child(nodes[above] if above >= 0 else -1, locations[s.place]))
    builder.samples([*map(tree.stack, nodes)], [1] * len(nodes), own.times, labels=labels)


def _tells_outer_first(slices: list[Slice]) -> bool:
    """Tell whether slices stand in the file by beginning, as in Chrome, or by end."""
    votes = 0
    for before, after in pairwise(slices):
        begins = before.begin <= after.begin, after.begin <= before.begin
        end, next_end = before.begin + before.length, after.begin + after.length
        if begins[0] and next_end <= end:
            votes += 1
        if begins[1] and end <= next_end:
            votes -= 1
    return votes > 0


class _Opened:
    """Slices that have begun, the outer before the inner."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._depths: dict[str, list[int]] = defaultdict(list)  # by name, where in `marks`

    def begin(self, mark: Mark) -> None:
        """Add the innermost."""
        self._depths[mark.place.name].append(len(self.marks))
        self.marks.append(mark)

    def find(self, name: str) -> int:
        """Return where the slice is that an end of a name closes; -1 for none."""
        if not name:
            return len(self.marks) - 1
        return max(self._depths[of][-1] if self._depths[of] else -1 for of in (name, ""))

    def close(self, depth: int) -> Iterator[Mark]:
        """Take out a slice and all within."""
        while len(self.marks) > depth:
            mark = self.marks.pop()
            self._depths[mark.place.name].pop()
            yield mark


def _paired(marks: Iterable[Mark], end: Time) -> Iterator[Slice]:
    """Give the slices between beginnings and ends, which come in order of time.

    What begins just when an end is told, though before it in the file, follows and is not within.
    """
    earlier, just_now = _Opened(), _Opened()
    now: Time | None = None
    for mark in marks:
        if mark.time != now:
            for begun in just_now.marks:
                earlier.begin(begun)
            just_now = _Opened() if just_now.marks else just_now
            now = mark.time
        if mark.is_begin:
            just_now.begin(mark)
            continue
        opened = just_now if just_now.find(mark.place.name) >= 0 else earlier
        if (depth := opened.find(mark.place.name)) >= 0:
            for begun in opened.close(depth):
                yield Slice(begun.time, mark.time - begun.time, begun.number, begun.place)
    for begun in (*earlier.marks, *just_now.marks):
        yield Slice(begun.time, end - begun.time, begun.number, begun.place, is_open=True)


class _Nesting:
    """Gives the slice that each is within, -1 for none, and then knows the time of each.

    One that outlasts the slice it began in is within it all the same, but no second one: of a chain
    of slices that overlap each is within the first that is still open, or stacks grew with it.
    """

    def __init__(self, slices: list[Slice]) -> None:
        self._slices = slices
        self._ends = [s.begin + s.length for s in slices]
        self._outlasts = [False] * len(slices)
        self._above = [-1] * len(slices)
        self._path: list[int] = []
        self._now: Time = 0
        self.times: list[Time] = [0] * len(slices)

    def __iter__(self) -> Iterator[int]:
        for number, s in enumerate(self._slices):
            while self._path and not self._is_within(s, self._path[-1]):
                self._close()
            if self._path:
                self._place(number, s, self._path[-1])
            self._now = max(self._now, s.begin)
            self._path.append(number)
            yield self._above[number]
        while self._path:
            self._close()

    def _place(self, number: int, s: Slice, outer: int) -> None:
        self._spend(outer, s.begin)
        excess = self._ends[number] - self._ends[outer]
        if s.is_open or excess < _NANOSECOND:
            self._ends[number] = min(self._ends[number], self._ends[outer])
        elif self._outlasts[outer]:
            outer = self._above[outer]
            while outer >= 0 and not self._is_within(s, outer):
                outer = self._above[outer]
            self._outlasts[number] = outer >= 0
        else:
            self._outlasts[number] = True
        self._above[number] = outer

    def _is_within(self, s: Slice, outer: int) -> bool:
        is_at_once = s.length == 0 and self._slices[outer].begin == s.begin
        return is_at_once or self._ends[outer] - s.begin >= _NANOSECOND

    def _close(self) -> None:
        number = self._path.pop()
        self._spend(number, self._ends[number])

    def _spend(self, number: int, until: Time) -> None:
        """Count the time until then as that of a slice."""
        if until > self._now:
            self.times[number] += until - self._now
            self._now = until


def _location(builder: ProfileBuilder, place: Place) -> int:
    """Return a location; VizTracer puts file and line of the function into its name."""
    if place.file:
        return builder.location(builder.function(place.name, place.file), place.line)
    if match := match_frame(place.name):
        line = int(match["line"] or 0)
        return builder.location(builder.function(match["name"], match["file"], line), line)
    return builder.location(builder.function(place.name or "(unnamed)"))
