"""How right an answer is: plain functions of what is expected of a case and what was said of it.

Each returns a number, or None where it says nothing of such a case. `SCORERS` has them all by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.bank.categories import (
    MECHANISMS,
    fits_mitigation,
    names_category,
)
from workbench.measures import censored

_HOLLOW = 0.1
"""A fix that restores less of the loss than this does nothing."""


def is_correct(expected: Expected, answer: Answer) -> float:
    """Whether a culprit was named, or nobody where nobody is to blame; a failure never is."""
    if answer.failure:
        return 0.0
    named = answer.change_id in expected.culprits
    return float(named if expected.culprits else not answer.change_id)


def is_false_accusation(expected: Expected, answer: Answer) -> float:
    """Whether somebody was named who did not do it."""
    return float(bool(answer.change_id) and answer.change_id not in expected.culprits)


def is_abstention(expected: Expected, answer: Answer) -> float | None:
    """Whether nobody was named although somebody did it; where nobody did, it is the answer."""
    return float(not answer.change_id) if expected.culprits and not answer.failure else None


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
    """Squared error of the confidence (G. W. Brier, Monthly Weather Review 78, 1950).

    No answer is as wrong as one that was sure and wrong.
    """
    return 1.0 if answer.failure else (answer.confidence - is_correct(expected, answer)) ** 2


def finds_skill(expected: Expected, answer: Answer) -> float | None:
    """Whether a skill for such causes was consulted (recall of what triggers skills)."""
    if not expected.culprits or not answer.consulted:
        return None
    fits = [names_category(expected.category, category) for category in answer.consulted]
    return None if None in fits else float(any(fits))


def skill_precision(expected: Expected, answer: Answer) -> float | None:
    """Which part of the skills that were consulted is for such causes; skills that are for no
    cause of their own, such as how to tell that cost only moved, do not count.
    """
    consulted = [category for category in answer.consulted if category in MECHANISMS]
    if not expected.culprits or not consulted:
        return None
    fits = [names_category(expected.category, category) for category in consulted]
    return None if None in fits else sum(map(bool, fits)) / len(fits)


def fix_applies(expected: Expected, answer: Answer) -> float | None:
    """Whether a fix that was tried applies and compiles."""
    return answer.fix.get("applies")


def fix_keeps_output(expected: Expected, answer: Answer) -> float | None:
    """Whether with a fix that was tried the workload passes: it says the same."""
    return answer.fix.get("same_output")


def fix_verified(expected: Expected, answer: Answer) -> float | None:
    """Whether a fix that was tried was accepted."""
    return answer.fix.get("verified")


def fix_restores(expected: Expected, answer: Answer) -> float | None:
    """Which part of the loss a fix takes away, as measured."""
    return answer.fix.get("gain_restored")


def fix_is_hollow(expected: Expected, answer: Answer) -> float | None:
    """Whether a fix was accepted that takes away next to nothing, or of what nobody caused."""
    if not answer.fix.get("verified"):
        return None if not answer.fix else 0.0
    restores_nothing = answer.fix.get("gain_restored", 0.0) < _HOLLOW
    return float(restores_nothing or not expected.culprits)


def time_to_diagnosis(expected: Expected, answer: Answer) -> float | None:
    """Seconds until a culprit was named; who did not is given up at `LIMIT_S`."""
    if not expected.culprits:
        return None
    times, _ = censored([answer.spent.get("seconds", math.nan)], [is_correct(expected, answer)])
    return float(times[0])


Scorer = Callable[[Expected, Answer], float | None]
"""What is expected of a case, and what was said of it -> how right that is; None where it says
nothing of such a case."""

SCORERS: Mapping[str, Scorer] = {
    "correct": is_correct,
    "top1": is_first,
    "top3": is_in_first_three,
    "reciprocal_rank": reciprocal_rank,
    "function": names_function,
    "file": names_file,
    "category": names_cause,
    "mitigation": chooses_mitigation,
    "false_accusation": is_false_accusation,
    "abstention": is_abstention,
    "grounded": grounded_share,
    "squared_error": squared_error,
    "skill_found": finds_skill,
    "skill_precision": skill_precision,
    "fix_applies": fix_applies,
    "fix_same_output": fix_keeps_output,
    "fix_verified": fix_verified,
    "fix_restored": fix_restores,
    "fix_hollow": fix_is_hollow,
    "time_to_diagnosis": time_to_diagnosis,
}
"""Name of a measure -> its scorer, of one case; `measures.MEASURES` says which way it is better."""


def score(expected: Expected, answer: Answer) -> dict[str, float]:
    """Return every score that says something of the case, by name."""
    told = {name: scorer(expected, answer) for name, scorer in SCORERS.items()}
    return {name: value for name, value in told.items() if value is not None}
