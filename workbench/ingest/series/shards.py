"""One file of series in Parquet, read some series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import ParseError
from workbench.ingest.series.layouts import Layout, Windows, get_layout, windows_of
from workbench.ingest.series.tables import read_times, told_no_time
from workbench.types import IntArray

_AT_ONCE = 4096
"""Series."""
_VALUES_AT_ONCE = 4_000_000
_BUFFER = 1 << 20
"""Bytes of a column read at once."""
_FIRST = 256
"""Series whose windows are those of a file of one row a value."""
_LISTS_AT_ONCE = 64
"""That are looked at for the first with values."""


def n_at_once(n_windows: int) -> int:
    """Return how many series are read at once."""
    return max(1, min(_AT_ONCE, _VALUES_AT_ONCE // max(n_windows, 1)))


def read_schema(path: Path) -> tuple[pa.Schema, tuple[int, ...]]:
    """Return the columns of a file, and how many rows each of its row groups has."""
    with _told(path), pq.ParquetFile(path) as file:
        groups = range(file.metadata.num_row_groups)
        return file.schema_arrow, tuple(file.metadata.row_group(i).num_rows for i in groups)


@dataclass(frozen=True, eq=False)
class Shard:
    """One file of series."""

    path: Path
    layout: Layout
    group_sizes: tuple[int, ...]
    """Rows of each row group."""
    named: Windows | None = None
    """Windows that columns are named after."""

    @classmethod
    def open(cls, path: Path) -> Shard | None:
        """Find out which columns hold what; None where there are no rows."""
        schema, group_sizes = read_schema(path)
        if not sum(group_sizes):
            return None
        try:
            layout = get_layout(schema)
            if layout.kind != "wide":
                return cls(path, layout, group_sizes)
            columns, windows = windows_of(layout.values)
        except ParseError as error:
            raise error.within(path) from error
        return cls(path, replace(layout, values=tuple(columns)), group_sizes, windows)

    @property
    def is_tidy(self) -> bool:
        """Whether it has a row a value."""
        return self.layout.kind == "tidy"

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return sum(self.group_sizes)

    @cached_property
    def windows(self) -> Windows | None:
        """Windows of the first series that have any; None where none has."""
        if self.is_tidy:
            return self._first_windows()
        first = None if self.named is not None else self._first_list()
        if first is None:
            return self.named
        n = len(first.column(self.layout.values[0]).flatten())
        if not self.layout.at:
            return pd.RangeIndex(n)
        times = self._times(first.column(self.layout.at).flatten(), first)
        if len(times) != n:
            raise self._complaint(f"expected {n} times, one a value, got {len(times)}", first)
        if times.hasnans or not times.is_monotonic_increasing or not times.is_unique:
            raise self._complaint("expected times of a series in order, each once", first)
        return times

    def read(self, windows: Windows) -> Iterator[pd.DataFrame]:
        """Return the series, some at a time."""
        return self._frames(windows, range(len(self.group_sizes)), n_at_once(len(windows)))

    def head(self, windows: Windows, groups: range, n_series: int) -> Iterator[pd.DataFrame]:
        """Return the first series that are whole in some row groups, some at a time."""
        is_broken = self.is_tidy and groups.start > 0  # it may go on from the row group before
        for frame in self._frames(windows, groups, n_series):
            part = frame.iloc[int(is_broken) :][:n_series]
            is_broken = False
            yield part
            n_series -= len(part)
            if not n_series:
                return

    def names(self) -> Iterator[pd.Index[Any]]:
        """Return what names the series, some at a time."""
        columns = [column for _, column in self.layout.keys]
        last = None
        for batch in self._batches(columns, 1 << 16):
            if not self.is_tidy:
                yield self._index(batch)
                continue
            names = self._index(batch.take(pa.array(_starts(batch, self.layout))))
            yield names[1:] if names[0] == last else names
            last = names[-1]

    def _frames(self, windows: Windows, groups: range, n_series: int) -> Iterator[pd.DataFrame]:
        if self.is_tidy:
            n_rows = min(_VALUES_AT_ONCE, (n_series + 2) * len(windows))
            yield from self._whole_series(windows, groups, n_rows)
            return
        for batch in self._batches(self.layout.columns, n_series, groups):
            values = self._listed(batch, windows) if self.named is None else self._wide(batch)
            yield self._frame(values, windows, batch)

    def _batches(
        self, columns: list[str], n_rows: int, groups: range | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Return rows of all row groups, or of some; small ones are joined."""
        groups = groups or range(len(self.group_sizes))
        texts = [column for _, column in self.layout.keys]
        first_row = sum(self.group_sizes[: groups.start])
        waiting, n = list[pa.RecordBatch](), 0
        with (
            _told(self.path),
            pq.ParquetFile(
                self.path, read_dictionary=texts, buffer_size=_BUFFER, pre_buffer=False
            ) as file,
        ):  # all of it would be in memory else
            for batch in file.iter_batches(n_rows, groups, columns):
                self._check_named(batch, first_row)
                first_row += batch.num_rows
                waiting.append(batch)
                n += batch.num_rows
                if n and 4 * n >= n_rows:
                    yield _joined(waiting)
                    waiting, n = [], 0
        if n:
            yield _joined(waiting)

    def _check_named(self, batch: pa.RecordBatch, first_row: int) -> None:
        column = dict(self.layout.keys).get("subject")
        if column is not None and batch.column(column).null_count:
            row = int(np.flatnonzero(batch.column(column).is_null())[0])
            place = f"row {first_row + row + 1}"
            raise ParseError(f"expected the name of a series in {column}, got none",
                             self.path, place)  # fmt: skip

    def _first_list(self) -> pa.RecordBatch | None:
        """Return the first row that has values."""
        for batch in self._batches(self.layout.columns, _LISTS_AT_ONCE):
            rows = np.flatnonzero(_sizes(batch.column(self.layout.values[0])))
            if len(rows):
                return batch.slice(rows[0], 1)
        return None

    def _first_windows(self) -> pd.DatetimeIndex:
        """Return the windows that any of the first series of one row a value has."""
        batches = self._batches(self.layout.columns, max(1, _VALUES_AT_ONCE // 16))
        rows, n_series = next(batches), 0
        while n_series <= _FIRST and (n_series < 2 or rows.num_rows < _VALUES_AT_ONCE):
            n_series = len(_starts(rows, self.layout))
            if n_series > _FIRST or (more := next(batches, None)) is None:
                break
            rows = _joined([rows, more])
        starts = _starts(rows, self.layout)
        again = np.flatnonzero(self._index(rows.take(pa.array(starts))).duplicated())
        if len(again):
            told = "expected the values of a series one after the other, got others between"
            raise self._complaint(told, rows, starts[again[0]])
        rows = rows.slice(0, [*starts, rows.num_rows][min(len(starts), _FIRST)])
        times = self._times(rows.column(self.layout.at), rows)
        is_next = np.ones(len(times), np.bool_)
        is_next[1:] = np.diff(times.asi8) > 0
        is_next[starts[starts < len(times)]] = True
        wrong = np.flatnonzero(times.isna() | ~is_next)
        if len(wrong):
            told = (
                f"expected times of a series in order, each once, got {_told_one(times[wrong[0]])}"
            )
            raise self._complaint(told, rows, wrong[0])
        return times.unique().sort_values()

    def _times(self, times: pa.Array, rows: pa.RecordBatch) -> pd.DatetimeIndex:
        """Parse the times of rows, or of one row."""
        if pa.types.is_dictionary(times.type):
            times = times.cast(times.type.value_type)
        column = times.to_pandas()
        parsed, wrong = read_times(column)
        if len(wrong):
            told = told_no_time(column.iloc[wrong[0]])
            raise self._complaint(told, rows, min(wrong[0], rows.num_rows - 1))
        return pd.DatetimeIndex(parsed)

    def _wide(self, batch: pa.RecordBatch) -> npt.NDArray[Any]:
        """Return the values of a column a window."""
        columns = [batch.column(name) for name in self.layout.values]
        known = {
            i: _numbers(one) for i, one in enumerate(columns) if not pa.types.is_null(one.type)
        }
        kind = np.result_type(*{one.dtype for one in known.values()}) if known else np.float64
        values = np.empty((batch.num_rows, len(columns)), kind)
        for i in range(len(columns)):
            values[:, i] = known.get(i, np.nan)
        return values

    def _listed(self, batch: pa.RecordBatch, windows: Windows) -> npt.NDArray[Any]:
        """Return the values of a list a series; NaN where it is empty."""
        column = batch.column(self.layout.values[0])
        sizes = _sizes(column)
        wrong = np.flatnonzero((sizes != len(windows)) & (sizes != 0))
        if len(wrong):
            told = f"expected {len(windows)} values, as the first has, got {sizes[wrong[0]]}"
            raise self._complaint(told, batch, wrong[0])
        if self.layout.at:
            self._check_times(batch, np.flatnonzero(sizes), windows)
        numbers = _numbers(column.flatten()).reshape(-1, len(windows))
        if len(numbers) == len(column):
            return numbers
        values = np.full((len(column), len(windows)), np.nan, numbers.dtype)
        values[sizes != 0] = numbers
        return values

    def _check_times(self, batch: pa.RecordBatch, rows: IntArray, windows: Windows) -> None:
        """Raise ParseError where a list of times is not that of the windows."""
        column = batch.column(self.layout.at)
        times, ends = column.flatten(), np.cumsum(_sizes(column))
        usual: pa.Array | None = None
        for row, start, end in zip(rows, (ends - _sizes(column))[rows], ends[rows], strict=True):
            seen = times.slice(start, end - start)
            if usual is not None and seen.equals(usual):
                continue
            if len(seen) != len(windows):
                told = f"expected {len(windows)} times, one a value, got {len(seen)}"
                raise self._complaint(told, batch, row)
            parsed = self._times(seen, batch.slice(row, 1))
            wrong = np.flatnonzero(parsed != windows)
            if len(wrong):
                told = f"expected a window at {windows[wrong[0]]}, as the first series has"
                raise self._complaint(f"{told}, got {parsed[wrong[0]]}", batch, row)
            usual = seen

    def _frame(
        self, values: npt.NDArray[Any], windows: Windows, names: pa.RecordBatch
    ) -> pd.DataFrame:
        return pd.DataFrame(values, self._index(names), windows, copy=False)

    def _index(self, batch: pa.RecordBatch) -> pd.Index[Any]:
        texts = [batch.column(column).cast(pa.string()) for _, column in self.layout.keys]
        columns = [text.to_pandas().fillna("") for text in texts]
        names = [name for name, _ in self.layout.keys]
        index: pd.Index[Any] = pd.MultiIndex.from_arrays(columns, names=names)
        return index if len(columns) > 1 else index.get_level_values(0)

    def _whole_series(self, windows: Windows, groups: range, n_rows: int) -> Iterator[pd.DataFrame]:
        """Return tidy rows as frames; a series that a batch breaks off goes on in the next.

        One that the last of the row groups may break off is left out.
        """
        left: pa.RecordBatch | None = None
        for batch in self._batches(self.layout.columns, n_rows, groups):
            rows = batch if left is None else _joined([left, batch])
            last = int(_starts(rows, self.layout)[-1])
            if last:
                yield self._pivoted(rows.slice(0, last), windows)
            left = rows.slice(last)
        if left is not None and groups.stop == len(self.group_sizes):
            yield self._pivoted(left, windows)

    def _pivoted(self, rows: pa.RecordBatch, windows: Windows) -> pd.DataFrame:
        """Return tidy rows as a frame of one row a series; NaN where one lacks a window."""
        starts = _starts(rows, self.layout)
        sizes = np.diff([*starts, rows.num_rows])
        numbers = _numbers(rows.column(self.layout.values[0]))
        times = rows.column(self.layout.at)
        names = rows.take(pa.array(starts))
        if (sizes == len(windows)).all() and _are_same(times, windows, len(starts)):
            return self._frame(numbers.reshape(len(starts), -1), windows, names)
        at = self._times(times, rows)
        columns = windows.get_indexer(at)
        series = np.repeat(np.arange(len(starts)), sizes)
        place = series * len(windows) + columns
        wrong = np.flatnonzero((columns < 0) | (np.diff(place, prepend=-1) <= 0))
        if len(wrong):
            told = "expected values of the windows of the first series, in order, each once"
            raise self._complaint(f"{told}, got {_told_one(at[wrong[0]])}", rows, wrong[0])
        values = np.full((len(starts), len(windows)), np.nan, numbers.dtype)
        values[series, columns] = numbers
        return self._frame(values, windows, names)

    def _complaint(self, told: str, rows: pa.RecordBatch, row: int = 0) -> ParseError:
        """Return what is wrong with the series of a row."""
        return ParseError(told, self.path, f"series {self._index(rows.slice(row, 1))[0]!r}")


def _starts(batch: pa.RecordBatch, layout: Layout) -> IntArray:
    """Return the rows at which another series begins."""
    is_other = np.zeros(batch.num_rows, np.bool_)
    is_other[0] = True
    for _, column in layout.keys:
        codes = batch.column(column)
        if not pa.types.is_dictionary(codes.type):
            codes = codes.dictionary_encode()
        numbers = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        is_other[1:] |= numbers[1:] != numbers[:-1]
    return np.flatnonzero(is_other)


def _are_same(times: pa.Array, windows: Windows, n_series: int) -> bool:
    """Tell whether times are those of the windows, again for each series."""
    if not pa.types.is_timestamp(times.type) or times.null_count:
        return False
    scaled = pd.DatetimeIndex(windows).as_unit(times.type.unit)
    if not (scaled == windows).all():
        return False
    seen = times.cast(pa.int64()).to_numpy().reshape(n_series, -1)
    return bool((seen == scaled.asi8).all())


def _told_one(time: pd.Timestamp) -> str:
    return "one without a time" if pd.isna(time) else f"one at {time}"


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.to_batches()[0]


def _sizes(lists: pa.Array) -> IntArray:
    """Return how many values each list has; 0 where there is no list."""
    sizes = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    return np.asarray(sizes, np.int64)


def _numbers(column: pa.Array) -> npt.NDArray[Any]:
    """Return numbers, NaN where there is none."""
    if pa.types.is_decimal(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.float64())
    numbers: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    if numbers.dtype == np.float16:
        return numbers.astype(np.float32)
    return numbers if numbers.dtype in (np.float32, np.float64) else numbers.astype(np.float64)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        is_null = "Expected all lists to be of size" in str(error)  # as Arrow says it
        told = "a list of each series, as they are of fixed size" if is_null else "Parquet"
        seen = " ".join(str(error).split())
        raise ParseError(f"expected {told}: {seen}", path) from error
