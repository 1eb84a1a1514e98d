"""Where one series changes: its level, or its trend.

Two readings are tried. A series that steps and white noise explain is read as that, to the
precision of its noise. Any other is read as straight lines, by a coarser yardstick: what it leaves
is autocorrelated, and part of what looks like structure is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from workbench.detect.background import steady_windows
from workbench.detect.design import sines
from workbench.detect.loops import loops
from workbench.detect.season import find_periods
from workbench.errors import SignalError
from workbench.types import FloatArray

_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_OUTLIER_SIGMAS, _LONE_SIGMAS = 3.0, 6.0
_PENALTY = 3.0
"""Cost of one more change, in log n times the variance that counts as noise."""
_STEPS_PENALTY = 4.0
_LONGEST = 2000
"""Points to which a longer series is averaged before its changes are looked for."""
_FEWEST_PER_STEP = 15
"""Points a step, on average, of a series that is read as steps."""
_WHITE, _PLAIN = 0.2, 1.3
"""Autocorrelation, and size in terms of differences, of what steps may leave."""
_ROUNDS = 3
_SHORTER = 0.0
"""Numbers by which lines have to be the shorter description of what steps describe well."""
_FORETOLD = 0.3
"""Correlation of one half of a series with what a season of the other makes of it, at least."""
_EXACT = 1e-9
"""Part of a series' range that counts as nothing."""
_SEASON_SURE = 1e-4
"""Chance that noise passes for a season, of a series that stands alone."""


def change_points(
    values: npt.ArrayLike, *, min_size: int = 3, penalty: float | None = None
) -> list[int]:
    """Find where the level or the trend of a series changes.

    Noise, its autocorrelation, a season and lone outliers are estimated from the series itself.
    Steps are searched exactly by ruptures (KernelCPD), lines by dynamic programming. It describes
    a series; which changes deserve an alert is for `detect` to say.

    Parameters
    ----------
    values : array_like
        (n,) oldest first, as if equally far apart; NaN where there is none.
    min_size : int
        Fewest points in a segment.
    penalty : float, optional
        Cost of one more step, in variances of the noise between neighbours; with it steps alone
        are looked for. Default: 4 log n for steps; for lines 3 log n, in the geometric mean of the
        variance between neighbours and that of the whole, times what autocorrelation makes of it.

    Returns
    -------
    list of int
        First index of each new segment, ascending; the end is not listed, no change is [].

    Raises
    ------
    SignalError
        Where `values` is not one series of numbers, or one of them is infinite.
    """
    series = _numbers(values)
    known = np.flatnonzero(~np.isnan(series))
    places = _change_points(series[known], max(int(min_size), 1), penalty)
    return [int(known[place]) for place in places]


