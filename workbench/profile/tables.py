"""The Arrow tables of a profile, in one place, and the rows of them that have a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.errors import ParseError

FUNCTIONS = pa.schema(
    [
        ("name", pa.string()),
        ("file", pa.string()),  # source path, or the binary where that is all one knows; or empty
        ("line", pa.int64()),  # where the function begins; 0 where unknown
    ]
)
LOCATIONS = pa.schema(
    [
        ("function", pa.int32()),  # row of FUNCTIONS
        ("line", pa.int64()),  # that was running; 0 where unknown
        ("address", pa.int64()),  # of the instruction, two's complement; 0 where unknown
        ("kind", pa.string()),  # kernel, jit, inlined, interpreted, c1, native; or empty
    ]
)
LABELS = pa.schema(
    [
        ("sample", pa.int64()),  # row of the samples; ascending
        ("key", pa.string()),
        ("text", pa.string()),  # null where the label is a number
        ("number", pa.int64()),  # null where the label is a text
        ("unit", pa.string()),  # of the number; or empty
    ]
)


_IMPORT_ROOT = re.compile(
    r".*/(?:(?:site|dist)-packages|lib/python3\.\d+t?)/", re.DOTALL | re.IGNORECASE
)


MOST_PATH, MOST_COLONS = 4096, 64
"""In which the name of a function begins that a subject tells."""


class Function(NamedTuple):
    """A function as profilers and source code both can name it."""

    name: str
    """Qualified name within its module (`Cls.method`, `outer.<locals>.inner`)."""
    file: str = ""
    """Source path relative to the import root (`pkg/mod.py`); empty where unknown."""
    line: int = 0
    """Where it begins; 0 where unknown, or where only name and file tell functions apart."""

    @property
    def subject(self) -> str:
        """The name people read: `pkg.mod:Cls.method`, or the bare name without a file.

        Where Python keeps its modules on a machine is no part of it.
        """
        if not self.file:
            return self.name
        stem = self.file.removesuffix(".py")
        if stem == self.file:
            return f"{stem}:{self.name}"
        module = _IMPORT_ROOT.sub("", stem.replace("\\", "/")).strip("/")
        return f"{module.removesuffix('/__init__').replace('/', '.')}:{self.name}"

    @staticmethod
    def names_in(subject: str) -> list[str]:
        """Return the names that a function may have of which this is the subject or the name."""
        colons = [at for at, char in enumerate(subject[:MOST_PATH]) if char == ":"]
        return [subject, *(subject[at + 1 :] for at in colons[:MOST_COLONS])]


class ValueType(NamedTuple):
    """What a sample's value counts, and in which unit."""

    name: str
    unit: str

    def __str__(self) -> str:
        """Return `name/unit`."""
        return f"{self.name}/{self.unit}"


def make_table(schema: pa.Schema, columns: Mapping[str, Any]) -> pa.Table:
    """Build a table of columns; text that is no valid Unicode gets replacement characters."""
    arrays = [_array(columns[field.name], field) for field in schema]
    return pa.table(arrays, schema=schema)


def make_functions(functions: Iterable[Function]) -> pa.Table:
    """Build a FUNCTIONS table."""
    rows = list(functions)
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return make_table(FUNCTIONS, dict(zip(FUNCTIONS.names, map(list, columns), strict=True)))


def with_column(table: pa.Table, name: str, values: npt.NDArray[Any]) -> pa.Table:
    """Return a table with other numbers in one column."""
    field = table.schema.get_field_index(name)
    return table.set_column(
        field, table.schema.field(field), pa.array(values, table.field(field).type)
    )


def column(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """Return a column of numbers as one array, without a copy where that can be."""
    chunks = table.column(name).chunks
    if len(chunks) == 1:
        return np.asarray(chunks[0].to_numpy(zero_copy_only=False))
    return np.asarray(table.column(name).to_numpy())


def _array(values: Any, field: pa.Field) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.cast(field.type)
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:  # a lone surrogate
        texts = [v if v is None else v.encode("utf-8", "replace").decode() for v in values]
        return pa.array(texts, field.type)
    except (OverflowError, pa.ArrowInvalid) as error:
        raise ParseError(f"expected a {field.name} that fits {field.type}: {error}") from error
