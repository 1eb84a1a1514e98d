"""What is told of a generated service beside its profiles: what was set, tried and asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.simulate import CauseCase
from workbench.simulate.commits import drawn_of, settings_of
from workbench.simulate.revisions import email_of
from workbench.store.records import make_records
from workbench.types import Change, FloatArray, IntArray, Recording, Records

_TABLES = ("changes", "experiments", "experiment_results", "measurements", "services", "documents",
           "past_cases")  # fmt: skip
_REQUESTS = 20_000
"""In a window."""
_IDLE = "health"
"""What is asked often and costs next to nothing."""
_ARM = 2_000
"""Requests of an arm in a window."""
_USUAL_MS = 1.2


def make_tables(
    case: CauseCase, recording: Recording, bumps: Mapping[str, Change], seed: int
) -> Records:
    """Return the records of a service.

    Parameters
    ----------
    case : CauseCase
        With its changes.
    recording : Recording
        With the name and the versions that the service has.
    bumps : mapping of str to Change
        Id of each commit that moved a library -> what it is, with both versions.
    seed : int
        Of what the case leaves open.
    """
    rng = np.random.default_rng([seed, 3])
    settings, times = settings_of(case), list(recording.windows["at"])
    rows = [row for change in settings.values() for row in _settings(change, times)]
    rows += [_row(id_, c, c.at, c.before, c.after) | {"files": [*c.files]}
             for id_, c in bumps.items()]  # fmt: skip
    tried = [change for change in settings.values() if change.kind == "experiment"]
    arms = {settings[c.id].key: case.arms[c.key] for c in case.changes if c.key in case.arms}
    told: dict[str, list[dict[str, Any]]] = {
        "changes": [{**row, "service": recording.service} for row in rows],
        "experiments": [
            {"id": c.key, "service": recording.service, "title": c.title,
             "start": times[c.window or 0], "end": None, "arms": ["control", "treatment"]}
            for c in tried
        ],
        "experiment_results": [
            row for c in tried if c.key in arms
            for row in _results(c, arms[c.key], times)
        ],
        "measurements": [*_measured(case, recording, rng)] if case.mix is not None else [],
    }  # fmt: skip
    return Records(**{name: make_records(name, told.get(name, [])).to_pandas() for name in _TABLES})


def ids_of(change: Change) -> list[str]:
    """Return the ids under which the records tell of a flag, a setting or an experiment."""
    if change.kind == "experiment":
        return [change.key]
    n_steps = max(len(change.rollout) - 1, 1)
    return [change.id if i == 0 else f"{change.id}-{i + 1}" for i in range(n_steps)]


def _settings(change: Change, times: list[pd.Timestamp]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a flag, or the one of a setting."""
    if change.kind == "experiment":
        return
    steps = change.rollout or ((0, 0.0), (change.window or 0, 1.0))
    values = [str(reach) for _, reach in steps]
    if change.kind == "config":
        values = [change.before, change.after]
    for number, id_ in enumerate(ids_of(change)):
        at = times[min(steps[number + 1][0], len(times) - 1)]
        yield _row(id_, change, at, values[number], values[number + 1])


def _row(id_: str, change: Change, at: Any, before: str, after: str) -> dict[str, Any]:
    return {
        "id": id_, "kind": change.kind, "at": at, "title": change.title,
        "author": f"{change.author} <{email_of(change.author)}>", "key": change.key,
        "detail": f"{change.kind} {change.key}: {before} -> {after}",
        "before": before, "after": after,
    }  # fmt: skip


def _results(change: Change, added: float, times: list[pd.Timestamp]) -> Iterator[dict[str, Any]]:
    """Yield what the arms of an experiment cost, so that they add what they are said to."""
    means = {"control": _USUAL_MS, "treatment": _USUAL_MS * (1 + 2 * added)}
    for at in times[change.window or 0 :]:
        for arm, mean in means.items():
            yield {
                "experiment": change.key, "arm": arm, "metric": "cpu_ms", "at": at, "n": _ARM,
                "mean": mean, "low": 0.95 * mean, "high": 1.05 * mean,
            }  # fmt: skip


def _measured(
    case: CauseCase, recording: Recording, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Yield requests and their CPU time by entry point.

    One entry point is asked for as much more, or less, as makes the cost grow by `case.mix`: that
    which another traffic is of, else the one that costs most.
    """
    assert case.mix is not None
    drawn = drawn_of(case)
    at, n = drawn.at, recording.n_windows
    costs = entry_costs(recording)
    names = [name for name, _ in costs]
    values = np.array([row for _, row in costs])
    before = values[:, :at].mean(axis=1)
    moved = int(before.argmax())
    if case.kind == "traffic" and drawn.acted_on.subject in names:
        moved = names.index(drawn.acted_on.subject)
    wanted = case.mix * before.sum() / max(before[moved], 1e-9)
    shares = rng.dirichlet(np.full(len(names), 5.0)) * 0.5
    shares[moved] = min(shares[moved], 0.4 / max(wanted, 1e-9))
    asked = np.repeat(shares[:, np.newaxis], n, axis=1)
    asked[moved, at:] *= max(1 + wanted, 0.05)
    idle = 1 - asked.sum(axis=0)
    noise = np.exp(rng.normal(0, 0.01, (len(names) + 1, n)))
    requests = np.rint(_REQUESTS * np.vstack([asked, idle]) * noise)
    cpu_ms = 1000 * np.vstack([values, np.full(n, 1e-6)]) / np.maximum(requests, 1)
    bare = [name.rpartition(":")[2] for name in names]
    for place, subject in enumerate([*bare, _IDLE]):
        for metric, unit, rows in (("requests", "requests", requests), ("cpu_ms", "ms", cpu_ms)):
            for window, value in enumerate(rows[place]):
                yield {
                    "service": recording.service, "metric": metric, "subject": subject,
                    "unit": unit, "at": recording.windows["at"].iloc[window],
                    "version": recording.windows["version"].iloc[window], "value": float(value),
                }  # fmt: skip


def entry_costs(recording: Recording) -> list[tuple[str, FloatArray]]:
    """Return what each entry point costs in each window, with its subject."""
    starts = recording.stack_starts
    has_entry = np.diff(starts) > 1
    entries = np.full(recording.n_stacks, -1)
    entries[has_entry] = recording.stack_functions[starts[:-1][has_entry] + 1]
    per_sample = (recording.windows["cpu_seconds"] / recording.windows["n_samples"]).to_numpy()
    found = []
    for entry in _distinct(entries):
        mine = entries[recording.sample_stacks] == entry
        counts = np.bincount(
            recording.sample_windows[mine], recording.sample_counts[mine], recording.n_windows
        )
        found.append((recording.functions[entry].subject, np.asarray(counts * per_sample)))
    return found


def _distinct(entries: IntArray) -> Iterable[int]:
    return (int(entry) for entry in np.unique(entries) if entry >= 0)
