"""What became of opportunities, by the investigations that were kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.solver.kept import read
from workbench.types import Amount, Fix, Opportunity

if TYPE_CHECKING:
    from workbench.agent.saved import Kept

_APPROVED = ("approve", "edit")


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of one opportunity."""

    opportunity: str
    """Its id."""
    service: str
    function: str
    title: str
    state: str
    """One of `OPPORTUNITY_STATES`."""
    saving: Amount
    """Fraction of the workload's cost that a verified patch saves; not known without one."""
    at: datetime
    """Of the latest step."""
    investigation: str


def find_mended(saved: Path) -> dict[str, Mended]:
    """Return what became of the opportunities that a file of investigations has, by their ids.

    Of several investigations of one, the latest counts. Empty where the file is not there.
    """
    from workbench.agent import SavedInvestigations

    if not saved.is_file():
        return {}
    with SavedInvestigations(saved) as file:
        kept = [one for one in file.all() if one.job.get("options", {}).get("opportunity")]
    told = sorted(map(_mended, kept), key=lambda one: one.at)
    return {one.opportunity: one for one in told}


def with_states(found: Iterable[Opportunity], saved: Path) -> list[Opportunity]:
    """Return opportunities with what became of them; a verified patch says what is saved."""
    mended = find_mended(saved)
    return [_with_state(one, mended[one.id]) if one.id in mended else one for one in found]


def _with_state(one: Opportunity, mended: Mended) -> Opportunity:
    saving = mended.saving
    if not saving.is_known or not one.saving.value:
        return replace(one, state=mended.state)
    watts = one.watts.value / one.saving.value  # of all of the service
    return replace(one, state=mended.state, saving=saving, watts=saving.times(watts))


def _mended(kept: Kept) -> Mended:
    found = kept.job["found"]
    fix = _fix_of(kept.values)
    saving = Amount()
    if fix is not None and fix.verification.verified:
        gain = fix.verification.gains[-1]  # with inputs that were held out, where there are any
        saving = Amount(gain.saved, *gain.saved_interval)
    return Mended(
        found["id"],
        found["service"],
        found["function"],
        found["title"],
        _state(kept, fix),
        saving,
        kept.at,
        kept.id,
    )


def _fix_of(values: Mapping[str, Any]) -> Fix | None:
    made = values.get("handed_over") or values.get("made") or {}
    return read(Fix, made.get("fix"))


def _state(kept: Kept, fix: Fix | None) -> str:
    said = kept.values.get("review", {}).get("verdict", "")
    if said == "reject":
        return "rejected"
    if fix is None:
        is_left = "diagnosis" in kept.values and kept.status == "done"
        return "fix failed" if is_left else "open"
    if not fix.verification.verified:
        return "fix failed"
    return "resolved" if said in _APPROVED and kept.status == "done" else "fix verified"
