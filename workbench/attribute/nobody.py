"""The evidence that none of the known changes did it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workbench.attribute.features import Clues
from workbench.types import FloatArray, IntArray

NOBODY: Mapping[str, str] = {
    "any": "there is always another cause",
    "even": "{even:.0%} of the growth is that of whole entry points, as of traffic or data",
    "mix": "{mix:.0%} of the growth is that of another mix of requests",
    "best": "the best candidate has evidence of {best:.1f}",
    "rivals": "others come near it by {rivals:.1f}",
}
"""Name -> words, with the values filled in."""

_NONE_AT_ALL = -6.0


def measure_nobody(clues: Clues, utilities: FloatArray) -> FloatArray:
    """Return the features of "none of these", (n_nobody_features,) as in `NOBODY`.

    Parameters
    ----------
    clues : Clues
        What is known of the regression.
    utilities : ndarray
        (n_changes,) weighted sums of the features of the candidates.
    """
    best = float(utilities.max(initial=_NONE_AT_ALL))
    found = {
        "any": 1.0,
        "even": _evenness(clues),
        "mix": _explained_by_mix(clues),
        "best": best,
        "rivals": float(np.log(np.exp(utilities - best).sum())) if len(utilities) else 0.0,
    }
    return np.array([found[name] for name in NOBODY])


def _evenness(clues: Clues) -> float:
    """Tell how much of the growth is explained by each entry point costing more as a whole.

    Entry points are where stacks first part. What calls them more often, or gives them more to do,
    makes all beneath grow by one ratio; a change of code makes some of it grow.
    """
    growth = clues.growth
    if growth.total <= 0:
        return 0.0
    entry = _entries(clues)
    before = np.bincount(entry, growth.before)
    delta = np.bincount(entry, growth.delta)
    expected = growth.before * (delta / np.maximum(before, 1e-300))[entry]
    leaves = growth.leaves
    grown = np.bincount(leaves, growth.delta)
    even = np.bincount(leaves, expected)
    noise = np.sqrt(np.bincount(leaves, growth.error**2))
    off = np.maximum(np.abs(grown - even) - noise, 0).sum()
    moved = np.maximum(np.abs(grown) - noise, 0)
    if not moved.sum():
        return 0.0
    # Where one function costs nearly all, its growth alone looks even too.
    part = np.bincount(leaves, growth.before / np.maximum(before, 1e-300)[entry])
    alone = float((moved * part).sum() / moved.sum())
    return float(np.clip(1 - off / moved.sum() - alone, 0, 1))


def _explained_by_mix(clues: Clues) -> float:
    """Tell how much of the service's growth another mix of requests explains."""
    grown = float(clues.growth.delta.sum())
    if clues.mix is None or grown <= 0:
        return 0.0
    return float(np.clip(clues.mix * clues.growth.before.sum() / grown, 0, 1))


def _entries(clues: Clues) -> IntArray:
    """Return the number of the entry point that each stack is in.

    The first depth at which the stacks part into several of a notable cost.
    """
    growth = clues.growth
    starts = growth.recording.stack_starts
    lengths = np.diff(starts)
    entry = np.zeros(len(lengths), np.int64)
    for depth in range(int(lengths.max(initial=0))):
        at = starts[:-1] + np.minimum(depth, lengths - 1)
        _, entry = np.unique(growth.frames[at], return_inverse=True)
        costs = np.bincount(entry, growth.before)
        if np.sort(costs)[-2:-1].sum() > 0.1 * costs.sum():
            break
    return entry
