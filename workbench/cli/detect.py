"""The command that finds regressions among series: of a store, of a file, of a benchmark suite."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from workbench.cli.output import print_rows, printable, tracked
from workbench.errors import ParseError, SignalError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.detect import DetectConfig
    from workbench.report.units import Unit
    from workbench.store import Store
    from workbench.types import Detection, Explanation, Regression, SeriesMatrix, Stacks

_FEWEST_WINDOWS = 10
"""Five on either side of a step: in fewer none can be told."""
_LONGEST_NAME = 80
"""Of a figure's file, in characters."""
_MOST_COMPARED = 20_000
"""Names that are looked at for what is close to one that is not known."""
_SIZES = {
    "seconds": {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9},
    "bytes": {"GB": 1e9, "MB": 1e6, "kB": 1e3, "bytes": 1.0},
}
"""Units that readers of series give, large to small."""
_REASONS, _GAINS = 3, 10
"""That are shown of each stage, and of improvements."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Series that are judged together: one metric of one service."""

    service: str
    metric: str
    unit: str
    load: Callable[[], tuple[SeriesMatrix, Stacks | None]]
    is_asked: bool = False
    """Whether it is judged only where its metric is named."""

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.service, self.metric) if part)

    def shown(self, level: float) -> Unit:
        """Return how values of about this size are shown."""
        from workbench.report.units import Unit, unit_of

        if not self.unit:
            return unit_of(self.metric)
        sizes = _SIZES.get(self.unit, {self.unit: 1.0})
        label = next((name for name, size in sizes.items() if abs(level) >= size), [*sizes][-1])
        return Unit(self.metric, label, 1 / sizes[label])


@dataclass(frozen=True, slots=True)
class _Judged:
    group: _Group
    series: SeriesMatrix
    detection: Detection


@dataclass(frozen=True, slots=True)
class _Found:
    """A regression or an improvement, and where it was found."""

    regression: Regression
    judged: _Judged

    @property
    def version(self) -> str:
        """The first with the new level; empty where it is not known."""
        windows = self.judged.series.windows
        return str(windows["version"].iloc[self.regression.change_index]) if len(windows) else ""


@click.command()
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--service", help="Of the series to judge.  [default: every one]")
@click.option("--metric", help="To judge.  [default: of profiles, cost where work is known, else "
              "gcpu; and all that was measured]")  # fmt: skip
@click.option("--budget", type=click.FloatRange(0, 1000, min_open=True), default=1.0,
              show_default=True, help="False alerts to expect of 1,000 series in which nothing "
              "happened.")  # fmt: skip
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False),
              help="Write a PNG of each regression to this folder.")  # fmt: skip
@click.option("--explain", "explained", metavar="SERIES",
              help="Say why this series was or was not reported, and nothing else.")  # fmt: skip
@click.option("--watts", type=click.FloatRange(0, min_open=True),
              help="Power that a service draws.  [default: what the store knows]")  # fmt: skip
@click.option("--min-relative", type=click.FloatRange(0), default=0.005, show_default=True,
              help="Smallest change to report, as a fraction of the level before.")  # fmt: skip
def detect(
    source: str, as_json: bool, service: str | None, metric: str | None, budget: float,
    figures: Path | None, explained: str | None, watts: float | None, min_relative: float,
) -> None:  # fmt: skip
    """Find what regressed in SOURCE, and say what was left out and why.

    SOURCE is a store, a file of series (CSV, Parquet, results of pytest-benchmark, pyperf, Google
    Benchmark, Prometheus) or a folder of results of asv. Series of one metric and service are
    judged together.
    """
    if as_json and explained is not None:
        raise click.UsageError("expected --json without --explain")
    from workbench.detect import DetectConfig

    groups, known_watts = _read(source)
    config = DetectConfig(
        alerts_per_1000_series=budget, min_relative=min_relative,
        service_watts=watts if watts is not None else known_watts or None,
    )  # fmt: skip
    chosen = _choose(source, groups, service, metric)
    judged, is_many = _judge(source, chosen, config, explained), len(chosen) > 1
    if explained is not None:
        _explain(judged, explained, figures, is_many)
        return
    found = _rank([_Found(r, one) for one in judged for r in one.detection.found])
    gains = _rank([_Found(r, one) for one in judged for r in one.detection.gains])
    funnel = _add_up([one.detection.funnel for one in judged])
    if as_json:
        told = {"regressions": [*map(_to_json, found)], "improvements": [*map(_to_json, gains)]}
        click.echo(json.dumps({**told, "funnel": funnel}, indent=1, allow_nan=False))
    else:
        _print_found(found, gains, sum(len(one.series.values) for one in judged))
        _print_funnel(funnel)
    if figures is not None:
        _draw_all(found, figures, is_many)
        click.echo(f"wrote {len(found)} figures to {figures}", err=as_json)


