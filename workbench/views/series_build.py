"""What users hand in as series, detections and changes -> one `SeriesSet`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import SignalError
from workbench.types import (
    Change,
    Detection,
    FloatArray,
    Regression,
    SeriesMatrix,
    Signals,
    read_signals,
)
from workbench.types.signals import check_finite
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
    series : SeriesMatrix, pandas.DataFrame, mapping of str to array, or array
        As `types.read_signals` takes them; NaN where there is no value.
    detection : Detection, optional
        Its regressions and improvements are the change points.
    changes : sequence of Change, or pandas.DataFrame, optional
        A frame has `title` and `at` (time) or `window` (index), and may have `kind`.
    unit : str or mapping of str to str, optional
        Of the values, or of each metric's. Default: what the series tell, or that of the metrics
        `gcpu` and `cost`.
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
    if detection is not None and not isinstance(detection, Detection):
        raise SignalError(f"detection: expected what `detect` returns, got {detection!r:.80}")
    signals = read_signals(series)
    metrics = _metrics(signals)
    ids = series.to_pandas().index if isinstance(series, SeriesMatrix) else signals.ids
    names = tuple(_names(ids, metrics))
    windows = pd.RangeIndex(signals.n_windows) if signals.windows is None else signals.windows
    events = [*_deploys(signals.versions), *_events(changes, windows)]
    bare = SeriesSet(
        values=_values(signals), ids=ids, names=names, windows=windows, title=title,
        units=_units(signals, metrics, unit), lower_is_worse=lower_is_worse,
        events=tuple(sorted(events, key=lambda event: event.position)),
    )  # fmt: skip
    return bare if detection is None else _with_changes(bare, detection)


def _values(signals: Signals) -> FloatArray:
    values = signals.values.astype(np.float64)
    check_finite(signals, np.flatnonzero(np.isinf(values).any(axis=1)))
    largest = float(np.abs(values[~np.isnan(values)]).max(initial=0.0))
    check_size(largest, "float32", "series", SignalError)
    return values


def _metrics(signals: Signals) -> list[str]:
    """Return what each series is a series of, (n_series,)."""
    return [*map(str, signals.metrics(np.arange(len(signals.values))))]


def _units(signals: Signals, metrics: list[str], unit: str | Mapping[str, str]) -> tuple[str, ...]:
    """Return the unit of each series; what the user says goes before what the series tell."""
    units = units_of(metrics, unit)
    if signals.keys is None or "unit" not in signals.keys:
        return tuple(units)
    asked = (lambda _: bool(unit)) if isinstance(unit, str) else unit.__contains__
    return tuple(
        known if asked(metric) else own or known
        for metric, known, own in zip(metrics, units, signals.keys["unit"], strict=True)
    )


def _names(index: pd.Index[Any], metrics: list[str]) -> list[str]:
    """Return what each series is called; the metric is named only where it tells series apart."""
    if isinstance(index, pd.MultiIndex):
        if len({*metrics}) == 1 and "metric" in index.names and index.nlevels > 1:
            index = index.droplevel("metric")
        if isinstance(index, pd.MultiIndex):
            return [" ".join(str(part) for part in key) for key in index]
    return [str(name) for name in index]


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


def rows_of(shown: SeriesSet, regressions: Sequence[Regression]) -> list[int | None]:
    """Return the row of the series that each is of, by what a detection may call it; or None."""
    known: dict[Hashable, list[int]] = defaultdict(list)
    for row, (key, name) in enumerate(zip(shown.ids, shown.names, strict=True)):
        for one in {key, name}:
            known[one].append(row)

    def row_of(one: Regression) -> int | None:
        names: tuple[Hashable, ...] = (one.series, (one.subject, one.metric), one.subject)
        alike = next((known[name] for name in names if name in known), [])
        return min(alike, key=partial(_distance, shown, one), default=None)

    return [*map(row_of, regressions)]


def _distance(shown: SeriesSet, one: Regression, row: int) -> float:
    """Return how far the levels of a series are from those of a regression: of several that are
    called the same, the nearest is meant.
    """
    sides = np.split(shown.values[row], [max(one.change_index, 0)])
    levels = [np.nanmedian(side) if np.isfinite(side).any() else np.inf for side in sides]
    return float(abs(levels[0] - one.before) + abs(levels[1] - one.after))


def _with_changes(bare: SeriesSet, detection: Detection) -> SeriesSet:
    told = [*detection.found, *detection.gains]
    n_worse = len(detection.found)
    changes = [
        _change(row, one, at < n_worse, bare.n_windows)
        for at, (one, row) in enumerate(zip(told, rows_of(bare, told), strict=True))
        if row is not None
    ]
    if told and not changes:
        example = f", such as {bare.names[0]!r}" if bare.names else ""
        raise SignalError(
            f"expected a detection of these series{example}, got one of {told[0].series!r}"
        )
    return SeriesSet(
        **{name: getattr(bare, name) for name in bare.__slots__ if name != "changes"},
        changes=tuple(changes),
    )


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
