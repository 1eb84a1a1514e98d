"""What could be a cause: every change that took effect about when the regression began."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.types import Change, Records

MARGIN = 2
"""Windows that a cause may lie outside of the interval in which the change point probably is."""


def deploy_windows(commits: Sequence[str], versions: Sequence[str]) -> dict[str, int]:
    """Return the first window that ran with each commit.

    Parameters
    ----------
    commits : sequence of str
        Ids along first parents, oldest first.
    versions : sequence of str
        (n_windows,) id of the commit that each window ran; what is not among the commits is older
        than all of them.

    Returns
    -------
    dict of str to int
        Commits that no window ran are left out.
    """
    place = {commit: number for number, commit in enumerate(commits)}
    reached = np.array([place.get(version, -1) for version in versions])
    newest = np.maximum.accumulate(reached)  # a roll back does not deploy anew
    firsts = np.searchsorted(newest, np.arange(len(commits)))
    return {c: int(w) for c, w in zip(commits, firsts, strict=True) if w < len(versions)}


def recorded_changes(records: Records, windows: pd.DataFrame) -> list[Change]:
    """Return the flags, settings, dependencies and experiments as changes, oldest first.

    Parameters
    ----------
    records : Records
        What is told beside profiles; changes of kind `commit` are read from a repository instead.
    windows : DataFrame
        `at` of each window.
    """
    rows = records.changes[records.changes["kind"] != "commit"].sort_values("at", kind="stable")
    told: list[dict[Any, Any]] = rows.to_dict("records")
    found = [_recorded(row, windows) for row in told]
    steps: dict[str, list[tuple[int, float]]] = {}
    for change in found:
        if change.kind == "flag" and (reach := _fraction(change.after)) is not None:
            known = steps.setdefault(change.key, [(0, _fraction(change.before) or 0.0)])
            known.append((len(windows) if change.window is None else change.window, reach))
    found = [
        replace(change, rollout=tuple(steps[change.key]))
        if change.kind == "flag" and change.key in steps
        else change
        for change in found
    ]
    return sorted([*found, *_experiments(records, windows)], key=lambda change: change.at)


def _recorded(row: Mapping[str, Any], windows: pd.DataFrame) -> Change:
    """Return a row as a change; what it does not tell, null in a table, is empty."""
    author, _, email = _text(row["author"]).partition(" <")
    files: Any = row["files"]
    return Change(
        row["id"], _text(row["title"]), author, email.rstrip(">"), row["at"].to_pydatetime(),
        kind=_text(row["kind"]),
        files=() if files is None or isinstance(files, float) else tuple(files),
        key=_text(row["key"]), before=_text(row["before"]), after=_text(row["after"]),
        window=first_window(row["at"], windows), detail=_text(row["detail"]),
    )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def first_window(at: pd.Timestamp, windows: pd.DataFrame) -> int | None:
    """Return the first window that began at or after a time.

    None where none did, and where all had begun long before: by more than a window.
    """
    times = pd.DatetimeIndex(windows["at"])
    place = int(times.searchsorted(at))
    if place == 0 and len(times) > 1 and times[0] - at > times[1] - times[0]:
        return None
    return place if place < len(times) else None


def _fraction(text: str) -> float | None:
    """Return the fraction that a flag reaches, told as a number from 0 to 1, or on and off."""
    words: Mapping[str, float] = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0, "": 0.0}
    try:
        value = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _experiments(records: Records, windows: pd.DataFrame) -> Iterator[Change]:
    told: list[dict[Any, Any]] = records.experiments.to_dict("records")
    for row in told:
        if not pd.isna(row["start"]):
            arms = () if row["arms"] is None else row["arms"]
            yield Change(
                row["id"], row["title"], "", "", row["start"].to_pydatetime(), kind="experiment",
                key=row["id"], after=", ".join(arms), window=first_window(row["start"], windows),
            )  # fmt: skip


_SECONDS = {"cpu_s": 1.0, "cpu_seconds": 1.0, "cpu_ms": 1e-3, "cpu_us": 1e-6}


def arm_costs(records: Records) -> dict[str, float]:
    """Return what the arms of each experiment add to the CPU seconds of a unit of work.

    By the experiments' own results (`cpu_ms` and its like): how much dearer the others are than the
    control (the arm of that name, else the first), by how much traffic each had.
    """
    results = records.experiment_results.dropna(subset=["n", "mean"])
    found: dict[str, float] = {}
    for (experiment, metric), rows in results.groupby(["experiment", "metric"], sort=False):
        if metric not in _SECONDS or not (rows["n"] > 0).any():
            continue
        rows = rows[rows["n"] > 0]
        totals = rows.assign(total=rows["n"] * rows["mean"]).groupby("arm", sort=False)
        parts = totals[["n", "total"]].sum()
        control = "control" if "control" in parts.index else parts.index[0]
        level = parts["total"] / parts["n"]
        added = ((level - level[control]) * parts["n"]).sum() / parts["n"].sum()
        found[str(experiment)] = float(added) * _SECONDS[str(metric)]
    return found


def within(changes: Iterable[Change], low: int, high: int) -> list[Change]:
    """Return the changes that first ran in a window from `low` to `high`, both included."""
    return [c for c in changes if c.window is not None and low <= c.window <= high]
