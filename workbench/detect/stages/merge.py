"""One regression is told once: what moved with it is merged into it.

The same change shows in a function's callers and callees, in several metrics, and in every service
that runs the code. One is kept to stand for the others, by cost and by depth.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from scipy import sparse

from workbench.detect.config import DetectConfig
from workbench.detect.stages.domains import Domains
from workbench.detect.stages.filters import Split
from workbench.detect.stages.localise import Candidate
from workbench.detect.stages.moves import Moves, is_at_once
from workbench.types import SERVICE, FloatArray
from workbench.types.signals import Signals

_SAME_GROWTH = 0.7
"""Two subjects moved together where this part of the smaller one's growth is in both."""
_CARRIES = 0.5
"""A callee stands for its callers where it carries this part of the largest growth."""
_IN_STEP = 0.25
"""Two subjects grew by the same factor where these differ by no more than this part of them."""
_NEW = 0.05
"""A subject is as good as new where it had this part of its growth before."""
_WITHIN = 0.95
"""A callee is one of a caller where this part of its cost is called from there."""
_METRICS = ("cost", "gcpu", "self_gcpu")
"""Of which the first tells a change best."""


def merge(
    candidates: list[Candidate], signals: Signals, domains: Domains, config: DetectConfig
) -> Split:
    """Group candidates of one change, and keep one of each group.

    With stacks the one kept is the deepest that still carries most of the growth: its callers only
    contain it, and its callees hold parts of it. Without, only one subject in several metrics or
    services is known to be the same.
    """
    if domains.stacks is None and signals.keys is None:
        return Split(candidates, [])
    alike = defaultdict(list)
    for c in candidates:  # without stacks, others have nothing to do with each other
        alike[_subject(signals, c) if domains.stacks is None else ""].append(c)
    parts = [_merge(part, signals, domains, config) for part in alike.values()]
    return Split(
        [c for part in parts for c in part.kept], [one for part in parts for one in part.removed]
    )


def _merge(
    candidates: list[Candidate], signals: Signals, domains: Domains, config: DetectConfig
) -> Split:
    left = sorted(candidates, key=lambda c: (_subject(signals, c) == SERVICE, -abs(c.delta)))
    kept, removed = [], []
    while left:
        largest = left[0]
        near = [c for c in left if _is_same_change(c, largest, config)]
        growth = _Growth(near, largest, signals, domains)
        chosen = _representative(growth.moved_with(largest), signals, growth)
        group = {*growth.moved_with(chosen), *growth.in_step_with(chosen, largest)}
        others = [c for c in near if c in group and c is not chosen]
        names = dict.fromkeys(_subject(signals, c) for c in others)
        names.pop(_subject(signals, chosen), None)
        kept.append(replace(chosen, merged=tuple(names)))
        removed += [(c, f"moved with {_subject(signals, chosen)}") for c in others]
        left = [c for c in left if c not in group]
    return Split(kept, removed)


def _subject(signals: Signals, c: Candidate) -> str:
    return signals.key(c.row, "subject")


def _is_same_change(c: Candidate, other: Candidate, config: DetectConfig) -> bool:
    return (c.delta > 0) == (other.delta > 0) and is_at_once(c, other, config)


def _representative(group: list[Candidate], signals: Signals, growth: _Growth) -> Candidate:
    """Return the candidate that stands for a group."""
    metric = min({signals.key(c.row, "metric") for c in group}, key=_rank)
    of_metric = [c for c in group if signals.key(c.row, "metric") == metric]
    in_stacks = [c for c in of_metric if c in growth.place]
    if not in_stacks:
        return max(of_metric, key=lambda c: abs(c.delta))
    return growth.deepest(in_stacks)


def _rank(metric: str) -> tuple[int, str]:
    return (_METRICS.index(metric) if metric in _METRICS else len(_METRICS), metric)


class _Growth:
    """In which stacks candidates grew, all across the change of the largest."""

    def __init__(
        self, near: list[Candidate], largest: Candidate, signals: Signals, domains: Domains
    ) -> None:
        self.near, self.largest, self.signals, self.domains = near, largest, signals, domains
        rows = {c: domains.row(c) for c in near}
        in_stacks = {c: row for c, row in rows.items() if row is not None}
        self.place = {c: i for i, c in enumerate(in_stacks)}
        """Of the candidates that stacks hold, as an index of what follows."""
        if domains.stacks is not None and in_stacks:
            self.held = domains.stacks.holds[list(in_stacks.values())]
            self.depths = domains.stacks.depths[list(in_stacks.values())]
            self.costs = domains.stacks.costs
            moves = self._moves(self.held)
            self.sizes = moves.sizes
            self.rates = moves.sizes / np.maximum(moves.before, _NEW * np.abs(moves.sizes))

    def moved_with(self, chosen: Candidate) -> list[Candidate]:
        """Return the candidates that are of one change with another, that one among them."""
        together = {c for c in self.near if self._is_same_subject(c, chosen)}
        if chosen in self.place:
            shared = self._grown(self.held.multiply(self.held[[self.place[chosen]]]))
            own = self.sizes[self.place[chosen]]
            for c, i in self.place.items():
                of_both = own, self.sizes[i]
                wanted = min(of_both) if c.kind == chosen.kind else max(of_both)
                if wanted > 0 and shared[i] >= _SAME_GROWTH * wanted:
                    together.add(c)
        return [c for c in self.near if c in together]

    def in_step_with(self, chosen: Candidate, caller: Candidate) -> list[Candidate]:
        """Return what moved with a caller by the same factor as a candidate did: called as much
        more often, they are of one change though neither is part of the other.
        """
        if not {chosen, caller} <= {*self.place}:
            return self.moved_with(caller) if chosen is caller else []
        rate = self.rates[self.place[chosen]]
        return [
            c for c in self.moved_with(caller)
            if c in self.place and abs(self.rates[self.place[c]] - rate) <= _IN_STEP * abs(rate)
        ]  # fmt: skip

    def deepest(self, candidates: list[Candidate]) -> Candidate:
        """Return the callee that carries most of the growth, going down by the largest growth."""
        size = {c: self.sizes[self.place[c]] for c in candidates}
        chosen = max(candidates, key=lambda c: size[c])
        left = [c for c in candidates if size[c] >= _CARRIES * size[chosen]]
        while left := [c for c in left if self._is_within(c, chosen)]:
            chosen = max(left, key=lambda c: size[c])
        return chosen

    def _is_within(self, c: Candidate, caller: Candidate) -> bool:
        own, above = self.depths[[self.place[c], self.place[caller]]].toarray()
        is_called = (own > above) & (above > 0)
        cost = self.costs[own > 0].sum()
        is_smaller = cost < self.costs[above > 0].sum()
        return bool(is_smaller and self.costs[is_called].sum() >= _WITHIN * cost)

    def _is_same_subject(self, c: Candidate, other: Candidate) -> bool:
        if c is other:
            return True
        names = [_subject(self.signals, one) for one in (c, other)]
        is_service = all(map(self.domains.is_of_stacks, (c, other))) and SERVICE in names
        return is_service or (self.signals.keys is not None and names[0] == names[1])

    def _grown(self, sets: sparse.csr_array) -> FloatArray:
        return self._moves(sets).sizes

    def _moves(self, sets: sparse.csr_array) -> Moves:
        return self.domains.measure(self.largest, sparse.csr_array(sets), is_own=True)
