"""How amounts, durations and links of a lead's report are written."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from workbench.measures import Rate
from workbench.report.units import format_number, format_percent
from workbench.types import Amount

_SCALES = {
    "servers": ((1.0, ""),),
    "watts": ((1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "kwh_per_year": ((1e6, "GWh"), (1e3, "MWh"), (1.0, "kWh")),
    "money_per_year": ((1e6, "million"), (1.0, "")),
    "kg_co2_per_year": ((1e3, "t"), (1.0, "kg")),
    "homes": ((1.0, ""),),
}
"""Largest first: the first that leaves a value of one or more."""
_TIMES = ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min"))


def format_amount(amount: Amount, quantity: str, currency: str = "") -> str:
    """Return a value with its unit: `12.3 kW`, `EUR 1.20 million`; or `not known`."""
    if not amount.is_known:
        return "not known"
    scale, unit = _scale(amount, quantity)
    value = _round(amount.value / scale)
    return " ".join(part for part in (currency, value, unit) if part)


def format_interval(amount: Amount, quantity: str) -> str:
    """Return the interval in the unit of the value: `10.1 to 14.0`; empty where there is none."""
    is_wide = math.isfinite(amount.high - amount.low) and amount.high > amount.low
    if not amount.is_known or not is_wide:
        return ""
    scale, _ = _scale(amount, quantity)
    return f"{_round(amount.low / scale)} to {_round(amount.high / scale)}"


def format_rate_interval(rate: Rate) -> str:
    """Return the interval of a rate in percent: `95.6 to 98.7 %`; empty where there is none."""
    return format_percent_interval(rate.low, rate.high)


def format_percent_interval(low: float, high: float) -> str:
    """Return two ratios in percent, with the sign once."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"{format_percent(low).removesuffix(' %')} to {format_percent(high)}"


_LEAST = 0.01
"""Seconds that are told; less is no time that anybody waits."""


def format_duration(seconds: float) -> str:
    """Return a duration in the largest unit that leaves one or more: `3.4 min`."""
    if math.isnan(seconds):
        return "–"
    if seconds < _LEAST:
        return f"< {_LEAST} s"
    scale, unit = next((told for told in _TIMES if seconds >= told[0]), (1.0, "s"))
    return f"{format_number(seconds / scale, 2)} {unit}"


def safe_link(url: object) -> str:
    """Return an address that a page may lead to, and else nothing: no script, no other scheme."""
    if not isinstance(url, str):
        return ""
    try:
        scheme = urlsplit(url.strip()).scheme
    except ValueError:
        return ""
    return url.strip() if scheme in ("", "http", "https", "file") else ""


def _scale(amount: Amount, quantity: str) -> tuple[float, str]:
    scales = _SCALES[quantity]
    return next((told for told in scales if abs(amount.value) >= told[0]), scales[-1])


def _round(value: float) -> str:
    """Return a value to three significant digits, also where it has more before the point."""
    if not value:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    return format_number(round(value, 2 - magnitude))
