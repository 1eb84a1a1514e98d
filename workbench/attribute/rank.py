"""Rank changes by the growth that passes through what they changed.

Samples often grow outside of the diff (in `copy.deepcopy`, `re`, builtins), so each stack's growth
is blamed on its *nearest changed ancestor*: the deepest frame that some change touched. What code
lost by moving is set off first (see `moves`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from workbench.attribute.moves import Blame, Sources, set_off_moves
from workbench.history import enclosing_function
from workbench.types import Change, FloatArray, Function, Ranking, Recording, Suspect


def rank_changes(
    changes: Sequence[Change],
    recording: Recording,
    before: FloatArray,
    after: FloatArray,
    sources: Sources | None = None,
) -> Ranking:
    """Rank the changes that could have caused a regression.

    Parameters
    ----------
    changes : sequence of Change
        Candidates, with the functions each of them touched.
    recording : Recording
        Names the stacks.
    before, after : ndarray
        (n_stacks,) level of each stack, such as its cost per round of work.
    sources : Sources, optional
        Texts by which code that moved is known. Default: it is known by its callers alone.

    Returns
    -------
    Ranking
        Changes with net growth, most first; that it was none of them has the part of the growth
        that no change explains.
    """
    touched = {function for change in changes for function in change.functions}
    blamed, unexplained = _blame(recording, before, after, touched)
    growth = set_off_moves(blamed, sources or Sources())
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
    suspects = tuple(
        Suspect(
            change=change,
            probability=net[change.id] / total,
            functions=_by_growth(by_change[change.id]),
            growth=net[change.id],
        )
        for change in ranked
    )
    return Ranking(suspects, max(0.0, 1 - sum(s.probability for s in suspects)))


def _blame(
    recording: Recording, before: FloatArray, after: FloatArray, touched: set[Function]
) -> tuple[dict[Function, Blame], float]:
    """Give each stack's cost to its deepest touched frame; return also the growth of the others."""
    stacks = [list(map(_known_as, recording.stack(s))) for s in range(recording.n_stacks)]
    lasting = _lasting(stacks, before, after)
    blamed: dict[Function, Blame] = defaultdict(Blame)
    unexplained = 0.0
    for stack, frames in enumerate(stacks):
        depth = next((d for d in reversed(range(len(frames))) if frames[d] in touched), None)
        if depth is None:
            unexplained += float(after[stack] - before[stack])
            continue
        blame = blamed[frames[depth]]
        blame.before += float(before[stack])
        blame.after += float(after[stack])
        callers = [f for f in frames[:depth] if f in lasting and f != frames[depth]]
        blame.callers.update(callers[-1:])
    return blamed, unexplained


def _lasting(
    stacks: Iterable[Iterable[Function]], before: FloatArray, after: FloatArray
) -> set[Function]:
    """Return the functions that ran both before and after, with all they called."""
    costs: dict[Function, Blame] = defaultdict(Blame)
    for stack, frames in enumerate(stacks):
        for function in set(frames):
            costs[function].before += float(before[stack])
            costs[function].after += float(after[stack])
    return {function for function, cost in costs.items() if not (cost.is_new or cost.is_gone)}


def _known_as(function: Function) -> Function:
    return function._replace(name=enclosing_function(function.name))


def _by_growth(parts: dict[Function, float]) -> tuple[str, ...]:
    ranked: Iterable[Function] = sorted(parts, key=lambda f: -parts[f])
    return tuple(function.subject for function in ranked if parts[function] > 0)
