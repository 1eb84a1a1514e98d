"""Rows of records (changes, experiments, services, documents): CSV, JSON lines, a JSON array."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import Content


def parse_rows(content: Content) -> pd.DataFrame | None:
    """Return rows with columns as they are named; None for what is no table of rows.

    Cells stay texts in CSV, and what they are in JSON.
    """
    if "\0" in content.head:
        return None
    start = content.head.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _json_rows(content)
    first = content.head.partition("\n")[0]
    return read_csv(content) if first.strip() and "," in first else None


def read_csv(content: Content) -> pd.DataFrame:
    """Return a table of texts; comma, semicolon or tab, whichever the first line has most of."""
    text = content.text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(first), strict=True)
    cells: list[list[str]] = []
    try:
        names = [name.strip() for name in next(rows, [])]
        for row in rows:
            if row and len(row) != len(names):
                counts = f"{len(names)} cells, one a column, got {len(row)}"
                raise ParseError(f"expected {counts}", place=rows.line_num)
            if row:
                cells.append(row)
    except csv.Error as error:
        raise ParseError(f"expected CSV: {error}", place=rows.line_num) from error
    again = [name for name in names if names.count(name) > 1]
    if again:
        raise ParseError(f"expected columns of different names, got {again[0]!r} twice", place=1)
    if not cells:
        raise ParseError("expected rows below the names of columns, found none", place=1)
    columns = dict(zip(names, map(list, zip(*cells, strict=True)), strict=True))
    return pd.DataFrame(columns, dtype="str")


def separator_of(line: str) -> str:
    """Return what parts the cells of a line."""
    return max(",;\t", key=line.count)


def _json_rows(content: Content) -> pd.DataFrame | None:
    if content.is_json:
        value = content.json.value
        rows = value if isinstance(value, list) else [value]
    else:
        rows = []
        for number, line in enumerate(content.text.split("\n"), start=1):
            if line.strip():
                rows.append(_json_line(content, line, number, is_first=not rows))
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    return pd.DataFrame(rows)


def _json_line(content: Content, line: str, number: int, *, is_first: bool) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        if is_first:  # no lines of JSON but one document, which tells where it is damaged
            content.json  # noqa: B018
        raise ParseError(f"expected one JSON object a line: {error}", place=number) from error
