"""Who did it, as figures: candidates, what speaks for one, and how an investigation went."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from matplotlib.figure import Figure

from workbench.report.style import (
    AFTER,
    BEFORE,
    INK,
    MUTED,
    new_figure,
    say,
    shortened,
)
from workbench.report.units import format_percent, format_signed
from workbench.types import Ranking, Step, Suspect
from workbench.views.words import legible

_ROW_IN, _WRAPPED_ROW_IN = 0.3, 0.42
_LONGEST_LABEL = 58


def plot_suspects(ranking: Ranking, *, n: int = 8, title: str = "") -> Figure:
    """Plot the probability of each candidate, and that it was none of them.

    Parameters
    ----------
    ranking : Ranking
        Candidates, the likeliest first.
    n : int
        How many to draw; the rest are added up in one row.
    title : str
        Shown as it is.
    """
    rows = [(f"{s.change.id[:10]} {s.change.title}", s.probability) for s in ranking.suspects[:n]]
    rest = ranking.suspects[n:]
    if rest:
        rows.append((f"{len(rest):,} others together", sum(s.probability for s in rest)))
    rows.append(("none of these", ranking.none_probability))
    figure, axes = new_figure(height_in=len(rows) * _ROW_IN + 0.9, title=shortened(title))
    figure.subplots_adjust(left=0.46)
    places = np.arange(len(rows))
    colours = [AFTER] * len(ranking.suspects[:n]) + [MUTED] * (
        len(rows) - len(ranking.suspects[:n])
    )
    axes.barh(places, [value for _, value in rows], 0.66, color=colours)
    for place, (_, value) in enumerate(rows):
        axes.annotate(
            format_percent(value), (value, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=8.5, color=INK,
        )  # fmt: skip
    labels = [_clipped(label) for label, _ in rows]
    axes.set_yticks(places, labels, fontsize=8, color=INK, parse_math=False)
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.set_xlim(0, 1.12)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.spines["bottom"].set_bounds(0, 1)  # what is beyond is room for figures
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("probability of being the cause", color=MUTED)
    return figure


def plot_evidence(suspect: Suspect, *, title: str = "") -> Figure:
    """Plot what speaks for and against one candidate, in log-odds, the strongest first."""
    features = sorted(suspect.features, key=lambda feature: -abs(feature.contribution))
    figure, axes = new_figure(
        height_in=max(len(features), 2) * _WRAPPED_ROW_IN + 0.9, title=shortened(title)
    )
    if not features:
        return say(figure, axes, "no evidence was weighed")
    figure.subplots_adjust(left=0.5)
    values = np.array([feature.contribution for feature in features])
    places = np.arange(len(features))
    axes.barh(places, values, 0.66, color=np.where(values > 0, AFTER, BEFORE))
    reach = 1.25 * max(float(np.abs(values).max()), 0.1)
    for place, value in enumerate(values):
        axes.annotate(
            format_signed(float(value)), (value, place), xytext=(4 if value >= 0 else -4, 0),
            textcoords="offset points", va="center", ha="left" if value >= 0 else "right",
            fontsize=8.5, color=INK,
        )  # fmt: skip
    labels = [_wrapped(feature.note) for feature in features]
    axes.set_yticks(places, labels, fontsize=8, color=INK, parse_math=False)
    axes.set_ylim(len(features) - 0.45, -0.55)
    axes.set_xlim(-reach, reach)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("log-odds: − speaks against it, + for it", color=MUTED)
    return figure


def plot_steps(steps: Sequence[Step], *, title: str = "") -> Figure:
    """Plot how an investigation went: a bar a step, in seconds from its start."""
    figure, axes = new_figure(height_in=max(len(steps), 2) * 0.2 + 0.9, title=shortened(title))
    if not steps:
        return say(figure, axes, "no step was made")
    figure.subplots_adjust(left=0.4)
    places = np.arange(len(steps))
    started = [step.started_s for step in steps]
    axes.barh(places, [step.seconds for step in steps], 0.7, left=started, color=BEFORE)
    axes.plot(started, places, linestyle="none", marker="|", color=INK, markersize=5)
    labels = [_clipped(step.title) for step in steps]
    axes.set_yticks(places, labels, fontsize=7.5, color=INK, parse_math=False)
    axes.set_ylim(len(steps) - 0.45, -0.55)
    axes.set_xlim(0, 1.02 * max(step.started_s + step.seconds for step in steps) or 1.0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("seconds from the start", color=MUTED)
    return figure


def _wrapped(text: str) -> str:
    """Return a text in two lines at most."""
    lines = wrap(legible(text), _LONGEST_LABEL, max_lines=2, placeholder="…")
    return "\n".join(lines)


def _clipped(text: str) -> str:
    plain = legible(text)
    return plain if len(plain) <= _LONGEST_LABEL else f"{plain[: _LONGEST_LABEL - 1]}…"
