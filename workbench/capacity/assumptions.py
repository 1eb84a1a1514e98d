"""What is assumed of services: how many servers, what these draw, and what that costs.

Two figures have a default. The PUE is 1.56, the average that operators told the Uptime Institute
in its Global Data Center Survey 2024. A home uses 10,791 kWh of electricity in a year, the average
of residential customers in the United States in 2022 (U.S. Energy Information Administration,
"How much electricity does an American home use?", https://www.eia.gov/tools/faqs/faq.php?id=97).
A number of servers, a price and a grid's CO2 have none.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from workbench.errors import ParseError

USUAL_PUE = 1.56
USUAL_KWH_PER_HOME = 10_791.0
_FILE = "WORKBENCH_ASSUMPTIONS"
_SENTENCES = {
    "servers": "Servers of a service",
    "watts_per_server": "Power of a server",
    "pue": "PUE (power of the site for each watt of a server)",
    "price_per_kwh": "Price of a kWh",
    "server_cost_per_year": "Cost of a server in a year besides energy (else money is of energy)",
    "kg_co2_per_kwh": "CO2 of a kWh",
    "kwh_per_home_year": "Electricity of a home in a year",
}
_UNITS = {"watts_per_server": "W", "kg_co2_per_kwh": "kg", "kwh_per_home_year": "kWh"}


class Range(NamedTuple):
    """An assumption of which only a range is known."""

    key: str
    low: float
    """With `high`: 95 %, and the field itself is the middle."""
    high: float
    source: str
    """Where it is told: services that share it are wrong together."""


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
    kwh_per_home_year: float = USUAL_KWH_PER_HOME
    """Electricity that a home uses."""
    ranges: tuple[Range, ...] = ()
    """Of the fields above, those that are told as a range."""

    def having(self, key: str, value: float) -> ServiceAssumptions:
        """Return the same with another number in a field."""
        return replace(self, **{key: value})  # type: ignore[arg-type]  # ranges are of numbers


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed of all services, and of some by name."""

    default: ServiceAssumptions = ServiceAssumptions()
    services: Mapping[str, ServiceAssumptions] = field(default_factory=dict)

    def of(self, service: str) -> ServiceAssumptions:
        """Return what is assumed of a service."""
        return self.services.get(service, self.default)

    def with_records(self, services: pd.DataFrame) -> Assumptions:
        """Return the same with what a store tells of its services, where nothing else does.

        Parameters
        ----------
        services : DataFrame
            The table `services` of a store: `service`, `servers`, `watts` of one server.
        """
        told = dict(self.services)
        for row in services.to_dict("records"):
            name = str(row["service"])
            told[name] = _filled(told.get(name, self.default), row)
        return Assumptions(self.default, told)


def read_assumptions(path: Path | None = None) -> Assumptions:
    """Read a TOML file: `[default]`, and `[services."name"]` with what differs from it.

    Keys are the fields of `ServiceAssumptions`. A number may be told as a range, `[180, 220]`: the
    middle counts then, and the range is its 95 % interval.

    Parameters
    ----------
    path : Path, optional
        Default: what `WORKBENCH_ASSUMPTIONS` names; where it names nothing, nothing is assumed but
        what has a default.

    Raises
    ------
    ParseError
        Where the file cannot be read, a key is not known, or a value is not what it should be.
    """
    if path is None:
        if not os.environ.get(_FILE):
            return Assumptions()
        path = Path(os.environ[_FILE])
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


