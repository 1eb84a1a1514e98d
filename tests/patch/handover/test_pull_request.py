from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_fixes import make_verification

from workbench.patch.handover.pull_request import pull_request
from workbench.types import (
    Change,
    Diagnosis,
    Evidence,
    Fix,
    Patch,
    Regression,
    Suspect,
)

REGRESSION = Regression("R-1", "app:f", "cost", 20, 19, 21, 0.0021, 0.0042, 1e-9)
CHANGE = Change(
    "c0ffee" * 6, "Do it twice", "Ada", "ada@example.invalid", datetime(2026, 1, 1, tzinfo=UTC)
)
DIAGNOSIS = Diagnosis(
    "R-1", "f does its work twice.", CHANGE.id, ("app:f",),
    evidence=(Evidence("f doubled", "call-1"), Evidence("its lines changed", "call-2")),
)  # fmt: skip
SEEN = make_verification(
    good=(0.002, 0.0021, 0.0022), bad=(0.0040, 0.0044), fixed=(0.0023,), restored=0.905,
    interval=(0.85, 0.951), verified=True,
)  # fmt: skip
REVERT = Fix(
    Patch("revert", "Revert changes of f", {"app.py": ""}, (CHANGE.id, "d" * 40)), "", SEEN
)


def text_of(fix=REVERT, diagnosis=DIAGNOSIS, regression=REGRESSION):
    return pull_request(
        regression, diagnosis, [Suspect(CHANGE, 0.9, ("app:f",), 0.002)], fix, "fix", "v1"
    )


@pytest.mark.parametrize(
    "said",
    [
        "# Revert changes of f\n", "To: Ada <ada@example.invalid>\n", "Branch: `fix`\n",
        "`app:f` went from 2.1 to 4.2 ms of CPU per round of work at window 20 (the deploy after `v1`)",
        "f does its work twice.", "- f doubled (`call-1`)\n- its lines changed (`call-2`)\n",
        "- `c0ffeec0ff` Do it twice\n- `dddddddddd`\n", "3 interleaved runs",
        "| before the regression | 2.05 | 1.00 |", "| now | 4.1 | 2.00 |",
        "| with this change | 2.3 | 1.12 |", "90% of the loss comes back (95 % interval 85% to 95%)",
        "A revert also takes back", "`git revert fix`",
    ],
)  # fmt: skip
def test_a_reviewer_is_told(said):
    assert said in text_of()


def test_a_fix_forward_says_what_stays_and_what_it_assumes():
    text = text_of(replace(REVERT, patch=Patch("hoist", "Hoist work out of a loop in f", {})))
    assert "Hoist work out of a loop in f. The rest of the culprit's change stays." in text
    assert "Reverts" not in text
    assert "assumes that what it holds does not change" in text


def test_shares_are_told_in_percent():
    text = text_of(regression=replace(REGRESSION, metric="gcpu", before=0.25, after=0.5))
    assert "went from 25 to 50 % of CPU samples" in text


@pytest.mark.parametrize("change_id", [None, "unknown"])
def test_without_a_culprit_it_goes_to_the_owner(change_id):
    assert "To: the code owner\n" in text_of(diagnosis=replace(DIAGNOSIS, change_id=change_id))
