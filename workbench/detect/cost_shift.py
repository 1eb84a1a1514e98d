"""Cost shifts: a function grew, and what it is part of did not grow with it.

The cost domains of a function are the callers that hold all of its stacks, out to the whole
service; its class and its module; the entry point it is reached from; and what one change touched
(after FBDetect, D. Y. Yoon et al., SOSP 2024). The nearer domains are the less noisy ones, so that
a move is seen there which the service's total cannot show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from workbench.detect.background import Background, blocks_of
from workbench.detect.config import DetectConfig
from workbench.detect.filters import Split, split
from workbench.detect.fit import fit_rows
from workbench.detect.inputs import Signals
from workbench.detect.localise import Candidate, fit_jointly
from workbench.types import SERVICE, BoolArray, Change, FloatArray, Stacks

_HOLDS = 0.95
"""A domain holds this part of a function's cost."""
_LARGER = 1.05
"""And costs this much more; else it says nothing new."""
_SIGMAS = 2.5
"""Errors by which a step has to be off to be told beyond doubt."""
_EXACT = 0.25
"""Part of a function's step that a domain's error may be, to say whether it moved with it."""


class Step(NamedTuple):
    """How far a level moved across a change, and the standard error of that."""

    size: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether it is there, in the direction of the candidate, beyond doubt."""
        return self.size > _SIGMAS * self.error


class Domain(NamedTuple):
    """Something a function is part of."""

    name: str
    """In words: `a caller`."""
    values: FloatArray
    """(n_windows,) what it costs."""


class Domains:
    """What the functions of a service are part of.

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
        self.total = _total_row(signals)
        self.stacks = _Incidence(stacks, changes) if stacks is not None else None

    def shift(self, c: Candidate) -> str:
        """Return why a candidate is a cost shift; empty where it is none, or cannot be told."""
        metric = self.signals.key(c.row, "metric")
        if metric in {"cost", "gcpu"} and self.stacks is not None:
            for domain in self.stacks.around(self.signals.key(c.row, "subject")):
                if self._is_unmoved(domain.values, c, is_share=metric == "gcpu"):
                    return f"cost moved within {domain.name}, whose own cost did not move with it"
        total = self._total_step(c)
        if total is None:
            return ""
        wanted = self.config.min_total_ratio * abs(c.delta)
        is_refuted = total.size + _SIGMAS * total.error < wanted
        is_open = self.config.keep_open or total.size >= wanted or total.is_sure
        if is_refuted or not is_open:
            return "cost moved between functions, the service's total did not move with it"
        return ""

    def _is_unmoved(self, domain: FloatArray, c: Candidate, *, is_share: bool) -> bool:
        """Tell whether a domain moved by less than it had to, had a candidate made it dearer."""
        expected = abs(c.delta)
        if is_share:  # what grows makes all else a smaller part of the service
            own = self._level(self.signals.values[c.row], c)
            expected *= max(1 - self._level(domain, c), 0.0) / max(1 - own, 1e-9)
        step = self._step(domain, c)
        wanted = self.config.min_total_ratio * expected
        if step.error < _EXACT * expected:
            return step.size < wanted
        return not is_share and step.size + _SIGMAS * step.error < wanted

    def is_sure(self, c: Candidate) -> bool:
        """Tell whether the service's total moved with a candidate beyond doubt."""
        step = self._total_step(c)
        return step is None or step.is_sure

    def _total_step(self, c: Candidate) -> Step | None:
        """Return how far the service's total moved: as measured apart, else by the windows."""
        if self.signals.key(c.row, "metric") != "cost" or self.total is None:
            return None
        values = self.signals.values[self.total]
        if self.config.total_ratio is None:
            return self._step(values, c)
        rise = (self.config.total_ratio - 1) * self._level(values, c)
        return Step(rise * float(np.sign(c.delta)), 0.0)

    def _level(self, values: FloatArray, c: Candidate) -> float:
        return float(np.median(values[c.start : c.index]))

    def _step(self, values: FloatArray, c: Candidate) -> Step:
        """Measure the step of a series at a candidate's change, up where the candidate went up.

        Between the candidate's changes before and after alone: others may have moved there too.
        """
        design = self.background.design
        layout = design.layout
        blocks = blocks_of(np.ascontiguousarray(values[np.newaxis]), layout)
        steady = fit_rows(design, blocks).values[0]
        firsts = layout.start + layout.block * np.arange(layout.n_blocks)
        is_near = (firsts >= c.start) & (firsts + layout.block <= c.end)
        after = np.clip((firsts[is_near] + layout.block - c.index) / layout.block, 0, 1)
        joint = fit_jointly(
            design.basis[is_near], steady[is_near], self.background.level, after[:, np.newaxis]
        )
        return Step(float(joint.rises[0] * np.sign(c.delta)), float(joint.errors[0]))


