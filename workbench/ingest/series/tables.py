"""Series as CSV or Parquet: a row a value (tidy), or a column a series (wide).

A tidy table has `value` and any of the other columns of measurements; a wide one has a column of
times or revisions and a column of numbers for each series. Columns may go by the names people use.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import is_datetime64_any_dtype, is_integer_dtype, is_numeric_dtype

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.rows import read_csv, separator_of
from workbench.ingest.series.measurements import complete
from workbench.types import IntArray

Unit = Literal["s", "ms", "us", "ns"]

_FORMAT = "ISO8601"
_MISSING = ("", "-", "n/a", "na", "nan", "none", "null")
"""What stands for a value that is not known, in any case."""
_MEANT = re.compile(
    r"\s*[-+]?(?:\d+(?:[.,]\d+)?|\d{1,3}(?:[.,' \u00a0]\d{3})+(?:[.,]\d+)?)"
    r"\s*(?:%|[nuµm]?s|[kMG]i?B?)?\s*"
)
"""A number as people write it: with its unit, groups of thousands, or a decimal comma."""
_LOOKED_AT = 200
"""Cells of a column that are looked at for such."""
_MOST_LABELS = 5
"""Different texts, such as `30s` and `60s`, that are labels in a long column."""
_SERIES, _VALUE = "\0series", "\0value"
"""Columns that no table has."""
_NOWHERE: IntArray = np.empty(0, np.int64)

NAMES = {
    "service": ("service",),
    "at": ("at", "time", "timestamp", "date", "datetime", "ts"),
    "version": ("version", "commit", "revision", "rev", "sha", "release", "build"),
    "subject": ("subject", "series", "benchmark", "bench", "name", "function", "test"),
    "metric": ("metric", "measure"),
    "unit": ("unit",),
    "host": ("host", "machine", "instance"),
    "param": ("param",),
    "value": ("value", "result"),
}
"""What columns are called, lower case; the first that is there counts."""


def is_parquet(content: Content) -> bool:
    """Tell whether the bytes begin as Parquet does."""
    return content.data[:4] == b"PAR1"


def parse_parquet(content: Content) -> pd.DataFrame:
    """Parse series in Parquet."""
    try:
        table = pq.read_table(pa.BufferReader(content.data))
        flat = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
        frame = table.select(flat).to_pandas()
        frame = _with_index(frame)
    except (pa.ArrowException, OSError) as error:
        raise ParseError(f"expected Parquet: {error}") from error
    return parse_frame(frame)


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its index as a column, where pandas wrote times or versions as that."""
    index, lower = frame.index, {str(name).strip().lower() for name in frame.columns}
    if lower & {*NAMES["at"], *NAMES["version"]} or index.nlevels > 1:
        return frame
    if is_datetime64_any_dtype(index):
        return frame.reset_index(names="time")
    is_known = str(index.name).strip().lower() in (*NAMES["at"], *NAMES["version"])
    return frame.reset_index() if is_known else frame


def is_csv(content: Content) -> bool:
    """Tell whether the first line names a column of times, revisions or values among others."""
    first = content.first_line.strip().strip("\ufeff")
    cells = [cell.strip().strip('"').lower() for cell in first.split(separator_of(first))]
    known = {name for names in (NAMES["at"], NAMES["version"], NAMES["value"]) for name in names}
    is_text = "\0" not in content.head and first[:1] not in "{["
    return is_text and len(cells) > 1 and bool(known & {*cells})


def is_table(line: str) -> bool:
    """Tell whether a line could name the columns of a table; that of a folded stack ends in a
    number.
    """
    is_text = line.replace("\t", " ").isprintable() and not re.search(r" \d+$", line)
    return is_text and line.count(separator_of(line)) > 0 and "{" not in line


def parse_csv(content: Content) -> pd.DataFrame:
    """Parse series in CSV; comma, semicolon or tab. Texts such as `1.10` stay as they are."""
    return parse_frame(read_csv(content))


