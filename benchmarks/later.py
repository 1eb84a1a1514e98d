"""Planted inefficiencies of datasets/feed/later that are found: python benchmarks/later.py [TOP].

A planted place counts as found where one of the first TOP opportunities (default 20) is in the
function that truth.json names, or in another in which it may be mended. Decoys are counted alike.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from workbench.history import Repository
from workbench.solver import find_opportunities
from workbench.store import Store

LATER = Path(__file__).parents[1] / "datasets" / "feed" / "later"
sys.path.insert(0, str(LATER))
from building import build_later  # noqa: E402


def places(entry: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (function, file) of a planted place, and where else it may be mended."""
    return {(one["function"], one["file"]) for one in [entry, *entry.get("acceptable", [])]}


def main() -> None:
    """Print a line for each planted place, and how many are found."""
    top = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    truth = json.loads((LATER / "truth.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as place:
        build_later(Path(place) / "repository")
        repository = Repository(Path(place) / "repository")
        found = find_opportunities(Store.open(LATER / "store"), repository)
    for kind in ("opportunities", "decoys"):
        n_found = 0
        for entry in truth[kind]:
            seen = [
                f"{rank} {one.pattern}" for rank, one in enumerate(found, start=1)
                if (one.function.rpartition(":")[2], one.file) in places(entry)
            ]  # fmt: skip
            n_found += any(int(told.split()[0]) <= top for told in seen)
            print(f"{entry['id']} {entry['function']:24} {', '.join(seen) or '-'}")
        print(f"{kind}: {n_found} of {len(truth[kind])} in the first {top}")


if __name__ == "__main__":
    main()
