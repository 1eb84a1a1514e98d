"""Cost shifts and traffic: a function's cost grew, and the function did not become dearer.

Cost moved to it from something that it is part of: the callers that hold all of its stacks; its
class and its module; what one change touched (after FBDetect, D. Y. Yoon et al., SOSP 2024); and
for a cost, the whole service. Or all that its entry point reaches grew by as much.

Two explanations of what stacks did are weighed by how likely they make it. The fewer and smaller
the stacks, the less noisy they are: so beside all that a scope holds each function in it is asked
whether cost came from there alone.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy import sparse

from workbench.detect.config import DetectConfig
from workbench.detect.stages.domains import SIGMAS, Domains, Step
from workbench.detect.stages.filters import Split, split
from workbench.detect.stages.localise import Candidate
from workbench.detect.stages.moves import Moves
from workbench.types import BoolArray, FloatArray

_EVIDENCE = 4.0
"""Log of how much likelier it has to be that a function did not become dearer than that it did."""
_ALIKE = 0.45
"""Cost comes from stacks that lost as much, but for this part of it or what errors explain."""
_HELD = 0.95
"""Stacks are within others that have this part of their cost."""
_LEAST_ERROR = 1e-6
"""Part of a step that counts as its error where there is none."""
_TINY = 1e-300
"""Smallest error, so that it divides."""


def cost_shift(candidates: list[Candidate], domains: Domains) -> Split:
    """Remove what traffic explains, and what only moved between functions."""
    by_traffic = split(candidates, partial(_by_traffic, domains=domains))
    changed = domains.without([c for c, _ in by_traffic.removed])
    shifted = split(by_traffic.kept, partial(_shifted, domains=changed))
    return Split(shifted.kept, by_traffic.removed + shifted.removed)


def _by_traffic(c: Candidate, domains: Domains) -> str:
    """Return of what traffic a candidate is the effect; empty where of none."""
    stacks, row = domains.stacks, domains.row(c)
    if stacks is None or row is None or domains.metric(c) != "gcpu":
        return ""
    if not stacks.traffic.is_known:
        return ""
    growth, explained = domains.growth_of_traffic(c, row)
    if explained.size < domains.config.min_total_ratio * abs(c.delta):
        return ""
    moves = domains.measure(c, stacks.holds[[row]], is_own=True)
    if explained.is_sure:  # that much of it is traffic, whatever else there is
        left = Step(float(moves.sizes[0]), float(moves.errors[0]))
        is_dearer = left.is_sure and left.size > _ALIKE * abs(c.delta)
    else:
        evidence = _evidence(np.array([abs(c.delta)]), moves.sizes, moves, domains.config)
        is_dearer = bool(evidence[0] <= _EVIDENCE)
    if is_dearer:
        return ""
    most = int(np.argmax(growth * stacks.by_entry(row)))
    verb = "rose" if c.delta > 0 else "fell"
    traffic = stacks.traffic
    entry = int(traffic.entries[most]) if traffic.is_own[most] else -1
    name, rise = stacks.name(entry), f"{verb} by {growth[most]:.1%}"
    return f"everything reached from {name} {rise}: traffic, not code"


def _shifted(c: Candidate, domains: Domains) -> str:
    """Return why a candidate is a cost shift; empty where it is none, or cannot be told."""
    return _within(c, domains) or _of_total(c, domains)


def _within(c: Candidate, domains: Domains) -> str:
    """Return out of what a function is part of its cost came, near before far."""
    stacks, row, metric = domains.stacks, domains.row(c), domains.metric(c)
    if stacks is None or row is None or metric not in {"cost", "gcpu"}:
        return ""
    own, before = domains.own_step(c, row), domains.before(c)
    around = stacks.around(row, is_share=metric == "gcpu")
    for n_before, scope in enumerate(around):
        wanted = _EVIDENCE + np.log1p(n_before)
        rest = stacks.without(scope.stacks, row)
        if _lost(c, own, domains.measure(c, rest), domains)[0] > wanted:
            return f"cost moved within {scope.name}, whose own cost did not move with it"
        steady = domains.measure(c, domains.without_risen(c, row, rest))
        if _weighed(c, own, steady, domains)[0] < -_EVIDENCE:
            continue  # what something in it lost is there under another name
        least = domains.config.min_total_ratio * own.size
        rows, parts = stacks.parts(scope.members, rest, before, least / 2)
        moves = domains.measure(c, parts)
        is_other = np.isin(rows, domains.changed_nearby(c))
        evidence = np.where(is_other, -np.inf, _lost(c, own, moves, domains))
        able = np.flatnonzero(evidence > wanted)
        stayed = np.flatnonzero(_weighed(c, own, moves, domains) < -_EVIDENCE)
        evidence[able[_is_held(parts[able], parts[stayed], before)]] = -np.inf
        n_able = int((moves.before >= least).sum())
        if len(rows) and evidence.max() > wanted + np.log1p(n_able):
            name = stacks.name(int(rows[evidence.argmax()]))
            return f"cost moved from {name}, within {scope.name}"
    return ""


def _is_held(parts: sparse.csr_array, holders: sparse.csr_array, costs: FloatArray) -> BoolArray:
    """Return which sets of stacks are within one of others, (n_parts,)."""
    weighed = sparse.csr_array(parts.multiply(costs))
    own = np.asarray(weighed.sum(axis=1)).ravel()
    shared = np.asarray((weighed @ holders.T).toarray())
    return np.asarray((shared >= _HELD * own[:, np.newaxis]).any(axis=1))


def _lost(c: Candidate, own: Step, moves: Moves, domains: Domains) -> FloatArray:
    """Return the evidence that a candidate's cost came from stacks that lost as much."""
    left = moves.sizes + own.size
    unlike = np.maximum(_ALIKE * own.size, SIGMAS * np.hypot(moves.errors, own.error))
    return np.where(np.abs(left) <= unlike, _weighed(c, own, moves, domains), -np.inf)


