"""Where the level of one series shifts (the one place that speaks to ruptures)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from workbench.errors import SignalError
from workbench.types import FloatArray

_MAD_TO_SIGMA = 1.4826  # of a normal distribution
_OUTLIER_SIGMAS = 3.0


def change_points(
    values: npt.ArrayLike, *, min_size: int = 3, penalty: float | None = None
) -> list[int]:
    """Find where the level of a series changes.

    Minimises squared error plus `penalty` for each change, exactly (PELT), after scaling by the
    noise estimated from successive differences and clipping lone outliers to a running median.

    Parameters
    ----------
    values : array_like
        (n,) finite values, oldest first.
    min_size : int
        Fewest points in a segment.
    penalty : float, optional
        Cost of one more change, in noise variances. Default: 3 log n.

    Returns
    -------
    list of int
        First index of each new segment, ascending; the end is not listed, no change is [].
    """
    series = np.array(values, dtype=np.float64)
    if series.ndim != 1:
        raise SignalError(f"expected one series (n,), got an array of shape {series.shape}")
    if not np.isfinite(series).all():
        place = int(np.flatnonzero(~np.isfinite(series))[0])
        raise SignalError(f"expected finite values, got {series[place]} at index {place}")
    if len(series) < 2 * min_size or (series == series[0]).all():
        return []
    import ruptures  # 1.4 s to import

    series = series / np.max(np.abs(series))  # so that no square is too small or too large
    noise = noise_sigma(series)
    running = ndimage.median_filter(series, size=min(5, len(series)), mode="mirror")
    reach = _OUTLIER_SIGMAS * noise
    steady = np.clip(series, running - reach, running + reach) / noise
    search = ruptures.KernelCPD(kernel="linear", min_size=min_size).fit(steady[:, np.newaxis])
    ends = search.predict(pen=3 * np.log(len(series)) if penalty is None else penalty)
    return [int(end) for end in ends[:-1]]


def noise_sigma(series: FloatArray) -> float:
    """Estimate the standard deviation of the noise around a piecewise constant level.

    From the median absolute successive difference, which steps and drifts hardly touch.
    """
    differences = np.abs(np.diff(series))
    robust = _MAD_TO_SIGMA * float(np.median(differences)) / np.sqrt(2)
    plain = float(np.sqrt(np.mean(differences**2) / 2))
    return robust or plain
