"""Where exactly a series changed, and by how much; the funnel asks ruptures here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.detect.noise.background import Background, steady_windows
from workbench.detect.noise.calibrate import Judged, chance, critical, judge
from workbench.detect.noise.design import LEVELS, Design, plain_design, whitened
from workbench.detect.noise.nulls import null_of
from workbench.types import FloatArray

_TOLD = 0.05
"""A step can be told from level and season where this part of its length is left beside them."""
_LIKELY = 7.35
"""Squared error, in noise, by which 95 % of places of a change fit worse than the best at most
(Y. Eo and J. Morley, Quantitative Economics 6, 2015)."""
_FEWEST = 10
"""Blocks between two steps in which others are looked for."""
_EXACT = 1e-9
"""Part of a series' size that counts as its noise where there is none."""
_SIGMAS = 2.5
_MEDIAN_ERROR = 1.2533  # standard error of a median, against that of a mean
_ONE_WAY = 0.6
"""Part of its steps that are left of them all together, where a series may have risen gradually."""
GRADUAL = 8.0
"""Squared error, in noise, by which a rise that takes time has to fit better than a step."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change of level of one series, not yet a regression."""

    row: int
    index: int
    low: int
    high: int
    before: float
    after: float
    error: float
    """Standard error of the change."""
    p_value: float
    start: int
    """First window of the level before."""
    end: int
    """Last window of the level after, and one."""
    latest: float
    """Level near the end of the level after, where that is another beyond doubt; else `after`."""
    kind: str = "step"
    merged: tuple[str, ...] = ()

    @property
    def delta(self) -> float:
        """Change of level, in the metric's unit."""
        return self.after - self.before


class Joint(NamedTuple):
    """Level, season and changes fitted together."""

    level: float
    season: FloatArray
    """(q - 1,) weights of the sines."""
    rises: FloatArray
    errors: FloatArray
    """Standard errors of the rises."""
    misfit: float
    """Squared error of whitened blocks."""


def localise(row: int, values: FloatArray, background: Background, seen: Judged,
             alpha: float) -> list[Candidate]:  # fmt: skip
    """Return the changes of a series that has some, in order.

    Level, season and steps are fitted together to blocks (generalised least squares); ruptures
    tells how many steps there are. Between these others may be told by the noise there. Last, each
    is placed at the window with which it most probably begins.

    Parameters
    ----------
    row : int
        Of the matrix.
    values : FloatArray
        (n_windows,) without gaps.
    seen : Judged
        Of this series alone.
    alpha : float
        How likely chance may be for a step.
    """
    design, null = background.design, background.null
    layout, level = design.layout, int(seen.level[0])
    blocks = seen.fit.values[0]
    sigma = float(seen.steps.sigma[0]) / (1 - float(LEVELS[level]))  # of a mean of many blocks
    sigma = max(sigma, _EXACT * float(np.abs(blocks).max()))
    limit = critical(null, alpha)
    steps = _Steps.fit(design, blocks, level, [int(seen.steps.place[0])])
    places = _change_points(steps.flat / sigma, layout.edge, limit**2)
    if len(places) > 1:
        steps = _Steps.fit(design, blocks, level, places).without_doubtful(limit)
    gradual = _gradual(design, blocks, level, sigma, steps.joint)
    if gradual is not None:
        return [_drift(row, seen, design, level, gradual)]
    n = len(steps.places)
    belief = np.repeat(seen.belief, n, axis=0)
    p_values = chance(null, steps.statistics, np.repeat(seen.level, n), belief)
    found = [
        _Step(place, float(p_value), float(error), sigma)
        for place, p_value, error in zip(steps.places, p_values, steps.errors, strict=True)
    ]
    share = alpha / (2 * (n + 1))  # they have half of the budget, all together
    for first, last in pairwise([0, *steps.places, layout.n_blocks]):
        found += _within(steps.flat, first, last, background, share)
    found.sort()
    if len(found) > n:
        steps = _Steps.fit(design, blocks, level, [step.place for step in found])
    return _candidates(row, values, steps, found)


class _Step(NamedTuple):
    """A step of blocks."""

    place: int
    p_value: float
    error: float
    """Standard error of the rise."""
    sigma: float
    """Noise of a mean of many blocks."""


