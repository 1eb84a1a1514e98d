"""What all series of a matrix share: how windows make blocks, the seasons, the kind of noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from workbench.detect.noise.calibrate import Prior, find_prior
from workbench.detect.noise.design import LEVELS, Design, Layout
from workbench.detect.noise.fit import fit_rows
from workbench.detect.noise.loops import loops
from workbench.detect.noise.nulls import Null, null_of
from workbench.detect.noise.season import find_season, is_weekly, sample_rows, week_candidates
from workbench.errors import SignalError
from workbench.types import FloatArray
from workbench.types.signals import read_signals

_LONE = 5.0
"""Noise by which a window has to be off its neighbours to be left out."""
_BLOCKS = 84
_BLOCKS_PER_DAY = 6
_FEWEST_BLOCKS_A_WAVE = 2.5
_FEW_ROWS = 12
"""Of fewer rows it cannot always be told whether they have a season of the day, or in a week or
two of the week, or steps: the season is allowed for where there is a clock."""
_FEWEST_PER_DAY = 4
_FEWEST_WINDOWS, _FEWEST_BLOCKS = 5, 4


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """What series are judged against."""

    design: Design
    prior: Prior
    week: float | None = None
    """Windows in a week, where there is a clock."""

    @property
    def level(self) -> int:
        """Usual autocorrelation, as an index of `LEVELS`."""
        return int(np.argmin(np.abs(LEVELS - np.tanh(self.prior.mean))))

    @property
    def null(self) -> Null:
        """What noise alone does to it."""
        return null_of(self.design)


def check_fits(background: Background | None, n_windows: int) -> None:
    """Raise SignalError where a background is of series of another length."""
    if background is not None and background.design.layout.n_windows != n_windows:
        raise SignalError(
            f"expected series over the {background.design.layout.n_windows} windows of the "
            f"background, got {n_windows}"
        )


def make_layout(n_windows: int, period: float | None = None) -> Layout:
    """Return how many windows make a block: some 84 blocks, at least six a period."""
    block = max(1, n_windows // _BLOCKS)
    if period is not None:
        block = max(1, min(block, int(period // _BLOCKS_PER_DAY)))
    return Layout(n_windows, block, max(_FEWEST_BLOCKS, -(-_FEWEST_WINDOWS // block)))


def blocks_of(values: FloatArray, layout: Layout) -> FloatArray:
    """Return means of blocks, (n_rows, n_blocks)."""
    means = np.empty((len(values), layout.n_blocks))
    scratch = np.empty(values.shape[1])
    loops.compiled.steady_means(values, layout.start, layout.block, _LONE, scratch, means)
    return means


def steady_windows(values: FloatArray) -> FloatArray:
    """Return a series with lone windows drawn in to the middle of their neighbours."""
    middle = ndimage.median_filter(values, size=5, mode="nearest")
    limit = _LONE * loops.compiled.window_noise(values, 8 if len(values) > 64 else 1,
                                                np.empty(len(values)))  # fmt: skip
    return np.where((np.abs(values - middle) <= limit) | (limit == 0), values, middle)


def find_background(series: Any) -> Background:
    """Find what series have in common.

    Parameters
    ----------
    series : SeriesMatrix, DataFrame or array
        As `detect` takes them.
    """
    signals = read_signals(series)
    rows = sample_rows(signals.values)
    n_windows = signals.n_windows
    day = signals.day
    periods = find_season(rows, day) if signals.has_clock else ()
    is_few = len(rows) < _FEW_ROWS
    if is_few and not periods and day is not None and _FEWEST_PER_DAY <= day <= n_windows / 3:
        periods = (day,)
    layout = make_layout(n_windows, max(periods, default=None))
    blocks = blocks_of(rows, layout)
    design = Design(layout, tuple(p for p in periods if p >= _FEWEST_BLOCKS_A_WAVE * layout.block))
    day = day or max(periods, default=None)
    week = None if day is None else 7 * day
    if week is not None:
        for period in week_candidates(week, n_windows):
            left = fit_rows(design, blocks).left
            is_hidden = is_few and period == week and n_windows < 2 * week
            if is_hidden or is_weekly(left, _middles(layout), week, period):
                design = Design(layout, (*design.periods, period))
    return Background(design, find_prior(null_of(design), fit_rows(design, blocks).phi), week)


def _middles(layout: Layout) -> FloatArray:
    return np.asarray(layout.start + layout.block * (np.arange(layout.n_blocks) + 0.5) - 0.5)
