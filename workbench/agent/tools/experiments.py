"""Experiments and their results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, moment, number, page, take
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation

_Z = 1.959964  # of a 95 % interval
_MAX_ARMS_BYTES = 1500

Status = Annotated[str, Field(description="planned, running or ended, as of the last window")]


class ExperimentRow(TypedDict):
    """One experiment."""

    experiment_id: str
    title: str
    status: Status
    start: At
    end: Annotated[str | None, Field(description="ISO time, UTC; null while it runs")]
    arms: list[str]


class Experiments(TypedDict):
    """A page of experiments."""

    experiments: list[ExperimentRow]
    total: Total
    next_offset: NextOffset


def list_experiments(
    investigation: Investigation,
    status: Annotated[
        Literal["all", "planned", "running", "ended"], Field(description="As of the last window")
    ] = "all",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Experiments:
    """List the experiments on the service, latest start first, with their arms."""
    found = [
        told
        for told in _experiments(investigation)
        if status in ("all", _status(investigation, told))
    ]
    found.sort(key=lambda told: moment(told["start"]) or "", reverse=True)
    rows, next_offset = page(found, offset, limit, partial(_row, investigation))
    return {"experiments": rows, "total": len(found), "next_offset": next_offset}


class Difference(TypedDict):
    """How an arm differs from the control arm."""

    value: Annotated[float | None, Field(description="mean - control's mean")]
    low: Annotated[float | None, Field(description="Lower end of the 95 % interval")]
    high: Annotated[float | None, Field(description="Upper end of the 95 % interval")]
    relative: Annotated[float | None, Field(description="value / control's mean")]


class ArmResult(TypedDict):
    """One metric in one arm, all times that were reported taken together."""

    metric: str
    arm: str
    n: Annotated[int, Field(description="Samples: requests, users")]
    n_reports: Annotated[int, Field(description="Times that were reported")]
    mean: float | None
    low: Annotated[float | None, Field(description="Lower end of the mean's 95 % interval")]
    high: Annotated[float | None, Field(description="Upper end of the mean's 95 % interval")]
    difference: Annotated[Difference | None, Field(description="To control; null for control")]


class Experiment(TypedDict):
    """One experiment with its results."""

    experiment: ExperimentRow
    control: Annotated[str, Field(description="The arm named control, else the first")]
    results: list[ArmResult]
    n_results: Annotated[int, Field(description="Results there are; over 8 kB are left out")]


def get_experiment(
    investigation: Investigation,
    experiment_id: Annotated[str, Field(description="Id as list_experiments has it")],
) -> Experiment:
    """Return one experiment with each arm's results and their difference to the control arm, all
    with 95 % intervals.
    """
    known = {str(told["id"]): told for told in _experiments(investigation)}
    if experiment_id not in known:
        listed = ", ".join(clip(name, 40) for name in list(known)[:10]) or "none is recorded"
        raise ToolError(f"no experiment {clip(experiment_id, 80)!r}; known: {listed}")
    told = known[experiment_id]
    arms = _arms(told)
    control = next((arm for arm in arms if arm.lower() == "control"), arms[0] if arms else "")
    assert investigation.records is not None  # that it is known from
    table = investigation.records.experiment_results
    rows: list[Any] = table[table["experiment"] == experiment_id].to_dict("records")
    results = _results(rows, arms, control)
    return {
        "experiment": _row(investigation, told),
        "control": clip(control, 80),
        "results": take(results, 5500),
        "n_results": len(results),
    }


class _Pooled(NamedTuple):
    n: int
    n_reports: int
    mean: float
    error: float
    """Standard error of the mean."""


def _results(
    rows: Iterable[Mapping[str, Any]], arms: Sequence[str], control: str
) -> list[ArmResult]:
    reports: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        if not math.isnan(row["mean"]):
            reports.setdefault((str(row["metric"]), str(row["arm"])), []).append(row)
    pooled = {key: _pool(told) for key, told in reports.items()}
    order = {arm: place for place, arm in reversed([*enumerate([control, *arms])])}
    keys = sorted(pooled, key=lambda key: (key[0], order.get(key[1], len(arms) + 1), key[1]))
    return [_result(*key, pooled[key], pooled.get((key[0], control)), control) for key in keys]


def _pool(reports: Sequence[Mapping[str, Any]]) -> _Pooled:
    """Take the reports of an arm together, each weighted by its samples."""
    weights = [max(0.0, row["n"]) if row["n"] == row["n"] else 0.0 for row in reports]
    total = sum(weights)
    if not total:  # how many samples is not told: all reports alike
        weights, total = [1.0] * len(reports), float(len(reports))
    pairs = [*zip(weights, reports, strict=True)]
    errors = [weight * (row["high"] - row["low"]) / (2 * _Z) for weight, row in pairs]
    mean = sum(weight * row["mean"] for weight, row in pairs) / total
    n_samples = sum(int(row["n"]) for row in reports if row["n"] == row["n"])
    return _Pooled(n_samples, len(reports), mean, math.hypot(*errors) / total)


def _result(metric: str, arm: str, own: _Pooled, other: _Pooled | None, control: str) -> ArmResult:
    difference: Difference | None = None
    if other is not None and arm != control:
        value, width = own.mean - other.mean, _Z * math.hypot(own.error, other.error)
        difference = {
            "value": number(value),
            "low": number(value - width),
            "high": number(value + width),
            "relative": number(value / other.mean, 4) if other.mean else None,
        }
    return {
        "metric": clip(metric, 80),
        "arm": clip(arm, 80),
        "n": own.n,
        "n_reports": own.n_reports,
        "mean": number(own.mean),
        "low": number(own.mean - _Z * own.error),
        "high": number(own.mean + _Z * own.error),
        "difference": difference,
    }


def _experiments(investigation: Investigation) -> list[dict[str, Any]]:
    if investigation.records is None:
        return []
    told: list[Any] = investigation.records.experiments.to_dict("records")
    return told


def _status(investigation: Investigation, told: dict[str, Any]) -> str:
    now = investigation.recording.windows["at"].iloc[-1]
    start, end = told["start"], told["end"]
    if start is not None and start == start and start > now:
        return "planned"
    return "ended" if end is not None and end == end and end <= now else "running"


def _row(investigation: Investigation, told: dict[str, Any]) -> ExperimentRow:
    return {
        "experiment_id": clip(str(told["id"]), 80),
        "title": clip(told["title"]),
        "status": _status(investigation, told),
        "start": moment(told["start"]),
        "end": moment(told["end"]),
        "arms": take([clip(arm, 80) for arm in _arms(told)], _MAX_ARMS_BYTES),
    }


def _arms(told: dict[str, Any]) -> list[str]:
    return [] if told["arms"] is None else [str(arm) for arm in told["arms"]]
