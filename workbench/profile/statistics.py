"""The statistics of comparing shares of many functions at once; arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
ENOUGH_EVENTS = 1000
"""In every cell of a two-by-two table; from here on the normal approximation is as good."""
RARE = 0.01
"""Share below which events are as good as independent of how many others there are."""


@dataclass(frozen=True, slots=True)
class Side:
    """What functions hold of one profile, or of replicates, in one table of functions."""

    values: Floats
    """(n_profiles, n_functions) in the unit of the value type."""
    spread: Floats
    """(n_profiles, n_functions) variance of `values` if every event came by chance: the sum of
    squares of what events are worth."""
    whole: Floats
    """(n_profiles, 1) value of the whole profile."""
    whole_spread: Floats
    """(n_profiles, 1)."""

    @property
    def shares(self) -> Floats:
        """(n_profiles, n_functions)."""
        return self.values / self.whole

    @property
    def chance(self) -> Floats:
        """(n_profiles, n_functions) variance of the shares if every event came by chance."""
        shares, rest = self.shares, self.whole_spread - self.spread
        return ((1 - shares) ** 2 * self.spread + shares**2 * rest) / self.whole**2


class Estimate(NamedTuple):
    """Of each function's change of share; NaN where nothing can be said."""

    low: Floats
    high: Floats
    p_value: Floats


def compare_single(before: Side, after: Side) -> Estimate:
    """Compare one profile with one: two proportions of events.

    Where counts are large the score test, else an exact conditional test: Fisher's, or its limit
    for rare events, the binomial one (Przyborowski and Wilenski 1940). Intervals are Newcombe's
    (1998).
    """
    (k, of_before), (k_after, of_after) = _in_events(before, after)
    k = np.stack([k[0], k_after[0]])
    n = np.stack([of_before[0], of_after[0]])
    low, high = _newcombe(k, n)
    return Estimate(low, high, _proportions_test(np.rint(k), np.rint(n)))


def compare_replicates(before: Side, after: Side) -> Estimate:
    """Compare replicates with replicates: a t test that knows how much runs differ by.

    Shares are compared as angles (Anscombe 1948), whose chance does not depend on the share and is
    not skewed: else one run would be an outlier to many. The variance between runs is taken in
    multiples of the one by chance, never less than it, and shrunk to what functions have in common
    (Smyth 2004). The interval is of the shares themselves.
    """
    from scipy import special

    counts = len(before.values), len(after.values)
    freedom = sum(counts) - 2
    events = _in_events(before, after)
    angles = [np.arcsin(np.sqrt((k + 0.375) / (n + 0.75))) for k, n in events]
    scatter = np.sum([((a - a.mean(axis=0)) ** 2).sum(axis=0) for a in angles], axis=0) / freedom
    chance = np.concatenate([1 / (4 * n + 2) for _, n in events]).mean(axis=0)
    ratio = scatter / chance
    often = np.concatenate([k for k, _ in events]).min(axis=0) >= 5
    prior, weight = _common_ratio(ratio[often], freedom)
    pull = 1.0 if np.isinf(weight) else weight / (weight + freedom)
    moderated = np.maximum(pull * prior + (1 - pull) * ratio, 1.0)
    per_run = moderated * (1 / counts[0] + 1 / counts[1])
    score = np.abs(angles[1].mean(axis=0) - angles[0].mean(axis=0)) / np.sqrt(per_run * chance)
    degrees = min(freedom + weight, 1e9)
    error = np.sqrt(per_run * np.concatenate([before.chance, after.chance]).mean(axis=0))
    reach = special.stdtrit(degrees, 0.5 + CONFIDENCE / 2) * error
    delta = after.shares.mean(axis=0) - before.shares.mean(axis=0)
    return Estimate(delta - reach, delta + reach, 2 * special.stdtr(degrees, -score))


def false_discovery_rates(p_values: Floats) -> Floats:
    """Return adjusted p values (Benjamini and Hochberg 1995); NaN stays."""
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known])]
    scaled = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = p_values.copy()
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _newcombe(k: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Return the interval of the difference of two proportions, hybrid of Wilson's scores."""
    from scipy import special

    z = special.ndtri(0.5 + CONFIDENCE / 2)
    share = k / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    below, above = share - (centre - half), centre + half - share
    delta = share[1] - share[0]
    return delta - np.hypot(below[1], above[0]), delta + np.hypot(above[1], below[0])


def _proportions_test(k: Floats, n: Floats) -> Floats:
    """Return two-sided p values for k[0] of n[0] against k[1] of n[1]."""
    from scipy import special

    pooled = k.sum(axis=0) / n.sum(axis=0)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    delta = np.abs(k[1] / n[1] - k[0] / n[0])
    score = np.divide(delta, error, out=np.zeros_like(delta), where=error > 0)
    p_values: Floats = 2 * special.ndtr(-score)
    is_small = np.minimum(k, n - k).min(axis=0) < ENOUGH_EVENTS
    p_values[is_small] = _conditional_test(k[:, is_small], n[:, is_small])
    return p_values


def _conditional_test(k: Floats, n: Floats) -> Floats:
    """Return two-sided p values for the rarer side, given how many events there are in all."""
    from scipy import special, stats

    rare = np.where(2 * k.sum(axis=0) <= n.sum(axis=0), k, n - k)
    both, part = rare.sum(axis=0), n[0] / n.sum(axis=0)

    def at_most(events: Floats) -> Floats:  # of the binomial distribution
        inside = special.betainc(
            np.maximum(both - events, 1e-9), np.maximum(events, 0) + 1, 1 - part
        )
        return np.where(events < 0, 0.0, np.where(events >= both, 1.0, inside))

    tails = np.minimum(at_most(rare[0]), 1 - at_most(rare[0] - 1))
    often = both > RARE * n.sum(axis=0)
    urns = stats.hypergeom(n.sum(axis=0)[often], both[often], n[0][often])
    seen = rare[0][often]
    tails[often] = np.minimum(urns.cdf(seen), urns.sf(seen - 1))
    p_values: Floats = np.minimum(1.0, 2 * tails)
    return p_values


def _in_events(before: Side, after: Side) -> list[tuple[Floats, Floats]]:
    """Return of each side how many events its values are, and of how many."""
    values = before.values.sum(axis=0) + after.values.sum(axis=0)
    spread = before.spread.sum(axis=0) + after.spread.sum(axis=0)
    worth = np.divide(spread, values, out=np.ones_like(values), where=spread > 0)
    counts = [(side.values / worth, side.whole / worth) for side in (before, after)]
    return [(k, np.maximum(n, k)) for k, n in counts]


def _common_ratio(ratios: Floats, freedom: int) -> tuple[float, float]:
    """Return what variance ratios have in common, and how many degrees of freedom that is worth.

    Moments of the logarithm of a scaled F distribution (Smyth 2004, section 6.2).
    """
    from scipy import optimize, special

    if len(ratios) < 3:
        return 1.0, 0.0
    logs = np.log(np.maximum(ratios, 1e-6)) - special.digamma(freedom / 2) + np.log(freedom / 2)
    excess = logs.var(ddof=1) - special.polygamma(1, freedom / 2)
    if excess <= 0:
        return float(np.exp(logs.mean())), np.inf
    half = optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-3, 1e9)
    return float(np.exp(logs.mean() + special.digamma(half) - np.log(half))), float(2 * half)
