"""Where one series changes: its level, or its trend.

Steps are found as they would be while the series grows: one that its own time tells from noise is
kept, whatever comes later. What steps leave is read as straight lines where it is smooth rather
than noise.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from workbench.detect.noise.background import steady_windows
from workbench.detect.noise.design import sines, weights_of
from workbench.detect.noise.season import find_season, foretells
from workbench.detect.watch import loops
from workbench.errors import SignalError
from workbench.types import FloatArray

_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_OUTLIER_SIGMAS, _LONE_SIGMAS = 3.0, 6.0
_TINY = 1e-100
"""So that nothing overflows that is divided by it."""
_LATELY = 41
"""Points up to one from which its noise is estimated."""
_STEP, _STEP_PER_LOG, _STEP_BESIDE_LINE = 10.0, 3.0, 6.0
"""Twice the log likelihood ratio of a step among n points: the first and log n times the second;
and over a straight line."""
_AS_FOUND = 3
"""Points by which a step may move once it is found; or the fewest in a segment."""
_INEXACT = 0.05
"""Part of a season that its estimate may leave."""
_SMOOTH = 0.8
"""Autocorrelation beside steps from which on a series is no noise around levels."""
_SAME = 5
"""Points between a step and a change of trend that are two changes."""
_LINES_PENALTY = 3.0
"""Cost of one more line, in log n times the variance that counts as noise."""
_ROUNDS = 3
_LONGEST = 2000
"""Points to which a longer series is averaged before seasons and lines are looked for."""
_SEASON_SURE = 1e-4
"""Chance that noise passes for a season, of a series that stands alone."""


def change_points(
    values: npt.ArrayLike, *, min_size: int = 3, penalty: float | None = None
) -> list[int]:
    """Find where the level or the trend of a series changes.

    Noise, its autocorrelation, a season and lone outliers are estimated from the series itself. A
    step is found by the likelihood ratio of the points since the one before, taken anew with every
    point, so that what comes later does not undo it. A smooth series is described by straight
    lines as well (dynamic programming); these, and a season, are those of the whole series, and
    may differ as it grows. Which changes deserve an alert is for `detect` to say.

    Parameters
    ----------
    values : array_like
        (n,) oldest first, as if equally far apart; NaN where there is none.
    min_size : int
        Fewest points in a segment.
    penalty : float, optional
        Cost of one more step, in variances of the noise between neighbours: the steps are then
        those that ruptures finds best for the series as a whole (KernelCPD, whose time grows with
        the square of n), and no lines.

    Returns
    -------
    list of int
        First index of each new segment, ascending; the end is not listed, no change is [].

    Raises
    ------
    SignalError
        Where `values` is not one series of numbers, one of them is infinite, or `penalty` is not
        above 0.
    """
    series = _numbers(values)
    if penalty is not None and not penalty > 0:
        raise SignalError(f"expected a penalty above 0, got {penalty}")
    known = np.flatnonzero(~np.isnan(series))
    places = _change_points(series[known], max(int(min_size), 1), penalty)
    return [int(known[place]) for place in places]


def _numbers(values: npt.ArrayLike) -> FloatArray:
    try:
        series = np.ma.filled(np.ma.array(values, dtype=np.float64), np.nan)
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


def _change_points(series: FloatArray, min_size: int, penalty: float | None) -> list[int]:
    if len(series) < max(2 * min_size, 4) or (series == series[0]).all():
        return []
    series = _scaled(series)
    if penalty is not None:
        return _best_steps(_without_outliers(series), min_size, penalty)
    waves = _season(series)
    if waves is None:
        return _read(series, min_size)
    width, shapes = waves
    trend = ndimage.uniform_filter1d(series, width, mode="nearest")
    places: list[int] = []
    for _ in range(2):  # a season is estimated best beside the changes, and they beside it
        season = shapes @ weights_of(shapes, series - trend)
        places = _read(series - season, min_size, least=_INEXACT * float(season.std()))
        trend = series - _left_by_levels(series, places)
    return places


def _scaled(series: FloatArray) -> FloatArray:
    """Return a series around 0, so that no square is too small or too large, whatever its unit."""
    largest = np.max(np.abs(series))
    series = series / largest - np.median(series[:_LATELY] / largest)
    near = np.abs(series[series != 0])
    return series / max(float(np.median(near)), _TINY)


def _read(series: FloatArray, min_size: int, *, least: float = 0.0) -> list[int]:
    """Return the changes of a series without season, whose noise is no less than `least`."""
    steady = _without_outliers(series)
    places = _steps(steady, min_size, least)
    left = _left_by_levels(steady, places)
    if _autocorrelation(left) + 2 * (len(places) + 1) / len(left) < _SMOOTH:
        return places
    block = -(-len(series) // _LONGEST)
    whole = steady_windows(series)[: len(series) // block * block].reshape(-1, block).mean(axis=1)
    turns = [block * turn for turn in _read_as_lines(whole, -(-min_size // block))]
    apart = max(_SAME, min_size - 1)
    turns = [turn for turn in turns if all(abs(turn - place) > apart for place in places)]
    return sorted(places + turns)


def _steps(series: FloatArray, min_size: int, least: float) -> list[int]:
    starts, firsts = np.zeros((2, len(series) // min_size + 1), np.int64)
    sums = np.zeros((3, len(series) + 1))
    n = loops.compiled.watch_for_steps(
        series,
        min_size,
        max(_AS_FOUND, min_size),
        _STEP,
        _STEP_PER_LOG,
        _STEP_BESIDE_LINE,
        least**2,
        sums,
        firsts,
        starts,
    )
    return [int(start) for start in starts[:n]]


def _best_steps(series: FloatArray, min_size: int, penalty: float) -> list[int]:
    import ruptures  # 1.4 s to import

    if (series == series[0]).all():  # but for outliers
        return []
    search = ruptures.KernelCPD(kernel="linear", min_size=min_size)
    search.fit((series / _noise_of(series))[:, np.newaxis])
    return [int(end) for end in search.predict(pen=penalty)[:-1]]


def _read_as_lines(series: FloatArray, min_size: int) -> list[int]:
    """Read a series as lines, with a penalty that rises with the autocorrelation of what is left.

    What counts as noise is between that of neighbours, which a smooth series hardly has, and all
    that varies.
    """
    n = len(series)
    second = np.diff(series, 2)
    near = _MAD_TO_SIGMA * float(np.median(np.abs(second))) / np.sqrt(6)
    near = near or float(np.sqrt(np.mean(second**2) / 6))
    whole = float(series.std())
    penalty = _LINES_PENALTY * float(np.log(n)) * min(max(near, 1e-3 * whole), whole) * whole
    factor = 1.0
    places = _lines(series, penalty, min_size)
    for _ in range(_ROUNDS):
        lost = 2 * (len(places) + 1) / n
        phi = min(max(_autocorrelation(_left_by_lines(series, places)) + lost, 0.0), 0.98)
        larger = (1 + phi) / (1 - phi)
        if larger <= 1.05 * factor:
            break
        factor = larger
        places = _lines(series, penalty * factor, min_size)
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


def _left_by_levels(series: FloatArray, places: list[int]) -> FloatArray:
    left = np.empty_like(series)
    for first, last in pairwise([0, *places, len(series)]):
        left[first:last] = series[first:last] - series[first:last].mean()
    return left


def _left_by_lines(series: FloatArray, places: list[int]) -> FloatArray:
    left = _left_by_levels(series, places)
    for first, last in pairwise([0, *places, len(series)]):
        if last - first > 2:
            place = np.linspace(-1, 1, last - first)
            left[first:last] -= place * (place @ left[first:last]) / (place @ place)
    return left


def _without_outliers(series: FloatArray) -> FloatArray:
    """Draw lone points in to what their neighbours allow, by the noise up to them."""
    middle = ndimage.median_filter(series, size=min(5, len(series)), mode="mirror")
    change = np.abs(np.diff(series, prepend=series[1]))
    noise = np.asarray(ndimage.median_filter(change, _LATELY, origin=_LATELY // 2))
    noise *= _MAD_TO_SIGMA / np.sqrt(2)
    mean = ndimage.uniform_filter1d(change, _LATELY, origin=_LATELY // 2)
    noise = np.where(noise > 0, noise, mean)
    off = series - middle
    near = middle + np.clip(off, -_OUTLIER_SIGMAS * noise, _OUTLIER_SIGMAS * noise)
    return np.asarray(np.where(np.abs(off) > _LONE_SIGMAS * noise, middle, near))


def _season(series: FloatArray) -> tuple[int, FloatArray] | None:
    """Return the width of a season and its sines at every point; None where nothing repeats.

    Of a long series it is looked for in means, and a shorter one in the first points.
    """
    n = len(series)
    size = -(-n // _LONGEST)
    while size:
        n_means = min(n // size, _LONGEST)
        rows = series[: n_means * size].reshape(1, n_means, size).mean(axis=2)
        periods = find_season(rows, sure=_SEASON_SURE)
        if periods and foretells(rows, periods):
            longest = _exact_period(series, size * max(periods), n_means * size)
            waves = tuple(longest / order for order in range(1, min(6, round(longest) // 2) + 1))
            return round(longest), sines(np.arange(n, dtype=np.float64), waves)[:, 1:]
        size //= 8
    return None


def _exact_period(series: FloatArray, period: float, n_known: int) -> float:
    """Return a period as the whole series tells it, that was found in the first `n_known`."""
    n = len(series)
    if n < 2 * n_known:
        return period
    size = max(1, int(period // 8))
    means = series[: n // size * size].reshape(-1, size).mean(axis=1)
    at = size * np.arange(len(means))
    n_apart = 8 * n // n_known
    rates = 1 / period + np.arange(-n_apart, n_apart + 1) / (8 * n)
    power = [abs(np.exp(-2j * np.pi * rate * at) @ (means - means.mean())) for rate in rates]
    exact = float(1 / rates[int(np.argmax(power))])
    whole = float(round(exact))
    return whole if abs(n / whole - n / exact) < 0.25 else exact


def _autocorrelation(left: FloatArray) -> float:
    """Return the correlation of neighbours."""
    squares = float((left**2).sum())
    return float((left[1:] * left[:-1]).sum()) / squares if squares else 0.0


def _noise_of(series: FloatArray) -> float:
    """Estimate the standard deviation of the noise around a piecewise constant level.

    From the median absolute successive difference, which steps and drifts hardly touch.
    """
    differences = np.abs(np.diff(series))
    robust = _MAD_TO_SIGMA * float(np.median(differences)) / np.sqrt(2)
    plain = float(np.sqrt(np.mean(differences**2) / 2))
    return max(robust or plain, _TINY)
