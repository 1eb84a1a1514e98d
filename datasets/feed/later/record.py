"""Record the store: python record.py [--scratch FOLDER] [--windows 24].

A day of windows in which the last commit runs, under the load of `../load.py` with its default
traffic. What is recorded stays in the scratch folder: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from building import FEED, LATER, LaterCheckouts
from running import Load, serve_recorded

from workbench.evaluate.cases.timeline import TimelineState, load_timeline, patch_names
from workbench.ingest import read
from workbench.store import Store, WindowProfile

RATE_HZ = 250
N_REQUESTS = 5000
"""Of a window; about six CPU seconds."""
N_AT_ONCE = 2
_FIRST_SEED = 50_000
"""Other requests than those that savings are measured with."""
_START = datetime.fromisoformat("2026-05-04T00:00:00+00:00")


def record(checkouts: LaterCheckouts, window: int, scratch: Path) -> tuple[Path, float, float]:
    """Record one window; return its profile, requests, and CPU seconds."""
    path, facts = scratch / f"{window:03d}.pb.gz", scratch / f"{window:03d}.txt"
    if not facts.is_file():
        state = TimelineState(patch_names(LATER)[-1], load_timeline(FEED).initial)
        with tempfile.TemporaryDirectory(dir=scratch, prefix=".window-") as place:
            profile, run, _ = serve_recorded(
                checkouts, state, Load(N_REQUESTS, _FIRST_SEED + window), Path(place),
                rate_hz=RATE_HZ,
            )  # fmt: skip
        profile.save(path)
        facts.write_text(f"{run.rounds} {run.cpu_seconds}", encoding="ascii")
        print(f"recorded window {window}", flush=True)
    work, cpu_seconds = facts.read_text(encoding="ascii").split()
    return path, float(work), float(cpu_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, default=LATER / "out")
    parser.add_argument("--windows", type=int, default=24)
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    checkouts = LaterCheckouts(asked.scratch)
    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        windows = range(asked.windows)
        done = list(pool.map(lambda window: record(checkouts, window, asked.scratch), windows))
    timeline, version = load_timeline(FEED), checkouts.ids[patch_names(LATER)[-1]]
    made = asked.scratch / "store"
    shutil.rmtree(made, ignore_errors=True)
    store = Store.create(made)
    store.add_all(
        WindowProfile(
            read(path), timeline.service, version, _START + timedelta(hours=n), work, seconds
        )
        for n, (path, work, seconds) in enumerate(done)
    )
    shutil.rmtree(LATER / "store", ignore_errors=True)
    shutil.move(made, LATER / "store")


if __name__ == "__main__":
    main()
