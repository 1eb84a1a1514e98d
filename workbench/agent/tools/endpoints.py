"""What is asked of a service, and what answering costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, number, page
from workbench.agent.tools.profile import SCALE, unit_of

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.agent.traffic import Traffic
    from workbench.types import BoolArray, FloatArray, IntArray


class Level(TypedDict):
    """How an endpoint did over a range of windows."""

    cost: Annotated[float | None, Field(description="In the reply's unit")]
    share: Annotated[float | None, Field(description="Of the cost of all endpoints, 0 to 1")]
    requests: Annotated[float | None, Field(description="Per window; null where not recorded")]
    cpu_ms: Annotated[float | None, Field(description="CPU ms a request; null where not recorded")]
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
    traffic = investigation.traffic
    if traffic is not None:
        source = "measurements"
        unit = "CPU ms per window" if traffic.knows_requests else "CPU ms per request"
        rows = _measured(investigation, traffic, index)
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


def _measured(investigation: Investigation, traffic: Traffic, index: int | None) -> list[Endpoint]:
    if index is None:
        before, now = None, _levels(traffic, np.ones(len(traffic.times), dtype=bool))
    else:
        is_after = traffic.times >= investigation.recording.windows["at"].iloc[index]
        before, now = _levels(traffic, ~is_after), _levels(traffic, is_after)
    return [
        {
            "endpoint": clip(name),
            "now": now[place],
            "before": None if before is None else before[place],
        }
        for place, name in enumerate(traffic.endpoints)
    ]


def _levels(traffic: Traffic, chosen: BoolArray) -> list[Level]:
    levels = traffic.levels(chosen)
    whole = float(np.nansum(levels.costs))
    return [_level(*told, whole=whole) for told in zip(*levels, strict=True)]


def _level(
    cost: float, requests: float = math.nan, cpu_ms: float = math.nan, latency_ms: float = math.nan,
    *, whole: float,
) -> Level:  # fmt: skip
    return {
        "cost": number(cost),
        "share": number(cost / whole, 4) if whole else None,
        "requests": number(requests),
        "cpu_ms": number(cpu_ms),
        "latency_p99_ms": number(latency_ms),
    }


def _entry_points(investigation: Investigation, index: int | None) -> list[Endpoint]:
    every = np.arange(investigation.recording.n_windows)
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


def _shares(values: FloatArray, windows: IntArray) -> list[Level]:
    levels = values[:, windows].mean(axis=1)
    whole = float(levels.sum()) * SCALE
    return [_level(float(level) * SCALE, whole=whole) for level in levels]
