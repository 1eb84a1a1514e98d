"""How far series moved when a candidate did, whatever else happened to them at other times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background
from workbench.detect.noise.calibrate import judge
from workbench.detect.noise.design import Design
from workbench.detect.stages.localise import GRADUAL, Candidate
from workbench.types import BoolArray, FloatArray, IntArray

_FEWEST_APART = 2
_DOUBTFUL = 2.0
"""Errors below which a step is none worth measuring with care."""
_SIGMAS = 3.0
"""Errors by which a step at another place has to stand out to be fitted too."""
_SEEN = 1e-3
"""Part of a step's square that is left beside others, where it can be told from them."""


class Moves(NamedTuple):
    """Steps of series at a candidate's change, up where the candidate went up; (n_rows,)."""

    before: FloatArray
    """Levels before."""
    sizes: FloatArray
    errors: FloatArray
    """Standard errors of the sizes."""
    dof: int
    """Degrees of freedom by which the errors are known."""


def is_at_once(c: Candidate, other: Candidate, config: DetectConfig) -> bool:
    """Tell whether two changes are as near in time as their places are known."""
    if config.same_change is not None:
        return abs(c.index - other.index) <= config.same_change
    near = abs(c.index - other.index) <= _FEWEST_APART
    return near or (c.low <= other.high and other.low <= c.high)


def measure(blocks: FloatArray, c: Candidate, background: Background, places: IntArray) -> Moves:
    """Measure the steps of series at a candidate's change.

    Level, season and step are fitted together (generalised least squares), and those steps at
    other places that stand out.

    Parameters
    ----------
    blocks : FloatArray
        (n_rows, n_blocks).
    c : Candidate
        Whose change.
    background : Background
        What series are judged against.
    places : IntArray
        (n_places,) windows in which something else changed.
    """
    design = background.design
    judged = judge(design, blocks, background.prior, background.null)
    sizes, errors = np.empty(len(blocks)), np.empty(len(blocks))
    course = _steps(np.array([c.index]), background)
    if c.kind == "drift":
        course = np.cumsum(course, axis=0) / course.sum()
    always = np.column_stack([design.basis, course])
    others = _steps(places, background)
    for level in np.unique(judged.level):
        like = np.flatnonzero(judged.level == level)
        whitener = design.whitener(int(level))
        x, extra = whitener @ always, whitener @ others
        y = whitener @ judged.fit.values[like].T
        ramps = _ramps_instead(design, int(level), x, y) if c.kind == "step" else {}
        sizes[like], errors[like] = _last_weights(x, y)
        beside = _last_weights(np.hstack([extra, x]), y)
        is_clear = np.abs(sizes[like]) > _DOUBTFUL * errors[like]
        is_clear |= np.abs(beside[0]) > _DOUBTFUL * beside[1]
        for i in np.flatnonzero(is_clear).tolist():
            able = np.column_stack([extra, *([ramps[i]] if i in ramps else [])])
            needed = able[:, _standing_out(x, able, y[:, i])]
            size, error = _last_weights(np.hstack([needed, x]), y[:, [i]])
            sizes[like[i]], errors[like[i]] = size[0], error[0]
    layout = design.layout
    ends = layout.start + layout.block * np.arange(1, layout.n_blocks + 1)
    first, last = np.searchsorted(ends, [c.start, c.index], side="right")
    before = np.median(blocks[:, min(first, last - 1) : max(last, 1)], axis=1)
    dof = max(layout.n_blocks - always.shape[1], 1)
    return Moves(before, sizes * float(np.sign(c.delta)), errors, dof)


def _steps(places: IntArray, background: Background) -> FloatArray:
    """Return steps that begin in given windows, as blocks show them, (n_blocks, n_places)."""
    layout = background.design.layout
    ends = layout.start + layout.block * np.arange(1, layout.n_blocks + 1)
    return np.clip((ends[:, np.newaxis] - places) / layout.block, 0, 1)


def _ramps_instead(
    design: Design, level: int, x: FloatArray, y: FloatArray
) -> dict[int, FloatArray]:
    """Return for columns of y a rise that takes time, where one fits better than a step.

    The last column of x is the step.
    """
    if not design.ramps:
        return {}
    basis = np.linalg.qr(x[:, :-1])[0]
    left = y - basis @ (basis.T @ y)
    step = x[:, -1] - basis @ (basis.T @ x[:, -1])
    by_step = np.zeros(len(left.T))
    np.divide((step @ left) ** 2, step @ step, out=by_step, where=bool(step.any()))
    shapes = design.ramp_shapes(level)
    heights = (shapes.T @ left) ** 2
    best = heights.argmax(axis=0)
    by_ramp = heights[best, np.arange(len(best))]
    noise = ((left**2).sum(axis=0) - by_ramp) / max(len(y) - x.shape[1], 1)
    is_better = by_ramp - by_step > GRADUAL * noise
    return {int(i): shapes[:, best[i]] for i in np.flatnonzero(is_better)}


def _standing_out(x: FloatArray, extra: FloatArray, y: FloatArray) -> BoolArray:
    """Choose the extra columns that a fit of y needs, the clearest first.

    The last column of x, the step that is asked for, is no more likely than they are.
    """
    columns = np.hstack([extra, x[:, -1:]])
    chosen = np.zeros(columns.shape[1], np.bool_)
    while not chosen.all() and len(y) - x.shape[1] - chosen.sum() > 1:
        basis = np.linalg.qr(np.hstack([x[:, :-1], columns[:, chosen]]))[0]
        left = y - basis @ (basis.T @ y)
        free = columns - basis @ (basis.T @ columns)
        lengths = (free**2).sum(axis=0)
        able = (lengths > _SEEN * (columns**2).sum(axis=0)) & ~chosen
        gains = np.divide((free.T @ left) ** 2, lengths, out=np.zeros(len(able)), where=able)
        best = int(gains.argmax())
        noise = ((left**2).sum() - gains[best]) / (len(y) - basis.shape[1] - 1)
        if not able[best] or gains[best] <= _SIGMAS**2 * noise:
            break
        chosen[best] = True
    return chosen[:-1]


def _last_weights(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the last weight of a fit to each column of y, and its standard error."""
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-10, hermitian=True)
    weights = inverse @ (x.T @ y)
    misfit = ((y - x @ weights) ** 2).sum(axis=0)
    variances = inverse[-1, -1] * misfit / max(len(y) - x.shape[1], 1)
    return weights[-1], np.sqrt(np.maximum(variances, 0))