def _change_points(series: FloatArray, min_size: int, penalty: float | None) -> list[int]:
    if len(series) < max(2 * min_size, 4) or (series == series[0]).all():
        return []
    series = series / np.max(np.abs(series))  # so that no square is too small or too large
    series = (series - np.median(series)) / np.ptp(series)
    block = -(-len(series) // _LONGEST)
    if block == 1:
        return _find(series, min_size, penalty)
    start = len(series) % block
    means = series[start:].reshape(-1, block).mean(axis=1)
    rough = _find(means, max(2, -(-min_size // block)), penalty)
    return _exactly(series, [start + block * place for place in rough], block, min_size)


def _numbers(values: npt.ArrayLike) -> FloatArray:
    try:
        series = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SignalError(f"expected numbers (n,): {error}") from error
    if series.ndim != 1:
        raise SignalError(f"expected one series (n,), got an array of shape {series.shape}")
    if np.isinf(series).any():
        place = int(np.flatnonzero(np.isinf(series))[0])
        raise SignalError(
            f"expected finite values, or NaN for none, got {series[place]} at index {place}"
        )
    return series


def _find(series: FloatArray, min_size: int, penalty: float | None) -> list[int]:
    waves = _season(series)
    if waves is None:
        return _read(series, min_size, penalty)
    width, shapes = waves
    trend = ndimage.uniform_filter1d(series, width, mode="nearest")
    places: list[int] = []
    for _ in range(2):  # a season is estimated best beside the changes, and they beside it
        weights = np.linalg.lstsq(shapes, series - trend, rcond=None)[0]
        places = _read(series - shapes @ weights, min_size, penalty)
        trend = series - _Reading(series, places, 1).left
    return places


def _read(series: FloatArray, min_size: int, penalty: float | None) -> list[int]:
    """Return the changes of a series without season."""
    log_n = float(np.log(len(series)))
    stepwise = _Reading.of_steps(
        _without_outliers(series), min_size, _STEPS_PENALTY * log_n if penalty is None else penalty
    )
    if penalty is not None:
        return stepwise.places
    if not stepwise.is_enough:
        return _read_as_lines(steady_windows(series), min_size, _PENALTY * log_n)
    noise = stepwise.noise
    places = _lines(stepwise.series, (_STEPS_PENALTY + 1) * log_n * noise**2, min_size)
    lines = _Reading(stepwise.series, places, 1)
    shorter = lines.length(noise) < stepwise.length(noise) - _SHORTER * log_n
    return lines.places if shorter else stepwise.places


class _Reading(NamedTuple):
    """A series as segments of polynomials."""

    series: FloatArray
    places: list[int]
    degree: int
    noise: float = 0.0

    @classmethod
    def of_steps(cls, series: FloatArray, min_size: int, penalty: float) -> _Reading:
        """Read a series as steps."""
        import ruptures  # 1.4 s to import

        noise = noise_sigma(series)
        search = ruptures.KernelCPD(kernel="linear", min_size=min_size)
        search.fit((series / noise)[:, np.newaxis])
        places = [int(end) for end in search.predict(pen=penalty)[:-1]]
        return cls(series, places, 0, noise)

    @property
    def is_enough(self) -> bool:
        """Whether few steps leave nothing but white noise."""
        n, n_steps, left = len(self.series), len(self.places), self.left
        size = float(np.sqrt((left**2).sum() / max(n - n_steps - 1, 1)))
        is_plain = size <= _PLAIN * self.noise and _autocorrelation(left) < _WHITE + n**-0.5
        return size < _EXACT or (is_plain and n_steps <= max(1, n / _FEWEST_PER_STEP))

    @property
    def left(self) -> FloatArray:
        """What the segments leave."""
        left = np.empty_like(self.series)
        edges = [0, *self.places, len(self.series)]
        for first, last in pairwise(edges):
            part = self.series[first:last]
            place = np.linspace(-1, 1, len(part)) if len(part) > 1 else np.zeros(1)
            left[first:last] = part - part.mean()
            if self.degree and len(part) > 2:
                left[first:last] -= place * (place @ part) / (place @ place)
        return left

    def length(self, noise: float) -> float:
        """Return how long a description of the series it is (Bayesian information criterion)."""
        n_numbers = (2 + self.degree) * len(self.places) + 1 + self.degree
        return float((self.left**2).sum() / noise**2 + n_numbers * np.log(len(self.series)))


def _read_as_lines(series: FloatArray, min_size: int, penalty: float) -> list[int]:
    """Read a series as lines, with a penalty that rises with the autocorrelation of what is left.

    What counts as noise is between that of neighbours, which a smooth series hardly has, and all
    that varies.
    """
    n = len(series)
    second = np.diff(series, 2)
    near = _MAD_TO_SIGMA * float(np.median(np.abs(second))) / np.sqrt(6)
    near = near or float(np.sqrt(np.mean(second**2) / 6))
    whole = float(series.std())
    variance = min(max(near, 1e-3 * whole), whole) * whole
    factor = 1.0
    places = _lines(series, penalty * variance, min_size)
    for _ in range(_ROUNDS):
        lost = 2 * (len(places) + 1) / n
        phi = min(max(_autocorrelation(_Reading(series, places, 1).left) + lost, 0.0), 0.98)
        larger = (1 + phi) / (1 - phi)
        if larger <= 1.05 * factor:
            break
        factor = larger
        places = _lines(series, penalty * variance * factor, min_size)
    return places


def _lines(series: FloatArray, penalty: float, min_size: int) -> list[int]:
    """Return the first index of every line but the first that describe a series best."""
    n = len(series)
    previous = np.zeros(n + 1, np.int64)
    loops.compiled.best_lines(series, penalty, max(min_size, 2), np.empty(n + 1), previous)
    places: list[int] = []
    place = int(previous[n])
    while place > 0:
        places.append(place)
        place = int(previous[place])
    return places[::-1]


def _without_outliers(series: FloatArray) -> FloatArray:
    """Draw lone points in to what their neighbours allow."""
    middle = ndimage.median_filter(series, size=min(5, len(series)), mode="mirror")
    sigma = noise_sigma(series)
    near = np.clip(series, middle - _OUTLIER_SIGMAS * sigma, middle + _OUTLIER_SIGMAS * sigma)
    return np.where(np.abs(series - middle) > _LONE_SIGMAS * sigma, middle, near)


def _season(series: FloatArray) -> tuple[int, FloatArray] | None:
    """Return the width of a season and its sines at every point; None where nothing repeats."""
    periods = find_periods(series[np.newaxis], sure=_SEASON_SURE)
    if not periods:
        return None
    n, longest = len(series), max(periods)
    width = round(longest)
    waves = tuple(longest / order for order in range(1, min(6, width // 2) + 1))
    shapes = sines(np.arange(n, dtype=np.float64), waves)[:, 1:]
    rest = series - ndimage.uniform_filter1d(series, width, mode="nearest")
    halves = [slice(width, n // 2), slice(n // 2, n - width)]
    for fitted, foretold in (halves, halves[::-1]):  # what repeats can be foretold
        weights = np.linalg.lstsq(shapes[fitted], rest[fitted], rcond=None)[0]
        told = np.corrcoef(shapes[foretold] @ weights, rest[foretold])[0, 1]
        if not told > max(_FORETOLD, 6 / np.sqrt(n)):
            return None
    return width, shapes


def _exactly(series: FloatArray, rough: Sequence[int], block: int, min_size: int) -> list[int]:
    """Return the points at which changes of averaged blocks begin."""
    places: list[int] = []
    edges = [0, *rough, len(series)]
    for i, place in enumerate(rough):
        first = max(place - 8 * block, places[-1] if places else 0)
        last = min(place + 8 * block, edges[i + 2])
        part = series[first:last]
        sums = np.cumsum(part - part.mean())[:-1]
        size = np.arange(1, len(part))
        gains = sums**2 / (size * (len(part) - size))
        near = np.abs(size + first - place) <= block
        index = first + int(size[np.argmax(np.where(near, gains, -1.0))])
        if index - (places[-1] if places else 0) >= min_size and len(series) - index >= min_size:
            places.append(index)
    return places


def _autocorrelation(left: FloatArray) -> float:
    """Return the correlation of neighbours."""
    squares = float((left**2).sum())
    return float((left[1:] * left[:-1]).sum()) / squares if squares else 0.0


def noise_sigma(series: FloatArray) -> float:
    """Estimate the standard deviation of the noise around a piecewise constant level.

    From the median absolute successive difference, which steps and drifts hardly touch.
    """
    differences = np.abs(np.diff(series))
    robust = _MAD_TO_SIGMA * float(np.median(differences)) / np.sqrt(2)
    plain = float(np.sqrt(np.mean(differences**2) / 2))
    return robust or plain
