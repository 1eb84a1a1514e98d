"""How much of a service's CPU passes through some lines, and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from workbench.history import enclosing_function
from workbench.measures.rates import wilson
from workbench.opportunity.pattern import Match
from workbench.types import BoolArray, FloatArray, IntArray, Recording

_FEWEST_WINDOWS = 5
"""Of fewer it is not told how much they differ."""


class Share(NamedTuple):
    """A part of all samples, 0 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float
    n_samples: int
    """Samples that are in it."""
    n_total: int
    """Samples that it is of."""


class Samples:
    """A recording as opportunities ask it.

    Functions are known by (file, name), where comprehensions and lambdas count as part of the
    function that they stand in.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.counts_from = cache(self._counts_from)
        self._window_totals = np.zeros(recording.n_windows)
        np.add.at(self._window_totals, recording.sample_windows, recording.sample_counts)
        lengths = np.diff(recording.stack_starts)
        self._stack_of_frame = np.repeat(np.arange(recording.n_stacks), lengths)
        self._ends = np.asarray(recording.stack_starts)[1:][self._stack_of_frame]
        self._order = np.argsort(recording.stack_functions, kind="stable")
        self._firsts = np.searchsorted(
            np.asarray(recording.stack_functions)[self._order],
            np.arange(len(recording.functions) + 1),
        )
        self.rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._rows_named: dict[str, list[int]] = defaultdict(list)
        for row, function in enumerate(recording.functions):
            self.rows[function.file, enclosing_function(function.name)].append(row)
            self._rows_named[function.name.rpartition(".")[2]].append(row)
        self.knows_lines = False
        """Whether the lines that ran were recorded, rather than none, or where functions begin."""

    def look_for_lines(self, file: str, name: str, first: int) -> None:
        """Note that lines are known where one is told behind that on which a function begins."""
        functions = self.recording.functions
        rows = self.rows.get((file, name), [])
        self.knows_lines = self.knows_lines or any(functions[row].line > first for row in rows)

    def frames(self, rows: list[int]) -> IntArray:
        """Return the places in `stack_functions` of some rows of functions."""
        if not rows:
            return np.empty(0, np.int64)
        return np.concatenate([self._order[self._firsts[r] : self._firsts[r + 1]] for r in rows])

    def stacks(self, frames: IntArray) -> BoolArray:
        """Return which stacks hold some frames, (n_stacks,)."""
        found = np.zeros(self.recording.n_stacks, np.bool_)
        found[self._stack_of_frame[frames]] = True
        return found

    def stacks_of(self, file: str, name: str) -> BoolArray:
        """Return which stacks hold a function, (n_stacks,)."""
        return self.stacks(self.frames(self.rows.get((file, name), [])))

    def _counts_from(self, start: int) -> FloatArray:
        """Return the samples of each stack from a window on, (n_stacks,)."""
        counts = np.zeros(self.recording.n_stacks)
        inside = self.recording.sample_windows >= start
        np.add.at(
            counts, self.recording.sample_stacks[inside], self.recording.sample_counts[inside]
        )
        return counts

    def n_from(self, start: int) -> int:
        """Return how many samples there are from a window on."""
        return int(self._window_totals[start:].sum())

    def fraction(self, stacks: BoolArray, start: int = 0) -> float:
        """Return the fraction of the samples from a window on that some stacks have."""
        return float(self.counts_from(start)[stacks].sum() / max(1, self.n_from(start)))

    def share(self, stacks: BoolArray, start: int = 0) -> Share:
        """Return that fraction with its interval.

        Wilson's, of as many independent samples as the spread over windows shows there to be.
        """
        n = self.n_from(start)
        value = self.fraction(stacks, start)
        inside = stacks[self.recording.sample_stacks] & (self.recording.sample_windows >= start)
        hits = np.zeros(self.recording.n_windows)
        np.add.at(hits, self.recording.sample_windows[inside], self.recording.sample_counts[inside])
        effective = n / _design_effect(hits[start:], self._window_totals[start:], value)
        low, high = wilson(value, max(1.0, effective))
        return Share(value, float(low), float(high), int(hits.sum()), n)

    def through(self, file: str, name: str, line: int, end_line: int) -> IntArray:
        """Return the frames of a function's lines; both ends are included."""
        functions = self.recording.functions
        rows = [r for r in self.rows.get((file, name), []) if line <= functions[r].line <= end_line]
        return self.frames(rows)

    def stacks_of_match(self, file: str, name: str, match: Match) -> BoolArray:
        """Return the stacks whose samples belong to a match, (n_stacks,)."""
        frames = self.through(file, name, match.line, match.end_line)
        found = self.stacks(frames)
        if not match.callees:
            return found
        below = self._above(frames, match.callees)
        return below | (found & ~self._calls_on(frames)) if match.own else below

    def stacks_below(self, file: str, name: str, callees: Sequence[str]) -> BoolArray:
        """Return the stacks in which a function has one of some others below it, (n_stacks,).

        Where no others are named, the stacks that hold the function.
        """
        frames = self.frames(self.rows.get((file, name), []))
        return self._above(frames, callees) if callees else self.stacks(frames)

    def _above(self, frames: IntArray, callees: Sequence[str]) -> BoolArray:
        """Return the stacks in which one of some frames has a function of some name below it."""
        named = self.frames([row for name in callees for row in self._rows_named.get(name, ())])
        deepest = np.full(self.recording.n_stacks, -1)
        np.maximum.at(deepest, self._stack_of_frame[named], named)
        shallowest = np.full(self.recording.n_stacks, np.iinfo(np.int64).max)
        np.minimum.at(shallowest, self._stack_of_frame[frames], frames)
        return deepest > shallowest

    def _calls_on(self, frames: IntArray) -> BoolArray:
        """Return the stacks in which some frames call a function that is not part of theirs."""
        called = frames[frames + 1 < self._ends[frames]] + 1
        names = self.recording.functions
        of_own = np.array(
            [enclosing_function(f.name) == f.name for f in names] or [True], dtype=np.bool_
        )
        rows = np.asarray(self.recording.stack_functions)[called]
        return self.stacks(called[of_own[rows]])

    def callers(self, file: str, name: str) -> dict[str, float]:
        """Return who calls a function: subject -> fraction of the function's samples."""
        frames = self.frames(self.rows.get((file, name), []))
        starts = np.asarray(self.recording.stack_starts)[self._stack_of_frame[frames]]
        inner = frames[frames > starts]
        rows = np.asarray(self.recording.stack_functions)[inner - 1]
        weights = self.counts_from(0)[self._stack_of_frame[inner]]
        found: dict[str, float] = defaultdict(float)
        for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
            function = self.recording.functions[row]
            if enclosing_function(function.name) != name or function.file != file:
                bare = function._replace(name=enclosing_function(function.name))
                found[bare.subject] += weight
        total = sum(found.values())
        ordered = sorted(found.items(), key=lambda item: -item[1])
        return {subject: weight / total for subject, weight in ordered}


def _design_effect(hits: FloatArray, totals: FloatArray, value: float) -> float:
    """Return how many samples of windows say as much as one that is independent; 1 or more."""
    n_windows = len(totals)
    if n_windows < _FEWEST_WINDOWS or not 0 < value < 1:
        return 1.0
    total = totals.sum()
    spread = ((hits - value * totals) ** 2).sum() * n_windows / (n_windows - 1) / total**2
    return max(1.0, float(spread / (value * (1 - value) / total)))
