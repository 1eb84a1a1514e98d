"""An investigation that waits for a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from workbench.types.cases import Diagnosis
from workbench.types.fixes import Fix


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
            "pattern": self.pattern, "before": finite(self.before),
            "after": finite(self.after), "cause": self.diagnosis.change_id,
            "title": self.title, "mitigation": self.diagnosis.mitigation,
            "confidence": self.diagnosis.confidence,
            "is_verified": bool(fix and fix.verification.verified),
            "summary": fix.patch.summary if fix else "", "no_fix": self.no_fix,
            ("saved" if self.pattern else "gain_restored"): finite(part),
            "gain_low": finite(low), "gain_high": finite(high),
            "watts": self.watts,
            "age_s": (now - self.since).total_seconds(), "since": self.since.isoformat(),
            "approve": f"workbench resume {self.investigation} --approve",
        }  # fmt: skip


def finite(value: float | None) -> float | None:
    """Return a number as JSON has it; None for one that was not measured."""
    return value if value is not None and isfinite(value) else None
