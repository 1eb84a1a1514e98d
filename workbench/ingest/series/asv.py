"""asv (airspeed velocity): a folder `results/` with `<machine>/<commit>-<environment>.json`.

Follows asv's result format 2 (columns named by `result_columns`) and 1 (a value, or an object with
`result` and `params`); what a benchmark's parameters are stands in its subject, as asv writes them,
and where several environments were measured, which of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node, unpack
from workbench.ingest.series.measurements import Measurement, make_frame, optional_text

_NOT_RESULTS = ("benchmarks.json", "machine.json", "asv.conf.json")


def is_asv(folder: Path) -> bool:
    """Tell whether a folder holds results of asv."""
    return (folder / "benchmarks.json").is_file() or any(folder.glob("*/machine.json"))


def results_in(folder: Path) -> Path | None:
    """Return the results of asv that a folder holds: all, of one machine, or of a suite."""
    if is_asv(folder) or (folder / "machine.json").is_file():
        return folder
    return folder / "results" if is_asv(folder / "results") else None


def is_result(content: Content) -> bool:
    """Tell whether a file is one result of asv: what one commit took."""
    return content.head.lstrip().startswith("{") and all(
        f'"{name}"' in content.text for name in ("commit_hash", "env_name", "results")
    )


def parse_asv(folder: Path) -> pd.DataFrame:
    """Read a folder of results: every benchmark and parameter at every commit."""
    units = _units(folder / "benchmarks.json") or _units(folder.parent / "benchmarks.json")
    measurements: list[tuple[str, Measurement]] = []
    paths = [p for p in sorted(folder.rglob("*.json")) if p.name not in _NOT_RESULTS]
    environments = set()
    for path in paths:
        try:
            page = Content(unpack(path.read_bytes())).json
            environment = optional_text(page, "env_name")
            found = _results(page, units)
            environments.add(environment)
            measurements += [(environment, one) for one in found]
        except ParseError as error:
            raise error.within(path) from error
    if not measurements:
        raise ParseError(f"expected results of asv, found none in {len(paths)} files", folder)
    if len(environments) == 1:
        return make_frame(one for _, one in measurements)
    return make_frame(
        one._replace(subject=f"{one.subject} [{environment}]") for environment, one in measurements
    )


def _units(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        page = Content(unpack(path.read_bytes())).json
        named = {name: Node(item, f"$.{name}") for name, item in page.object().items()}
        return {n: optional_text(i, "unit") for n, i in named.items() if isinstance(i.value, dict)}
    except ParseError as error:
        raise error.within(path) from error


def _results(page: Node, units: dict[str, str]) -> Iterator[Measurement]:
    """Give the values of one commit in one environment; a benchmark that failed has none."""
    if "results" not in page:
        return
    commit = page["commit_hash"].text()
    date = page["date"].number() / 1000  # milliseconds
    host = optional_text(page, "params", "machine")
    columns = page["result_columns"].array() if "result_columns" in page else None
    for name in page["results"].object():
        values, params = _values(page["results"][name], columns)
        unit = units.get(name, "")
        metric = {"bytes": "memory", "seconds": "time", "": "time"}.get(unit, unit)
        for value, param in zip(values, itertools.product(*params), strict=False):
            if isinstance(value, int | float) and not isinstance(value, bool):
                subject = f"{name}({', '.join(map(str, param))})" if param else name
                yield Measurement(metric, subject, float(value), unit, date, commit, host)


def _values(item: Node, columns: list[Any] | None) -> tuple[list[Any], list[list[Any]]]:
    """Return values, and what the parameters of each may be; together they count up alike."""
    found: Any = item.value
    params: Any = []
    if columns is not None and isinstance(found, list):
        row = dict(zip(columns, found, strict=False))
        found, params = row.get("result"), row.get("params") or []
    elif isinstance(found, dict):
        found, params = found.get("result"), found.get("params") or []
    if not isinstance(params, list) or not all(isinstance(param, list) for param in params):
        raise item.unlike("a result with a list of lists of parameters")
    if found is None:
        return [], params
    return (found if isinstance(found, list) else [found]), params
