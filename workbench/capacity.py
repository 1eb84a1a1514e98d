"""What a fraction of a service's CPU is worth: servers, watts, energy, money and CO2.

Servers are the fraction times those that the service has; watts are servers times what one draws,
times the PUE of the site; energy is a year of that. Money is energy at its price, and a year of
the servers where that is told. What is not told is not known, and so is what follows from it.

The one default is the PUE: 1.56, the average that operators told the Uptime Institute in its
Global Data Center Survey 2024. A number of servers, a price and a grid's CO2 have no default.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ParseError
from workbench.types import Amount, Ledger, ServiceWorth, TrackRecord, Worth
from workbench.types.ledger import QUANTITIES
from workbench.types.record import OPEN

USUAL_PUE = 1.56
HOURS_PER_YEAR = 8_766.0
_SENTENCES = {
    "servers": "Servers of a service",
    "watts_per_server": "Power of a server",
    "pue": "PUE (power of the site for each watt of a server)",
    "price_per_kwh": "Price of a kWh",
    "server_cost_per_year": "Cost of a server in a year besides energy (else money is of energy)",
    "kg_co2_per_kwh": "CO2 of a kWh",
}


@dataclass(frozen=True, slots=True)
class ServiceAssumptions:
    """What is assumed of a service; NaN where it is not known."""

    servers: float = math.nan
    """How many the whole service has."""
    watts_per_server: float = math.nan
    """Drawn by one under its usual load."""
    pue: float = USUAL_PUE
    """Power of the site for each watt of a server."""
    price_per_kwh: float = math.nan
    """In `currency`."""
    currency: str = ""
    kg_co2_per_kwh: float = math.nan
    server_cost_per_year: float = math.nan
    """What a server costs besides its energy, in `currency`."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed of all services, and of some by name."""

    default: ServiceAssumptions = ServiceAssumptions()
    services: Mapping[str, ServiceAssumptions] = field(default_factory=dict)

    def of(self, service: str) -> ServiceAssumptions:
        """Return what is assumed of a service."""
        return self.services.get(service, self.default)