def _within(
    flat: FloatArray, first: int, last: int, background: Background, alpha: float
) -> list[_Step]:
    """Return the steps between two others that are told by the noise there alone.

    Noise is not the same all along a series, and what is larger elsewhere hides small steps.
    """
    layout = background.design.layout
    margin = int(layout.block > 1)  # a block in which the level changes may be of both
    begin = first + (margin if first else 0)
    part = flat[begin : last - (margin if last < len(flat) else 0)]
    if len(part) < max(2 * layout.edge, _FEWEST) or np.ptp(part) <= _EXACT * np.abs(flat).max():
        return []
    design = plain_design(len(part), layout.edge)
    seen = judge(design, part[np.newaxis], background.prior, null_of(design))
    if seen.p_value[0] > alpha:
        return []
    place = begin + int(seen.steps.place[0])
    sigma = float(seen.steps.sigma[0]) / (1 - float(LEVELS[seen.level[0]]))
    rise = part[place - begin :].mean() - part[: place - begin].mean()
    error = abs(float(rise / seen.steps.statistic[0]))
    return [
        *_within(flat, first, place, background, alpha),
        _Step(place, float(seen.p_value[0]), error, sigma),
        *_within(flat, place, last, background, alpha),
    ]


def _candidates(row: int, values: FloatArray, steps: _Steps, found: list[_Step]) -> list[Candidate]:
    """Return steps of blocks as changes at windows."""
    design, layout = steps.design, steps.design.layout
    steady = steady_windows(values)
    flat = steady - design.season @ steps.joint.season
    edges = [layout.start + place * layout.block for place in steps.places]
    edges = [0, *edges, layout.n_windows]
    candidates = {}
    for i in sorted(range(len(found)), key=lambda i: found[i].p_value):  # the surest bound others
        step, (before, after) = found[i], steps.levels[i : i + 2]
        start, end = edges[i], edges[i + 2]
        others = edges[1 : i + 1] + edges[i + 2 : -1]
        noise = step.sigma * np.sqrt(layout.block)  # of a mean of many windows
        index, low, high = _window(steady, design, others, start, end, noise)
        edges[i + 1] = index
        latest = _latest(flat[index:end], after, layout.edge * layout.block, noise)
        candidates[i] = Candidate(
            row, index, low, high, before, after, step.error, step.p_value, start, end, latest
        )
    return [replace(candidates[i], start=edges[i], end=edges[i + 2]) for i in range(len(found))]


class _Steps(NamedTuple):
    """Steps of one series at given blocks, fitted together."""

    design: Design
    blocks: FloatArray
    level: int
    places: list[int]
    joint: Joint
    flat: FloatArray
    """(n_blocks,) without the season."""
    levels: list[float]
    """Of each segment."""
    errors: FloatArray
    """Standard errors of the rises; by the noise on either side, where that is larger."""

    @classmethod
    def fit(cls, design: Design, blocks: FloatArray, level: int, places: list[int]) -> _Steps:
        """Fit steps at blocks of a series."""
        n = len(blocks)
        steps = (np.arange(n)[:, np.newaxis] >= np.array(places)).astype(np.float64)
        joint = fit_jointly(design.basis, blocks, level, steps)
        flat = blocks - design.basis[:, 1:] @ joint.season
        is_coarse = design.layout.block > 1
        edges = [0, *places, n]
        parts = [  # a block in which the level changes may be of both
            flat[first + (is_coarse and first > 0) : last - (is_coarse and last < n)]
            for first, last in pairwise(edges)
        ]
        phi = float(LEVELS[level])
        own = np.array([part.var(ddof=1) / len(part) for part in parts]) * (1 + phi) / (1 - phi)
        errors = np.maximum(joint.errors, np.sqrt(own[:-1] + own[1:]))
        return cls(design, blocks, level, places, joint, flat, [float(p.mean()) for p in parts],
                   errors)  # fmt: skip

    @property
    def statistics(self) -> FloatArray:
        """Rises over their errors."""
        rises = np.abs(self.joint.rises)
        exact = np.full(len(rises), np.inf)
        return np.asarray(np.divide(rises, self.errors, out=exact, where=self.errors > 0))

    def without_doubtful(self, limit: float) -> _Steps:
        """Leave out, one after the other, the steps whose statistic is below a limit."""
        steps = self
        while len(steps.places) > 1 and steps.statistics.min() < limit:
            doubtful = int(steps.statistics.argmin())
            places = steps.places[:doubtful] + steps.places[doubtful + 1 :]
            steps = _Steps.fit(self.design, self.blocks, self.level, places)
        return steps


def _change_points(values: FloatArray, min_size: int, pen: float) -> list[int]:
    """Ask ruptures for the best places of changes of level; the end is not among them."""
    import ruptures  # 1.4 s to import

    search = ruptures.KernelCPD(kernel="linear", min_size=min_size).fit(values[:, np.newaxis])
    return [int(end) for end in search.predict(pen=pen)[:-1]]


