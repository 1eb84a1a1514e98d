"""Traces in bulk: the spans of many at once, assessments with each.

One span after another takes 20 times as long as solving a case (docs/decisions/015).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from workbench.evaluate.tracking.records import SpanRecord, TraceRecord

_BATCH = 200
"""Traces whose spans are sent at once."""
_PREVIEW = 1000  # letters


def send_traces(
    traces: Sequence[TraceRecord], experiment_id: str, run_id: str, model_id: str | None
) -> None:
    """Send traces of a run; those that are there already are the same afterwards.

    Parameters
    ----------
    traces : sequence of TraceRecord
        What was solved.
    experiment_id, run_id : str
        Where they belong.
    model_id : str or None
        Logged model that solved them.
    """
    from mlflow.tracing.client import TracingClient

    client = TracingClient()
    for start in range(0, len(traces), _BATCH):
        batch = traces[start : start + _BATCH]
        for trace in batch:  # before its spans: one that is there is merged row by row
            client.start_trace(_info(trace, experiment_id, run_id, model_id))
        client.log_spans(experiment_id, [span for trace in batch for span in _spans(trace)])


def trace_id(key: str) -> str:
    """Return the id of the trace of a key, as MLflow writes it."""
    return f"tr-{_digest(key, 16).hex()}"


def _digest(text: str, size: int) -> bytes:
    return blake2b(text.encode(), digest_size=size).digest()


def _spans(trace: TraceRecord) -> list[Any]:
    began_ns = trace.started_ms * 1_000_000
    root = SpanRecord(
        name=trace.name, kind="AGENT", start_s=0.0, seconds=trace.seconds, inputs=trace.inputs,
        outputs=trace.outputs,
    )  # fmt: skip
    return [
        _span(trace, number, span, began_ns) for number, span in enumerate([root, *trace.spans])
    ]


def _span(trace: TraceRecord, number: int, told: SpanRecord, began_ns: int) -> Any:
    from mlflow.entities.span import Span

    def ident(place: int) -> str:
        return b64encode(_digest(f"{trace.key}/{place}", 8)).decode()

    start = began_ns + int(told.start_s * 1e9)
    attributes = {"mlflow.traceRequestId": trace_id(trace.key), "mlflow.spanType": told.kind}
    if told.inputs is not None:
        attributes["mlflow.spanInputs"] = told.inputs  # type: ignore[assignment]  # any JSON
    if told.outputs is not None:
        attributes["mlflow.spanOutputs"] = told.outputs
    return Span.from_dict({
        "trace_id": b64encode(_digest(trace.key, 16)).decode(), "span_id": ident(number),
        "parent_span_id": ident(0) if number else None, "name": told.name,
        "start_time_unix_nano": start, "end_time_unix_nano": start + int(told.seconds * 1e9),
        "events": [], "status": {
            "code": "STATUS_CODE_OK" if trace.is_ok else "STATUS_CODE_ERROR", "message": "",
        },
        "attributes": {name: json.dumps(value) for name, value in attributes.items()},
    })  # fmt: skip


def _info(trace: TraceRecord, experiment_id: str, run_id: str, model_id: str | None) -> Any:
    from mlflow.entities import (
        Assessment,
        AssessmentSource,
        Expectation,
        Feedback,
        TraceInfo,
        TraceLocation,
        TraceState,
    )

    ident = trace_id(trace.key)
    scorer, bank = (AssessmentSource("CODE", name) for name in ("workbench", "case bank"))
    told: list[Assessment] = [
        Feedback(name=name, value=value, source=scorer, trace_id=ident)
        for name, value in trace.feedback.items()
    ] + [
        Expectation(name=name, value=value, source=bank, trace_id=ident)
        for name, value in trace.expectations.items()
    ]
    for number, one in enumerate(told):  # the same when it is sent again
        one.assessment_id = f"a-{_digest(f'{trace.key}/assessment/{number}', 16).hex()}"
        one.create_time_ms = one.last_update_time_ms = trace.started_ms
    metadata = {"mlflow.sourceRun": run_id, "mlflow.trace_schema.version": "3"}
    if model_id is not None:
        metadata["mlflow.modelId"] = model_id
    return TraceInfo(
        ident, TraceLocation.from_experiment_id(experiment_id), trace.started_ms,
        TraceState.OK if trace.is_ok else TraceState.ERROR,
        request_preview=json.dumps(trace.inputs)[:_PREVIEW],
        response_preview=json.dumps(trace.outputs)[:_PREVIEW],
        execution_duration=int(trace.seconds * 1000), trace_metadata=metadata,
        tags={"mlflow.traceName": trace.name, **trace.tags}, assessments=told,
    )  # fmt: skip
