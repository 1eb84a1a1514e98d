"""The review queue: what was investigated and waits for a person's word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from workbench.errors import CaseError
from workbench.types import Diagnosis, Fix

if TYPE_CHECKING:
    from workbench.agent.saved import Kept


@dataclass(frozen=True, slots=True)
class Waiting:
    """One investigation that waits for a review."""

    investigation: str
    """Its id: what `workbench resume` takes."""
    since: datetime
    """When it came to wait."""
    regression: str
    service: str
    subject: str
    metric: str
    before: float
    """Level before, in the metric's unit."""
    after: float
    watts: float | None
    """What the regression takes, where the power of the service is known."""
    diagnosis: Diagnosis
    title: str = ""
    """Of the change that is accused."""
    fix: Fix | None = None
    """Made and measured; on no branch yet. None where it is only made after the approval, or none
    was found."""
    no_fix: str = ""
    """Why there is none; empty where there is one."""
    evidence: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Reply of each tool call that the diagnosis cites, by its id."""
    pattern: str = ""
    """Of an opportunity that is to be mended; empty for a regression."""

    def to_row(self, now: datetime) -> dict[str, Any]:
        """Return what tables, and `--json`, have of it."""
        fix = self.fix
        gain = fix.verification.gain if fix else None
        name = "saved" if self.pattern else "restored"
        part, (low, high) = (
            (getattr(gain, name), getattr(gain, f"{name}_interval"))
            if gain
            else (None, (None,) * 2)
        )
        return {
            "investigation": self.investigation, "regression": self.regression,
            "service": self.service, "subject": self.subject, "metric": self.metric,
            "pattern": self.pattern, "before": _number(self.before),
            "after": _number(self.after), "cause": self.diagnosis.change_id,
            "title": self.title, "mitigation": self.diagnosis.mitigation,
            "confidence": self.diagnosis.confidence,
            "is_verified": bool(fix and fix.verification.verified),
            "summary": fix.patch.summary if fix else "", "no_fix": self.no_fix,
            ("saved" if self.pattern else "gain_restored"): _number(part),
            "gain_low": _number(low), "gain_high": _number(high),
            "watts": self.watts,
            "age_s": (now - self.since).total_seconds(), "since": self.since.isoformat(),
            "approve": f"workbench resume {self.investigation} --approve",
        }  # fmt: skip


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
        _number(told.get("watts")), diagnosis,
        titles.get(diagnosis.change_id, told.get("title", "")),
        _read_fix(made.get("fix")), made.get("no_fix", "it is made after the approval"),
        {call: str(ledger[call]["reply"]) for call in sorted(cited & ledger.keys())},
        told.get("pattern", "") if diagnosis.opportunity_id else "",
    )  # fmt: skip


def _read_fix(told: str | None) -> Fix | None:
    return TypeAdapter(Fix).validate_python(json.loads(told)) if told else None


def _number(value: float | None) -> float | None:
    """Return a number as JSON has it; None for one that was not measured."""
    return value if value is not None and isfinite(value) else None
