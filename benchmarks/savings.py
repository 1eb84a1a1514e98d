"""Planted inefficiencies that are mended: python benchmarks/savings.py later|depot [ID].

Each of the 20 (`--top`) most promising opportunities of datasets/feed/later or datasets/depot is
solved with the playbook model: an edit, the service's tests, the same output, and what is saved
with the usual and with held-out requests. A line each; with IDs, those of truth.json alone are
tried. A planted place counts as mended where a verified edit is of an opportunity that is in it.
What the file of `--out` has already is not done again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from planted import SETS, open_planted

from workbench.solver import SolveOptions, solve
from workbench.types import Opportunity, Outcome


def row_of(one: Opportunity, planted: str, outcome: Outcome) -> dict[str, Any]:
    """Return what became of an opportunity."""
    fix, seconds = outcome.fix, outcome.seconds
    told = {
        "opportunity": one.id, "planted": planted, "pattern": one.pattern,
        "function": one.function, "no_fix": outcome.no_fix, "seconds": seconds["total"],
    }  # fmt: skip
    if fix is None:
        return told
    seen = fix.verification
    gains = [
        {"inputs": g.inputs, "saved": g.saved, "interval": g.saved_interval} for g in seen.gains
    ]
    return told | {
        "strategy": fix.patch.strategy, "verified": seen.verified, "reason": seen.reason,
        "hollow": seen.hollow, "gains": gains, "own_seconds": seconds["total"] - fix.run_seconds,
        "diff": fix.diff,
    }  # fmt: skip


def tell(row: dict[str, Any]) -> None:
    """Print a row."""
    gains = ", ".join(
        f"{g['inputs']} {g['saved']:.1%} [{g['interval'][0]:.1%}, {g['interval'][1]:.1%}]"
        for g in row.get("gains", ())
    )
    state = "verified" if row.get("verified") else "NOT"
    why = row.get("reason") or row["no_fix"]
    print(f"{row['planted'] or '-':4} {row['function']:44.44} {row.get('strategy', '-'):18} "
          f"{state:9} {row['seconds']:4.0f} s  {gains}  {why[:90]}", flush=True)  # fmt: skip


def main() -> None:
    """Solve what is asked for, and print how much of what was planted is mended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--top", type=int, default=20)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--skills", type=Path)
    asked = parser.parse_intermixed_args()
    kept = asked.out.read_text().splitlines() if asked.out and asked.out.exists() else []
    rows = [json.loads(line) for line in kept]
    with tempfile.TemporaryDirectory() as folder:
        planted = open_planted(asked.name, Path(folder))
        truth = planted.truth
        for one in planted.find()[: asked.top]:
            place = planted.at(one)
            is_done = any(row["opportunity"] == one.id for row in rows)
            if is_done or (asked.ids and place not in asked.ids):
                continue
            options = SolveOptions(skills=asked.skills, opportunity=one.id, review=True,
                                   fix_first=True)  # fmt: skip
            rows.append(row_of(one, place, solve(planted.case, options)))
            tell(rows[-1])
            if asked.out:
                with asked.out.open("a") as out:
                    out.write(json.dumps(rows[-1]) + "\n")
    wanted = {entry["id"] for entry in truth["opportunities"]}
    mended = {row["planted"] for row in rows if row.get("verified")}
    n_gains = sum(bool(row.get("verified")) for row in rows)
    print(f"{n_gains} of {len(rows)} opportunities mended; of what was planted, "
          f"{len(mended & wanted)} of {len(wanted)}: {', '.join(sorted(mended & wanted))}; "
          f"decoys edited: {', '.join(sorted(mended - wanted - {''})) or 'none'}")  # fmt: skip


if __name__ == "__main__":
    main()
