"""Whether later profiles show the gain that was measured of a fix.

The windows since the regression began, up to the deploy of the fix, are compared with those since.
The gain is the difference of the two means, with the interval of Welch's t for unequal variances
(B. L. Welch, 1947). Neighbouring windows are alike, so each side counts as n (1 - r) / (1 + r)
windows, r being the correlation of neighbours (G. V. Bayley and J. M. Hammersley, 1946), pooled
over both sides and corrected for its bias of -(1 + 3 r) / n (F. H. C. Marriott and J. A. Pope,
1954). A fix is confirmed where both hold, each at 5 %:

1. there is a gain at all: a one-sided test against none;
2. it is as large as what was measured: the two differ by no more than the root of the sum of
   squares of the half-widths of their intervals.

Where it is not known with which deploy the fix came, each deploy after its approval is tried. Of
those with a gain the one is taken after which two levels fit the series best (least squares), and
its p-value is multiplied by how many deploys there were (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.types import Amount, Confirmation, FloatArray

LEAST_WINDOWS = 8
"""On either side of a deploy; with fewer nothing is said."""
_LEVEL = 0.05
_MOST_CORRELATED = 0.9


def confirm(
    before: FloatArray, after: FloatArray, expected: Amount, *, n_tried: int = 1
) -> Confirmation:
    """Tell whether a level went down by what was expected.

    Parameters
    ----------
    before : array
        (n_before,) the series from when the regression began until the fix was deployed, oldest
        first; NaN is left out.
    after : array
        (n_after,) the series since.
    expected : Amount
        The gain that was measured, in the unit of the series.
    n_tried : int
        Deploys that were tried, of which this one was chosen.
    """
    sides = [np.asarray(side, np.float64) for side in (before, after)]
    sides = [side[np.isfinite(side)] for side in sides]
    if min(map(len, sides)) < LEAST_WINDOWS:
        counts = " and ".join(str(len(side)) for side in sides)
        told = f"there are {counts} windows before and after the deploy, fewer than {LEAST_WINDOWS}"
        return Confirmation("not known", told, expected=expected)
    gain, p_value = _welch(*sides)
    p_value = min(1.0, p_value * n_tried)
    verdict = _verdict(gain, p_value, expected)
    told = f"{_words(gain)} by later profiles, {_words(expected)} expected"
    return Confirmation(verdict, told, gain, expected, p_value)


def confirm_later(
    values: FloatArray,
    times: pd.DatetimeIndex,
    versions: Sequence[str],
    *,
    began: datetime,
    approved: datetime,
    expected: Amount,
) -> Confirmation:
    """Find the deploy that a fix came with, and tell whether it gave back what was expected.

    Parameters
    ----------
    values : array
        (n_windows,) the regressed series, oldest first.
    times : DatetimeIndex
        (n_windows,) when each window began, with a time zone.
    versions : sequence of str
        (n_windows,) what ran in each; a window of another version than the one before it is a
        deploy. Where no version is known, every window could be one.
    began, approved : datetime
        When the regression began, and when the fix was approved; with a time zone.
    expected : Amount
        The gain that was measured, in the unit of the series.
    """
    known = np.isfinite(values)
    values, times = values[known], times[known]
    told = [version for version, is_known in zip(versions, known, strict=True) if is_known]
    first = int(times.searchsorted(pd.Timestamp(began)))
    after_approval = int(times.searchsorted(pd.Timestamp(approved), side="right"))
    is_versioned = any(told)
    tried = [
        at
        for at in range(max(after_approval, first + LEAST_WINDOWS), len(values) - LEAST_WINDOWS + 1)
        if not is_versioned or told[at] != told[at - 1]
    ]
    if not tried:
        reason = f"no deploy since has {LEAST_WINDOWS} windows on either side yet"
        return Confirmation("not known", reason, expected=expected)
    seen = {
        at: confirm(values[first:at], values[at:], expected, n_tried=len(tried)) for at in tried
    }
    best = min(tried, key=lambda at: (seen[at].gain.value <= 0, _rest(values, first, at)))
    return replace(seen[best], deployed=times[best].to_pydatetime())


def _rest(values: FloatArray, first: int, at: int) -> float:
    """Return the sum of squares that two levels leave, where the second begins at `at`."""
    return sum(float(((side - side.mean()) ** 2).sum()) for side in (values[first:at], values[at:]))


def _welch(before: FloatArray, after: FloatArray) -> tuple[Amount, float]:
    """Return by how much the mean went down, with 95 %, and the p-value of not at all."""
    from scipy.special import stdtr, stdtrit

    correlation = _correlation(before, after)
    shrink = (1 - correlation) / (1 + correlation)
    counts = [max(len(side) * shrink, 2.0) for side in (before, after)]
    parts = [side.var(ddof=1) / n for side, n in zip((before, after), counts, strict=True)]
    gain, error = float(before.mean() - after.mean()), math.sqrt(sum(parts))
    if not error:
        return Amount(gain, gain, gain), 0.0 if gain > 0 else 1.0
    freedom = sum(parts) ** 2 / sum(
        part**2 / (n - 1) for part, n in zip(parts, counts, strict=True)
    )
    half = float(stdtrit(freedom, 1 - _LEVEL / 2)) * error
    return Amount(gain, gain - half, gain + half), float(stdtr(freedom, -gain / error))


def _correlation(*sides: FloatArray) -> float:
    """Return how alike neighbouring windows are, 0 to 0.9, about the mean of their side."""
    rests = [side - side.mean() for side in sides]
    squares = sum(float(rest @ rest) for rest in rests)
    if not squares:
        return 0.0
    seen = sum(float(rest[1:] @ rest[:-1]) for rest in rests) / squares
    n = sum(map(len, sides)) / len(sides)
    return min(max(seen + (1 + 3 * seen) / n, 0.0), _MOST_CORRELATED)


def _verdict(gain: Amount, p_value: float, expected: Amount) -> str:
    apart = gain.value - expected.value
    spread = max(expected.value - expected.low, expected.high - expected.value)
    room = math.hypot(gain.high - gain.value, spread if math.isfinite(spread) else 0.0)
    is_alike = abs(apart) <= room
    if p_value < _LEVEL:
        return "confirmed" if is_alike else "less" if apart < 0 else "more"
    return "not known" if is_alike else "not seen"


def _words(amount: Amount) -> str:
    told = f"{amount.value:.3g}"
    return f"{told} [{amount.low:.3g}, {amount.high:.3g}]" if amount.has_interval else told
