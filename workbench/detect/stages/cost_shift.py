"""Cost shifts and traffic: a function's cost grew, and the function did not become dearer.

Cost moved to it from something that it is part of: the callers that hold all of its stacks; its
class and its module; what one change touched (after FBDetect, D. Y. Yoon et al., SOSP 2024); and
for a cost, the whole service. Or all that its entry point reaches grew by as much.

Two explanations of what stacks did are weighed by how likely they make it. The fewer and smaller
the stacks, the less noisy they are: so beside all that a scope holds each function in it is asked
whether cost came from there alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from workbench.detect.config import DetectConfig
from workbench.detect.inputs import Signals
from workbench.detect.noise.background import Background, blocks_of
from workbench.detect.noise.calibrate import Judged
from workbench.detect.noise.screen import filled
from workbench.detect.stages.filters import Split, split
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

_SIGMAS = 2.5
"""Errors by which a step has to be off to be told beyond doubt."""
_EVIDENCE = 5.0
"""Log of how much likelier it has to be that a function did not become dearer than that it did."""
_ALIKE = 0.3
"""Cost comes from stacks that lost as much, but for this part of it or what errors explain."""
_LEAST_ERROR = 1e-6
"""Part of a step that counts as its error where there is none."""
_TINY = 1e-300
"""Smallest error, so that it divides."""
_TOLD_APART = 1
"""Blocks between two steps, from which on one is not taken for the other."""


class Step(NamedTuple):
    """How far a level moved across a change, and the standard error of that."""

    size: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether it is there, in the direction of the candidate, beyond doubt."""
        return self.size > _SIGMAS * self.error


