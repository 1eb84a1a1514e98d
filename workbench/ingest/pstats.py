"""What cProfile and profile dump: a graph of calls, not stacks.

The file is a marshalled dict of `(file, line, name)` to `(primitive calls, calls, own time, time
with callees, callers)`; callers map the same keys to calls, primitive calls and both times, or, as
`profile` writes them, to a count of calls alone (CPython, Lib/pstats.py). A call is primitive where
it was not made by recursion; pyinstrument writes -1 for calls it did not count.

The sampling profiler of Python 3.15 writes such a dict too, and says so by one more key: its line
is the one that ran, its calls are samples in which the function ran itself or was on the stack, and
its callers count those in which the one stood on the other.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.marshal_reader import load
from workbench.profile import CallGraph
from workbench.profile.build import FrameTable, distinct_stacks, value_column
from workbench.types import Profile, ValueType

CALLS = ValueType("calls", "count")
PRIMITIVE_CALLS = ValueType("primitive_calls", "count")
SAMPLES = ValueType("samples", "count")
TIME = ValueType("time", "seconds")

MOST_LETTERS = 2**28
"""Of the names of all functions and their files: one may be referred to by many."""

_SAMPLED = ("__sampled__",)
_MOST = 1e15
_Floats = npt.NDArray[np.float64]


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin as a marshalled dict of tuples."""
    head = content.data[:2]
    return len(head) == 2 and head[0] & 0x7F == ord("{") and head[1] & 0x7F in b"()0"


def parse(content: Content) -> Profile:
    """Parse a dump; one row a function, or where lines were sampled a line, with its own costs."""
    stats = load(content.data)
    if not isinstance(stats, dict):
        raise ParseError(f"expected a dict of functions, got {type(stats).__name__}")
    return _sampled(stats) if stats.pop(_SAMPLED, False) else _counted(stats)


def _counted(stats: dict[Any, Any]) -> Profile:
    """Return what a profiler counted that saw every call."""
    table = _Stats(stats, starts=True)
    primitive, calls, _, whole = table.costs.T
    edge_calls, edge_primitive, _, edge_time = table.edges.T
    graph = table.graph((calls, primitive, whole), (edge_calls, edge_primitive, edge_time))
    return table.profile({CALLS: 1, PRIMITIVE_CALLS: 0, TIME: 2}, graph)


def _sampled(stats: dict[Any, Any]) -> Profile:
    """Return what a profiler saw that looked from time to time."""
    table = _Stats(stats, starts=False)
    own, on_stack, time, whole = table.costs.T
    n_samples, duration = own.sum(), time.sum()
    interval = duration / n_samples if n_samples else 0.0
    edges = table.edges[:, 0]
    graph = table.graph((on_stack, whole), (edges, edges * interval))
    for inclusive, most in zip(graph.inclusive, (n_samples, duration), strict=True):
        np.minimum(inclusive, most, out=inclusive)  # recursion by way of several lines
    return table.profile({SAMPLES: 0, TIME: 2}, graph)


