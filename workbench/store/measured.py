"""Measurements that others recorded -> series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import StoreError
from workbench.types import SeriesMatrix


def measured_matrix(
    measurements: pd.DataFrame, metric: str, service: str | None, subjects: Sequence[str] | None
) -> SeriesMatrix:
    """Return the series of a metric; NaN where a subject was not measured, hosts averaged.

    A host that measured no number leaves it to the others; what was measured in several units is
    refused.

    A window is a time with its version; where no time is known, versions are in the order in
    which they were put in.
    """
    rows = measurements[measurements["metric"] == metric]
    services = sorted(rows["service"].unique())
    if service is None and len(services) > 1:
        raise StoreError(f"{metric}: expected one service, found {services}: name one")
    if service is not None:
        if service not in services:
            raise StoreError(f"{metric}: expected one of {services}, got {service!r}")
        rows = rows[rows["service"] == service]
    if subjects is not None:
        missing = {*subjects} - {*rows["subject"]}
        if missing:
            raise StoreError(f"{metric}: expected measured subjects, got {', '.join(missing)}")
        rows = rows[rows["subject"].isin(list(subjects))]
    units = sorted(rows["unit"].unique())
    if len(units) > 1:
        raise StoreError(f"{metric}: expected measurements in one unit, found {', '.join(units)}")
    groups = rows.groupby(["at", "version"], dropna=False, sort=False)
    order = groups.ngroup().to_numpy()  # as they were put in
    windows = rows[["at", "version"]].drop_duplicates().reset_index(drop=True)
    rank = windows["at"].argsort(kind="stable").to_numpy()
    windows = windows.iloc[rank].reset_index(drop=True)
    column = np.argsort(rank)[order]
    names, row = np.unique(rows["subject"].to_numpy(dtype=object), return_inverse=True)
    shape = (len(names), len(windows))
    where = row * shape[1] + column if len(rows) else np.empty(0, np.int64)
    measured = rows["value"].to_numpy()
    is_known = ~np.isnan(measured)
    n = shape[0] * shape[1]
    sums = np.bincount(where[is_known], measured[is_known], minlength=n).reshape(shape)
    counts = np.bincount(where[is_known], minlength=n).reshape(shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = sums / counts
    subjects = tuple(map(str, names))
    told = service or "".join(services)
    return SeriesMatrix(subjects, (metric,) * len(names), values, windows, told)
