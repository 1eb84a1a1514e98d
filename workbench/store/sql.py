"""What stands for the tables of some segments in SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from workbench.errors import StoreError
from workbench.store.schema import TABLES
from workbench.store.segments import Segment, Segments

_T = TypeVar("_T")

ROW = "file_row_number"
"""A column of tables whose rows have an order, which DuckDB keeps in no join: what it is."""
_ORDERED = ("samples", "labels")


class Query:
    """SQL with tables in braces, and values for it -> what it selects."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        segments: Sequence[Segment],
        places: dict[str, str],
    ) -> None:
        self.segments = segments
        self._connection = connection
        self._places = places

    def __call__(self, sql: str, *values: Any) -> pa.Table:
        """Run one selection."""
        named = re.sub(r"\{([\w@]+)\}", lambda name: self._places[name[1]], sql)
        return self._connection.sql(named, params=list(values)).to_arrow_table()


@contextmanager
def _asking(store: Segments, segments: Sequence[Segment]) -> Iterator[Query]:
    """Give what runs SQL over the tables of some segments."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if not store.is_local:
            connection.register_filesystem(store.fs)
        yield Query(connection, segments, _places(store, segments))


def answer(
    store: Segments,
    ask: Callable[[Query], _T],
    choose: Callable[[list[Segment]], list[Segment]] = list,
) -> _T:
    """Ask segments that count; anew where those were replaced and removed meanwhile.

    Damage, be it a broken file or an id that nothing explains, is told as StoreError.
    """
    while True:
        live = store.live()
        try:
            with _asking(store, choose(live)) as query:
                return ask(query)
        except (duckdb.Error, FileNotFoundError, KeyError, IndexError) as error:
            if {*live} <= {*store.live()}:
                complaint = str(error).partition("\n")[0]
                expected = f"{store.url}: expected segments that can be read"
                raise StoreError(f"{expected}, found a damaged one? {complaint}") from error


def _places(segments: Segments, live: Sequence[Segment]) -> dict[str, str]:
    """Return what stands for each table; `table@n` is that of the n-th segment that has one.

    A profile that two segments hold counts once.
    """
    owned: dict[str, frozenset[int]] = {}
    seen: frozenset[int] = frozenset()
    for segment in live:
        owned[segment.id] = segment.profiles - seen
        seen |= segment.profiles
    found = {}
    for name, schema in TABLES.items():
        is_ordered = name in _ORDERED
        holders = [segment for segment in live if name in segment.tables]
        files = {segment.id: _quoted(segments.path(segment, name)) for segment in holders}
        whole, parts = [], []
        for number, segment in enumerate(holders):
            found[f"{name}@{number}"] = _read(files[segment.id], is_ordered=is_ordered)
            if "profile" not in schema.names or owned[segment.id] == segment.profiles:
                whole.append(files[segment.id])
            elif owned[segment.id]:
                ids = ", ".join(map(str, sorted(owned[segment.id])))
                place = _read(files[segment.id], is_ordered=is_ordered)
                parts.append(f"SELECT * FROM {place} WHERE profile IN ({ids})")
        if whole:
            parts.append(f"SELECT * FROM {_read(*whole, is_ordered=is_ordered)}")
        elif not parts:
            parts.append(_empty(schema.append(pa.field(ROW, pa.int64())) if is_ordered else schema))
        found[name] = f"({' UNION ALL '.join(parts)})"
        if name == "incidence" and len(holders) > 1:  # pairs are told by each segment that has them
            found[name] = f"(SELECT DISTINCT * FROM {found[name]} ORDER BY stack)"
    return found


def _read(*files: str, is_ordered: bool) -> str:
    options = f"hive_partitioning = false, file_row_number = {str(is_ordered).lower()}"
    return f"read_parquet([{', '.join(files)}], {options})"


def _empty(schema: pa.Schema) -> str:
    """Return a selection of nothing in the columns of a schema."""
    columns = (f'CAST(NULL AS {_sql_type(field.type)}) AS "{field.name}"' for field in schema)
    return f"SELECT {', '.join(columns)} WHERE false"


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_sql_type(kind.value_type)}[]"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMPTZ"
    names = {"int64": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "bool": "BOOLEAN"}
    return names[str(kind)]


def _quoted(path: str) -> str:
    """Return a path as DuckDB reads it: quoted, and a pattern of nothing but itself."""
    return "'" + re.sub(r"([\[*?])", r"[\1]", path).replace("'", "''") + "'"
