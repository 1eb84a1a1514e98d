"""Measure what each reference fix saves, and write it into truth.json.

    python validate.py [--processes 18] [--turns 2] [--scratch FOLDER]

A process has a version with each fix and three without any, and they take turns; processes start
them in another order each. Of each step of a day the least that any process saw counts. A saving
is CPU with the fix over that without, with a 95 % bootstrap interval over processes. What a
process measured stays in the scratch folder: a run that was stopped goes on where it was. Ends
with an error where replies differ or an interval is not below 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from building import FOLDER, SERVICE, fixed

TRUTH = FOLDER / "truth.json"
N_PLAIN = 3
N_AT_ONCE = 2
N_RESAMPLES = 2000
PARTS = ("saving", "held_out")


@dataclass(frozen=True, slots=True)
class Bench:
    """Measures versions of the service, the last of which have no fix."""

    folders: Sequence[Path]
    n_turns: int
    scratch: Path
    digest: str
    """Of all that the versions are, by which results are known again."""

    def seconds(self, job: tuple[str, int]) -> list[list[float]]:
        """Return what the steps of a day took, a row a step and a column a version."""
        part, seed = job
        kept = self.scratch / f"{self.digest}-{self.n_turns}-{part}-{seed:02d}.json"
        if not kept.is_file():
            kept.write_text(json.dumps(self._measure(part, seed)), encoding="utf-8")
            print(f"measured {part} {seed}", flush=True)
        found: list[list[float]] = json.loads(kept.read_text(encoding="utf-8"))
        return found

    def _measure(self, part: str, seed: int) -> list[list[float]]:
        inputs = held_out_inputs() if part == "held_out" else {}
        command = [sys.executable, str(FOLDER / "serving.py"), str(self.n_turns), str(seed)]
        env = {**os.environ, **inputs, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [*command, *map(str, self.folders)], env=env, stdout=subprocess.PIPE, text=True,
            check=True,
        )  # fmt: skip
        told = json.loads(done.stdout)
        if len(set(told["replies"])) > 1:
            raise SystemExit(f"expected the same replies of all versions, got {told['replies']}")
        seconds: list[list[float]] = told["seconds"]
        return seconds


def held_out_inputs() -> dict[str, str]:
    """Return the first inputs that no search for a fix sees."""
    told = tomllib.loads((SERVICE / "workbench.toml").read_text(encoding="utf-8"))
    found: dict[str, str] = told["workload"]["held_out"][0]
    return found


def digest_of(folders: Sequence[Path]) -> str:
    """Return a digest of what is in folders."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:10]


def measure_all(names: Sequence[str], told: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return what each fix saves with the usual inputs and with others, and the control."""
    told.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="depot-validate-") as place:
        folders = [fixed([name], Path(place, name)) for name in names]
        folders += [fixed([], Path(place, f"plain-{i}")) for i in range(N_PLAIN)]
        bench = Bench(folders, told.turns, told.scratch, digest_of(folders))
        jobs = [(part, seed) for seed in range(told.processes) for part in PARTS]
        with ThreadPoolExecutor(N_AT_ONCE) as pool:
            seconds = list(pool.map(bench.seconds, jobs))
    parts = [spans(np.array(seconds[place :: len(PARTS)])) for place in range(len(PARTS))]
    return {
        name: dict(zip(PARTS, figures, strict=True))
        for name, *figures in zip([*names, "control"], *parts, strict=True)
    }


def spans(seconds: Any) -> list[dict[str, float]]:
    """Return the share of each version and of the control, with an interval.

    Takes what processes measured, as (processes, steps, versions).
    """
    chosen = np.random.default_rng(0).integers(len(seconds), size=(N_RESAMPLES, len(seconds)))
    drawn = np.array([shares(seconds[rows]) for rows in chosen])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    columns = {"ratio": shares(seconds), "low": low, "high": high}
    return [
        {key: round(float(column[place]), 4) for key, column in columns.items()}
        for place in range(len(low))
    ]


def shares(seconds: Any) -> Any:
    """Return the share of each fixed version in the CPU of those without, and of a control."""
    took = seconds.min(axis=0).sum(axis=0)
    plain = took[-N_PLAIN:]
    return np.append(took[:-N_PLAIN] / plain.mean(), plain[0] / plain[1:].mean())


def save(truth: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """Write what was measured into the truth, an entry a line."""
    for entry in truth["opportunities"]:
        entry |= found[entry["id"]]
    truth["control"] = found["control"]
    parts = [
        f' "{key}": [\n' + ",\n".join(f"  {json.dumps(entry)}" for entry in value) + "\n ]"
        if isinstance(value, list)
        else f' "{key}": {json.dumps(value)}'
        for key, value in truth.items()
    ]
    TRUTH.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=18)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--scratch", type=Path, default=FOLDER / "out" / "validation")
    told = parser.parse_args()
    truth = json.loads(TRUTH.read_text(encoding="utf-8"))
    names = [entry["id"] for entry in truth["opportunities"]]
    found = measure_all(names, told)
    save(truth, found)
    for name, figures in found.items():
        print(name, *(f"{part} {list(span.values())}" for part, span in figures.items()))
    doubtful = [name for name in names if max(span["high"] for span in found[name].values()) >= 1]
    sys.exit(f"not surely a saving: {', '.join(doubtful)}" if doubtful else 0)


if __name__ == "__main__":
    main()
