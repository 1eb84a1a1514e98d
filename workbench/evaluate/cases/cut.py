"""A case cut out of a timeline: some of its windows, its repository, and its load as a workload."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from workbench.errors import CaseError
from workbench.evaluate.cases.timeline import (
    TimelineState,
    commit_ids,
    load_timeline,
    materialise_timeline,
)
from workbench.history import run_git
from workbench.solver import CASE_FILE
from workbench.store import Store, WindowProfile
from workbench.types import Workload

_TABLES = (
    "changes",
    "experiments",
    "experiment_results",
    "measurements",
    "services",
    "documents",
    "past_cases",
)
_N_WARM_UP = 100
_ROUNDS = 200
_DEMO = ("feed-cards", 302, 323, ("Notifications",))
"""Name, windows and operations of the case that the notebooks show: a day on which one change
costs, most of all in what shows many people at once."""
_TIMEOUT_S = 120.0
_INPUTS = (("usual", 0, 1.0), ("held-out", 1, 1.25))
"""Name of inputs, seed of who asks for what, and how much larger pages are than the clients'."""
_WORKLOAD = '''"""Ask the service what its clients ask; prints the line of a workload."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent
INPUTS = os.environ.get("WL_INPUTS", "usual")
os.environ["FEED_ORDER"] = str(FOLDER / f"order-{INPUTS}.json")
os.environ["FEED_RESULTS"] = os.devnull

import load  # noqa: E402

load.main()
'''


def demo_case(folder: Path, out: Path) -> Path:
    """Make the case that the notebooks show, of the timeline in `datasets/feed`."""
    name, start, end, operations = _DEMO
    return cut_timeline(folder, start, end, out, name=name, operations=operations)


def cut_timeline(
    folder: Path, start: int, end: int, out: Path, *, name: str, operations: Sequence[str] = ()
) -> Path:
    """Make a case of the windows from `start` up to, not including, `end` of a timeline.

    Its workload is the load of the last window, with the settings of then. On any failure
    nothing is left behind.

    Parameters
    ----------
    folder : Path
        Of the timeline, with `load.py` and `store/`.
    start, end : int
        Windows; `end` is not listed.
    out : Path
        The case folder to make; must not exist.
    name : str
        Id of the case.
    operations : sequence of str
        What the workload asks for, in equal parts. Default: what clients ask, as they mix it.
    """
    timeline = load_timeline(folder)
    if not 0 <= start < end <= timeline.n_windows:
        raise CaseError(f"expected windows within 0 to {timeline.n_windows}, got {start} to {end}")
    if out.exists():
        raise CaseError(f"{out}: expected a new folder, something is there already")
    repository = materialise_timeline(folder)
    ids = commit_ids(folder, repository)
    states = timeline.state(start), timeline.state(end - 1)
    unfinished = out.with_name(f".{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        _clone(repository, ids[states[1].patch], unfinished / "repo")
        _copy_windows(
            Store.open(folder / "store"), timeline.at(start), timeline.at(end), unfinished / "store"
        )
        codes = [
            run_git(repository, "show", f"{ids[state.patch]}:requirements.txt") for state in states
        ]
        workload = write_workload(folder, states[1], codes, operations, unfinished)
        told = {
            "id": name, "service": timeline.service, "base": ids[states[0].patch],
            "head": ids[states[1].patch], "workload": asdict(workload),
        }  # fmt: skip
        (unfinished / CASE_FILE).write_text(json.dumps(told, indent=1), encoding="utf-8")
        unfinished.replace(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return out


def _clone(repository: Path, head: str, out: Path) -> None:
    """Copy a repository as it was at a commit; nothing of later, nor of where it came from."""
    run_git(out.parent, "clone", "--quiet", "--no-hardlinks", str(repository), out.name)
    run_git(out, "reset", "--quiet", "--hard", head)
    run_git(out, "remote", "remove", "origin")


def _copy_windows(store: Store, start: datetime, end: datetime, out: Path) -> None:
    """Copy the windows of a time, and what was told by its end, into a new store."""
    cut = Store.create(out)
    windows = store.windows()
    inside = windows[(windows["at"] >= start) & (windows["at"] < end)].to_dict("records")
    ends = [*(row["at"] for row in inside[1:]), end]
    cut.add_all(
        WindowProfile(
            store.profile(row["service"], row["at"], until), row["service"], row["version"],
            row["at"], row["work"], row["cpu_seconds"],
        )
        for row, until in zip(inside, ends, strict=True)
    )  # fmt: skip
    records = store.records().until(end)
    for name in _TABLES:
        rows = getattr(records, name)
        if len(rows):
            cut.put(name, rows)


def write_workload(
    folder: Path, state: TimelineState, codes: Sequence[str], operations: Sequence[str], out: Path
) -> Workload:
    """Write what the workload of a timeline needs beside the code, and return it.

    Parameters
    ----------
    folder : Path
        Of the timeline.
    state : TimelineState
        The traffic and the settings.
    codes : sequence of str
        Text of `requirements.txt` of each version that it measures.
    operations : sequence of str
        What it asks for, in equal parts; empty: what clients ask.
    out : Path
        The folder that it is relative to.
    """
    place = out / "workload"
    (place / "base" / "config").mkdir(parents=True)
    for name in ("load.py", "terms.txt", "base/config/queries.json"):
        shutil.copy(folder / name, place / name)
    shutil.copy(folder.parent / "pypi" / "workloads" / "_wl.py", place)
    (place / "wl_feed.py").write_text(_WORKLOAD, encoding="utf-8")
    pinned = {library for code in codes for library in _pinned(code)}
    for library in sorted(pinned):
        shutil.copytree(folder / "deps" / library, place / "deps" / library)
    for inputs, seed, page_factor in _INPUTS:
        order = asdict(state) | {"seed": seed, "n_warm_up": _N_WARM_UP}
        pages = page_factor * order["traffic"].get("page_factor", 1.0)
        order["traffic"] = {**order["traffic"], "page_factor": pages}
        if operations:
            order["traffic"]["mix"] = dict.fromkeys(operations, 1.0)
        (place / f"order-{inputs}.json").write_text(json.dumps(order), encoding="utf-8")
    return Workload(
        ("workload/wl_feed.py",), ("workload",), _ROUNDS, timeout_s=_TIMEOUT_S,
        held_out=({"WL_INPUTS": "held-out"},), tests=("-m", "pytest", "-q", "tests"),
        libraries="workload/deps",
    )  # fmt: skip


def _pinned(requirements: str) -> list[str]:
    """Return the libraries that a checkout pins, as `NAME-VERSION`."""
    pins = [line.split("#")[0].strip() for line in requirements.splitlines()]
    return [pin.replace("==", "-") for pin in pins if pin]
