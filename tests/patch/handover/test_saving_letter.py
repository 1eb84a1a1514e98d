from dataclasses import replace

import pytest
from made_fixes import make_verification

from workbench.patch.handover.letter import Stakes
from workbench.patch.handover.owners import Owners
from workbench.patch.handover.saving_letter import saving_letter
from workbench.types import (
    Amount,
    Diagnosis,
    Evidence,
    Fix,
    Opportunity,
    Patch,
    Worth,
)

PLACE = Opportunity(
    "O-1", "shop", "app:f", "app.py", 3, 4, "copy", "Do not copy, in f", 0.125,
    Amount(0.05, 0.02, 0.08), evidence=("app.py:3: a deep copy",), precedents=("P-7",),
    validation=("the tests pass",), owner="Ada",
)  # fmt: skip
WHY = Diagnosis("", "An edit is known.", None, ("app:f",), "copy", "drop_copy", 0.7,
                (Evidence("12.50% of the samples", "triage-1"),), "needless-copies",
                opportunity_id="O-1")  # fmt: skip
SEEN = make_verification(bad=(3.0, 3.1), fixed=(2.7, 2.8), saved=0.1, verified=True)
SEEN = replace(SEEN, gains=(replace(SEEN.gain, saved_interval=(0.08, 0.12)),))
FIX = Fix(Patch("drop_copy", "Leave out copies in f in app.py", {}), "", SEEN, commit="c" * 40)


def letter(**told):
    return saving_letter(PLACE, WHY, FIX, "workbench/saving-O-1", **told)


def test_a_letter_says_what_is_wasted_and_what_was_measured():
    text = letter(owners=Owners(("Ada",)))
    for told in (
        "# Leave out copies in f in app.py", "To: Ada", "Branch: `workbench/saving-O-1`",
        "`app.py:3`", "12.50% of the recorded CPU samples of shop",
        "5.00% of the service's CPU was expected to be saved (2.00% to 8.00%)",
        "10.0% of the cost is saved (95 % interval 8.0% to 12.0%)", "- app.py:3: a deep copy",
        "12.50% of the samples (`triage-1`)", "Past case: P-7", "- the tests pass",
        "Who holds the object from now on must not change it", "`git revert cccccccccccc`",
    ):  # fmt: skip
        assert told in text
    assert "before the regression" not in text
    assert "## Worth" not in text


@pytest.mark.parametrize(("watts", "told"), [(1000.0, "1,000"), (float("nan"), "")])
def test_what_it_is_worth_is_a_part_of_the_whole_service(watts, told):
    whole = Worth(watts=Amount(watts, watts, watts))
    text = letter(stakes=Stakes("Ada", whole, ("The workload is like the service.",)))
    assert ("## Worth" in text) == bool(told)
    if told:
        assert "| the whole service | 1,000" in text
        assert "| this change saves | 100 (95 % interval 80 to 120) |" in text
        assert "- The workload is like the service." in text
