"""What repeats: the seasons that the series of one clock have in common.

Seasons are found over all series together: each tells little, and the clock is the same for all.
"""

from __future__ import annotations

import numpy as np
from scipy import signal, stats

from workbench.types import FloatArray

_MOST_ROWS = 256
_SURE = 1e-4
"""Chance that noise alone passes for a season, over all periods looked at."""
_FEWEST_CYCLES = 3
_FEWEST_PER_CYCLE = 4
"""Windows."""
_LOUD = 50.0
"""No series counts more than this, in units of its own noise."""
_HARMONICS = 6
_SAME_CYCLES = 0.1
"""Cycles in a series by which periods have to differ to be told apart."""
_EXCESS = 1.3
"""A season is worth a sine where power is this many times that of the noise beside it."""


def sample_rows(values: FloatArray, most: int = _MOST_ROWS) -> FloatArray:
    """Return a part of the rows, spread evenly, as numbers without gaps."""
    step = max(1, len(values) // most)
    rows = np.array(values[::step][:most], dtype=np.float64)
    for row in rows:
        gap = ~np.isfinite(row)
        if gap.all():
            row[:] = 0.0
        elif gap.any():
            row[gap] = np.interp(np.flatnonzero(gap), np.flatnonzero(~gap), row[~gap])
    return np.asarray(rows[np.ptp(rows, axis=1) > 0])


def find_periods(
    rows: FloatArray, day: float | None = None, *, sure: float = _SURE
) -> tuple[float, ...]:
    """Return the sines that make up the season of the day, in windows, longest first.

    Parameters
    ----------
    rows : FloatArray
        (n_rows, n_windows), as `sample_rows` gives them.
    day : float, optional
        Windows in a day, where that is known; else the season is looked for.
    sure : float
        Chance that noise alone passes for a season, over all periods looked at.

    Returns
    -------
    tuple of float
        Its period and those of its harmonics that matter; empty where nothing repeats.
    """
    n_rows, n = rows.shape
    if not n_rows or n < 2 * _FEWEST_CYCLES * _FEWEST_PER_CYCLE:
        return ()
    whole = _spectrum(rows, np.arange(n // 2))
    if day is None:
        loud = np.sqrt(_powers(rows, np.arange(n // 2))).mean(axis=0)
        found = _strongest(whole, loud, n_rows, sure)
        if found is None:
            return ()
        cycles = n / _exact_period(rows, found)
    else:
        cycles = n / day
        if cycles < _FEWEST_CYCLES - 0.5:
            return ()
    orders = np.arange(1, _HARMONICS + 1)
    orders = orders[cycles * orders <= n / _FEWEST_PER_CYCLE]
    power = _spectrum(rows, cycles * orders)
    limit = max(_EXCESS, _limit(n_rows, len(orders), sure))
    kept = orders[power > limit * _around(whole, cycles * orders)]
    return tuple(float(n / (cycles * order)) for order in kept)


def _exact_period(rows: FloatArray, cycles: int) -> float:
    """Return the period near a number of cycles; whole windows where that is as good."""
    n = rows.shape[1]
    near = np.arange(cycles - 0.8, cycles + 0.81, 0.02)
    power = np.sqrt(_powers(rows, near)).mean(axis=0)
    period = n / float(near[np.argmax(power)])
    whole = float(round(period))
    return whole if abs(n / whole - n / period) < _SAME_CYCLES else period


def _spectrum(rows: FloatArray, cycles: FloatArray) -> FloatArray:
    """Return power at numbers of cycles, each row in units of its noise, averaged over rows."""
    return np.asarray(np.minimum(_powers(rows, cycles), _LOUD).mean(axis=0))


def _powers(rows: FloatArray, cycles: FloatArray) -> FloatArray:
    """Return power of each row at numbers of cycles, in units of its noise.

    Tapered, so that steps and drifts do not leak far.
    """
    n = rows.shape[1]
    taper = signal.windows.hann(n, sym=False)
    level = signal.detrend(rows, axis=1) * taper
    noise = np.median(np.abs(np.fft.rfft(level, axis=1)[:, 2:]) ** 2, axis=1, keepdims=True)
    if len(cycles) == n // 2:
        power = np.abs(np.fft.rfft(level, axis=1)[:, : n // 2]) ** 2
    else:
        turns = np.exp(-2j * np.pi * np.outer(np.arange(n), cycles) / n)
        power = np.abs(level @ turns) ** 2
    return np.asarray(power / np.maximum(noise, 1e-300))


def _around(spectrum: FloatArray, cycles: FloatArray) -> FloatArray:
    """Return the power of the noise near numbers of cycles."""
    near = np.array([-8, -7, -6, -5, -4, -3, 3, 4, 5, 6, 7, 8])
    places = np.clip(np.rint(cycles).astype(int)[:, np.newaxis] + near, 2, len(spectrum) - 1)
    return np.asarray(np.median(spectrum[places], axis=1))


def _limit(n_rows: int, n_looked_at: int, sure: float = _SURE) -> float:
    """Return power that noise hardly ever has, averaged over rows, in units of its median."""
    most = stats.gamma.isf(sure / n_looked_at, n_rows, scale=1 / n_rows)
    return float(most / stats.gamma.median(n_rows, scale=1 / n_rows))


def _strongest(spectrum: FloatArray, loud: FloatArray, n_rows: int, sure: float) -> int | None:
    """Return the cycles of the season that stands out most, None where none does."""
    cycles = np.arange(_FEWEST_CYCLES, 2 * len(spectrum) // _FEWEST_PER_CYCLE)
    excess = spectrum[cycles] / _around(spectrum, cycles.astype(np.float64))
    out = excess > max(1.5 * _EXCESS, _limit(n_rows, len(cycles), sure))
    if not out.any():
        return None
    best = int(cycles[np.argmax(np.where(out, loud[cycles], 0))])
    for part in (3, 2):  # a harmonic may be louder than what it is a harmonic of
        below = round(best / part)
        is_part = below >= _FEWEST_CYCLES and abs(below * part - best) <= 1
        if is_part and out[below - _FEWEST_CYCLES]:
            return below
    return best


def week_candidates(week: float, n_windows: int) -> tuple[float, ...]:
    """Return the sines that a season of the week may have, as long as they can be told."""
    cycles = n_windows / week
    if cycles < 0.75:
        return ()
    most = 2 if cycles < 2 else 6
    return tuple(week / order for order in range(1, most + 1))


def is_weekly(left: FloatArray, places: FloatArray, week: float, period: float) -> bool:
    """Tell whether a sine of the week is in the series.

    Parameters
    ----------
    left : FloatArray
        (n_rows, n_blocks) what the other seasons and the likeliest step leave of each series:
        a step that is one leaves noise, a season of the week that passed for one leaves the rest.
    places : FloatArray
        (n_blocks,) middle of each block, in windows.
    """
    beside = np.array([8, 9, 10, 11, 12, 13])  # 7 is the day
    size = np.sqrt((left**2).mean(axis=1, keepdims=True))
    left = left[size[:, 0] > 0] / size[size[:, 0] > 0]
    if not len(left):
        return False

    def power(orders: FloatArray) -> float:
        turns = np.exp(-2j * np.pi * np.outer(places, orders) / week)
        each = np.abs(left @ turns) ** 2 / left.shape[1]
        return float(np.minimum(each, 6.0).mean())

    limit = max(1.2 * _EXCESS, _limit(len(left), 6))
    return power(np.array([week / period])) > limit * power(beside)
