"""Runs into MLflow. What is sent again changes nothing: each run is found by its key."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from workbench.evaluate.tracking.connect import experiment_id, load_mlflow, mlflow_errors
from workbench.evaluate.tracking.dashboard import arrange
from workbench.evaluate.tracking.records import TEXT, RunRecord
from workbench.evaluate.tracking.registry import link_dataset, register_dataset, register_variant
from workbench.evaluate.tracking.traces import send_traces

KEY = "workbench.key"
"""Tag by which a run is found again."""
_METRICS_AT_ONCE = 500


def send(record: RunRecord) -> str:
    """Send a run with its children, and return its id; WorkbenchError where MLflow refuses."""
    mlflow = load_mlflow()
    with mlflow_errors():
        client = mlflow.MlflowClient()
        arrange(client, experiment_id(client, record.experiment))
        return _send(mlflow, record, None)


def _send(mlflow: Any, record: RunRecord, parent: str | None) -> str:
    client = mlflow.MlflowClient()
    place = experiment_id(client, record.experiment)
    run_id = _run_of(mlflow, client, place, record, parent)
    model_id = None
    if record.variant is not None:
        model_id = register_variant(mlflow, record.variant, place, run_id)
    if record.dataset is not None:
        if parent is None:
            register_dataset(mlflow, record.dataset, place)
        link_dataset(mlflow, record.dataset, run_id)
    _log(mlflow, client, run_id, record, model_id)
    send_traces(record.traces, place, run_id, model_id)
    for child in record.children:
        _send(mlflow, child, run_id)
    for other in record.beside:
        _send(mlflow, other, None)
    client.set_terminated(run_id, end_time=record.ended_ms)
    if record.replaces:
        _drop_earlier(client, place, record.replaces, run_id)
    return run_id


def _run_of(mlflow: Any, client: Any, place: str, record: RunRecord, parent: str | None) -> str:
    """Return the run of a record's key, made where there is none."""
    found = client.search_runs([place], filter_string=f"tags.`{KEY}` = '{record.key}'")
    if found:
        return str(found[0].info.run_id)
    tags = {KEY: record.key, **({"mlflow.parentRunId": parent} if parent else {})}
    made = client.create_run(place, start_time=record.started_ms, tags=tags, run_name=record.name)
    return str(made.info.run_id)


def _log(mlflow: Any, client: Any, run_id: str, record: RunRecord, model_id: str | None) -> None:
    entities = mlflow.entities
    of_model = _names_of_model(client, model_id, run_id)
    metrics = [
        entities.Metric(
            one.name, one.value, record.ended_ms if one.at_ms is None else one.at_ms, one.step,
            model_id=model_id if not one.step and one.name not in of_model else None,
        )
        for one in record.metrics
    ]  # fmt: skip
    tags = dict(record.tags)
    if record.description:
        tags["mlflow.note.content"] = record.description
    client.log_batch(
        run_id, metrics=metrics[:_METRICS_AT_ONCE],
        params=[entities.Param(name, value[:TEXT]) for name, value in record.params.items()],
        tags=[entities.RunTag(name, value) for name, value in tags.items()],
    )  # fmt: skip
    for start in range(_METRICS_AT_ONCE, len(metrics), _METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + _METRICS_AT_ONCE])
    if record.artifacts:
        with tempfile.TemporaryDirectory(prefix="workbench-track-") as scratch:
            for path, content in record.artifacts.items():
                target = Path(scratch) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            client.log_artifacts(run_id, scratch)


def _names_of_model(client: Any, model_id: str | None, run_id: str) -> set[str]:
    """Return the metrics that a logged model has of a run: MLflow takes them once alone."""
    if model_id is None:
        return set()
    known = client.get_logged_model(model_id).metrics or ()
    return {metric.key for metric in known if metric.run_id == run_id}


def _drop_earlier(client: Any, place: str, investigation: str, run_id: str) -> None:
    """Put earlier runs of the same investigation into MLflow's bin: it counts once, as it ended."""
    same = f"tags.investigation = '{investigation}'"
    runs = client.search_runs([place], filter_string=same)
    latest = max(runs, key=lambda run: (run.info.end_time or 0, run.info.run_id == run_id))
    for run in runs:  # the one that is sent last need not have ended last
        if run.info.run_id != latest.info.run_id:
            client.delete_run(run.info.run_id)
