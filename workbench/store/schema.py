"""The tables of a segment, in one place.

A store is a folder `segments/<id>/` of four Parquet tables each. A segment is written beside and
renamed into place, so it is there whole or not at all; its id is the hash of its content, so
adding the same again changes nothing and writers need no coordination.
"""

import pyarrow as pa

VERSION = 1

WINDOWS = pa.schema(
    [
        ("window", pa.int64()),  # hash of service, time and profile
        ("service", pa.string()),
        ("version", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("work", pa.float64()),  # rounds of work done; NaN where unknown
        ("cpu_seconds", pa.float64()),  # CPU time that work took; NaN where unknown
        ("n_samples", pa.int64()),
    ]
)
FUNCTIONS = pa.schema([("function", pa.int64()), ("name", pa.string()), ("file", pa.string())])
STACKS = pa.schema([("stack", pa.int64()), ("functions", pa.list_(pa.int64()))])  # root first
SAMPLES = pa.schema([("window", pa.int64()), ("stack", pa.int64()), ("count", pa.int64())])

TABLES = {"windows": WINDOWS, "functions": FUNCTIONS, "stacks": STACKS, "samples": SAMPLES}
