"""How right a whole solve is, against the truth of its case."""

from __future__ import annotations

from workbench.evaluate import scorers
from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.cases import Truth
from workbench.types import Outcome

WINDOW_TOLERANCE = 2
"""Windows by which a detected change may be off."""


def score(outcome: Outcome, truth: Truth) -> dict[str, float]:
    """Score one outcome.

    Returns
    -------
    dict of str to float
        `detected`: whether the regression was, or nothing where there is none; and of the answer
        and its fix what `scorers.SCORERS` say.
    """
    found = any(
        truth.change_index is not None
        and abs(r.change_index - truth.change_index) <= WINDOW_TOLERANCE
        for r in outcome.detection.found
    )
    detected = float(found if truth.regressed else not outcome.detection.found)
    answer = Answer.of_outcome(outcome)
    return {"detected": detected, **scorers.score(Expected.of(truth), answer)}
