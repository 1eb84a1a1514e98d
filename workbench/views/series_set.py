"""Many series over the same windows as data: values, names, clock, change points, events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import SignalError
from workbench.types.arrays import FloatArray
from workbench.views.words import counted

Bounds = tuple[Any, Any]

SIDE_SHARE = 0.1
"""Of the windows: so many at each end tell how a series without change points moved."""


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """A change point of one series."""

    row: int
    index: int
    """First window of the new level."""
    low: int
    high: int
    """The window where it begins lies between these, both included."""
    before: float
    after: float
    """Levels, in the unit of the series."""
    is_worse: bool
    kind: str = "step"
    """`step` or `drift`."""

    @property
    def ratio(self) -> float:
        """Change of level as a fraction of the size of that before."""
        delta = self.after - self.before
        return delta / abs(self.before) if self.before else float(np.sign(delta) * np.inf)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that took effect at a window and could be a cause."""

    position: float
    """In windows; 2.5 is in the middle of the third."""
    title: str
    kind: str = "change"
    """`deploy`, `commit`, `flag`, …"""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SeriesSet:
    """Many series over the same windows, with what is known of them."""

    values: FloatArray
    """(n_series, n_windows), oldest first; NaN where there is none."""
    ids: pd.Index[Any]
    """(n_series,) as they were handed in: names, tuples, or numbers of rows."""
    names: tuple[str, ...]
    """(n_series,) as they are shown."""
    windows: pd.Index[Any]
    """(n_windows,) times in UTC, or numbers or texts."""
    units: tuple[str, ...]
    """(n_series,) `seconds`, `bytes`, `share`, …; empty where it is not known."""
    changes: tuple[SeriesChange, ...] = ()
    events: tuple[Event, ...] = ()
    title: str = "series"
    lower_is_worse: bool = False

    def __repr__(self) -> str:
        """Return how large it is."""
        n_changes = f", {counted(len(self.changes), 'change point')}" if self.changes else ""
        windows = counted(self.n_windows, "window")
        return f"SeriesSet({self.n_series:,} series of {windows}{n_changes})"

    @property
    def n_series(self) -> int:
        """Number of series."""
        return int(self.values.shape[0])

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return int(self.values.shape[1])

    @property
    def times(self) -> pd.DatetimeIndex | None:
        """Starts of the windows in UTC; None where there is no clock."""
        return self.windows if isinstance(self.windows, pd.DatetimeIndex) else None

    def main_changes(self) -> dict[int, SeriesChange]:
        """Return of each row that has change points the one that changed it most."""
        main: dict[int, SeriesChange] = {}
        for change in self.changes:
            seen = main.get(change.row)
            if seen is None or abs(change.ratio) > abs(seen.ratio):
                main[change.row] = change
        return main

    def medians(self) -> FloatArray:
        """Return the median of each series, (n_series,); NaN where it has no value."""
        return _row_medians(self.values)

    def ratios(self) -> FloatArray:
        """Return how much each series changed, (n_series,), as a fraction.

        By its main change point; where it has none, from the median of the first tenth of the
        windows to that of the last.
        """
        ratios = _moved(self.values)
        for row, change in self.main_changes().items():
            ratios[row] = change.ratio
        return ratios

    def bounds(self, start: int, end: int) -> Bounds:
        """Return when windows from `start` up to, not including, `end` begin and are over.

        Times where there is a clock, which `Store.profile` takes; else the two indices. What
        follows the last window begins after as long as windows usually last.
        """
        times = self.times
        if times is None:
            return start, end
        if end < len(times):
            return times[start], times[end]
        steps = np.diff(times.as_unit("ns").asi8)
        usual = int(np.median(steps)) if len(steps) else 1_000_000_000
        return times[start], times[-1] + pd.Timedelta(max(usual, 1), unit="ns")

    def part(self, start: int, end: int, rows: Sequence[int] | None = None) -> pd.DataFrame:
        """Return the values within some windows, one row a series; columns are the windows."""
        picked = self.values if rows is None else self.values[np.asarray(rows, np.int64)]
        ids = self.ids if rows is None else self.ids.take(np.asarray(rows, np.int64))
        return pd.DataFrame(picked[:, start:end], index=ids, columns=self.windows[start:end])

    def check_rows(self, rows: Sequence[int]) -> None:
        """Raise SignalError where one of the rows is not there."""
        wrong = [row for row in rows if not 0 <= row < self.n_series]
        if wrong:
            raise SignalError(f"expected rows from 0 to {self.n_series - 1}, got {wrong[0]}")

    def rows_of(self, names: Sequence[Any]) -> list[int]:
        """Return the row of each name or id; SignalError where there is none."""
        known = {name: row for row, name in reversed([*enumerate(self.names)])}
        known |= {key: row for row, key in reversed([*enumerate(self.ids)])}
        wrong = [name for name in names if name not in known]
        if wrong:
            example = f", such as {self.names[0]!r}" if self.names else ""
            raise SignalError(f"expected names of series{example}, got {wrong[0]!r}")
        return [known[name] for name in names]

    def table(self, rows: Sequence[int]) -> pd.DataFrame:
        """Return one row a series.

        Returns
        -------
        pandas.DataFrame
            Indexed as the series were. `row`, `name`, `unit`; `median` and `last` value; and of
            the main change point `change_index` (first window of the new level; NA where there is
            none) with `_low` and `_high`, `at` (that window's time or name), `before`, `after`
            (levels), `is_worse`; `change_ratio` (as of `ratios`). Values are in the series' unit.
        """
        self.check_rows(rows)
        main = self.main_changes()
        picked = np.asarray(rows, np.int64)
        some = self.values[picked]
        told = [self._row(row, main.get(row)) for row in rows]
        frame = pd.DataFrame(told, columns=_COLUMNS, index=self.ids.take(picked))
        frame["median"], frame["last"] = _row_medians(some), _last(some)
        moved = _moved(some)
        frame["change_ratio"] = [
            main[row].ratio if row in main else moved[at] for at, row in enumerate(rows)
        ]
        kinds = dict.fromkeys(("change_index", "change_index_low", "change_index_high"), "Int64")
        return frame.astype({**kinds, "row": "int64", "before": "float64", "after": "float64"})

    def _row(self, row: int, change: SeriesChange | None) -> dict[str, Any]:
        told: dict[str, Any] = {"row": row, "name": self.names[row], "unit": self.units[row]}
        if change is not None:
            told |= {
                "change_index": change.index, "change_index_low": change.low,
                "change_index_high": change.high, "at": self.windows[change.index],
                "before": change.before, "after": change.after, "is_worse": change.is_worse,
            }  # fmt: skip
        return told


