"""The manifest of a day: all vans, their stops and parcels, for drivers and for the customs."""

from __future__ import annotations

from collections.abc import Sequence

from depot.model import Parcel
from depot.routing.vans import Van

WIDTH = 72


class Manifest:
    """A text of lines that are numbered through."""

    def __init__(self, title: str) -> None:
        self._parts = [f"{title}\n{'=' * len(title)}\n"]
        self._n_lines = 0

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._parts)

    def heading(self, words: str) -> None:
        """Write a line that is set apart."""
        self._parts.append(f"\n{words}\n{'-' * len(words)}\n")

    def line(self, left: str, right: str) -> None:
        """Write a numbered line with something at its right edge."""
        self._n_lines += 1
        begin = f"{self._n_lines:>4}  {left}"
        self._parts.append(begin + right.rjust(WIDTH - len(begin)) + "\n")


def write_manifest(day: str, vans: Sequence[Van], tours: Sequence[Sequence[str]]) -> str:
    """Return the manifest of vans, each with the towns of its tour in order."""
    manifest = Manifest(f"Manifest of {day}")
    for van, tour in zip(vans, tours, strict=True):
        manifest.heading(f"Van {van.number}, {len(van.parcels)} parcels")
        by_town: dict[str, list[Parcel]] = {town: [] for town in tour}
        for parcel in van.parcels:
            by_town[parcel.town].append(parcel)
        for town, parcels in by_town.items():
            for parcel in parcels:
                manifest.line(f"{town:<14}{parcel.order}", f"{parcel.grams / 1000:.2f} kg")
        manifest.line("in all", f"{van.grams / 1000:.2f} kg")
    return manifest.text
