"""How far series moved when a candidate did, whatever else happened to them at other times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background
from workbench.detect.noise.calibrate import Judged, judge
from workbench.detect.noise.design import Design, Layout, whitened
from workbench.detect.stages.localise import GRADUAL, Candidate
from workbench.detect.stages.sweep import loops
from workbench.types import FloatArray, IntArray

_FEWEST_APART = 2
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
    """Standard errors of the sizes; inf where they cannot be told from other steps."""
    dof: IntArray
    """Degrees of freedom by which the errors are known."""


def is_at_once(c: Candidate, other: Candidate, config: DetectConfig) -> bool:
    """Tell whether two changes are as near in time as their places are known."""
    if config.same_change is not None:
        return abs(c.index - other.index) <= config.same_change
    near = abs(c.index - other.index) <= _FEWEST_APART
    return near or (c.low <= other.high and other.low <= c.high)


def judge_blocks(blocks: FloatArray, background: Background) -> Judged:
    """Fit level and season to blocks whose moves are to be measured, (n_rows, n_blocks)."""
    return judge(background.design, blocks, background.prior, background.null)


def measure(judged: Judged, c: Candidate, background: Background, places: IntArray) -> Moves:
    """Measure the steps of series at a candidate's change.

    Level, season and step are fitted together (generalised least squares), and those steps at
    other places that stand out.

    Parameters
    ----------
    judged : Judged
        Series, (n_rows, n_blocks), as `judge_blocks` returns them.
    c : Candidate
        Whose change.
    background : Background
        What series are judged against.
    places : IntArray
        (n_places,) windows in which something else changed.
    """
    design = background.design
    rows, n_rows = judged.fit.values, len(judged.level)
    sizes, errors, dof = np.empty(n_rows), np.empty(n_rows), np.empty(n_rows, np.int64)
    course = _steps(np.array([c.index]), background)
    others = _thinned(places, design.layout)
    if c.kind == "drift":
        course = np.cumsum(course, axis=0) / course.sum()
    else:  # a step in the same block is the candidate's own
        others = others[_block_of(others, design.layout) != _block_of(c.index, design.layout)]
    columns = np.hstack([_steps(others, background), course])
    for level in np.unique(judged.level).tolist():
        like = np.flatnonzero(judged.level == level)
        basis = design.tables.bases[level]
        free = [white - basis.T @ (basis @ white)
                for white in (whitened(columns, level), whitened(rows[like].T, level))]  # fmt: skip
        x, y = (np.ascontiguousarray(part.T) for part in free)
        ramps, ramp_of = _ramps_instead(design, level, x[-1], y, is_asked=c.kind == "step")
        n = len(x) + 2
        found = np.empty(len(like)), np.empty(len(like)), np.empty(len(like), np.int64)
        loops.compiled.measure_steps(
            y, x, ramps, ramp_of, design.layout.n_blocks - len(basis), _SIGMAS**2, _SEEN,
            np.empty((n, n)), np.empty((n, n)), np.empty(n), np.empty(n, np.int64), *found,
        )  # fmt: skip
        sizes[like], errors[like], dof[like] = found
    first, last = blocks_between(c.start, c.index, design.layout)
    before = np.median(rows[:, first:last], axis=1)
    return Moves(before, sizes * float(np.sign(c.delta)), errors, dof)


def blocks_between(start: int, end: int, layout: Layout) -> tuple[int, int]:
    """Return the first and last block, and one, between windows; at least one."""
    ends = layout.start + layout.block * np.arange(1, layout.n_blocks + 1)
    first, last = np.searchsorted(ends, [start, end], side="right").tolist()
    last = max(last, 1)
    return min(first, last - 1), last


def _thinned(places: IntArray, layout: Layout) -> IntArray:
    """Return one place a block; steps within one are one to all that blocks can tell."""
    _, first = np.unique(_block_of(places, layout), return_index=True)
    return places[first]


def _block_of(places: IntArray | int, layout: Layout) -> IntArray:
    """Return the block in which a window is."""
    return (np.asarray(places) - layout.start) // layout.block


def _steps(places: IntArray, background: Background) -> FloatArray:
    """Return steps that begin in given windows, as blocks show them, (n_blocks, n_places)."""
    layout = background.design.layout
    ends = layout.start + layout.block * np.arange(1, layout.n_blocks + 1)
    return np.clip((ends[:, np.newaxis] - places) / layout.block, 0, 1)


def _ramps_instead(
    design: Design, level: int, step: FloatArray, rows: FloatArray, *, is_asked: bool
) -> tuple[FloatArray, IntArray]:
    """Return rises that take time, and for each row which fits better than a step; -1 for none."""
    none = np.full(len(rows), -1)
    if not is_asked or not design.ramps or not step.any():
        return np.empty((0, len(step))), none
    shapes = design.ramp_shapes(level)
    by_step = (rows @ step) ** 2 / (step @ step)
    heights = (rows @ shapes) ** 2
    best = heights.argmax(axis=1)
    by_ramp = heights[np.arange(len(best)), best]
    noise = ((rows**2).sum(axis=1) - by_ramp) / max(design.dof, 1)
    ramp_of = np.where(by_ramp - by_step > GRADUAL * noise, best, none)
    return np.ascontiguousarray(shapes.T), ramp_of
