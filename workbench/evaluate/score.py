"""How right an outcome is, against the truth of its case."""

from __future__ import annotations

from workbench.evaluate.cases import Truth
from workbench.types import Outcome

WINDOW_TOLERANCE = 2
"""Windows by which a detected change may be off."""


def score(outcome: Outcome, truth: Truth) -> dict[str, float]:
    """Score one outcome.

    Returns
    -------
    dict of str to float
        0 or 1 each, `culprit_rank` apart (1 is first; absent where no culprit was suspected).
        `correct` is the whole answer: the right commit named, or nobody where nobody is to blame.
    """
    accused = outcome.cause
    found = any(
        truth.change_index is not None
        and abs(r.change_index - truth.change_index) <= WINDOW_TOLERANCE
        for r in outcome.detection.found
    )
    ranks = [
        rank
        for rank, suspect in enumerate(outcome.suspects, start=1)
        if suspect.change.id in truth.culprit_commits
    ]
    named = accused in truth.culprit_commits
    scores = {
        "detected": float(found if truth.regressed else not outcome.detection.found),
        "cause_top1": float(min(ranks, default=99) == 1),
        "cause_top3": float(min(ranks, default=99) <= 3),
        "false_accusation": float(accused is not None and not named),
        "fix_verified": float(outcome.fix is not None and outcome.fix.verification.verified),
        "correct": float(named if truth.regressed else accused is None),
    }
    return scores | ({"culprit_rank": float(min(ranks))} if ranks else {})
