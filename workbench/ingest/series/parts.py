"""Series in Parquet, some at a time: more than memory holds, and one row a series.

A file has the values of a series in a list, or in a column a window; or a row a value, the values
of one series after those of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from workbench.ingest.series.tables import NAMES, parse_times
from workbench.types import SeriesParts

_AT_ONCE = 4096
"""Series."""
_VALUES_AT_ONCE = 4_000_000
_BUFFER = 1 << 20
"""Bytes of a column read at once."""
_SAMPLED = 256
"""Series of which a sample is made."""
_MANY_VALUES = 20_000_000
_FEWEST_WINDOWS = 10
_KEYS = ("service", "metric", "subject", "unit", "host", "param")


def open_series(source: Path | str) -> SeriesParts:
    """Open series in Parquet, to be read some at a time.

    Parameters
    ----------
    source : path
        A file, or a folder of files with the same columns. Names of a series are in columns such
        as `service`, `metric` and `subject`. Its values are in a list (`values`; times, if any, in
        a list `at`, the same for all), or in one column a window, named by its time or number; or
        there is one row a value (`value`, `at`), sorted by series and by time.

    Returns
    -------
    SeriesParts
        What `detect` takes.

    Raises
    ------
    ParseError
        Names the file, the place in it, what was seen and what was expected; here, or where a part
        is read.
    """
    path = Path(source)
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise ParseError("expected a file or a folder of Parquet, found none", path)
    opened = [_File.open(file) for file in files]
    for one in opened[1:]:
        if one.layout != opened[0].layout:
            told = f"expected the columns of {files[0].name}: {opened[0].layout.told}"
            raise ParseError(f"{told}, got {one.layout.told}", one.path)
    return SeriesParts(
        read=lambda: (part for file in opened for part in file.read()),
        sample=lambda: _sample(opened),
        names=lambda: (names for file in opened for names in file.names()),
    )


def prefers_parts(source: Path) -> bool:
    """Tell whether a file, or a folder, of Parquet is to be read with `open_series`.

    That is where it has one row a series, or too many values to be held twice.
    """
    files = sorted(source.rglob("*.parquet")) if source.is_dir() else [source]
    if not files or not files[0].is_file():
        return False
    with files[0].open("rb") as file:
        if file.read(4) != b"PAR1":
            return False
    with _told(files[0]):
        metadata = pq.read_metadata(files[0])
    layout = _layout_of(metadata.schema.to_arrow_schema())
    return layout is not None and (layout.kind != "tidy" or metadata.num_rows > _MANY_VALUES)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns hold what."""

    kind: str
    """`list`, `wide` or `tidy`."""
    keys: tuple[tuple[str, str], ...]
    """What names a series, and the columns that have it."""
    values: tuple[str, ...]
    at: str = ""
    """Column of times; empty where there is none."""

    @property
    def told(self) -> str:
        names = [column for _, column in self.keys]
        values = self.values if len(self.values) < 4 else (*self.values[:2], "…", self.values[-1])
        return ", ".join([*names, *([self.at] if self.at else []), *values])


def _layout_of(schema: pa.Schema) -> _Layout | None:
    """Return the layout of a table; None where it has none of those."""
    lower = {field.name.strip().lower(): field for field in reversed(list(schema))}

    def find(name: str, test: Any) -> str | None:
        known = [lower[choice] for choice in NAMES[name] if choice in lower]
        return next((one.name for one in known if test(one.type)), None)

    keys = tuple((name, column) for name in _KEYS if (column := find(name, _is_text)) is not None)
    numbers = [one.name for one in schema if _is_number(one.type)]
    lists = [one.name for one in schema if _is_list(one.type) and _is_number(one.type.value_type)]
    at_list = find("at", _is_list)
    lists = [name for name in lists if name != at_list]
    if keys and len(lists) == 1:
        return _Layout("list", keys, (lists[0],), at_list or "")
    at, value = find("at", _is_flat), find("value", _is_number)
    if keys and at is not None and value is not None:
        return _Layout("tidy", keys, (value,), at)
    is_dated = at is not None or find("version", _is_flat) is not None
    if keys and not is_dated and len(numbers) >= _FEWEST_WINDOWS:
        return _Layout("wide", keys, tuple(numbers))
    return None


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_flat(kind: pa.DataType) -> bool:
    return not _is_list(kind)


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


