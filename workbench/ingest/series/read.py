"""The one way in for series: tell the format from the content, hand over to its parser."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import MOST_BYTES, Content, unpack
from workbench.ingest.series import asv, benchmarks, prometheus, tables


class SeriesFormat(NamedTuple):
    """How one format of series is told and read; either may raise ParseError, and nothing else."""

    looks_like: Callable[[Content], bool]
    parse: Callable[[Content], pd.DataFrame]


SERIES_FORMATS: dict[str, SeriesFormat] = {
    "parquet": SeriesFormat(tables.is_parquet, tables.parse_parquet),
    "pytest-benchmark": SeriesFormat(
        benchmarks.is_pytest_benchmark, benchmarks.parse_pytest_benchmark
    ),
    "pyperf": SeriesFormat(benchmarks.is_pyperf, benchmarks.parse_pyperf),
    "google-benchmark": SeriesFormat(
        benchmarks.is_google_benchmark, benchmarks.parse_google_benchmark
    ),
    "prometheus": SeriesFormat(prometheus.is_prometheus, prometheus.parse_prometheus),
    "csv": SeriesFormat(tables.is_csv, tables.parse_csv),
}
"""Every format of one file that `read_series` knows, in the order in which they are tried."""


def find_series_format(content: Content) -> str | None:
    """Return the format that content looks like; None for none."""
    return next((name for name, f in SERIES_FORMATS.items() if f.looks_like(content)), None)


def read_series(
    source: Path | str | bytes | pd.DataFrame, *, most_bytes: int = MOST_BYTES
) -> pd.DataFrame:
    """Read series that another tool recorded.

    Parameters
    ----------
    source : path, bytes or pandas.DataFrame
        A file of one of `SERIES_FORMATS`, its content, or a folder of results of asv; or a table
        with the columns that a file would have: of times or revisions, and a column a series, or
        `value` and what names a series.
    most_bytes : int
        What a compressed file may grow to.

    Returns
    -------
    pandas.DataFrame
        One row a value: `metric`, `subject`, `unit`, `at` (UTC), `version`, `host`, `value`.

    Raises
    ------
    ParseError
        Names the file, the place in it, what was seen and what was expected.
    """
    if isinstance(source, pd.DataFrame):
        return tables.parse_table(source)
    if not isinstance(source, str | PathLike | bytes):
        raise ParseError(f"expected the path of series, or their content, got {source!r:.80}")
    path = None if isinstance(source, bytes) else Path(source)
    if path is not None and path.is_dir():
        results = asv.results_in(path)
        if results is None:
            raise ParseError("expected a folder of asv results (benchmarks.json, machines)", path)
        return asv.parse_asv(results)
    if path is not None and not path.is_file():
        raise ParseError("expected a file of series, found no such file", path)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        content = Content(unpack(data, most_bytes))
        name = find_series_format(content)
        if name is None:
            raise ParseError(_no_format(content))
        return SERIES_FORMATS[name].parse(content)
    except ParseError as error:
        raise error.within(path) from error


def _no_format(content: Content) -> str:
    """Return the complaint about what is in no format."""
    if not content.data:
        return f"expected one of {', '.join(SERIES_FORMATS)}, asv, got an empty file"
    if asv.is_result(content):
        return "expected the folder of asv results in which this is one, got it alone"
    line = content.first_line.strip()
    if tables.is_table(line):
        names = ", ".join(tables.NAMES["at"] + tables.NAMES["version"])
        return f"expected a first line that names a column of times or revisions ({names}), or " \
               f"value; got {line[:80]!r}"  # fmt: skip
    from workbench.ingest.others import describe  # which ask for tables of series themselves
    from workbench.ingest.read import find_format

    known = find_format(content)
    seen = f"a profile ({known}), which `workbench profile` reads" if known else describe(content)
    return f"expected one of {', '.join(SERIES_FORMATS)}, asv, got {seen}"
