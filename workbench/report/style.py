"""What all figures share: colours, frames, limits, and SVG that is equal each time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.views.words import legible

INK, MUTED, GRID = "#2b2f35", "#6a727d", "#e3e6ea"
BEFORE, AFTER, FIXED = "#1f66b5", "#c4460f", "#0b7a66"
"""Told apart with every common kind of colour blindness, and by place or label besides."""

_CSS_NAMES = {
    INK: "ink", MUTED: "muted", GRID: "line", BEFORE: "less", AFTER: "more", FIXED: "good",
}  # fmt: skip
_LONGEST_TITLE = 96
"""In characters, of which the middle is left out: the ends of a name tell most."""


def render_svg(figure: Figure, *, id_prefix: str = "figure", label: str = "") -> str:
    """Return a figure as an `<svg>` element to stand inside a page.

    Ids carry `id_prefix`, so that several figures can share a page; colours are CSS variables
    with the printed colour as their fallback; `label` is what a screen reader says.
    """
    text = io.StringIO()
    no_metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": id_prefix}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's font has it
        figure.savefig(text, format="svg", transparent=True, metadata=no_metadata)
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub("<[^>]*>", lambda tag: _settle_tag(tag[0], id_prefix), svg)
    return svg.replace("<svg", f'<svg role="img" aria-label={quoteattr(legible(label))}', 1)


def _settle_tag(tag: str, id_prefix: str) -> str:
    """Return a tag with prefixed ids, and with CSS variables for colours."""
    tag = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{id_prefix}-", tag)
    for colour, name in _CSS_NAMES.items():
        tag = tag.replace(f": {colour}", f": var(--{name}, {colour})")
    return tag


def new_figure(*, height_in: float, title: str) -> tuple[Figure, Axes]:
    """Return an empty figure of the one width that all have; a `$` in a title starts no formula."""
    width_in, top_in = 9.0, 0.62 if title else 0.3
    figure = Figure(figsize=(width_in, height_in))
    figure.subplots_adjust(  # fixed margins: a layout engine would double the time of a page
        left=0.75 / width_in,
        right=1 - 0.1 / width_in,
        bottom=0.55 / height_in,
        top=1 - top_in / height_in,
    )
    axes = figure.add_subplot()
    axes.set_title(legible(title), loc="left", pad=18, fontsize=10, color=INK, parse_math=False)
    axes.grid(visible=True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=GRID, labelcolor=MUTED, labelsize=8.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GRID)
    axes.xaxis.label.set_fontsize(9)
    axes.yaxis.label.set_fontsize(9)
    return figure, axes


def say(figure: Figure, axes: Axes, message: str) -> Figure:
    """Write in place of a picture why there is none."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, message, transform=axes.transAxes, ha="center", va="center", color=MUTED)
    return figure


def shortened(title: str) -> str:
    """Return a title that fits."""
    half = _LONGEST_TITLE // 2
    return title if len(title) <= _LONGEST_TITLE else f"{title[: half - 1]}…{title[-half:]}"


def value_limits(values: Sequence[float | None], *, from_zero: bool = False) -> tuple[float, float]:
    """Return limits with a margin; from zero also where the values span half their height."""
    known = [value for value in values if value is not None and np.isfinite(value)]
    low, high = min(known), max(known)
    margin = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    is_wide = low <= high / 2
    return (0.0 if low >= 0 and (from_zero or is_wide) else low - margin), high + 1.5 * margin