def parse_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table that somebody read already as measurements, its index as a column."""
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ParseError(f"expected columns that differ, got {twice!r} twice")
    texts = frame.astype({n: object for n in frame.columns if str(frame[n].dtype) == "category"})
    return parse_frame(_with_index(texts).reset_index(drop=True))


def parse_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a tidy or a wide table as measurements."""
    found = _columns(frame)
    if "value" not in found or _is_wide(frame, found):
        found.pop("value", None)
        frame, found = _melted(frame, found)
    else:
        frame, found = _with_tags(frame, found)
    columns = {name: frame[column] for name, column in found.items() if name != "param"}
    columns["value"] = _numbers(frame[found["value"]])
    if "at" in found:
        columns["at"] = parse_times(frame[found["at"]])
        nowhere = columns["at"].isna() & (
            frame[found["version"]] == "" if "version" in found else True
        )
        if nowhere.any():
            place = f"row {np.flatnonzero(nowhere.to_numpy())[0] + 1}"
            raise ParseError("expected a time or a version, got neither", place=place)
    if {"param", "subject"} <= {*found}:
        subjects, params = (frame[found[name]].astype("str") for name in ("subject", "param"))
        columns["subject"] = subjects + "(" + params + ")"
    if "metric" not in found:
        columns["metric"] = pd.Series("value", frame.index)
    return complete(pd.DataFrame(columns))


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    """Return which column stands for what."""
    lower = {str(column).strip().lower(): column for column in frame.columns}
    found = {}
    for name, choices in NAMES.items():
        known = [choice for choice in choices if choice in lower]
        if known:
            found[name] = lower[known[0]]
    return found


def _is_wide(frame: pd.DataFrame, found: dict[str, Any]) -> bool:
    """Tell whether a column called `value` is one of several series, each with its column."""
    keys = _clock(found)
    if {"subject", "metric", "param", "unit"} & {*found} or not keys:
        return False
    others = [name for name in frame.columns if name not in found.values()]
    return any(_is_numeric(frame[name]) for name in others) and not frame.duplicated(keys).any()


