"""What a lead asks of a solver, as figures: how soon, what it gave back, and which skills help."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from workbench.measures import Curve, rate_of
from workbench.report.lead.times import EVALUATED, LIVE, curves_of
from workbench.report.lead.units import format_amount
from workbench.report.style import AFTER, BEFORE, FIXED, INK, MUTED, new_figure, say, shortened
from workbench.types import Amount, Ledger
from workbench.views.words import legible, signed_percent

MARKS = ((1_800.0, "30 min"), (36_000.0, "10 h"))
"""Times at which the parts below are told."""
_TICKS = (
    (0.01, "0.01 s"), (0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"),
    (3_600, "1 h"), (36_000, "10 h"), (4 * 86_400, "4 days"), (40 * 86_400, "40 days"),
)  # fmt: skip
_MOST_ROWS = 20
_ROW_IN = 0.3
_LONGEST_NAME = 34
_QUANTITIES = {
    "servers": "servers",
    "watts": "watts",
    "kwh_per_year": "kWh a year",
    "money_per_year": "money a year",
    "kg_co2_per_year": "kg of CO2 a year",
    "homes": "homes powered",
}


def plot_time_to_diagnosis(times: pd.DataFrame, *, title: str = "") -> Figure:
    """Plot what part was diagnosed by which time, with 95 % bands.

    Curves are Kaplan and Meier's: what was never diagnosed stays in the part that is missing above.

    Parameters
    ----------
    times : DataFrame
        `group`, `seconds`, and `is_diagnosed`; where that is false, `seconds` is how long it was
        waited for.
    title : str
        Shown as it is.
    """
    figure, axes = new_figure(height_in=3.3, title=shortened(title))
    groups = [(name, curve) for name, curve in curves_of(times).items() if curve.n_diagnosed]
    if not groups:
        return say(figure, axes, "nothing was diagnosed")
    figure.subplots_adjust(right=0.8)
    ends = np.concatenate([curve.seconds[[0, -1]] for _, curve in groups])
    low, high = float(np.clip(0.5 * ends.min(), 0.005, 300)), max(1.5 * float(ends.max()), 80_000.0)
    for seconds, label in MARKS:
        axes.axvline(seconds, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.annotate(
            label, (seconds, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", va="bottom", fontsize=8.5, color=INK,
        )  # fmt: skip
    labels = []
    colours = {LIVE: AFTER, EVALUATED: BEFORE}
    for number, (name, curve) in enumerate(groups):
        colour = colours.get(name, (INK, FIXED, MUTED)[number % 3])
        _draw_curve(axes, curve, (low, high), colour)
        labels.append((float(curve.ratio[-1]), f"{name}, n = {curve.n:,}", colour))
    label_ends(axes, labels, (0.0, 1.02))
    axes.set_xscale("log")
    ticks = [tick for tick in _TICKS if low <= tick[0] <= high]
    axes.set_xticks([at for at, _ in ticks], [label for _, label in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(percent_tick)
    axes.set_xlabel("time from being asked to a diagnosis, logarithmic", color=MUTED)
    axes.set_ylabel("diagnosed by then", color=MUTED)
    return figure


def plot_capacity(ledger: Ledger, *, quantity: str = "servers", title: str = "") -> Figure:
    """Plot what was given back of each service, and what its open solves would give, with 95 %.

    Parameters
    ----------
    ledger : Ledger
        What solves are worth.
    quantity : str
        Which amount of `Worth`.
    title : str
        Shown as it is.
    """
    rows = [
        (row.service, getattr(row.recovered, quantity), getattr(row.open, quantity))
        for row in ledger.services
    ]
    known = [row for row in rows if any(part.is_known and part.value for part in row[1:])]
    shown = known[:_MOST_ROWS]
    height_in = max(len(shown), 2) * 1.35 * _ROW_IN + 1.1
    figure, axes = new_figure(height_in=height_in, title=shortened(title))
    if not shown:
        return say(figure, axes, "of no service it is known what its solves are worth")
    figure.subplots_adjust(left=0.27, right=0.94)
    for place, (_, *parts) in enumerate(shown):
        for offset, part, colour in zip((-0.2, 0.2), parts, (FIXED, AFTER), strict=True):
            _draw_amount(axes, place + offset, part, colour, quantity)
    name_rows(axes, [name for name, *_ in shown])
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}".replace("-", "−"))
    n_more = len(rows) - len(shown)
    told = f"; {n_more:,} more not known or not drawn" if n_more else ""
    unit = ledger.open.currency or ledger.recovered.currency
    label = _QUANTITIES[quantity].replace("money", unit or "money")
    axes.set_xlabel(f"{legible(label)}, 95 % interval{told}", color=MUTED, parse_math=False)
    for at, word, colour in ((0, "■ recovered", FIXED), (84, "■ open", AFTER)):
        axes.annotate(
            word, (0, 1), xycoords="axes fraction", xytext=(at, 4), va="bottom",
            textcoords="offset points", fontsize=8.5, color=colour,
        )  # fmt: skip
    return figure


def plot_skills(skills: pd.DataFrame, *, title: str = "") -> Figure:
    """Plot how often each skill was right, with 95 %, beside the same cases without skills.

    Parameters
    ----------
    skills : DataFrame
        As `TrackRecord.skills`; the first twenty are drawn.
    title : str
        Shown as it is.
    """
    shown = skills[skills["n_cases"] > 0].head(_MOST_ROWS)
    height_in = max(len(shown), 2) * _ROW_IN + 1.1
    figure, axes = new_figure(height_in=height_in, title=shortened(title))
    if shown.empty:
        return say(figure, axes, "no skill decided a case")
    figure.subplots_adjust(left=0.27, right=0.88)
    for place, row in enumerate(shown.to_dict("records")):
        rate = rate_of(row["n_right"], row["n_cases"])
        uplift = (row["n_helped"] - row["n_harmed"]) / row["n_cases"]
        colour = AFTER if uplift < 0 else BEFORE
        axes.plot([rate.low, rate.high], [place, place], color=colour, linewidth=2.2, alpha=0.35)
        without = row["n_right_without"] / row["n_cases"]
        axes.plot(without, place, marker="o", markersize=5.5, color=MUTED, fillstyle="none")
        axes.plot(rate.ratio, place, marker="o", markersize=6, color=colour)
        axes.annotate(
            signed_percent(uplift).replace(" %", ""), (1.0, place),
            xycoords=("axes fraction", "data"), xytext=(44, 0), textcoords="offset points",
            ha="right", va="center", fontsize=8.5, color=colour if uplift else MUTED,
        )  # fmt: skip
    axes.annotate(
        "points", (1.0, 1.0), xycoords="axes fraction", xytext=(44, 3), ha="right", va="bottom",
        textcoords="offset points", fontsize=8.5, color=MUTED,
    )  # fmt: skip
    name_rows(axes, [str(name) for name in shown["skill"]])
    axes.xaxis.set_major_formatter(percent_tick)
    axes.set_xlim(min(axes.get_xlim()[0], 0.5), 1.01)
    n_more = len(skills) - len(shown)
    told = f"; {n_more:,} more in the table" if n_more else ""
    axes.set_xlabel(f"right, 95 % interval; hollow: without skills{told}", color=MUTED)
    return figure


def label_ends(
    axes: Axes, labels: list[tuple[float, str, str]], limits: tuple[float, float]
) -> None:
    """Write (height, text, colour) at the right edge, none over another."""
    gap = 0.075 * (limits[1] - limits[0])
    ordered = sorted(labels)
    places: list[float] = []
    for height, *_ in ordered:
        places.append(max(height, places[-1] + gap) if places else height)
    beyond = max(places[-1] - limits[1], 0.0) if places else 0.0
    for number in reversed(range(len(places))):  # pushed out above: down again
        above = places[number + 1] - gap if number + 1 < len(places) else places[-1] - beyond
        places[number] = min(places[number], above)
    for place, (_, text, colour) in zip(places, ordered, strict=True):
        axes.annotate(
            legible(clipped(text)), (1, place), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8.5, color=colour, parse_math=False,
        )  # fmt: skip


def percent_tick(value: float, _: float = 0.0) -> str:
    """Return a ratio as it stands at an axis."""
    return f"{100 * value:.4g} %".replace("-", "−")


def clipped(name: str) -> str:
    """Return a name without its middle, where it is long."""
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


def name_rows(axes: Axes, names: list[str]) -> None:
    """Write a name beside each row, the first at the top."""
    shown = [legible(clipped(name)) for name in names]
    axes.set_yticks(range(len(names)), shown, fontsize=8.5, color=INK, parse_math=False)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _draw_curve(axes: Axes, curve: Curve, limits: tuple[float, float], colour: str) -> None:
    at = np.concatenate([[limits[0]], np.maximum(curve.seconds, limits[0]), [limits[1]]])
    ratio = np.concatenate([[0.0], curve.ratio, curve.ratio[-1:]])
    low, high = (np.concatenate([[0.0], part, part[-1:]]) for part in (curve.low, curve.high))
    axes.fill_between(at, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
    axes.step(at, ratio, where="post", color=colour, linewidth=1.8)


def _draw_amount(axes: Axes, place: float, amount: Amount, colour: str, quantity: str) -> None:
    if not amount.is_known or not amount.value:
        return
    axes.barh(place, amount.value, 0.3, color=colour, alpha=0.8)
    end = amount.value
    if math.isfinite(amount.low) and math.isfinite(amount.high):
        axes.plot([amount.low, amount.high], [place, place], color=INK, linewidth=1)
        end = max(amount.high, end)
    axes.annotate(
        format_amount(amount, quantity), (end, place), xytext=(4, 0), textcoords="offset points",
        va="center", fontsize=8.5, color=INK,
    )  # fmt: skip
