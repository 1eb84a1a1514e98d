"""Cost shifts: a function grew, and what contains it did not grow with it.

The cost domains of a function are the callers that hold all of its stacks, out to the whole service
(after FBDetect, D. Y. Yoon et al., SOSP 2024). The nearer domains are the less noisy ones, so that
a move is seen there which the service's total cannot show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from workbench.types import SERVICE, FloatArray, SeriesMatrix

if TYPE_CHECKING:
    from workbench.detect.funnel import Candidate, DetectConfig

_HOLDS = 0.95
"""A domain holds this part of a function's cost."""
_LARGER = 1.05
"""And costs this much more; else it says nothing new."""
_SIGMAS = 2.5
"""Errors by which a step has to be off to be told beyond doubt."""
_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_MEDIAN_ERROR = 1.2533  # standard error of a median, against that of a mean


class Step(NamedTuple):
    """How far a level moved across a change, and the standard error of that."""

    size: float
    error: float

    @property
    def is_sure(self) -> bool:
        """Whether it is there, in the direction of the candidate, beyond doubt."""
        return self.size > _SIGMAS * self.error

    @classmethod
    def of(cls, values: FloatArray, c: Candidate) -> Step:
        """Measure the step of a series at a candidate's change, up where the candidate went up."""
        before = values[c.index - len(c.before) : c.index]
        after = values[c.index : c.index + len(c.after)]
        middles = [float(np.median(side)) for side in (before, after)]
        residuals = np.concatenate([before - middles[0], after - middles[1]])
        sigma = _MAD_TO_SIGMA * float(np.median(np.abs(residuals)))
        error = _MEDIAN_ERROR * sigma * np.sqrt(1 / len(before) + 1 / len(after))
        return cls((middles[1] - middles[0]) * float(np.sign(c.delta)), float(error))


class Domains:
    """What the functions of a service are part of.

    Parameters
    ----------
    series, depths, stack_values
        As `detect` has them.
    config : DetectConfig
        What counts as having moved with a function, and what is known of the total.
    """

    def __init__(
        self, series: SeriesMatrix, depths: sparse.csr_array | None,
        stack_values: sparse.csr_array | None, config: DetectConfig,
    ) -> None:  # fmt: skip
        self.series, self.depths, self.stack_values = series, depths, stack_values
        self.config = config
        keys = zip(series.subjects, series.metrics, strict=True)
        self.rows = {subject: row for row, (subject, metric) in enumerate(keys) if metric == "cost"}

    def shift(self, c: Candidate) -> str:
        """Return why a candidate is a cost shift; empty where it is none, or is not a cost."""
        total = self._total_step(c)
        if total is None:
            return ""
        wanted = self.config.min_total_ratio * abs(c.delta)
        for name in self._around(c):
            step = Step.of(self.series.values[self.rows[name]], c)
            if step.size + _SIGMAS * step.error < wanted:
                return "cost moved within a caller, whose own cost did not move with it"
        is_refuted = total.size + _SIGMAS * total.error < wanted
        is_open = self.config.keep_open or total.size >= wanted or total.is_sure
        if is_refuted or not is_open:
            return "cost moved between functions, the service's total did not move with it"
        return ""

    def is_sure(self, c: Candidate) -> bool:
        """Tell whether the service's total moved with a candidate beyond doubt."""
        step = self._total_step(c)
        return step is not None and step.is_sure

    def _total_step(self, c: Candidate) -> Step | None:
        """Return how far the service's total moved: as measured apart, else by the windows."""
        if c.metric != "cost" or SERVICE not in self.rows:
            return None
        values = self.series.values[self.rows[SERVICE]]
        if self.config.total_ratio is None:
            return Step.of(values, c)
        before = float(np.median(values[c.index - len(c.before) : c.index]))
        return Step((self.config.total_ratio - 1) * before * float(np.sign(c.delta)), 0.0)

    def _around(self, c: Candidate) -> list[str]:
        """Return the callers, near and far, that hold all stacks of a candidate, and more."""
        if self.depths is None or self.stack_values is None or c.subject == SERVICE:
            return []
        names = self.series.subjects  # the first are those of `depths`
        costs = np.asarray(self.stack_values.mean(axis=1)).ravel()
        own = self.depths[[names.index(c.subject)]].toarray().ravel()
        within = self.depths.tocoo()
        above = within.data < own[within.col]  # 0 where the candidate is not in the stack
        shared = np.bincount(
            within.row[above], costs[within.col[above]], minlength=self.depths.shape[0]
        )
        total = costs[own > 0].sum()
        levels = (self.depths > 0) @ costs
        found = np.flatnonzero((shared >= _HOLDS * total) & (levels >= _LARGER * total))
        return [names[f] for f in found if names[f] in self.rows]
