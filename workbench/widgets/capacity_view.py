"""Capacity lost and recovered over time, and what waits for a person; what is chosen is a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import WorkbenchError
from workbench.types import (
    Amount,
    Balance,
    CapacityEvent,
    CapacityPlan,
    CapacityTimeline,
    QueueItem,
    WeekCost,
    Worth,
)
from workbench.types.ledger import QUANTITIES
from workbench.views.columns import number_column, number_or_none
from workbench.views.words import counted
from workbench.widgets.view import LEAST_HEIGHT, View, text_table

_BALANCES = ("lost", "recovered", "confirmed")
_MOST_IN_STILL = 20
_COLUMNS = ("rank", "kind", "name", "service", "subject", "state", "chance", "servers",
            "kwh_per_week", "money_per_week", "kg_co2_per_week", "worth_servers")  # fmt: skip


class CapacityView(View):
    """The ledger of lost and recovered capacity over time, and the open queue.

    Parameters
    ----------
    timeline : CapacityTimeline
        As `workbench.capacity.capacity_timeline` returns it.
    plan : CapacityPlan, optional
        What waits, as `workbench.capacity.capacity_plan` returns it. Default: nothing does.
    unit : str
        What amounts are shown in: `servers`, `watts`, `kwh_per_year`, `money_per_year`,
        `kg_co2_per_year` or `homes`.
    height : int
        Of the queue, in pixels, at most.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    >>> CapacityView(CapacityTimeline(since, until)).still()["text/plain"]
    'Nothing was lost and nothing recovered; nothing waits for a person'
    """

    module = "capacity_view.js"
    styles = ("parts.css", "capacity/view.css")

    _told = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(420, min=LEAST_HEIGHT).tag(sync=True)
    unit = traitlets.Enum(QUANTITIES, help="What amounts are shown in.").tag(sync=True)
    selected = traitlets.List(
        traitlets.Int(), help="Ranks of what is chosen of the queue, from 1 on."
    ).tag(sync=True)
    selection = traitlets.Instance(
        pd.DataFrame, help="What is chosen of the queue: what it costs a week, and its worth."
    )

    def __init__(
        self,
        timeline: CapacityTimeline,
        plan: CapacityPlan | None = None,
        *,
        unit: str = "servers",
        height: int = 420,
        **kwargs: Any,
    ) -> None:
        self.timeline, self.plan = timeline, plan or CapacityPlan()
        super().__init__(
            _told=_told(self.timeline, self.plan), unit=unit, height=height,
            selection=_table(self.plan.items, ()), **kwargs,
        )  # fmt: skip

    @traitlets.validate("selected")
    def _known(self, proposal: Any) -> list[int]:
        for rank in proposal["value"]:
            if not 1 <= rank <= len(self.plan.items):
                raise WorkbenchError(f"expected ranks from 1 to {len(self.plan.items)}, got {rank}")
        return list(proposal["value"])

    @traitlets.observe("selected")
    def _choose(self, change: Any) -> None:
        self.selection = _table(self.plan.items, change["new"])

    def still(self) -> dict[str, str]:
        """Return the balances and the first of the queue as tables."""
        last = self.timeline.balances[-1] if self.timeline.balances else None
        n_items = len(self.plan.items)
        waits = f"{counted(n_items, 'item')} {'waits' if n_items == 1 else 'wait'}"
        told = "Nothing was lost and nothing recovered"
        if last:
            told = ", ".join(f"{_text(getattr(last, name).servers)} {name}" for name in _BALANCES)
            told = f"Servers: {told}"
        text = f"{told}; {waits if n_items else 'nothing waits'} for a person"
        rows = [
            [str(rank), item.kind, item.service, item.subject, _text(item.costs.servers),
             _text(item.expected.servers)]
            for rank, item in enumerate(self.plan.items[:_MOST_IN_STILL], 1)
        ]  # fmt: skip
        head = ["", "waits", "service", "what", "servers lost", "servers worth"]
        return {"text/plain": text, "text/html": text_table(head, rows, text)}


def _text(amount: Amount) -> str:
    return f"{amount.value:,.3g}" if amount.is_known else "not known"


def _table(items: Sequence[QueueItem], ranks: Sequence[int]) -> pd.DataFrame:
    rows = []
    for rank in ranks:
        item = items[rank - 1]
        week = WeekCost.of(item.costs)
        rows.append(
            (rank, item.kind, item.name, item.service, item.subject, item.state, item.chance,
             week.servers.value, week.kwh.value, week.money.value, week.kg_co2.value,
             item.expected.servers.value)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*_COLUMNS])


def _told(timeline: CapacityTimeline, plan: CapacityPlan) -> dict[str, Any]:
    """Return what `views/js/capacity/view.js` takes."""
    worths = [*(e.worth for e in timeline.events), *(i.costs for i in plan.items)]
    currencies = {worth.currency for worth in worths if worth.money_per_year.is_known}
    times = [event.at.timestamp() * 1000 for event in timeline.events]
    return {
        "since": timeline.since.timestamp() * 1000, "until": timeline.until.timestamp() * 1000,
        "currency": currencies.pop() if len(currencies) == 1 else "",
        "units": [name for name in QUANTITIES if any(getattr(w, name).is_known for w in worths)],
        "times": number_column(times, "float64"),
        "events": [_event(event) for event in timeline.events],
        "balances": {name: _lines(timeline.balances, name) for name in _BALANCES},
        "items": [_item(rank, item) for rank, item in enumerate(plan.items, 1)],
        "costs": _amounts(plan.costs), "expected": _amounts(plan.expected),
        "unknown": {name: getattr(plan.expected, name).n_unknown for name in QUANTITIES},
        "assumptions": [*plan.assumptions],
    }  # fmt: skip


def _event(event: CapacityEvent) -> dict[str, Any]:
    return {"kind": event.kind, "service": event.service, "subject": event.subject,
            "case": event.case, "worth": _amounts(event.worth)}  # fmt: skip


def _lines(balances: Sequence[Balance], name: str) -> dict[str, Any]:
    """Return a balance in each unit, as columns."""
    worths = [getattr(one, name) for one in balances]
    return {unit: _columns([getattr(worth, unit) for worth in worths]) for unit in QUANTITIES}


def _columns(amounts: Sequence[Amount]) -> dict[str, Any]:
    """Return values, ends, and how many parts are not in each."""
    return {
        "value": number_column([amount.value for amount in amounts], "float64"),
        "low": number_column([amount.low for amount in amounts], "float64"),
        "high": number_column([amount.high for amount in amounts], "float64"),
        "unknown": number_column([amount.n_unknown for amount in amounts], "int32"),
    }


def _item(rank: int, item: QueueItem) -> dict[str, Any]:
    since = f"{item.waits_since:%Y-%m-%d}" if item.waits_since else ""
    return {
        "rank": rank, "kind": item.kind, "name": item.name, "service": item.service,
        "subject": item.subject, "state": item.state, "since": since,
        "chance": item.chance if math.isfinite(item.chance) else None,
        "costs": _amounts(item.costs), "expected": _amounts(item.expected),
        "currency": item.costs.currency,
    }  # fmt: skip


def _amounts(worth: Worth) -> dict[str, list[float | None]]:
    """Return value and ends of each amount."""
    return {
        name: [number_or_none(part) for part in (amount.value, amount.low, amount.high)]
        for name in QUANTITIES
        for amount in (getattr(worth, name),)
    }
