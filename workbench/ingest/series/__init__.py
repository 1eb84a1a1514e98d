"""Series that others recorded -> one table of measurements."""

from workbench.ingest.series.measurements import COLUMNS
from workbench.ingest.series.parts import open_series, prefers_parts
from workbench.ingest.series.prometheus import fetch_prometheus, query_prometheus
from workbench.ingest.series.read import SERIES_FORMATS, SeriesFormat, read_series

__all__ = [
    "COLUMNS",
    "SERIES_FORMATS",
    "SeriesFormat",
    "fetch_prometheus",
    "open_series",
    "prefers_parts",
    "query_prometheus",
    "read_series",
]
