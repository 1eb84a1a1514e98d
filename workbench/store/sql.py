"""What stands for the tables of some segments in SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pyarrow as pa

from workbench.store.schema import TABLES
from workbench.store.segments import Segment, Segments

Query = Callable[..., pa.Table]
"""SQL with tables in braces and values for it -> what it selects."""


def places(segments: Segments, live: Sequence[Segment]) -> dict[str, str]:
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
        holders = [segment for segment in live if name in segment.tables]
        files = {segment.id: _quoted(segments.path(segment, name)) for segment in holders}
        whole, parts = [], []
        for number, segment in enumerate(holders):
            found[f"{name}@{number}"] = _read(files[segment.id])
            if "profile" not in schema.names or owned[segment.id] == segment.profiles:
                whole.append(files[segment.id])
            elif owned[segment.id]:
                ids = ", ".join(map(str, sorted(owned[segment.id])))
                parts.append(f"SELECT * FROM {_read(files[segment.id])} WHERE profile IN ({ids})")
        if whole or not parts:
            parts.append(f"SELECT * FROM {_read(*whole)}" if whole else _empty(schema))
        found[name] = f"({' UNION ALL '.join(parts)})"
        if name == "incidence" and len(holders) > 1:  # pairs are told by each segment that has them
            found[name] = f"(SELECT DISTINCT * FROM {found[name]} ORDER BY stack)"
    return found


def _read(*files: str) -> str:
    return f"read_parquet([{', '.join(files)}], hive_partitioning = false)"


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
