"""What commands about a track record read: a time of MLflow, assumptions, and later profiles."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from workbench.cli.output import Progress
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.capacity import Assumptions
    from workbench.types import CapacityEvent, Confirmation, Opportunity, TrackRecord

_AGO = re.compile(r"(\d{1,5})([dw])")
_DAYS = {"d": 1, "w": 7}


class Looked(NamedTuple):
    """A track record, and what is known besides it."""

    record: TrackRecord
    assumptions: Assumptions
    later: dict[Hashable, Confirmation] | None
    """What later profiles say of its solves; None where no store was named."""


def look(
    since: str, assumptions: Path | None, store: Path | None, progress: Progress, *, ui: str = ""
) -> Looked:
    """Read what was solved since a time, what is assumed, and what a store says of it by now."""
    from workbench.capacity import read_assumptions
    from workbench.evaluate.tracking import read_track_record
    from workbench.solver import look_later
    from workbench.store import Store

    now = datetime.now(UTC)
    begin = moment_of(since, now)
    told = read_assumptions(assumptions)
    opened = None if store is None else Store.open(store)
    record = read_track_record(begin, now, ui=ui)
    if opened is None:
        return Looked(record, told, None)
    progress("looking at later profiles")
    return Looked(
        record, told.with_records(opened.table("services")), look_later(opened, record)
    )  # fmt: skip


class Savings(NamedTuple):
    """Opportunities of a service, and what those that are resolved gave back."""

    opportunities: list[Opportunity]
    events: list[CapacityEvent]


def look_at_savings(
    store: Path, repo: Path, service: str, state: Path | None, assumptions: Assumptions,
    progress: Progress,
) -> Savings:  # fmt: skip
    """Find what a service does in vain, what became of it, and what that gave back."""
    from workbench.capacity import opportunity_events
    from workbench.history import Repository
    from workbench.solver import (
        find_mended,
        find_opportunities,
        investigations_file,
        look_later_at,
        with_states,
    )
    from workbench.store import Store

    progress("looking for opportunities")
    opened, saved = Store.open(store), state or investigations_file()
    found = with_states(find_opportunities(opened, Repository(repo), service or None), saved)
    resolved = [one for one in find_mended(saved).values() if one.state == "resolved"]
    events = [
        event for one in resolved
        for event in opportunity_events(
            one.service, one.title, one.opportunity, one.saving, one.at, assumptions,
            look_later_at(opened, one),
        )
    ]  # fmt: skip
    return Savings(found, events)


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that a text tells of: so long ago, or a date."""
    if found := _AGO.fullmatch(text):
        return now - timedelta(days=int(found[1]) * _DAYS[found[2]])
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise WorkbenchError(
            f"--since: expected days (90d), weeks (12w) or a date (2026-08-01), got {text!r}"
        ) from None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    if told >= now:
        raise WorkbenchError(f"--since: expected a date before now, got {text!r}")
    return told
