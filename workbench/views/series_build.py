"""What users hand in as series, detections and changes -> one `SeriesSet`."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import SignalError
from workbench.types import Change, Detection, FloatArray, Regression, SeriesMatrix
from workbench.views.columns import check_size
from workbench.views.metrics import units_of
from workbench.views.series_set import Event, SeriesChange, SeriesSet

MOST_EVENTS = 100_000

Changes = Iterable[Change] | pd.DataFrame


def series_set_of(
    series: Any,
    *,
    detection: Detection | None = None,
    changes: Changes = (),
    unit: str | Mapping[str, str] = "",
    title: str = "series",
    lower_is_worse: bool = False,
) -> SeriesSet:
    """Return series of any shape as one set.

    Parameters
    ----------
    series : pandas.DataFrame, SeriesMatrix, mapping of str to array, or array
        A frame has one row a series, indexed by name or by (subject, metric); columns are windows.
        A frame whose rows are times, and whose columns are not, is turned. Arrays have the shape
        (n_windows,) or (n_series, n_windows). NaN where there is no value.
    detection : Detection, optional
        Its regressions and improvements are the change points.
    changes : sequence of Change, or pandas.DataFrame, optional
        A frame has `title` and `at` (time) or `window` (index), and may have `kind`.
    unit : str or mapping of str to str, optional
        Of the values, or of each metric's. Default: that of the metrics `gcpu` and `cost`.
    title : str
        What they are, in two or three words.
    lower_is_worse : bool
        Whether a fall is what nobody wants. A detection has judged its changes already.

    Raises
    ------
    SignalError
        What is none of these, or has values that are no numbers, or infinite ones; changes that no
        window can be told of; a detection of other series.
    """
    if isinstance(series, SeriesSet):
        return series
    frame, versions = _frame(series)
    values = _values(frame)
    metrics = _metrics(frame.index)
    names = tuple(_names(frame.index, metrics))
    windows = _windows(frame.columns)
    events = [*_deploys(versions), *_events(changes, windows)]
    bare = SeriesSet(
        values=values, ids=frame.index, names=names, windows=windows, title=title,
        units=tuple(units_of(metrics, unit)), lower_is_worse=lower_is_worse,
        events=tuple(sorted(events, key=lambda event: event.position)),
    )  # fmt: skip
    return bare if detection is None else _with_changes(bare, detection)


def _frame(series: Any) -> tuple[pd.DataFrame, Sequence[str]]:
    """Return one row a series, windows in order, and the version of each window where known."""
    if isinstance(series, SeriesMatrix):
        frame = series.to_pandas()
        if "at" in series.windows:
            frame.columns = pd.DatetimeIndex(pd.to_datetime(series.windows["at"], utc=True))
        told = series.windows.get("version", ())
        return frame, [str(version) for version in told]
    if isinstance(series, pd.Series):
        series = series.to_frame(series.name if series.name is not None else "series").T
    if isinstance(series, pd.DataFrame):
        is_turned = isinstance(series.index, pd.DatetimeIndex) and not isinstance(
            series.columns, pd.DatetimeIndex
        )
        frame = series.T if is_turned else series
        is_clock = isinstance(frame.columns, pd.DatetimeIndex)
        return frame.sort_index(axis="columns") if is_clock else frame, ()
    return _frame_of_arrays(series), ()


def _frame_of_arrays(series: Any) -> pd.DataFrame:
    if isinstance(series, Mapping):
        rows = [np.ravel(np.asarray(row)) for row in series.values()]
        sizes = sorted({len(row) for row in rows})
        if len(sizes) > 1:
            raise SignalError(f"expected series of one length, got {sizes[0]} and {sizes[-1]}")
        array = np.stack(rows) if rows else np.zeros((0, 0))
        return pd.DataFrame(array, index=pd.Index([*series.keys()], dtype=object))
    try:
        array = np.asarray(series)
    except ValueError as error:
        raise SignalError(f"expected series of numbers, all as long: {error}") from error
    if array.ndim not in {1, 2}:
        seen = f"shape {array.shape}" if array.ndim else repr(series)
        raise SignalError(f"expected series (n_series, n_windows), got {seen}")
    return pd.DataFrame(np.atleast_2d(array))


def _values(frame: pd.DataFrame) -> FloatArray:
    if any(kind.kind == "c" for kind in frame.dtypes if isinstance(kind, np.dtype)):
        raise SignalError("expected real numbers, got complex ones: hand in their size, or a part")
    try:
        values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise SignalError(f"expected one row a series, all numbers: {error}") from error
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    check_size(largest, "float32", "series", SignalError)
    if np.isinf(values).any():
        row, column = np.argwhere(np.isinf(values))[0]
        raise SignalError(
            f"series {frame.index[row]}: expected finite values, or NaN for none, got "
            f"{values[row, column]} at index {column}"
        )
    return values


def _metrics(index: pd.Index[Any]) -> list[str]:
    if "metric" in index.names:
        return [str(metric) for metric in index.get_level_values("metric")]
    return [""] * len(index)


def _names(index: pd.Index[Any], metrics: list[str]) -> list[str]:
    """Return what each series is called; the metric is named only where it tells series apart."""
    if isinstance(index, pd.MultiIndex):
        if len({*metrics}) == 1 and "metric" in index.names and index.nlevels > 1:
            index = index.droplevel("metric")
        if isinstance(index, pd.MultiIndex):
            return [" ".join(str(part) for part in key) for key in index]
    return [str(name) for name in index]


def _windows(columns: pd.Index[Any]) -> pd.Index[Any]:
    if isinstance(columns, pd.PeriodIndex):
        columns = columns.to_timestamp()
    if not isinstance(columns, pd.DatetimeIndex):
        return columns
    if columns.hasnans:
        raise SignalError("expected a time of every window, got NaT")
    return columns.tz_localize("UTC") if columns.tz is None else columns.tz_convert("UTC")


def _deploys(versions: Sequence[str]) -> list[Event]:
    pairs = enumerate(pairwise(versions), 1)
    return [
        Event(float(at), f"{before} → {after}" if before else after, "deploy")
        for at, (before, after) in pairs
        if after != before and after
    ]


def _events(changes: Changes, windows: pd.Index[Any]) -> list[Event]:
    """Return what happened within the windows."""
    rows = _change_rows(changes)
    if len(rows) > MOST_EVENTS:
        raise SignalError(f"expected at most {MOST_EVENTS:,} changes, got {len(rows):,}")
    found = [
        (_position(at, window, windows, title), title, kind) for at, window, title, kind in rows
    ]
    return [
        Event(position, title, kind)
        for position, title, kind in found
        if 0 <= position <= len(windows)
    ]


def _change_rows(changes: Changes) -> list[tuple[Any, Any, str, str]]:
    """Return time, window, title and kind of each change."""
    if not isinstance(changes, pd.DataFrame):
        wrong = [change for change in changes if not isinstance(change, Change)]
        if wrong:
            raise SignalError(f"expected changes as Change or a DataFrame, got {wrong[0]!r}")
        return [(change.at, change.window, change.title, change.kind) for change in changes]
    if "title" not in changes or not {"at", "window"} & {*changes.columns}:
        raise SignalError(f"expected columns title, and at or window, got {[*changes.columns]}")
    n = len(changes)
    told = {name: changes.get(name, pd.Series([None] * n)) for name in ("at", "window")}
    kinds = changes.get("kind", pd.Series(["change"] * n))
    return [
        (at, window, str(title), str(kind))
        for at, window, title, kind in zip(
            told["at"], told["window"], changes["title"], kinds, strict=True
        )
    ]


def _position(at: Any, window: Any, windows: pd.Index[Any], title: str) -> float:
    """Return where a change took effect, in windows; below 0 or beyond the last: outside."""
    if window is not None and not pd.isna(window):
        try:
            return float(window)
        except (TypeError, ValueError):
            seen = f"change {title!r}: expected the number of a window, got {window!r}"
            raise SignalError(seen) from None
    if not isinstance(windows, pd.DatetimeIndex) or at is None or pd.isna(at):
        raise SignalError(f"change {title!r}: expected window=, or times of windows and at=")
    try:
        time = pd.Timestamp(at)
    except (TypeError, ValueError):
        raise SignalError(f"change {title!r}: expected a time, got {at!r}") from None
    time = time.tz_localize("UTC") if time.tz is None else time.tz_convert("UTC")
    starts = windows.as_unit("ns").asi8
    usual = float(np.median(np.diff(starts))) if len(starts) > 1 else 1e9
    if not len(starts) or not starts[0] <= time.value < starts[-1] + usual:
        return -1.0
    edges: npt.NDArray[np.float64] = np.append(starts - starts[0], starts[-1] - starts[0] + usual)
    return float(np.interp(time.value - starts[0], edges, np.arange(len(edges))))


def _with_changes(bare: SeriesSet, detection: Detection) -> SeriesSet:
    known = _known(bare)
    told = [(one, True) for one in detection.found] + [(one, False) for one in detection.gains]
    changes = [
        _change(known[key], one, is_worse, bare.n_windows)
        for one, is_worse in told
        if (key := _key(one, known)) is not None
    ]
    if told and not changes:
        example = f", such as {bare.names[0]!r}" if bare.names else ""
        raise SignalError(
            f"expected a detection of these series{example}, got one of {told[0][0].series!r}"
        )
    return SeriesSet(
        **{name: getattr(bare, name) for name in bare.__slots__ if name != "changes"},
        changes=tuple(changes),
    )


def _known(bare: SeriesSet) -> dict[Hashable, int]:
    """Return the row of each series by all that a detection may call it."""
    known: dict[Hashable, int] = {}
    for row, (key, name) in enumerate(zip(bare.ids, bare.names, strict=True)):
        for one in (key, name):
            known.setdefault(one, row)
    return known


def _key(one: Regression, known: Mapping[Hashable, int]) -> Hashable | None:
    """Return by which of its names a series is known."""
    keys: tuple[Hashable, ...] = (one.series, (one.subject, one.metric), one.subject)
    return next((key for key in keys if key in known), None)


def _change(row: int, one: Regression, is_worse: bool, n_windows: int) -> SeriesChange:
    if not 0 <= one.change_index < n_windows:
        raise SignalError(
            f"{one.subject or one.series}: expected a change within {n_windows} windows, "
            f"got one at {one.change_index}"
        )
    low, high = max(one.change_index_low, 0), min(one.change_index_high, n_windows - 1)
    return SeriesChange(
        row, one.change_index, min(low, one.change_index), max(high, one.change_index),
        one.before, one.after, is_worse, one.kind,
    )  # fmt: skip
