"""Sums by stack and profile -> series of functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import StoreError
from workbench.store import value_types
from workbench.store.ids import EMPTY_STACK
from workbench.store.loops import loops
from workbench.store.sql import Query
from workbench.types import SERVICE, FloatArray, Function, SeriesMatrix

METRICS = ("gcpu", "self_gcpu", "cost", "total")


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a service, and which profiles are in them."""

    frame: pd.DataFrame
    """One row a window, oldest first: `at`, `version`, `work`, `cpu_seconds`, `n_samples`, `total`
    (of the value type)."""
    profiles: pa.Array
    """Ids."""
    window: npt.NDArray[np.int64]
    """(n_profiles,) row of `frame`."""
    value_type: str
    """That the values are of."""


@dataclass(frozen=True, slots=True)
class _Functions:
    """Functions, and where each is counted; those of one subject count as one."""

    ids: pa.Array
    row: npt.NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        return int(self.row.max(initial=-1)) + 1


def read_matrix(
    query: Query,
    metric: str,
    service: str,
    subjects: Sequence[str] | None,
    value_type: str | None,
    every: str | None,
) -> SeriesMatrix:
    """Answer `Store.matrix`."""
    windows = _read_windows(query, service, value_type, every)
    totals = windows.frame["total"].to_numpy(np.float64)
    names: list[str] = []
    values = [np.empty((0, len(totals)))]
    if subjects is None or {*subjects} - {SERVICE}:
        functions, names = _choose(query, subjects)
        sums = _sums(query, functions, windows, subjects, metric == "self_gcpu")
        if subjects is None:  # the functions of other services have none
            here = np.flatnonzero(sums.any(axis=1))
            names, sums = [names[row] for row in here], sums[here]
        values.append(sums)
    if subjects is not None and SERVICE in subjects:
        names.append(SERVICE)
        values.append(totals[None, :])
    scaled = np.concatenate(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        if metric != "total":
            scaled /= np.where(totals > 0, totals, np.nan)
        if metric == "cost":
            work = windows.frame["work"].to_numpy(np.float64)
            scaled *= windows.frame["cpu_seconds"].to_numpy() / np.where(work > 0, work, np.nan)
    return SeriesMatrix(tuple(names), (metric,) * len(names), scaled, windows.frame, service)


def tidy(matrix: SeriesMatrix, service: str, metric: str) -> pd.DataFrame:
    """Return a row for each subject and window of a matrix."""
    n_series, n_windows = matrix.values.shape
    subjects, codes = np.unique(np.array(matrix.subjects, dtype=object), return_inverse=True)
    frame = pd.DataFrame(
        {"subject": pd.Categorical.from_codes(np.repeat(codes, n_windows), pd.Index(subjects))}
    )
    frame.insert(0, "metric", metric)
    frame.insert(0, "service", service)
    at = np.tile(np.arange(n_windows), n_series)
    for name in ("at", "version"):
        frame[name] = matrix.windows[name].take(at).reset_index(drop=True)
    frame["value"] = matrix.values.ravel()
    return frame


def _read_windows(query: Query, service: str, value_type: str | None, every: str | None) -> Windows:
    recorded = query(
        f"""SELECT profile, "at", version, work, cpu_seconds, n_samples, {value_types.COLUMNS}
            FROM {{profiles}} WHERE service = ? ORDER BY "at", version, profile""",
        service,
    )
    table, kind, totals = value_types.of_one_type(recorded, service, value_type)
    profiles = table.select(["at", "version", "work", "cpu_seconds", "n_samples"]).to_pandas()
    profiles["total"] = totals
    if every is not None:
        profiles["at"] = _floored(profiles["at"], every)
    groups = profiles.groupby(["at", "version"], sort=True)
    frame = groups.sum().reset_index()
    for name in ("work", "cpu_seconds"):  # a sum of which a part is unknown is unknown
        frame[name] = frame[name].where(groups[name].count().to_numpy() == groups.size().to_numpy())
    return Windows(frame, table["profile"].combine_chunks(), groups.ngroup().to_numpy(), kind)


def _floored(times: pd.Series[pd.Timestamp], every: str) -> pd.Series[pd.Timestamp]:
    try:
        if not pd.Timedelta(every) > pd.Timedelta(0):
            raise ValueError(every)
        return times.dt.floor(every)
    except (ValueError, TypeError) as error:
        raise StoreError(f"expected a length of time such as 5min, got {every!r}") from error


def _choose(query: Query, subjects: Sequence[str] | None) -> tuple[_Functions, list[str]]:
    """Return the functions that are meant, and the subject of each row of the result."""
    wanted = None if subjects is None else sorted({*subjects} - {SERVICE})
    likely = [name for subject in wanted or () for name in Function.names_in(subject)]
    named = query(
        """SELECT DISTINCT ON (function) * FROM {functions}
           WHERE $1 OR name IN (SELECT unnest($2)) ORDER BY function""",
        wanted is None, likely,
    )  # fmt: skip
    names, files = named["name"].to_pylist(), named["file"].to_pylist()
    known = [Function(name, file).subject for name, file in zip(names, files, strict=True)]
    chosen = np.arange(len(names))
    if wanted is not None:
        meant = {*wanted}
        chosen = np.array([i for i in chosen if names[i] in meant or known[i] in meant], int)
        missing = meant.difference(*((names[i], known[i]) for i in chosen))
        if missing:
            every = query("SELECT DISTINCT name FROM {functions}")["name"].to_pylist()
            close = get_close_matches(min(missing), every[:20_000], n=3)
            hint = f"; close to it: {', '.join(close)}" if close else ""
            seen = ", ".join(sorted(missing))
            raise StoreError(f"expected functions of the store, got {seen}{hint}")
    found, rows = np.unique(np.array(known, object)[chosen], return_inverse=True)
    ids = named["function"].combine_chunks().take(pa.array(chosen, pa.int64()))
    return _Functions(ids, rows.astype(np.int64)), found.tolist()


def _sums(
    query: Query,
    functions: _Functions,
    windows: Windows,
    subjects: Sequence[str] | None,
    is_self: bool,
) -> FloatArray:
    """Return the value of each function in each window, (n_rows, n_windows)."""
    leaf = " AND is_leaf" if is_self else ""
    if subjects is None:
        incidence = query(f"SELECT stack, function FROM {{incidence}} WHERE true{leaf}")
        cells = query(
            "SELECT stack, profile, value FROM {cells} WHERE value_type = ?", windows.value_type
        )
        return _add_up(incidence, cells, functions, windows, is_whole=True)
    chosen = functions.ids.to_pylist()
    holding = f"FROM {{incidence}} WHERE function IN (SELECT unnest($1)){leaf}"
    incidence = query(f"SELECT stack, function {holding}", chosen)
    cells = query(
        f"""SELECT stack, profile, value FROM {{cells}} WHERE value_type = $2
            AND stack IN (SELECT stack {holding})""",
        chosen, windows.value_type,
    )  # fmt: skip
    return _add_up(incidence, cells, functions, windows, is_whole=False)


def _add_up(
    incidence: pa.Table,
    cells: pa.Table,
    functions: _Functions,
    windows: Windows,
    *,
    is_whole: bool,
) -> FloatArray:
    """Add each cell to the functions of its stack; most cells of a stack stand next to each other.

    There are pairs for every stack that has cells.
    """
    values = np.zeros((functions.n_rows, len(windows.frame)))
    row = functions.row[pc.index_in(incidence["function"], functions.ids).to_numpy()]
    pair_stack, cell_stack = incidence["stack"].to_numpy(), cells["stack"].to_numpy()
    if (pair_stack[1:] < pair_stack[:-1]).any():  # a join keeps no order
        order = np.argsort(pair_stack, kind="stable")
        pair_stack, row = pair_stack[order], row[order]
    if functions.n_rows < len(functions.ids):
        again = pd.DataFrame({"stack": pair_stack, "row": row}).duplicated().to_numpy()
        row, pair_stack = row[~again], pair_stack[~again]
    heads, runs = _heads(pair_stack), _heads(cell_stack)
    known, first = np.unique(pair_stack[heads], return_index=True)
    at = np.searchsorted(known, cell_stack[runs])
    is_known = np.append(known, EMPTY_STACK)[at] == cell_stack[runs]
    if not is_known[cell_stack[runs] != EMPTY_STACK].all():
        raise KeyError("a stack whose functions are not there")
    run = first[np.minimum(at, max(len(first) - 1, 0))[is_known & (at < len(known))]]
    firsts, lasts = np.zeros((2, len(runs)), np.int64)
    firsts[is_known & (at < len(known))] = heads[run]
    lasts[is_known & (at < len(known))] = np.append(heads, len(pair_stack))[run + 1]
    profile = pc.index_in(cells["profile"], windows.profiles).fill_null(-1).to_numpy()
    window = np.append(windows.window, -1)[profile].astype(np.int32)
    if is_whole:
        totals = windows.frame["total"].to_numpy(np.float64)
        value_types.check_sums(window, cells["value"].to_numpy(), totals)
    loops.over(len(cell_stack)).add_runs(
        np.append(runs, len(cell_stack)),
        firsts,
        lasts,
        row,
        window,
        cells["value"].to_numpy(),
        values,
    )
    return values


def _heads(stacks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where runs of equal stacks begin."""
    return np.flatnonzero(np.diff(stacks, prepend=stacks[:1] - 1) != 0)
