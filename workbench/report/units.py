"""What a metric is called, how its values are shown, and in which unit."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """How values of one metric are shown: `value * scale`, followed by `label`."""

    metric: str
    label: str
    scale: float = 1.0

    def format(self, value: float) -> str:
        """Return the value with its unit."""
        number = format_number(value * self.scale)
        return f"{number} {self.label}" if math.isfinite(value) else number

    def format_pair(self, before: float, after: float) -> str:
        """Return both values with the unit named once: `2.10 → 4.95 CPU ms per round`."""
        return f"{format_number(before * self.scale)} → {self.format(after)}"


COST = Unit("CPU cost", "CPU ms per round", 1e3)
SHARE = Unit("gCPU", "% of CPU samples", 100.0)
SELF_SHARE = Unit("self gCPU", "% of CPU samples", 100.0)

_UNITS = {"cost": COST, "gcpu": SHARE, "self_gcpu": SELF_SHARE}


def unit_of(metric: str) -> Unit:
    """Return the unit of a metric; one that is not known is shown as it is."""
    return _UNITS.get(metric) or Unit(metric, "")


def format_number(value: float, digits: int = 3) -> str:
    """Return a number with `digits` significant digits and no exponent; an en dash for NaN."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    n_decimals = min(max(digits - 1 - magnitude, 0), 9)
    return f"{round(value, n_decimals) + 0.0:,.{n_decimals}f}".replace("-", "−")


def format_percent(ratio: float, *, signed: bool = False) -> str:
    """Return a ratio in percent, to three digits below one hundred percent."""
    if not math.isfinite(ratio):
        return format_number(ratio)
    percent = ratio * 100
    n_decimals = 0 if abs(percent) >= 100 else 1
    sign = "+" if signed else ""
    return f"{round(percent, n_decimals) + 0.0:{sign},.{n_decimals}f} %".replace("-", "−")


def format_relative(ratio: float) -> str:
    """Return a relative change: `+136 %`, or `new` where there was nothing before."""
    return "new" if math.isinf(ratio) else format_percent(ratio, signed=True)


def format_signed(value: float) -> str:
    """Return a number with its sign, to a hundredth: `+0.50`."""
    return f"{value:+.2f}".replace("-", "−")


def format_seconds(seconds: float) -> str:
    """Return a duration in seconds, to a hundredth."""
    if math.isnan(seconds):
        return "–"
    if 0 < seconds < 0.005:
        return "< 0.01 s"
    return f"{seconds:,.{2 if seconds < 10 else 1}f} s"
