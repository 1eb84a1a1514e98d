from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_fixes import make_verification

from workbench.patch.handover.letter import Stakes
from workbench.patch.handover.owners import Owners
from workbench.patch.handover.pull_request import pull_request
from workbench.types import (
    Amount,
    Change,
    Check,
    Diagnosis,
    Evidence,
    Fix,
    Patch,
    Regression,
    Suspect,
    Worth,
)

REGRESSION = Regression("R-1", "app:f", "cost", 20, 19, 21, 0.0021, 0.0042, 1e-9)
CHANGE = Change(
    "c0ffee" * 6, "Do it twice", "Ada", "ada@example.invalid", datetime(2026, 1, 1, tzinfo=UTC)
)
DIAGNOSIS = Diagnosis(
    "R-1", "f does its work twice.", CHANGE.id, ("app:f",), confidence=0.87,
    evidence=(Evidence("f doubled", "call-1"), Evidence("its lines changed", "call-2")),
)  # fmt: skip
SEEN = make_verification(
    good=(0.002, 0.0021, 0.0022), bad=(0.0040, 0.0044), fixed=(0.0023,), restored=0.905,
    interval=(0.85, 0.951), verified=True,
)  # fmt: skip
REVERT = Fix(
    Patch("revert", "Revert changes of f", {"app.py": ""}, (CHANGE.id, "d" * 40)),
    "",
    SEEN,
    commit="77aa0bd27c5f00",
)


def text_of(fix=REVERT, diagnosis=DIAGNOSIS, regression=REGRESSION, **told):
    return pull_request(
        regression, diagnosis, [Suspect(CHANGE, 0.9, ("app:f",), 0.002)], fix, "fix", "v1", **told
    )


@pytest.mark.parametrize(
    "said",
    [
        "# Revert changes of f\n", "To: Ada <ada@example.invalid>\nBranch: `fix`\n",
        "In the recorded profiles `app:f` went from 2.1 to 4.2 ms of CPU per unit of recorded work, "
        "+100%, at window 20, with the deploy after `v1`.",
        "`c0ffeec0ff` Do it twice\n\nf does its work twice. Confidence in this diagnosis, all "
        "evidence together: 87%.",
        "- f doubled (`call-1`)\n- its lines changed (`call-2`)\n",
        "- `c0ffeec0ff` Do it twice\n- `dddddddddd`\n", "The usual inputs, 2 runs of each version",
        "| before the regression | 2.05 | 1.00 |", "| now | 4.1 | 2.00 |",
        "| with this change | 2.3 | 1.12 |", "90% of the loss comes back (95 % interval 85% to 95%)",
        "- the project's tests pass: yes\n", "with limits of time and memory alone",
        "A revert also takes back", "`git revert 77aa0bd27c5f`",
    ],
)  # fmt: skip
def test_a_reviewer_is_told(said):
    assert said in text_of()


def test_inputs_that_were_held_out_have_a_table_of_their_own():
    gain = replace(SEEN.gain, inputs="held-out", restored=0.84, restored_interval=(0.8, 0.9))
    seen = replace(
        SEEN, gains=(SEEN.gain, gain), checks=(Check("tests", None, "no tests are known"),)
    )
    text = text_of(replace(REVERT, verification=seen))
    assert text.count("| now | 4.1 | 2.00 |") == 2
    assert "Inputs that no search saw, 2 runs of each version" in text
    assert "84% of the loss comes back (95 % interval 80% to 90%)" in text
    assert "- the project's tests pass: not checked (no tests are known)" in text


def test_a_saving_without_a_version_to_go_back_to_is_told_of_the_cost():
    gain = replace(
        SEEN.gain, good=(), restored=float("nan"), saved=0.439, saved_interval=(0.4, 0.5)
    )
    text = text_of(replace(REVERT, verification=replace(SEEN, gains=(gain,))))
    assert "43.9% of the cost is saved (95 % interval 40.0% to 50.0%)." in text
    assert "| now | 4.1 | 1.00 |" in text
    assert "before the regression |" not in text