def assumption_sentences(told: Iterable[ServiceAssumptions]) -> list[str]:
    """Return what is assumed of some services, a sentence each, all services in one."""
    services = list(told)
    if not services:
        return []
    money = " or ".join(sorted({one.currency for one in services if one.currency}))
    units = _UNITS | {"price_per_kwh": money, "server_cost_per_year": money}
    lines = ["A service needs servers in proportion to its CPU; load and headroom stay as they are"]
    lines += [
        f"{sentence}: {_span(services, key, units.get(key, ''))}"
        for key, sentence in _SENTENCES.items()
    ]
    if any(one.ranges for one in services):
        lines.append(
            "A range is taken as 95 %; what services share moves all of them together, and what is "
            "independent adds as the root of the sum of squares"
        )
    if any(one.pue == USUAL_PUE for one in services):
        lines.append(f"A PUE of {USUAL_PUE} is what operators told the Uptime Institute in 2024")
    if any(one.kwh_per_home_year == USUAL_KWH_PER_HOME for one in services):
        lines.append(
            f"{USUAL_KWH_PER_HOME:,.0f} kWh is what a residential customer in the United States "
            "bought in 2022, says the Energy Information Administration"
        )
    return [f"{line}." for line in lines]


def _filled(one: ServiceAssumptions, row: Mapping[Any, Any]) -> ServiceAssumptions:
    """Return what is assumed of a service, with a row of the store where that is not known."""
    told = {}
    for key, column in (("servers", "servers"), ("watts_per_server", "watts")):
        value = row.get(column)
        is_number = isinstance(value, int | float) and math.isfinite(value) and value > 0
        if is_number and math.isnan(getattr(one, key)):
            told[key] = float(value)  # type: ignore[arg-type]  # checked just above
    return replace(one, **told)  # type: ignore[arg-type]  # all are floats


def _read_one(told: Any, default: ServiceAssumptions, path: Path, place: str) -> ServiceAssumptions:
    names = [part.name for part in fields(ServiceAssumptions) if part.name != "ranges"]
    table = _table(told, path, place)
    values: dict[str, Any] = {}
    ranges = [kept for kept in default.ranges if kept.key not in table]
    for key, value in table.items():
        where = f"{place}.{key}"
        if key not in names:
            raise ParseError(f"expected one of {', '.join(sorted(names))}", path, where)
        if key == "currency":
            if not isinstance(value, str) or not value.strip():
                raise ParseError(f'expected a name such as "EUR", got {value!r}', path, where)
            values[key] = value
        elif isinstance(value, list):
            low, high = _read_range(value, key, path, where)
            values[key] = (low + high) / 2
            ranges.append(Range(key, low, high, where))
        else:
            values[key] = _read_number(value, key, path, where)
    return replace(default, **values, ranges=tuple(ranges))


def _read_range(value: list[Any], key: str, path: Path, where: str) -> tuple[float, float]:
    if len(value) == 2:
        low, high = (_read_number(end, key, path, where) for end in value)
        if low < high:
            return low, high
    raise ParseError(f"expected a range [low, high], got {value!r}", path, where)


def _read_number(value: Any, key: str, path: Path, where: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    least = {"pue": 1, "kwh_per_home_year": 1}.get(key, 0)
    if not is_number or not math.isfinite(value) or value < least:
        raise ParseError(f"expected a number of {least} or more, got {value!r}", path, where)
    return float(value)


def _table(told: Any, path: Path, place: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ParseError(f"expected a table, got {told!r}", path, place)
    return told


def _span(services: list[ServiceAssumptions], key: str, unit: str) -> str:
    """Return what services assume of one thing, in words."""
    ends = [end for one in services for end in _ends(one, key)]
    known = [end for end in ends if math.isfinite(end)]
    if not known:
        return "not known"
    low, high = min(known), max(known)
    values = [getattr(one, key) for one in services]
    n_values = len({value for value in values if math.isfinite(value)})
    why = ", by service" if n_values > 1 else ", a range"
    told = f"{low:,g} {unit}" if low == high else f"{low:,g} to {high:,g} {unit}{why}"
    told = told.strip().replace(" ,", ",")
    n_unknown = sum(not math.isfinite(value) for value in values)
    return f"{told}; not known of {n_unknown} of {len(values)} services" if n_unknown else told


def _ends(one: ServiceAssumptions, key: str) -> tuple[float, float]:
    for told in one.ranges:
        if told.key == key:
            return told.low, told.high
    return getattr(one, key), getattr(one, key)
