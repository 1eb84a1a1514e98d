"""How soon: times to a diagnosis, of which some never came.

One rule holds everywhere: who was not right has no such time. The case is not left out, which
would reward giving up; it counts as waiting still when it was given up, at `LIMIT_S`, or when one
looked, where that was sooner.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from workbench.measures.rates import Rate, rate_of
from workbench.types import BoolArray, FloatArray

LIMIT_S = 36_000.0
"""At which a diagnosis is given up: the ten hours that M. Xu et al. tell of people by hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What part was diagnosed by which time (E. L. Kaplan and P. Meier, JASA 53, 1958)."""

    seconds: FloatArray
    """(n_steps,) ascending, when something was diagnosed."""
    ratio: FloatArray
    """(n_steps,) part that was diagnosed by then, itself included."""
    low: FloatArray
    """(n_steps,) 95 % interval; NaN where there is none."""
    high: FloatArray
    n: int
    n_diagnosed: int

    def within(self, seconds: float) -> Rate:
        """Return the part that was diagnosed by a time."""
        step = int(np.searchsorted(self.seconds, seconds, side="right")) - 1
        if step < 0:
            return Rate(0.0, 0.0, rate_of(0, self.n).high, self.n)
        if self.ratio[step] == 1:  # the interval of the curve is not defined where nobody waits
            return Rate(1.0, rate_of(self.n_diagnosed, self.n_diagnosed).low, 1.0, self.n)
        low, high = float(self.low[step]), float(self.high[step])
        return Rate(float(self.ratio[step]), low, high, self.n)

    @property
    def median_seconds(self) -> float:
        """By when half were diagnosed; NaN where half never were."""
        step = int(np.searchsorted(self.ratio, 0.5 - 1e-12))
        return float(self.seconds[step]) if step < len(self.seconds) else math.nan


def censored(
    seconds: npt.ArrayLike, is_right: npt.ArrayLike, waited: npt.ArrayLike = LIMIT_S
) -> tuple[FloatArray, BoolArray]:
    """Return how long each answer took to be right or was waited for, and whether it was right.

    Parameters
    ----------
    seconds, is_right : array_like
        (n,) of each answer. NaN seconds of a right one count as none: nothing had to be asked.
    waited : array_like
        For how long an answer that is not right was waited for so far; no longer than `LIMIT_S`
        counts. Default: until it was given up.
    """
    spent = np.nan_to_num(np.asarray(seconds, np.float64), nan=0.0)
    seen = (np.asarray(is_right, np.float64) > 0) & (spent <= LIMIT_S)
    return np.where(seen, spent, np.minimum(np.asarray(waited, np.float64), LIMIT_S)), seen


def curve_of(seconds: npt.ArrayLike, is_diagnosed: npt.ArrayLike) -> Curve:
    """Return the curve of times, as `censored` gives them.

    Parameters
    ----------
    seconds, is_diagnosed : array_like
        (n,) each.
    """
    times, seen = np.asarray(seconds, np.float64), np.asarray(is_diagnosed, np.bool_)
    empty = np.empty(0)
    if not seen.any():
        return Curve(empty, empty, empty, empty, len(times), 0)
    cdf = stats.ecdf(stats.CensoredData.right_censored(times, ~seen)).cdf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no interval where all are diagnosed
        interval = cdf.confidence_interval(method="log-log")
    is_step = np.isin(cdf.quantiles, times[seen])
    parts: tuple[Any, ...] = (cdf, interval.low, interval.high)
    ratio, low, high = (np.asarray(part.probabilities)[is_step] for part in parts)
    return Curve(cdf.quantiles[is_step], ratio, low, high, len(times), int(seen.sum()))
