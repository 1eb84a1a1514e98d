"""Run the service as it was at one moment of its timeline, under load."""

from __future__ import annotations

import json
import tarfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.errors import CaseError
from workbench.evaluate.cases.record import record
from workbench.evaluate.cases.timeline import (
    TimelineState,
    commit_ids,
    materialise_timeline,
)
from workbench.history import run_git
from workbench.patch import Run, run_workload
from workbench.types import Profile, Workload

FOLDER = Path(__file__).parent
N_WARM_UP = 400
"""Requests before those that count: caches fill."""
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much is asked of the service."""

    n_requests: int
    seed: int = 0
    """The same seed asks the same, in the same order."""


class Checkouts:
    """The service's code at each commit, in a folder each, and the libraries it pins."""

    def __init__(self, scratch: Path) -> None:
        self.repository = materialise_timeline(FOLDER, print)
        self.ids = commit_ids(FOLDER, self.repository)
        self._scratch = scratch / "code"
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    def folder(self, patch: str) -> Path:
        """Return the code at the commit of a patch; the empty name is the base."""
        commit = self.ids[patch]
        folder = self._scratch / commit
        with self._lock:
            if not folder.is_dir():
                self._extract(commit, folder)
        return folder

    def _extract(self, commit: str, folder: Path) -> None:
        archive = self._scratch / f"{commit}.tar"
        run_git(self.repository, "archive", f"--output={archive}", commit)
        unpacked = folder.with_name(f".{commit}")
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")
        archive.unlink()
        unpacked.replace(folder)


def pins(code: Path) -> dict[str, str]:
    """Return the version of each library that a checkout pins."""
    lines = (code / "requirements.txt").read_text(encoding="utf-8").splitlines()
    told = [line.split("#")[0].strip() for line in lines]
    return dict(pin.split("==") for pin in told if pin)


def pinned(code: Path) -> list[str]:
    """Return the folders of the libraries that a checkout pins, relative to the dataset."""
    folders = [f"deps/{name}-{version}" for name, version in pins(code).items()]
    for folder in folders:
        if not (FOLDER / folder).is_dir():
            raise CaseError(f"{code}/requirements.txt: expected {folder}, found none")
    return folders


def serve(
    checkouts: Checkouts, state: TimelineState, load: Load, place: Path
) -> tuple[Run, dict[str, Any]]:
    """Serve requests; return the run and what load.py counted of each operation and arm."""
    workload, code = _workload(checkouts, state, load, place)
    run = run_workload(workload, FOLDER, code, writable=[place])
    return run, _results(place)


def serve_recorded(
    checkouts: Checkouts, state: TimelineState, load: Load, place: Path, *, rate_hz: int
) -> tuple[Profile, Run, dict[str, Any]]:
    """Serve requests under the profiler."""
    workload, code = _workload(checkouts, state, load, place)
    profile, run = record(workload, FOLDER, code, rate_hz=rate_hz, by_line=True)
    return profile, run, _results(place)


def _workload(
    checkouts: Checkouts, state: TimelineState, load: Load, place: Path
) -> tuple[Workload, Path]:
    code = checkouts.folder(state.patch)
    order = asdict(state) | {"seed": load.seed, "n_warm_up": N_WARM_UP}
    (place / "order.json").write_text(json.dumps(order), encoding="utf-8")
    workload = Workload(
        command=("load.py",),
        paths=("../pypi/workloads", *pinned(code)),
        rounds=load.n_requests,
        env={"FEED_ORDER": str(place / "order.json"), "FEED_RESULTS": str(place / "results.json")},
        timeout_s=_TIMEOUT_S,
    )
    return workload, code


def _results(place: Path) -> dict[str, Any]:
    results: dict[str, Any] = json.loads((place / "results.json").read_text(encoding="utf-8"))
    return results
