"""Detection as windows arrive: each regression once, and the answer that the batch would give."""

from __future__ import annotations

import io
import json
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.detect.config import DetectConfig
from workbench.detect.funnel import detect
from workbench.detect.noise.background import Background, find_background
from workbench.detect.noise.calibrate import Prior
from workbench.detect.noise.design import Design, Layout
from workbench.errors import SignalError
from workbench.types import Detection, FloatArray, IntArray, Regression
from workbench.types.signals import Signals, read_signals, with_times

_STATE = 1
_LOOKS = 4.0
"""Looks that see as much new noise as one at windows never seen before (by simulation)."""


@dataclass(frozen=True, slots=True)
class _Reported:
    """A change that was reported; windows are counted from the first that the detector saw."""

    row: int
    low: int
    high: int
    sign: int


class Detector:
    """Watches series as windows arrive.

    It keeps as many of the latest windows as it began with, and judges them whenever a block of
    new ones is complete; so a new point costs the same however many came before. The budget of
    false alerts is that of all looks together while the windows are replaced once; each look has a
    part of it, so that what is hardly beyond chance is in `detection` and not reported.

    Parameters
    ----------
    series : SeriesMatrix, DataFrame or array
        History, as `detect` takes it.
    config : DetectConfig, optional
        What counts as a regression.
    background : Background, optional
        What series of this kind have in common. Default: found in the history, and again each time
        all of its windows have been replaced.
    """

    def __init__(
        self, series: Any, *, config: DetectConfig | None = None,
        background: Background | None = None,
    ) -> None:  # fmt: skip
        signals = read_signals(series)
        self.config = config or DetectConfig()
        self._keeps_background = background is not None
        self.background = background or find_background(signals)
        self._ids, self._keys = signals.ids, signals.keys
        if not self._ids.is_unique:
            twice = self._ids[self._ids.duplicated()][0]
            raise SignalError(f"expected series of different names, got {twice} twice")
        self._times = signals.times
        self._n = signals.n_windows
        self._buffer = np.empty((len(signals.values), 2 * self._n), signals.values.dtype)
        self._buffer[:, : self._n] = signals.values
        self._end = self._n
        self.n_seen = self._n
        """Windows seen, history included."""
        self._n_judged = self._n_background = self._n
        self._reported: list[_Reported] = []
        self._detection: Detection | None = None
        self.first = self._new_among(self.detection)
        """What was in the history already."""

    @property
    def detection(self) -> Detection:
        """What `detect` says of the windows kept; their indices begin with the oldest."""
        if self._detection is None:
            self._detection = self._detect(self.config)
        return self._detection

    @property
    def values(self) -> FloatArray:
        """(n_series, n_windows) the windows kept, oldest first."""
        return self._buffer[:, self._end - self._n : self._end]

    def update(
        self, points: npt.ArrayLike, times: Sequence[Any] | pd.DatetimeIndex | None = None
    ) -> tuple[Regression, ...]:
        """Take new windows in; return the regressions and improvements not reported before.

        Parameters
        ----------
        points : array_like
            (n_series,) or (n_series, n_new), in the order of the history; NaN for none. A table
            or Series that names the series may have them in any order, a table also by column.
        times : sequence of times, optional
            Of the new windows, in order. Default: the clock of the history goes on.

        Returns
        -------
        tuple of Regression
            Change indices are counted from the first window of the history, and stay: the same
            change is not reported again. Empty until a block of windows is complete.

        Raises
        ------
        SignalError
            Where the shape is another, or a value is infinite; nothing was taken in then.
        """
        points, times = self._in_order(points, times)
        try:
            new = np.asarray(points, dtype=self._buffer.dtype)
        except (TypeError, ValueError) as error:
            raise SignalError(f"expected points as numbers: {error}") from error
        if new.ndim == 1:
            new = new[:, np.newaxis]
        if new.ndim != 2 or len(new) != len(self._buffer):
            raise SignalError(
                f"expected points of {len(self._buffer)} series, got an array of shape {new.shape}"
            )
        if np.isinf(new).any():
            row, column = np.argwhere(np.isinf(new))[0]
            raise SignalError(
                f"series {self._ids[row]}: expected finite values, or NaN for none, got "
                f"{new[row, column]} at new window {column}"
            )
        if not new.shape[1]:
            return ()
        new_times = self._new_times(new.shape[1], times)
        found: list[Regression] = []
        block = self.background.design.layout.block
        for start in range(0, new.shape[1], block):  # no window is judged later than alone
            part = slice(start, min(start + block, new.shape[1]))
            self._append(new[:, part], None if new_times is None else new_times[part])
            if self.n_seen - self._n_judged >= block:
                found += self._judge()
        return tuple(found)

    def _in_order(self, points: Any, times: Any) -> tuple[Any, Any]:
        """Return points with series in the order of the history, where they have names; and times,
        where a table has them.
        """
        if not isinstance(points, (pd.Series, pd.DataFrame)):
            return points, times
        known = {*self._ids}
        table = points if isinstance(points, pd.DataFrame) else points.to_frame()
        if {*table.index} != known and {*table.columns} == known:
            table = table.T
        clock = with_times(table.columns)
        if times is None and self._times is not None and isinstance(clock, pd.DatetimeIndex):
            times = clock
        if {*table.index} == known and table.index.is_unique:
            return table.iloc[table.index.get_indexer(self._ids)], times
        if table.index.equals(pd.RangeIndex(len(self._buffer))):
            return table, times
        strange = [name for name in table.index if name not in known][:3]
        raise SignalError(f"expected points of the series of the history, got also {strange}"
                          if strange else "expected points of every series, once")  # fmt: skip

    def _new_times(self, n: int, times: Any) -> pd.DatetimeIndex | None:
        if self._times is None and times is None:
            return None
        if self._times is None:
            raise SignalError("expected no times, as the history has none")
        if times is None:
            step = (self._times[-1] - self._times[0]) / max(len(self._times) - 1, 1)
            return pd.DatetimeIndex([self._times[-1] + step * (i + 1) for i in range(n)])
        try:
            told = pd.DatetimeIndex(pd.to_datetime(times, utc=True))
        except (TypeError, ValueError) as error:
            raise SignalError(f"expected times, one a new window: {error}") from error
        if len(told) != n:
            raise SignalError(f"expected {n} times, one a new window, got {len(told)}")
        for before, after in pairwise([self._times[-1], *told]):
            if not after > before:
                raise SignalError(f"expected times after {before}, got {after}")
        return told

    def _append(self, new: FloatArray, times: pd.DatetimeIndex | None) -> None:
        n_new = new.shape[1]
        if self._end + n_new > self._buffer.shape[1]:
            self._buffer[:, : self._n] = self.values.copy()
            self._end = self._n
        self._buffer[:, self._end : self._end + n_new] = new
        self._end += n_new
        self.n_seen += n_new
        self._detection = None
        if times is not None and self._times is not None:
            self._times = pd.DatetimeIndex(self._times.append(times)[-self._n :])

    def _judge(self) -> tuple[Regression, ...]:
        """Detect in the windows kept; return what is new."""
        if not self._keeps_background and self.n_seen - self._n_background >= self._n:
            self.background = find_background(self._signals())
            self._n_background = self.n_seen
        n_looks = self.background.design.layout.n_blocks / _LOOKS
        budget = self.config.alerts_per_1000_series / max(n_looks, 1.0)
        self._n_judged = self.n_seen
        return self._new_among(self._detect(replace(self.config, alerts_per_1000_series=budget)))

    def _new_among(self, detection: Detection) -> tuple[Regression, ...]:
        """Return what was not reported before, and remember it."""
        offset = self.n_seen - self._n
        rows = {name: row for row, name in enumerate(self._ids)}
        new = []
        for r in (*detection.found, *detection.gains):
            change = _Reported(
                rows[r.series], r.change_index_low + offset, r.change_index_high + offset,
                1 if r.absolute_delta > 0 else -1,
            )  # fmt: skip
            if any(self._is_same(change, other) for other in self._reported):
                continue
            self._reported.append(change)
            new.append(
                replace(
                    r, change_index=r.change_index + offset,
                    change_index_low=change.low, change_index_high=change.high,
                )
            )  # fmt: skip
        return tuple(new)

    def _signals(self) -> Signals:
        return Signals(np.ascontiguousarray(self.values), self._ids, self._keys, self._times)

    def _detect(self, config: DetectConfig) -> Detection:
        return detect(self._signals(), config=config, background=self.background)

    def _is_same(self, change: _Reported, other: _Reported) -> bool:
        layout = self.background.design.layout
        near = layout.edge * layout.block
        return (
            change.row == other.row and change.sign == other.sign
            and change.low <= other.high + near and other.low <= change.high + near
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """Return all that is needed to go on after a restart; `Store.save_state` keeps it."""
        layout, prior = self.background.design.layout, self.background.prior
        told = {
            "state": _STATE,
            "ids": [*map(_plain, self._ids)],
            "keys": None if self._keys is None else self._keys.to_dict("list"),
            "config": asdict(self.config) | {"lower_is_worse": sorted(self.config.lower_is_worse)},
            "layout": asdict(layout), "periods": list(self.background.design.periods),
            "prior": asdict(prior), "week": self.background.week,
            "keeps_background": self._keeps_background, "n_background": self._n_background,
            "n_seen": self.n_seen, "n_judged": self._n_judged,
            "reported": [asdict(one) for one in self._reported],
        }  # fmt: skip
        times = np.empty(0, np.int64) if self._times is None else self._times.as_unit("ns").asi8
        file = io.BytesIO()
        told_bytes = np.frombuffer(json.dumps(told).encode(), np.uint8)
        np.savez(file, values=self.values, times=times, told=told_bytes)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Detector:
        """Go on from what `to_bytes` returned; SignalError where it is not that."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                values, times = file["values"], file["times"]
                told = json.loads(bytes(file["told"]))
            if told["state"] != _STATE:
                raise ValueError(f"state {told['state']}")
            return cls._of_state(values, times, told)
        except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile) as error:
            raise SignalError(f"expected the state of a detector: {error}") from error

    @classmethod
    def _of_state(cls, values: FloatArray, times: IntArray, told: dict[str, Any]) -> Detector:
        design = Design(Layout(**told["layout"]), tuple(told["periods"]))
        self = cls.__new__(cls)
        lower = frozenset(told["config"].pop("lower_is_worse"))
        self.config = DetectConfig(**told["config"], lower_is_worse=lower)
        self.background = Background(design, Prior(**told["prior"]), told["week"])
        self._ids = pd.Index([*map(_hashable, told["ids"])], tupleize_cols=False)
        self._keys = None if told["keys"] is None else pd.DataFrame(told["keys"])
        self._times = pd.DatetimeIndex(times, tz="UTC") if len(times) else None
        self._n = values.shape[1]
        self._buffer = np.empty((len(values), 2 * self._n), values.dtype)
        self._buffer[:, : self._n] = values
        self._end = self._n
        self._keeps_background, self._n_background = told["keeps_background"], told["n_background"]
        self._reported = [_Reported(**one) for one in told["reported"]]
        self.n_seen = told["n_seen"]
        self.first = ()
        self._detection = None
        self._n_judged = told["n_judged"]
        return self


def _plain(name: Hashable) -> str | int | float | list[Any]:
    """Return the id of a series as JSON has it; SignalError where it cannot."""
    if isinstance(name, tuple):
        return [_plain(part) for part in name]
    if isinstance(name, (str, int, float)):
        return name
    if isinstance(name, np.generic):
        return _plain(name.item())
    raise SignalError(f"expected names of series as texts or numbers, got {name!r}")


def _hashable(name: Any) -> Hashable:
    """Return the id that `_plain` made JSON of."""
    return tuple(map(_hashable, name)) if isinstance(name, list) else name
