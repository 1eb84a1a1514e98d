"""What solves are worth: lost, given back, seen again in later profiles, and waiting for a person.

A fix counts as recovered once it is verified and a person has approved it, and as confirmed when
later profiles show its gain. What is verified and not approved waits in the open queue, and so does
a regression without a fix, unless its level went back by itself.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from workbench.capacity.assumptions import Assumptions, ServiceAssumptions, assumption_sentences
from workbench.capacity.worth import total, worth
from workbench.types import Amount, Confirmation, Ledger, ServiceWorth, TrackRecord, Worth
from workbench.types.record import VERIFIED

Later = Mapping[Hashable, Confirmation]
"""What later profiles say of solves, by their label in the index of `TrackRecord.solves`."""
Row = Mapping[Hashable, Any]


def capacity_ledger(
    record: TrackRecord, assumptions: Assumptions, later: Later | None = None
) -> Ledger:
    """Return what solves are worth, a service and in all.

    A regression that was solved several times counts once, as it was solved last.

    Parameters
    ----------
    record : TrackRecord
        What was solved.
    assumptions : Assumptions
        Of the services.
    later : mapping of label to Confirmation, optional
        What later profiles say, as `workbench.solver.look_later` finds it. Default: nobody looked.
    """
    approved = record.recovered_solves()
    waits = still_open(record, later)
    fixed, waiting = _worths(approved, assumptions), _worths(waits, assumptions)
    seen = {
        label: gain_seen(later[label], row, assumptions)
        for label, row in _rows(approved)
        if later and label in later and later[label].is_confirmed
    }
    rows = []
    for name, group in record.latest_solves().groupby("service", sort=False):
        ours, open_ = (
            [by_label[i] for i in group.index if i in by_label] for by_label in (fixed, waiting)
        )
        if ours or open_:
            n_servers = assumptions.of(str(name)).servers
            told = (len(ours), total(ours), len(open_), total(open_))
            rows.append(ServiceWorth(str(name), n_servers, *told))
    rows.sort(key=lambda row: (-_size(row), row.service))
    sums = (total(fixed.values()), total(waiting.values()), total(seen.values()))
    n_confirmed = None if later is None else len(seen)
    sentences = ledger_sentences([assumptions.of(row.service) for row in rows])
    return Ledger(tuple(rows), *sums, fixed, waiting, n_confirmed, sentences)


def still_open(record: TrackRecord, later: Later | None) -> pd.DataFrame:
    """Return the solves that wait for a person, without regressions that went away."""
    waits = record.open_solves()
    return waits[[not has_gone(later, label) for label in waits.index]]


def has_gone(later: Later | None, label: Hashable) -> bool:
    """Whether later profiles show that a regression nobody fixed went back as a whole."""
    seen = (later or {}).get(label)
    return seen is not None and seen.verdict in ("confirmed", "more")


def cost_of(row: Row) -> Amount:
    """Return which fraction of the service's CPU a regression adds."""
    return Amount(row["cost"], row["cost_low"], row["cost_high"])


def gain_of(row: Row) -> Amount:
    """Return which fraction of the service's CPU a fix gives back, or one that is hoped for would.

    That is the part of the cost which the fix restores, as it was measured, and else the whole of
    it. The distances of the ends add as the root of the sum of squares; a part of which no
    interval is known is taken as exact.
    """
    cost = cost_of(row)
    if row["state"] != VERIFIED or not math.isfinite(row["restored"]):
        return cost
    part = Amount(row["restored"], row["restored_low"], row["restored_high"])
    if not part.has_interval:
        part = Amount(part.value, part.value, part.value)
    value = cost.value * part.value
    below = math.hypot(part.value * (cost.value - cost.low), cost.value * (part.value - part.low))
    above = math.hypot(part.value * (cost.high - cost.value), cost.value * (part.high - part.value))
    return Amount(value, value - below, value + above)


def gain_seen(seen: Confirmation, row: Row, assumptions: Assumptions) -> Worth:
    """Return what a gain that later profiles show is worth."""
    gain = seen.gain
    return worth(gain.value, gain.low, gain.high, assumptions.of(str(row["service"])))


def ledger_sentences(told: list[ServiceAssumptions]) -> tuple[str, ...]:
    """Return what has to hold for what is told of some services."""
    if not told:
        return ()
    return (
        "A fix counts as recovered when it is verified and approved, and as confirmed when later "
        "profiles show its gain.",
        "Intervals are 95 %, of what was measured and of what is assumed as a range; what is "
        "assumed without one is taken as exact.",
        *assumption_sentences(told),
    )


def _rows(solves: pd.DataFrame) -> list[tuple[Hashable, Row]]:
    return [*zip(solves.index, solves.to_dict("records"), strict=True)]


def _worths(solves: pd.DataFrame, assumptions: Assumptions) -> dict[Hashable, Worth]:
    """Return what solves gave back, or would, by their label."""
    worths = {}
    for label, row in _rows(solves):
        told = gain_of(row)
        worths[label] = worth(told.value, told.low, told.high, assumptions.of(row["service"]))
    return worths


def _size(row: ServiceWorth) -> float:
    known = [part.servers.value for part in (row.recovered, row.open) if part.servers.is_known]
    return sum(known)
