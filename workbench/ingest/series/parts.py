"""Series in Parquet, some at a time: more than memory holds, and one row a series.

A file has the values of a series in a list, or in a column a window; or a row a value, the values
of one series after those of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.series.asv import results_in
from workbench.ingest.series.layouts import Windows, find_layout
from workbench.ingest.series.shards import Shard, n_at_once, read_schema
from workbench.types import SeriesParts

_SAMPLED = 256
"""Series of which a sample is made."""
_N_PLACES = 16
"""That they are taken from."""
_FEW = 4 * _SAMPLED
"""Series that are all read for a sample."""
_MANY_VALUES = 20_000_000

_Stretch = list[tuple[Shard, range]]
"""Row groups that follow on each other, by file."""


def open_series(source: Path | str) -> SeriesParts:
    """Open series in Parquet, to be read some at a time.

    Parameters
    ----------
    source : path
        A file, or a folder of files with the same columns and windows; what is called `_` or `.`
        something in it is left out. Names of a series are in columns of text such as `service`,
        `metric` and `subject`; each series is there once. Its values are in a list (`values`;
        times, if any, in a list `at`, the same for all), or in one column a window, named by its
        time or number; or there is one row a value (`value`, `at`), sorted by series and by time.
        What a series lacks is NaN: windows without a row, all of them where its list is empty.

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
    files = _files_in(path) if path.is_dir() else [path]
    if not files or not path.exists():
        raise ParseError("expected a file or a folder of Parquet, found none", path)
    table = _Table.open(path, files)
    return SeriesParts(table.read, table.sample, table.names)


def prefers_parts(source: Path) -> bool:
    """Tell whether a file or a folder is to be read with `open_series`.

    That is a folder of Parquet, and a file with one row a series, or with too many values to be
    held twice.
    """
    if source.is_dir():
        return bool(_files_in(source)) and results_in(source) is None
    if not source.is_file():
        return False
    with source.open("rb") as file:
        if file.read(4) != b"PAR1":
            return False
    schema, group_sizes = read_schema(source)
    layout = find_layout(schema)
    return layout is not None and (layout.kind != "tidy" or sum(group_sizes) > _MANY_VALUES)


def _files_in(folder: Path) -> list[Path]:
    """Return the files of Parquet in a folder, save what others put beside their tables."""
    found = sorted(folder.rglob("*.parquet"))
    names = [path.relative_to(folder).parts for path in found]
    return [
        path
        for path, parts in zip(found, names, strict=True)
        if path.is_file() and not any(part.startswith(("_", ".")) for part in parts)
    ]


