"""How often variants were right over time, as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date
from matplotlib.figure import Figure

from workbench.measures import Rate, rate_of
from workbench.report.lead.figures import label_ends, percent_tick
from workbench.report.style import AFTER, BEFORE, FIXED, INK, MUTED, new_figure, say, shortened
from workbench.types import FloatArray

HALVES = ("test", "both", "train")
"""Of the bank, the most telling first: skills were written with the train half in sight."""
_COUNTS = {"right": "n_right", "accused wrongly": "n_accused_wrongly"}
_MOST_LINES, _MOST_FLOORS = 4, 3
_APART_DAYS = 0.25
"""Between points of a single evaluation, lest one hides another."""


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    name: str
    is_floor: bool
    at: FloatArray
    """(n_evaluations,) in matplotlib's days."""
    rates: tuple[Rate, ...]
    banks: tuple[str, ...]

    def pieces(self) -> list[slice]:
        """Return the stretches over the same cases."""
        n = len(self.banks)
        starts = [i for i in range(n) if i == 0 or self.banks[i] != self.banks[i - 1]]
        return [slice(i, j) for i, j in zip(starts, [*starts[1:], n], strict=True)]


def most_telling_half(evaluations: pd.DataFrame) -> str:
    """Return the half of the bank to judge by, of those on which variants were evaluated.

    Floors count where there is nothing else; empty where nothing was evaluated.
    """
    variants = evaluations[~evaluations["is_floor"].astype(bool)]
    halves = set((variants if len(variants) else evaluations)["split"])
    return next((half for half in HALVES if half in halves), "")


def plot_accuracy(
    evaluations: pd.DataFrame, *, measure: str = "right", split: str = "", title: str = ""
) -> Figure:
    """Plot over time how often each variant was right, or accused wrongly, with 95 % intervals.

    A line joins evaluations of the same cases only. Floors are thin and grey.

    Parameters
    ----------
    evaluations : DataFrame
        As `TrackRecord.evaluations`.
    measure : str
        `right` or `accused wrongly`.
    split : str
        Half of the bank. Default: the most telling that there is.
    title : str
        Shown as it is.
    """
    half = split or most_telling_half(evaluations)
    lines = _lines(evaluations[evaluations["split"] == half], _COUNTS[measure])
    figure, axes = new_figure(height_in=3.1, title=shortened(title))
    if not lines:
        return say(figure, axes, "nothing was evaluated")
    figure.subplots_adjust(right=0.76)
    variants = [line for line in lines if not line.is_floor]
    floors = [line for line in lines if line.is_floor]
    drawn = [*variants[:_MOST_LINES], *floors[:_MOST_FLOORS]]
    for at in _changes_of_bank(drawn):
        axes.axvline(at, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    styles = dict(
        zip(variants, zip((BEFORE, FIXED, AFTER, INK), "osD^", strict=True), strict=False)
    )
    is_once = len({at for line in drawn for at in line.at}) == 1
    for number, line in enumerate(drawn):
        shift = _APART_DAYS * (number - (len(drawn) - 1) / 2) if is_once else 0.0
        _draw_line(axes, line, *styles.get(line, (MUTED, "")), shift=shift, z=3 - number / 10)
    axes.set_ylim(_limits(drawn, measure))
    label_ends(
        axes,
        [(line.rates[-1].ratio, line.name, styles.get(line, (MUTED, ""))[0]) for line in drawn],
        axes.get_ylim(),
    )
    _set_times(axes, drawn)
    n_more = len(lines) - len(drawn)
    told = f"; {n_more:,} more in the table" if n_more else ""
    told += "; dotted: other cases from here on" if _changes_of_bank(drawn) else ""
    axes.set_xlabel(f"time, UTC{told}", color=MUTED)
    axes.yaxis.set_major_formatter(percent_tick)
    axes.set_ylabel(measure, color=MUTED)
    return figure


def _lines(evaluations: pd.DataFrame, count: str) -> list[_Line]:
    """Return a line each variant and model, those that were evaluated last and most first."""
    lines = []
    n_models = evaluations[~evaluations["is_floor"].astype(bool)]["model"].nunique()
    groups = evaluations.groupby(["variant", "model"], sort=False, dropna=False)
    for (variant, model), rows in groups:
        rows = rows[rows["n_cases"] > 0].sort_values("at", kind="stable")
        if rows.empty:
            continue
        days = pd.DatetimeIndex(pd.to_datetime(rows["at"], utc=True)).as_unit("ns").asi8 / 86_400e9
        counts = zip(rows[count], rows["n_cases"], strict=True)
        rates = tuple(rate_of(k, n) for k, n in counts)
        is_floor = bool(rows["is_floor"].iloc[-1])
        name = f"{variant}, {model}" if n_models > 1 and not is_floor else str(variant)
        lines.append(_Line(name, is_floor, np.asarray(days), rates, tuple(rows["bank"])))
    return sorted(lines, key=lambda line: (-line.at[-1], -len(line.at)))


def _changes_of_bank(lines: Sequence[_Line]) -> list[float]:
    """Return the times, each once, between evaluations of different cases."""
    found = {
        float(line.at[piece.start] + line.at[piece.start - 1]) / 2
        for line in lines
        for piece in line.pieces()[1:]
    }
    return sorted(found)


def _draw_line(
    axes: Axes, line: _Line, colour: str, marker: str, *, shift: float, z: float
) -> None:
    """Draw a line, `shift` days to the right; one of larger `z` is above the others."""
    rates = np.array([(rate.ratio, rate.low, rate.high) for rate in line.rates])
    for piece in line.pieces():
        at, (ratio, low, high) = line.at[piece] + shift, rates[piece].T
        if line.is_floor:
            style = "" if len(at) > 1 else "_"
            axes.plot(at, ratio, color=MUTED, linewidth=0.8, marker=style, markersize=7, zorder=z)
            continue
        if len(at) > 1:
            axes.fill_between(at, low, high, color=colour, alpha=0.1, linewidth=0)
        else:
            axes.plot([at[0], at[0]], [low[0], high[0]], color=colour, linewidth=1.2, alpha=0.6)
        axes.plot(
            at, ratio, color=colour, linewidth=1.5, marker=marker, markersize=4.2,
            clip_on=False, zorder=z,
        )  # fmt: skip


def _limits(lines: Sequence[_Line], measure: str) -> tuple[float, float]:
    ends = [end for line in lines for rate in line.rates for end in (rate.low, rate.high)]
    known = [end for end in ends if np.isfinite(end)] or [0.0, 1.0]
    if measure == "right":
        return max(0.0, min(known) - 0.03), 1.005
    return 0.0, min(1.0, 1.1 * max(known) or 1.0)


def _set_times(axes: Axes, lines: Sequence[_Line]) -> None:
    first, last = min(line.at[0] for line in lines), max(line.at[-1] for line in lines)
    margin = 0.02 * (last - first) or 3.0
    axes.set_xlim(first - margin, last + margin)
    if first == last:
        day = num2date(first)  # type: ignore[no-untyped-call]
        axes.set_xticks([first], [f"{day:%Y-%m-%d}"])
        return
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
