"""The statistics of comparing shares of many functions at once; arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
ENOUGH_EVENTS = 1000
"""In every cell of a two-by-two table; from here on the normal approximation is as good."""
MANY = 1e9
"""Degrees of freedom from which on t is normal."""
LARGEST_URN = 1e9
"""Events of both sides beyond which an urn is not summed up."""
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


class Estimate(NamedTuple):
    """Of each function's change of share; NaN where nothing can be said."""

    low: Floats
    high: Floats
    p_value: Floats


def compare_sides(before: Side, after: Side) -> Estimate:
    """Compare the shares of two profiles, or of replicates, as proportions of events.

    Replicates tell by how much runs differ beyond chance; their mean is then worth as many events
    as would vary like it. Where counts are large the score test, else an exact conditional test:
    Fisher's, or its limit for rare events, the binomial one (Przyborowski and Wilenski 1940).
    Intervals are Newcombe's (1998). What is not sure of the variance widens both, as in a t test.
    """
    from scipy import special

    sides = _in_events([before, after])
    between, degrees = _between_runs(sides)
    shares = np.stack([side.shares.mean(axis=0) for side in (before, after)])
    variance = [(_chance(n) + between).sum(axis=0) / len(n) ** 2 for _, n in sides]
    n = np.maximum((1 / np.stack(variance) - 2) / 4, 1.0)
    k = shares * n
    p_value = _proportions_test(np.rint(k), np.rint(n))
    if (degrees < MANY).any():
        p_value = 2 * special.stdtr(degrees, special.ndtri(p_value / 2))
    reach = np.asarray(special.stdtrit(degrees, 0.5 + CONFIDENCE / 2), np.float64)
    return Estimate(*_newcombe(shares, n, reach), p_value)


