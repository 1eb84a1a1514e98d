"""How likely chance is for the likeliest step of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from workbench.detect.noise.design import LEVELS, Design
from workbench.detect.noise.fit import Fit, Steps, fit_rows, scan_rows
from workbench.detect.noise.nulls import AUTOCORRELATIONS, Null
from workbench.types import FloatArray, IntArray

_Z = np.arctanh(AUTOCORRELATIONS)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_BROAD = (0.35, 0.4)
"""Mean and deviation of autocorrelation (Fisher's z) where few series tell of it."""
_MOST = 0.999
"""Autocorrelation above which none is believed."""
_FEW = 20
"""Series whose word counts as much as that."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Autocorrelation of the noise over the series of one kind, as Fisher's z."""

    mean: float
    deviation: float


def corrected(null: Null, phi: FloatArray) -> FloatArray:
    """Return Fisher's z of autocorrelations as they would be estimated without bias."""
    true = np.interp(phi, null.seen, AUTOCORRELATIONS)
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
        true = np.clip(np.tanh(belief[:, 0] + belief[:, 1] * node), 0.0, _MOST)
        less = (1 - true) / (1 - LEVELS[level])
        tail = 2 * special.stdtr(null.dof, -np.abs(statistic) * less)
        p_value += share * np.minimum(1, null.n_tests * tail)
    return p_value


def critical(null: Null, p_value: float) -> float:
    """Return the statistic that white noise exceeds with a chance of `p_value`."""
    return -float(special.stdtrit(null.dof, min(p_value / (2 * null.n_tests), 0.5)))
