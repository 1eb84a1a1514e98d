"""Series with gaps: those that have values in the same windows are judged together, on these.

A long gap bridged by a line would be taken for a quiet time, and a clock that others share for
theirs. A few missing windows are bridged.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from workbench.detect.stages.localise import Candidate
from workbench.errors import SignalError
from workbench.types import FloatArray, IntArray
from workbench.types.signals import Signals, check_finite

_BRIDGED = 0.05
"""Part of the windows that a series may lack and still be judged with the others."""
_FEWEST = 10
"""Values without which there is nothing to be seen."""
_LARGEST = 1e100
"""Of values, which are squared, and squared again."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Series that have values in the same windows, without the others."""

    signals: Signals
    rows: IntArray
    """(n_series,) of each in the whole."""
    windows: IntArray
    """(n_windows,) of each in the whole."""
    is_whole: bool

    @classmethod
    def of_all(cls, signals: Signals) -> View:
        """Return all series with all windows."""
        rows, windows = np.arange(len(signals.values)), np.arange(signals.n_windows)
        return cls(signals, rows, windows, True)

    def out(self, c: Candidate) -> Candidate:
        """Return a candidate as it is in the whole."""
        if self.is_whole and len(self.rows) == int(self.rows[-1]) + 1:
            return c
        last = len(self.windows) - 1
        index, high, start = (
            int(self.windows[min(place, last)]) for place in (c.index, c.high, c.start)
        )
        low = int(self.windows[c.low - 1]) + 1 if c.low else start  # it may have been in a gap
        end = int(self.windows[c.end - 1]) + 1
        return replace(
            c, row=int(self.rows[c.row]), index=index, low=low, high=high, start=start, end=end
        )


def _check_sizes(signals: Signals, sums: FloatArray) -> None:
    """Raise SignalError where the squares of values are too large, or too small, for a float."""
    sizes = np.abs(sums)
    wrong = np.flatnonzero((sizes > _LARGEST) | ((sizes > 0) & (sizes < 1 / _LARGEST)))
    if len(wrong):
        raise SignalError(
            f"series {signals.ids[wrong[0]]}: expected values from {1 / _LARGEST:g} to "
            f"{_LARGEST:g}, got some that add up to {sums[wrong[0]]:g}: use another unit"
        )


def split_views(signals: Signals) -> list[View]:
    """Return the series by the windows in which they have values, those with most series first.

    Series with fewer than ten values are in none. SignalError where a value is infinite.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        sums = signals.values.sum(axis=1, dtype=np.float64)
    odd = np.flatnonzero(~np.isfinite(sums))
    check_finite(signals, odd)
    _check_sizes(signals, sums)
    if signals.n_windows < _FEWEST or not len(signals.values):
        return []
    known = ~np.isnan(signals.values[odd])
    few = known.mean(axis=1) < 1 - _BRIDGED
    by_pattern = defaultdict(list)
    for row, is_known in zip(odd[few], known[few], strict=True):
        if is_known.sum() >= _FEWEST:
            by_pattern[is_known.tobytes()].append(int(row))
    views = []
    if len(odd[few]) < len(signals.values):
        rows = np.setdiff1d(np.arange(len(signals.values)), odd[few])
        views.append(_view(signals, rows, np.arange(signals.n_windows)))
    for pattern, alike in by_pattern.items():
        windows = np.flatnonzero(np.frombuffer(pattern, np.bool_))
        views.append(_view(signals, np.array(alike), windows))
    return sorted(views, key=lambda view: -len(view.rows))


def _view(signals: Signals, rows: IntArray, windows: IntArray) -> View:
    is_whole = len(windows) == signals.n_windows
    if is_whole and len(rows) == len(signals.values):
        return View.of_all(signals)
    values = signals.values[rows] if is_whole else signals.values[np.ix_(rows, windows)]
    part = Signals(
        np.ascontiguousarray(values), signals.ids[rows],
        None if signals.keys is None else signals.keys.iloc[rows].reset_index(drop=True),
        None if signals.times is None else signals.times[windows],
    )  # fmt: skip
    return View(part, rows, windows, is_whole)
