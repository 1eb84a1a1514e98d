"""What a command tells of what detection found: tables, JSON, figures."""

from __future__ import annotations

import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from workbench.cli.output import print_rows, printable, tracked

if TYPE_CHECKING:
    import pandas as pd

    from workbench.report.units import Unit
    from workbench.types import Detection, Explanation, Regression

_LONGEST_NAME = 80
"""Of a figure's file, in characters."""
_SIZES = {
    "seconds": {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9},
    "bytes": {"GB": 1e9, "MB": 1e6, "kB": 1e3, "bytes": 1.0},
}
"""Units that readers of series give, large to small."""
_REASONS, _GAINS = 3, 10
"""That are shown of each stage, and of improvements."""


class Named(NamedTuple):
    """What names a series."""

    id: Hashable
    subject: str
    metric: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Series that were judged together, and what was found in them."""

    name: str
    """What they have in common."""
    unit: str
    """As readers of series give it; empty where the metric tells it."""
    series: Sequence[Named]
    windows: pd.DataFrame
    """One row a window, where more than its time is known."""
    detection: Detection

    @property
    def n_series(self) -> int:
        """Number of series."""
        return int(self.detection.funnel["n_in"].iloc[0])

    def title(self, series: Named) -> str:
        """Return what to call one series among several."""
        of = self.name or series.metric
        return f"{of} of {series.subject}" if of else series.subject


@dataclass(frozen=True, slots=True)
class Found:
    """A regression or an improvement, and where it was found."""

    regression: Regression
    judged: Judged

    @property
    def version(self) -> str:
        """The first with the new level; empty where it is not known."""
        windows = self.judged.windows
        return str(windows["version"].iloc[self.regression.change_index]) if len(windows) else ""


def rank(found: list[Found]) -> list[Found]:
    """Return what was found, largest first: in watts, else in its unit, else relatively.

    Changes in several units compare only by the fraction of the level before.
    """
    if all(one.regression.watts is not None for one in found):
        return sorted(found, key=lambda one: -abs(one.regression.watts or 0.0))
    if len({(one.regression.metric, one.judged.unit) for one in found}) == 1:
        return sorted(found, key=lambda one: -abs(one.regression.absolute_delta))
    return sorted(found, key=lambda one: -abs(one.regression.relative_delta))


def add_up(funnels: list[pd.DataFrame]) -> list[dict[str, Any]]:
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


def to_json(found: Found) -> dict[str, Any]:
    """Return a finding as JSON has it."""
    row = {**found.regression.to_row(), "unit": found.judged.unit, "version": found.version}
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


def print_found(found: list[Found], gains: list[Found], n_series: int) -> None:
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


def _print_table(title: str, found: list[Found], *, is_short: bool) -> None:
    """Print rows; columns that say nothing are left out."""
    columns = _SHORT if is_short else _COLUMNS
    cells = {name: [printable(cell(one)) for one in found] for name, cell in columns.items()}
    differ = {name for name in ("service", "metric") if len({*cells.get(name, ())}) > 1}
    kept = [name for name in cells if any(cells[name])]
    kept = [name for name in kept if name not in ("service", "metric") or name in differ]
    print_rows(title, kept, [[*row] for row in zip(*(cells[name] for name in kept), strict=True)])


def _window(found: Found) -> str:
    r = found.regression
    is_exact = r.change_index_low == r.change_index_high
    between = "" if is_exact else f" [{r.change_index_low}, {r.change_index_high}]"
    return f"{r.change_index}{between}"


def _time(found: Found) -> str:
    """Return the time of a change; where there is none, the version."""
    at = found.regression.at
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else found.version[:12]


def _levels(found: Found) -> str:
    r = found.regression
    unit = _unit(r.metric, found.judged.unit, max(abs(r.before), abs(r.after)))
    return unit.format_pair(r.before, r.after).strip()


def _change(found: Found) -> str:
    """Return the relative change with half its 95 % interval, which is even on both sides."""
    from workbench.report.units import format_percent, format_relative

    row = found.regression.to_row()
    half = abs(row["relative_delta_high"] - row["relative_delta_low"]) / 2
    told = f" ± {format_percent(half)}" if math.isfinite(half) else ""
    return format_relative(row["relative_delta"]) + told


def _chance(found: Found) -> str:
    from workbench.report.units import format_number

    p_value = found.regression.p_value
    return "< 0.001" if p_value < 0.001 else format_number(p_value)


def _power(found: Found) -> str:
    from workbench.report.units import format_number

    watts = found.regression.watts
    return "" if watts is None else format_number(watts)


def _subject(found: Found) -> str:
    n = len(found.regression.merged)
    return found.regression.subject + (f"  (and {n} that moved with it)" if n else "")


_COLUMNS: dict[str, Callable[[Found], str]] = {
    "window": _window,
    "at": _time,
    "before → after": _levels,
    "change, 95 %": _change,
    "p": _chance,
    "watts": _power,
    "kind": lambda found: found.regression.kind,
    "service": lambda found: found.regression.service,
    "metric": lambda found: found.regression.metric,
    "subject": _subject,
}
_SHORT = {name: _COLUMNS[name] for name in ("at", "change, 95 %", "service", "metric", "subject")}


def print_funnel(funnel: list[dict[str, Any]]) -> None:
    """Print what each stage let through, and why not the rest."""
    cells = []
    for row in funnel:
        reasons = [f"{n:,} {reason}" for reason, n in row["removed"].items()]
        n_more = sum([*row["removed"].values()][_REASONS:])
        more = [f"{n_more:,} for other reasons"] if n_more else []
        told = printable("; ".join(reasons[:_REASONS] + more))
        cells.append([row["stage"], f"{row['n_in']:,}", f"{row['n_out']:,}", told])
    print_rows("What each stage let through", ["stage", "in", "out", "removed"], cells)


def _unit(metric: str, unit: str, level: float) -> Unit:
    """Return how values of about a size are shown."""
    from workbench.report.units import Unit, unit_of

    if not unit:
        return unit_of(metric)
    sizes = _SIZES.get(unit, {unit: 1.0})
    label = next((name for name, size in sizes.items() if abs(level) >= size), [*sizes][-1])
    return Unit(metric, label, 1 / sizes[label])


def draw_found(found: list[Found], figures: Path) -> None:
    """Write a figure for each regression."""
    figures.mkdir(parents=True, exist_ok=True)
    is_many = len({one.judged.name for one in found}) > 1
    for number, one in enumerate(tracked("figures", found), start=1):
        r = one.regression
        explanation = replace(one.judged.detection.explain(r.series), found=(r,))
        named = Named(r.series, r.subject, r.metric)
        title = one.judged.title(named) if is_many else r.subject
        path = figures / file_name(number, len(found), title)
        draw(explanation, r.metric, one.judged.unit, title, path)


def draw(explanation: Explanation, metric: str, unit: str, title: str, path: Path) -> None:
    """Write the figure of one series."""
    import numpy as np

    from workbench.report import plot_explanation

    known = explanation.values[np.isfinite(explanation.values)]
    shown = _unit(metric, unit, float(np.median(known)) if len(known) else 1.0)
    label = ", ".join(part for part in (shown.metric, shown.label) if part)
    figure = plot_explanation(replace(explanation, title=title), unit=label, scale=shown.scale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # an empty box stands for it
        figure.savefig(path, dpi=120)


def file_name(number: int, n_files: int, title: str) -> str:
    """Return a name that every file system takes, in order of rank."""
    safe = re.sub(r"[^\w.-]+", "_", title, flags=re.ASCII).strip("._")[:_LONGEST_NAME]
    return f"{number:0{len(str(n_files))}}-{safe or 'series'}.png"
