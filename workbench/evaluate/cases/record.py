"""Record a workload's sampled profiles with py-spy, both releases interleaved on the clock."""

from __future__ import annotations

import math
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.errors import CaseError, PatchError
from workbench.ingest import read
from workbench.patch import Run, cost_of_round, run_workload
from workbench.store import WindowProfile
from workbench.types import Profile, Workload

RATE_HZ = 200
WINDOW_SECONDS = 1.0
"""Shortest timed part of a window, CPU seconds."""
MAX_WINDOW_SECONDS = 8.0
TIMED_FRAME = "run"
TIMED_FILE = "_wl.py"
_SERIES_START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_SERIES_STEP = timedelta(minutes=10)


def calibrate(workload: Workload, folder: Path, before: Path, after: Path) -> Workload:
    """Return the workload with as many rounds as make a window long enough on both releases."""
    costs = [cost_of_round(workload, folder, code) for code in (before, after)]
    rounds = max(workload.rounds, math.ceil(WINDOW_SECONDS / max(min(costs), 1e-6)))
    return replace(workload, rounds=min(rounds, max(1, int(MAX_WINDOW_SECONDS / max(costs)))))


def record_windows(
    workload: Workload,
    folder: Path,
    releases: tuple[tuple[str, Path], tuple[str, Path]],
    *,
    service: str,
    n_windows: int,
    progress: Callable[[str], None],
) -> list[WindowProfile]:
    """Record windows of two releases.

    The releases take turns, so that drift of the machine meets both alike; in the series all
    windows of the first stand before all of the second, as a deploy would have it.

    Parameters
    ----------
    workload : Workload
        What to run; its `rounds` are one window's work.
    folder : Path
        The case folder.
    releases : pair of (revision, code folder)
        Before and after the deploy.
    service : str
        Name of the service in the store.
    n_windows : int
        Windows of each release.
    progress : callable
        Told in words after each pair.
    """
    recorded: tuple[list[WindowProfile], list[WindowProfile]] = ([], [])
    for turn in range(n_windows):
        for side, (version, code) in enumerate(releases):
            profile, run = record(workload, folder, code)
            at = _SERIES_START + _SERIES_STEP * (turn + side * n_windows)
            recorded[side].append(
                WindowProfile(profile, service, version, at, float(run.rounds), run.cpu_seconds)
            )
        progress(f"recorded {turn + 1} of {n_windows} windows of each release")
    return [*recorded[0], *recorded[1]]


def record(
    workload: Workload,
    folder: Path,
    code: Path,
    *,
    rate_hz: int = RATE_HZ,
    by_line: bool = False,
) -> tuple[Profile, Run]:
    """Record one window: the stacks of the workload's timed part, with what it reported.

    By line, stacks tell which line of each function ran, and are as many more.
    """
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if spy is None:
        raise CaseError("expected py-spy beside the Python in use, found none: install py-spy")
    with tempfile.TemporaryDirectory(prefix="workbench-record-") as place:
        raw = Path(place) / "stacks.txt"
        prefix = [
            spy, "record", "--format=raw", *([] if by_line else ["--function"]),
            f"--rate={rate_hz}", "--output", str(raw), "--",
        ]  # fmt: skip
        try:
            run = run_workload(workload, folder, code, prefix=prefix)
        except PatchError as error:
            raise CaseError(f"recording: {error}") from error
        if not raw.is_file() or not raw.stat().st_size:
            raise CaseError("py-spy recorded no sample: may this user trace processes (ptrace)?")
        profile = read(raw, format="folded")
    return timed_part(profile), run


def timed_part(profile: Profile) -> Profile:
    """Return the stacks that pass through the workload's timed part; all where none does."""
    inside = profile.filter(f"^{TIMED_FRAME}$", file=rf"(^|/){re.escape(TIMED_FILE)}$")
    return inside if inside.n_samples else profile
