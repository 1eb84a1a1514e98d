"""Every solve becomes a run in MLflow (the one place that speaks to it).

The store is `MLFLOW_TRACKING_URI`, or a SQLite file in the user's data folder. Tracking happens
after the solve, so that it is no part of what is timed.
"""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import platformdirs

from workbench.errors import WorkbenchError
from workbench.types import Outcome

EXPERIMENT = "efficiency-workbench"
SPAN_TYPES = {"tool": "TOOL", "model": "CHAT_MODEL", "select_skills": "CHAT_MODEL"}
"""Node of the agent's graph -> what MLflow calls a span of it; others are parts of a chain."""


def tracking_uri() -> str:
    """Return where runs are kept."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    folder = platformdirs.user_data_path("efficiency-workbench")
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'mlflow.db'}"


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
        Id of the run; WorkbenchError where MLflow refuses.
    """
    mlflow = _mlflow()
    try:
        return _log(mlflow, outcome, summary, scores, report)
    except mlflow.exceptions.MlflowException as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise WorkbenchError(f"MLflow at {tracking_uri()}: {first}") from error


def _log(
    mlflow: Any, outcome: Outcome, summary: Mapping[str, Any], scores: Mapping[str, float],
    report: str,
) -> str:  # fmt: skip
    client = mlflow.MlflowClient()
    experiment_id = _experiment(client)
    run = client.create_run(experiment_id, run_name=outcome.case.id)
    run_id: str = run.info.run_id
    entities = mlflow.entities
    now = int(time.time() * 1000)
    metrics = _metrics(outcome) | dict(scores)
    client.log_batch(
        run_id,
        metrics=[entities.Metric(k, v, now, 0) for k, v in metrics.items() if math.isfinite(v)],
        params=[entities.Param(k, str(v)[:500]) for k, v in _params(outcome).items()],
        tags=[entities.RunTag(name, value) for name, value in _tags(outcome).items()],
    )
    if outcome.steps:
        _trace(mlflow, outcome, experiment_id, run_id)
    with tempfile.TemporaryDirectory(prefix="workbench-track-") as place:
        folder = Path(place)
        (folder / "report.html").write_text(report, encoding="utf-8")
        (folder / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
        if outcome.fix and outcome.fix.pull_request:
            (folder / "PULL_REQUEST.md").write_text(
                outcome.fix.pull_request, encoding="utf-8", errors="surrogateescape"
            )
        client.log_artifacts(run_id, str(folder))
    client.set_terminated(run_id)
    _drop_earlier(client, experiment_id, outcome, run_id)
    return run_id


def _tags(outcome: Outcome) -> dict[str, str]:
    kept = {"investigation": outcome.investigation_id} if outcome.investigation_id else {}
    return {"case": outcome.case.id, **kept}


def _drop_earlier(client: Any, experiment_id: str, outcome: Outcome, run_id: str) -> None:
    """Put earlier runs of the same investigation into MLflow's bin: it counts once, as it ended."""
    if not outcome.investigation_id:
        return
    same = f"tags.investigation = '{outcome.investigation_id}'"
    for run in client.search_runs([experiment_id], filter_string=same):
        if run.info.run_id != run_id:
            client.delete_run(run.info.run_id)


def _mlflow() -> Any:
    """Import MLflow quietly, with its telemetry off, and point it at the store."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # 7 take minutes to give up
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow.set_tracking_uri(tracking_uri())
    return mlflow


def _experiment(client: Any) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    if tracking_uri().startswith("sqlite:///"):
        place = Path(tracking_uri().removeprefix("sqlite:///")).parent / "artifacts"
        return str(client.create_experiment(EXPERIMENT, artifact_location=place.as_uri()))
    return str(client.create_experiment(EXPERIMENT))


def _params(outcome: Outcome) -> dict[str, Any]:
    skills = {f"skill.{name}": value for name, value in outcome.skills.items()}
    used = {"skill": outcome.diagnosis.skill} if outcome.diagnosis else {}
    return {"case": outcome.case.id, "case_hash": outcome.case.content_hash,
            "model": outcome.model, **skills, **used}  # fmt: skip


def _metrics(outcome: Outcome) -> dict[str, float]:
    seconds = {f"seconds_{part}": value for part, value in outcome.seconds.items()}
    calls = sum(1 for step in outcome.steps if step.call_id)
    metrics = {
        **seconds,
        "time_to_diagnosis": outcome.seconds.get("detect", 0) + outcome.seconds.get("diagnose", 0),
        "tool_calls": float(calls),
        "regressions": float(len(outcome.detection.found)),
        "confidence": outcome.diagnosis.confidence if outcome.diagnosis else 0.0,
    }
    if outcome.fix:
        seen = outcome.fix.verification
        metrics |= {
            "gain_restored": seen.gain_restored,
            "ratio_before": seen.ratio_before,
            "ratio_after": seen.ratio_after,
            "fix_trials": float(outcome.fix.n_trials),
        }
    return metrics


def _trace(mlflow: Any, outcome: Outcome, experiment_id: str, run_id: str) -> None:
    """Log the steps of the investigation as the spans of one trace."""
    last = outcome.steps[-1]
    began_ns = time.time_ns() - int((last.started_s + last.seconds) * 1e9)
    root = mlflow.start_span_no_context(
        "investigate", span_type="AGENT", experiment_id=experiment_id, start_time_ns=began_ns,
        inputs={"case": outcome.case.id}, metadata={"mlflow.sourceRun": run_id},
    )  # fmt: skip
    for step in outcome.steps:
        start = began_ns + int(step.started_s * 1e9)
        span = mlflow.start_span_no_context(
            step.title, span_type=SPAN_TYPES.get(step.node, "CHAIN"), parent_span=root,
            start_time_ns=start, inputs={"call_id": step.call_id} if step.call_id else None,
        )  # fmt: skip
        span.end(outputs=step.detail, end_time_ns=start + int(step.seconds * 1e9))
    diagnosis = asdict(outcome.diagnosis) if outcome.diagnosis else None
    root.end(outputs=diagnosis, end_time_ns=began_ns + int((last.started_s + last.seconds) * 1e9))
    mlflow.flush_trace_async_logging()
