"""Arrays, and what every room calls a whole service."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SERVICE = "<service>"
"""Subject of the series that holds a whole service rather than one function of it."""


def quiet_cost(costs: Sequence[float] | FloatArray) -> FloatArray:
    """Return what runs of the same work cost on a quiet machine, over the last axis.

    The lower quartile: whatever else a machine does only ever adds time to a run.
    """
    return np.asarray(np.quantile(costs, 0.25, axis=-1), dtype=np.float64)
