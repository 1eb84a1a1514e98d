"""What is asked of a service, and what answering costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, number, page
from workbench.agent.tools.profile import SCALE, unit_of

if TYPE_CHECKING:
    import pandas as pd

    from workbench.agent.investigation import Investigation
    from workbench.types import BoolArray, FloatArray, IntArray

_METRICS = ("requests", "cpu_ms", "latency_p99_ms")


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


@dataclass(frozen=True, eq=False, repr=False)
class Traffic:
    """What was measured of each endpoint over time; NaN where it was not."""

    endpoints: tuple[str, ...]
    times: pd.DatetimeIndex
    requests: FloatArray
    """(n_endpoints, n_times) of all hosts together, as are those below."""
    cpu_ms: FloatArray
    """Per request."""
    latency_p99_ms: FloatArray

    @property
    def knows_requests(self) -> bool:
        """Whether there are any numbers of requests."""
        return bool(np.isfinite(self.requests).any())

    def growth_by_mix(self, before: BoolArray, after: BoolArray) -> float | None:
        """Return by how much a request costs more, as a fraction, by the mix of requests alone.

        Each endpoint costs what it did before; only its part of the requests is that of after. None
        where requests or CPU time were not measured at both times.
        """
        shares = [_mean(self.requests[:, chosen]) for chosen in (before, after)]
        costs = _mean(self.cpu_ms[:, before])
        known = np.isfinite(shares).all(axis=0) & np.isfinite(costs)
        levels = [share[known] @ costs[known] / max(share[known].sum(), 1e-300) for share in shares]
        return float(levels[1] / levels[0] - 1) if levels[0] > 0 else None

    def levels(self, chosen: BoolArray) -> list[Level]:
        """Return how each endpoint did at some of the times, CPU time weighted by requests."""
        requests, cpu, latency = (
            values[:, chosen] for values in (self.requests, self.cpu_ms, self.latency_p99_ms)
        )
        weights = np.where(np.isfinite(cpu), requests if self.knows_requests else 1.0, np.nan)
        n_requests = _mean(requests)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_cpu = np.nansum(weights * cpu, axis=1) / np.nansum(weights, axis=1)
        costs = mean_cpu * (n_requests if self.knows_requests else 1.0)
        whole = float(np.nansum(costs))
        return [
            _level(*told, whole=whole)
            for told in zip(costs, n_requests, mean_cpu, _mean(latency), strict=True)
        ]


def read_traffic(measurements: pd.DataFrame) -> Traffic | None:
    """Return what was measured of endpoints; None where their CPU time was not."""
    import pandas as pd

    rows = measurements[measurements["metric"].isin(_METRICS)].dropna(subset=["at", "value"])
    if not (rows["metric"] == "cpu_ms").any():
        return None
    endpoints, row = np.unique(rows["subject"].to_numpy(object).astype(str), return_inverse=True)
    times = pd.DatetimeIndex(rows["at"].unique()).sort_values()
    where = row * len(times) + times.get_indexer(pd.DatetimeIndex(rows["at"]))
    n_cells = len(endpoints) * len(times)
    tables = []
    for metric in _METRICS:
        mine = (rows["metric"] == metric).to_numpy()
        counts = np.bincount(where[mine], minlength=n_cells).astype(float)
        sums = np.bincount(where[mine], rows["value"].to_numpy()[mine], minlength=n_cells)
        with np.errstate(invalid="ignore", divide="ignore"):
            hosts = np.where(counts > 0, 1.0, np.nan) if metric == "requests" else counts
            tables.append((sums / hosts).reshape(len(endpoints), len(times)))
    return Traffic(tuple(map(str, endpoints)), times, *tables)


def _mean(values: FloatArray) -> FloatArray:
    """Return the means of rows over what is known of them; NaN where nothing is."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1))


def _measured(investigation: Investigation, traffic: Traffic, index: int | None) -> list[Endpoint]:
    if index is None:
        before, now = None, traffic.levels(np.ones(len(traffic.times), dtype=bool))
    else:
        is_after = traffic.times >= investigation.recording.windows["at"].iloc[index]
        before, now = traffic.levels(~is_after), traffic.levels(is_after)
    return [
        {
            "endpoint": clip(name),
            "now": now[place],
            "before": None if before is None else before[place],
        }
        for place, name in enumerate(traffic.endpoints)
    ]


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
