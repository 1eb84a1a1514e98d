"""The table that every reader of series fills."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import Node

COLUMNS = ("service", "metric", "subject", "unit", "at", "version", "host", "value")
"""`at` is a time in UTC (NaT where unknown), `version` a revision or release, `value` a float in
`unit`; what a file does not tell is an empty text."""


_TEXTS = ("service", "metric", "subject", "unit", "version", "host")


class Measurement(NamedTuple):
    """One value of one series."""

    metric: str
    subject: str
    value: float
    unit: str = ""
    at: Any = None
    """Whatever `pandas.to_datetime` takes, or seconds of Unix time."""
    version: str = ""
    host: str = ""


def make_frame(measurements: Iterable[Measurement]) -> pd.DataFrame:
    """Return a table with `COLUMNS`, in order of metric, subject and time."""
    frame = pd.DataFrame(list(measurements), columns=list(Measurement._fields))
    frame["at"] = [parse_time(at) for at in frame["at"]]
    return complete(frame)


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with `COLUMNS`, for one that has some of them, in the same order.

    Of several values of a series at one time and version it has the median.
    """
    columns: dict[str, pd.Series[Any]] = {
        name: frame[name].fillna("").astype("str") if name in frame else pd.Series("", frame.index)
        for name in _TEXTS
    }
    unknown = pd.Series(pd.NaT, frame.index)
    columns["at"] = pd.to_datetime(frame.get("at", unknown), utc=True)
    whole = pd.DataFrame({**columns, "value": frame["value"].astype("float64")}, frame.index)
    whole["at"] = whole["at"].astype("datetime64[us, UTC]")
    keys = [name for name in COLUMNS if name != "value"]
    if whole.duplicated(keys).any():
        medians = whole.groupby(keys, sort=False, dropna=False)["value"].median()
        whole = medians.reset_index()
    order = ["metric", "subject", "at"]
    return whole[list(COLUMNS)].sort_values(order, kind="stable", ignore_index=True)


def parse_time(at: Any) -> pd.Timestamp | None:
    """Return a time in UTC; ParseError for what is none."""
    if at is None or at == "":
        return None
    try:
        if isinstance(at, int | float):
            return pd.Timestamp(at, unit="s", tz="UTC")
        time = pd.Timestamp(at)
    except (ValueError, OverflowError, TypeError) as error:
        raise ParseError(f"expected a time, got {at!r}") from error
    return time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")


def optional_text(node: Node, *keys: str) -> str:
    """Return a text deep in a document; empty where some part of the way is not there."""
    for key in keys:
        if not isinstance(node.value, dict):
            return ""
        found = node.get(key)
        if found is None:
            return ""
        node = found
    return node.text() if isinstance(node.value, str) else ""
