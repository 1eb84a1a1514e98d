"""Prometheus: range queries over its HTTP API, and the answers of such when they are kept in files.

Follows prometheus.io/docs/prometheus/latest/querying/api (a matrix of series; values are texts).
"""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import datetime

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import MOST_BYTES, Content, Node
from workbench.ingest.series.measurements import Measurement, make_frame, optional_text

_SERVICE_LABELS = ("__name__", "instance")


def query_prometheus(
    url: str, query: str, start: datetime, end: datetime, step_s: float, *, timeout_s: float = 60.0
) -> pd.DataFrame:
    """Run a range query against a server.

    Parameters
    ----------
    url : str
        Of the server, `http://host:9090`.
    query : str
        PromQL.
    start, end : datetime
        With a time zone; both ends are asked for.
    step_s : float
        Seconds between values.
    """
    asked = urllib.parse.urlencode(
        {"query": query, "start": start.timestamp(), "end": end.timestamp(), "step": step_s}
    )
    return fetch_prometheus(f"{url.rstrip('/')}/api/v1/query_range?{asked}", timeout_s=timeout_s)


def fetch_prometheus(url: str, *, timeout_s: float = 60.0) -> pd.DataFrame:
    """Fetch the whole URL of a range query; ParseError for what answers otherwise, or not."""
    place = url.partition("?")[0]
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ParseError(f"expected an http or https URL, got {url!r}")
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer:
            data = answer.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        data = error.read(1 << 20)
        if not Content(data).is_json:
            raise ParseError(f"expected an answer, got HTTP {error.code}", place) from error
    except (OSError, ValueError) as error:
        raise ParseError(f"expected a Prometheus server: {error}", place) from error
    try:
        content = Content(data)
        if not is_prometheus(content):
            raise ParseError(f"expected the answer of a query, got {data[:60]!r}")
        return parse_prometheus(content)
    except ParseError as error:
        raise error.within(place) from error


def is_prometheus(content: Content) -> bool:
    """Tell whether the document is an answer of the HTTP API."""
    return (
        content.is_json
        and "status" in content.json
        and ("data" in content.json or "error" in content.json)
    )


def parse_prometheus(content: Content) -> pd.DataFrame:
    """Parse an answer; a series' subject is its labels, but for name and instance."""
    page = content.json
    if page["status"].value != "success":
        raise ParseError(f"expected success, got: {optional_text(page, 'error')[:200]}", place="$")
    if page["data"]["resultType"].value != "matrix":
        raise page["data"]["resultType"].unlike("a matrix, the result of a range query")
    return make_frame(_measurements(page["data"]["result"]))


def _measurements(result: Node) -> Iterator[Measurement]:
    for series in result:
        labels = series["metric"].object()
        rest = sorted((k, v) for k, v in labels.items() if k not in _SERVICE_LABELS)
        subject = ",".join(f"{key}={value}" for key, value in rest)
        metric, host = (str(labels.get(label, "")) for label in _SERVICE_LABELS)
        for point in series["values"]:
            try:
                value = float(point[1].text())
            except ValueError as error:
                raise point[1].unlike("a number in a string") from error
            yield Measurement(metric or "query", subject, value, "", point[0].number(), "", host)
