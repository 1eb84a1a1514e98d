"""What was detected, as figures: many series at once, how large changes are, and the funnel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.report.style import (
    AFTER,
    BEFORE,
    GRID,
    INK,
    MUTED,
    new_figure,
    say,
    shortened,
)
from workbench.report.units import format_relative
from workbench.types import Detection, FloatArray, Regression, SeriesMatrix
from workbench.views.words import legible

_BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.3))
_ROW_IN = 0.27
_LONGEST_NAME = 46


def plot_many(
    series: SeriesMatrix | pd.DataFrame, *, highlight: Sequence[int] = (),
    detection: Detection | None = None, title: str = "",
) -> Figure:  # fmt: skip
    """Plot many series over each other, each relative to its own median.

    The bands hold the middle 50 and 90 % of the series in each window; those in `highlight` are
    drawn by themselves.

    Parameters
    ----------
    series : SeriesMatrix or DataFrame
        One row a series, one column a window.
    highlight : sequence of int
        Rows to draw on top.
    detection : Detection, optional
        Its change points are marked, where they may have begun is shaded.
    title : str
        Shown as it is.
    """
    values, names = _values(series)
    figure, axes = new_figure(height_in=3.2, title=shortened(title))
    if not values.size or not np.isfinite(values).any():
        return say(figure, axes, "no values were measured")
    ratios = _relative(values)
    at = np.arange(values.shape[1])
    for low, high, alpha in _BANDS:
        edges = np.nanquantile(ratios, [low, high], axis=0)
        axes.fill_between(at, *edges, color=BEFORE, alpha=alpha, linewidth=0)
    axes.plot(at, np.nanmedian(ratios, axis=0), color=BEFORE, linewidth=1.4, label="median")
    for found in (*detection.found, *detection.gains) if detection else ():
        _mark_change(axes, found)
    for row in highlight:
        axes.plot(at, ratios[row], linewidth=1.1, label=legible(_clipped(names[row])))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("window, oldest first", color=MUTED)
    axes.set_ylabel("of its own median", color=MUTED)
    axes.set_xlim(-0.5, values.shape[1] - 0.5)
    if len(highlight):
        axes.legend(loc="upper left", fontsize=8, frameon=False, labelcolor=INK)
    return figure


def plot_regressions(detection: Detection, *, n: int = 20, title: str = "") -> Figure:
    """Plot the largest regressions and improvements as changes of level with 95 % intervals.

    Parameters
    ----------
    detection : Detection
        What was found.
    n : int
        How many of each, at most.
    title : str
        Shown as it is.
    """
    found = [*detection.found[:n], *detection.gains[:n]]
    figure, axes = new_figure(height_in=max(len(found), 2) * _ROW_IN + 1.1, title=shortened(title))
    if not found:
        return say(figure, axes, "nothing regressed and nothing improved")
    figure.subplots_adjust(left=0.4)
    limit = _limit(found)
    for row, change in enumerate(found):
        _draw_interval(axes, row, change, limit)
    names = [legible(_clipped(f"{change.subject} {change.metric}")) for change in found]
    axes.set_yticks(range(len(found)), names, fontsize=8, color=INK, parse_math=False)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(-1.12 * limit, 1.12 * limit)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}".replace("-", "−"))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("change of level, 95 % interval; an arrow goes on beyond the edge", color=MUTED)
    return figure


def plot_funnel(detection: Detection, *, title: str = "") -> Figure:
    """Plot how many candidates each stage of the funnel let through."""
    funnel = detection.funnel
    figure, axes = new_figure(height_in=max(len(funnel), 2) * 0.34 + 0.9, title=shortened(title))
    if funnel.empty:
        return say(figure, axes, "nothing was looked at")
    figure.subplots_adjust(left=0.2)
    rows = np.arange(len(funnel))
    axes.barh(rows, funnel["n_in"], 0.7, color=GRID)
    axes.barh(rows, funnel["n_out"], 0.7, color=BEFORE)
    for row, (n_in, n_out) in enumerate(zip(funnel["n_in"], funnel["n_out"], strict=True)):
        axes.annotate(
            f"{n_out:,} of {n_in:,}", (n_in, row), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8, color=INK,
        )  # fmt: skip
    axes.set_xlim(0, 1.18 * max(int(funnel["n_in"].max()), 1))
    axes.set_yticks(rows, funnel["stage"], fontsize=8.5, color=INK)
    axes.set_ylim(len(funnel) - 0.45, -0.55)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("candidates that came in, and those that were let through", color=MUTED)
    return figure


def _mark_change(axes: Axes, found: Regression) -> None:
    colour = AFTER if found.absolute_delta > 0 else BEFORE
    axes.axvspan(
        found.change_index_low - 0.5, found.change_index_high + 0.5, color=colour, alpha=0.12,
        linewidth=0,
    )  # fmt: skip
    axes.axvline(found.change_index - 0.5, color=colour, linewidth=0.9, linestyle=(0, (4, 3)))


def _values(series: SeriesMatrix | pd.DataFrame) -> tuple[FloatArray, list[str]]:
    frame = series.to_pandas() if isinstance(series, SeriesMatrix) else series
    names = [
        " ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.index
    ]
    return frame.to_numpy(np.float64), names


def _relative(values: FloatArray) -> FloatArray:
    middle = np.nanmedian(values, axis=1, keepdims=True)
    middle = np.where(middle == 0, np.nanmean(values, axis=1, keepdims=True), middle)
    ratios: FloatArray = np.full(values.shape, np.nan)
    np.divide(values, middle, out=ratios, where=middle != 0)
    return ratios


def _limit(found: Sequence[Regression]) -> float:
    """Return where the axis ends: most of what is known, and not the one that dwarfs the rest."""
    ends = [(c.relative_delta, c.relative(c.delta_low), c.relative(c.delta_high)) for c in found]
    sizes = np.abs(ends).max(axis=1)  # NaN where no interval is known
    sizes = np.where(np.isnan(sizes), np.abs([delta for delta, *_ in ends]), sizes)
    known = sizes[np.isfinite(sizes)]
    return float(min(known.max(), 4 * np.median(known))) if known.size else 1.0


def _draw_interval(axes: Axes, row: int, change: Regression, limit: float) -> None:
    colour = AFTER if change.absolute_delta > 0 else BEFORE
    delta = change.relative_delta
    shown = float(np.clip(delta, -limit, limit))
    low, high = change.relative(change.delta_low), change.relative(change.delta_high)
    if np.isfinite([low, high]).all():
        ends = np.clip([low, high], -1.1 * limit, 1.1 * limit)
        axes.plot(ends, [row, row], color=colour, linewidth=1.6)
    is_beyond = abs(delta) > limit
    marker = (">" if delta > 0 else "<") if is_beyond else "o"
    axes.plot([shown], [row], marker=marker, color=colour, markersize=5.5)
    axes.annotate(
        format_relative(delta), (shown, row), xytext=(0, 5), textcoords="offset points",
        ha="center", va="bottom", fontsize=7.5, color=colour,
    )  # fmt: skip


def _clipped(name: str) -> str:
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"
