"""Fits of level, season and steps to many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.detect.noise.design import LEVELS, Design
from workbench.detect.noise.loops import loops
from workbench.types import FloatArray, IntArray

_MILD, _FAR = 2.5, 4.5
"""Errors from which on a block counts less, and not at all (Hampel's function)."""
_OUTSTANDING = 8.0
"""Errors by which a step beside the likeliest has to stand out."""
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Rows without their outliers."""

    values: FloatArray
    """(n_rows, n_blocks), outliers drawn in to what fits the rest."""
    alone: FloatArray
    """(n_rows, n_blocks), the same without all steps but the highest."""
    left: FloatArray
    """(n_rows, n_blocks), what level, season and steps leave of that."""
    phi: FloatArray
    """(n_rows,) autocorrelation of neighbouring blocks; too low, since the fit takes some away."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The likeliest step of each row, (n_rows,)."""

    statistic: FloatArray
    """Height over its error, as by Student's t."""
    place: IntArray
    """Its first block."""
    sigma: FloatArray
    """Noise of whitened blocks."""


def fit_rows(design: Design, rows: FloatArray) -> Fit:
    """Fit level, season and steps; draw outliers in; estimate autocorrelation.

    Parameters
    ----------
    rows : FloatArray
        (n_rows, n_blocks).
    """
    values, alone, left = (np.empty_like(rows) for _ in range(3))
    phi = np.empty(len(rows))
    tables = design.tables
    loops.compiled.fit_rows(
        rows, tables.bases[0], tables.inverse_lengths[0], float(design.dof), _MILD, _FAR,
        _OUTSTANDING, values, alone, left, phi, np.empty(2 * _MOST_STEPS, np.int64),
        np.empty(2 * _MOST_STEPS), *np.empty((2, rows.shape[1])),
    )  # fmt: skip
    return Fit(values, alone, left, phi)


def scan_rows(design: Design, values: FloatArray, level: IntArray) -> Steps:
    """Find the likeliest step of each row, in noise of autocorrelation `LEVELS[level]`."""
    n_rows, n_blocks = values.shape
    steps = Steps(np.empty(n_rows), np.empty(n_rows, np.int64), np.empty(n_rows))
    tables = design.tables
    loops.compiled.scan_rows(
        values, level, LEVELS, tables.bases, tables.inverse_lengths, float(design.dof),
        steps.statistic, steps.place, steps.sigma, np.empty(n_blocks),
    )  # fmt: skip
    return steps
