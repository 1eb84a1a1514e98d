"""A solve as a run: what is told of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import pandas as pd

from workbench.evaluate.tracking.connect import SAVINGS, SOLVES
from workbench.evaluate.tracking.outbox import submit
from workbench.evaluate.tracking.records import MetricRecord, RunRecord, SpanRecord, TraceRecord
from workbench.solver.worth import added_fraction
from workbench.types import Outcome

SPAN_TYPES = {"tool": "TOOL", "model": "CHAT_MODEL", "select_skills": "CHAT_MODEL"}
"""Node of the agent's graph -> what MLflow calls a span of it; others are parts of a chain."""
_MOST_TAG = 5000  # letters


def track(
    outcome: Outcome, summary: Mapping[str, Any], scores: Mapping[str, float], report: str
) -> str:
    """Log one solve as a run.

    Parameters
    ----------
    outcome : Outcome
        What was solved; its steps become the trace.
    summary : mapping
        The JSON object of the solve, kept as an artifact.
    scores : mapping of str to float
        Accuracy against the truth; empty where there is none.
    report : str
        The HTML report, kept as an artifact.

    Returns
    -------
    str
        Id of the run.

    Raises
    ------
    WorkbenchError
        Where MLflow cannot be reached or refuses; the run is kept then, and `sync` sends it.
    """
    return submit(record_of(outcome, summary, scores, report))


def record_of(
    outcome: Outcome, summary: Mapping[str, Any], scores: Mapping[str, float], report: str
) -> RunRecord:
    """Return what is told of one solve; the arguments are those of `track`."""
    ended = int(time.time() * 1000)
    started = ended - int(outcome.seconds.get("total", 0.0) * 1000)
    artifacts = {
        "report.html": report.encode(errors="surrogateescape"),
        "summary.json": json.dumps(summary, indent=1).encode(),
    }
    if outcome.fix and outcome.fix.pull_request:
        artifacts["PULL_REQUEST.md"] = outcome.fix.pull_request.encode(errors="surrogateescape")
    metrics = dict(scores) | _metrics(outcome)  # a time is that which it took, right or wrong
    told = f"{outcome.case.id} {outcome.investigation_id} {ended}"
    key = f"solve-{blake2b(told.encode(), digest_size=12).hexdigest()}"
    return RunRecord(
        key=key, experiment=SAVINGS if outcome.opportunity else SOLVES, name=_name(outcome),
        started_ms=started, ended_ms=ended,
        description=outcome.diagnosis.summary if outcome.diagnosis else "No regression.",
        params=_params(outcome), tags=_tags(outcome),
        metrics=tuple(
            MetricRecord(name=name, value=value)
            for name, value in metrics.items()
            if math.isfinite(value)
        ),
        artifacts=artifacts, traces=_traces(outcome, key, started),
        replaces=outcome.investigation_id,
    )  # fmt: skip


def _name(outcome: Outcome) -> str:
    one = outcome.opportunity
    return f"{outcome.case.id} {one.function}" if one else outcome.case.id


def _params(outcome: Outcome) -> dict[str, str]:
    skills = {f"skill.{name}": value for name, value in outcome.skills.items()}
    used = {"skill": outcome.diagnosis.skill} if outcome.diagnosis else {}
    return {"case": outcome.case.id, "case_hash": outcome.case.content_hash,
            "model": outcome.model, **skills, **used}  # fmt: skip


def state_of(outcome: Outcome) -> str:
    """Return how far a solve came, in the words of `TrackRecord.solves`."""
    verdict = outcome.review.get("verdict", "")
    if not outcome.detection.found and not outcome.opportunity:
        return "no regression"
    if verdict == "reject":
        return "rejected"
    said = outcome.diagnosis
    if outcome.opportunity and (said is None or not said.mitigation):
        return "left as it is"
    if not outcome.opportunity and (said is None or not said.change_id):
        return "nobody named"
    if outcome.fix is not None:
        return "fix verified" if outcome.fix.verification.verified else "fix failed"
    return "waits for review" if outcome.status == "waits for review" else "diagnosed"


def _tags(outcome: Outcome) -> dict[str, str]:
    said = outcome.diagnosis
    found = outcome.detection.found
    funnel = "" if outcome.opportunity else json.dumps(_funnel(outcome))
    told = {**_of_opportunity(outcome),
        "case": outcome.case.id, "service": outcome.case.service, "state": state_of(outcome),
        "subject": found[0].subject if found else getattr(outcome.opportunity, "function", ""),
        "category": said.category if said else "", "skill": said.skill if said else "",
        "investigation": outcome.investigation_id, "funnel": funnel, **_began(outcome),
        "approved": "true" if outcome.review.get("verdict") in ("approve", "edit") else "",
    }  # fmt: skip
    return {name: value[:_MOST_TAG] for name, value in told.items() if value}


