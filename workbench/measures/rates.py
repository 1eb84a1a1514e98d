"""How often: rates with their intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.types import FloatArray

FEW = 30
"""Fewer cases than this say little."""
_Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""


class Rate(NamedTuple):
    """A part of `n`, 0 to 1, with its 95 % interval; NaN where there is none."""

    ratio: float
    low: float
    high: float
    n: int

    @property
    def is_few(self) -> bool:
        """Whether it is of too few to rely on."""
        return self.n < FEW


def wilson(rate: npt.ArrayLike, n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of rates (E. B. Wilson, JASA 22, 1927); NaN of nothing counted.

    Parameters
    ----------
    rate, n : array_like
        Each rate, 0 to 1, and of how many it is; any shape, both the same. A rate need not be one
        of whole cases, as epochs of a case are averaged.
    """
    p, size = np.asarray(rate, np.float64), np.asarray(n, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = _Z**2 / size
        middle = (p + share / 2) / (1 + share)
        half = _Z * np.sqrt(p * (1 - p) / size + share / (4 * size)) / (1 + share)
        return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def rate_of(k: float, n: float) -> Rate:
    """Return the rate k of n with its interval; NaN where n is 0, or k is not known."""
    if not (n > 0 and 0 <= k <= n):
        return Rate(math.nan, math.nan, math.nan, int(n) if n > 0 else 0)
    low, high = wilson(k / n, n)
    return Rate(k / n, float(low), float(high), int(n))
