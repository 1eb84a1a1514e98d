"""What waits for a person: what it costs a week as long as it waits, and what it is worth.

What something is worth is what it gives back times the chance that it comes to that. The chances
are those of the record, by Laplace's rule of succession, (good + 1) / (all + 2), so that few cases
say little: of a regression, that a fix of it is verified; of a verified fix, that it is approved.
An opportunity tells its own.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.capacity.assumptions import Assumptions
from workbench.capacity.ledger import Later, cost_of, gain_of, ledger_sentences, still_open
from workbench.capacity.worth import total, worth
from workbench.types import Amount, CapacityPlan, Opportunity, QueueItem, TrackRecord, Worth
from workbench.types.record import VERIFIED


def capacity_plan(
    record: TrackRecord,
    assumptions: Assumptions,
    later: Later | None = None,
    *,
    opportunities: Iterable[Opportunity] = (),
) -> CapacityPlan:
    """Return what waits for a person, the most worth first.

    Parameters
    ----------
    record : TrackRecord
        What was solved.
    assumptions : Assumptions
        Of the services.
    later : mapping of label to Confirmation, optional
        What later profiles say, as for `capacity_ledger`: what went away waits no more.
    opportunities : iterable of Opportunity
        Those that are open, or of which a fix is verified, count; others do not.
    """
    solves = record.latest_solves()
    verified = solves["state"] == VERIFIED
    fix_chance = _chance(int(verified.sum()), int((solves["state"] == "fix failed").sum()))
    n_approved = len(record.recovered_solves())
    approval = _chance(n_approved, int((solves["state"] == "rejected").sum()))
    items = [
        _of_solve(row, assumptions, approval if row["state"] == VERIFIED else fix_chance)
        for row in still_open(record, later).to_dict("records")
    ]
    items += [
        _of_opportunity(one, assumptions, one.chance if one.state == "open" else approval)
        for one in opportunities
        if one.state in ("open", VERIFIED)
    ]
    items.sort(key=_most_worth_first)
    sentences = ledger_sentences([assumptions.of(name) for name in {i.service: 0 for i in items}])
    if sentences:
        sentences += (
            f"The chance that a fix of a regression is verified is {fix_chance:.0%}, and that a "
            f"verified one is approved {approval:.0%}: as in this time, few cases counting little.",
        )
    return CapacityPlan(
        tuple(items),
        total(item.costs for item in items if item.kind != "opportunity"),
        total(item.expected for item in items),
        sentences,
    )


def _of_solve(row: Mapping[Hashable, Any], assumptions: Assumptions, chance: float) -> QueueItem:
    service = str(row["service"])
    saving = _worth(gain_of(row), service, assumptions)
    return QueueItem(
        kind="fix" if row["state"] == VERIFIED else "regression", name=str(row["case"]),
        service=service, subject=str(row["subject"]), state=str(row["state"]),
        waits_since=pd.Timestamp(row["at"]).to_pydatetime(),
        costs=_worth(cost_of(row), service, assumptions), saving=saving, chance=chance,
        expected=saving.times(chance), url=row["url"] if isinstance(row["url"], str) else "",
    )  # fmt: skip


def _of_opportunity(one: Opportunity, assumptions: Assumptions, chance: float) -> QueueItem:
    saving = _worth(one.saving, one.service, assumptions)
    return QueueItem(
        kind="opportunity", name=one.id, service=one.service, subject=one.title or one.function,
        state=one.state, waits_since=None, costs=saving, saving=saving, chance=chance,
        expected=saving.times(chance),
    )  # fmt: skip


def _worth(amount: Amount, service: str, assumptions: Assumptions) -> Worth:
    return worth(amount.value, amount.low, amount.high, assumptions.of(service))


def _chance(n_good: int, n_bad: int) -> float:
    return (n_good + 1) / (n_good + n_bad + 2)


def _most_worth_first(item: QueueItem) -> tuple[float, str]:
    servers = item.expected.servers
    return (-servers.value if servers.is_known else math.inf, item.name)
