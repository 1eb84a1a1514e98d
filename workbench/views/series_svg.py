"""Series as a picture, where no script runs: those that changed most, with their change points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from workbench.types.arrays import FloatArray
from workbench.views.series_set import SeriesChange, SeriesSet
from workbench.views.words import signed_percent, xml_text

WIDTH_PX, HEIGHT_PX = 960, 300
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 60, 190, 8, 40
MOST_LINES, MOST_NAMED, MOST_POINTS = 40, 6, 240
_COLOURS = ("#b5400c", "#0b6e5c", "#7a3ba8", "#8a5a00", "#b3166b", "#2358a8")
_WORSE, _BETTER = "#b3261e", "#0b6e5c"


def series_svg(shown: SeriesSet) -> str:
    """Return an `<svg>` of the series that changed most, each relative to its median."""
    rows = _most_changed(shown)
    levels = _relative(shown, rows)
    low, high = _range(levels)
    lines = [_line(levels[i], low, high, i) for i in reversed(range(len(rows)))]
    main = shown.main_changes()
    marks = [_mark(shown, main[row], low, high) for row in rows if row in main and shown.n_windows]
    caption = _caption(shown, len(rows))
    names = [_name(shown, int(row), i, main) for i, row in enumerate(rows[:MOST_NAMED])]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" '
        f'width="{WIDTH_PX}" height="{HEIGHT_PX}" role="img" aria-label="{caption}" '
        f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>'
        f"{_axes(shown, low, high)}{''.join(lines)}{''.join(marks)}{''.join(names)}"
        f'<text x="4" y="{HEIGHT_PX - 6}" fill="#57606c">{caption}</text></svg>'
    )


def _most_changed(shown: SeriesSet) -> npt.NDArray[np.int64]:
    size = np.abs(shown.ratios())
    size[[*shown.main_changes()]] += 1e12  # those with change points first
    return np.argsort(-np.nan_to_num(size, nan=-1.0), kind="stable")[:MOST_LINES]


def _relative(shown: SeriesSet, rows: npt.NDArray[np.int64]) -> FloatArray:
    """Return values as fractions above the median, (n, n_windows)."""
    middle, size = _scales(shown, rows)
    return np.asarray((shown.values[rows] - middle[:, None]) / size[:, None], np.float64)


def _scales(shown: SeriesSet, rows: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    middle = np.nan_to_num(shown.medians()[rows])
    peak = np.max(np.abs(np.nan_to_num(shown.values[rows])), axis=1, initial=0.0)
    return middle, np.where(middle != 0, np.abs(middle), np.where(peak > 0, peak, 1.0))


def _range(levels: FloatArray) -> tuple[float, float]:
    seen = levels[~np.isnan(levels)]
    if not len(seen):
        return -1.0, 1.0
    low, high = np.quantile(seen, [0.002, 0.998])
    room = 0.05 * (high - low) or 0.05
    return float(low - room), float(high + room)


def _x(position: float, n_windows: int) -> float:
    return LEFT_PX + position / max(n_windows, 1) * (WIDTH_PX - LEFT_PX - RIGHT_PX)


def _y(value: float, low: float, high: float) -> float:
    part = (high - min(max(value, low), high)) / (high - low)
    return TOP_PX + part * (HEIGHT_PX - TOP_PX - BOTTOM_PX)


def _line(levels: FloatArray, low: float, high: float, place: int) -> str:
    """Return the path of one series; of many windows, those that show how far it reaches."""
    n = len(levels)
    parts, is_down = [], False
    for window in _outermost(levels):
        value = levels[window]
        if np.isnan(value):
            is_down = False
            continue
        move = "L" if is_down else "M"
        parts.append(f"{move}{_x(window + 0.5, n):.1f} {_y(value, low, high):.1f}")
        is_down = True
    colour = _COLOURS[place] if place < MOST_NAMED else "#8fa9cc"
    look = "1.5" if place < MOST_NAMED else '0.8" stroke-opacity="0.7'
    return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="{look}"/>'


def _outermost(levels: FloatArray) -> list[int]:
    size = -(-len(levels) // (MOST_POINTS // 2))
    if size <= 2:
        return [*range(len(levels))]
    picked: set[int] = set()
    for start in range(0, len(levels), size):
        some = levels[start : start + size]
        is_there = ~np.isnan(some)
        if not is_there.all():
            picked.add(start + int(np.argmin(is_there)))
        if is_there.any():
            picked |= {start + int(np.nanargmin(some)), start + int(np.nanargmax(some))}
    return sorted(picked)


def _mark(shown: SeriesSet, change: SeriesChange, low: float, high: float) -> str:
    middle, size = _scales(shown, np.array([change.row]))
    x = _x(change.index, shown.n_windows)
    y = _y(float((change.after - middle[0]) / size[0]), low, high)
    tip = -5 if change.after >= change.before else 5
    colour = _WORSE if change.is_worse else _BETTER
    look = f'fill="{colour}" stroke="#fff"' if change.is_worse else f'fill="#fff" stroke="{colour}"'
    left, right = (_x(at, shown.n_windows) for at in (change.low, change.high + 1))
    what = f"{'worse' if change.is_worse else 'better'} from {shown.windows[change.index]}"
    return (
        f"<g><title>{xml_text(shown.names[change.row])}: {xml_text(what)}</title>"
        f'<rect x="{left:.1f}" y="{y - 1:.1f}" width="{max(right - left, 1):.1f}" height="2" '
        f'fill="{colour}" fill-opacity="0.5"/><path d="M{x - 5:.1f} {y - tip:.1f}h10'
        f'L{x:.1f} {y + tip:.1f}z" {look}/></g>'
    )


def _name(shown: SeriesSet, row: int, place: int, main: dict[int, SeriesChange]) -> str:
    name = shown.names[row]
    ratio = main[row].ratio if row in main else shown.ratios()[row]
    told = "" if np.isnan(ratio) else f" {signed_percent(ratio)}"
    most = 26 - len(told)
    tail = most // 2
    clipped = name if len(name) <= most else f"{name[: most - tail - 1]}…{name[-tail:]}"
    at = f'x="{WIDTH_PX - RIGHT_PX + 8}" y="{TOP_PX + 14 + 18 * place}"'
    text = xml_text(clipped + told)
    return f'<text {at} fill="{_COLOURS[place]}"><title>{xml_text(name)}</title>{text}</text>'


def _axes(shown: SeriesSet, low: float, high: float) -> str:
    bottom, right = HEIGHT_PX - BOTTOM_PX, WIDTH_PX - RIGHT_PX
    parts = [f'<path d="M{LEFT_PX} {bottom}H{right}" stroke="#868f9a"/>']
    for value in (low, 0.0, high):
        y = _y(value, low, high)
        text = "median" if value == 0 else signed_percent(value)
        near = value == 0 and min(y - TOP_PX, bottom - y) < 14
        if not near and low <= value <= high:
            parts.append(
                f'<path d="M{LEFT_PX} {y:.1f}H{right}" stroke="#dfe3e8"/><text x="{LEFT_PX - 5}" '
                f'y="{y + 4:.1f}" text-anchor="end" fill="#57606c">{text}</text>'
            )
    if shown.n_windows:
        ends = ((LEFT_PX, "start", shown.windows[0]), (right, "end", shown.windows[-1]))
        parts += [
            f'<text x="{x}" y="{bottom + 14}" text-anchor="{anchor}" fill="#57606c">'
            f"{xml_text(_window_name(window))}</text>"
            for x, anchor, window in ends
        ]
    return "".join(parts)


def _window_name(window: object) -> str:
    text = str(window)
    return f"{text[:16]} UTC" if text.endswith("+00:00") else text[:24]


def _caption(shown: SeriesSet, n_drawn: int) -> str:
    told = f"{xml_text(shown.title)}: {shown.n_series:,} series of {shown.n_windows:,} windows"
    if n_drawn < shown.n_series:
        told += f", the {n_drawn} that changed most are drawn"
    n_worse = sum(change.is_worse for change in shown.changes)
    if shown.changes:
        told += f"; {n_worse} got worse (full marks), {len(shown.changes) - n_worse} better"
    return f"{told}; relative to each one's median" if n_drawn else told
