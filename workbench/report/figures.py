"""Series, and what was measured of a fix, as figures without global state."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workbench.report.style import (
    AFTER,
    BEFORE,
    FIXED,
    INK,
    MUTED,
    new_figure,
    say,
    shortened,
    value_limits,
)
from workbench.report.units import format_number, format_relative
from workbench.types import Explanation, FloatArray, Regression, Verification, quiet_cost
from workbench.views.words import legible

_USUAL = (0.005, 0.995)
"""Quantiles between which values span the height of an explanation, at least."""


def plot_series(
    values: npt.ArrayLike,
    *,
    change_index: int | None = None,
    before: float | None = None,
    after: float | None = None,
    unit: str,
    title: str,
) -> Figure:
    """Plot one series with its change point and the levels on both sides of it.

    Parameters
    ----------
    values : array_like
        (n_windows,), in `unit`, oldest first; a gap for each NaN.
    change_index : int, optional
        First window of the new level.
    before, after : float, optional
        Levels, in `unit`.
    unit : str
        Label of the value axis.
    title : str
        Shown as it is: a `$` starts no formula.
    """
    points = np.asarray(values, dtype=np.float64)
    figure, axes = new_figure(height_in=2.9, title=title)
    if not np.isfinite(points).any():
        return say(figure, axes, "no values were measured")
    n_before = len(points) if change_index is None else change_index
    for start, end, colour in ((0, n_before, BEFORE), (n_before, len(points), AFTER)):
        if start == end:
            continue
        axes.plot(
            np.arange(start, end), points[start:end],
            color=colour, marker="o", markersize=3.6, linewidth=0.9, alpha=0.85,
        )  # fmt: skip
    if change_index is not None:
        _mark_change(axes, change_index)
    for level, start, end, colour in (
        (before, 0, n_before, BEFORE),
        (after, n_before, len(points), AFTER),
    ):
        if level is not None and np.isfinite(level) and start < end:
            _draw_level(axes, level, points[start:end], start, colour)
    axes.set_xlim(-0.8, len(points) - 0.2)
    axes.set_ylim(value_limits([*points, before, after], from_zero=change_index is None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("window, oldest first", color=MUTED)
    axes.set_ylabel(legible(unit), color=MUTED, parse_math=False)
    return figure


def plot_explanation(explanation: Explanation, *, unit: str = "", scale: float = 1.0) -> Figure:
    """Plot a series, what was expected of it, and what was reported.

    A change stands where the interval of its place is shaded, and dotted where it was not
    reported. The few values far outside the
    others are drawn as triangles at the edge, lest they flatten the rest.

    Parameters
    ----------
    explanation : Explanation
        As `Detection.explain` returns it.
    unit : str
        Label of the value axis.
    scale : float
        What values are multiplied by to be in `unit`.
    """
    points = scale * np.asarray(explanation.values, dtype=np.float64)
    expected = scale * np.asarray(explanation.expected, dtype=np.float64)
    figure, axes = new_figure(height_in=3.2, title=shortened(explanation.title))
    known = points[np.isfinite(points)]
    if not len(known):
        return say(figure, axes, "no values were measured")
    at = np.arange(len(points), dtype=np.float64)
    if explanation.times is not None:
        at = np.asarray(explanation.times.as_unit("ns").asi8 / 86_400e9)  # matplotlib's dates
    shown = [*np.quantile(known, _USUAL), *expected[np.isfinite(expected)]]
    low, high = value_limits(shown)
    n_beyond = _draw_points(axes, at, points, (low, high))
    axes.plot(at, expected, color=INK, linewidth=1.5)
    axes.set_ylim(low, high)
    first, last = at[np.flatnonzero(np.isfinite(points))[[0, -1]]]  # those measured at all
    margin = 0.01 * (last - first) or 0.5
    axes.set_xlim(first - margin, last + margin)
    figure.subplots_adjust(right=0.975)  # for half a date
    for window in explanation.removed:
        axes.axvline(_before(at, window), color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    for found in explanation.found:
        _shade_change(axes, at, found)
    label = _set_ticks(axes, is_time=explanation.times is not None)
    told = f"; {n_beyond} far off, drawn as triangles at the edge" if n_beyond else ""
    told += "; dotted: a change that is no finding" if explanation.removed else ""
    axes.set_xlabel(label + told, color=MUTED)
    axes.set_ylabel(legible(unit), color=MUTED, parse_math=False)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_offset_text().set(color=MUTED, fontsize=8.5)
    return figure


def plot_verification(verification: Verification) -> Figure:
    """Plot the CPU time per round of every run, with lower quartiles: good, bad and fixed; now and
    with the patch, where there is no better version.
    """
    names = ("before", "regressed", "fixed") if verification.good else ("", "now", "with the patch")
    sides = (verification.good, verification.bad, verification.fixed)
    told = zip(names, sides, (BEFORE, AFTER, FIXED), strict=True)
    groups = [group for group in told if group[0]]
    figure, axes = new_figure(height_in=2.2, title="")
    if not any(runs for _, runs, _ in groups):
        return say(figure, axes, "no runs were measured")
    for row, (_, runs, colour) in enumerate(groups):
        if runs:
            _draw_runs(axes, row, 1e3 * np.asarray(runs, dtype=np.float64), colour)
    axes.set_yticks(range(len(groups)), [name for name, _, _ in groups], color=INK)
    axes.set_ylim(len(groups) - 0.45, -0.65)
    axes.set_xlim(value_limits([1e3 * run for _, runs, _ in groups for run in runs]))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("CPU ms per round, one point a run, lower quartile marked", color=MUTED)
    return figure


def _mark_change(axes: Axes, change_index: int) -> None:
    axes.axvline(change_index - 0.5, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        f"change point: window {change_index}",
        (change_index - 0.5, 1), xycoords=("data", "axes fraction"),
        xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
        fontsize=8.5, color=INK,
    )  # fmt: skip


def _set_ticks(axes: Axes, *, is_time: bool) -> str:
    """Choose the ticks of the windows, and return what the axis is called."""
    if not is_time:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return "window, oldest first"
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    return "time, UTC"


def _draw_points(
    axes: Axes, at: FloatArray, points: FloatArray, limits: tuple[float, float]
) -> int:
    """Draw values as light points, those beyond the limits as triangles; return how many are."""
    size = float(np.clip(60 / np.sqrt(len(points)), 1.6, 4.5))
    beyond = [(points < limits[0], "v", 0.02), (points > limits[1], "^", 0.98)]
    inside = np.where(beyond[0][0] | beyond[1][0], np.nan, points)
    light: dict[str, Any] = {
        "linestyle": "none",
        "color": BEFORE,
        "alpha": 0.45,
        "markeredgewidth": 0,
    }
    axes.plot(at, inside, marker="o", markersize=size, **light)
    for is_beyond, marker, height in beyond:
        if is_beyond.any():
            edge = np.full(int(is_beyond.sum()), limits[0] + height * (limits[1] - limits[0]))
            axes.plot(at[is_beyond], edge, marker=marker, markersize=5, **light)
    return int(beyond[0][0].sum() + beyond[1][0].sum())


def _before(at: FloatArray, window: int) -> float:
    """Return the place between a window and that before it."""
    between = np.concatenate([at[:1], (at[1:] + at[:-1]) / 2, at[-1:]])
    return float(between[np.clip(window, 0, len(at))])


def _shade_change(axes: Axes, at: FloatArray, found: Regression) -> None:
    """Mark where a change is, and shade where it may be."""
    start, end = _before(at, found.change_index_low), _before(at, found.change_index_high + 1)
    axes.axvspan(start, end, color=AFTER, alpha=0.18, linewidth=0)
    place = _before(at, found.change_index)
    axes.axvline(place, color=AFTER, linewidth=1.1, linestyle=(0, (4, 3)))
    left, right = axes.get_xlim()
    part = (place - left) / (right - left)
    where = "left" if part < 0.15 else "right" if part > 0.85 else "center"
    axes.annotate(
        f"{found.kind} at window {found.change_index}: {format_relative(found.relative_delta)}",
        (np.clip(place, left, right), 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
        textcoords="offset points", ha=where, va="bottom", fontsize=8.5, color=AFTER,
    )  # fmt: skip


def _draw_level(axes: Axes, level: float, points: FloatArray, start: int, colour: str) -> None:
    end = start + len(points)
    axes.plot([start - 0.4, end - 0.6], [level, level], color=colour, linewidth=2.2)
    above = np.nanmax([level, *points[-4:]])  # clear of the points below the label
    axes.annotate(
        format_number(level), (end - 0.6, above), xytext=(-1, 5), textcoords="offset points",
        ha="right", va="bottom", fontsize=9, fontweight="bold", color=colour,
    )  # fmt: skip


def _draw_runs(axes: Axes, row: int, values_ms: FloatArray, colour: str) -> None:
    spread = 0.14 * np.cos(np.arange(len(values_ms)) * 2.4)  # apart, and the same each time
    axes.plot(
        values_ms, row + spread, linestyle="none", marker="o", markersize=5.5,
        color=colour, alpha=0.55, markeredgewidth=0,
    )  # fmt: skip
    quiet_ms = float(quiet_cost(values_ms))
    axes.plot([quiet_ms, quiet_ms], [row - 0.28, row + 0.28], color=colour, linewidth=2.6)
    axes.annotate(
        format_number(quiet_ms), (quiet_ms, row - 0.28), xytext=(0, 2),
        textcoords="offset points", ha="center", va="bottom", fontsize=9, fontweight="bold",
        color=colour,
    )  # fmt: skip
