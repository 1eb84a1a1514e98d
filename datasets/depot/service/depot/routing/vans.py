"""Which parcels go into which van."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from depot.errors import Invalid
from depot.model import Parcel


@dataclass
class Van:
    """A van and what is in it."""

    number: int
    max_grams: int
    parcels: list[Parcel] = field(default_factory=list)

    @property
    def grams(self) -> int:
        return sum(parcel.grams for parcel in self.parcels)

    def has_room(self, parcel: Parcel) -> bool:
        """Return whether a parcel can go in besides what is there."""
        return self.grams + parcel.grams <= self.max_grams


def load(parcels: Iterable[Parcel], max_grams: int) -> list[Van]:
    """Return vans with parcels, each in the first that has room; urgent ones first, then by town."""
    vans: list[Van] = []
    for parcel in sorted(parcels, key=lambda p: (p.priority, p.town, p.order)):
        if parcel.grams > max_grams:
            raise Invalid(f"{parcel.order} is too heavy for a van")
        van = next((van for van in vans if van.has_room(parcel)), None)
        if van is None:
            van = Van(len(vans) + 1, max_grams)
            vans.append(van)
        van.parcels.append(parcel)
    return vans
