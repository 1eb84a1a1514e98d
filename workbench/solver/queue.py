"""The review queue: what was investigated and waits for a person's word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from workbench.errors import CaseError
from workbench.types import Fix, Waiting
from workbench.types.waiting import finite

if TYPE_CHECKING:
    from workbench.agent.saved import Kept


def waiting(saved: Path) -> list[Waiting]:
    """Return what waits for a review in a file of investigations, the longest first.

    Empty where the file is not there.
    """
    from workbench.agent import SavedInvestigations

    if not saved.is_file():
        return []
    with SavedInvestigations(saved) as file:
        kept = [one for one in file.all() if one.waits]
    return [_waiting(one) for one in sorted(kept, key=lambda one: one.at)]


def find_waiting(saved: Path, investigation_id: str) -> Waiting:
    """Return one that waits for a review; CaseError names those there are."""
    found = waiting(saved)
    for one in found:
        if one.investigation == investigation_id:
            return one
    known = ", ".join(one.investigation for one in found[:10]) or "none"
    raise CaseError(
        f"{saved}: expected an investigation that waits for a review, got "
        f"{investigation_id[:80]!r}; there are {known}"
    )


def _waiting(kept: Kept) -> Waiting:
    from workbench.agent import to_diagnosis

    values = kept.values
    facts, made = values.get("facts", {}), values.get("made", {})
    told = kept.job.get("found") or facts  # what was begun before it was kept has facts alone
    diagnosis = to_diagnosis(values["diagnosis"])
    titles = {s["change_id"]: s.get("title", "") for s in facts.get("suspects", ())}
    cited = {item.call_id for item in diagnosis.evidence}
    ledger = values.get("ledger", {})
    return Waiting(
        kept.id, kept.at, diagnosis.regression_id or diagnosis.opportunity_id,
        told.get("service") or facts.get("service", ""), told.get("subject", ""),
        told.get("metric", ""), told.get("before", float("nan")), told.get("after", float("nan")),
        finite(told.get("watts")), diagnosis,
        titles.get(diagnosis.change_id, told.get("title", "")),
        _read_fix(made.get("fix")), made.get("no_fix", "it is made after the approval"),
        {call: str(ledger[call]["reply"]) for call in sorted(cited & ledger.keys())},
        told.get("pattern", "") if diagnosis.opportunity_id else "",
    )  # fmt: skip


def _read_fix(told: str | None) -> Fix | None:
    return TypeAdapter(Fix).validate_python(json.loads(told)) if told else None