def _of_opportunity(outcome: Outcome) -> dict[str, str]:
    """Return which opportunity was mended."""
    one = outcome.opportunity
    return {"opportunity": one.id, "pattern": one.pattern} if one else {}


def _began(outcome: Outcome) -> dict[str, str]:
    """Return which series regressed, and when its new level began."""
    if not outcome.detection.found:
        return {}
    worst = outcome.detection.found[0]
    at = worst.at
    if at is None and outcome.recording is not None:
        at = outcome.recording.windows["at"].iloc[worst.change_index]
    began = "" if at is None or pd.isna(at) else pd.Timestamp(at).isoformat()
    return {"metric": worst.metric, "began": began}


def _funnel(outcome: Outcome) -> list[tuple[str, int]]:
    """Return what was looked at, kept, diagnosed and fixed, in order."""
    stages = outcome.detection.funnel
    told = [("series looked at", int(stages["n_in"].iloc[0]))] if len(stages) else []
    told += [(str(s), int(n)) for s, n in zip(stages["stage"], stages["n_out"], strict=True)] \
        if len(stages) else []  # fmt: skip
    is_named = bool(outcome.diagnosis and outcome.diagnosis.change_id)
    is_fixed = bool(outcome.fix and outcome.fix.verification.verified)
    return [
        *told, ("regressions", len(outcome.detection.found)), ("cause named", int(is_named)),
        ("fix verified", int(is_fixed)),
    ]  # fmt: skip


def _metrics(outcome: Outcome) -> dict[str, float]:
    seconds = {f"seconds_{part}": value for part, value in outcome.seconds.items()}
    calls = sum(1 for step in outcome.steps if step.call_id)
    metrics = {
        **seconds,
        "time_to_diagnosis": outcome.seconds.get("detect", 0) + outcome.seconds.get("diagnose", 0),
        "tool_calls": float(calls),
        "regressions": float(len(outcome.detection.found)),
        "confidence": outcome.diagnosis.confidence if outcome.diagnosis else 0.0,
        **_cost(outcome),
    }
    if outcome.opportunity:
        expected = outcome.opportunity.saving
        metrics |= {"expected": expected.value, "expected_low": expected.low,
                    "expected_high": expected.high}  # fmt: skip
    if outcome.fix:
        seen = outcome.fix.verification
        metrics |= {
            "saved": seen.gain.saved,
            "saved_low": seen.gain.saved_interval[0],
            "saved_high": seen.gain.saved_interval[1],
            "gain_restored": seen.gain_restored,
            "gain_low": seen.interval[0],
            "gain_high": seen.interval[1],
            "ratio_before": seen.ratio_before,
            "ratio_after": seen.ratio_after,
            "fix_trials": float(outcome.fix.n_trials),
        }
    return metrics


def _cost(outcome: Outcome) -> dict[str, float]:
    """Return which fraction of the service's CPU the regression adds, with its interval."""
    found = outcome.detection.found[:1]
    if not found or outcome.recording is None:
        return {}
    told = added_fraction(found[0], outcome.recording)
    return dict(zip(("cost", "cost_low", "cost_high"), told, strict=True))


def _traces(outcome: Outcome, key: str, started_ms: int) -> tuple[TraceRecord, ...]:
    """Return the steps of the investigation as the one trace of the solve."""
    if not outcome.steps:
        return ()
    last = outcome.steps[-1]
    said = asdict(outcome.diagnosis) if outcome.diagnosis else {}
    return (
        TraceRecord(
            key=key, name="investigate", started_ms=started_ms,
            seconds=last.started_s + last.seconds, inputs={"case": outcome.case.id}, outputs=said,
            spans=spans_of([asdict(step) for step in outcome.steps]),
            tags={"case": outcome.case.id},
        ),
    )  # fmt: skip


def spans_of(steps: Sequence[Mapping[str, Any]]) -> tuple[SpanRecord, ...]:
    """Return steps of an investigation as spans.

    Parameters
    ----------
    steps : sequence of mapping
        Each a `Step`'s fields.
    """
    return tuple(
        SpanRecord(
            name=step["title"], kind=SPAN_TYPES.get(step["node"], "CHAIN"),
            start_s=step["started_s"], seconds=step["seconds"],
            inputs={"call_id": step["call_id"]} if step["call_id"] else None,
            outputs=step["detail"],
        )
        for step in steps
    )  # fmt: skip
