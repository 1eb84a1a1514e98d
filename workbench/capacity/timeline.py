"""The ledger of lost and recovered capacity over time: events, and the balances after each."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from workbench.capacity.assumptions import Assumptions
from workbench.capacity.ledger import Later, cost_of, gain_of, gain_seen, has_gone
from workbench.capacity.worth import total, worth
from workbench.types import (
    Amount,
    Balance,
    CapacityEvent,
    CapacityTimeline,
    Confirmation,
    TrackRecord,
    Worth,
)
from workbench.types.planning import EVENTS

_ORDER = [*EVENTS]


def capacity_timeline(
    record: TrackRecord,
    assumptions: Assumptions,
    later: Later | None = None,
    *,
    more: Iterable[CapacityEvent] = (),
) -> CapacityTimeline:
    """Return what was lost and given back over the time of a record.

    A regression is lost from when its new level began (where that is not known, from when it was
    solved), until it goes away by itself; a fix that is verified gives back from its approval on,
    and is confirmed from the deploy that later profiles show it by. Each balance adds up all that
    happened until then.

    Parameters
    ----------
    record : TrackRecord
        What was solved.
    assumptions : Assumptions
        Of the services.
    later : mapping of label to Confirmation, optional
        What later profiles say, as for `capacity_ledger`.
    more : iterable of CapacityEvent
        Others, such as those of opportunities.
    """
    events = [*more]
    fixed = {*record.recovered_solves().index}
    solves = record.latest_solves()
    for label, row in zip(solves.index, solves.to_dict("records"), strict=True):
        events += _events(label, row, label in fixed, assumptions, later or {})
    events = _of_one_currency(events)
    events.sort(key=lambda event: (event.at, _ORDER.index(event.kind), event.case))
    return CapacityTimeline(record.since, record.until, tuple(events), tuple(_balances(events)))


def opportunity_events(
    service: str,
    title: str,
    opportunity_id: str,
    saving: Amount,
    approved: datetime,
    assumptions: Assumptions,
    later: Confirmation | None = None,
) -> list[CapacityEvent]:
    """Return what a patch of an opportunity gave back: by its approval, and as profiles confirm it.

    Parameters
    ----------
    service, title, opportunity_id : str
        Whose CPU it saves, what was done, and what it is known by.
    saving : Amount
        Fraction of the service's CPU.
    approved : datetime
        When the patch was, with a time zone.
    assumptions : Assumptions
        Of the services.
    later : Confirmation, optional
        What later profiles say of it.
    """
    told, names = assumptions.of(service), (service, title, opportunity_id)
    value = worth(saving.value, saving.low, saving.high, told)
    events = [CapacityEvent(approved, "fix approved", *names, value)]
    if later is not None and later.is_confirmed and later.deployed is not None:
        seen = worth(later.gain.value, later.gain.low, later.gain.high, told)
        events.append(CapacityEvent(later.deployed, "fix confirmed", *names, seen))
    return events


def _events(
    label: Hashable,
    row: Mapping[Hashable, Any],
    is_fixed: bool,
    assumptions: Assumptions,
    later: Later,
) -> list[CapacityEvent]:
    """Return what happened about one regression."""
    cost = cost_of(row)
    if not cost.is_known:
        return []
    names = (str(row["service"]), str(row["subject"]), str(row["case"]))
    told, solved = assumptions.of(names[0]), _moment(row["at"])
    began = solved if pd.isna(row["began"]) else _moment(row["began"])
    lost = worth(cost.value, cost.low, cost.high, told)
    events = [CapacityEvent(began, "regression began", *names, lost)]
    seen = later.get(label)
    if is_fixed:
        gain = gain_of(row)
        given = worth(gain.value, gain.low, gain.high, told)
        events.append(CapacityEvent(solved, "fix approved", *names, given))
        if seen is not None and seen.is_confirmed and seen.deployed is not None:
            again = gain_seen(seen, row, assumptions)
            events.append(CapacityEvent(seen.deployed, "fix confirmed", *names, again))
    elif seen is not None and has_gone(later, label) and seen.deployed is not None:
        events.append(CapacityEvent(seen.deployed, "regression went away", *names, lost))
    return events


def _balances(events: list[CapacityEvent]) -> Iterable[Balance]:
    """Yield the sums after each event."""
    sums = dict.fromkeys(EVENTS.values(), total([]))
    lost: dict[tuple[str, str, str], Worth] = {}
    counts = dict.fromkeys(EVENTS.values(), 0)
    for event in events:
        name = EVENTS[event.kind]
        key = (event.service, event.case, event.subject)
        if event.kind == "regression went away":
            lost.pop(key, None)
            sums[name] = total(lost.values())
        else:
            before = [sums[name]] if counts[name] else []
            sums[name] = total([*before, event.worth])
        if event.kind == "regression began":
            lost[key] = event.worth
        counts[name] = len(lost) if name == "lost" else counts[name] + 1
        yield Balance(event.at, **sums)


def _of_one_currency(events: list[CapacityEvent]) -> list[CapacityEvent]:
    """Return the events without their money, where that is of several currencies: it has no sum."""
    known = {e.worth.currency for e in events if math.isfinite(e.worth.money_per_year.value)}
    if len(known) < 2:
        return events
    return [
        replace(event, worth=replace(event.worth, money_per_year=Amount(), currency=""))
        for event in events
    ]


def _moment(at: Any) -> datetime:
    """Return a time as one of Python's, in UTC."""
    told = pd.Timestamp(at)
    told = told.tz_localize(UTC) if told.tzinfo is None else told.tz_convert(UTC)
    moment: datetime = told.floor("us").to_pydatetime()
    return moment
