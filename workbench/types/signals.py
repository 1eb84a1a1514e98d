"""What users hand in -> one matrix with names and a clock."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import SignalError
from workbench.types.arrays import SERVICE, FloatArray, IntArray
from workbench.types.series import SeriesMatrix

_KEYS = ("service", "metric", "subject")
_CLOCKS = ("at", "time", "window", "version")
"""Columns that tell windows apart, in the order in which they are looked for."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]|$)")
"""How a time in ISO 8601 begins."""
_REGULAR = 0.01
"""Part of the usual time between windows by which nearly all keep to it, where there is a clock."""
_FROM_FILE = "workbench.ingest.series.read_series reads files, and tables as files have them"
_COMPLEX = "expected real numbers, got complex ones: hand in their size, or a part"


@dataclass(frozen=True, eq=False)
class Signals:
    """Series over the same windows."""

    values: FloatArray
    """(n_series, n_windows), float32 or float64, oldest first; NaN where there is none."""
    ids: pd.Index[Any]
    keys: pd.DataFrame | None = None
    """One row a series: `service`, `metric`, `subject`, and `unit` where it is told; None where
    there are only ids."""
    windows: pd.Index[Any] | None = None
    """(n_windows,) times in UTC, or what else they are called; None, or numbers, where nothing is
    told of them."""
    versions: tuple[str, ...] = ()
    """(n_windows,) what ran in each, where that is told."""

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return int(self.values.shape[1])

    @property
    def times(self) -> pd.DatetimeIndex | None:
        """Starts of the windows in UTC; None where there is no clock."""
        return self.windows if isinstance(self.windows, pd.DatetimeIndex) else None

    def key(self, row: int, name: str) -> str:
        """Return service, metric or subject of a series; its id where it has no subject."""
        told = "" if self.keys is None else self._texts[name][row]
        return str(self.ids[row]) if name == "subject" and not told else told

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        """Columns of `keys`, for one look at a time."""
        return {} if self.keys is None else {k: [*map(str, self.keys[k])] for k in _KEYS}

    def metrics(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
        """Return the metric of each row."""
        if self.keys is None:
            return np.full(len(rows), "", object)
        return self.keys["metric"].to_numpy(object)[rows]

    @cached_property
    def totals(self) -> dict[str, int]:
        """Rows that are what all of a service costs, by service."""
        if self.keys is None:
            return {}
        is_total = (self.keys["subject"] == SERVICE) & (self.keys["metric"] == "cost")
        rows = np.flatnonzero(is_total)[::-1]  # of several the first
        return {self.key(row, "service"): int(row) for row in rows}

    def take(self, rows: IntArray) -> Signals:
        """Return some of the series."""
        keys = None if self.keys is None else self.keys.iloc[rows]
        return replace(self, values=self.values[rows], ids=self.ids.take(rows), keys=keys)

    @property
    def day(self) -> float | None:
        """Windows in a day, where times keep to a clock."""
        if self.times is None or self.n_windows < 3:
            return None
        steps = np.diff(self.times.as_unit("ns").asi8) / 1e9
        usual = float(np.median(steps))
        return 86_400 / usual if usual > 0 and self._is_regular(steps, usual) else None

    @property
    def has_clock(self) -> bool:
        """Whether windows may be taken for equally long ones."""
        return self.times is None or self.day is not None

    @staticmethod
    def _is_regular(steps: FloatArray, usual: float) -> bool:
        return bool(np.mean(np.abs(steps - usual) <= _REGULAR * usual) > 0.98)


def read_signals(series: Any) -> Signals:
    """Take series in, whatever they come as.

    Parameters
    ----------
    series : SeriesMatrix, DataFrame, Series, mapping of str to array, or array
        An array is (n_windows,) or (n_series, n_windows). A frame has one row a series, unless its
        rows are times, or numbered and its columns have names; or it has one row a value, as stores
        and `ingest.series.read_series` give them.

    Raises
    ------
    SignalError
        Where it is none of these, or values are no numbers.
    """
    if isinstance(series, Signals):
        return series
    if isinstance(series, SeriesMatrix):
        return _of_matrix(series)
    if isinstance(series, pd.DataFrame):
        return _of_long(series) if _is_long(series) else _of_wide(series)
    if isinstance(series, pd.Series):
        frame = series.to_frame(series.name if series.name is not None else "series").T
        return _of_rows(frame.set_axis(with_times(frame.columns), axis=1))
    if isinstance(series, Mapping):
        return _of_rows(_frame_of(series))
    try:
        values = (
            np.ma.filled(np.ma.asarray(series, dtype=float), np.nan)
            if np.ma.isMA(series)
            else np.asarray(series)
        )
    except (TypeError, ValueError) as error:
        raise SignalError(f"expected series of numbers, all as long: {error}") from error
    if values.ndim == 1:
        values = values[np.newaxis]
    if not values.ndim:
        hint = f"; {_FROM_FILE}" if isinstance(series, str | PathLike) else ""
        raise SignalError(f"expected series (n_series, n_windows), got {series!r:.80}{hint}")
    values = _numbers(values)
    return Signals(values, pd.RangeIndex(len(values)))


def _of_matrix(series: SeriesMatrix) -> Signals:
    keys = pd.DataFrame(
        {"service": series.service, "metric": series.metrics, "subject": series.subjects}
    )
    times = _times(series.windows["at"]) if "at" in series.windows else None
    versions = tuple(map(str, series.windows.get("version", ())))
    names = list(series.subjects)
    if len({*series.metrics}) > 1:
        names = [
            f"{subject} {metric}" for subject, metric in zip(names, series.metrics, strict=True)
        ]
    ids = pd.Index(names, dtype=object)
    if times is None and versions and len({*versions}) == len(versions):
        return Signals(_numbers(series.values), ids, keys, pd.Index(versions))
    return Signals(_numbers(series.values), ids, keys, times, versions)


def _frame_of(series: Mapping[Any, Any]) -> pd.DataFrame:
    """Return one row a series, for series by name; by their windows where all have an index."""
    if series and all(isinstance(row, pd.Series) for row in series.values()):
        frame: pd.DataFrame = pd.concat([*series.values()], axis=1, keys=range(len(series))).T
        frame = frame.set_axis(with_times(frame.columns), axis=1)
    else:
        rows = [np.ravel(np.asarray(row)) for row in series.values()]
        sizes = sorted({len(row) for row in rows})
        if len(sizes) > 1:
            raise SignalError(f"expected series of one length, got {sizes[0]} and {sizes[-1]}")
        frame = pd.DataFrame(np.stack(rows) if rows else np.zeros((0, 0)))
    frame.index = pd.Index([*series], dtype=object, tupleize_cols=False)
    return frame


def _of_wide(frame: pd.DataFrame) -> Signals:
    """One row a series, unless the rows are times, or numbered and the columns have names."""
    frame = frame.set_axis(with_times(frame.columns), axis=1)
    if not _is_times(frame.columns):
        frame = frame.set_axis(with_times(frame.index))
        if _is_times(frame.index) or (_is_numbered(frame) and _is_named(frame.columns)):
            frame = frame.T
    return _of_rows(frame)


def _of_rows(frame: pd.DataFrame) -> Signals:
    """One row a series."""
    is_clock = _is_times(frame.columns)
    if is_clock and frame.columns.hasnans:
        raise SignalError("expected a time of every window, got NaT")
    if is_clock or pd.api.types.is_numeric_dtype(frame.columns.dtype):
        frame = frame.sort_index(axis="columns")
    windows = _times(frame.columns) if is_clock else frame.columns
    return Signals(_numbers(_to_numpy(frame)), frame.index, keys_of(frame.index), windows)


def keys_of(index: pd.Index[Any]) -> pd.DataFrame | None:
    """Return service, metric and subject of series, None where their names tell none of them."""
    if not {*index.names} & {*_KEYS}:
        return None
    told = {
        name: index.get_level_values(name).astype(str) if name in index.names else ""
        for name in _KEYS
    }
    return pd.DataFrame(told, index=range(len(index)))


def _is_long(frame: pd.DataFrame) -> bool:
    """Tell whether a frame has one row a value, by its columns."""
    names = set() if isinstance(frame.columns, pd.MultiIndex) else {*frame.columns}
    return "value" in names and bool(names & {"series", *_KEYS, *_CLOCKS})


def _of_long(frame: pd.DataFrame) -> Signals:
    """One row a series and window, as stores and readers of series give them."""
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise SignalError(f"expected columns that differ, got {twice!r} twice")
    if frame.empty:
        raise SignalError(f"expected rows, got none (columns {', '.join(map(str, frame))})")
    names = [name for name in ("series", "subject") if name in frame.columns][:1]
    if not names:
        told = f"expected a column series or subject beside value, got {[*frame]}; {_FROM_FILE}"
        raise SignalError(told)
    others = [name for name in ("metric", "service", "unit", "host") if name in frame.columns]
    frame = frame.assign(**{name: _texts(frame[name]) for name in others})
    frame = frame.assign(**{names[0]: _named(frame, names[0])})
    for name in others:  # only what tells more series apart
        if len(frame[[*names, name]].drop_duplicates()) > len(frame[names].drop_duplicates()):
            names.append(name)
    frame, order = _in_order(frame)
    frame = frame.assign(window_=frame.groupby(order, sort=False, dropna=False).ngroup())
    if frame.duplicated([*names, "window_"]).any():
        raise SignalError(f"expected one value a series and {' and '.join(order)}, got several")
    wide = frame.pivot(index=names, columns="window_", values="value")
    first = frame.drop_duplicates(names).set_index(names).loc[wide.index].reset_index()
    keys = pd.DataFrame(
        {name: first[name].astype(str) if name in frame else "" for name in _KEYS},
        index=first.index,
    )
    if "unit" in first:
        keys["unit"] = first["unit"]
    ids = pd.Index([_joined(key) for key in wide.index], dtype=object)
    if "subject" not in frame:
        keys["subject"] = ids
    begins = frame.drop_duplicates("window_")
    windows = pd.Index(begins[order[0]])
    versions = tuple(begins["version"].astype(str)) if "version" in order[1:] else ()
    clock = _times(windows) if _is_times(windows) else windows
    return Signals(_numbers(_to_numpy(wide)), ids, keys, clock, versions)


def _in_order(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return rows by their windows, and the columns that tell windows apart, the first of them a
    clock where there is one. Texts that are no times stand in order of appearance.
    """
    told = [name for name in _CLOCKS if name in frame.columns]
    if not told:
        raise SignalError(f"expected a column at (time) or window beside value, got {[*frame]}")
    clocks = {name: frame[name] for name in told}
    order = [name for name in told if clocks[name].notna().all() and (clocks[name] != "").any()]
    if not order:
        known = max(told, key=lambda name: int(clocks[name].notna().sum()))
        row = int(np.argmax(clocks[known].isna().to_numpy()))
        raise SignalError(f"expected {known} in every row, got none in row {row}")
    first = order[0]
    clock = with_times(pd.Index(clocks[first].astype(object)).infer_objects())
    if first in {"at", "time"} and pd.api.types.infer_dtype(clock) == "string":
        raise SignalError(
            f"{first}: expected times, such as 2026-01-31T12:00, got {clock[0]!r}; "
            "pandas.to_datetime reads others"
        )
    if first == "window" and not _is_times(clock):
        numbers = pd.to_numeric(pd.Series(clock), errors="coerce")
        clock = clock if numbers.isna().any() else pd.Index(numbers)
    frame = frame.assign(**{first: clock})
    is_sorted = _is_times(clock) or pd.api.types.is_numeric_dtype(clock.dtype)
    return (frame.sort_values(first, kind="stable") if is_sorted else frame), order


def _texts(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return names as texts, empty for none."""
    return names.astype(object).where(names.notna(), "").astype(str)


def _named(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return what each row's series is called; by its metric where the name is empty."""
    names = frame[name].astype(object)
    is_empty = names.isna() | (names == "")
    return names.where(~is_empty, frame.get("metric", "value"))


def _to_numpy(frame: pd.DataFrame) -> npt.NDArray[Any]:
    """Return values as numbers, NaN where there are none."""
    if all(pd.api.types.is_float_dtype(kind) for kind in frame.dtypes):
        return frame.to_numpy(na_value=np.nan)
    if any(pd.api.types.is_complex_dtype(kind) for kind in frame.dtypes):
        raise SignalError(_COMPLEX)
    try:
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise SignalError(f"expected numbers: {error}; {_FROM_FILE}") from error


def _joined(key: Hashable) -> str:
    return " ".join(str(p) for p in key if p != "") if isinstance(key, tuple) else str(key)


def with_times(index: pd.Index[Any]) -> pd.Index[Any]:
    """Return times for what stands for them: periods, dates, and texts of ISO 8601."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    kind = pd.api.types.infer_dtype(index, skipna=False) if len(index) else ""
    is_text = kind == "string" and all(_TIME.match(text) for text in index)
    if kind not in {"date", "datetime"} and not is_text:
        return index
    times = pd.to_datetime(pd.Series(index), format="ISO8601" if is_text else None, utc=True,
                           errors="coerce")  # fmt: skip
    return index if times.isna().any() else pd.DatetimeIndex(times, name=index.name)


def _is_times(index: pd.Index[Any]) -> bool:
    return pd.api.types.is_datetime64_any_dtype(index.dtype)


def _is_numbered(frame: pd.DataFrame) -> bool:
    """Tell whether rows are windows by their numbers; what is not whole may be a name."""
    if pd.api.types.is_float_dtype(frame.index.dtype):
        return frame.index.is_monotonic_increasing and len(frame) > len(frame.columns)
    return pd.api.types.is_integer_dtype(frame.index.dtype)


def _is_named(index: pd.Index[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(index.dtype) and not _is_times(index)


def _times(at: Any) -> pd.DatetimeIndex | None:
    times = pd.DatetimeIndex(pd.to_datetime(at, utc=True))
    return None if times.hasnans else times


def _numbers(values: npt.NDArray[Any]) -> FloatArray:
    """Return rows of float32 or float64, each contiguous; the input itself where it is that."""
    if values.ndim != 2:
        raise SignalError(f"expected series (n_series, n_windows), got shape {values.shape}")
    if values.dtype.kind == "c":
        raise SignalError(_COMPLEX)
    if values.dtype.kind in "mM":
        raise SignalError(f"expected numbers, got times ({values.dtype})")
    if values.dtype not in (np.float32, np.float64):
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise SignalError(f"expected numbers, got {values.dtype}: {error}") from error
    return np.ascontiguousarray(values)


def check_finite(signals: Signals, rows: npt.NDArray[np.int64]) -> None:
    """Raise SignalError where one of the rows holds an infinite value."""
    for row in rows:
        wrong = np.flatnonzero(np.isinf(signals.values[row]))
        if len(wrong):
            raise SignalError(
                f"series {signals.ids[row]}: expected finite values, or NaN for none, got "
                f"{signals.values[row, wrong[0]]} at index {wrong[0]}"
            )
