"""Record the store: python record.py [--scratch FOLDER] [--windows 0:12] [--out store].

Two windows are recorded at a time and in no order. What is recorded stays in the scratch folder: a
run that was stopped goes on where it was; the store is written when all windows are there.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from building import FOLDER, build_depot

from workbench.evaluate.cases.record import record
from workbench.ingest import read
from workbench.solver.workloads import find_workload
from workbench.store import Store, WindowProfile
from workbench.types import Profile

SERVICE = "depot"
RATE_HZ = 250
N_WINDOWS = 12
N_ROUNDS = 72
"""Of a window; about seven CPU seconds."""
N_SAMPLES_LEAST = 1500
N_AT_ONCE = 2
FIRST = datetime(2026, 3, 2, 6, tzinfo=UTC)
STEP = timedelta(hours=1)
_ORDER_SEED = 20260302
_OWNER = "Depot Engineering <depot@depot.example.invalid>"
ROW = {"service": SERVICE, "servers": 420.0, "watts": 310.0, "owner": _OWNER}


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records windows of the last commit into a scratch folder."""

    repository: Path
    version: str
    scratch: Path
    n_rounds: int

    def paths(self, window: int) -> tuple[Path, Path]:
        """Return where the profile of a window is, and where what was counted."""
        stem = f"{self.version[:12]}-{window:02d}"
        return self.scratch / f"{stem}.pb.gz", self.scratch / f"{stem}.json"

    def record(self, window: int) -> int:
        """Record one window, whole or not at all: what was counted is written last."""
        placed = find_workload(self.repository, SERVICE)
        if placed is None:
            raise SystemExit(f"expected a workload in {self.repository}, found none")
        workload = replace(
            placed.workload, rounds=self.n_rounds, env={"DEPOT_SEED": str(window + 1)}
        )
        profile, run = record(
            workload, placed.folder, self.repository, rate_hz=RATE_HZ, by_line=True
        )
        profile = served_part(profile)
        n_samples = sum(profile.totals.values())
        if n_samples < N_SAMPLES_LEAST:
            raise SystemExit(f"expected {N_SAMPLES_LEAST} samples, got {n_samples}")
        where, facts = self.paths(window)
        profile.save(where)
        told = {"work": run.rounds, "cpu_seconds": run.cpu_seconds}
        facts.write_text(json.dumps(told), encoding="utf-8")
        return window

    def missing(self, windows: Sequence[int]) -> list[int]:
        """Return the windows that are not recorded yet."""
        return [window for window in windows if not self.paths(window)[1].is_file()]

    def window_profile(self, window: int) -> WindowProfile:
        """Return a window as the store has it."""
        where, facts = self.paths(window)
        told = json.loads(facts.read_text(encoding="utf-8"))
        at = FIRST + window * STEP
        return WindowProfile(
            read(where), SERVICE, self.version, at, float(told["work"]), told["cpu_seconds"]
        )


def served_part(profile: Profile) -> Profile:
    """Return the stacks of the workload, without those of starting."""
    return profile.filter("^run$", file=r"(^|/)bench/day\.py$")


def write_store(recorder: Recorder, out: Path) -> None:
    """Write the store from what was recorded."""
    shutil.rmtree(out, ignore_errors=True)
    store = Store.create(out)
    store.add_all(recorder.window_profile(window) for window in range(N_WINDOWS))
    store.put("services", [ROW])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, default=FOLDER / "out" / "recording")
    parser.add_argument("--rounds", type=int, default=N_ROUNDS, help="of a window")
    parser.add_argument("--windows", default=":", help="as a slice; `0:4` is the first four")
    parser.add_argument("--out", type=Path, default=FOLDER / "store")
    told = parser.parse_args()
    told.scratch.mkdir(parents=True, exist_ok=True)
    parts = [int(part) if part else None for part in told.windows.split(":")]
    with TemporaryDirectory(prefix="depot-record-") as place:
        repository = Path(place, "depot-repository")
        recorder = Recorder(repository, build_depot(repository), told.scratch, told.rounds)
        wanted = recorder.missing(range(N_WINDOWS)[slice(*parts)])
        random.Random(_ORDER_SEED).shuffle(wanted)
        with ThreadPoolExecutor(N_AT_ONCE) as pool:
            for window in pool.map(recorder.record, wanted):
                print(f"recorded window {window}", flush=True)
        if not recorder.missing(range(N_WINDOWS)):
            write_store(recorder, told.out)
            size = sum(path.stat().st_size for path in told.out.rglob("*") if path.is_file())
            print(f"{told.out}: {N_WINDOWS} windows, {size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
