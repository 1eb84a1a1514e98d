"""How right an answer is, and what it took: plain functions of what is expected and what was said.

Each returns a number, or None where it says nothing of such a case. `SCORERS` has them all by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from workbench.evaluate.bank.categories import KINDS, fits_mitigation, names_category

ABSTAINED = "nobody"
"""Category of an answer that names nobody, and of a case without a culprit."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth of a case."""

    culprits: frozenset[str] = frozenset()
    """Ids of the changes that did it; empty where nobody is to be named."""
    functions: frozenset[str] = frozenset()
    """Subjects of what they made slower."""
    category: str = ""
    kind: str = ""
    """Of the change: `commit`, `flag`, …"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver said of a case, and what that took."""

    change_id: str = ""
    """Who was named; empty for nobody."""
    suspects: tuple[str, ...] = ()
    """Ids, the likeliest first."""
    functions: tuple[str, ...] = ()
    category: str = ""
    mitigation: str = ""
    confidence: float = 0.0
    """Probability that the answer is right."""
    n_claims: int = 0
    """That replies hold."""
    n_struck: int = 0
    """That nothing supported."""
    skill: str = ""
    spent: Mapping[str, float] = field(default_factory=dict)
    """`seconds`, `cpu_s`, `steps`, `tool_calls`, `tokens`, `dollars`, as far as known."""
    failure: str = ""
    """Why there is no answer; empty where there is one."""
    steps: tuple[str, ...] = ()
    """Titles of the steps that led to it."""


def is_correct(expected: Expected, answer: Answer) -> float:
    """Whether a culprit was named, or nobody where nobody is to blame; a failure never is."""
    if answer.failure:
        return 0.0
    named = answer.change_id in expected.culprits
    return float(named if expected.culprits else not answer.change_id)


def is_false_accusation(expected: Expected, answer: Answer) -> float:
    """Whether somebody was named who did not do it."""
    return float(bool(answer.change_id) and answer.change_id not in expected.culprits)


def is_abstention(expected: Expected, answer: Answer) -> float:
    """Whether nobody was named."""
    return float(not answer.change_id)


def reciprocal_rank(expected: Expected, answer: Answer) -> float | None:
    """1 where a culprit is the first suspect, 1/2 the second, …; 0 where none is among them."""
    if not expected.culprits:
        return None
    places = [n for n, change in enumerate(answer.suspects, 1) if change in expected.culprits]
    return 1.0 / min(places) if places else 0.0


def is_first(expected: Expected, answer: Answer) -> float | None:
    """Whether a culprit is the first suspect."""
    return _within(expected, answer, 1)


def is_in_first_three(expected: Expected, answer: Answer) -> float | None:
    """Whether a culprit is among the first three suspects."""
    return _within(expected, answer, 3)


def _within(expected: Expected, answer: Answer, n: int) -> float | None:
    if not expected.culprits:
        return None
    return float(not expected.culprits.isdisjoint(answer.suspects[:n]))


def names_function(expected: Expected, answer: Answer) -> float | None:
    """Whether one of the functions that were named is one that became slower."""
    return _overlap(expected.functions, answer.functions) if expected.culprits else None


def names_file(expected: Expected, answer: Answer) -> float | None:
    """Whether one of the functions that were named is in a file where one became slower."""
    if not expected.culprits:
        return None
    truth, said = (
        frozenset(subject.partition(":")[0] for subject in subjects)
        for subjects in (expected.functions, answer.functions)
    )
    return _overlap(truth, said)


def _overlap(truth: frozenset[str], said: Sequence[str] | frozenset[str]) -> float | None:
    return float(not truth.isdisjoint(said)) if truth else None


def names_cause(expected: Expected, answer: Answer) -> float | None:
    """Whether the category that was named is that of the cause."""
    if not expected.culprits:
        return None
    fits = names_category(expected.category, answer.category)
    return None if fits is None else float(fits)


def chooses_mitigation(expected: Expected, answer: Answer) -> float | None:
    """Whether the mitigation that was chosen does away with the cause."""
    if not expected.culprits:
        return None
    fits = fits_mitigation(expected.category, expected.kind, answer.mitigation)
    return None if fits is None else float(fits)


def grounded_share(expected: Expected, answer: Answer) -> float | None:
    """Which part of the claims that were made a reply holds."""
    n = answer.n_claims + answer.n_struck
    return answer.n_claims / n if n else None


def squared_error(expected: Expected, answer: Answer) -> float | None:
    """Squared error of the confidence (G. W. Brier, Monthly Weather Review 78, 1950)."""
    return None if answer.failure else (answer.confidence - is_correct(expected, answer)) ** 2


