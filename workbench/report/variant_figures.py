"""Variants of skills side by side, as figures: how often right, and how sure of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from workbench.measures import FLOORS, RiskCurve, rate_of
from workbench.report.lead.figures import label_ends, name_rows, percent_tick
from workbench.report.style import AFTER, BEFORE, FIXED, INK, MUTED, new_figure, say, shortened

_RATES = (
    ("correct", "right", BEFORE, -0.17),
    ("false_accusation", "false accusation", AFTER, 0.17),
)
_MOST_ROWS, _ROW_IN = 20, 0.44
_COLOURS = (BEFORE, AFTER, FIXED, INK)


def plot_variants(summary: pd.DataFrame, *, title: str = "") -> Figure:
    """Plot how often each variant is right and accuses wrongly, with 95 % intervals.

    Parameters
    ----------
    summary : DataFrame
        One row a `variant` and `model`: `n_cases`, `correct` and `false_accusation` with `_n`;
        as `workbench.evaluate.summary.summarise` returns it. The first twenty are drawn.
    title : str
        Shown as it is.
    """
    shown = summary.head(_MOST_ROWS)
    height_in = max(len(shown), 2) * _ROW_IN + 1.1
    figure, axes = new_figure(height_in=height_in, title=shortened(title))
    if shown.empty:
        return say(figure, axes, "nothing was evaluated")
    figure.subplots_adjust(left=0.27, right=0.94)
    for place, row in enumerate(shown.to_dict("records")):
        for name, _, colour, offset in _RATES:
            told, at = rate_of(row[name] * row[f"{name}_n"], row[f"{name}_n"]), place + offset
            drawn = MUTED if row["variant"] in FLOORS else colour
            axes.plot([told.low, told.high], [at, at], color=drawn, linewidth=2.2, alpha=0.35)
            marker = "o" if name == "correct" else "X"
            axes.plot(told.ratio, at, marker=marker, markersize=6, color=drawn, linestyle="")
            axes.annotate(
                percent_tick(round(told.ratio, 3)), (told.high, at), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=8.5, color=drawn,
            )  # fmt: skip
    name_rows(axes, [f"{row.variant} ({row.model})" for row in shown.itertuples()])
    axes.set_xlim(-0.015, 1.08)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(percent_tick)
    n_more = len(summary) - len(shown)
    more = f"; {n_more:,} more not drawn" if n_more else ""
    axes.set_xlabel(f"part of the cases, 95 % interval{more}", color=MUTED)
    for (_, label, colour, _), mark, at in zip(_RATES, "●✖", (0, 60), strict=True):
        axes.annotate(
            f"{mark} {label}", (0, 1), xycoords="axes fraction", xytext=(at, 4), va="bottom",
            textcoords="offset points", fontsize=8.5, color=colour,
        )  # fmt: skip
    return figure


def plot_risk(curves: Mapping[str, RiskCurve], *, title: str = "") -> Figure:
    """Plot which part of the surest answers is wrong, for every part of them.

    Parameters
    ----------
    curves : mapping of str to RiskCurve
        Name of a variant -> its curve; floors are thin and grey.
    title : str
        Shown as it is.
    """
    figure, axes = new_figure(height_in=3.3, title=shortened(title))
    known = {name: curve for name, curve in curves.items() if curve.n_answers}
    if not known:
        return say(figure, axes, "no answer tells how sure it is")
    figure.subplots_adjust(right=0.74)
    labels, variants = [], [name for name in known if name.partition(" ")[0] not in FLOORS]
    top = max(float(curve.risk.max()) for curve in known.values())
    for name, curve in known.items():
        is_floor = name not in variants
        colour = MUTED if is_floor else _COLOURS[variants.index(name) % len(_COLOURS)]
        axes.plot(curve.coverage, curve.risk, color=colour, linewidth=0.9 if is_floor else 1.8)
        labels.append((float(curve.risk[-1]), f"{name}, {curve.area:.3f}", colour))
    limits = (0.0, min(1.0, 1.08 * top) or 0.02)
    label_ends(axes, labels, limits)
    axes.set_xlim(0, 1)
    axes.set_ylim(*limits)
    axes.xaxis.set_major_formatter(percent_tick)
    axes.yaxis.set_major_formatter(percent_tick)
    axes.set_xlabel("coverage: answers, the surest first; beside names: area under it", color=MUTED)
    axes.set_ylabel("risk: part of these that is wrong", color=MUTED)
    return figure
