"""Verified fixes of known regressions: python benchmarks/fixes.py feed|releases [--out FILE] [ID].

`feed` cuts a case around each cause of datasets/feed that is in its repository (commits, and
pinned libraries); `releases` takes the regressions of datasets/pypi, from the package index. Each
is solved with the playbook model, and its fix verified: the project's tests where there are any,
the same output, and at least 80 % of the loss back with the usual and with held-out inputs. A line
a case; cases that FILE has already are not solved again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.evaluate.cases import (
    cut_timeline,
    load_recorded,
    load_timeline,
    load_timeline_truth,
    materialise,
)
from workbench.evaluate.cases.timeline import PlantedCause
from workbench.solver import SolveOptions, open_case, solve
from workbench.types import Outcome

DATASETS = Path(__file__).parents[1] / "datasets"
IN_CODE = {"commit", "dependency"}
FORWARD = "forward"


def feed_cases(place: Path) -> dict[str, Callable[[], Path]]:
    """Return id -> what cuts the case, of each cause that is in the repository."""
    folder = DATASETS / "feed"
    truth, n_windows = load_timeline_truth(folder), load_timeline(folder).n_windows
    ends = [cause.end_window or n_windows for cause in truth.causes]

    def cut(cause: PlantedCause) -> Path:
        """Cut from where the cause before it was undone to where it is undone itself."""
        start = max((end for end in ends if end <= cause.window), default=0)
        end = cause.end_window or n_windows
        return cut_timeline(folder, start, end, place / cause.id, name=f"feed-{cause.id}")

    return {cause.id: partial(cut, cause) for cause in truth.planted if cause.kind in IN_CODE}


def release_cases() -> dict[str, Callable[[], Path]]:
    """Return id -> what builds the case, of each regression between two releases."""
    return {
        case.spec.id: partial(materialise, case)
        for case in load_recorded(DATASETS / "pypi")
        if case.spec.kind == "regression"
    }


def row_of(id_: str, outcome: Outcome) -> dict[str, Any]:
    """Return what became of a case."""
    fix = outcome.fix
    seconds = dict(outcome.seconds)
    row: dict[str, Any] = {
        "id": id_, "cause": outcome.cause, "no_fix": outcome.no_fix, "seconds": seconds,
        "mitigation": outcome.diagnosis.mitigation if outcome.diagnosis else "",
    }  # fmt: skip
    if fix is None:
        return row
    seen = fix.verification
    return row | {
        "strategy": fix.patch.strategy, "summary": fix.patch.summary, "verified": seen.verified,
        "how": FORWARD if not fix.patch.reverted else fix.patch.strategy, "reason": seen.reason,
        "hollow": seen.hollow, "n_trials": fix.n_trials, "run_seconds": fix.run_seconds,
        "own_seconds": seconds["total"] - fix.run_seconds,
        "lines": sum(line[:1] in "+-" and line[:3] not in ("+++", "---")
                     for line in fix.diff.splitlines()),
        "gains": {gain.inputs: (gain.at_bad / gain.at_good, gain.restored, *gain.restored_interval)
                  for gain in seen.gains},
    }  # fmt: skip


def told(row: dict[str, Any]) -> str:
    """Return a line about a case."""
    if "error" in row:
        return f"{row['id']:28} {row['error']}"
    if "verified" not in row:
        return f"{row['id']:28} no fix: {row['no_fix']}"
    gains = ", ".join(f"{name} x{g[0]:.2f} {g[1]:.0%}" for name, g in row["gains"].items())
    return (
        f"{row['id']:28} {'verified' if row['verified'] else 'NOT':9} {row['strategy']:14} "
        f"{row['lines']:4} lines {row['seconds']['total']:5.0f} s ({row['own_seconds']:3.0f} own)  "
        f"{gains}  {row['reason']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bank", choices=("feed", "releases"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("ids", nargs="*")
    asked = parser.parse_args()
    kept = asked.out.read_text().splitlines() if asked.out and asked.out.is_file() else []
    rows = {row["id"]: row for row in map(json.loads, kept)}
    with tempfile.TemporaryDirectory() as place:
        cases = feed_cases(Path(place)) if asked.bank == "feed" else release_cases()
        for id_, build in cases.items():
            if id_ in rows or (asked.ids and id_ not in asked.ids):
                continue
            began = time.perf_counter()
            try:
                rows[id_] = row_of(id_, solve(open_case(build()), SolveOptions()))
            except WorkbenchError as error:
                rows[id_] = {"id": id_, "error": str(error), "seconds": time.perf_counter() - began}
            print(told(rows[id_]), flush=True)
            if asked.out:
                with asked.out.open("a") as file:
                    file.write(json.dumps(rows[id_]) + "\n")
    verified = [row for row in rows.values() if row.get("verified")]
    forward = sum(row["how"] == FORWARD for row in verified)
    print(f"verified: {len(verified)} of {len(rows)}; {forward} fixes forward")
    if verified:
        own = statistics.median(row["own_seconds"] for row in verified)
        print(f"own time besides runs, median: {own:.0f} s")


if __name__ == "__main__":
    main()
