"""What CPU time is worth, in servers, watts, energy, money and CO2: as a report is told it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

QUANTITIES = ("servers", "watts", "kwh_per_year", "money_per_year", "kg_co2_per_year", "homes")


class Shift(NamedTuple):
    """By how much a value moves with one assumption that is only known as a range."""

    source: str
    """Which assumption: where two amounts name the same, they move together."""
    at_low: float
    """Added to the value where the assumption is at the lower end of its range."""
    at_high: float


@dataclass(frozen=True, slots=True)
class Amount:
    """A value with its 95 % interval; NaN where it is not known."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n_unknown: int = 0
    """How many parts of a sum are not in it, since they are not known."""
    shifts: tuple[Shift, ...] = ()
    """The part of the interval that comes of assumptions; the rest was measured."""

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether both ends are known."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def times(self, factor: float) -> Amount:
        """Return it times a number of 0 or more that is taken as exact."""
        shifts = tuple(Shift(s.source, s.at_low * factor, s.at_high * factor) for s in self.shifts)
        ends = (self.value * factor, self.low * factor, self.high * factor)
        return Amount(*ends, self.n_unknown, shifts)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a fraction of a service's CPU is worth."""

    servers: Amount = Amount()
    watts: Amount = Amount()
    kwh_per_year: Amount = Amount()
    money_per_year: Amount = Amount()
    kg_co2_per_year: Amount = Amount()
    homes: Amount = Amount()
    """Homes that use as much electricity."""
    currency: str = ""

    def times(self, factor: float) -> Worth:
        """Return it times a number of 0 or more that is taken as exact."""
        amounts = {name: getattr(self, name).times(factor) for name in QUANTITIES}
        return Worth(**amounts, currency=self.currency)


@dataclass(frozen=True, slots=True)
class ServiceWorth:
    """What approved fixes gave back of a service, and what solves that wait would."""

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
    """What fixes gave back that are verified and approved."""
    open: Worth = field(default_factory=Worth)
    """What solves that wait for a person would give back."""
    confirmed: Worth = field(default_factory=Worth)
    """What later profiles show of `recovered`."""
    fixed: Mapping[Hashable, Worth] = field(default_factory=dict)
    """Of each verified and approved fix, by its label in the index of `TrackRecord.solves`."""
    waiting: Mapping[Hashable, Worth] = field(default_factory=dict)
    """Of each solve that waits, likewise."""
    n_confirmed: int | None = None
    """Of `fixed`, how many later profiles confirm; None where no profiles were looked at."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for it, a sentence each."""