# what there is to judge


def _read(source: str) -> tuple[list[_Group], dict[str, float]]:
    """Return the series of a store, a file or a folder, and the watts of services."""
    from workbench.ingest.series import read_series
    from workbench.ingest.series.asv import is_asv
    from workbench.store import Store

    path = Path(source)
    if "://" in source or (path / "store.json").is_file():
        store = Store.open(source if "://" in source else path)
        profiled = [group for name in store.services() for group in _profiled(store, name)]
        groups = profiled + _measured(store.table("measurements"))
        return _not_empty(source, groups), _watts(store.table("services"))
    if not path.exists() or (path.is_dir() and not is_asv(path)):
        seen = "neither" if path.exists() else "no such path"
        told = f"expected a store, a file of series, or a folder of results of asv, found {seen}"
        raise ParseError(told, path)
    return _not_empty(source, _measured(_hosts_apart(read_series(path)))), {}


def _not_empty(source: str, groups: list[_Group]) -> list[_Group]:
    if not groups:
        raise SignalError(f"{source}: expected series, found none")
    return groups


def _profiled(store: Store, service: str) -> list[_Group]:
    """Return what can be judged of the profiles of a service."""
    windows = store.windows(service)
    is_known = (windows["work"] > 0) & windows["cpu_seconds"].notna()
    metrics = ("cost", "gcpu") if is_known.all() else ("gcpu",)
    return [
        _Group(service, metric, "", partial(_load_profiled, store, service, metric), i > 0)
        for i, metric in enumerate(metrics)
    ]


def _load_profiled(store: Store, service: str, metric: str) -> tuple[SeriesMatrix, Stacks]:
    from workbench.signals import function_series, stacks
    from workbench.types import SeriesMatrix

    recording = store.recording(service)
    if metric == "gcpu":  # stacks are then told as shares too
        recording = replace(recording, windows=recording.windows.assign(work=math.nan))
    series = function_series(recording)
    rows = [row for row, name in enumerate(series.metrics) if name == metric]
    subjects = tuple(series.subjects[row] for row in rows)
    values = series.values[rows]
    matrix = SeriesMatrix(subjects, (metric,) * len(rows), values, series.windows, service)
    return matrix, stacks(recording)


def _measured(table: pd.DataFrame) -> list[_Group]:
    """Return what others recorded, by service, metric and unit."""
    names = ["service", "metric", "unit"]
    table = table.assign(**{name: table[name].fillna("") for name in (*names, "subject")})
    table["subject"] = table["subject"].where(table["subject"] != "", table["metric"])
    groups = []
    for key, rows in table.groupby(names, sort=True):
        service, metric, unit = map(str, cast("tuple[str, str, str]", key))
        load = partial(_load_measured, rows, service, metric)
        groups.append(_Group(service, metric, unit, load))
    return groups


def _load_measured(
    rows: pd.DataFrame, service: str, metric: str
) -> tuple[SeriesMatrix, Stacks | None]:
    from workbench.store.measured import measured_matrix

    return measured_matrix(rows, metric, service, None), None


