"""How well the skills that a question asks for are found."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import ParseError


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the skills that it asks for; none, where it is of another kind."""

    text: str
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Selection:
    """Pairs of question and skill, counted over all questions."""

    n_right: int
    n_found: int
    n_wanted: int
    n_false_alarms: int
    """Questions of another kind for which a skill was found."""
    n_others: int
    """Questions of another kind."""

    @property
    def precision(self) -> float:
        """Part of the skills found that were asked for."""
        return self.n_right / max(1, self.n_found)

    @property
    def recall(self) -> float:
        """Part of the skills asked for that were found."""
        return self.n_right / max(1, self.n_wanted)


def read_questions(path: Path) -> list[Question]:
    """Read questions, a JSON list of `query` and `skills`; ParseError for another shape."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Question(row["query"], frozenset(row["skills"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f"expected a list of query and skills: {error!r}", path) from error


def measure(
    questions: Sequence[Question], select: Callable[[str], Iterable[str]]
) -> tuple[Selection, list[tuple[Question, Collection[str]]]]:
    """Return how well skills are selected, and the questions for which that is not as wanted."""
    found = [(question, frozenset(select(question.text))) for question in questions]
    others = [names for question, names in found if not question.skills]
    counted = Selection(
        n_right=sum(len(question.skills & names) for question, names in found),
        n_found=sum(len(names) for _, names in found),
        n_wanted=sum(len(question.skills) for question in questions),
        n_false_alarms=sum(map(bool, others)),
        n_others=len(others),
    )
    return counted, [(question, names) for question, names in found if names != question.skills]
