"""Planted inefficiencies that are found: python benchmarks/planted.py [later|depot] [--top N].

Of datasets/feed/later or datasets/depot. A planted place counts as found where one of the first N
opportunities (default 20) is in the function that truth.json names, or in another in which it may
be mended. Decoys are counted alike.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from workbench.evaluate.cases import load_timeline, write_workload
from workbench.evaluate.cases.timeline import TimelineState, patch_names
from workbench.history import Repository
from workbench.solver import find_opportunities, open_case, place_workload
from workbench.store import Store
from workbench.types import Case, Opportunity

DATASETS = Path(__file__).parents[1] / "datasets"
FEED, LATER, DEPOT = DATASETS / "feed", DATASETS / "feed" / "later", DATASETS / "depot"
SETS = ("later", "depot")


class Planted(NamedTuple):
    """A service with planted places, and the truth about them."""

    case: Case
    truth: dict[str, Any]

    def find(self) -> list[Opportunity]:
        """Return the opportunities of the service, the most promising first."""
        return find_opportunities(Store.open(self.case.store), Repository(self.case.repository))

    def at(self, one: Opportunity) -> str:
        """Return the id of what was planted where an opportunity is; empty for nothing."""
        where = (one.function.rpartition(":")[2], one.file)
        entries = [*self.truth["opportunities"], *self.truth["decoys"]]
        return next((entry["id"] for entry in entries if where in places(entry)), "")


def places(entry: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (function, file) of a planted place, and where else it may be mended."""
    return {(one["function"], one["file"]) for one in [entry, *entry.get("acceptable", [])]}


def open_planted(name: str, place: Path) -> Planted:
    """Build the repository of one of `SETS` in a folder, and open its store as a case."""
    folder, repository = {"later": LATER, "depot": DEPOT}[name], place / "repository"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    sys.path.insert(0, str(folder))
    if name == "depot":
        from building import build_depot

        build_depot(repository)
        opened = open_case(folder / "store", repository=repository)
        return Planted(place_workload(opened), truth)
    from building import build_later

    build_later(repository)
    state = TimelineState(patch_names(LATER)[-1], load_timeline(FEED).initial)
    pinned = (repository / "requirements.txt").read_text(encoding="utf-8")
    workload = write_workload(FEED, state, [pinned], (), place)
    opened = open_case(folder / "store", repository=repository)
    return Planted(replace(opened, workload=workload, workload_folder=str(place)), truth)


def main() -> None:
    """Print a line for each planted place, and how many are found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=SETS, default="later")
    parser.add_argument("--top", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        planted = open_planted(asked.name, Path(folder))
        found = planted.find()
    for kind in ("opportunities", "decoys"):
        n_found = 0
        for entry in planted.truth[kind]:
            seen = [
                (rank, one.pattern) for rank, one in enumerate(found, start=1)
                if (one.function.rpartition(":")[2], one.file) in places(entry)
            ]  # fmt: skip
            n_found += any(rank <= asked.top for rank, _ in seen)
            told = ", ".join(f"{rank} {pattern}" for rank, pattern in seen)
            print(f"{entry['id']} {entry['function']:24} {told or '-'}")
        print(f"{kind}: {n_found} of {len(planted.truth[kind])} in the first {asked.top}")


if __name__ == "__main__":
    main()
