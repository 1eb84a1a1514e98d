"""The tables of a store, in one place, and how they lie on disk.

A store is a folder, or a prefix of an object storage, of *segments*: Parquet tables
`segments/<id>/<table>.parquet`, and `segments/<id>.json` beside, which is written last. What has no
such manifest is not there, so a segment is there whole or not at all. Segments never change, the
name of each is its writer's alone, and all ids in the tables are hashes of content: adding the same
again changes nothing and writers need no coordination. A segment that puts others together names
them in `replaces`.

Of a profile there are its rows as recorded (`samples`, `labels`) and, made from them, the sums by
stack (`cells`), from which series are computed. `incidence` holds each pair of a stack and a
function in it once, so that recursion counts once.
"""

import pyarrow as pa

VERSION = 2

_ID = pa.int64()

PROFILES = pa.schema(
    [
        ("profile", _ID),
        ("service", pa.string()),
        ("version", pa.string()),
        ("host", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),  # start of the window that the profile covers
        ("duration_s", pa.float64()),  # NaN where unknown
        ("work", pa.float64()),  # units of work done in it (requests, rounds); NaN where unknown
        ("cpu_seconds", pa.float64()),  # CPU time that work took; NaN where unknown
        ("n_samples", pa.int64()),  # rows as recorded
        ("value_names", pa.list_(pa.string())),
        ("value_units", pa.list_(pa.string())),
        ("is_float", pa.list_(pa.bool_())),  # which columns of values are no integers
        ("default_value", pa.int64()),
        ("totals", pa.list_(pa.float64())),
    ]
)
FUNCTIONS = pa.schema([("function", _ID), ("name", pa.string()), ("file", pa.string())])
LOCATIONS = pa.schema(
    [
        ("location", _ID),
        ("function", _ID),
        ("start", pa.int64()),  # line where the function begins; 0 where unknown
        ("line", pa.int64()),
        ("address", pa.int64()),
        ("kind", pa.string()),
    ]
)
STACKS = pa.schema([("stack", _ID), ("locations", pa.list_(_ID))])  # root first
INCIDENCE = pa.schema([("stack", _ID), ("function", _ID), ("is_leaf", pa.bool_())])  # by stack
SAMPLES = pa.schema(
    [
        ("profile", _ID),
        ("stack", _ID),
        ("integers", pa.list_(pa.int64())),  # one for each value type that is no float
        ("floats", pa.list_(pa.float64())),
    ]
)
LABELS = pa.schema(
    [
        ("profile", _ID),
        ("sample", pa.int64()),  # row within the profile
        ("key", pa.string()),
        ("text", pa.string()),
        ("number", pa.int64()),
        ("unit", pa.string()),
    ]
)
CELLS = pa.schema(  # sorted by value type, stack, profile
    [("value_type", pa.string()), ("stack", _ID), ("profile", _ID), ("value", pa.float64())]
)

PROFILE_TABLES = {
    "profiles": PROFILES,
    "functions": FUNCTIONS,
    "locations": LOCATIONS,
    "stacks": STACKS,
    "incidence": INCIDENCE,
    "samples": SAMPLES,
    "labels": LABELS,
    "cells": CELLS,
}

_TIME = pa.timestamp("us", tz="UTC")

CHANGE_KINDS = ("commit", "flag", "config", "experiment", "dependency")
RECORD_TABLES = {
    "changes": pa.schema(
        [
            ("id", pa.string()),
            ("kind", pa.string()),  # one of CHANGE_KINDS
            ("service", pa.string()),  # empty where it is not of one
            ("at", _TIME),
            ("title", pa.string()),
            ("author", pa.string()),
            ("detail", pa.string()),  # a diff, old and new value, a description
            ("files", pa.list_(pa.string())),
            ("key", pa.string()),  # name of the flag, setting or package; empty for a commit
            ("before", pa.string()),  # its value as text; of a flag in steps the fraction reached
            ("after", pa.string()),
        ]
    ),
    "experiments": pa.schema(
        [
            ("id", pa.string()),
            ("service", pa.string()),
            ("title", pa.string()),
            ("start", _TIME),
            ("end", _TIME),  # null while it runs
            ("arms", pa.list_(pa.string())),
        ]
    ),
    "experiment_results": pa.schema(
        [
            ("experiment", pa.string()),
            ("arm", pa.string()),
            ("metric", pa.string()),
            ("at", _TIME),
            ("n", pa.int64()),
            ("mean", pa.float64()),
            ("low", pa.float64()),  # 95 % interval of the mean
            ("high", pa.float64()),
        ]
    ),
    "measurements": pa.schema(  # series that others recorded
        [
            ("service", pa.string()),
            ("metric", pa.string()),
            ("subject", pa.string()),
            ("unit", pa.string()),
            ("at", _TIME),  # null where only the version is known
            ("version", pa.string()),
            ("host", pa.string()),
            ("value", pa.float64()),
        ]
    ),
    "services": pa.schema(
        [
            ("service", pa.string()),
            ("servers", pa.float64()),
            ("watts", pa.float64()),  # of one server
            ("owner", pa.string()),
        ]
    ),
    "documents": pa.schema(
        [
            ("id", pa.string()),
            ("title", pa.string()),
            ("service", pa.string()),
            ("at", _TIME),
            ("text", pa.string()),
        ]
    ),
    "past_cases": pa.schema(  # regressions that were investigated to the end
        [
            ("id", pa.string()),
            ("service", pa.string()),
            ("at", _TIME),
            ("title", pa.string()),
            ("subject", pa.string()),  # function or endpoint that regressed
            ("category", pa.string()),
            ("cause", pa.string()),  # in words
            ("mitigation", pa.string()),
            ("change", pa.string()),  # id of the culprit; empty where nobody was to blame
        ]
    ),
}
"""What is told beside profiles; a later row of the same key goes before an earlier."""

WRITTEN, FIRST = "written_ns", "first_ns"
"""Columns of records that were put together: Unix time of the segment of each row, and of the first
that had its key."""

KEYS = {
    "changes": ("id", "service"),
    "experiments": ("id", "service"),
    "experiment_results": ("experiment", "arm", "metric", "at"),
    "measurements": ("service", "metric", "subject", "at", "version", "host"),
    "services": ("service",),
    "documents": ("id", "service"),
    "past_cases": ("id", "service"),
}

REQUIRED = KEYS | {
    "changes": ("id",),
    "experiments": ("id",),
    "documents": ("id",),
    "past_cases": ("id", "cause"),
    "experiment_results": ("experiment", "arm", "metric"),
    "measurements": ("metric", "value"),
}
"""Columns that a record cannot be without; the others are empty where they are not told."""

TABLES = PROFILE_TABLES | RECORD_TABLES
