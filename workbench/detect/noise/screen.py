"""All series at once: leave out where nothing stands out, and judge the rest with care."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.detect.noise.background import Background, blocks_of
from workbench.detect.noise.calibrate import Judged, critical, judge
from workbench.detect.noise.loops import loops
from workbench.types import FloatArray, IntArray
from workbench.types.signals import Signals

_AT_ONCE = 4096
_WIDER = 30.0
"""How many times likelier than the budget chance may be for a series to be looked at closely."""
_LOOSEST = 0.3
_MEAN_SIZE = 0.79788
"""Of a normal distribution's absolute values, in standard deviations."""


def screen(signals: Signals, background: Background, alpha: float) -> FloatArray:
    """Return how far each series stands out, above 1 where it is worth a closer look.

    A scan for a step in white noise, scaled by the autocorrelation that series of this matrix
    usually have; outliers and the autocorrelation of a series itself are left to `judge`. NaN
    where a series has gaps.

    Returns
    -------
    FloatArray
        (n_series,).
    """
    design = background.design
    layout = design.layout
    n, values = layout.n_blocks, signals.values
    dtype = values.dtype
    heights = np.empty(len(values))
    phi = min(max(np.tanh(background.prior.mean), 0.0), 0.95)
    loops.compiled.screen_rows(
        values, layout.start, layout.block, design.tables.bases[0].astype(dtype),
        design.tables.inverse_lengths[0].astype(dtype), design.step_shapes.astype(dtype),
        1 / np.sqrt(2 * (1 - phi)), np.empty(n, dtype), heights,
    )  # fmt: skip
    sigma_of_sum = np.sqrt(n / design.dof) / (_MEAN_SIZE * n)
    statistic = np.abs(heights) / sigma_of_sum * np.sqrt((1 - phi) / (1 + phi))
    return np.asarray(statistic / critical(background.null, min(_LOOSEST, _WIDER * alpha)))


def look_closely(
    signals: Signals, rows: IntArray, background: Background
) -> Iterator[tuple[IntArray, Judged]]:
    """Judge rows with care, some at a time."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        blocks = blocks_of(filled(signals.values[part]), background.design.layout)
        yield part, judge(background.design, blocks, background.prior, background.null)


def filled(values: FloatArray) -> FloatArray:
    """Return rows with gaps bridged by straight lines; a row without any value is 0."""
    gaps = ~np.isfinite(values)
    rows = np.flatnonzero(gaps.any(axis=1))
    if not len(rows):
        return values
    values = values.copy()
    for row in rows:
        known = np.flatnonzero(~gaps[row])
        values[row] = (
            np.interp(np.arange(values.shape[1]), known, values[row, known]) if len(known) else 0.0
        )
    return values