@dataclass(frozen=True, eq=False)
class _Table:
    """Files that are one table."""

    files: list[Shard]

    @classmethod
    def open(cls, path: Path, files: list[Path]) -> _Table:
        """Open the files that have rows."""
        opened = [one for file in files if (one := Shard.open(file)) is not None]
        if not opened:
            raise ParseError("expected series, found none", path)
        first, *others = opened
        for one in others:
            if one.layout != first.layout:
                told = f"expected the columns of {first.path.name}: {first.layout.told}"
                raise ParseError(f"{told}, got {one.layout.told}", one.path)
        return cls(opened)

    @cached_property
    def windows(self) -> Windows:
        """Windows of all files."""
        first, windows = self.files[0], None
        for file in self.files:
            own = file.windows
            if own is None:
                continue
            if windows is None:
                first, windows = file, own
            elif file.is_tidy and own.isin(windows).any():
                windows = pd.DatetimeIndex(windows).union(pd.DatetimeIndex(own))
            else:
                _check_same(windows, first, own, file)
        if windows is None:
            raise ParseError("expected values of series, got empty lists", first.path)
        return windows

    def read(self) -> Iterator[pd.DataFrame]:
        """Return the series, some at a time."""
        seen = set[int]()
        waiting, n = list[pd.DataFrame](), 0
        for file in self.files:
            for frame in file.read(self.windows):
                _check_once(frame.index, seen, file.path)
                waiting.append(frame)
                n += len(frame)
                if 2 * n >= n_at_once(len(self.windows)):
                    yield _together(waiting)
                    waiting, n = [], 0
        if waiting:
            yield _together(waiting)

    def names(self) -> Iterator[pd.Index[Any]]:
        """Return what names the series, some at a time."""
        return (names for file in self.files for names in file.names())

    def sample(self) -> pd.DataFrame:
        """Return some series, from all over the files."""
        n_rows = sum(file.n_rows for file in self.files)
        if n_rows <= _FEW * (len(self.windows) if self.files[0].is_tidy else 1):
            return self._sample_of_few()
        stretches = self._stretches(n_rows)
        shares = _shares([self._n_whole(each) for each in stretches], _SAMPLED)
        frames = []
        for stretch, n in zip(stretches, shares, strict=True):
            for file, groups in stretch:
                if n > 0:
                    heads = [*file.head(self.windows, groups, n)]
                    frames += heads
                    n -= sum(map(len, heads))
        return pd.concat(frames)

    def _sample_of_few(self) -> pd.DataFrame:
        """Return series at even distances."""
        n = sum(map(len, self.names()))
        rows = np.unique(np.linspace(0, n - 1, min(n, _SAMPLED)).round().astype(np.int64))
        frames, first = [], 0
        for file in self.files:
            for frame in file.read(self.windows):
                inside = rows[(rows >= first) & (rows < first + len(frame))]
                frames.append(frame.iloc[inside - first])
                first += len(frame)
        return pd.concat(frames)

    def _stretches(self, n_rows: int) -> list[_Stretch]:
        """Return all row groups in as many stretches as there are places, about evenly."""
        groups = [(file, i) for file in self.files for i in range(len(file.group_sizes))]
        ends = np.cumsum([file.group_sizes[i] for file, i in groups])
        places = n_rows * np.arange(_N_PLACES) // _N_PLACES
        bounds = [*np.unique(np.searchsorted(ends, places, side="right")), len(groups)]
        stretches = []
        for start, end in pairwise(bounds):
            stretch = []
            for file, some in groupby(groups[start:end], key=itemgetter(0)):
                numbers = [number for _, number in some]
                stretch.append((file, range(numbers[0], numbers[-1] + 1)))
            stretches.append(stretch)
        return stretches

    def _n_whole(self, stretch: _Stretch) -> int:
        """Return the number of series in a stretch; at least as many where a row is a value."""
        sizes = [sum(file.group_sizes[groups.start : groups.stop]) for file, groups in stretch]
        if not self.files[0].is_tidy:
            return sum(sizes)
        return sum(max(0, (n - 1) // len(self.windows) - 1) for n in sizes)


def _shares(room: list[int], n: int) -> list[int]:
    """Return how many to take of each place, about as many of each, as far as there is room."""
    shares = [0] * len(room)
    for turn, place in enumerate(np.argsort(room, kind="stable").tolist()):
        shares[place] = min(room[place], -(-n // (len(room) - turn)))
        n -= shares[place]
    return shares


def _check_same(windows: Windows, first: Shard, own: Windows, file: Shard) -> None:
    """Raise ParseError where the windows of a file are not those of the first."""
    if len(own) != len(windows):
        told = f"expected {len(windows)} windows, as {first.path.name} has, got {len(own)}"
        raise ParseError(told, file.path)
    wrong = np.flatnonzero(own != windows)
    if len(wrong):
        told = f"expected a window at {windows[wrong[0]]}, as {first.path.name} has"
        raise ParseError(f"{told}, got one at {own[wrong[0]]}", file.path)


def _check_once(index: pd.Index[Any], seen: set[int], path: Path) -> None:
    """Raise ParseError where a series was seen before; hashes are kept, not names."""
    for row, number in enumerate(pd.util.hash_pandas_object(index, index=False).tolist()):
        if number in seen:
            told = "expected each series once, its values together, got it again"
            raise ParseError(told, path, f"series {index[row]!r}")
        seen.add(number)


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return frames[0] if len(frames) == 1 else pd.concat(frames)