_COLUMNS = [
    *("row", "name", "unit", "median", "last", "change_index", "change_index_low"),
    *("change_index_high", "at", "before", "after", "is_worse", "change_ratio"),
]


def _row_medians(values: FloatArray) -> FloatArray:
    """Return the median of each row, (n,); NaN where it has no value."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)  # NaN stand last
    n = np.sum(~np.isnan(values), axis=1)
    rows, most = np.arange(len(values)), values.shape[1] - 1
    low = ordered[rows, np.maximum(n - 1, 0) // 2]
    high = ordered[rows, np.minimum(n // 2, most)]
    return np.asarray(np.where(n % 2 == 1, low, (low + high) / 2), np.float64)


def _moved(values: FloatArray) -> FloatArray:
    """Return how the end of each row differs from its begin, as a fraction, (n,)."""
    n = max(int(np.ceil(SIDE_SHARE * values.shape[1])), 1)
    before, after = _row_medians(values[:, :n]), _row_medians(values[:, -n:])
    delta = after - before
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(delta == 0, 0.0, delta / np.abs(before)), np.float64)


def _last(values: FloatArray) -> npt.NDArray[np.float64]:
    """Return the last value that there is of each row, (n,)."""
    is_there = ~np.isnan(values)
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    place = values.shape[1] - 1 - np.argmax(is_there[:, ::-1], axis=1)
    return np.asarray(values[np.arange(len(values)), place], np.float64)
