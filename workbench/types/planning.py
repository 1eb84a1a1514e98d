"""Capacity over time, and what is worth doing next: as reports and views are told it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from workbench.types.ledger import QUANTITIES, Amount, Worth

HOURS_PER_YEAR, HOURS_PER_WEEK = 8_766.0, 168.0
CONFIRMATIONS = {
    "confirmed": "later profiles show the gain that was measured",
    "less": "later profiles show a gain, but less than was measured",
    "more": "later profiles show a gain, but more than was measured",
    "not seen": "later profiles show no gain",
    "not known": "later profiles do not tell yet",
}
"""What later profiles can say of a fix."""

EVENTS = {
    "regression began": "lost",
    "regression went away": "lost",
    "fix approved": "recovered",
    "fix confirmed": "confirmed",
}
"""What happens to capacity, and the balance that it is booked in; what went away is taken off."""

QUEUE = {
    "regression": "waits for a diagnosis to be approved, or for a fix",
    "fix": "a verified fix waits for a review",
    "opportunity": "could save what was never lost",
}
"""What stands in the open queue."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What later profiles say of a fix."""

    verdict: str
    """Key of `CONFIRMATIONS`."""
    reason: str
    """In words, with the numbers."""
    gain: Amount = field(default_factory=Amount)
    """By how much the level went back, in the unit of the series."""
    expected: Amount = field(default_factory=Amount)
    p_value: float = float("nan")
    """Of no gain, corrected for the number of deploys that it could have come with."""
    deployed: datetime | None = None
    """Time of the first window that ran with the fix, as far as it can be told."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the gain was seen again."""
        return self.verdict == "confirmed"


@dataclass(frozen=True, slots=True)
class CapacityEvent:
    """Something that took capacity, or gave it back."""

    at: datetime
    kind: str
    """Key of `EVENTS`."""
    service: str
    subject: str
    """Function, or what an opportunity is called."""
    case: str
    worth: Worth
    """Never negative: the kind tells which way it counts."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What was lost and given back until a moment."""

    at: datetime
    lost: Worth
    """By regressions that began, and did not go away by themselves."""
    recovered: Worth
    """By fixes that are verified and approved."""
    confirmed: Worth
    """By those of them that later profiles confirm."""


@dataclass(frozen=True, slots=True, eq=False)
class CapacityTimeline:
    """The ledger of lost and recovered capacity over a time."""

    since: datetime
    until: datetime
    events: tuple[CapacityEvent, ...] = ()
    """By time."""
    balances: tuple[Balance, ...] = ()
    """(n_events,) after each event."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row an event: what happened, and the balances after it.

        `at`, `kind`, `service`, `subject`, `case`; of each balance and quantity, such as
        `lost_servers`, the value, and with `_low` and `_high` its 95 % interval.
        """
        rows = [
            {
                "at": event.at, "kind": event.kind, "service": event.service,
                "subject": event.subject, "case": event.case,
                **_columns(balance),
            }
            for event, balance in zip(self.events, self.balances, strict=True)
        ]  # fmt: skip
        names = ["at", "kind", "service", "subject", "case", *_columns(_NOTHING)]
        return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True, slots=True)
class WeekCost:
    """What is lost in a week in which nothing is done."""

    servers: Amount
    """Kept busy all the while."""
    kwh: Amount
    money: Amount
    kg_co2: Amount
    currency: str = ""

    @classmethod
    def of(cls, worth: Worth) -> WeekCost:
        """Return a week of what a worth is in a year."""
        amounts = (worth.kwh_per_year, worth.money_per_year, worth.kg_co2_per_year)
        kwh, money, kg_co2 = (amount.times(HOURS_PER_WEEK / HOURS_PER_YEAR) for amount in amounts)
        return cls(worth.servers, kwh, money, kg_co2, worth.currency)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """Something that waits for a person, and what it is worth."""

    kind: str
    """Key of `QUEUE`."""
    name: str
    """Case, or id of an opportunity."""
    service: str
    subject: str
    """Function, or what could be done."""
    state: str
    waits_since: datetime | None
    costs: Worth
    """What is lost as long as nothing is done."""
    saving: Worth
    """What is given back where it is done."""
    chance: float
    """Probability that it comes to that."""
    expected: Worth
    """`saving` times `chance`."""
    url: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class CapacityPlan:
    """What waits for a person, what it costs a week, and what it is worth."""

    items: tuple[QueueItem, ...] = ()
    """The most worth first."""
    costs: Worth = field(default_factory=Worth)
    """What regressions cost that are not fixed yet, in all."""
    expected: Worth = field(default_factory=Worth)
    """What the queue is worth, in all."""
    assumptions: tuple[str, ...] = ()
    """What has to hold for it, a sentence each."""


def _columns(balance: Balance) -> dict[str, float]:
    """Return the amounts of a balance by the name of their column."""
    return {
        f"{name}_{quantity}{suffix}": getattr(getattr(getattr(balance, name), quantity), end)
        for name in ("lost", "recovered", "confirmed")
        for quantity in QUANTITIES
        for suffix, end in (("", "value"), ("_low", "low"), ("_high", "high"))
    }


_NOTHING = Balance(datetime.min, Worth(), Worth(), Worth())