def fit_jointly(basis: FloatArray, blocks: FloatArray, level: int, changes: FloatArray) -> Joint:
    """Fit level, season and changes to the blocks of a series."""
    q = basis.shape[1]
    x = whitened(np.hstack([basis, changes]), level)
    y = whitened(blocks[:, np.newaxis], level)[:, 0]
    inverse = np.linalg.pinv(x.T @ x, rcond=1e-10, hermitian=True)
    weights = inverse @ (x.T @ y)
    misfit = float(((y - x @ weights) ** 2).sum())
    variances = np.diag(inverse)[q:] * misfit / max(len(y) - x.shape[1], 1)
    return Joint(
        float(weights[0]), weights[1:q], weights[q:], np.sqrt(np.maximum(variances, 0)), misfit
    )


def _window(
    values: FloatArray, design: Design, others: list[int], start: int, end: int, noise: float
) -> tuple[int, int, int]:
    """Return the first window of a new level, and where else it may begin, low and high.

    Every window between the steps before and after is tried, and level, season and the other steps
    fitted with each. The one returned is the median of what is likely in the stretch, two blocks
    long, that holds the change with the highest probability.
    """
    n = len(values)
    others_at = np.arange(n)[:, np.newaxis] >= np.array(others, np.int64)
    basis = np.linalg.qr(np.hstack([np.ones((n, 1)), design.season, others_at]))[0]
    left = values - basis @ (basis.T @ values)
    places = np.arange(start + 1, end)
    after = slice(start + 1, end)
    products = np.cumsum(left[::-1])[::-1][after]
    shared = np.cumsum(basis[::-1], axis=0)[::-1][after]
    whole = n - places
    lengths = whole - (shared**2).sum(axis=1)
    can = lengths > _TOLD**2 * whole
    gains = np.divide(products**2, lengths * noise**2, out=np.zeros(len(places)), where=can)
    best = int(gains.argmax())
    chance = np.exp((gains - gains[best]) / 2)
    reach = design.layout.block
    sums = np.cumsum(np.concatenate([np.zeros(reach + 1), chance, np.zeros(reach)]))
    middle = int((sums[2 * reach + 1 :] - sums[: len(places)]).argmax())
    first, last = max(middle - reach, 0), middle + reach + 1
    near = np.cumsum(chance[first:last])
    at = first + int(np.searchsorted(near, near[-1] / 2))
    unlikely = np.flatnonzero(gains < gains[best] - _LIKELY)
    below, above = unlikely[unlikely < min(at, best)], unlikely[unlikely > max(at, best)]
    low = int(below[-1]) + 1 if len(below) else 0
    high = int(above[0]) - 1 if len(above) else len(places) - 1
    return int(places[at]), int(places[low]), int(places[high])


def _latest(flat: FloatArray, after: float, fewest: int, noise: float) -> float:
    last = flat[-max(fewest, len(flat) // 4) :]
    level = float(np.median(last))
    error = _MEDIAN_ERROR * noise / np.sqrt(len(last))
    return level if abs(level - after) > _SIGMAS * error else after


def _gradual(
    design: Design, blocks: FloatArray, level: int, sigma: float, fit: Joint
) -> tuple[int, Joint, npt.NDArray[np.int64]] | None:
    """Return the rise that takes time where one fits better than the steps do."""
    if not design.ramps:
        return None
    white = whitened(blocks[:, np.newaxis], level)[:, 0]
    basis = design.tables.bases[level]
    if abs(fit.rises.sum()) < _ONE_WAY * np.abs(fit.rises).sum():
        return None
    heights = (white - basis.T @ (basis @ white)) @ design.ramp_shapes(level)
    best = int(np.abs(heights).argmax())
    scale = (sigma * (1 - float(LEVELS[level]))) ** 2
    first, last = design.ramps[best]
    place = np.arange(len(blocks))
    ramp = np.clip((place - first) / (last - first), 0, 1)[:, np.newaxis]
    gradual = fit_jointly(design.basis, blocks, level, ramp)
    handicap = GRADUAL if len(fit.rises) == 1 else GRADUAL - 10 * (len(fit.rises) - 1)
    if (fit.misfit - gradual.misfit) / scale < handicap:
        return None
    likely = np.flatnonzero(heights**2 >= heights[best] ** 2 - _LIKELY * scale)
    return best, gradual, likely


def _drift(
    row: int, seen: Judged, design: Design, level: int,
    gradual: tuple[int, Joint, npt.NDArray[np.int64]],
) -> Candidate:  # fmt: skip
    best, fit, likely = gradual
    layout = design.layout
    starts = np.array([design.ramps[i][0] for i in likely]) * layout.block + layout.start
    return Candidate(
        row, layout.start + design.ramps[best][0] * layout.block, int(starts.min()),
        int(starts.max()), fit.level, fit.level + float(fit.rises[0]), float(fit.errors[0]),
        float(seen.p_value[0]), 0, layout.n_windows, fit.level + float(fit.rises[0]), "drift",
    )  # fmt: skip
