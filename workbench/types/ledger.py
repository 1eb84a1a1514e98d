"""What CPU time is worth, in servers, watts, energy, money and CO2: as a report is told it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

QUANTITIES = ("servers", "watts", "kwh_per_year", "money_per_year", "kg_co2_per_year")


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its 95 % interval; NaN where it is not known."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n_unknown: int = 0
    """How many parts of a sum are not in it, since they are not known."""

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return math.isfinite(self.value)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a fraction of a service's CPU is worth."""

    servers: Amount = Amount()
    watts: Amount = Amount()
    kwh_per_year: Amount = Amount()
    money_per_year: Amount = Amount()
    kg_co2_per_year: Amount = Amount()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ServiceWorth:
    """What solves gave back of a service, and what those that are open would."""

    service: str
    n_servers: float
    """Servers of the whole service; NaN where not known."""
    n_fixed: int
    recovered: Worth
    n_open: int
    open: Worth


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """What solves are worth, a service and in all."""

    services: tuple[ServiceWorth, ...] = ()
    """Largest first."""
    recovered: Worth = field(default_factory=Worth)
    """What verified fixes gave back."""
    open: Worth = field(default_factory=Worth)
    """What solves that wait would give back."""
    fixed: Mapping[Hashable, Worth] = field(default_factory=dict)
    """Of each verified fix, by its label in the index of `TrackRecord.solves`."""
    waiting: Mapping[Hashable, Worth] = field(default_factory=dict)
    """Of each solve that waits, likewise."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for it, a sentence each."""
