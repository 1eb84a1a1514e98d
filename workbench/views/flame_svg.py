"""A flame graph as a picture, where no script runs: the first rows, what is wide enough to see."""

from __future__ import annotations

import numpy as np

from workbench.types.arrays import FloatArray
from workbench.views.flame import SHARE_UNIT, Flame
from workbench.views.words import counted, signed_percent, xml_text

WIDTH_PX, ROW_PX, LETTER_PX = 960, 18, 6.65
LEAST_PX, ROOM_PX = 1.0, 3.0
"""What is narrower is not drawn; and has no row for its own sake."""
MOST_ROWS = 30
_LESS, _SAME, _MORE = (59, 134, 214), (217, 221, 226), (232, 103, 44)
_PLAIN = ("#ee8866", "#f2a07f", "#e9a17c", "#f4b08c")
"""Neighbours differ a little, so that their edges are seen."""


def flame_svg(flame: Flame) -> str:
    """Return the flame graph as an `<svg>` of one width, its later side."""
    whole = float(flame.after[0]) or 1.0
    depths, start = flame.depths(), starts_of(flame)
    width = flame.after / whole * WIDTH_PX
    n_rows = min(int(depths[width >= ROOM_PX].max(initial=0)) + 1, MOST_ROWS)
    seen = np.flatnonzero((width >= LEAST_PX) & (depths < n_rows))
    n_deeper = int(depths.max(initial=0)) + 1 - n_rows
    caption = _caption(flame, n_deeper)
    rows = [
        _box(flame, int(node), start[node] / whole * WIDTH_PX, width[node], int(depths[node]))
        for node in seen
    ]
    height = n_rows * ROW_PX + 22
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" '
        f'width="{WIDTH_PX}" height="{height}" role="img" aria-label="{caption}" '
        f'font-family="monospace" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
        f'{"".join(rows)}<text x="4" y="{height - 7}" fill="#57606c">{caption}</text></svg>'
    )


def starts_of(flame: Flame) -> FloatArray:
    """Return where each node begins: siblings side by side from where their caller does."""
    before = np.cumsum(flame.after) - flame.after
    first = np.searchsorted(flame.parent, flame.parent)  # of the siblings
    within = before - before[np.maximum(first, 0)]
    start = np.zeros(flame.n_nodes)
    depths = flame.depths()
    for depth in range(1, int(depths.max(initial=0)) + 1):
        row = np.flatnonzero(depths == depth) if depth <= MOST_ROWS else np.zeros(0, np.int64)
        start[row] = start[flame.parent[row]] + within[row]
    return start


def _box(flame: Flame, node: int, left: float, width: float, depth: int) -> str:
    name = flame.title if node == 0 else flame.functions[flame.function[node]].name
    mark, fill = "", _PLAIN[(node * 7 + depth) % len(_PLAIN)]
    if flame.is_diff:
        believed = flame.q_value is None or node == 0 or bool(flame.is_significant[node])
        delta = float(flame.delta[node]) if believed else 0.0
        part = float(np.clip(delta / flame.limit, -1, 1))
        end = _LESS if part < 0 else _MORE
        mixed = [round(s + (e - s) * abs(part)) for s, e in zip(_SAME, end, strict=True)]
        fill = f"rgb({mixed[0]},{mixed[1]},{mixed[2]})"
        if flame.q_value is not None and node and believed:
            mark = "▲ " if delta > 0 else "▼ "
    most = int((width - 8) / LETTER_PX)
    text = mark + name
    shown = text if len(text) <= most else f"{text[: max(most - 1, 0)]}…"
    label = ""
    if most >= 3:
        at = f'x="{left + 4:.1f}" y="{depth * ROW_PX + 13}"'
        label = f'<text {at} fill="#14171b">{xml_text(shown)}</text>'
    size = max(width - (1 if width > 3 else 0), 0.5)
    box = f'x="{left:.1f}" y="{depth * ROW_PX}" width="{size:.1f}" height="{ROW_PX - 1}"'
    return f'<g><title>{xml_text(name)}</title><rect {box} fill="{fill}"/>{label}</g>'


def _caption(flame: Flame, n_deeper: int) -> str:
    unit = "% of the whole" if flame.unit == SHARE_UNIT else flame.unit
    paths = counted(flame.n_nodes - 1, "call path")
    told = f"{xml_text(flame.title)}: {paths}, {xml_text(unit)}"
    told += ", width after, orange grew, blue shrank" if flame.is_diff else ""
    if flame.wholes is not None:
        before, after = flame.wholes
        told += f"; in all {signed_percent(after / before - 1, 1)}"
    return told + (f"; {n_deeper} deeper rows are left out" if n_deeper else "")
