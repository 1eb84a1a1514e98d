"""What is asked of a service, and what answering costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, number, page
from workbench.agent.tools.profile import SCALE, unit_of

if TYPE_CHECKING:
    import pandas as pd

    from workbench.agent.investigation import Investigation
    from workbench.types import BoolArray, FloatArray

_METRICS = ("requests", "cpu_ms", "latency_p99_ms")


class Level(TypedDict):
    """How an endpoint did over a range of windows."""

    cost: Annotated[float | None, Field(description="In the reply's unit")]
    share: Annotated[float | None, Field(description="Of the cost of all endpoints, 0 to 1")]
    requests: Annotated[float | None, Field(description="Per window; null where not recorded")]
    cpu_ms: Annotated[float | None, Field(description="CPU ms per request; null where not recorded")]
    latency_p99_ms: Annotated[float | None, Field(description="In ms; null where not recorded")]


class Endpoint(TypedDict):
    """One endpoint."""

    endpoint: Annotated[str, Field(description="Its name, or the function that requests enter by")]
    now: Annotated[Level, Field(description="Over all windows, or those after the regression")]
    before: Annotated[Level | None, Field(description="Before the regression; null without one")]


class Endpoints(TypedDict):
    """A page of endpoints."""

    source: Annotated[str, Field(description="measurements, or entry points of stacks")]
    unit: Annotated[str, Field(description="Unit of cost")]
    endpoints: list[Endpoint]
    total: Total
    next_offset: NextOffset


def top_endpoints(
    investigation: Investigation,
    regression_id: AnyRegressionId = "",
    limit: Limit = 10,
    offset: Offset = 0,
) -> Endpoints:
    """List the endpoints by what they cost, from recorded requests and CPU time or else from the
    entry points of the stacks; with a regression, before and after it.
    """
    index = investigation.regression(regression_id).change_index if regression_id else None
    measured = None if investigation.records is None else investigation.records.measurements
    if measured is not None:
        measured = measured[measured["metric"].isin(_METRICS)]
    if measured is not None and (measured["metric"] == "cpu_ms").any():
        source, unit = "measurements", _unit(measured)
        rows = _measured(investigation, measured, index)
    else:
        source, unit = "entry points of stacks", unit_of(investigation)
        rows = _entry_points(investigation, index)
    rows.sort(key=lambda row: -(row["now"]["cost"] or 0.0))
    shown, next_offset = page(rows, offset, limit, lambda row: row)
    return {
        "source": source,
        "unit": unit,
        "endpoints": shown,
        "total": len(rows),
        "next_offset": next_offset,
    }


def _unit(measured: pd.DataFrame) -> str:
    knows_requests = (measured["metric"] == "requests").any()
    return "CPU ms per window" if knows_requests else "CPU ms per request"


def _measured(
    investigation: Investigation, measured: pd.DataFrame, index: int | None
) -> list[Endpoint]:
    if index is None:
        before, now = None, _levels(measured)
    else:
        at = investigation.recording.windows["at"].iloc[index]
        before = _levels(measured[measured["at"] < at])
        now = _levels(measured[measured["at"] >= at])
    names = sorted({*now, *(before or {})})
    return [
        {
            "endpoint": clip(name),
            "now": now.get(name, _level()),
            "before": None if before is None else before.get(name, _level()),
        }
        for name in names
    ]


def _levels(measured: pd.DataFrame) -> dict[str, Level]:
    """Return the level of each endpoint: means over time, CPU time weighted by requests."""
    told: dict[tuple[str, str], float] = measured.groupby(["subject", "metric"])["value"].mean().to_dict()
    weighted = _cpu_by_request(measured)
    names = {subject for subject, _ in told}
    costs = {}
    for name in names:
        cpu = weighted.get(name, told.get((name, "cpu_ms"), float("nan")))
        costs[name] = cpu, cpu * told.get((name, "requests"), 1.0)
    whole = float(np.nansum([cost for _, cost in costs.values()]))
    return {
        name: _level(
            cost, whole, told.get((name, "requests")), cpu, told.get((name, "latency_p99_ms"))
        )
        for name, (cpu, cost) in costs.items()
    }


def _cpu_by_request(measured: pd.DataFrame) -> dict[str, float]:
    """Return the mean CPU time of a request, where the requests of the same windows are known."""
    keys = ["subject", "at", "version", "host"]
    wide = measured.pivot_table(index=keys, columns="metric", values="value", dropna=False)
    if not {"requests", "cpu_ms"} <= {*wide.columns}:
        return {}
    known = wide.dropna(subset=["requests", "cpu_ms"])
    sums = (known["requests"] * known["cpu_ms"]).groupby("subject").sum()
    requests = known["requests"].groupby("subject").sum()
    found: dict[str, float] = (sums / requests)[requests > 0].to_dict()
    return found


def _level(
    cost: float | None = None, whole: float = 0.0, requests: float | None = None,
    cpu_ms: float | None = None, latency_ms: float | None = None,
) -> Level:  # fmt: skip
    share = None if cost is None or not whole else cost / whole
    return {
        "cost": number(cost),
        "share": number(share, 4),
        "requests": number(requests),
        "cpu_ms": number(cpu_ms),
        "latency_p99_ms": number(latency_ms),
    }


def _entry_points(investigation: Investigation, index: int | None) -> list[Endpoint]:
    every = np.ones(investigation.recording.n_windows, dtype=bool)
    before, now = (None, every) if index is None else investigation.sides(index)
    values = investigation.entry_point_values
    places = np.flatnonzero(values.any(axis=1))
    after = _shares(values, now)
    earlier = None if before is None else _shares(values, before)
    return [
        {
            "endpoint": clip(investigation.calls.subjects[place]),
            "now": after[place],
            "before": None if earlier is None else earlier[place],
        }
        for place in places.tolist()
    ]


def _shares(values: FloatArray, windows: BoolArray | Any) -> list[Level]:
    levels = values[:, windows].mean(axis=1)
    whole = float(levels.sum()) * SCALE
    return [_level(float(level) * SCALE, whole) for level in levels]