def cost_shift(candidates: list[Candidate], domains: Domains) -> Split:
    """Remove what only moved between functions."""
    return split(candidates, domains.shift)


def _total_row(signals: Signals) -> int | None:
    if signals.keys is None:
        return None
    is_total = (signals.keys["subject"] == SERVICE) & (signals.keys["metric"] == "cost")
    rows = np.flatnonzero(is_total)
    return int(rows[0]) if len(rows) else None


class _Incidence:
    """Which stacks hold what."""

    def __init__(self, stacks: Stacks, changes: Sequence[Change]) -> None:
        self.row = {subject: row for row, subject in enumerate(stacks.subjects)}
        self.subjects, self.depths, self.values = stacks.subjects, stacks.depths, stacks.values
        self.holds = (stacks.depths > 0).astype(np.float64)
        self.costs = np.asarray(stacks.values.mean(axis=1)).ravel()
        self.within = stacks.depths.tocoo()
        touched = [[f.subject for f in change.functions] for change in changes]
        self.changed = [{*names} & {*self.row} for names in touched]

    def around(self, subject: str) -> Iterator[Domain]:
        """Return what a function is part of, near before far."""
        row = self.row.get(subject)
        if row is None:
            return
        own = self.depths[[row]].toarray().ravel()
        cost = float(self.costs[own > 0].sum())
        for stacks in self._callers(own, cost):
            yield Domain("a caller", self._series(stacks))
        for prefix, name in _scopes(subject):
            rows = [r for s, r in self.row.items() if s.startswith(prefix)]
            yield from self._larger(f"the {name} {prefix[:-1]}", rows, cost)
        for subjects in self.changed:
            if subject in subjects and len(subjects) > 1:
                rows = [self.row[other] for other in sorted(subjects)]
                yield from self._larger("what one change touched", rows, cost)

    def _callers(self, own: FloatArray, cost: float) -> Iterator[BoolArray]:
        above = self.within.data < own[self.within.col]  # 0 where it is not in the stack
        shared = np.bincount(
            self.within.row[above], self.costs[self.within.col[above]],
            minlength=self.depths.shape[0],
        )  # fmt: skip
        levels = self.holds @ self.costs
        found = np.flatnonzero((shared >= _HOLDS * cost) & (levels >= _LARGER * cost))
        for row in found[np.argsort(levels[found], kind="stable")]:
            yield self.depths[[row]].toarray().ravel() > 0

    def _larger(self, name: str, rows: list[int], cost: float) -> Iterator[Domain]:
        stacks = np.asarray(self.holds[rows].sum(axis=0)).ravel() > 0
        if self.costs[stacks].sum() >= _LARGER * cost:
            yield Domain(name, self._series(stacks))

    def _series(self, stacks: BoolArray) -> FloatArray:
        total = self.values[np.flatnonzero(stacks)].sum(axis=0)
        return np.asarray(total, dtype=np.float64).ravel()


def _scopes(subject: str) -> Iterator[tuple[str, str]]:
    """Return what a subject `pkg.mod:Class.f` is defined in, as prefix and word."""
    module, colon, name = subject.rpartition(":")
    if "." in name:
        yield f"{module}{colon}{name.rpartition('.')[0]}.", "class"
    if module:
        yield f"{module}:", "module"
