import math

import pandas as pd
import pytest
from made_results import make_results

from workbench.errors import CaseError, WorkbenchError
from workbench.evaluate.compare import (
    compare_all,
    compare_many,
    compare_runs,
    discordant,
    failed_gates,
    load_halves,
    load_run,
)
from workbench.measures import LIMIT_S


def run(corrects, *, seconds=None, variant="a", epochs=1, half="test"):
    """Return results of cases by whether each was solved."""
    seconds = seconds or [1.0 + 0.01 * n for n in range(len(corrects))]
    return pd.DataFrame([
        {
            "case": f"c{n:03}", "variant": variant, "model": "playbook", "epoch": epoch,
            "service": f"s{n % 12}", "split": half, "correct": float(correct), "top1": float(correct),
            "top3": math.nan, "false_accusation": float(not correct), "seconds": seconds[n],
            "time_to_diagnosis": seconds[n] if correct else LIMIT_S, "grounded": 1.0,
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
    later = told["time_to_diagnosis"]
    assert (later.verdict, later.comparison.before, later.comparison.after) == ("worse", 1, 0)
    assert told["correct"].verdict == "inconclusive"


def test_who_is_quickly_wrong_is_not_sooner():
    right, soon = run([True] * 40), run([True] * 20 + [False] * 20, seconds=[0.1] * 40)
    told = by_name(compare_runs(right, soon))
    time = told["time_to_diagnosis"]
    assert (time.comparison.before, time.comparison.after) == (0.5, 0.5)
    assert time.verdict == "inconclusive"
    assert told["seconds"].comparison.n_pairs == 20  # of those that both have right
    assert told["seconds"].verdict == "better"
    never = by_name(compare_runs(right, run([False] * 40, seconds=[0.1] * 40)))
    assert never["time_to_diagnosis"].verdict == "worse"
    assert "seconds" not in never


def test_where_both_never_are_right_neither_is_sooner():
    one = by_name(compare_runs(run([False] * 30), run([False] * 30)))["time_to_diagnosis"]
    assert (one.comparison.before, one.comparison.after, one.verdict) == (0, 0, "inconclusive")


def test_of_epochs_that_are_right_alone_the_seconds_count():
    before, after = run([True] * 12, epochs=2), run([True] * 12, epochs=2)
    is_wrong = after["epoch"] == 1
    after.loc[is_wrong, ["correct", "seconds"]] = [0.0, 0.001]
    one = by_name(compare_runs(before, after))["seconds"]
    assert one.comparison.difference == 0
    assert one.comparison.n_pairs == 12


def test_of_a_share_no_difference_larger_than_all_can_be_seen():
    before, after = run([True, False, True, False]), run([True] * 4)
    before["grounded"], after["grounded"] = [0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.4]
    one = by_name(compare_runs(before, after))["grounded"]
    assert math.isnan(one.comparison.detectable)
    before, after = run([True] * 48), run([True] * 48)
    before["squared_error"], after["squared_error"] = 0.1, [0.1] * 47 + [0.2]
    one = by_name(compare_runs(before, after))["squared_error"]
    assert (one.comparison.low, one.comparison.high) in [(-1, 1), (-math.inf, math.inf)]


def test_epochs_of_a_case_are_one_case():
    told = by_name(compare_runs(run([True, False] * 10, epochs=3), run([True] * 20, epochs=2)))
    assert told["correct"].comparison.n_pairs == 20


def test_runs_on_other_cases_are_not_compared():
    with pytest.raises(CaseError, match="same cases, 1 are not in all, such as c002"):
        compare_runs(run([True, True]), run([True, True, False]))


def test_cases_that_differ_are_listed_with_where_they_part():
    apart = discordant(run([True, False, True]), run([True, True, False]))
    assert apart["case"].tolist() == ["c001", "c002"]
    assert apart["said_before"].tolist() == ["", "k"]
    assert apart[["step", "step_before", "step_after"]].to_numpy().tolist() == [
        [1, "saw False", "saw True"], [1, "saw True", "saw False"],
    ]  # fmt: skip
    assert discordant(run([True]), run([True])).empty


def test_a_gate_fails_where_a_rate_falls_by_more_than_it_lets():
    measured = compare_runs(run([True] * 50), run([True] * 48 + [False] * 2))
    assert failed_gates(measured, ["correct:4pp", "false_accusation:4pp"]) == []
    (said,) = failed_gates(measured, ["correct:3.9pp", "top1:10pp"])
    assert (
        said
        == "correct is worse by 4.0 pp, more than 3.9: 2 of 50 cases worse, 0 better, inconclusive"
    )
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


def test_each_half_is_compared_by_itself():
    results = pd.concat([
        run([True] * 20 + [False] * 20, variant=name, half=half).assign(
            case=lambda rows, half=half: half + rows["case"]
        )
        for name in "ab" for half in ("train", "test")
    ])  # fmt: skip
    better = (results["variant"] == "b") & (results["split"] == "train")
    results.loc[better, "correct"] = 1.0
    table = compare_all(results, "a")
    assert list(dict.fromkeys(table["half"])) == ["test", "train"]  # what was held out leads
    correct = table[table["measure"] == "correct"].set_index("half")
    assert correct["verdict"].to_dict() == {"test": "inconclusive", "train": "better"}
    assert correct["n_cases"].tolist() == [40, 40]


def test_runs_are_loaded_half_by_half(tmp_path):
    folder = make_results(tmp_path / "r", rates={"ours": 0.9, "theirs": 0.5})
    halves = load_halves([f"{folder}:ours", f"{folder}:theirs"])
    assert [*halves] == ["test", "train"]
    assert [len(side) for side in halves["test"]] == [6, 6]
    assert [*load_halves([f"{folder}:ours"], "train")] == ["train"]
    few = make_results(tmp_path / "f", n_cases=1)
    with pytest.raises(
        CaseError, match="f:ours: expected cases of the test half, as others, got train"
    ):
        load_halves([f"{few}:ours"], "test")
    with pytest.raises(CaseError, match="f:ours: expected cases of the test and train half"):
        load_halves([f"{folder}:ours", f"{few}:ours"])


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


def test_a_run_that_is_not_whole_yet_is_not_compared(tmp_path):
    folder = make_results(tmp_path / "r")
    cells = folder / "cells.jsonl"
    cells.write_bytes(b"\n".join(cells.read_bytes().splitlines()[:-1]) + b"\n")
    with pytest.raises(CaseError, match="r: 35 of 36 answers are there; expected all"):
        load_run(f"{folder}:ours")
