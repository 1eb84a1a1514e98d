"""Set off what moved: code that was renamed, taken out into a new function or put back into one.

Such code looks like one function that lost its cost and another that gained it. What was lost is
set against what was gained before anybody is blamed, the most alike first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.types import Function

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
        texts = (self.before.get(loser, ""), self.after.get(winner, ""))
        first, second = (Counter(filter(None, map(str.strip, t.split("\n")[1:]))) for t in texts)
        sizes = [sum(len(line) * n for line, n in lines.items()) for lines in (first, second)]
        common = sum(len(line) * n for line, n in (first & second).items())
        return common / min(sizes) if min(sizes) else 0.0


def set_off_moves(blamed: Mapping[Function, Blame], sources: Sources) -> dict[Function, float]:
    """Set what was lost against what was gained by the same code; return the net growth.

    Returns
    -------
    dict of Function to float
        Growth of each function, its sum unchanged.
    """
    growth = {function: blame.growth for function, blame in blamed.items()}
    losers = [f for f in blamed if growth[f] < 0]
    winners = [f for f in blamed if growth[f] > 0]
    pairs = []
    for loser in losers:
        for winner in winners:
            if blamed[winner].is_new or blamed[loser].is_gone:
                likeness = sources.likeness(loser, winner)
                if likeness >= _ALIKE or _is_move(blamed, loser, winner):
                    pairs.append((-likeness, growth[loser], -growth[winner], loser, winner))
    for *_, loser, winner in sorted(pairs):
        moved = max(0.0, min(growth[winner], -growth[loser]))
        growth[winner] -= moved
        growth[loser] += moved
    return growth


def _is_move(blamed: Mapping[Function, Blame], loser: Function, winner: Function) -> bool:
    """Tell whether cost that went from one function to another did so in one place."""
    came, went = blamed[winner], blamed[loser]
    if came.is_new and went.is_gone:
        return bool(came.callers & went.callers)
    return (came.is_new and loser in came.callers) or (went.is_gone and winner in went.callers)
