"""What was asked of a service, and what answering cost, as measured at its endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.types import BoolArray, FloatArray

_METRICS = ("requests", "cpu_ms", "latency_p99_ms")


class Levels(NamedTuple):
    """How endpoints did over some time, (n_endpoints,) each; NaN where that was not measured."""

    costs: FloatArray
    """CPU ms, of all requests where their number is known, else of one."""
    requests: FloatArray
    cpu_ms: FloatArray
    """Per request."""
    latency_p99_ms: FloatArray


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

    def levels(self, chosen: BoolArray) -> Levels:
        """Return how each endpoint did at some of the times, CPU time weighted by requests."""
        requests, cpu, latency = (
            values[:, chosen] for values in (self.requests, self.cpu_ms, self.latency_p99_ms)
        )
        weights = np.where(np.isfinite(cpu), requests if self.knows_requests else 1.0, np.nan)
        n_requests = _mean(requests)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_cpu = np.nansum(weights * cpu, axis=1) / np.nansum(weights, axis=1)
        costs = mean_cpu * (n_requests if self.knows_requests else 1.0)
        return Levels(costs, n_requests, mean_cpu, _mean(latency))


def read_traffic(measurements: pd.DataFrame) -> Traffic | None:
    """Return what was measured of endpoints; None where their CPU time was not."""
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