def read_assumptions(path: Path) -> Assumptions:
    """Read a TOML file: `[default]`, and `[services."name"]` with what differs from it.

    Keys are the fields of `ServiceAssumptions`.

    Raises
    ------
    ParseError
        Where the file cannot be read, a key is not known, or a value is not what it should be.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParseError(f"expected a TOML file: {error}", path) from error
    for key in told.keys() - {"default", "services"}:
        raise ParseError("expected `default` or `services`, got another key", path, key)
    default = _read_one(told.get("default", {}), ServiceAssumptions(), path, "default")
    services = _table(told.get("services", {}), path, "services")
    read = {
        name: _read_one(one, default, path, f'services."{name}"') for name, one in services.items()
    }
    return Assumptions(default, read)


def worth(fraction: float, low: float, high: float, assumptions: ServiceAssumptions) -> Worth:
    """Return what a fraction of a service's CPU is worth.

    Parameters
    ----------
    fraction, low, high : float
        Of the service's CPU, 0 to 1, with its 95 % interval; NaN where it is not known.
    assumptions : ServiceAssumptions
        Of the service; they are taken as exact, so the interval is that of the fraction.
    """
    told = assumptions
    watts = told.servers * told.watts_per_server * told.pue
    kwh = watts / 1e3 * HOURS_PER_YEAR
    parts = [kwh * told.price_per_kwh, told.servers * told.server_cost_per_year]
    known = [part for part in parts if math.isfinite(part)]
    money = sum(known) if known else math.nan
    amounts = tuple(
        Amount(fraction * whole, low * whole, high * whole)
        for whole in (told.servers, watts, kwh, money, kwh * told.kg_co2_per_kwh)
    )
    return Worth(**dict(zip(QUANTITIES, amounts, strict=True)), currency=told.currency)


def total(worths: Iterable[Worth]) -> Worth:
    """Return the sum of what is known of each, and how many are not in it.

    Intervals add as those of independent measurements do: the distance of each end from the value
    is the root of the sum of squares. Money of several currencies has no sum.
    """
    parts = list(worths)
    currencies = {part.currency for part in parts if part.money_per_year.is_known}
    sums = {name: _sum([getattr(part, name) for part in parts]) for name in QUANTITIES}
    if len(currencies) > 1:
        sums["money_per_year"] = Amount(n_unknown=len(parts))
    return Worth(**sums, currency=currencies.pop() if len(currencies) == 1 else "")


def capacity_ledger(record: TrackRecord, assumptions: Assumptions) -> Ledger:
    """Return what verified fixes gave back, and what solves that wait would, a service and in all.

    A regression that was solved several times counts once, as it was solved last. A fix gives back
    the part `restored` of what the regression costs, with the interval of the cost alone.
    """
    solves = record.latest_solves()
    is_fixed, is_open = solves["state"] == "fix verified", solves["state"].isin(OPEN)
    fixed, waiting = _worths(solves[is_fixed], assumptions), _worths(solves[is_open], assumptions)
    rows = []
    for name, group in solves.groupby("service", sort=False):
        ours, open_ = (
            [by_label[i] for i in group.index if i in by_label] for by_label in (fixed, waiting)
        )
        if ours or open_:
            n_servers = assumptions.of(str(name)).servers
            told = (len(ours), total(ours), len(open_), total(open_))
            rows.append(ServiceWorth(str(name), n_servers, *told))
    rows.sort(key=lambda row: (-_size(row), row.service))
    sentences = _sentences([assumptions.of(row.service) for row in rows])
    sums = (total(fixed.values()), total(waiting.values()))
    return Ledger(tuple(rows), *sums, fixed, waiting, sentences)


def _read_one(told: Any, default: ServiceAssumptions, path: Path, place: str) -> ServiceAssumptions:
    names = {part.name for part in fields(ServiceAssumptions)}
    table = _table(told, path, place)
    for key, value in table.items():
        where = f"{place}.{key}"
        if key not in names:
            raise ParseError(f"expected one of {', '.join(sorted(names))}", path, where)
        if key == "currency":
            if not isinstance(value, str) or not value.strip():
                raise ParseError(f'expected a name such as "EUR", got {value!r}', path, where)
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        least = 1 if key == "pue" else 0
        if not is_number or not math.isfinite(value) or value < least:
            raise ParseError(f"expected a number of {least} or more, got {value!r}", path, where)
    return replace(default, **table)


def _table(told: Any, path: Path, place: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ParseError(f"expected a table, got {told!r}", path, place)
    return told


def _worths(solves: pd.DataFrame, assumptions: Assumptions) -> dict[Hashable, Worth]:
    """Return what solves are worth: all that is lost, or the part that a fix gave back."""
    worths = {}
    for label, row in zip(solves.index, solves.to_dict("records"), strict=True):
        part = row["restored"] if row["state"] == "fix verified" else 1.0
        value, low, high = (row[name] * part for name in ("cost", "cost_low", "cost_high"))
        worths[label] = worth(value, low, high, assumptions.of(row["service"]))
    return worths


def _sum(amounts: list[Amount]) -> Amount:
    known = [amount for amount in amounts if amount.is_known]
    n_unknown = len(amounts) - len(known)
    if amounts and not known:
        return Amount(n_unknown=n_unknown)
    value = math.fsum(amount.value for amount in known)
    below = math.hypot(*(amount.value - amount.low for amount in known))
    above = math.hypot(*(amount.high - amount.value for amount in known))
    return Amount(value, value - below, value + above, n_unknown)


def _size(row: ServiceWorth) -> float:
    known = [part.servers.value for part in (row.recovered, row.open) if part.servers.is_known]
    return sum(known)


def _sentences(told: list[ServiceAssumptions]) -> tuple[str, ...]:
    """Say what is assumed, of all services at once."""
    if not told:
        return ()
    money = " or ".join(sorted({one.currency for one in told if one.currency}))
    lines = [
        "A service needs servers in proportion to its CPU; load and headroom stay as they are",
        "A verified fix counts as recovered, whether or not it is deployed by now",
        "Intervals are 95 %, of the measured cost; what is assumed below is taken as exact",
    ]
    for name, sentence in _SENTENCES.items():
        unit = {"watts_per_server": "W", "kg_co2_per_kwh": "kg"}.get(name, "")
        unit = money if name in ("price_per_kwh", "server_cost_per_year") else unit
        lines.append(f"{sentence}: {_span([getattr(one, name) for one in told], unit)}")
    if any(one.pue == USUAL_PUE for one in told):
        lines.append(f"A PUE of {USUAL_PUE} is what operators told the Uptime Institute in 2024")
    return tuple(f"{line}." for line in lines)


def _span(values: list[float], unit: str) -> str:
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return "not known"
    low, high = min(known), max(known)
    told = f"{low:,g} {unit}" if low == high else f"{low:,g} to {high:,g} {unit}, by service"
    told = told.strip().replace(" ,", ",")
    n_unknown = len(values) - len(known)
    return f"{told}; not known of {n_unknown} of {len(values)} services" if n_unknown else told
