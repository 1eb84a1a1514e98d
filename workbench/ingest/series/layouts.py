"""Which columns of Parquet name series, which hold their values, and which windows those are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from workbench.errors import ParseError
from workbench.ingest.series.tables import NAMES, parse_times

Windows = pd.RangeIndex | pd.DatetimeIndex
"""Times of windows, or their numbers."""

_FEWEST_WINDOWS = 10
_KEYS = ("service", "metric", "subject", "unit", "host", "param")
_LISTS = ("values", *NAMES["value"])
_KNOWN = {choice for choices in NAMES.values() for choice in choices}
_DATE = r"\d{4}(-\d\d|/\d|\d{4}T)"
"""How a time begins that is no whole number."""
_WHOLE = r"[+-]?\d{1,18}"
_DATES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""Dates without signs between, by their number of digits."""
_FIRST_UNIX = 10**8
"""In 1973: smaller numbers count windows."""
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns hold what."""

    kind: str
    """`list`, `wide` or `tidy`."""
    keys: tuple[tuple[str, str], ...]
    """What names a series, and the columns that have it."""
    values: tuple[str, ...]
    at: str = ""
    """Column of times; empty where there is none."""

    @property
    def columns(self) -> list[str]:
        """All that are read."""
        names = [column for _, column in self.keys]
        return [*names, *([self.at] if self.at else []), *self.values]

    @property
    def told(self) -> str:
        """What to show of them."""
        columns = self.columns
        return ", ".join(columns if len(columns) < 9 else [*columns[:6], "…", columns[-1]])


def find_layout(schema: pa.Schema) -> Layout | None:
    """Return the layout of a table; None where it has none of those."""
    lower = {field.name.strip().lower(): field for field in reversed(list(schema))}

    def find(choices: Sequence[str], test: Callable[[pa.DataType], bool]) -> str | None:
        known = [lower[choice] for choice in choices if choice in lower]
        return next((one.name for one in known if test(one.type)), None)

    keys = tuple(
        (name, column) for name in _KEYS if (column := find(NAMES[name], _is_text)) is not None
    )
    if not keys:
        return None
    at_list = find(NAMES["at"], _is_list)
    lists = [one.name for one in schema if _has_numbers(one.type) and one.name != at_list]
    values = find(_LISTS, _may_have_numbers) or (lists[0] if len(lists) == 1 else None)
    if values is not None:
        return Layout("list", keys, (values,), at_list or "")
    at, value = find(NAMES["at"], _is_flat), find(NAMES["value"], _is_number)
    if at is not None and value is not None:
        return Layout("tidy", keys, (value,), at)
    numbers = tuple(one.name for one in schema if _is_number(one.type) or _is_open(one))
    is_dated = at is not None or find(NAMES["version"], _is_flat) is not None
    if not is_dated and len(numbers) >= _FEWEST_WINDOWS:
        return Layout("wide", keys, numbers)
    return None


def get_layout(schema: pa.Schema) -> Layout:
    """Return the layout of a table; ParseError says what was expected."""
    name, n = Counter(schema.names).most_common(1)[0] if schema.names else ("", 0)
    if n > 1:
        raise ParseError(f"expected columns of different names, got {n} called {name}")
    layout = find_layout(schema)
    if layout is None:
        seen = [f"{one.name} ({_told_type(one.type)})" for one in schema]
        told = ", ".join(seen[:_SHOWN] + ["…"] * (len(seen) > _SHOWN)) or "no columns"
        raise ParseError(
            "expected columns of text that name a series (such as service, metric, subject), and "
            f"its numbers in one list (values), in a column a window, {_FEWEST_WINDOWS} or more, "
            f"or in rows (value, at); got {told}"
        )
    return layout


def windows_of(columns: Sequence[str]) -> tuple[list[str], Windows]:
    """Return columns in order of the windows that they are named after, and the windows.

    Names that are neither times nor whole numbers stay in order, and windows are numbered.
    """
    names = pd.Series(columns, dtype=object).str.strip()
    is_whole = names.str.fullmatch(_WHOLE)
    dated = names.where(names.str.match(_DATE) & ~is_whole)
    times = pd.to_datetime(dated, utc=True, format="ISO8601", errors="coerce")
    is_known = max(is_whole, times.notna(), key=sum)
    if 2 * is_known.sum() <= len(names):
        return list(columns), pd.RangeIndex(len(names))
    parsed = _of_numbers(names[is_known]) if is_known is is_whole else times[is_known]
    is_time = not pd.api.types.is_integer_dtype(parsed)
    if not is_known.all():
        told = f"{'times' if is_time else 'numbers'}, as {names[is_known].iloc[0]} is"
        strange = [str(name) for name in names[~is_known]]
        seen = ", ".join(strange[:_SHOWN] + ["…"] * (len(strange) > _SHOWN))
        raise ParseError(f"expected columns of numbers to be windows named by {told}, got {seen}")
    again = parsed[parsed.duplicated()]
    if len(again):
        raise ParseError(f"expected one column a window, got two of {again.iloc[0]}")
    parsed = parsed.sort_values()
    ordered = [columns[row] for row in parsed.index]
    return ordered, pd.DatetimeIndex(parsed) if is_time else pd.RangeIndex(len(parsed))


def _of_numbers(names: pd.Series[str]) -> pd.Series[int] | pd.Series[pd.Timestamp]:
    """Return times, where whole numbers are dates or Unix time, or the numbers."""
    form = _DATES.get(len(names.iloc[0]))
    if form and (names.str.len() == len(names.iloc[0])).all():
        times = pd.to_datetime(names, utc=True, format=form, errors="coerce")
        if times.notna().all():
            return times
    numbers = names.astype("int64")
    return parse_times(numbers) if numbers.min() >= _FIRST_UNIX else numbers


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_floating, pa.types.is_integer, pa.types.is_decimal)
    return any(test(kind) for test in tests)


def _is_open(column: pa.Field) -> bool:
    """Tell whether a column is that of a window without any value."""
    return pa.types.is_null(column.type) and column.name.strip().lower() not in _KNOWN


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list,
             pa.types.is_list_view, pa.types.is_large_list_view)  # fmt: skip
    return any(test(kind) for test in tests)


def _has_numbers(kind: pa.DataType) -> bool:
    return _is_list(kind) and _is_number(kind.value_type)


def _may_have_numbers(kind: pa.DataType) -> bool:
    """Tell whether it is a list of numbers, or one that is always empty."""
    return _has_numbers(kind) or (_is_list(kind) and pa.types.is_null(kind.value_type))


def _is_flat(kind: pa.DataType) -> bool:
    return not _is_list(kind)


def _told_type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _told_type(kind.value_type)
    return f"list of {kind.value_type}" if _is_list(kind) else str(kind)
