"""Steps that are part of something that repeats."""

from __future__ import annotations

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background, blocks_of
from workbench.detect.noise.calibrate import judge
from workbench.detect.noise.design import Design, sines
from workbench.detect.noise.screen import filled
from workbench.detect.noise.season import find_periods
from workbench.detect.stages.filters import Split
from workbench.detect.stages.localise import Candidate, fit_jointly
from workbench.types.signals import Signals

_LONGEST = 1.5
"""A season of the week is told from a step by its shape alone in series of up to these weeks."""

_BETTER = 2.0
"""Squared error, in noise, by which it has to fit better."""


def seasonality(
    candidates: list[Candidate], signals: Signals, background: Background, config: DetectConfig
) -> Split:
    """Remove steps that a season explains as well: of the week, or of this series alone.

    The seasons that series have in common are in the background already.
    """
    rows: dict[int, str] = {}
    for row in sorted({c.row for c in candidates}):
        own = [c for c in candidates if c.row == row]
        rows[row] = _explained(row, own, signals, background, config.alerts_per_1000_series / 1000)
    return Split(
        [c for c in candidates if not rows[c.row]],
        [(c, rows[c.row]) for c in candidates if rows[c.row]],
    )


def _explained(
    row: int, own: list[Candidate], signals: Signals, background: Background, alpha: float
) -> str:
    design = background.design
    layout = design.layout
    values = filled(signals.values[row : row + 1]).astype(np.float64)
    blocks = blocks_of(values, layout)[0]
    near = [round((c.index - layout.start) / layout.block) for c in own]
    places = np.clip(near, 1, layout.n_blocks - 1)
    steps = (np.arange(layout.n_blocks)[:, np.newaxis] >= places).astype(np.float64)
    with_steps = fit_jointly(design.basis, blocks, background.level, steps)
    week = background.week
    if week is not None and week not in design.periods and layout.n_windows < _LONGEST * week:
        middles = layout.start + layout.block * (np.arange(layout.n_blocks) + 0.5) - 0.5
        wave = sines(np.asarray(middles), (week,))[:, 1:]
        misfit = with_steps.misfit
        noise = misfit / (layout.n_blocks - design.basis.shape[1] - len(own))
        if (
            fit_jointly(design.basis, blocks, background.level, wave).misfit
            < misfit - _BETTER * noise
        ):
            return "a season of the week explains it better than a step"
    if not signals.has_clock:
        return ""
    left = values[0] - design.season @ with_steps.season
    for c in own:
        left[c.index :] -= c.delta
    periods = find_periods(left[np.newaxis])
    periods = tuple(p for p in periods if p >= 2.5 * layout.block)
    if not periods:
        return ""
    wider = Design(layout, (*design.periods, *periods))
    seen = judge(wider, blocks[np.newaxis], background.prior, background.null)
    if seen.p_value[0] <= alpha:
        return ""
    return f"a season of {periods[0]:.0f} windows of its own explains it"
