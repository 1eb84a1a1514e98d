"""Two variants on the same cases: how far apart they are, and whether that is chance.

Everything is paired by case; `before` is the baseline and `after` the variant.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from workbench.errors import WorkbenchError
from workbench.types import BoolArray, FloatArray

ALPHA = 0.05
"""A difference is called one where chance alone gives as much this rarely."""
POWER = 0.8
"""With which a difference is said to be one that would have been found."""
N_RESAMPLES = 9_999
_MOST_PAIRS = 200_000
"""More cases nobody has: such a difference cannot be decided."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a variant differs from the baseline in one measure."""

    n_pairs: int
    n_clusters: int
    before: float
    """Mean of the baseline."""
    after: float
    low: float
    """95 % interval of `difference`."""
    high: float
    p_value: float
    """Two-sided; corrected for the number of comparisons by `correct`."""
    detectable: float
    """Smallest difference that would have been found with a power of 80 %; NaN where none would."""
    n_better: int = 0
    """Cases that only the variant got right; of a measure, cases in which it is larger."""
    n_worse: int = 0

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    def verdict(self, *, lower_is_better: bool = False) -> str:
        """Return `better`, `worse` or `inconclusive`."""
        if not self.p_value <= ALPHA or not self.difference:
            return "inconclusive"
        return "better" if (self.difference > 0) != lower_is_better else "worse"


def compare_rates(
    before: Sequence[bool] | BoolArray, after: Sequence[bool] | BoolArray
) -> Comparison:
    """Compare how often two variants are right, by McNemar's exact test.

    Parameters
    ----------
    before, after : array of bool
        (n_cases,) whether each case was solved.

    Returns
    -------
    Comparison
        With Tango's score interval of the difference of the two rates.

    Raises
    ------
    WorkbenchError
        Where the two are not of the same cases, or there is none.
    """
    one, other = np.asarray(before, np.bool_), np.asarray(after, np.bool_)
    _check_paired(one, other)
    n = len(one)
    gained, lost = int(np.sum(~one & other)), int(np.sum(one & ~other))
    discordant = gained + lost
    p_value = float(stats.binomtest(gained, discordant).pvalue) if discordant else 1.0
    low, high = paired_interval(gained, lost, n)
    return Comparison(
        n, n, float(one.mean()), float(other.mean()), low, high, p_value,
        detectable_difference(n, max(discordant / n, 1 / n)), gained, lost,
    )  # fmt: skip


def compare_values(
    before: Sequence[float] | FloatArray, after: Sequence[float] | FloatArray,
    clusters: Sequence[Hashable] | None = None, *, seed: int = 0,
) -> Comparison:  # fmt: skip
    """Compare a measure of two variants, by a studentised bootstrap that draws clusters.

    Parameters
    ----------
    before, after : array of float
        (n_cases,) finite.
    clusters : sequence, optional
        (n_cases,) what each case is of, such as its service. Default: each is by itself.
    seed : int
        Of what is drawn.

    Returns
    -------
    Comparison
        Its p-value is no smaller than that of flipping the sign of each cluster could be.
    """
    one, other = np.asarray(before, np.float64), np.asarray(after, np.float64)
    _check_paired(one, other)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise WorkbenchError(
            "expected finite values: what is unsolved counts as when it was given up"
        )
    labels = np.arange(len(one)) if clusters is None else _codes(clusters, len(one))
    sums = np.bincount(labels, other - one).astype(np.float64)
    sizes = np.bincount(labels).astype(np.float64)
    n_clusters = len(sums)
    mean, error = _mean_and_error(sums, sizes)
    told = Comparison(
        len(one), n_clusters, float(one.mean()), float(other.mean()), -math.inf, math.inf, 1.0,
        math.nan, int(np.sum(other > one)), int(np.sum(other < one)),
    )  # fmt: skip
    least = min(1.0, 2.0 * 0.5**n_clusters)
    if not np.any(sums):
        return replace(told, low=0.0, high=0.0, detectable=0.0)
    if n_clusters < 2:
        return told
    if error <= 1e-12 * abs(mean):  # every cluster moved by the same
        return replace(told, low=mean, high=mean, p_value=least, detectable=0.0)
    scores = _bootstrap_scores(sums, sizes, mean, np.random.default_rng(seed))
    reach = float(np.quantile(scores, 1 - ALPHA, method="higher")) * error
    p_value = (1 + np.sum(scores >= abs(mean) / error)) / (1 + len(scores))
    freedom = n_clusters - 1
    needed = stats.t.ppf(1 - ALPHA / 2, freedom) + stats.t.ppf(POWER, freedom)
    return replace(
        told, low=mean - reach, high=mean + reach, p_value=max(float(p_value), least),
        detectable=float(needed * error),
    )  # fmt: skip


