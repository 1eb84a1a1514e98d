"""An outcome as JSON has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any

from workbench.types import Fix, Opportunity, Outcome, PullRequest


def to_json(outcome: Outcome, mlflow_run_id: str | None = None) -> dict[str, Any]:
    """Return what `workbench solve --json` prints."""
    diagnosis, fix = outcome.diagnosis, outcome.fix
    accused = diagnosis is not None and diagnosis.change_id is not None
    return {
        "case": outcome.case.id,
        "regressions": [
            {
                "function": r.subject,
                "metric": r.metric,
                "change_index": r.change_index,
                "before": r.before,
                "after": r.after,
                "relative_delta": r.relative_delta if r.before else None,
            }
            for r in outcome.detection.found
        ],
        "cause": {
            "commit": diagnosis.change_id,
            "functions": list(diagnosis.functions),
            "confidence": diagnosis.confidence,
        }
        if diagnosis and accused
        else None,
        "suspects": [suspect.change.id for suspect in outcome.suspects],
        "none_of_these": outcome.ranking.none_probability,
        "diagnosis": diagnosis.summary if diagnosis else "no regression",
        "category": diagnosis.category if diagnosis else "",
        "evidence": [asdict(item) for item in diagnosis.evidence] if diagnosis else [],
        "skill": diagnosis.skill if diagnosis else "",
        "mitigation": (fix.patch.strategy if fix else diagnosis.mitigation) if diagnosis else "",
        "opportunity": _opportunity_json(outcome.opportunity),
        "fix": _fix_json(fix),
        "no_fix": outcome.no_fix,
        "investigation": outcome.investigation_id,
        "review": dict(outcome.review) or None,
        "opened": _opened_json(outcome.opened),
        "seconds": dict(outcome.seconds),
        "mlflow_run_id": mlflow_run_id,
    }


def _fix_json(fix: Fix | None) -> Mapping[str, Any] | None:
    if fix is None:
        return None
    seen = fix.verification
    return {
        "applied": seen.applied,
        "verified": seen.verified,
        "ratio_before": _measured(seen.ratio_before),
        "ratio_after": _measured(seen.ratio_after),
        "gain_restored": _measured(seen.gain_restored),
        "interval": [_measured(bound) for bound in seen.interval],
        "saved": _measured(seen.gain.saved),
        "saved_interval": [_measured(bound) for bound in seen.gain.saved_interval],
        "summary": fix.patch.summary,
        "reason": seen.reason,
        "branch": fix.branch,
        "reverted": list(fix.patch.reverted),
    }


def _opportunity_json(one: Opportunity | None) -> Mapping[str, Any] | None:
    if one is None:
        return None
    names = ("id", "service", "function", "file", "line", "pattern", "title", "share", "owner")
    saving = [_measured(end) for end in (one.saving.value, one.saving.low, one.saving.high)]
    return {**{name: getattr(one, name) for name in names}, "saving": saving}


def _opened_json(opened: PullRequest | None) -> Mapping[str, Any] | None:
    return None if opened is None else {**asdict(opened), "at": opened.at.isoformat()}


def _measured(value: float) -> float | None:
    """Return a number as JSON has it; None for one that was not measured."""
    return value if isfinite(value) else None
