"""What could be a cause: every change that took effect about when the regression began."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.types import Change, Records

MARGIN = 2
"""Windows that a cause may lie outside of the interval in which the change point probably is."""


def recorded_changes(
    records: Records, windows: pd.DataFrame, *, with_commits: bool = False
) -> list[Change]:
    """Return the flags, settings, dependencies and experiments as changes, oldest first.

    Parameters
    ----------
    records : Records
        What is told beside profiles.
    windows : DataFrame
        `at` of each window.
    with_commits : bool
        Whether to return commits too, which a repository would know better.
    """
    rows = records.changes.sort_values("at", kind="stable")
    if not with_commits:
        rows = rows[rows["kind"] != "commit"]
    told: list[dict[Any, Any]] = rows.to_dict("records")
    found = [_recorded(row, windows) for row in told]
    flags: dict[str, list[Change]] = {}
    for change in found:
        if change.kind == "flag":
            flags.setdefault(change.key, []).append(change)
    rollouts = {key: _rollout(steps, windows) for key, steps in flags.items()}
    found = [
        replace(change, rollout=rollouts[change.key]) if change.kind == "flag" else change
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
    """Return the first window that ran with what took effect at a time, most of it at least.

    None where none did, and where all had begun long before: by more than a window.
    """
    times = pd.DatetimeIndex(windows["at"])
    place = _place(at, times)
    if place == 0 and len(times) > 1 and times[0] - at > times[1] - times[0]:
        return None
    return place if place < len(times) else None


def _place(at: Any, times: pd.DatetimeIndex) -> int:
    """Return the first window that began after a time, or less than half a window before it."""
    place = int(times.searchsorted(at))
    if 0 < place < len(times) and at - times[place - 1] < (times[place] - times[place - 1]) / 2:
        place -= 1
    return place


def _rollout(steps: Sequence[Change], windows: pd.DataFrame) -> tuple[tuple[int, float], ...]:
    """Return how far a flag reached from which window on; nothing where its values are none."""
    values = [steps[0].before, *(step.after for step in steps)]
    told = [number for number in map(_fraction, values) if number is not None]
    if len(told) < len(values):
        return ()
    if max(told) > 1:  # percent, though nobody says so
        told = [
            number if "%" in value else number / 100
            for number, value in zip(told, values, strict=True)
        ]
    if not all(0 <= number <= 1 for number in told):
        return ()
    times = pd.DatetimeIndex(windows["at"])
    places = [0, *(_place(step.at, times) for step in steps)]
    ends = [*places[1:], len(times)]
    return tuple(
        (place, number)
        for place, number, end in zip(places, told, ends, strict=True)
        if place < end
    )


def _fraction(text: str) -> float | None:
    """Return what a flag is set to (0.1, 10 %, on, off) as a number; None where it is none."""
    number, percent, _ = text.strip().lower().partition("%")
    if number in _SWITCHES:
        return _SWITCHES[number]
    try:
        return float(number) / (100 if percent else 1)
    except ValueError:
        return None


_SWITCHES = dict.fromkeys(("on", "true", "enabled", "yes"), 1.0)
_SWITCHES |= dict.fromkeys(("off", "false", "disabled", "no", ""), 0.0)


def _experiments(records: Records, windows: pd.DataFrame) -> Iterator[Change]:
    told: list[dict[Any, Any]] = records.experiments.to_dict("records")
    for row in told:
        if not pd.isna(row["start"]):
            arms = () if row["arms"] is None else row["arms"]
            yield Change(
                row["id"], row["title"], "", "", row["start"].to_pydatetime(), kind="experiment",
                key=row["id"], after=", ".join(arms), window=first_window(row["start"], windows),
            )  # fmt: skip


_CPU_METRICS = ("cpu_ms", "cpu_s", "cpu_us", "cpu_ns", "cpu_seconds", "cpu_time", "cpu")


def _control(arms: Iterable[str], measured: Collection[str]) -> str:
    """Return the arm that the others are compared with: `control`, else the first of them."""
    known = [arm for arm in arms if arm in measured]
    return next((arm for arm in known if arm.lower() == "control"), known[0])


def arm_costs(records: Records) -> dict[str, float]:
    """Return what the arms of each experiment add to the cost of a unit of work, as a fraction.

    By the experiments' own results of CPU (`cpu_ms` and its like): how much dearer the others are
    than the control (the arm of that name, else the first that was declared), by how much traffic
    each had. Where CPU was told in several units, the first that was told counts.
    """
    results = records.experiment_results.dropna(subset=["n", "mean"])
    results = results[(results["n"] > 0) & results["metric"].isin(_CPU_METRICS)]
    declared = dict(zip(records.experiments["id"], records.experiments["arms"], strict=True))
    found: dict[str, float] = {}
    for (experiment, _), rows in results.groupby(["experiment", "metric"], sort=False):
        totals = rows.assign(total=rows["n"] * rows["mean"]).groupby("arm", sort=False)
        parts = totals[["n", "total"]].sum()
        arms = declared.get(experiment)
        control = _control([*(() if arms is None else arms), *parts.index], parts.index)
        level = parts["total"] / parts["n"]
        if level[control] > 0:
            added = ((level - level[control]) * parts["n"]).sum() / parts["n"].sum()
            found.setdefault(str(experiment), float(added / level[control]))
    return found


def within(changes: Iterable[Change], low: int, high: int) -> list[Change]:
    """Return the changes that first ran in a window from `low` to `high`, both included."""
    return [c for c in changes if c.window is not None and low <= c.window <= high]