def false_discovery_rates(p_values: Floats) -> Floats:
    """Return adjusted p values (Benjamini and Hochberg 1995); NaN stays."""
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known])]
    scaled = p_values[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = p_values.copy()
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def _newcombe(share: Floats, n: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Return the interval of the difference of two proportions, hybrid of Wilson's scores."""
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
    """Return two-sided p values for the rarer side, given how many events there are in all.

    Fisher's test draws the events of one side from an urn with those of both. Where the kind is
    rare its limit is which side each event of the kind is of, and where the other side is much
    larger which of the smaller side's events are of the kind.
    """
    from scipy import stats

    whole = n.sum(axis=0)
    rare = np.where(2 * k.sum(axis=0) <= whole, k, n - k)
    both, part = rare.sum(axis=0), n[0] / whole
    tails = _binomial_tails(rare[0], both, part)
    less, smaller = n.argmin(axis=0)[None], n.min(axis=0)
    often = both > RARE * whole
    seen = np.take_along_axis(rare, less, axis=0)[0]
    tails[often] = _binomial_tails(seen[often], smaller[often], (both / whole)[often])
    urn = often & (smaller > RARE**2 * whole) & (whole < LARGEST_URN)
    urns = stats.hypergeom(whole[urn], both[urn], smaller[urn])
    tails[urn] = np.minimum(urns.cdf(seen[urn]), urns.sf(seen[urn] - 1))
    p_values: Floats = np.minimum(1.0, 2 * tails)
    return p_values


def _binomial_tails(k: Floats, n: Floats, part: Floats) -> Floats:
    """Return the lesser of the chances of at most k and at least k of n."""
    from scipy import special

    def at_most(events: Floats) -> Floats:
        inside = special.betainc(np.maximum(n - events, 1e-9), np.maximum(events, 0) + 1, 1 - part)
        return np.where(events < 0, 0.0, np.where(events >= n, 1.0, inside))

    tails: Floats = np.minimum(at_most(k), 1 - at_most(k - 1))
    return tails


def _in_events(sides: Sequence[Side]) -> list[tuple[Floats, Floats]]:
    """Return of each side how many events the values of its runs are, and of how many.

    What an event is worth differs by function, and by the rate and the period at which a run was
    sampled. Where a run saw nothing of a function, other runs tell what an event would be worth.
    """
    values, spread, whole, whole_spread = (
        np.concatenate([getattr(side, name) for side in sides])
        for name in ("values", "spread", "whole", "whole_spread")
    )
    worth = np.divide(spread, values, out=np.zeros_like(values), where=values > 0)
    most = np.argmax((worth > 0).sum(axis=1))
    unit = (whole_spread / whole) / (whole_spread / whole)[most]  # of a run, beside that run's
    for run, row in enumerate(worth):
        both = (row > 0) & (worth[most] > 0)
        if both.any():
            unit[run] = np.median(row[both] / worth[most][both])
    pooled, weight = (spread / unit**2).sum(axis=0), (values / unit).sum(axis=0)
    common = np.divide(pooled, weight, out=np.ones_like(pooled), where=pooled > 0)
    k = values / (unit * common)
    n = np.maximum(whole / (unit * common), np.maximum(k, 1.0))
    first = len(sides[0].values)
    return [(k[:first], n[:first]), (k[first:], n[first:])]


def _chance(n: Floats) -> Floats:
    """Return the variance by chance of a share of n events, as an angle (Anscombe 1948)."""
    return 1 / (4 * n + 2)


def _between_runs(sides: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Return the variance between runs beyond chance, and the degrees of freedom for a t test.

    Each (n_functions,). Shares are taken as angles, whose chance does not depend on the share and
    is not skewed. The variance is estimated in multiples of that by chance, never less than it, and
    shrunk to what functions have in common (Smyth 2004). Degrees of freedom are Satterthwaite's
    (1946), as runs differ in length and chance itself is known.
    """
    n_runs = [len(n) for _, n in sides]
    freedom, n_functions = sum(n_runs) - 2, sides[0][0].shape[1]
    if not freedom:
        return np.zeros(n_functions), np.full(n_functions, MANY)
    scatter, trace, squares, by_chance = np.zeros((4, n_functions))
    for (k, n), runs in zip(sides, n_runs, strict=True):
        angles = np.arcsin(np.sqrt((k + 0.375) / (n + 0.75)))
        chance = _chance(n)
        scatter += ((angles - angles.mean(axis=0)) ** 2).sum(axis=0)
        trace += (1 - 1 / runs) * chance.sum(axis=0)
        squares += (1 - 2 / runs) * (chance**2).sum(axis=0) + chance.sum(axis=0) ** 2 / runs**2
        by_chance += chance.sum(axis=0) / runs**2
    ratio, known = scatter / trace, trace**2 / squares
    often = np.concatenate([np.minimum(k, n - k) for k, n in sides]).min(axis=0) >= 5
    prior, weight = _common_ratio(ratio[often], float(np.median(known)))
    pull = weight / (weight + known)
    moderated = np.maximum(pull * prior + (1 - pull) * ratio, 1.0)
    mean_chance, per_run = trace / freedom, sum(1 / runs for runs in n_runs)
    between = (moderated - 1) * mean_chance
    whole = by_chance + per_run * between
    degrees = (known + weight) * (whole / (per_run * mean_chance * moderated)) ** 2
    return between, np.clip(degrees, 1.0, MANY)


def _common_ratio(ratios: Floats, freedom: float) -> tuple[float, float]:
    """Return what variance ratios have in common, and how many degrees of freedom that is worth.

    Moments of the logarithm of a scaled F distribution (Smyth 2004, section 6.2). That is never
    more than those of all ratios together; functions that are on the same stacks are one.
    """
    from scipy import optimize, special

    ratios = np.unique(np.round(ratios, 9))
    if len(ratios) < 5:
        return 1.0, 0.0
    most = (len(ratios) - 1) * freedom
    logs = np.log(np.maximum(ratios, 1e-6)) - special.digamma(freedom / 2) + np.log(freedom / 2)
    excess = logs.var(ddof=1) - special.polygamma(1, freedom / 2)
    if excess <= 0:
        return float(np.exp(logs.mean())), most
    half = optimize.brentq(lambda x: special.polygamma(1, x) - excess, 1e-3, 1e9)
    weight = min(float(2 * half), most)
    return float(np.exp(logs.mean() + special.digamma(half) - np.log(half))), weight
