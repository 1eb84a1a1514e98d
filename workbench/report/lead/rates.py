"""How often, and how soon: rates with their intervals, and times of which some never came."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from workbench.types import FloatArray, TrackRecord

FEW = 30
"""Fewer cases than this say little."""
NAMED = ("diagnosed", "waits for review", "fix failed", "fix verified")
"""States of a solve in which somebody is named, and nobody said no."""
LIVE, EVALUATED = "solves", "evaluations"


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of `n`, 0 to 1, with its 95 % interval; NaN where there is none."""

    ratio: float
    low: float
    high: float
    n: int

    @property
    def is_few(self) -> bool:
        """Whether it is of too few to rely on."""
        return self.n < FEW


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What part was diagnosed by which time (Kaplan and Meier 1958)."""

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
            return Rate(0.0, 0.0, wilson(0, self.n).high, self.n)
        if self.ratio[step] == 1:  # the interval of the curve is not defined where nobody waits
            return Rate(1.0, wilson(self.n_diagnosed, self.n_diagnosed).low, 1.0, self.n)
        low, high = float(self.low[step]), float(self.high[step])
        return Rate(float(self.ratio[step]), low, high, self.n)

    @property
    def median_seconds(self) -> float:
        """By when half were diagnosed; NaN where half never were."""
        step = int(np.searchsorted(self.ratio, 0.5))
        return float(self.seconds[step]) if step < len(self.seconds) else math.nan


def wilson(k: float, n: float) -> Rate:
    """Return the rate k of n with Wilson's interval; NaN where n is 0, or k is not known."""
    if not (n > 0 and 0 <= k <= n):
        return Rate(math.nan, math.nan, math.nan, int(n) if n > 0 else 0)
    interval = stats.binomtest(int(k), int(n)).proportion_ci(method="wilson")
    return Rate(k / n, float(interval.low), float(interval.high), int(n))


def times_to_diagnosis(record: TrackRecord, variant: str = "") -> pd.DataFrame:
    """Return how long diagnoses took, and how long others were waited for.

    What was answered wrongly, rejected, or not at all is still not diagnosed at the end of the
    period: it is censored there, not where it gave up, or wrong answers would count as if they
    were on their way to right ones. Solves that found no regression had nothing to diagnose.
    Live times are those of `solves`, which tells how each ended.

    Parameters
    ----------
    record : TrackRecord
        What was done.
    variant : str
        Whose answers in evaluations are taken, of each case the latest. Default: of all.

    Returns
    -------
    DataFrame
        `group` (`LIVE` or `EVALUATED`), `seconds`, `is_diagnosed`.
    """
    solves = record.solves[record.solves["state"] != "no regression"]
    is_right = _truth(solves["is_right"])
    is_named = solves["state"].isin(NAMED) & (is_right != 0)
    live = solves[["at", "seconds"]].assign(group=LIVE, is_diagnosed=is_named | (is_right == 1))
    answers = record.answers[~record.answers["is_live"].astype(bool)]
    if variant:
        answers = answers[answers["variant"] == variant]
    answers = answers.sort_values("at", kind="stable").drop_duplicates(
        ["case", "variant"], keep="last"
    )
    is_right = _truth(answers["is_right"])
    judged = answers[["at", "seconds"]].assign(group=EVALUATED, is_diagnosed=is_right == 1)
    times = pd.concat(
        [part for part in (live, judged[is_right.notna()]) if len(part)] or [live],
        ignore_index=True,
    )
    at = pd.to_datetime(times["at"], utc=True)
    waited = (pd.to_datetime(record.until, utc=True) - at).dt.total_seconds()
    seconds = pd.to_numeric(times["seconds"])
    times["seconds"] = seconds.where(times["is_diagnosed"], np.fmax(seconds, waited))
    return times.loc[times["seconds"] >= 0, ["group", "seconds", "is_diagnosed"]]


def curve_of(times: pd.DataFrame) -> Curve:
    """Return the curve of `seconds` and `is_diagnosed`, one row each."""
    seconds = times["seconds"].to_numpy(np.float64)
    is_diagnosed = times["is_diagnosed"].to_numpy(np.bool_)
    empty = np.empty(0)
    if not is_diagnosed.any():
        return Curve(empty, empty, empty, empty, len(times), 0)
    cdf = stats.ecdf(stats.CensoredData.right_censored(seconds, ~is_diagnosed)).cdf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no interval where all are diagnosed
        interval = cdf.confidence_interval(method="log-log")
    is_step = np.isin(cdf.quantiles, seconds[is_diagnosed])
    parts: tuple[Any, ...] = (cdf, interval.low, interval.high)
    ratio, low, high = (np.asarray(part.probabilities)[is_step] for part in parts)
    return Curve(cdf.quantiles[is_step], ratio, low, high, len(times), int(is_diagnosed.sum()))


def _truth(column: pd.Series) -> pd.Series:
    """Return 1 for right, 0 for wrong, NaN where it is not known, of any kind of column."""
    return pd.to_numeric(column).astype(np.float64)
