"""Many segments -> few: profiles into one, each table of records into one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import pyarrow as pa

from workbench.store.records import read_newest
from workbench.store.schema import PROFILE_TABLES, RECORD_TABLES, TABLES
from workbench.store.segments import TIER, Segment, Segments
from workbench.store.sql import ROW, Query, answer

_SORTED = {
    "profiles": 'SELECT * FROM {profiles} ORDER BY service, "at", profile',
    "functions": "SELECT DISTINCT * FROM {functions} ORDER BY function",
    "locations": "SELECT DISTINCT * FROM {locations} ORDER BY location",
    "stacks": "SELECT DISTINCT ON (stack) * FROM {stacks} ORDER BY stack",
    "incidence": "SELECT DISTINCT * FROM {incidence} ORDER BY stack, function",
    "samples": f"SELECT * EXCLUDE {ROW} FROM {{samples}} ORDER BY profile, {ROW}",
    "labels": f"SELECT * EXCLUDE {ROW} FROM {{labels}} ORDER BY profile, {ROW}",
    "cells": "SELECT * FROM {cells} ORDER BY value_type, stack, profile",
}


def compact_segments(segments: Segments, *, whole: bool) -> int:
    """Answer `Store.compact`."""
    segments.sweep()
    live = segments.live()
    least = 2 if whole else TIER
    counts = Counter(table for segment in live for table in segment.tables)
    n = 0
    if counts["profiles"] >= least:
        n += _compact_profiles(segments, least, whole)
    for name in RECORD_TABLES:
        if counts[name] >= least:
            n += _compact_records(segments, name, least, whole)
    return n


def _compact_profiles(segments: Segments, least: int, whole: bool) -> int:
    """Put segments of profiles together."""

    def read(query: Query) -> tuple[Sequence[Segment], dict[str, pa.Table]]:
        if len(query.segments) < least:
            return (), {}
        return query.segments, {name: query(_SORTED[name]) for name in PROFILE_TABLES}

    olds, tables = answer(segments, read, partial(_choose, segments, "profiles", whole))
    if olds:
        filled = {n: table.cast(TABLES[n]) for n, table in tables.items() if table.num_rows}
        ids = frozenset[int]().union(*(segment.profiles for segment in olds))
        segments.write(filled, ids, olds)
    return len(olds)


def _compact_records(segments: Segments, name: str, least: int, whole: bool) -> int:
    """Put segments of one table of records together; each row keeps its time."""

    def read(query: Query) -> tuple[Sequence[Segment], pa.Table]:
        is_enough = len(query.segments) >= least
        return (query.segments, read_newest(query, name)) if is_enough else ((), None)

    olds, rows = answer(segments, read, partial(_choose, segments, name, whole))
    if olds:
        segments.write({name: rows}, replaces=olds)
    return len(olds)


def _choose(segments: Segments, table: str, whole: bool, live: list[Segment]) -> list[Segment]:
    found = [segment for segment in live if table in segment.tables]
    return found if whole else segments.of_like_size(found)
