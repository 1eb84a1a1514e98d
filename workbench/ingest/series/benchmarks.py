"""Results of one run of a benchmark suite: pytest-benchmark, pyperf and Google Benchmark, JSON.

Of repeated values the table holds the median, in seconds where the tool measures time.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.ingest.series.measurements import Measurement, make_frame, optional_text

_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


def is_pytest_benchmark(content: Content) -> bool:
    """Tell whether the document has the members that pytest-benchmark writes."""
    return content.is_json and all(name in content.json for name in ("benchmarks", "machine_info"))


def parse_pytest_benchmark(content: Content) -> pd.DataFrame:
    """Parse `--benchmark-json` output: the median of each benchmark, at its commit."""
    page = content.json
    at = optional_text(page, "commit_info", "time") or optional_text(page, "datetime")
    version = optional_text(page, "commit_info", "id")
    version = "" if version == "unversioned" else version
    host = optional_text(page, "machine_info", "node")
    return make_frame(
        Measurement(
            "time", _name(item, "fullname", "name"), _value(item["stats"]["median"]), "seconds",
            at, version, host,
        )
        for item in page["benchmarks"]
    )  # fmt: skip


def is_pyperf(content: Content) -> bool:
    """Tell whether the document has the members that pyperf writes."""
    if not (content.is_json and "benchmarks" in content.json):
        return False
    first = content.json.value["benchmarks"]
    return (
        isinstance(first, list)
        and bool(first)
        and isinstance(first[0], dict)
        and "runs" in first[0]
    )


def parse_pyperf(content: Content) -> pd.DataFrame:
    """Parse pyperf's JSON: the median of all values of a benchmark, warm-ups left out."""
    return make_frame(_pyperf(content.json))


def _pyperf(page: Node) -> Iterator[Measurement]:
    suite = page.get("metadata") or Node({}, "$.metadata")
    for item in page["benchmarks"]:
        own = item.get("metadata") or Node({}, item.place)
        values, dates = [], []
        for run in item["runs"]:
            if "values" in run:
                values += [_value(value) for value in run["values"]]
                dates.append(optional_text(run, "metadata", "date"))
        if not values:
            raise ParseError("expected runs with values, found none", place=item.place)
        unit = optional_text(own, "unit") or optional_text(suite, "unit") or "second"
        told = {key: optional_text(own, key) or optional_text(suite, key) for key in
                ("name", "commit_id", "hostname")}  # fmt: skip
        yield Measurement(
            "time" if unit == "second" else unit, told["name"] or "benchmark", median(values),
            "seconds" if unit == "second" else unit, min(filter(None, dates), default=None),
            told["commit_id"], told["hostname"],
        )  # fmt: skip


def is_google_benchmark(content: Content) -> bool:
    """Tell whether the document has the members that Google Benchmark writes."""
    return content.is_json and all(name in content.json for name in ("benchmarks", "context"))


def parse_google_benchmark(content: Content) -> pd.DataFrame:
    """Parse `--benchmark_format=json`: CPU time and real time, of repetitions the median.

    Aggregates are left out, but where only aggregates were reported the median is taken.
    """
    page = content.json
    at, host = optional_text(page, "context", "date"), optional_text(page, "context", "host_name")
    values: dict[tuple[str, str], list[float]] = {}
    aggregates: dict[tuple[str, str], list[float]] = {}
    for item in page["benchmarks"]:
        if "error_occurred" in item and item["error_occurred"].value:
            continue
        kind = optional_text(item, "aggregate_name")
        if kind not in ("", "median") or "real_time" not in item:
            continue
        unit = optional_text(item, "time_unit") or "ns"
        if unit not in _SECONDS:
            raise item["time_unit"].unlike(f"a unit among {', '.join(_SECONDS)}")
        for metric, member in (("cpu_time", "cpu_time"), ("time", "real_time")):
            key = (metric, _name(item, "run_name", "name"))
            found = aggregates if kind else values
            found.setdefault(key, []).append(_value(item[member]) * _SECONDS[unit])
    return make_frame(
        Measurement(metric, subject, median(found), "seconds", at, "", host)
        for (metric, subject), found in (aggregates | values).items()
    )


def _name(item: Node, *members: str) -> str:
    """Return the first of some members that is there."""
    return (
        next((item[name].text() for name in members if name in item), "") or item[members[0]].text()
    )


def _value(node: Node) -> float:
    return float(node.number())
