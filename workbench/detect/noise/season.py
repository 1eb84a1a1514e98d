"""What repeats: the seasons that the series of one clock have in common.

Seasons are found over all series together: each tells little, and the clock is the same for all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import ndimage, signal, stats

from workbench.detect.noise.design import sines, weights_of
from workbench.detect.noise.loops import loops
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
_FEW_ROWS, _ENOUGH_ROWS = 8, 64
_SAME_PERIOD = 0.1
"""Part by which a period may be another when steps are taken out."""
_MOST_STEPS, _OUTSTANDING = 3, 8.0
"""Steps that are taken out of a row, and errors by which those beside the first stand out."""
_FORETOLD = 0.3
"""Correlation of one half of a series with what a season of the other makes of it, at least."""
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


def find_season(
    rows: FloatArray, day: float | None = None, *, sure: float = _SURE
) -> tuple[float, ...]:
    """Return the sines that make up the season of the day, also where steps hide it.

    A step has power at all periods. Where nothing repeats as rows are, the steps that explain most
    of each are taken out: what then seems to repeat has to foretell one half of the windows from
    the other, which what steps leave of a slow drift does not. Of few rows the period itself is
    told more exactly so.

    Parameters, and what is returned, are those of `find_periods`.
    """
    n_rows, n = rows.shape
    if not n_rows or n < 2 * _FEWEST_CYCLES * _FEWEST_PER_CYCLE:
        return ()
    periods = find_periods(rows, day, sure=sure)
    if periods and (day is not None or n_rows > _ENOUGH_ROWS):
        return periods
    left = _without_steps(rows)
    beside = find_periods(left, day, sure=sure)
    if periods:
        is_same = bool(beside) and abs(max(beside) / max(periods) - 1) < _SAME_PERIOD
        periods = beside if is_same else periods
        return periods if foretells(left, periods, least=0.0) else ()
    return beside if beside and foretells(left, beside) else ()


def foretells(rows: FloatArray, periods: tuple[float, ...], *, least: float | None = None) -> bool:
    """Tell whether the season of one half of the windows is that of the other.

    Their correlation has to be more than chance, and than `least`.
    """
    if least is None:
        least = _FORETOLD if len(rows) < _FEW_ROWS else _FORETOLD / 3
    least = max(least, 6 / np.sqrt(rows.size))
    n = rows.shape[1]
    width = round(max(periods))
    shapes = sines(np.arange(n, dtype=np.float64), periods)[:, 1:]
    shapes = shapes - ndimage.uniform_filter1d(shapes, width, axis=0, mode="nearest")
    rest = rows - ndimage.uniform_filter1d(rows, width, axis=1, mode="nearest")
    rest /= np.maximum(rest.std(axis=1, keepdims=True), 1e-300)
    margin = width // 2
    halves = [slice(margin, n // 2), slice(n // 2, n - margin)]
    for known, other in (halves, halves[::-1]):
        weights = weights_of(shapes[known], rest[:, known].T)
        told, seen = (shapes[other] @ weights).T, rest[:, other]
        scale = np.sqrt((told**2).sum() * (seen**2).sum())
        if not (told * seen).sum() > least * scale:
            return False
    return True


def _without_steps(rows: FloatArray) -> FloatArray:
    """Return what a trend and the steps that stand out leave of each row."""
    n = rows.shape[1]
    ones = np.ones(n)
    basis = np.ascontiguousarray(np.linalg.qr(np.column_stack([ones, np.linspace(-1, 1, n)]))[0].T)
    whole = np.arange(n, 0, -1.0)
    lengths = whole - (np.cumsum(basis[:, ::-1], axis=1)[:, ::-1] ** 2).sum(axis=0)
    margin = max(4, n // 84)
    able = (lengths > 0.0025 * whole) & (whole > margin) & (whole <= n - margin)
    inverse = np.where(able, 1 / np.sqrt(np.maximum(lengths, 1e-12)), 0.0)
    left = np.empty_like(rows)
    places, heights = np.empty(2 * _MOST_STEPS, np.int64), np.empty(2 * _MOST_STEPS)
    scratch = np.empty(n)
    for row, out in zip(rows, left, strict=True):
        out[:] = row - basis.T @ (basis @ row)
        loops.compiled.find_steps(
            out, basis, inverse, _OUTSTANDING, True, places, heights, scratch, np.empty(n)
        )
    return left


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
    spectra = _Spectra.of(rows)
    if day is None:
        found = spectra.strongest(sure)
        if found is None:
            return ()
        cycles = n / spectra.exact_period(found)
    else:
        cycles = n / day
        if cycles < _FEWEST_CYCLES - 0.5:
            return ()
    orders = np.arange(1, _HARMONICS + 1)
    orders = orders[cycles * orders <= n / _FEWEST_PER_CYCLE]
    if not len(orders):
        return ()
    power = np.minimum(spectra.at(cycles * orders), _loudest(n_rows)).mean(axis=0)
    limit = max(_EXCESS, _limit(n_rows, len(orders), sure))
    kept = orders[power > limit * spectra.around(cycles * orders)]
    return tuple(float(n / (cycles * order)) for order in kept)


class _Spectra(NamedTuple):
    """Power of rows by number of cycles, tapered so that steps and drifts do not leak far."""

    tapered: FloatArray
    noise: FloatArray
    """(n_rows, 1) median power of each row."""
    each: FloatArray
    """(n_rows, n_windows // 2) at whole numbers of cycles, in units of that."""
    mean: FloatArray
    """(n_windows // 2,) of all rows, none of which counts for too much."""

    @classmethod
    def of(cls, rows: FloatArray) -> _Spectra:
        """Transform rows, each without its linear trend."""
        n = rows.shape[1]
        place = np.arange(n) - (n - 1) / 2
        flat = rows - rows.mean(axis=1, keepdims=True)
        flat -= np.outer(flat @ place / (place @ place), place)
        tapered = flat * signal.windows.hann(n, sym=False)
        power = np.abs(np.fft.rfft(tapered, axis=1)[:, : n // 2]) ** 2
        noise = np.maximum(np.median(power[:, 2:], axis=1, keepdims=True), 1e-300)
        each = power / noise
        return cls(tapered, noise, each, np.minimum(each, _loudest(len(rows))).mean(axis=0))

    def at(self, cycles: FloatArray) -> FloatArray:
        """Return power of each row at any numbers of cycles, in units of its noise."""
        n = self.tapered.shape[1]
        turns = np.exp(-2j * np.pi * np.outer(np.arange(n), cycles) / n)
        return np.asarray(np.abs(self.tapered @ turns) ** 2 / self.noise)

    def around(self, cycles: FloatArray) -> FloatArray:
        """Return the power of the noise near numbers of cycles; of few rows, in a wider band."""
        is_few = len(self.each) < _FEW_ROWS
        above = np.arange(3, 25 if is_few else 9)
        middles, last = np.rint(cycles).astype(int)[:, np.newaxis], len(self.mean) - 1
        near = np.clip(middles + np.concatenate([-above, above]), 2, last)
        power = np.median(self.mean[near], axis=1)
        if is_few:  # a single bin, near the lower end, may be quiet by chance
            power = np.maximum(power, np.median(self.mean[near[:, len(above) :]], axis=1))
        return np.asarray(np.maximum(power, 1e-300))

    def strongest(self, sure: float) -> int | None:
        """Return the cycles of the season that stands out most, None where none does."""
        cycles = np.arange(_FEWEST_CYCLES, 2 * len(self.mean) // _FEWEST_PER_CYCLE)
        excess = self.mean[cycles] / self.around(cycles.astype(np.float64))
        out = excess > max(1.5 * _EXCESS, _limit(len(self.each), len(cycles), sure))
        if not out.any():
            return None
        loud = np.sqrt(self.each[:, cycles]).mean(axis=0)
        best = int(cycles[np.argmax(np.where(out, loud, 0))])
        for part in (3, 2):  # a harmonic may be louder than what it is a harmonic of
            below = round(best / part)
            is_part = below >= _FEWEST_CYCLES and abs(below * part - best) <= 1
            if is_part and out[below - _FEWEST_CYCLES]:
                return below
        return best

    def exact_period(self, cycles: int) -> float:
        """Return the period near a number of cycles; whole windows where that is as good."""
        n = self.tapered.shape[1]
        band = (cycles - 0.8, cycles + 0.8)
        near = np.linspace(*band, 81)
        waves = signal.zoom_fft(self.tapered, band, 81, fs=n, endpoint=True)
        power = (np.abs(waves) / np.sqrt(self.noise)).mean(axis=0)
        period = n / float(near[np.argmax(power)])
        whole = float(round(period))
        return whole if abs(n / whole - n / period) < _SAME_CYCLES else period


def _loudest(n_rows: int) -> float:
    """Return the power up to which a row counts; where there are few, each has to speak up."""
    return _LOUD if n_rows >= _FEW_ROWS else np.inf


@lru_cache(maxsize=1024)
def _limit(n_rows: int, n_looked_at: int, sure: float = _SURE) -> float:
    """Return power that noise hardly ever has, averaged over rows, in units of its median."""
    most = stats.gamma.isf(sure / n_looked_at, n_rows, scale=1 / n_rows)
    return float(most / stats.gamma.median(n_rows, scale=1 / n_rows))


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
