"""Tables beside profiles: changes, experiments and their results, services, documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.errors import StoreError
from workbench.store.schema import CHANGE_KINDS, FIRST, KEYS, RECORD_TABLES, REQUIRED, WRITTEN
from workbench.store.sql import Query


def make_records(table: str, rows: pd.DataFrame | Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows in the schema of a table; StoreError for one that does not fit."""
    if table not in RECORD_TABLES:
        raise StoreError(f"expected a table among {', '.join(RECORD_TABLES)}, got {table!r}")
    schema = RECORD_TABLES[table]
    if not isinstance(rows, pd.DataFrame | list | tuple):
        raise StoreError(f"{table}: expected rows, got {type(rows).__name__}")
    try:
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    except UnicodeEncodeError as error:
        raise StoreError(f"{table}: expected text that is valid Unicode: {error}") from error
    if not frame.columns.is_unique:
        seen = ", ".join(map(str, frame.columns))
        raise StoreError(f"{table}: expected each column once, got {seen}")
    unknown = [name for name in frame.columns if name not in schema.names]
    missing = [name for name in REQUIRED[table] if name not in frame.columns]
    if len(frame) and (unknown or missing):
        seen = ", ".join(map(str, frame.columns))
        raise StoreError(
            f"{table}: expected columns among {', '.join(schema.names)}, with "
            f"{', '.join(REQUIRED[table])}; got {seen}"
        )
    if table == "changes" and "kind" in frame:
        told = frame["kind"]
        strange = told[told.notna() & ~told.isin(["", *CHANGE_KINDS])]
        if len(strange):
            raise StoreError(
                f"changes.kind: expected one of {', '.join(CHANGE_KINDS)}, got {strange.iloc[0]!r}"
            )
    arrays = [_column(table, frame, field) for field in schema]
    return pa.table(arrays, schema=schema)


def read_newest(query: Query, name: str) -> pa.Table:
    """Return the newest record of each key of a table, with when it was written and first came."""
    parts = [
        _with_times(
            _complete(query(f"SELECT * FROM {{{name}@{number}}}"), name), segment.written_ns
        )
        for number, segment in enumerate(query.segments)
    ]
    nothing = _with_times(RECORD_TABLES[name].empty_table(), 0)
    whole = pa.concat_tables(
        [nothing, *(part.select(nothing.column_names).cast(nothing.schema) for part in parts)]
    )
    return _newest_rows(whole, KEYS[name])


def _complete(rows: pa.Table, name: str) -> pa.Table:
    """Return records with every column of their table; those written before it had one lack it."""
    for field in RECORD_TABLES[name]:
        if field.name not in rows.column_names:
            blank = "" if pa.types.is_string(field.type) else None
            rows = rows.append_column(field, pa.array([blank] * rows.num_rows, field.type))
    return rows


def _with_times(rows: pa.Table, written_ns: int) -> pa.Table:
    """Return records with both times, which those that were put together tell themselves."""
    for name in (WRITTEN, FIRST):
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.array(np.full(rows.num_rows, written_ns)))
    return rows


def _newest_rows(whole: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Return the newest row of each key, in the order in which the keys first came.

    Of equal times the later row counts.
    """
    whole = whole.take(pa.array(np.argsort(whole[FIRST].to_numpy(), kind="stable")))
    frame: pd.DataFrame = whole.select(keys).to_pandas()
    key = frame.groupby(list(keys), sort=False, dropna=False).ngroup().to_numpy()
    firsts = np.unique(key, return_index=True)[1]
    written = np.argsort(whole[WRITTEN].to_numpy(), kind="stable")
    newest = np.zeros(len(firsts), np.int64)
    newest[key[written]] = written  # what is written last stays
    found = whole.take(pa.array(newest)).combine_chunks()
    return found.set_column(
        found.schema.get_field_index(FIRST), FIRST, whole[FIRST].take(pa.array(firsts))
    )


def _column(table: str, frame: pd.DataFrame, field: pa.Field) -> pa.Array:
    if field.name not in frame.columns:
        blank = "" if pa.types.is_string(field.type) else None
        return pa.array([blank] * len(frame), field.type)
    values = frame[field.name]
    if pa.types.is_timestamp(field.type):
        return pa.array(_times(f"{table}.{field.name}", values), field.type)
    try:
        return pa.array(values, field.type, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise StoreError(f"{table}.{field.name}: expected {field.type}: {error}") from error


def _times(name: str, values: pd.Series[Any]) -> npt.NDArray[np.datetime64]:
    if any(isinstance(value, int | float) and not pd.isna(value) for value in values):
        raise StoreError(f"{name}: expected times in ISO 8601, got numbers")
    is_text = values.dtype in (object, "str")
    try:
        times = pd.to_datetime(values, utc=True, format="ISO8601" if is_text else None)
        return times.dt.tz_convert(None).to_numpy("datetime64[us]")
    except (ValueError, TypeError) as error:
        raise StoreError(f"{name}: expected times in ISO 8601: {error}") from error


def find_table(columns: Sequence[str]) -> str | None:
    """Return which table rows with these columns are for: one that has them all, and its key."""
    told = {*columns}
    fits = [
        name
        for name, schema in RECORD_TABLES.items()
        if told <= {*schema.names} and {*REQUIRED[name]} <= told
    ]
    return max(fits, key=lambda name: len(KEYS[name]), default=None)
