"""How likely chance is: the null distribution of a scan, found by simulating it.

A step's statistic is the largest of many, and rests on an estimated autocorrelation. So for every
design noise without any step goes through the very same steps: it tells how far autocorrelation is
underestimated beside a season and a step that is always found, and how many independent tests the
places of a step amount to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import signal, special

from workbench.detect.design import LEVELS, Design, Layout
from workbench.detect.fit import Fit, Steps, fit_rows, scan_rows
from workbench.types import FloatArray, IntArray

_N_BIAS, _N_TESTS = 2_000, 40_000
_AUTOCORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96)
_LENGTHS = np.unique(np.round(np.geomspace(10, 400, 32)).astype(int))
"""Blocks for which the null is simulated where there is no season."""
_Z = np.arctanh(_AUTOCORRELATIONS)
_TAIL = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_DOFS = np.round(np.geomspace(2, 200, 40), 1)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_BROAD = (0.35, 0.4)
"""Mean and deviation of autocorrelation (Fisher's z) where few series tell of it."""
_FEW = 20
"""Series whose word counts as much as that."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Autocorrelation of the noise over the series of one kind, as Fisher's z."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """What noise alone does to a design."""

    seen: FloatArray
    """Autocorrelation estimated, by true one."""
    spread: FloatArray
    """Deviation of Fisher's z of one estimate, by true autocorrelation."""
    n_tests: float
    """Independent tests that a scan amounts to."""
    dof: float
    """Degrees of freedom of Student's t that has the tail of one."""


def corrected(null: Null, phi: FloatArray) -> FloatArray:
    """Return Fisher's z of autocorrelations as they would be estimated without bias."""
    true = np.interp(phi, null.seen, _AUTOCORRELATIONS)
    below = phi < null.seen[0]
    true = np.where(below, (phi - null.seen[0]), true)
    return np.asarray(np.arctanh(np.clip(true, -0.9, 0.97)))


def find_prior(null: Null, phi: FloatArray) -> Prior:
    """Return what many series say of the autocorrelation of each (empirical Bayes).

    Robust toward the part of them that has a step or a drift. Few series say little.
    """
    z = corrected(null, phi)
    mean, broad = _BROAD
    own = len(z) / (len(z) + _FEW)
    middle = float(np.median(z)) if len(z) else mean
    spread = 1.4826 * float(np.median(np.abs(z - middle))) if len(z) else 0.0
    variance = max(spread**2 - float(np.interp(middle, _Z, null.spread)) ** 2, 0.0)
    return Prior(
        own * middle + (1 - own) * mean,
        float(np.sqrt(own * variance + (1 - own) * broad**2)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Rows with their likeliest step, and how likely chance is."""

    fit: Fit
    steps: Steps
    level: IntArray
    """(n_rows,) of `LEVELS`: autocorrelation."""
    p_value: FloatArray
    """(n_rows,) corrected for the places looked at."""
    belief: FloatArray
    """(n_rows, 2) mean and deviation of the autocorrelation, as Fisher's z."""

    def at(self, row: int) -> Judged:
        """Return one row alone."""
        one = slice(row, row + 1)
        return Judged(
            Fit(*(getattr(self.fit, part)[one] for part in ("values", "alone", "left", "phi"))),
            Steps(self.steps.statistic[one], self.steps.place[one], self.steps.sigma[one]),
            self.level[one], self.p_value[one], self.belief[one],
        )  # fmt: skip


def judge(design: Design, rows: FloatArray, prior: Prior, null: Null) -> Judged:
    """Find the likeliest step of each row, and how likely noise alone has one like it.

    The noise of a row has the autocorrelation that its own estimate and those of the other rows
    make likely.

    Parameters
    ----------
    rows : FloatArray
        (n_rows, n_blocks).
    """
    fit = fit_rows(design, rows)
    z = corrected(null, fit.phi)
    own = np.interp(np.maximum(z, prior.mean), _Z, null.spread) ** 2
    others = np.maximum(prior.deviation**2, own / 25)
    middle = (z / own + prior.mean / others) / (1 / own + 1 / others)
    belief = np.column_stack([middle, (1 / own + 1 / others) ** -0.5])
    phi = np.clip(np.tanh(middle), 0, LEVELS[-1])
    level = np.rint(phi / LEVELS[1]).astype(np.int64)
    steps = scan_rows(design, fit.alone, level)
    return Judged(fit, steps, level, chance(null, steps.statistic, level, belief), belief)


def chance(null: Null, statistic: FloatArray, level: IntArray, belief: FloatArray) -> FloatArray:
    """Return the p-values of statistics, averaged over the autocorrelations that are possible."""
    p_value = np.zeros(len(statistic))
    for node, share in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        true = np.maximum(np.tanh(belief[:, 0] + belief[:, 1] * node), 0.0)
        less = (1 - true) / (1 - LEVELS[level])
        tail = 2 * special.stdtr(null.dof, -np.abs(statistic) * less)
        p_value += share * np.minimum(1, null.n_tests * tail)
    return p_value


def critical(null: Null, p_value: float) -> float:
    """Return the statistic that white noise exceeds with a chance of `p_value`."""
    return -float(special.stdtrit(null.dof, min(p_value / (2 * null.n_tests), 0.5)))


@lru_cache(maxsize=64)
def _null(n_windows: int, block: int, edge: int, periods: tuple[float, ...]) -> Null:
    design = Design(Layout(n_windows, block, edge), periods)
    rng = np.random.default_rng(0)
    n = design.layout.n_blocks
    noise = rng.standard_normal((_N_BIAS, n + 100))
    medians, spreads = [], []
    for phi in _AUTOCORRELATIONS:
        rows = signal.lfilter([1.0], [1.0, -phi], noise, axis=1)[:, 100:]
        estimates = fit_rows(design, np.ascontiguousarray(rows)).phi
        medians.append(float(np.median(estimates)))
        spreads.append(float(estimates.std()))
    seen = np.maximum.accumulate(np.array(medians))
    seen += 1e-6 * np.arange(len(seen))  # strictly rising
    slopes = np.gradient(seen, np.arctanh(_AUTOCORRELATIONS))
    white = fit_rows(design, rng.standard_normal((_N_TESTS, n)))
    statistic = scan_rows(design, white.alone, np.zeros(_N_TESTS, np.int64)).statistic
    spread = np.array(spreads) / np.maximum(slopes, 1e-3)
    return Null(seen, spread, *_tail(np.abs(statistic)))


def _tail(statistic: FloatArray) -> tuple[float, float]:
    """Fit n tests of Student's t with some degrees of freedom to the tail of a statistic."""
    at = np.quantile(statistic, 1 - np.array(_TAIL))
    fits = []
    for dof in _DOFS:
        log_tests = np.log(np.array(_TAIL) / (2 * special.stdtr(dof, -at)))
        fits.append((float(np.std(log_tests)), float(np.exp(np.mean(log_tests))), float(dof)))
    return min(fits)[1:]


def null_of(design: Design) -> Null:
    """Return the null distribution of a design; simulated once, the same every time.

    Without a season that of a slightly shorter series serves: lengths differ by less than it does.
    """
    layout = design.layout
    if design.periods:
        return _null(layout.n_windows, layout.block, layout.edge, design.periods)
    near = _LENGTHS[max(layout.n_blocks, 2 * layout.edge) >= _LENGTHS]
    n_blocks = int(near[-1]) if len(near) and near[-1] >= 2 * layout.edge else layout.n_blocks
    return _null(n_blocks, 1, layout.edge, ())
