"""The order in which a van comes to its towns."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from depot.routing.geo import DEPOT, distance_km

LONGEST_STRETCH = 7


def length_km(towns: Sequence[str]) -> float:
    """Return the length of a tour that begins and ends at the depot."""
    stops = [DEPOT, *towns, DEPOT]
    return sum(distance_km(start, end) for start, end in itertools.pairwise(stops))


def nearest_first(towns: Iterable[str]) -> list[str]:
    """Return towns so that each is the nearest of those left."""
    left, tour, here = sorted(set(towns)), [], DEPOT
    while left:
        here = min(left, key=lambda town: distance_km(here, town))
        left.remove(here)
        tour.append(here)
    return tour


def untangle(tour: Sequence[str]) -> list[str]:
    """Return a tour in which no short stretch gains by being driven the other way."""
    best, found = list(tour), True
    while found:
        found = False
        for i in range(len(best) - 1):
            for j in range(i + 1, min(i + LONGEST_STRETCH, len(best))):
                if gain_km(best, i, j) > 1e-9:
                    best[i : j + 1] = best[i : j + 1][::-1]
                    found = True
    return best


def gain_km(tour: Sequence[str], first: int, last: int) -> float:
    """Return how much shorter a tour is when a stretch is driven the other way."""
    before = tour[first - 1] if first else DEPOT
    after = tour[last + 1] if last + 1 < len(tour) else DEPOT
    now = distance_km(before, tour[first]) + distance_km(tour[last], after)
    then = distance_km(before, tour[last]) + distance_km(tour[first], after)
    return now - then