class Domains:
    """What the functions of a service are part of, and what became of it.

    Parameters
    ----------
    signals, background, stacks, changes
        As `detect` has them.
    config : DetectConfig
        What counts as having moved with a function, and what is known of the total.
    """

    def __init__(
        self, signals: Signals, background: Background, stacks: Stacks | None,
        changes: Sequence[Change], config: DetectConfig,
    ) -> None:  # fmt: skip
        self.signals, self.background, self.config = signals, background, config
        layout = background.design.layout
        self.stacks = None if stacks is None else StackCosts(stacks, layout, changes)
        self.known: Sequence[Candidate] = ()
        """What changed, as far as it is known: none of it is taken for another change."""

    def traffic(self, c: Candidate) -> str:
        """Return of what traffic a candidate is the effect; empty where of none."""
        row = self.row(c)
        if self.stacks is None or row is None or self._metric(c) != "gcpu":
            return ""
        if not self.stacks.traffic.is_known:
            return ""
        growth, explained = self._growth_of_traffic(c, row)
        if explained.size < self.config.min_total_ratio * abs(c.delta):
            return ""
        moves = self.measure(c, self.stacks.holds[[row]], is_own=True)
        if explained.is_sure:  # that much of it is traffic, whatever else there is
            left = Step(float(moves.sizes[0]), float(moves.errors[0]))
            is_dearer = left.is_sure and left.size > _ALIKE * abs(c.delta)
        else:
            evidence = self._evidence(np.array([abs(c.delta)]), moves.sizes, moves)
            is_dearer = bool(evidence[0] <= _EVIDENCE)
        if is_dearer:
            return ""
        most = int(np.argmax(growth * self.stacks.by_entry(row)))
        verb = "rose" if c.delta > 0 else "fell"
        traffic = self.stacks.traffic
        entry = int(traffic.entries[most]) if traffic.is_own[most] else -1
        name, rise = self.stacks.name(entry), f"{verb} by {growth[most]:.1%}"
        return f"everything reached from {name} {rise}: traffic, not code"

    def _growth_of_traffic(self, c: Candidate, row: int) -> tuple[FloatArray, Step]:
        """Return by what part the traffic of each entry point grew at a change, and how much of a
        function that makes.

        It is looked for wherever the change may be: at its bounds, and where others changed.
        """
        assert self.stacks is not None
        costs = self.stacks.by_entry(row)
        layout = self.background.design.layout
        between = [other.index for other in self.known if c.low <= other.index <= c.high]
        by_block = {index // layout.block: index for index in sorted(between)}
        places, found = self._far(c), []
        for index in sorted({c.low, c.index, c.high, *by_block.values()}):
            there = replace(c, index=index)
            moves = measure(self._traffic, there, self.background, places)
            growth = moves.sizes / moves.before
            error = float(np.linalg.norm(moves.errors / moves.before * costs))
            found.append((growth, Step(float((growth * costs).sum()), error)))
        return max(found, key=lambda one: one[1].size)

    def shift(self, c: Candidate) -> str:
        """Return why a candidate is a cost shift; empty where it is none, or cannot be told."""
        return self._shift_within(c) or self._shift_of_total(c)

    def _shift_within(self, c: Candidate) -> str:
        row, metric = self.row(c), self._metric(c)
        if self.stacks is None or row is None or metric not in {"cost", "gcpu"}:
            return ""
        own, before = self._own_step(c, row), self._before(c)
        around = self.stacks.around(row, is_share=metric == "gcpu")
        for n_before, scope in enumerate(around):
            wanted = _EVIDENCE + np.log1p(n_before)
            rest = self.stacks.without(scope.stacks, row)
            if self._lost(c, own, self.measure(c, rest))[0] > wanted:
                return f"cost moved within {scope.name}, whose own cost did not move with it"
            least = self.config.min_total_ratio * own.size
            rows, parts = self.stacks.parts(scope.members, rest, before, least / 2)
            moves = self.measure(c, parts)
            is_other = np.isin(rows, self._changed_nearby(c))
            evidence = np.where(is_other, -np.inf, self._lost(c, own, moves))
            n_able = int((moves.before >= least).sum())
            if len(rows) and evidence.max() > wanted + np.log1p(n_able):
                name = self.stacks.name(int(rows[evidence.argmax()]))
                return f"cost moved from {name}, within {scope.name}"
        return ""

    def _own_step(self, c: Candidate, row: int) -> Step:
        """Return how far a candidate's function moved, as its stacks have it."""
        assert self.stacks is not None
        moves = self.measure(c, self.stacks.holds[[row]], is_own=True)
        own = Step(float(moves.sizes[0]), float(moves.errors[0]))
        return own if own.is_sure else Step(abs(c.delta), c.error)

    def _lost(self, c: Candidate, own: Step, moves: Moves) -> FloatArray:
        """Return the evidence that a candidate's cost came from stacks, rather than that these
        stayed as they were.
        """
        size = own.size
        stayed = np.zeros(len(moves.sizes))
        if self._metric(c) == "gcpu" and not self._is_traffic_known:
            # what grows makes all else a smaller part of the service
            stayed = -np.minimum(moves.before / max(1 - c.before, size), 1) * size
        left = moves.sizes + size
        evidence = self._evidence(size + stayed, left, moves)
        unlike = np.maximum(_ALIKE * size, _SIGMAS * np.hypot(moves.errors, own.error))
        return np.where(np.abs(left) <= unlike, evidence, -np.inf)

    def _evidence(self, size: FloatArray, left: FloatArray, moves: Moves) -> FloatArray:
        """Return how much likelier (log) it is that nothing moved than that something did, where
        that would have moved it by a size, and so much is seen.

        Student's t, since errors are known from few blocks.
        """
        moved = 2 * self.config.min_total_ratio * size
        errors = np.maximum(moves.errors, np.maximum(_LEAST_ERROR * size, _TINY))
        misfits = [np.log1p(((left - where) / errors) ** 2 / moves.dof) for where in (moved, 0.0)]
        return np.asarray((moves.dof + 1) / 2 * (misfits[0] - misfits[1]))

    @property
    def _is_traffic_known(self) -> bool:
        return self.stacks is not None and self.stacks.traffic.is_known

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
        assert self.stacks is not None
        blocks = np.asarray((sets @ self._costs(c)).toarray())
        judged = judge_blocks(blocks, self.background)
        return measure(judged, c, self.background, self._places(c, is_own=is_own))

    @cached_property
    def _traffic(self) -> Judged:
        assert self.stacks is not None
        return judge_blocks(self.stacks.traffic.curves, self.background)

    def _costs(self, c: Candidate) -> sparse.csr_array:
        assert self.stacks is not None
        return self.stacks.relative if self._metric(c) == "gcpu" else self.stacks.blocks

    def _before(self, c: Candidate) -> FloatArray:
        """Return what stacks cost before a candidate's change, (n_stacks,)."""
        first, last = blocks_between(c.start, c.index, self.background.design.layout)
        return np.asarray(self._costs(c)[:, first:last].mean(axis=1)).ravel()

    def row(self, c: Candidate) -> int | None:
        """Return a candidate's function, as a row of the stacks; None where they lack it."""
        if self.stacks is None or not self.is_of_stacks(c):
            return None
        return self.stacks.row.get(self._subject(c))

    def is_of_stacks(self, c: Candidate) -> bool:
        """Tell whether stacks are those of a candidate's service."""
        if self.stacks is None:
            return False
        named = self.stacks.service, self.signals.key(c.row, "service")
        return not all(named) or named[0] == named[1]

    def is_sure(self, c: Candidate) -> bool:
        """Tell whether the service's total moved with a candidate beyond doubt."""
        step = self._total_step(c)
        return step is None or step.is_sure

    def _subject(self, c: Candidate) -> str:
        return self.signals.key(c.row, "subject")

    def _metric(self, c: Candidate) -> str:
        return self.signals.key(c.row, "metric")

    def _elsewhere(self, c: Candidate) -> list[Candidate]:
        return [other for other in self.known if not is_at_once(c, other, self.config)]

    def _places(self, c: Candidate, *, is_own: bool) -> IntArray:
        """Return where other steps than a candidate's have to be reckoned with.

        Shortly before and after only what has nothing in common with it: its callers and callees
        show its own step, and not always in the very window.
        """
        places = [
            other.index for other in self._elsewhere(c)
            if not self._is_near(c, other) or not (is_own or self._overlaps(c, other))
        ]  # fmt: skip
        return np.unique(np.array(places, np.int64))

    def _far(self, c: Candidate) -> IntArray:
        """Return where steps are that cannot be of the same traffic as a candidate."""
        reach = self.background.design.layout.block
        places = [
            other.index for other in self._elsewhere(c)
            if other.low > c.high + reach or other.high < c.low - reach
        ]  # fmt: skip
        return np.unique(np.array(places, np.int64))

    def _is_near(self, c: Candidate, other: Candidate) -> bool:
        return abs(other.index - c.index) < _TOLD_APART * self.background.design.layout.block

    def _overlaps(self, c: Candidate, other: Candidate) -> bool:
        rows = [row for row in map(self.row, (c, other)) if row is not None]
        if self.stacks is None or len(rows) < 2:
            return True
        return bool(self.stacks.holds[rows].sum(axis=0).max() > 1)

    def _changed_nearby(self, c: Candidate) -> list[int]:
        """Return what is known to have changed shortly before or after, and not at once."""
        near = [other for other in self._elsewhere(c) if self._is_near(c, other)]
        return [row for row in map(self.row, near) if row is not None]

    def _shift_of_total(self, c: Candidate) -> str:
        total = self._total_step(c)
        if total is None:
            return ""
        wanted = self.config.min_total_ratio * abs(c.delta)
        is_refuted = total.size + _SIGMAS * total.error < wanted
        is_open = self.config.keep_open or total.size >= wanted or total.is_sure
        if is_refuted or not is_open:
            return "cost moved between functions, the service's total did not move with it"
        return ""

    def _total_step(self, c: Candidate) -> Step | None:
        """Return how far the service's total moved: as measured apart, else by the windows."""
        total = self.signals.totals.get(self.signals.key(c.row, "service"))
        if self._metric(c) != "cost" or total is None:
            return None
        values = filled(self.signals.values[[total]])
        if self.config.total_ratio is None:
            blocks = blocks_of(values, self.background.design.layout)
            judged = judge_blocks(blocks, self.background)
            moves = measure(judged, c, self.background, self._places(c, is_own=True))
            return Step(float(moves.sizes[0]), float(moves.errors[0]))
        rise = (self.config.total_ratio - 1) * float(np.median(values[0, c.start : c.index]))
        return Step(rise * float(np.sign(c.delta)), 0.0)


def cost_shift(candidates: list[Candidate], domains: Domains) -> Split:
    """Remove what traffic explains, and what only moved between functions."""
    domains.known = candidates
    by_traffic = split(candidates, domains.traffic)
    domains.known = by_traffic.kept
    shifted = split(by_traffic.kept, domains.shift)
    return Split(shifted.kept, by_traffic.removed + shifted.removed)
