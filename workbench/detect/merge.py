"""One regression is told once: callers and callees that moved with it are merged into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from workbench.types import SERVICE, FloatArray, SeriesMatrix

if TYPE_CHECKING:
    from workbench.detect.funnel import Candidate

_SAME_GROWTH = 0.7
"""Two subjects moved together where this part of the smaller one's growth is in both."""
_CARRIES = 0.5
"""A callee stands for its callers where it carries this part of the largest growth."""


def merge_candidates(
    candidates: list[Candidate],
    series: SeriesMatrix,
    depths: sparse.csr_array | None,
    stack_values: sparse.csr_array | None,
    same_change: int,
) -> list[Candidate]:
    """Group candidates of one change whose growth is in the same stacks; keep one of each.

    The one kept is the deepest that still carries most of the growth: its callers only contain
    it, and its callees hold parts of it.
    """
    if depths is None or stack_values is None:
        return candidates
    position: dict[str, int] = {}
    for row, subject in enumerate(series.subjects):  # the first rows are those of `depths`
        position.setdefault(subject, row)
    left = sorted(candidates, key=lambda c: (c.subject == SERVICE, -abs(c.delta)))
    kept = []
    while left:
        largest = left[0]
        growth = _stack_growth(stack_values, largest)
        group = [
            c
            for c in left
            if abs(c.index - largest.index) <= same_change
            and c.metric == largest.metric
            and (c.delta > 0) == (largest.delta > 0)
            and (
                c is largest
                or SERVICE in (c.subject, largest.subject)
                or _overlap(depths, growth, position[c.subject], position[largest.subject])
                >= _SAME_GROWTH
            )
        ]
        able = [c for c in group if abs(c.delta) >= _CARRIES * abs(largest.delta)]
        chosen = max(able, key=lambda c: _depth(depths, growth, position, c.subject))
        chosen.merged = tuple(c.subject for c in group if c is not chosen)
        kept.append(chosen)
        left = [c for c in left if c not in group]
    return kept


def _stack_growth(stack_values: sparse.csr_array, c: Candidate) -> FloatArray:
    """Return how much each stack moved across a candidate's change, (n_stacks,)."""
    start, end = c.index - len(c.before), c.index + len(c.after)
    before = np.asarray(stack_values[:, start : c.index].mean(axis=1)).ravel()
    after = np.asarray(stack_values[:, c.index : end].mean(axis=1)).ravel()
    return np.asarray((after - before) * np.sign(c.delta), dtype=np.float64)


def _overlap(depths: sparse.csr_array, growth: FloatArray, i: int, j: int) -> float:
    """Return the growth in stacks that hold both, as a part of the smaller one's growth."""
    first, second = depths[[i]].toarray().ravel() > 0, depths[[j]].toarray().ravel() > 0
    smaller = min(growth[first].sum(), growth[second].sum())
    return float(growth[first & second].sum() / smaller) if smaller > 0 else 0.0


def _depth(
    depths: sparse.csr_array, growth: FloatArray, position: dict[str, int], subject: str
) -> float:
    """Return how specific a subject is: the fewer stacks hold it, the deeper it stands."""
    if subject == SERVICE:
        return -np.inf
    held = depths[[position[subject]]].toarray().ravel() > 0
    return -float(np.abs(growth)[held].sum())
