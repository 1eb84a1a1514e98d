import math

import pandas as pd
import pytest

from workbench.errors import CaseError, WorkbenchError
from workbench.evaluate.compare import (
    compare_all,
    compare_many,
    compare_runs,
    discordant,
    failed_gates,
    first_parting,
    load_run,
)


def run(corrects, *, seconds=None, variant="a", epochs=1):
    """Return results of cases by whether each was solved."""
    seconds = seconds or [1.0 + 0.01 * n for n in range(len(corrects))]
    return pd.DataFrame([
        {
            "case": f"c{n:03}", "variant": variant, "model": "playbook", "epoch": epoch,
            "service": f"s{n % 12}", "correct": float(correct), "top1": float(correct),
            "top3": math.nan, "false_accusation": float(not correct), "seconds": seconds[n],
            "said_change_id": "k" if correct else "", "said_steps": ["triage", f"saw {correct}"],
        }
        for n, correct in enumerate(corrects)
        for epoch in range(epochs)
    ])  # fmt: skip


def by_name(measured):
    return {one.name: one for one in measured}


def test_a_run_that_solves_more_is_better_in_what_is_better_high_or_low():
    told = by_name(compare_runs(run([True] * 30 + [False] * 20), run([True] * 42 + [False] * 8)))
    assert told["correct"].verdict == "better"
    assert told["false_accusation"].verdict == "better"
    assert told["correct"].comparison.difference == pytest.approx(12 / 50)
    assert told["correct"].comparison.n_better == 12
    assert "top3" not in told  # it says nothing of any of them


def test_what_is_not_decided_says_what_would_be():
    told = by_name(compare_runs(run([True] * 30 + [False] * 20), run([True] * 31 + [False] * 19)))
    one = told["correct"]
    assert one.verdict == "inconclusive"
    assert 0.05 < one.comparison.detectable < 0.3
    assert 50 < one.needed < 400


def test_a_run_that_is_slower_everywhere_is_worse():
    slow = [1.5 + 0.02 * n for n in range(48)]
    told = by_name(compare_runs(run([True] * 48), run([True] * 48, seconds=slow)))
    assert told["seconds"].verdict == "worse"
    assert told["seconds"].needed is None
    assert told["correct"].verdict == "inconclusive"


def test_epochs_of_a_case_are_one_case():
    told = by_name(compare_runs(run([True, False] * 10, epochs=3), run([True] * 20, epochs=2)))
    assert told["correct"].comparison.n_pairs == 20


def test_runs_on_other_cases_are_not_compared():
    with pytest.raises(CaseError, match="same cases, c002 is not in all"):
        compare_runs(run([True, True]), run([True, True, False]))


def test_cases_that_differ_are_listed_with_where_they_part():
    apart = discordant(run([True, False, True]), run([True, True, False]))
    assert apart["case"].tolist() == ["c001", "c002"]
    assert apart["said_before"].tolist() == ["", "k"]
    assert apart[["step", "step_before", "step_after"]].to_numpy().tolist() == [
        [1, "saw False", "saw True"], [1, "saw True", "saw False"],
    ]  # fmt: skip
    assert discordant(run([True]), run([True])).empty


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (["a", "b"], ["a", "b"], (-1, "", "")), (["a"], ["a", "b"], (1, "", "b")),
        (["a", "x", "c"], ["a", "y", "c"], (1, "x", "y")), ([], [], (-1, "", "")),
    ],
)  # fmt: skip
def test_two_ways_part_at_the_first_step_that_differs(before, after, told):
    assert first_parting(before, after) == told


def test_a_gate_fails_where_a_rate_falls_by_more_than_it_lets():
    measured = compare_runs(run([True] * 50), run([True] * 48 + [False] * 2))
    assert failed_gates(measured, ["correct:4pp", "false_accusation:4pp"]) == []
    (said,) = failed_gates(measured, ["correct:3.9pp", "top1:10pp"])
    assert said == "correct is worse by 4.0 pp, more than 3.9"
    assert failed_gates(measured, ["false_accusation:1pp"])
    assert not failed_gates(compare_runs(run([False] * 9), run([True] * 9)), ["correct:0pp"])


@pytest.mark.parametrize("gate", ["correct", "correct:2", "nothing:2pp", "seconds:2pp", "top3:2pp"])
def test_what_is_no_gate_is_refused(gate):
    with pytest.raises(WorkbenchError, match="expected MEASURE:Npp with one of correct, top1"):
        failed_gates(compare_runs(run([True]), run([True])), [gate])


@pytest.mark.parametrize("text", ["results", "results:", ":ours"])
def test_what_is_no_run_is_refused(text):
    with pytest.raises(WorkbenchError, match="expected FOLDER:VARIANT"):
        load_run(text)


def test_several_are_corrected_together():
    before, few = run([True] * 40 + [False] * 20), run([True] * 48 + [False] * 12)
    (alone,) = (one for one in compare_runs(before, few) if one.name == "correct")
    together = compare_many(before, [few, run([True] * 41 + [False] * 19), before])
    (first,) = (one for one in together[0] if one.name == "correct")
    assert first.comparison.p_value == pytest.approx(3 * alone.comparison.p_value)
    assert first.comparison.difference == alone.comparison.difference


def test_all_variants_are_compared_with_one_as_a_table():
    results = pd.concat([
        run([True] * 30 + [False] * 20, variant="a"), run([True] * 44 + [False] * 6, variant="b"),
        run([True] * 31 + [False] * 19, variant="c"),
    ])  # fmt: skip
    table = compare_all(results, "a")
    correct = table[table["measure"] == "correct"].set_index("variant")
    assert correct["verdict"].to_dict() == {"b": "better", "c": "inconclusive"}
    assert correct.loc["b", ["before", "after", "n_cases", "n_better"]].tolist() == [
        0.6,
        0.88,
        50,
        14,
    ]
    assert correct.loc["c", "needed"] > 50
    assert table.set_index("measure").loc["false_accusation", "lower_is_better"].all()
    with pytest.raises(CaseError, match="results: expected one of a/playbook"):
        compare_all(results, "nope")


def test_fewer_of_what_is_bad_are_cases_that_became_better():
    told = by_name(compare_runs(run([False] * 10 + [True] * 30), run([True] * 40)))
    assert (told["correct"].comparison.n_better, told["correct"].comparison.n_worse) == (10, 0)
    wrong = told["false_accusation"]
    assert (wrong.comparison.n_better, wrong.comparison.n_worse) == (10, 0)
    assert wrong.verdict == "better"


def test_a_case_differs_where_its_epochs_do_together():
    before, after = run([True] * 4, epochs=3), run([True] * 4, epochs=3)
    is_last = (before["epoch"] > 0) & (before["case"] == "c002")
    before.loc[is_last, ["correct", "said_change_id"]] = [0.0, ""]
    told = discordant(before, after)
    assert told["case"].tolist() == ["c002"]
    row = told.iloc[0]
    assert (row["before"], row["after"]) == (pytest.approx(1 / 3), 1)
    assert (row["said_before"], row["said_after"]) == ("", "k")


def test_ways_that_were_not_kept_do_not_part():
    assert first_parting([], ["triage"]) == (-1, "", "")
