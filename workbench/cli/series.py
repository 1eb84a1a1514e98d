"""The series that a command judges: of a store, of files, of a benchmark suite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from workbench.cli.output import printable
from workbench.errors import ParseError, SignalError

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from workbench.store import Store
    from workbench.types import SeriesMatrix, SeriesParts, Stacks


@dataclass(frozen=True, slots=True)
class Group:
    """Series that are judged together: one metric of one service."""

    service: str
    metric: str
    unit: str
    load: Callable[[], tuple[SeriesMatrix, Stacks | None]]
    is_asked: bool = False
    """Whether it is judged only where its metric is named."""

    @property
    def name(self) -> str:
        """What to call it."""
        return " ".join(part for part in (self.service, self.metric) if part)


Source: TypeAlias = "list[Group] | SeriesParts"
"""Groups of series, or series that are read some at a time."""


def read_source(source: str) -> tuple[Source, dict[str, float]]:
    """Return the series of a store, a file or a folder, and the watts of services."""
    from workbench.ingest.series import open_series, prefers_parts, read_series
    from workbench.ingest.series.asv import results_in
    from workbench.store import Store

    path = Path(source)
    if "://" in source or (path / "store.json").is_file():
        store = Store.open(source if "://" in source else path)
        profiled = [group for name in store.services() for group in _profiled(store, name)]
        groups = profiled + _measured(store.table("measurements"))
        return _not_empty(source, groups), _watts(store.table("services"))
    if prefers_parts(path):
        return open_series(path), {}
    if not path.exists() or (path.is_dir() and results_in(path) is None):
        seen = "neither" if path.exists() else "no such path"
        told = "expected a store, a file of series, or a folder of Parquet or of results of asv"
        told = f"{told}, found {seen}"
        raise ParseError(told, path)
    return _not_empty(source, _measured(_hosts_apart(read_series(path)))), {}


def choose(source: str, series: Source, service: str | None, metric: str | None) -> Source:
    """Return the series that were asked for."""
    asked = {"service": service, "metric": metric}
    wanted = {name: value for name, value in asked.items() if value is not None}
    if not isinstance(series, list):
        for name, value in wanted.items():
            series = _where(source, series, name, value)
        return series
    groups = series
    for name, value in wanted.items():
        known = {*filter(None, (getattr(group, name) for group in groups))}
        groups = [group for group in groups if getattr(group, name) == value]
        if not groups:
            raise _none_of(source, name, known, value)
    return groups if metric is not None else [group for group in groups if not group.is_asked]


def _none_of(source: str, name: str, known: set[str], wanted: str) -> SignalError:
    told = f"a {name} among {', '.join(sorted(known))}" if known else f"no {name}, as it names none"
    return SignalError(printable(f"{source}: expected {told}, got {wanted!r}"))


def _not_empty(source: str, groups: list[Group]) -> list[Group]:
    if not groups:
        raise SignalError(f"{source}: expected series, found none")
    return groups


def _profiled(store: Store, service: str) -> list[Group]:
    """Return what can be judged of the profiles of a service."""
    windows = store.windows(service)
    is_known = (windows["work"] > 0) & windows["cpu_seconds"].notna()
    metrics = ("cost", "gcpu") if is_known.all() else ("gcpu",)
    return [
        Group(service, metric, "", partial(_load_profiled, store, service, metric), i > 0)
        for i, metric in enumerate(metrics)
    ]


def _load_profiled(store: Store, service: str, metric: str) -> tuple[SeriesMatrix, Stacks]:
    from workbench.signals import function_series, stacks
    from workbench.types import SeriesMatrix

    recording = store.recording(service)
    if metric == "gcpu":  # stacks are then told as shares too
        recording = replace(recording, windows=recording.windows.assign(work=math.nan))
    series = function_series(recording)
    rows = [row for row, name in enumerate(series.metrics) if name == metric]
    subjects = tuple(series.subjects[row] for row in rows)
    values = series.values[rows]
    matrix = SeriesMatrix(subjects, (metric,) * len(rows), values, series.windows, service)
    return matrix, stacks(recording)


def _measured(table: pd.DataFrame) -> list[Group]:
    """Return what others recorded, by service, metric and unit."""
    names = ["service", "metric", "unit"]
    table = table.assign(**{name: table[name].fillna("") for name in (*names, "subject")})
    table["subject"] = table["subject"].where(table["subject"] != "", table["metric"])
    groups = []
    for key, rows in table.groupby(names, sort=True):
        service, metric, unit = map(str, cast("tuple[str, str, str]", key))
        load = partial(_load_measured, rows, service, metric)
        groups.append(Group(service, metric, unit, load))
    return groups


def _load_measured(
    rows: pd.DataFrame, service: str, metric: str
) -> tuple[SeriesMatrix, Stacks | None]:
    from workbench.store.measured import measured_matrix

    return measured_matrix(rows, metric, service, None), None


def _hosts_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which what several hosts measured are several series."""
    if table["host"].nunique() < 2:
        return table
    told = table["subject"] + " [" + table["host"] + "]"
    return table.assign(subject=told.where(table["host"] != "", table["subject"]))


def _watts(services: pd.DataFrame) -> dict[str, float]:
    """Return the power of each service, where it is known."""
    power = services.assign(all=services["servers"] * services["watts"]).dropna(subset="all")
    return dict(zip(power["service"], power["all"].astype(float), strict=True))


def _where(source: str, parts: SeriesParts, name: str, wanted: str) -> SeriesParts:
    """Return the series of one service or metric."""
    import numpy as np

    from workbench.types import SeriesParts

    known: set[str] = set()
    for names in parts.names():
        if name in names.names:
            known |= {*names.get_level_values(name).dropna().astype(str)}
    if wanted not in known:
        raise _none_of(source, name, known, wanted)

    def only(index: pd.Index[Any]) -> npt.NDArray[np.intp]:
        return np.flatnonzero(index.get_level_values(name) == wanted)

    def read() -> Iterator[pd.DataFrame]:
        some = (frame.iloc[only(frame.index)] for frame in parts.read())
        return (frame for frame in some if len(frame))

    def sample() -> pd.DataFrame:
        some = parts.sample()
        some = some.iloc[only(some.index)]
        return some if len(some) else next(read())

    return SeriesParts(read, sample, lambda: (names.take(only(names)) for names in parts.names()))
