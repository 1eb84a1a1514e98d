"""One regression is told once: what moved with it is merged into it.

The same change shows in a function's callers and callees, in several metrics, and in every service
that runs the code. One is kept to stand for the others, by cost and by depth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.filters import Split
from workbench.detect.inputs import Signals
from workbench.detect.localise import Candidate
from workbench.types import SERVICE, BoolArray, FloatArray, Stacks

_SAME_GROWTH = 0.7
"""Two subjects moved together where this part of the smaller one's growth is in both."""
_CARRIES = 0.5
"""A callee stands for its callers where it carries this part of the largest growth."""
_METRICS = ("cost", "gcpu", "self_gcpu")
"""Of which the first tells a change best."""
_FEWEST_APART = 2


def merge(
    candidates: list[Candidate], signals: Signals, stacks: Stacks | None, config: DetectConfig
) -> Split:
    """Group candidates of one change, and keep one of each group.

    With stacks the one kept is the deepest that still carries most of the growth: its callers only
    contain it, and its callees hold parts of it. Without, only one subject in several metrics or
    services is known to be the same.
    """
    growth = _Growth(signals, stacks) if stacks is not None else None
    if growth is None and signals.keys is None:
        return Split(candidates, [])
    left = sorted(candidates, key=lambda c: (_subject(signals, c) == SERVICE, -abs(c.delta)))
    kept, removed = [], []
    while left:
        largest = left[0]
        near = [c for c in left if _is_same_change(c, largest, config)]
        group = [
            c for c in near
            if c is largest or _is_same_subject(signals, c, largest)
            or (growth is not None and growth.is_shared(c, largest))
        ]  # fmt: skip
        chosen = _representative(group, largest, signals, growth)
        others = [c for c in group if c is not chosen]
        names = dict.fromkeys(_subject(signals, c) for c in others)
        names.pop(_subject(signals, chosen), None)
        kept.append(replace(chosen, merged=tuple(names)))
        removed += [(c, f"moved with {_subject(signals, chosen)}") for c in others]
        left = [c for c in left if c not in group]
    return Split(kept, removed)


def _subject(signals: Signals, c: Candidate) -> str:
    return signals.key(c.row, "subject")


def _is_same_change(c: Candidate, other: Candidate, config: DetectConfig) -> bool:
    if (c.delta > 0) != (other.delta > 0):
        return False
    if config.same_change is not None:
        return abs(c.index - other.index) <= config.same_change
    near = abs(c.index - other.index) <= _FEWEST_APART
    return near or (c.low <= other.high and other.low <= c.high)


def _is_same_subject(signals: Signals, c: Candidate, other: Candidate) -> bool:
    return signals.keys is not None and _subject(signals, c) == _subject(signals, other)


def _representative(
    group: list[Candidate], largest: Candidate, signals: Signals, growth: _Growth | None
) -> Candidate:
    """Return the candidate that stands for a group."""
    metric = min({signals.key(c.row, "metric") for c in group}, key=_rank)
    of_metric = [c for c in group if signals.key(c.row, "metric") == metric]
    most = max(abs(c.delta) for c in of_metric)
    if growth is None:
        return max(of_metric, key=lambda c: abs(c.delta))
    able = [c for c in of_metric if abs(c.delta) >= _CARRIES * most]
    return max(able, key=lambda c: growth.depth(c, largest))


def _rank(metric: str) -> tuple[int, str]:
    return (_METRICS.index(metric) if metric in _METRICS else len(_METRICS), metric)


class _Growth:
    """In which stacks candidates grew."""

    def __init__(self, signals: Signals, stacks: Stacks) -> None:
        self.signals, self.stacks = signals, stacks
        self.row = {subject: row for row, subject in enumerate(stacks.subjects)}
        self._stack_growth: dict[Candidate, FloatArray] = {}

    def is_shared(self, c: Candidate, largest: Candidate) -> bool:
        """Tell whether two candidates grew in the same stacks."""
        names = [_subject(self.signals, one) for one in (c, largest)]
        if SERVICE in names:
            return True
        held = [self._held(name) for name in names]
        if held[0] is None or held[1] is None:
            return False
        growth = self._of(largest)
        smaller = min(growth[held[0]].sum(), growth[held[1]].sum())
        return bool(smaller > 0 and growth[held[0] & held[1]].sum() >= _SAME_GROWTH * smaller)

    def depth(self, c: Candidate, largest: Candidate) -> float:
        """Return how specific a subject is: the fewer stacks hold it, the deeper it stands."""
        held = self._held(_subject(self.signals, c))
        return -np.inf if held is None else -float(np.abs(self._of(largest))[held].sum())

    def _held(self, subject: str) -> BoolArray | None:
        row = self.row.get(subject)
        return None if row is None else self.stacks.depths[[row]].toarray().ravel() > 0

    def _of(self, c: Candidate) -> FloatArray:
        """Return how much each stack moved across a candidate's change, (n_stacks,)."""
        if c not in self._stack_growth:
            values = self.stacks.values
            before = np.asarray(values[:, c.start : c.index].mean(axis=1)).ravel()
            after = np.asarray(values[:, c.index : c.end].mean(axis=1)).ravel()
            self._stack_growth[c] = np.asarray((after - before) * np.sign(c.delta))
        return self._stack_growth[c]
