from datetime import UTC, datetime

import pandas as pd
import pytest
from made_fixes import make_verification

from workbench.evaluate import score
from workbench.evaluate.cases import Truth
from workbench.types import (
    Case,
    Change,
    Detection,
    Diagnosis,
    Fix,
    Outcome,
    Patch,
    Ranking,
    Regression,
    Suspect,
)  # fmt: skip

CULPRITS = ("guilty", "accessory")


def truth(regressed=True):
    return Truth("c", "regression" if regressed else "decoy", regressed, 20 if regressed else None,
                 ("m:f",), CULPRITS if regressed else (), 9, "", "")  # fmt: skip


def outcome(indices=(20,), suspects=(), accused=None, verified=None):
    regressions = tuple(
        Regression(f"R-{i}", "m:f", "cost", i, i, i, 1.0, 2.0, 0.001) for i in indices
    )
    empty = pd.DataFrame()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    ranked = tuple(Suspect(Change(s, s, "a", "b", at), 0.5, (), 1.0) for s in suspects)
    fix = None
    if verified is not None:
        seen = make_verification(verified=verified, restored=0.9)
        fix = Fix(Patch("revert", "s", {}), "", seen)
    return Outcome(Case("c", "s", ".", "a", "b"), None, None,
                   Detection(regressions, (), empty, empty), Ranking(ranked),
                   Diagnosis("R-20", "s", accused), fix)  # fmt: skip


FOUR = ["w", "x", "y", "guilty"]
TABLE = {
    "all right": (
        outcome(suspects=["guilty", "x"], accused="guilty", verified=True),
        truth(),
        {"detected": 1, "top1": 1, "top3": 1, "reciprocal_rank": 1, "correct": 1, "abstention": 0,
         "false_accusation": 0, "fix_verified": 1, "fix_applies": 1, "fix_same_output": 1,
         "fix_restored": 0.9, "fix_hollow": 0},
    ),
    "the better of two culprits": (
        outcome(suspects=["x", "accessory", "guilty"], accused="accessory"),
        truth(),
        {"detected": 1, "top1": 0, "top3": 1, "correct": 1, "reciprocal_rank": 0.5},
    ),
    "ranked fourth": (
        outcome(suspects=FOUR), truth(),
        {"detected": 1, "top3": 0, "reciprocal_rank": 0.25, "correct": 0, "abstention": 1},
    ),
    "the wrong one accused": (
        outcome(suspects=["x", "guilty"], accused="x", verified=False),
        truth(),
        {"detected": 1, "correct": 0, "false_accusation": 1, "fix_verified": 0, "fix_hollow": 0},
    ),
    "two windows early": (outcome(indices=[18]), truth(), {"detected": 1}),
    "three windows late": (outcome(indices=[23]), truth(), {"detected": 0}),
    "one of two in place": (outcome(indices=[5, 21]), truth(), {"detected": 1}),
    "nothing detected": (outcome(indices=[]), truth(), {"detected": 0, "correct": 0}),
    "a decoy left alone": (outcome(indices=[]), truth(False), {"detected": 1, "correct": 1}),
    "a decoy looked into": (outcome(), truth(False), {"detected": 0, "correct": 1}),
    "a decoy accused": (
        outcome(accused="x", verified=True), truth(False),
        {"correct": 0, "false_accusation": 1, "fix_hollow": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "truth", "wanted"), TABLE.values(), ids=TABLE)
def test_an_outcome_is_scored_against_the_truth(given, truth, wanted):
    scores = score(given, truth)
    assert {name: scores[name] for name in wanted} == wanted
    assert all(isinstance(value, float) for value in scores.values())


def test_what_was_not_tried_has_no_score():
    scores = score(outcome(), truth(False))
    assert not {name for name in scores if name.startswith("fix_")}
    assert not {"top1", "top3", "reciprocal_rank", "function"} & {*scores}
