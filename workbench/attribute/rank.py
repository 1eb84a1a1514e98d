"""Rank changes by the growth that passes through what they changed.

Samples often grow outside of the diff (in `copy.deepcopy`, `re`, builtins), so each stack's growth
is blamed on its *nearest changed ancestor*: the deepest frame that some change touched. Code that
moved or was renamed looks like one function gone and another new; what vanished is set against
what appeared under the same caller before anybody is blamed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from workbench.history import enclosing_function
from workbench.types import Change, FloatArray, Function, Recording, Suspect

_ABSENT = 0.02
"""A function is new (or gone) where it has at most this part of its cost before (or after)."""


@dataclass(slots=True)
class _Blame:
    """Cost blamed on one changed function, before and after."""

    before: float = 0.0
    after: float = 0.0
    callers: set[Function] = field(default_factory=set)

    @property
    def growth(self) -> float:
        return self.after - self.before


def rank_changes(
    changes: Sequence[Change],
    recording: Recording,
    stack_values: sparse.csr_array,
    change_index: int,
) -> tuple[Suspect, ...]:
    """Rank the changes that could have caused a regression.

    Parameters
    ----------
    changes : sequence of Change
        Candidates, with the functions each of them touched.
    recording : Recording
        Names the stacks.
    stack_values : scipy.sparse.csr_array
        (n_stacks, n_windows), such as cost per round of work.
    change_index : int
        First window of the new level.

    Returns
    -------
    tuple of Suspect
        Changes with net growth, most first. Probabilities add up to at most 1: the rest is growth
        that no change explains.
    """
    before = np.asarray(stack_values[:, :change_index].mean(axis=1)).ravel()
    after = np.asarray(stack_values[:, change_index:].mean(axis=1)).ravel()
    touched = {function for change in changes for function in change.functions}
    blamed, unexplained = _blame(recording, before, after, touched)
    growth = _set_off_moves(blamed)
    by_change: dict[str, dict[Function, float]] = defaultdict(dict)
    sharers: dict[Function, int] = defaultdict(int)
    for change in changes:
        for function in change.functions:
            sharers[function] += 1
    for change in changes:
        for function in change.functions:
            if function in growth:
                by_change[change.id][function] = growth[function] / sharers[function]
    net = {change: sum(parts.values()) for change, parts in by_change.items()}
    total = sum(value for value in net.values() if value > 0) + max(0.0, unexplained)
    ranked = sorted((c for c in changes if net.get(c.id, 0.0) > 0), key=lambda c: -net[c.id])
    return tuple(
        Suspect(
            change=change,
            probability=net[change.id] / total,
            functions=_by_growth(by_change[change.id]),
            growth=net[change.id],
        )
        for change in ranked
    )


def _blame(
    recording: Recording, before: FloatArray, after: FloatArray, touched: set[Function]
) -> tuple[dict[Function, _Blame], float]:
    """Give each stack's cost to its deepest touched frame; return also the growth of the others."""
    blamed: dict[Function, _Blame] = defaultdict(_Blame)
    unexplained = 0.0
    for stack in range(recording.n_stacks):
        frames = [_known_as(function) for function in recording.stack(stack)]
        depth = next((d for d in reversed(range(len(frames))) if frames[d] in touched), None)
        if depth is None:
            unexplained += float(after[stack] - before[stack])
            continue
        blame = blamed[frames[depth]]
        blame.before += float(before[stack])
        blame.after += float(after[stack])
        callers = [frame for frame in frames[:depth] if frame != frames[depth]]
        blame.callers.update(callers[-1:])
    return blamed, unexplained


def _set_off_moves(blamed: dict[Function, _Blame]) -> dict[Function, float]:
    """Set what vanished against what appeared under the same caller; return the net growth."""
    growth = {function: blame.growth for function, blame in blamed.items()}
    gone = [f for f, b in blamed.items() if b.before > 0 and b.after <= _ABSENT * b.before]
    new = [f for f, b in blamed.items() if b.after > 0 and b.before <= _ABSENT * b.after]
    for vanished in sorted(gone, key=lambda f: growth[f]):
        heirs = [f for f in new if blamed[f].callers & blamed[vanished].callers]
        for heir in sorted(heirs, key=lambda f: -growth[f]):
            moved = min(growth[heir], -growth[vanished])
            if moved > 0:
                growth[heir] -= moved
                growth[vanished] += moved
    return growth


def _known_as(function: Function) -> Function:
    return function._replace(name=enclosing_function(function.name))


def _by_growth(parts: dict[Function, float]) -> tuple[str, ...]:
    ranked: Iterable[Function] = sorted(parts, key=lambda f: -parts[f])
    return tuple(function.subject for function in ranked if parts[function] > 0)