def correct(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return comparisons with p-values that hold for all of them together (Holm)."""
    p_values = np.array([one.p_value for one in comparisons])
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    corrected = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    held = np.empty(len(p_values))
    held[order] = corrected
    return [replace(one, p_value=float(p)) for one, p in zip(comparisons, held, strict=True)]


def paired_interval(
    gained: int, lost: int, n_pairs: int, level: float = 1 - ALPHA
) -> tuple[float, float]:
    """Return Tango's score interval of the difference of two paired rates.

    Parameters
    ----------
    gained, lost : int
        Cases that only the later one got right, and only the earlier one.
    n_pairs : int
        All cases.
    level : float
        Of confidence.

    Notes
    -----
    T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17 (1998) 891.
    """
    wanted = float(stats.norm.ppf(0.5 + level / 2))

    def score(difference: float) -> float:
        b = (2 * n_pairs - gained + lost) * difference - gained - lost
        c = -lost * difference * (1 - difference)
        alone = (math.sqrt(max(b * b - 8 * n_pairs * c, 0.0)) - b) / (4 * n_pairs)
        spread = n_pairs * (2 * alone + difference * (1 - difference))
        away = gained - lost - n_pairs * difference
        if abs(away) < 1e-9:
            return 0.0
        return away / math.sqrt(spread) if spread > 0 else math.copysign(math.inf, away)

    seen, edge = (gained - lost) / n_pairs, 1 - 1e-12
    low, high = -1.0, 1.0
    if score(-edge) > wanted:
        low = float(optimize.brentq(lambda d: score(d) - wanted, -edge, min(seen, edge)))
    if score(edge) < -wanted:
        high = float(optimize.brentq(lambda d: score(d) + wanted, max(seen, -edge), edge))
    return low, high


def power_of(n_pairs: int, gained: float, lost: float, alpha: float = ALPHA) -> float:
    """Return how often McNemar's exact test finds a difference.

    Parameters
    ----------
    n_pairs : int
        Cases.
    gained, lost : float
        Probability of a case that only the later, or only the earlier variant gets right.
    """
    rate = gained + lost
    if rate <= 0:
        return 0.0
    discordant = np.arange(n_pairs + 1)
    few = stats.binom.ppf(alpha / 2, discordant, 0.5)
    few = np.where(stats.binom.cdf(few, discordant, 0.5) > alpha / 2, few - 1, few)
    share = gained / rate
    found = stats.binom.cdf(few, discordant, share) + stats.binom.sf(
        discordant - few - 1, discordant, share
    )
    return float(np.sum(stats.binom.pmf(discordant, n_pairs, min(rate, 1.0)) * found))


def needed_pairs(difference: float, discordant: float, power: float = POWER) -> int | None:
    """Return how many cases decide a difference of two rates; None where more than anybody has.

    Parameters
    ----------
    difference : float
        Of the rates, 0 to 1 in size.
    discordant : float
        Part of the cases on which the two differ, at least the size of the difference.
    power : float
        How often the difference is to be found.
    """
    size = abs(difference)
    rate = min(max(discordant, size), 1.0)
    if not size:
        return None
    gained, lost = (rate + size) / 2, (rate - size) / 2
    most = 8
    while power_of(most, gained, lost) < power:
        most *= 2
        if most > _MOST_PAIRS:
            return None
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if power_of(middle, gained, lost) >= power else (middle, most)
    return most


def detectable_difference(n_pairs: int, discordant: float, power: float = POWER) -> float:
    """Return the smallest difference of two rates that so many cases decide; NaN where none is.

    Parameters
    ----------
    n_pairs : int
        Cases.
    discordant : float
        Part of them on which the two differ; a difference needs at least as much.
    power : float
        How often it is to be found.
    """

    def lacking(size: float) -> float:
        rate = max(discordant, size)
        return power_of(n_pairs, (rate + size) / 2, (rate - size) / 2) - power

    if lacking(1.0) < 0:
        return math.nan
    return float(optimize.brentq(lacking, 1e-9, 1.0, xtol=1e-4))


def _bootstrap_scores(
    sums: FloatArray, sizes: FloatArray, mean: float, rng: np.random.Generator
) -> FloatArray:
    """Return how many of its own errors each drawn mean lies from the mean, in size."""
    n_clusters = len(sums)
    counts = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), N_RESAMPLES)
    drawn_sizes = counts @ sizes
    means = counts @ sums / drawn_sizes
    squares = (
        counts @ sums**2 - 2 * means * (counts @ (sums * sizes)) + means**2 * (counts @ sizes**2)
    )
    errors = _error(np.maximum(squares, 0.0), drawn_sizes, n_clusters)
    away = np.abs(means - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(errors > 0, away / errors, np.where(away > 0, np.inf, 0.0))


def _mean_and_error(sums: FloatArray, sizes: FloatArray) -> tuple[float, float]:
    """Return the mean over all cases, and its standard error where clusters are drawn."""
    mean = float(sums.sum() / sizes.sum())
    squares = float(np.sum((sums - mean * sizes) ** 2))
    return mean, float(_error(np.array(squares), sizes.sum(), len(sums)))


def _error(squares: FloatArray, n_cases: float | FloatArray, n_clusters: int) -> FloatArray:
    spread = squares * (n_clusters / max(n_clusters - 1, 1))
    return np.asarray(np.sqrt(spread) / n_cases)


def _codes(clusters: Sequence[Hashable], n: int) -> npt.NDArray[np.intp]:
    if len(clusters) != n:
        raise WorkbenchError(f"expected a cluster of each of {n} cases, got {len(clusters)}")
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(cluster, len(known)) for cluster in clusters], np.intp)


def _check_paired(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> None:
    if before.shape != after.shape or before.ndim != 1 or not len(before):
        shapes = f"{before.shape} and {after.shape}"
        raise WorkbenchError(f"expected the same cases, one or more, on both sides, got {shapes}")
