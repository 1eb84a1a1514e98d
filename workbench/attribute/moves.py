"""Set off what moved: code that was renamed, taken out into a new function or put back into one.

Such code looks like one function that lost its cost and another that gained it. What was lost is
set against what was gained before anybody is blamed, the most alike first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from workbench.attribute.growth import Growth
from workbench.types import FloatArray, Function

_ABSENT = 0.02
"""A function is new (or gone) where it has at most this part of its cost before (or after)."""
_ALIKE = 0.5
"""Two functions are one that moved where they share this part of the shorter one's text."""


@dataclass(slots=True)
class Blame:
    """Cost of one function, or what is blamed on it, before and after."""

    before: float = 0.0
    after: float = 0.0
    callers: set[Function] = field(default_factory=set)
    """Nearest callers that ran both before and after; those that did not may have moved too."""

    @property
    def growth(self) -> float:
        """What it gained; negative for what it lost."""
        return self.after - self.before

    @property
    def is_new(self) -> bool:
        """Whether it cost nothing before."""
        return self.after > 0 and self.before <= _ABSENT * self.after

    @property
    def is_gone(self) -> bool:
        """Whether it costs nothing now."""
        return self.before > 0 and self.after <= _ABSENT * self.before


@dataclass(frozen=True, slots=True)
class Sources:
    """Text of the functions of all changed files."""

    before: Mapping[Function, str] = field(default_factory=dict)
    after: Mapping[Function, str] = field(default_factory=dict)

    def likeness(self, loser: Function, winner: Function) -> float:
        """Return how much of the shorter text is in the longer one, by characters of its lines."""
        first, second = _lines(self.before.get(loser, "")), _lines(self.after.get(winner, ""))
        smallest = min(_size(first), _size(second))
        return _size(first & second) / smallest if smallest else 0.0


@lru_cache(maxsize=4096)
def _lines(text: str) -> Counter[str]:
    """Return how often each line of a function's body is in it."""
    return Counter(filter(None, map(str.strip, text.split("\n")[1:])))


def _size(lines: Counter[str]) -> int:
    return sum(len(line) * n for line, n in lines.items())


def blame_nearest(growth: Growth, sets: Sequence[frozenset[int]], sources: Sources) -> FloatArray:
    """Blame the growth of each stack on its deepest frame that any of some changes touched.

    Samples often grow outside of the diff (in `copy.deepcopy`, `re`, builtins). What code lost by
    moving is set off first.

    Parameters
    ----------
    growth : Growth
        Of the stacks; those that do not hold what regressed do not count.
    sets : sequence of frozenset of int
        Functions that each change touched, as numbers of `growth.functions`.
    sources : Sources
        Texts by which code that moved is known.

    Returns
    -------
    ndarray
        (n_changes,) net growth; changes that touched the same function share it.
    """
    blamed = _blame(growth, frozenset().union(*sets))
    net = set_off_moves({growth.functions[f]: blame for f, blame in blamed.items()}, sources)
    sharers = Counter(function for functions in sets for function in functions)
    carried = [
        sum(net.get(growth.functions[f], 0.0) / sharers[f] for f in sorted(functions))
        for functions in sets
    ]
    return np.array(carried, np.float64)


def _blame(growth: Growth, functions: frozenset[int]) -> dict[int, Blame]:
    wanted = np.zeros(len(growth.functions), np.bool_)
    wanted[list(functions)] = True
    lasting = ~(growth.is_new | growth.is_gone)
    starts = growth.recording.stack_starts
    blamed: dict[int, Blame] = {}
    for stack in np.flatnonzero(growth.regressed & growth.through(functions)):
        frames = growth.frames[starts[stack] : starts[stack + 1]]
        deepest = int(np.flatnonzero(wanted[frames])[-1])
        number = int(frames[deepest])
        blame = blamed.setdefault(number, Blame())
        blame.before += float(growth.before[stack])
        blame.after += float(growth.after[stack])
        callers = [f for f in frames[:deepest] if lasting[f] and f != number]
        blame.callers.update(growth.functions[f] for f in callers[-1:])
    return blamed


def set_off_moves(blamed: Mapping[Function, Blame], sources: Sources) -> dict[Function, float]:
    """Set what was lost against what was gained by the same code; return the net growth.

    Returns
    -------
    dict of Function to float
        Growth of each function, its sum unchanged.
    """
    growth = {function: blame.growth for function, blame in blamed.items()}
    pairs = []
    for loser, winner in _may_be_moves(blamed):
        likeness = sources.likeness(loser, winner)
        if likeness >= _ALIKE or _is_move(blamed, loser, winner):
            pairs.append((-likeness, growth[loser], -growth[winner], loser, winner))
    for *_, loser, winner in sorted(pairs):
        moved = max(0.0, min(growth[winner], -growth[loser]))
        growth[winner] -= moved
        growth[loser] += moved
    return growth


def _may_be_moves(blamed: Mapping[Function, Blame]) -> Iterator[tuple[Function, Function]]:
    """Yield what lost cost with what gained some, where one of them is gone or the other new."""
    losers = [f for f, blame in blamed.items() if blame.growth < 0]
    winners = [f for f, blame in blamed.items() if blame.growth > 0]
    new = [f for f in winners if blamed[f].is_new]
    for loser in losers:
        for winner in winners if blamed[loser].is_gone else new:
            yield loser, winner


def find_renames(growth: Growth, sources: Sources) -> dict[Function, Function]:
    """Return which functions that run no more are which that run now, by their text or callers."""
    gone, new = (np.flatnonzero(which) for which in (growth.is_gone, growth.is_new))
    pairs = []
    for i in gone:
        for j in new:
            loser, winner = growth.functions[i], growth.functions[j]
            likeness = sources.likeness(loser, winner)
            is_known = loser in sources.before and winner in sources.after
            if likeness >= _ALIKE or (loser.name == winner.name and not is_known):
                pairs.append((-likeness, loser, winner))
    found: dict[Function, Function] = {}
    for _, loser, winner in sorted(pairs):
        if loser not in found and winner not in found.values():
            found[loser] = winner
    return found


def _is_move(blamed: Mapping[Function, Blame], loser: Function, winner: Function) -> bool:
    """Tell whether cost that went from one function to another did so in one place."""
    came, went = blamed[winner], blamed[loser]
    if came.is_new and went.is_gone:
        return bool(came.callers & went.callers)
    return (came.is_new and loser in came.callers) or (went.is_gone and winner in went.callers)
