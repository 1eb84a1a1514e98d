"""What the functions of a service are part of, and how far that moved with a candidate."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background, blocks_of
from workbench.detect.noise.calibrate import Judged
from workbench.detect.noise.screen import filled
from workbench.detect.stages.localise import Candidate
from workbench.detect.stages.moves import (
    Moves,
    blocks_between,
    is_at_once,
    judge_blocks,
    measure,
)
from workbench.detect.stages.scopes import StackCosts
from workbench.types import Change, FloatArray, IntArray, Stacks
from workbench.types.signals import Signals

SIGMAS = 2.5
"""Errors by which a step has to be off to be told beyond doubt."""
_TOLD_APART = 1
"""Blocks between two steps, from which on one is not taken for the other."""


class Step(NamedTuple):
    """How far a level moved across a change, and the standard error of that."""

    size: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether it is there, in the direction of the candidate, beyond doubt."""
        return self.size > SIGMAS * self.error


class Domains:
    """What the functions of a service are part of, and what became of it.

    Parameters
    ----------
    signals, background, stacks, changes
        As `detect` has them.
    config : DetectConfig
        What counts as having moved with a function, and what is known of the total.
    known : sequence of Candidate
        What changed, as far as it is known: none of it is taken for another change.
    """

    def __init__(
        self, signals: Signals, background: Background, stacks: Stacks | None,
        changes: Sequence[Change], config: DetectConfig, known: Sequence[Candidate] = (),
    ) -> None:  # fmt: skip
        self.signals, self.background, self.config = signals, background, config
        layout = background.design.layout
        self.stacks = None if stacks is None else StackCosts(stacks, layout, changes)
        self.known = known

    def without(self, removed: Sequence[Candidate]) -> Domains:
        """Return the same, where some of what changed is known to have been nothing."""
        other = copy.copy(self)
        gone = {*removed}
        other.known = [c for c in self.known if c not in gone]
        return other

    def subject(self, c: Candidate) -> str:
        """Return whose change it is."""
        return self.signals.key(c.row, "subject")

    def metric(self, c: Candidate) -> str:
        """Return in what it is told."""
        return self.signals.key(c.row, "metric")

    def row(self, c: Candidate) -> int | None:
        """Return a candidate's function, as a row of the stacks; None where they lack it."""
        if self.stacks is None or not self.is_of_stacks(c):
            return None
        return self.stacks.row.get(self.subject(c))

    def is_of_stacks(self, c: Candidate) -> bool:
        """Tell whether stacks are those of a candidate's service."""
        if self.stacks is None:
            return False
        named = self.stacks.service, self.signals.key(c.row, "service")
        return not all(named) or named[0] == named[1]

    def is_sure(self, c: Candidate) -> bool:
        """Tell whether the service's total moved with a candidate beyond doubt."""
        step = self.total_step(c)
        return step is None or step.is_sure

    def own_step(self, c: Candidate, row: int) -> Step:
        """Return how far a candidate's function moved, as its stacks have it."""
        moves = self.measure(c, self._given.holds[[row]], is_own=True)
        own = Step(float(moves.sizes[0]), float(moves.errors[0]))
        return own if own.is_sure else Step(abs(c.delta), c.error)

    def measure(self, c: Candidate, sets: sparse.csr_array, *, is_own: bool = False) -> Moves:
        """Measure how far the cost of sets of stacks moved across a candidate's change.

        Parameters
        ----------
        c : Candidate
            Whose change.
        sets : csr_array
            (n_sets, n_stacks), 1 where a stack is in a set.
        is_own : bool
            Whether it is the candidate's change that is measured, not what else was at that time.
        """
        blocks = np.asarray((sets @ self._costs(c)).toarray())
        judged = judge_blocks(blocks, self.background)
        return measure(judged, c, self.background, self._places(c, is_own=is_own))

    def before(self, c: Candidate) -> FloatArray:
        """Return what stacks cost before a candidate's change, (n_stacks,)."""
        first, last = blocks_between(c.start, c.index, self.background.design.layout)
        return np.asarray(self._costs(c)[:, first:last].mean(axis=1)).ravel()

    def _costs(self, c: Candidate) -> sparse.csr_array:
        return self._given.relative if self.metric(c) == "gcpu" else self._given.blocks

    def total_step(self, c: Candidate) -> Step | None:
        """Return how far the service's total moved: as measured apart, else by the windows."""
        total = self.signals.totals.get(self.signals.key(c.row, "service"))
        if self.metric(c) != "cost" or total is None:
            return None
        values = filled(self.signals.values[[total]])
        if self.config.total_ratio is None:
            blocks = blocks_of(values, self.background.design.layout)
            judged = judge_blocks(blocks, self.background)
            moves = measure(judged, c, self.background, self._places(c, is_own=True))
            return Step(float(moves.sizes[0]), float(moves.errors[0]))
        rise = (self.config.total_ratio - 1) * float(np.median(values[0, c.start : c.index]))
        return Step(rise * float(np.sign(c.delta)), 0.0)

    def growth_of_traffic(self, c: Candidate, row: int) -> tuple[FloatArray, Step]:
        """Return by what part the traffic of each entry point grew at a change, and how much of a
        function that makes.

        It is looked for wherever the change may be: at its bounds, and where others changed.
        """
        costs, block = self._given.by_entry(row), self.background.design.layout.block
        between = sorted(other.index for other in self.known if c.low <= other.index <= c.high)
        by_block = {index // block: index for index in between}
        places, found = self._far(c), []
        for index in sorted({c.low, c.index, c.high, *by_block.values()}):
            moves = measure(self._traffic, replace(c, index=index), self.background, places)
            growth = moves.sizes / moves.before
            error = float(np.linalg.norm(moves.errors / moves.before * costs))
            found.append((growth, Step(float((growth * costs).sum()), error)))
        return max(found, key=lambda one: one[1].size)

    @cached_property
    def _traffic(self) -> Judged:
        return judge_blocks(self._given.traffic.curves, self.background)

    @property
    def _given(self) -> StackCosts:
        assert self.stacks is not None  # nobody asks without
        return self.stacks

    def _elsewhere(self, c: Candidate) -> list[Candidate]:
        return [other for other in self.known if not is_at_once(c, other, self.config)]

    def _places(self, c: Candidate, *, is_own: bool) -> IntArray:
        """Return where other steps than a candidate's have to be reckoned with.

        Shortly before and after only what has nothing in common with it: its callers and callees
        show its own step, and not always in the very window.
        """
        return _indices(
            other for other in self._elsewhere(c)
            if not self._is_near(c, other) or not (is_own or self._overlaps(c, other))
        )  # fmt: skip

    def _far(self, c: Candidate) -> IntArray:
        """Return where steps are that cannot be of the same traffic as a candidate."""
        reach = self.background.design.layout.block
        return _indices(
            other for other in self._elsewhere(c)
            if other.low > c.high + reach or other.high < c.low - reach
        )  # fmt: skip

    def _is_near(self, c: Candidate, other: Candidate) -> bool:
        return abs(other.index - c.index) < _TOLD_APART * self.background.design.layout.block

    def _overlaps(self, c: Candidate, other: Candidate) -> bool:
        rows = [row for row in map(self.row, (c, other)) if row is not None]
        if self.stacks is None or len(rows) < 2:
            return True
        return bool(self.stacks.holds[rows].sum(axis=0).max() > 1)

    def without_risen(self, c: Candidate, row: int, sets: sparse.csr_array) -> sparse.csr_array:
        """Return sets of stacks without those of other functions that went the way of a candidate
        at once; without none of what holds the candidate.
        """
        own = self._given.holds[[row]]
        at_once = [
            other for other in self.known
            if other.delta * c.delta > 0 and is_at_once(c, other, self.config)
        ]  # fmt: skip
        rows = sorted({found for found in map(self.row, at_once) if found is not None} - {row})
        others = self._given.holds[rows]
        apart = np.flatnonzero(np.asarray((others @ own.T).toarray()).ravel() == 0)
        gone = np.asarray(others[apart].sum(axis=0)).ravel() > 0
        return sparse.csr_array(sets.multiply(~gone[np.newaxis]))

    def changed_nearby(self, c: Candidate) -> list[int]:
        """Return what is known to have changed shortly before or after, and not at once."""
        near = [other for other in self._elsewhere(c) if self._is_near(c, other)]
        return [row for row in map(self.row, near) if row is not None]


def _indices(candidates: Iterable[Candidate]) -> IntArray:
    return np.unique(np.array([c.index for c in candidates], np.int64))
