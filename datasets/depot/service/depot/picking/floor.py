"""The floor of the depot: aisles, and the way along them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from depot.model import Batch, Pick

AISLES = "ABCDEFGH"


def place(bin_code: str) -> tuple[int, int, int]:
    """Return aisle, bay and level of a bin such as C-042-1."""
    aisle, bay, level = bin_code.split("-")
    return AISLES.index(aisle), int(bay), int(level)


def walking_order(picks: Iterable[Pick]) -> list[Pick]:
    """Return picks as they are walked: up one aisle and down the next."""

    def key(pick: Pick) -> tuple[int, int, int]:
        aisle, bay, level = place(pick.bin)
        return aisle, -bay if aisle % 2 else bay, level

    return sorted(picks, key=key)


def shelf(batches: Iterable[Batch]) -> str:
    """Return batches as people read them, in the order in which they stand."""
    by_place = sorted(batches, key=lambda batch: place(batch.bin))
    return ", ".join(f"{b.pieces} in {b.bin} (lot {b.lot})" for b in by_place)


def metres(picks: Sequence[Pick]) -> int:
    """Return how far it is to walk past picks and back to the start."""
    spots = [(0, 0), *(place(pick.bin)[:2] for pick in picks), (0, 0)]
    walked = 0
    for (aisle, bay), (next_aisle, next_bay) in itertools.pairwise(spots):
        walked += 4 * abs(aisle - next_aisle) + abs(bay - next_bay)
    return walked


def describe(picks: Sequence[Pick]) -> str:
    """Return picks as people read them, with the way between."""
    steps: list[str] = []
    pieces: Counter[str] = Counter()
    for number, pick in enumerate(picks, start=1):
        aisle, bay, level = place(pick.bin)
        where = f"aisle {AISLES[aisle]}, bay {bay}, level {level}"
        pieces[pick.sku] += pick.pieces
        steps.append(f"{number}. {pick.pieces:>3} x {pick.sku} ({pick.lot}) from {where}")
    goods = ", ".join(f"{count} {sku}" for sku, count in sorted(pieces.items()))
    return f"{goods} in {len(steps)} steps, {metres(picks)} m: " + "; ".join(steps)