class _Stats:
    """The dict in columns: functions, their costs, and who called them at what cost.

    Lines are where functions start, or else where they ran.
    """

    def __init__(self, stats: dict[Any, Any], *, starts: bool) -> None:
        self._frames, self._starts = FrameTable(), starts
        self.rows: list[tuple[Any, ...]] = []
        self.locations, self.functions = array("i"), array("i")
        self.callers, self.callees = array("i"), array("i")
        self._known: dict[Any, tuple[int, int]] = {}
        self._letters_left = MOST_LETTERS
        told: list[Any] = []
        for key, row in stats.items():
            if type(row) is not tuple or len(row) != 5 or type(row[4]) is not dict:
                expected = f"4 numbers and callers of {_shown(key)}"
                raise ParseError(f"expected {expected}, got {_shown(row)}")
            function, location = self._frame(key)
            self.functions.append(function)
            self.locations.append(location)
            self.rows.append(row[:4])
            for caller, costs in row[4].items():
                self.callers.append(self._frame(caller)[0])
                self.callees.append(function)
                told.append(costs if type(costs) is tuple else _counts(costs))
        callers = chain.from_iterable(row[4] for row in stats.values())
        self.costs = _numbers(self.rows, stats, "")
        self.edges = _numbers(told, callers, "the caller ")

    def profile(self, columns: dict[ValueType, int], graph: CallGraph) -> Profile:
        """Return the profile; its values are columns of the rows, the last of them the default."""
        starts, frames, stacks = distinct_stacks(
            np.arange(len(self.rows) + 1), np.array(self.locations, np.int32)
        )
        return Profile(
            functions=self._frames.functions(),
            locations=self._frames.locations(),
            stack_starts=starts,
            stack_locations=frames,
            sample_stacks=stacks,
            sample_values=tuple(
                value_column([row[at] for row in self.rows], kind) for kind, at in columns.items()
            ),
            value_types=tuple(columns),
            default_value=len(columns) - 1,
            graph=graph,
        )

    def graph(self, inclusive: Sequence[_Floats], edges: Sequence[_Floats]) -> CallGraph:
        """Return the graph with some of the costs; those of one function are added up."""
        n = max(chain(self.functions, self.callers), default=-1) + 1
        return CallGraph(
            inclusive=tuple(
                np.bincount(self.functions, costs, n).astype(np.float64) for costs in inclusive
            ),
            callers=np.array(self.callers, np.int32),
            callees=np.array(self.callees, np.int32),
            edge_values=tuple(costs.copy() for costs in edges),
        )

    def _frame(self, key: Any) -> tuple[int, int]:
        """Return function and location; what is built in has neither file nor line."""
        if (known := self._known.get(key)) is not None:
            return known
        match key:
            case (str() as file, line, str() as name) if type(line) is int and 0 <= line < 2**31:
                file, line = ("", 0) if file == "~" else (file, line)
                self._letters_left -= len(file) + len(name)
                if self._letters_left < 0:
                    raise ParseError(f"expected at most {MOST_LETTERS} letters of names, got more")
                function = self._frames.function(name, file, line if self._starts else 0)
                location = self._frames.location(function, 0 if self._starts else line)
                self._known[key] = function, location
                return function, location
        raise ParseError(f"expected a function as (file, line, name), got {_shown(key)}")


def _counts(told: Any) -> tuple[Any, ...]:
    """Return the costs of a caller of which only the calls were counted."""
    return (told, told, 0.0, 0.0) if type(told) is int else (told,)


def _numbers(rows: Sequence[tuple[Any, ...]], keys: Iterable[Any], whose: str) -> _Floats:
    """Return rows of 4 numbers, (n_rows, 4); ParseError names the first that has others."""
    if {*map(len, rows)} <= {4} and {*map(type, chain.from_iterable(rows))} <= {int, float}:
        try:
            numbers = np.array(rows, np.float64).reshape(-1, 4)
        except OverflowError:
            numbers = np.array([np.inf])
        if (np.abs(numbers) < _MOST).all():
            return numbers
    pairs = zip(keys, rows, strict=True)
    key, row = next(pair for pair in pairs if not _is_row(pair[1]))
    n = "4 numbers" if len(row) != 4 else "numbers"
    raise ParseError(f"expected {n} for {whose}{_shown(key)}, got {_shown(row)}")


def _is_row(row: tuple[Any, ...]) -> bool:
    return len(row) == 4 and all(
        type(value) in (int, float) and -_MOST < value < _MOST for value in row
    )


def _shown(value: Any) -> str:
    """Return what a complaint shows of a value, which may be large."""
    if type(value) is tuple:
        return f"({', '.join(map(_shown, value[:5]))})"
    return f"{value!r:.40}" if isinstance(value, str | int | float) else type(value).__name__