class Scorer(NamedTuple):
    """A score, and which way it is better."""

    score: Callable[[Expected, Answer], float | None]
    is_rate: bool
    """Whether it is 0 or 1."""
    lower_is_better: bool = False


SCORERS: Mapping[str, Scorer] = {
    "correct": Scorer(is_correct, True),
    "top1": Scorer(is_first, True),
    "top3": Scorer(is_in_first_three, True),
    "reciprocal_rank": Scorer(reciprocal_rank, False),
    "function": Scorer(names_function, True),
    "file": Scorer(names_file, True),
    "category": Scorer(names_cause, True),
    "mitigation": Scorer(chooses_mitigation, True),
    "false_accusation": Scorer(is_false_accusation, True, lower_is_better=True),
    "abstention": Scorer(is_abstention, True, lower_is_better=True),
    "grounded": Scorer(grounded_share, False),
    "squared_error": Scorer(squared_error, False, lower_is_better=True),
}
"""Name -> scorer, of one case."""


def score(expected: Expected, answer: Answer) -> dict[str, float]:
    """Return every score that says something of the case, by name."""
    told = {name: scorer.score(expected, answer) for name, scorer in SCORERS.items()}
    return {name: value for name, value in told.items() if value is not None}


def time_to_diagnosis(expected: Expected, answer: Answer, limit_s: float) -> tuple[float, bool]:
    """Return how long it took to the right answer, and whether that was seen.

    What is unsolved has no such time: it counts as the limit, and is told to be censored there.
    """
    seconds = answer.spent.get("seconds", limit_s)
    is_seen = bool(is_correct(expected, answer)) and seconds <= limit_s
    return (seconds if is_seen else limit_s), is_seen


def risk_at(coverage: float, confidences: Sequence[float], corrects: Sequence[float]) -> float:
    """Return which part of the surest answers is wrong.

    Parameters
    ----------
    coverage : float
        Part of all answers that is looked at, the surest first, 0 to 1.
    confidences, corrects : sequence of float
        (n,) of each answer, at least one.
    """
    kept = max(1, round(coverage * len(confidences)))
    return float(_risks(confidences, corrects)[kept - 1])


def area_under_risk(confidences: Sequence[float], corrects: Sequence[float]) -> float:
    """Return the mean risk over all coverages (AURC; Y. Geifman et al., ICLR 2019)."""
    return float(np.mean(_risks(confidences, corrects)))


def _risks(confidences: Sequence[float], corrects: Sequence[float]) -> np.ndarray:
    """Return the risk of the 1, 2, … surest answers; those equally sure share their mean."""
    sure, wrong = np.asarray(confidences, float), 1.0 - np.asarray(corrects, float)
    for level in np.unique(sure):
        alike = sure == level
        wrong[alike] = wrong[alike].mean()
    order = np.argsort(-sure, kind="stable")
    risks: np.ndarray = np.cumsum(wrong[order]) / np.arange(1, len(sure) + 1)
    return risks


def macro_f1(pairs: Sequence[tuple[Expected, Answer]]) -> dict[str, float]:
    """Return F1 of each category of cause, and their mean as `macro`.

    A case is found as its category where a culprit of it was named; who is named wrongly, or in a
    case of another category, is a false one of the category that was said. Cases without a
    culprit are a category of their own, found where nobody was named.
    """
    hit, said_of, truth_of = Counter[str](), Counter[str](), Counter[str]()
    for expected, answer in pairs:
        truth = expected.category if expected.culprits else ABSTAINED
        truth_of[truth] += 1
        if is_correct(expected, answer):
            hit[truth] += 1
            said_of[truth] += 1
        else:
            said_of[_said(answer)] += 1
    scores = {
        category: 2 * hit[category] / (truth_of[category] + said_of[category])
        for category in sorted(truth_of)
    }
    return scores | {"macro": float(np.mean([*scores.values()])) if scores else float("nan")}


def _said(answer: Answer) -> str:
    """Return the category of cases that an answer would be right about, as far as can be told."""
    if not answer.change_id:
        return ABSTAINED
    fitting = [name for name, kind in KINDS.items() if answer.category in kind.categories]
    return fitting[0] if fitting else answer.category


def harm_rate(before: Sequence[float], after: Sequence[float]) -> float:
    """Return which part of what was right is wrong with a variant; NaN where nothing was."""
    was_right = [later for earlier, later in zip(before, after, strict=True) if earlier]
    return float(np.mean([not later for later in was_right])) if was_right else float("nan")
