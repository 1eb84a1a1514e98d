"""What is told of runs, before it is sent: plain values that a file keeps."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

TEXT = 500
"""Letters of a parameter that are kept."""


class _Record(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """Replace what no text holds: bytes of a history that were no UTF-8."""
        return _without_surrogates(value)


def _without_surrogates(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case dict():
            return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
    return value


class SpanRecord(_Record):
    """One step of a trace."""

    name: str
    kind: str
    """As MLflow calls it: `AGENT`, `TOOL`, `CHAT_MODEL`, `CHAIN`."""
    start_s: float
    """Seconds since the trace began."""
    seconds: float
    inputs: dict[str, Any] | None = None
    outputs: Any = None


class TraceRecord(_Record):
    """How one case was solved: a root, and its steps."""

    key: str
    """The same for the same answer, so that what is sent twice is there once."""
    name: str
    started_ms: int
    """Unix time."""
    seconds: float
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    is_ok: bool = True
    spans: tuple[SpanRecord, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    feedback: dict[str, float] = Field(default_factory=dict)
    """Score by name."""
    expectations: dict[str, Any] = Field(default_factory=dict)


class MetricRecord(_Record):
    """One value of a metric."""

    name: str
    value: float
    step: int = 0
    at_ms: int | None = None
    """Unix time; None for when the run ended."""


class SkillText(_Record):
    """One skill, as the prompt registry keeps it."""

    name: str
    text: str
    content_hash: str


class VariantRecord(_Record):
    """A set of skills under a model: what MLflow calls a logged model."""

    name: str
    model: str
    content_hash: str
    revision: str = ""
    """Of git, where one was named."""
    skills: tuple[SkillText, ...] = ()


class DatasetRecord(_Record):
    """The cases that were asked, as a registered dataset."""

    name: str
    content_hash: str
    rows: tuple[dict[str, Any], ...] = ()
    """`inputs`, `expectations` and `tags` of each case."""


class RunRecord(_Record):
    """A run with all that belongs to it."""

    key: str
    """The same for the same run: it is sent again into the run that it made."""
    experiment: str
    name: str
    started_ms: int
    ended_ms: int
    description: str = ""
    """Markdown."""
    params: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    metrics: tuple[MetricRecord, ...] = ()
    artifacts: dict[str, bytes] = Field(default_factory=dict)
    """Path -> content."""
    traces: tuple[TraceRecord, ...] = ()
    children: tuple[RunRecord, ...] = ()
    beside: tuple[RunRecord, ...] = ()
    """Runs of their own that are written to at the same time."""
    variant: VariantRecord | None = None
    dataset: DatasetRecord | None = None
    replaces: str = ""
    """Earlier runs with this value of the tag `investigation` are put into the bin."""