def _hosts_apart(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which what several hosts measured are several series."""
    if table["host"].nunique() < 2:
        return table
    told = table["subject"] + " [" + table["host"] + "]"
    return table.assign(subject=told.where(table["host"] != "", table["subject"]))


def _watts(services: pd.DataFrame) -> dict[str, float]:
    """Return the power of each service, where it is known."""
    power = services.assign(all=services["servers"] * services["watts"]).dropna(subset="all")
    return dict(zip(power["service"], power["all"].astype(float), strict=True))


def _choose(
    source: str, groups: list[_Group], service: str | None, metric: str | None
) -> list[_Group]:
    """Return the groups that were asked for."""
    for name, wanted in (("service", service), ("metric", metric)):
        if wanted is None:
            continue
        known = [*filter(None, dict.fromkeys(getattr(group, name) for group in groups))]
        groups = [group for group in groups if getattr(group, name) == wanted]
        if not groups:
            none = f"no {name}, as it names none"
            told = f"a {name} among {', '.join(known)}" if known else none
            raise SignalError(printable(f"{source}: expected {told}, got {wanted!r}"))
    return groups if metric is not None else [group for group in groups if not group.is_asked]


# what is found in it


def _judge(
    source: str, groups: list[_Group], config: DetectConfig, explained: str | None
) -> list[_Judged]:
    """Detect in each group, or in those that have a series which is to be explained."""
    from workbench.detect import detect as search

    judged, subjects, n_windows = [], dict[str, None](), []
    for group in tracked("detect", groups):
        series, stacks = group.load()
        subjects |= dict.fromkeys(series.subjects)
        if explained is not None and not _meant(series.subjects, explained):
            continue
        n_windows.append(series.values.shape[1])
        if n_windows[-1] >= _FEWEST_WINDOWS:
            judged.append(_Judged(group, series, search(series, stacks=stacks, config=config)))
        elif len(groups) > 1:
            told = f"{printable(group.name)}: {_too_few(n_windows[-1])}"
            click.echo(f"left out: {told}", err=True)
    if explained is not None and not n_windows:
        raise _unknown(source, explained, [*subjects])
    if not judged:
        raise SignalError(f"{source}: {_too_few(max(n_windows))}")
    return judged


def _too_few(n_windows: int) -> str:
    return f"expected {_FEWEST_WINDOWS} windows or more, found {n_windows}"


def _meant(subjects: Sequence[str], wanted: str) -> list[str]:
    """Return the subject, or else the functions of this name in any module."""
    if wanted in subjects:
        return [wanted]
    return [subject for subject in subjects if subject.rpartition(":")[2] == wanted]


def _unknown(source: str, wanted: str, subjects: list[str]) -> SignalError:
    close = get_close_matches(wanted, subjects[:_MOST_COMPARED], n=3)
    hint = f"; close to it: {', '.join(close)}" if close else ""
    return SignalError(printable(f"{source}: expected one of its series, got {wanted!r}{hint}"))


def _rank(found: list[_Found]) -> list[_Found]:
    """Return what was found, largest first: in watts, else in its unit, else relatively.

    Changes in several units compare only by the fraction of the level before.
    """
    if all(one.regression.watts is not None for one in found):
        return sorted(found, key=lambda one: -abs(one.regression.watts or 0.0))
    if len({(one.judged.group.metric, one.judged.group.unit) for one in found}) == 1:
        return sorted(found, key=lambda one: -abs(one.regression.absolute_delta))
    return sorted(found, key=lambda one: -abs(one.regression.relative_delta))


def _add_up(funnels: list[pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the funnel of all groups together; what was removed as counts by reason."""
    total: dict[str, dict[str, Any]] = {}
    for row in (row for funnel in funnels for row in funnel.to_dict("records")):
        stage = total.setdefault(row["stage"], {"n_in": 0, "n_out": 0, "removed": Counter()})
        stage["n_in"] += row["n_in"]
        stage["n_out"] += row["n_out"]
        for part in filter(None, row["removed"].split("; ")):
            n, _, reason = part.partition(" ")
            stage["removed"][reason] += int(n)
    return [
        {"stage": name, **stage, "removed": dict(stage["removed"].most_common())}
        for name, stage in total.items()
    ]


# what is told of it


def _to_json(found: _Found) -> dict[str, Any]:
    row = {**found.regression.to_row(), "unit": found.judged.group.unit, "version": found.version}
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Return what JSON has for a value; null for what is no number."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [*value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_found(found: list[_Found], gains: list[_Found], n_series: int) -> None:
    """Print what regressed, and what improved in short."""
    if found:
        n = f"{len(found)} regression{'s' * (len(found) > 1)}"
        _print_table(f"{n} in {n_series:,} series, largest first", found, is_short=False)
    else:
        click.echo(f"no regression in {n_series:,} series\n")
    if gains:
        more = f", the first {_GAINS}" if len(gains) > _GAINS else ""
        title = f"{len(gains)} improvement{'s' * (len(gains) > 1)}, largest first{more}"
        _print_table(title, gains[:_GAINS], is_short=True)


def _print_table(title: str, found: list[_Found], *, is_short: bool) -> None:
    """Print rows; columns that say nothing are left out."""
    columns = _SHORT if is_short else _COLUMNS
    cells = {name: [printable(cell(one)) for one in found] for name, cell in columns.items()}
    differ = {name for name in ("service", "metric") if len({*cells.get(name, ())}) > 1}
    kept = [name for name in cells if any(cells[name])]
    kept = [name for name in kept if name not in ("service", "metric") or name in differ]
    print_rows(title, kept, [[*row] for row in zip(*(cells[name] for name in kept), strict=True)])


def _window(found: _Found) -> str:
    r = found.regression
    is_exact = r.change_index_low == r.change_index_high
    between = "" if is_exact else f" [{r.change_index_low}, {r.change_index_high}]"
    return f"{r.change_index}{between}"


def _time(found: _Found) -> str:
    """Return the time of a change; where there is none, the version."""
    at = found.regression.at
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else found.version[:12]


def _levels(found: _Found) -> str:
    r = found.regression
    unit = found.judged.group.shown(max(abs(r.before), abs(r.after)))
    return unit.format_pair(r.before, r.after).strip()


def _change(found: _Found) -> str:
    """Return the relative change with half its 95 % interval, which is even on both sides."""
    from workbench.report.units import format_percent, format_relative

    row = found.regression.to_row()
    half = abs(row["relative_delta_high"] - row["relative_delta_low"]) / 2
    told = f" ± {format_percent(half)}" if math.isfinite(half) else ""
    return format_relative(row["relative_delta"]) + told


def _chance(found: _Found) -> str:
    from workbench.report.units import format_number

    p_value = found.regression.p_value
    return "< 0.001" if p_value < 0.001 else format_number(p_value)


def _power(found: _Found) -> str:
    from workbench.report.units import format_number

    watts = found.regression.watts
    return "" if watts is None else format_number(watts)


def _subject(found: _Found) -> str:
    n = len(found.regression.merged)
    return found.regression.subject + (f"  (and {n} that moved with it)" if n else "")


_COLUMNS: dict[str, Callable[[_Found], str]] = {
    "window": _window,
    "at": _time,
    "before → after": _levels,
    "change, 95 %": _change,
    "p": _chance,
    "watts": _power,
    "kind": lambda found: found.regression.kind,
    "service": lambda found: found.judged.group.service,
    "metric": lambda found: found.judged.group.metric,
    "subject": _subject,
}
_SHORT = {name: _COLUMNS[name] for name in ("at", "change, 95 %", "service", "metric", "subject")}


def _print_funnel(funnel: list[dict[str, Any]]) -> None:
    cells = []
    for row in funnel:
        reasons = [f"{n:,} {reason}" for reason, n in row["removed"].items()]
        n_more = sum([*row["removed"].values()][_REASONS:])
        more = [f"{n_more:,} for other reasons"] if n_more else []
        told = printable("; ".join(reasons[:_REASONS] + more))
        cells.append([row["stage"], f"{row['n_in']:,}", f"{row['n_out']:,}", told])
    print_rows("What each stage let through", ["stage", "in", "out", "removed"], cells)


# why, in words and as a figure


def _explain(judged: list[_Judged], wanted: str, figures: Path | None, is_many: bool) -> None:
    """Print why a series was or was not reported, once for each group that has it."""
    places = [(one, name) for one in judged for name in _meant(one.series.subjects, wanted)]
    for number, (one, name) in enumerate(places, start=1):
        explanation = one.detection.explain(name)
        title = _title(one, name, is_many)
        click.echo(printable(f"{title}: {explanation}" if len(places) > 1 else str(explanation)))
        if figures is not None:
            path = figures / _file_name(number, len(places), title)
            _draw(explanation, one.group, title, path)
            click.echo(f"wrote {path}")


def _draw_all(found: list[_Found], figures: Path, is_many: bool) -> None:
    """Write a figure for each regression."""
    figures.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(tracked("figures", found), start=1):
        explanation = one.judged.detection.explain(one.regression.series)
        title = _title(one.judged, one.regression.subject, is_many)
        path = figures / _file_name(number, len(found), title)
        _draw(replace(explanation, found=(one.regression,)), one.judged.group, title, path)


def _draw(explanation: Explanation, group: _Group, title: str, path: Path) -> None:
    import numpy as np

    from workbench.report import plot_explanation

    known = explanation.values[np.isfinite(explanation.values)]
    unit = group.shown(float(np.median(known)) if len(known) else 1.0)
    label = ", ".join(part for part in (unit.metric, unit.label) if part)
    figure = plot_explanation(replace(explanation, title=title), unit=label, scale=unit.scale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # an empty box stands for it
        figure.savefig(path, dpi=120)


def _title(judged: _Judged, subject: str, is_many: bool) -> str:
    return f"{judged.group.name} of {subject}" if is_many else subject


def _file_name(number: int, n_files: int, title: str) -> str:
    """Return a name that every file system takes, in order of rank."""
    safe = re.sub(r"[^\w.-]+", "_", title, flags=re.ASCII).strip("._")[:_LONGEST_NAME]
    return f"{number:0{len(str(n_files))}}-{safe or 'series'}.png"