def test_the_owner_comes_second():
    text = pull_request(REGRESSION, DIAGNOSIS, [Suspect(CHANGE, 0.9, (), 0.0)], REVERT, "f", "v1",
                        owners=Owners(("@team/app", "@ada")))  # fmt: skip
    assert text.splitlines()[2:5] == [
        "To: Ada <ada@example.invalid>",
        "Cc: @team/app, @ada",
        "Branch: `f`",
    ]


def test_a_fix_forward_says_what_stays_and_what_it_assumes():
    text = text_of(replace(REVERT, patch=Patch("restore_cache", "Restore the cache of f", {})))
    assert "Restore the cache of f. The rest of the culprit's change stays." in text
    assert "Reverts" not in text
    assert "assumes that what it holds does not change" in text


def test_shares_are_told_in_percent():
    text = text_of(regression=replace(REGRESSION, metric="gcpu", before=0.25, after=0.5))
    assert "went from 25 to 50 % of CPU samples" in text


@pytest.mark.parametrize("change_id", [None, "unknown"])
def test_without_a_culprit_it_goes_to_the_owner(change_id):
    fix = replace(REVERT, patch=Patch("hoist", "Hoist it", {"app.py": ""}))
    text = text_of(fix, diagnosis=replace(DIAGNOSIS, change_id=change_id))
    assert "To: the code owner\n" in text


def test_what_runs_found_where_the_recording_names_nobody_goes_to_its_author():
    nobody = Diagnosis("R-1", "Two changes may have done it.")
    text = text_of(diagnosis=nobody)
    assert "To: Ada <ada@example.invalid>\n" in text
    assert "The recording alone names nobody: Two changes may have done it.\n\nRuns do:" in text
    assert "Confidence" not in text


@pytest.mark.parametrize("change_id", [None, CHANGE.id])
def test_lines_of_codeowners_that_say_nothing_are_told(change_id):
    faults = tuple(f"CODEOWNERS, line {n}: expected an owner" for n in range(5))
    text = text_of(diagnosis=replace(DIAGNOSIS, change_id=change_id), owners=Owners((), faults))
    head = text[: text.index("Branch")]
    assert head.count("Left out: CODEOWNERS, line ") == 3
    assert "Left out: 2 more lines\n" in head
    assert head.startswith("# Revert changes of f\n\nTo: ")


def test_what_it_is_worth_is_told_with_intervals_and_assumptions():
    loss = Worth(servers=Amount(40, 30, 50), watts=Amount(21840, 16000, 27000),
                 money_per_year=Amount(1234.5, 1000, 1500), currency="EUR")  # fmt: skip
    text = text_of(stakes=Stakes("", loss, ("The service has 400 servers.",)))
    table = text[text.index("## Worth") : text.index("## Checked")]
    assert table.splitlines()[1:] == [
        "|  | servers | watts | EUR a year |",
        "| --- | --- | --- | --- |",
        "| left as it is, it costs | 40 (95 % interval 30 to 50) | 21,800 (95 % interval 16,000 "
        "to 27,000) | 1,230 (95 % interval 1,000 to 1,500) |",
        "| this change gives back | 36.2 (95 % interval 25.5 to 47.5) | 19,800 (95 % interval "
        "13,600 to 25,700) | 1,120 (95 % interval 850 to 1,430) |",
        "", "Assumed:", "", "- The service has 400 servers.", "",
    ]  # fmt: skip


def test_only_what_is_known_is_told_of_its_worth():
    servers = text_of(stakes=Stakes(loss=Worth(servers=Amount(40.0))))
    assert "| left as it is, it costs | 40 |\n| this change gives back | 36.2 |" in servers
    assert "watts" not in servers
    assert "## Worth" not in text_of()
    unmeasured = replace(SEEN, gains=(replace(SEEN.gain, restored=float("nan"), saved=0.4),))
    assert "## Worth" not in text_of(
        replace(REVERT, verification=unmeasured), stakes=Stakes(loss=Worth(servers=Amount(40.0)))
    )
