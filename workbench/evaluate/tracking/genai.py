"""The scorers as those of `mlflow.genai`, for who evaluates there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from workbench.errors import CaseError
from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.scorers import SCORERS, Scorer
from workbench.evaluate.tracking.connect import load_mlflow

T = TypeVar("T", Answer, Expected)


def genai_scorers() -> list[Any]:
    """Return every scorer as `mlflow.genai.evaluate` takes them.

    They read `outputs`, a mapping of the fields of `Answer`, and `expectations`, of those of
    `Expected`; fields that are not told are as nobody said anything. A score that says nothing of
    a case is left out.

    Examples
    --------
    >>> import mlflow  # doctest: +SKIP
    >>> cases = [{"inputs": {"case": "feed/A03"}, "outputs": {"change_id": "c0ffee"},
    ...           "expectations": {"culprits": ["c0ffee"]}}]  # doctest: +SKIP
    >>> mlflow.genai.evaluate(cases, scorers=genai_scorers())  # doctest: +SKIP
    """
    mlflow = load_mlflow()
    return [_wrapped(mlflow, name, scorer) for name, scorer in SCORERS.items()]


def _wrapped(mlflow: Any, name: str, told: Scorer) -> Any:
    def run(outputs: Any, expectations: Any) -> float | None:
        return told(_read(Expected, expectations), _read(Answer, outputs))

    return mlflow.genai.scorer(run, name=name, aggregations=["mean"])


def _read(kind: type[T], told: Any) -> T:
    """Return a mapping as an answer or what is expected; CaseError where it is none."""
    known = {field.name for field in fields(kind)}
    if not isinstance(told, Mapping) or not known >= {*told}:
        listed = ", ".join(sorted(known))
        raise CaseError(f"expected a mapping of {kind.__name__} ({listed}), got {told!r}"[:400])
    sets: set[str] = {"culprits", "functions"} if kind is Expected else set()
    values: dict[str, Any] = {
        name: frozenset(value) if name in sets
        else tuple(value) if isinstance(value, list) else value
        for name, value in told.items()
    }  # fmt: skip
    return kind(**values)
