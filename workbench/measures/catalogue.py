"""Every measure of an answer: what it is called, in which unit, and which way it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.measures.times import LIMIT_S

TRIVIAL, NO_SKILLS = "trivial-rule", "no-skills"
FLOORS = (TRIVIAL, NO_SKILLS)
"""Solvers that others stand beside: who touched what grew last, and the ranking alone."""
WORTH = 0.1
"""A difference of rates that is worth knowing of."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured of an answer."""

    name: str
    label: str
    unit: str = "share"
    is_rate: bool = True
    """Whether an answer has 0 or 1 of it."""
    lower_is_better: bool = False
    is_median: bool = False
    """Whether cases are told by their median; by their mean where not."""
    limit: float | None = None
    """What counts as never, where that may be. Two runs are then compared by which of them has
    less, case by case, and not by how much: from never nothing can be taken."""


_SPENT = "count", False, True, True
_ALL = (
    Measure("correct", "right"),
    Measure("top1", "culprit first"),
    Measure("top3", "culprit in first three"),
    Measure("false_accusation", "false accusation", lower_is_better=True),
    Measure("abstention", "names nobody", lower_is_better=True),
    Measure("function", "function named"),
    Measure("file", "file named"),
    Measure("category", "cause named"),
    Measure("mitigation", "mitigation fits"),
    Measure("reciprocal_rank", "reciprocal rank", "", is_rate=False),
    Measure("grounded", "claims that hold", is_rate=False),
    Measure("squared_error", "squared error", "", is_rate=False, lower_is_better=True),
    Measure("skill_found", "skill consulted"),
    Measure("skill_precision", "consulted skills that fit", is_rate=False),
    Measure("fix_applies", "fix applies"),
    Measure("fix_same_output", "fix keeps output"),
    Measure("fix_verified", "fix verified"),
    Measure("fix_restored", "loss restored", is_rate=False),
    Measure("fix_hollow", "fix hollow", lower_is_better=True),
    Measure("time_to_diagnosis", "time to diagnosis", "seconds", False, True, True, LIMIT_S),
    Measure("seconds", "seconds of an answer", "seconds", False, True, True),
    Measure("cpu_s", "CPU of an answer", "seconds", False, True, True),
    Measure("steps", "steps", *_SPENT),
    Measure("tool_calls", "tool calls", *_SPENT),
    Measure("tokens", "tokens", *_SPENT),
    Measure("dollars", "dollars", "dollars", False, True, True),
)
MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _ALL}
"""Name -> measure, in the order in which they are offered."""
