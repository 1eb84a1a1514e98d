"""Rows of records (changes, experiments, services, documents): CSV, JSON lines, a JSON array."""

from __future__ import annotations

import io
import json

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import Content


def parse_rows(content: Content) -> pd.DataFrame | None:
    """Return rows with columns as they are named; None for what is no table of rows.

    Cells stay texts in CSV, and what they are in JSON.
    """
    start = content.head.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _json_rows(content)
    first = content.head.partition("\n")[0]
    if not first.strip() or "," not in first:
        return None
    try:
        text = content.text.lstrip("\ufeff")
        return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ParseError(f"expected CSV: {error}") from error


def _json_rows(content: Content) -> pd.DataFrame | None:
    if content.is_json:
        value = content.json.value
        rows = value if isinstance(value, list) else [value]
    else:
        rows = []
        for number, line in enumerate(content.text.split("\n"), start=1):
            if line.strip():
                rows.append(_json_line(line, number))
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    return pd.DataFrame(rows)


def _json_line(line: str, number: int) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"expected one JSON object a line: {error}", place=number) from error