@dataclass(frozen=True)
class _File:
    """One file of series."""

    path: Path
    layout: _Layout = field(compare=False)

    @classmethod
    def open(cls, path: Path) -> _File:
        """Find out which columns hold what."""
        with _told(path):
            schema = pq.read_schema(path)
        layout = _layout_of(schema)
        if layout is None:
            told = ", ".join(schema.names[:12]) + (", …" if len(schema.names) > 12 else "")
            raise ParseError(
                "expected columns that name a series, and its values in a list, in a column a "
                f"window, or in rows (value, at); got {told}", path
            )  # fmt: skip
        return cls(path, layout)

    @cached_property
    def windows(self) -> pd.RangeIndex | pd.DatetimeIndex:
        """Times of the windows, or their numbers."""
        layout = self.layout
        if layout.kind == "wide":
            names = pd.Index(layout.values)
            times = pd.to_datetime(names, utc=True, format="ISO8601", errors="coerce")
            is_times = names.str.contains("-").all() and not times.hasnans
            return times if is_times else pd.RangeIndex(len(names))
        n_rows = 1 if layout.kind == "list" else _VALUES_AT_ONCE
        batches = self._batches(range(self._n_row_groups), self._columns, n_rows)
        rows = next(batches, None)
        if rows is None:
            raise ParseError("expected series, found none", self.path)
        if layout.kind == "list":
            return self._listed_windows(rows)
        while len(_starts(rows, layout)) == 1 and (more := next(batches, None)) is not None:
            rows = _joined([rows, more])
        starts = [*_starts(rows, layout), rows.num_rows]
        if starts[1] == 1 and rows.num_rows > 1:
            told = "expected the values of a series one after the other, got one of each"
            raise ParseError(told, self.path)
        return self._times(rows.column(layout.at).slice(0, starts[1]))

    def read(self) -> Iterator[pd.DataFrame]:
        """Return the series, some at a time."""
        row_groups = range(self._n_row_groups)
        n_windows = max(len(self.windows), 1)
        at_once = max(1, min(_AT_ONCE, _VALUES_AT_ONCE // n_windows))
        if self.layout.kind != "tidy":
            batches = self._batches(row_groups, self._columns, at_once)
            yield from map(self._frame, batches)
            return
        yield from self._whole_series(self._batches(row_groups, self._columns, _VALUES_AT_ONCE))

    def head(self, row_group: int, n_series: int) -> pd.DataFrame | None:
        """Return the first series of a row group; None where none is whole in it."""
        if self.layout.kind != "tidy":
            batches = self._batches([row_group], self._columns, n_series)
            return self._frame(next(batches))
        n_windows = len(self.windows)
        batches = self._batches([row_group], self._columns, (n_series + 1) * n_windows)
        batch = next(batches)
        starts = _starts(batch, self.layout)
        if row_group:
            starts = starts[1:]  # the first goes on from the row group before
        ends = starts[1:][:n_series]
        if not len(ends):
            return None
        return self._pivoted(batch.slice(starts[0], ends[-1] - starts[0]))

    def names(self) -> Iterator[pd.Index[Any]]:
        """Return what names the series, some at a time."""
        columns = [column for _, column in self.layout.keys]
        last = None
        for batch in self._batches(range(self._n_row_groups), columns, 1 << 16):
            if self.layout.kind != "tidy":
                yield self._index(batch)
                continue
            names = self._index(batch.take(pa.array(_starts(batch, self.layout))))
            yield names[1:] if names[0] == last else names
            last = names[-1]

    @cached_property
    def _n_row_groups(self) -> int:
        with _told(self.path):
            return int(pq.read_metadata(self.path).num_row_groups)

    @property
    def _columns(self) -> list[str]:
        layout = self.layout
        keys = [column for _, column in layout.keys]
        return [*keys, *layout.values, *([layout.at] if layout.kind == "tidy" else [])]

    def _batches(
        self, row_groups: Iterable[int], columns: list[str], n_rows: int
    ) -> Iterator[pa.RecordBatch]:
        texts = [column for _, column in self.layout.keys]
        with (
            _told(self.path),
            pq.ParquetFile(
                self.path, read_dictionary=texts, buffer_size=_BUFFER, pre_buffer=False
            ) as file,
        ):  # all of it would be in memory else
            for batch in file.iter_batches(n_rows, row_groups, columns):
                if batch.num_rows:
                    yield batch

    def _listed_windows(self, batch: pa.RecordBatch) -> pd.RangeIndex | pd.DatetimeIndex:
        n = len(batch.column(self.layout.values[0])[0] or ())
        if not self.layout.at:
            return pd.RangeIndex(n)
        first = next(self._batches([0], [self.layout.at], 1)).column(0)
        times = self._times(first[0].values)
        if len(times) != n:
            raise ParseError(f"expected {n} times, one a value, got {len(times)}", self.path)
        return times

    def _times(self, column: pa.Array) -> pd.DatetimeIndex:
        try:
            times = pd.DatetimeIndex(parse_times(column.to_pandas()))
        except ParseError as error:
            raise error.within(self.path) from error
        if times.hasnans or not times.is_monotonic_increasing or not times.is_unique:
            told = "expected times of one series in order, each once"
            raise ParseError(told, self.path, "the first series")
        return times

    def _frame(self, batch: pa.RecordBatch) -> pd.DataFrame:
        """Return a batch of one row a series as a frame."""
        if self.layout.kind == "list":
            values = self._listed(batch)
        else:
            columns = [_numbers(batch.column(name)) for name in self.layout.values]
            kind = np.result_type(*{column.dtype for column in columns})
            values = np.empty((batch.num_rows, len(columns)), kind)
            for number, column in enumerate(columns):
                values[:, number] = column
        return self._named(values, batch)

    def _listed(self, batch: pa.RecordBatch) -> npt.NDArray[Any]:
        column = batch.column(self.layout.values[0])
        n_windows = len(self.windows)
        sizes = pc.list_value_length(column).fill_null(-1).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(sizes != n_windows)
        if len(wrong):
            name = self._index(batch.slice(wrong[0], 1))[0]
            told = f"expected {n_windows} values, as the first has, got {max(sizes[wrong[0]], 0)}"
            raise ParseError(told, self.path, f"series {name}")
        return _numbers(column.flatten()).reshape(len(column), n_windows)

    def _named(self, values: npt.NDArray[Any], batch: pa.RecordBatch) -> pd.DataFrame:
        return pd.DataFrame(values, self._index(batch), self.windows, copy=False)

    def _index(self, batch: pa.RecordBatch) -> pd.Index[Any]:
        texts = [batch.column(column).cast(pa.string()) for _, column in self.layout.keys]
        columns = [text.to_pandas().fillna("") for text in texts]
        names = [name for name, _ in self.layout.keys]
        index: pd.Index[Any] = pd.MultiIndex.from_arrays(columns, names=names)
        return index if len(columns) > 1 else index.get_level_values(0)

    def _whole_series(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pd.DataFrame]:
        """Return tidy rows as frames; a series that a batch breaks off goes on in the next."""
        left: pa.RecordBatch | None = None
        for batch in batches:
            rows = batch if left is None else _joined([left, batch])
            last = int(_starts(rows, self.layout)[-1])
            if last:
                yield self._pivoted(rows.slice(0, last))
            left = rows.slice(last)
        if left is not None:
            yield self._pivoted(left)

    def _pivoted(self, rows: pa.RecordBatch) -> pd.DataFrame:
        """Return tidy rows as a frame of one row a series; NaN where one lacks a window."""
        starts = _starts(rows, self.layout)
        n, windows = rows.num_rows, self.windows
        sizes = np.diff([*starts, n])
        numbers = _numbers(rows.column(self.layout.values[0]))
        times = rows.column(self.layout.at)
        if (sizes == len(windows)).all() and self._are_same(times, len(starts)):
            return self._named(numbers.reshape(len(starts), -1), rows.take(pa.array(starts)))
        at = pd.DatetimeIndex(parse_times(times.to_pandas()))
        columns = windows.get_indexer(at)
        series = np.repeat(np.arange(len(starts)), sizes)
        place = series * len(windows) + columns
        wrong = np.flatnonzero((columns < 0) | (np.diff(place, prepend=-1) <= 0))
        if len(wrong):
            name = self._index(rows.slice(wrong[0], 1))[0]
            told = "expected values of the windows of the first series, in order, each once"
            raise ParseError(f"{told}, got one at {at[wrong[0]]}", self.path, f"series {name}")
        values = np.full((len(starts), len(windows)), np.nan, numbers.dtype)
        values[series, columns] = numbers
        return self._named(values, rows.take(pa.array(starts)))

    def _are_same(self, times: pa.Array, n_series: int) -> bool:
        """Tell whether times are those of the windows, again for each series."""
        if not pa.types.is_timestamp(times.type):
            return False
        seen = times.cast(pa.int64()).to_numpy(zero_copy_only=False).reshape(n_series, -1)
        windows = pd.DatetimeIndex(self.windows).as_unit(times.type.unit).asi8
        return bool((seen == windows).all())


def _starts(batch: pa.RecordBatch, layout: _Layout) -> npt.NDArray[np.int64]:
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


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    return table.to_batches()[0]


def _numbers(column: pa.Array) -> npt.NDArray[Any]:
    """Return numbers, NaN where there is none."""
    numbers: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return numbers if numbers.dtype in (np.float32, np.float64) else numbers.astype(np.float64)


def _sample(files: list[_File]) -> pd.DataFrame:
    """Return some series, from row groups all over the files."""
    places = [(file, group) for file in files for group in range(file._n_row_groups)]
    places = places[:: max(1, len(places) // 16)]
    each = -(-_SAMPLED // len(places)) if places else 0
    heads = [head for file, group in places if (head := file.head(group, each)) is not None]
    return pd.concat(heads) if heads else next(files[0].read())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise ParseError(f"expected Parquet: {error}", path) from error