def _with_tags(frame: pd.DataFrame, found: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a tidy table in which columns of text that tell its series apart are in the subject.

    They do where without them a series would have several values at one time; what is the same for
    all of one time, such as a note on a release, does not.
    """
    keys = [column for name, column in found.items() if name != "value"]
    tags = _tags(frame, keys, _clock(found))
    if not tags:
        return frame, found
    parts = [found["subject"], *tags] if "subject" in found else tags
    return frame.assign(subject=_joined(frame, parts)), {**found, "subject": "subject"}


def _tags(frame: pd.DataFrame, keys: list[Any], clock: list[Any]) -> list[Any]:
    """Return the columns of text that it takes to tell rows of one time apart."""
    tags: list[Any] = []
    n_again = int(frame.duplicated(keys).sum()) if clock else 0
    for name in frame.columns:
        if n_again and name not in keys and not _is_numeric(frame[name]):
            n_left = int(frame.duplicated([*keys, *tags, name]).sum())
            if n_left < n_again and frame.groupby(clock)[name].nunique().max() > 1:
                tags.append(name)
                n_again = n_left
    return tags


def _joined(frame: pd.DataFrame, parts: list[Any]) -> pd.Series[Any]:
    """Return columns as one text a row."""
    texts = [frame[part].fillna("").astype("str") for part in parts]
    joined: pd.Series[Any] = texts[0]
    for text in texts[1:]:
        joined = joined + " " + text
    return joined


def _clock(found: dict[str, Any]) -> list[Any]:
    return [found[name] for name in ("at", "version") if name in found]


def _melted(frame: pd.DataFrame, found: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a wide table as a tidy one."""
    kept: dict[str, Any] = {n: found[n] for n in ("service", "at", "version", "host") if n in found}
    keys = list(kept.values())
    others = [name for name in frame.columns if name not in keys]
    series = [name for name in others if _is_numeric(frame[name])]
    _check_mixed(frame, [name for name in others if name not in series])
    if not {"at", "version"} & {*kept} or not series:
        seen = ", ".join(map(str, frame.columns))[:120]
        raise ParseError(f"expected a column of times or revisions, and of values; got {seen}")
    for name in series:
        endless = np.isinf(pd.to_numeric(frame[name].where(_is_told(frame[name])), errors="coerce"))
        if endless.any():
            row = int(np.argmax(endless.to_numpy()))
            seen = str(frame[name].iloc[row])
            raise ParseError(f"expected a number in {name}, got {seen}", place=f"row {row + 1}")
    tags = _tags(frame, keys, _clock(kept))
    again = np.flatnonzero(frame.duplicated([*keys, *tags]).to_numpy())
    strange = [name for name in others if name not in series] or _codes(frame, keys, series)
    if len(again) and strange and not tags:
        texts = ", ".join(map(str, strange))
        at = "/".join(str(frame[key].iloc[again[0]]) for key in keys)
        place = f"row {again[0] + 1}"
        raise ParseError(f"expected one row at {at}, or no column {texts}", place=place)
    tidy = frame.melt([*keys, *tags], series, _SERIES, _VALUE)
    tidy = tidy[_is_told(tidy[_VALUE])].reset_index(drop=True)
    tidy[_SERIES] = _joined(tidy, [_SERIES, *tags])
    return tidy, {**kept, "subject": _SERIES, "value": _VALUE}


def _codes(frame: pd.DataFrame, keys: list[Any], series: list[Any]) -> list[Any]:
    """Return columns of numbers that only tell rows of one time apart, such as a status code."""
    most = frame.groupby(keys, dropna=False).size().max()
    codes = [
        name for name in series
        if is_integer_dtype(pd.to_numeric(frame[name], errors="coerce"))
        and 1 < frame[name].nunique() <= most and not frame.duplicated([*keys, name]).any()
    ]  # fmt: skip
    return codes if len(codes) < len(series) else []


def _is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether a column has numbers, and nothing else but cells that are left open."""
    if is_numeric_dtype(column):
        return True
    return bool(_is_told(column).any()) and not len(_no_numbers(column))


def _check_mixed(frame: pd.DataFrame, names: list[Any]) -> None:
    """Raise ParseError where a column has numbers for the most part, and something else; or what
    is meant for numbers, such as `9,63` or `12 ms`.
    """
    for name in names:
        wrong = _no_numbers(frame[name])
        n_told = int(_is_told(frame[name]).sum())
        cells = [cell for cell in wrong.iloc[:_LOOKED_AT] if isinstance(cell, str)]
        n_meant = sum(bool(_MEANT.fullmatch(cell)) for cell in cells)
        is_label = len({*cells}) <= min(_MOST_LABELS, len(cells) / 4)
        are_meant = 2 * n_meant > len(cells) and not is_label
        if 0 < 2 * len(wrong) < n_told or are_meant:
            place = f"row {np.flatnonzero(frame.index == wrong.index[0])[0] + 1}"
            raise ParseError(f"expected a number in {name}, got {wrong.iloc[0]!r}", place=place)


def _no_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the cells that are neither numbers nor left open."""
    told = column[_is_told(column)]
    return told[pd.to_numeric(told, errors="coerce").isna()]


def _is_told(column: pd.Series[Any]) -> pd.Series[bool]:
    """Return which cells are not left open."""
    if is_numeric_dtype(column):
        return column.notna()
    is_open = [isinstance(cell, str) and cell.strip().casefold() in _MISSING for cell in column]
    return column.notna() & ~np.array(is_open, np.bool_)


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    is_told = _is_told(column)
    numbers = pd.to_numeric(column.where(is_told), errors="coerce").astype("float64")
    wrong = np.flatnonzero((is_told & ~np.isfinite(numbers)).to_numpy())
    if len(wrong):
        seen = column.iloc[wrong[0]]
        raise ParseError(f"expected a number, got {seen!r}", place=f"row {wrong[0] + 1}")
    return numbers


def parse_times(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return times; numbers are Unix time in seconds, milliseconds, or less, told by their size.

    Numbers of eight digits that are a date, such as 20260131, are that.
    """
    times, wrong = read_times(column)
    if len(wrong):
        raise ParseError(told_no_time(column.iloc[wrong[0]]), place=f"row {wrong[0] + 1}")
    return times


def told_no_time(seen: object) -> str:
    """Return the complaint about what is no time."""
    return f"expected a time in ISO 8601 or Unix time, got {seen!r}"


def read_times(column: pd.Series[Any]) -> tuple[pd.Series[Any], IntArray]:
    """Return times as `parse_times` does, and the rows at which there is something else."""
    if is_datetime64_any_dtype(column):
        has_zone = column.dt.tz is not None
        return column.dt.tz_convert("UTC") if has_zone else column.dt.tz_localize("UTC"), _NOWHERE
    is_told = column.notna() & (column != "")
    if _is_numeric(column):
        texts = column.astype("str")
        dates = pd.to_datetime(texts, utc=True, format="%Y%m%d", errors="coerce")
        if (texts.str.len() == 8)[is_told].all() and dates[is_told].notna().all():
            return dates, _NOWHERE
        numbers = pd.to_numeric(column.where(_is_told(column)), errors="coerce").astype("float64")
        numbers = numbers.where(np.isfinite(numbers))
        largest = numbers.abs().max()
        sizes: list[tuple[Unit, float]] = [("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", np.inf)]
        unit = next(unit for unit, most in sizes if not largest >= most)
        times = pd.to_datetime(numbers, unit=unit, utc=True, errors="coerce")
    else:
        times = pd.to_datetime(column.where(is_told), utc=True, format=_FORMAT, errors="coerce")
    return times, np.flatnonzero((is_told & times.isna()).to_numpy())
