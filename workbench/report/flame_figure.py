"""A flame graph as a figure, for print."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure

from workbench.report.style import AFTER, BEFORE, MUTED, new_figure, say, shortened
from workbench.report.units import format_number
from workbench.views import Flame
from workbench.views.flame import SHARE_UNIT
from workbench.views.flame_svg import starts_of
from workbench.views.words import legible, signed_percent

_SAME = "#d9dde2"
_CHANGES = LinearSegmentedColormap.from_list("changes", [BEFORE, _SAME, AFTER])
_PLAIN = ("#f2a07f", "#f4b08c", "#efa98a")
_ROW_IN = 0.19
_LETTER_IN = 0.075
_WIDTH_IN = 8.7


def plot_flame(
    flame: Flame, *, title: str = "", smallest: float = 0.001, max_rows: int = 40
) -> Figure:
    """Plot a flame graph as an icicle, root at the top; of two sides the later one's widths.

    Parameters
    ----------
    flame : Flame
        What to draw.
    title : str
        Shown as it is.
    smallest : float
        Share of the whole below which a call path is left out.
    max_rows : int
        Rows to draw; deeper ones are told under the figure.
    """
    depths = flame.depths()
    whole = float(flame.after[0])
    seen = np.flatnonzero((flame.after >= smallest * whole) & (flame.after > 0))
    n_rows = int(depths[seen].max(initial=0)) + 1
    shown = min(n_rows, max_rows)
    figure, axes = new_figure(height_in=shown * _ROW_IN + 1.0, title=shortened(title))
    axes.grid(visible=False)
    figure.subplots_adjust(left=0.01, right=0.965)
    if whole <= 0:
        return say(figure, axes, "no samples")
    seen = seen[depths[seen] < max_rows]
    left = starts_of(flame)[seen] / whole
    width = flame.after[seen] / whole
    colours = _colours(flame, seen, depths)
    axes.barh(
        depths[seen], width, 0.92, left=left, color=colours, align="edge",
        edgecolor="white", linewidth=0.4,
    )  # fmt: skip
    _write_names(axes, flame, seen, left, width, depths)
    axes.set(xlim=(0, 1), ylim=(shown, 0), yticks=[])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.spines[["left"]].set_visible(False)
    axes.set_xlabel(_caption(flame, n_rows - shown), color=MUTED, parse_math=False)
    return figure


def _colours(flame: Flame, seen: np.ndarray, depths: np.ndarray) -> list[object]:
    if not flame.is_diff:
        return [_PLAIN[(int(node) * 7 + int(depths[node])) % len(_PLAIN)] for node in seen]
    believed = flame.is_significant if flame.q_value is not None else np.ones(flame.n_nodes, bool)
    believed = believed | (np.arange(flame.n_nodes) == 0)
    delta = np.where(believed, flame.delta, 0.0)[seen]
    return [*_CHANGES(Normalize(-flame.limit, flame.limit, clip=True)(delta))]


def _write_names(
    axes: Axes, flame: Flame, seen: np.ndarray, left: np.ndarray, width: np.ndarray,
    depths: np.ndarray,
) -> None:  # fmt: skip
    for node, at, size in zip(seen.tolist(), left, width, strict=True):
        most = int(size * _WIDTH_IN / _LETTER_IN) - 1
        if most < 3:
            continue
        name = flame.title if node == 0 else flame.functions[flame.function[node]].name
        mark = ""
        if flame.is_diff and node and flame.is_significant[node]:
            mark = "▲ " if flame.delta[node] > 0 else "▼ "
        text = legible(mark + name)
        axes.text(
            at + 0.004, depths[node] + 0.47, text if len(text) <= most else f"{text[: most - 1]}…",
            va="center", fontsize=7, family="monospace", parse_math=False, clip_on=True,
        )  # fmt: skip


def _caption(flame: Flame, n_deeper: int) -> str:
    unit = flame.of or "the whole" if flame.unit == SHARE_UNIT else flame.unit
    told = f"share of {unit}"
    if flame.is_diff:
        scale, shown = (100, "pp") if flame.unit == SHARE_UNIT else (1, flame.unit)
        limit = f"{format_number(flame.limit * scale)} {shown}"
        told += f", after; full blue −{limit}, full orange +{limit}"
        told += "; ▲ ▼ significant" if flame.q_value is not None else ""
    if flame.wholes is not None:
        before, after = flame.wholes
        told += f"; in all {signed_percent(after / before - 1, 1)}"
    return told + (f"; {n_deeper} deeper rows left out" if n_deeper else "")