def _weighed(c: Candidate, own: Step, moves: Moves, domains: Domains) -> FloatArray:
    """Return the evidence that a candidate's cost came from stacks, rather than that these
    stayed as they were.
    """
    size, stacks = own.size, domains.stacks
    is_traffic_known = stacks is not None and stacks.traffic.is_known
    stayed = np.zeros(len(moves.sizes))
    if domains.metric(c) == "gcpu" and not is_traffic_known:
        # what grows makes all else a smaller part of the service
        stayed = -np.minimum(moves.before / max(1 - c.before, size), 1) * size
    return _evidence(size + stayed, moves.sizes + size, moves, domains.config)


def _evidence(size: FloatArray, left: FloatArray, moves: Moves, config: DetectConfig) -> FloatArray:
    """Return how much likelier (log) it is that nothing moved than that something did, where
    that would have moved it by a size, and so much is seen.

    Student's t, since errors are known from few blocks.
    """
    moved = 2 * config.min_total_ratio * size
    errors = np.maximum(moves.errors, np.maximum(_LEAST_ERROR * size, _TINY))
    misfits = [np.log1p(((left - where) / errors) ** 2 / moves.dof) for where in (moved, 0.0)]
    return np.asarray((moves.dof + 1) / 2 * (misfits[0] - misfits[1]))


def _of_total(c: Candidate, domains: Domains) -> str:
    """Return whether the whole service did not move with a cost."""
    total = domains.total_step(c)
    if total is None:
        return ""
    wanted = domains.config.min_total_ratio * abs(c.delta)
    is_refuted = total.size + SIGMAS * total.error < wanted
    is_open = domains.config.keep_open or total.size >= wanted or total.is_sure
    if is_refuted or not is_open:
        return "cost moved between functions, the service's total did not move with it"
    return ""
