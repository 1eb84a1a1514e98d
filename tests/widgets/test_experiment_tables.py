import numpy as np
import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.measures import wilson
from workbench.widgets.experiment_cells import read_cells
from workbench.widgets.experiment_pairs import differing, pairs_table
from workbench.widgets.experiment_tables import (
    HIGH,
    LOW,
    VALUE,
    N,
    levels_of,
    risk_curves,
    summarise,
    summarise_strata,
    variant_table,
)
from workbench.widgets.experiment_verdicts import read_verdicts

VERDICT = {"variant": "new", "model": "m", "measure": "correct", "verdict": "better"}


def make_results(marks, model="m", **columns):
    """Variant -> a text, or one an epoch: of each case 1, 0, or - where nothing is known."""
    rows = [
        {"case": f"c{at}", "variant": variant, "model": model, "epoch": epoch,
         "correct": float("nan") if mark == "-" else float(mark)}
        for variant, told in marks.items()
        for epoch, text in enumerate([told] if isinstance(told, str) else told)
        for at, mark in enumerate(text)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**columns)


# ---- cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("baseline", "order"),
    [("", ["b", "a", "no-skills", "trivial-rule"]), ("a", ["a", "b", "no-skills", "trivial-rule"]),
     ("trivial-rule", ["trivial-rule", "b", "a", "no-skills"]), ("a/m", ["a", "b", "no-skills", "trivial-rule"])],
    ids=["default", "named", "floor", "with model"],
)  # fmt: skip
def test_the_baseline_is_first_and_floors_are_last(baseline, order):
    marks = {"no-skills": "1", "b": "1", "trivial-rule": "0", "a": "0"}
    cells = read_cells(make_results(marks), baseline)
    assert [*cells.variants] == order
    assert [cells.variants[i] for i in range(4) if cells.is_floor[i]] == [
        name for name in order if name in {"no-skills", "trivial-rule"}
    ]


def test_a_floor_is_the_baseline_where_there_is_nothing_else():
    assert read_cells(make_results({"no-skills": "1", "trivial-rule": "0"})).baseline == "no-skills"


def test_a_variant_of_several_models_is_named_with_its_model():
    both = pd.concat(
        [make_results({"a": "1"}, "small"), make_results({"a": "0", "b": "1"}, "large")]
    )
    cells = read_cells(both)
    assert cells.variants == ("a/small", "a/large", "b")
    assert cells.find_variant("b/large", "chosen") == 2
    with pytest.raises(
        WorkbenchError, match="chosen: expected one of a/small, a/large, b, got 'a'"
    ):
        cells.find_variant("a", "chosen")


def test_epochs_are_averaged_over_those_that_say_something():
    cells = read_cells(make_results({"a": ["10-", "11-", "1-0"]}))
    np.testing.assert_allclose(cells.means[0, 0], [1, 0.5, 0])
    assert cells.counts[0, 0].tolist() == [3, 2, 1]


def test_columns_may_be_missing():
    cells = read_cells(pd.DataFrame({"case": ["x", "x"], "variant": ["a", "a"], "seconds": [1, 3]}))
    assert (cells.means.tolist(), cells.counts.tolist()) == ([[[2.0]]], [[[2]]])
    assert cells.strata.shape == (1, 0)
    assert cells.frame["said"].tolist() == [None, None]
    assert cells.frame["trace"].tolist() == [(), ()]


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "object", "category", "Float32"])
def test_numbers_may_be_of_any_type(dtype):
    results = make_results({"a": "10-"})
    results["correct"] = results["correct"].astype("Int64").astype(dtype)
    means = read_cells(results.astype({"case": "category", "variant": "category"})).means
    np.testing.assert_array_equal(means[0, 0], [1, 0, np.nan])


def test_who_was_named_is_nobody_or_not_told():
    said = pd.Series(["B-7", "", None])
    frame = read_cells(make_results({"a": "111"}, said_change_id=said)).frame
    assert frame["said"].tolist() == ["B-7", "", None]


def test_a_level_is_that_of_the_case_wherever_it_is_told():
    results = make_results({"a": "11", "b": "11"})
    results["case_kind"] = [None, None, "flag", None]
    results["service"] = ""
    strata = read_cells(results).strata
    assert strata.to_dict("list") == {"kind": ["flag", "not told"]}


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([1], "results: expected a DataFrame, one row a cell, got list"),
        (pd.DataFrame(), "results: expected a column 'case', got no column"),
        (pd.DataFrame({"case": ["a"], "model": ["m"]}), "expected a column 'variant', got case, model"),
        (make_results({"a": "1"}).iloc[:0], "results: expected one row a cell, got none"),
        (make_results({"a": "--"}), "results: expected a column of correct, .* got none that has a number"),
        (make_results({"a": "12"}), "results.correct, row 1: expected a number from 0 to 1, got 2"),
        (make_results({"a": "1"}, correct="yes"), "results.correct: expected numbers, got .*yes"),
        (make_results({"a": "1"}, said_confidence=-0.5), "results.said_confidence, row 0: expected .* got -0.5"),
        (pd.concat([make_results({"a": "1"})] * 2), "expected each cell once, got c0, a/m, epoch 0 twice"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(results, words):
    with pytest.raises(WorkbenchError, match=words):
        read_cells(results)


def test_a_baseline_that_there_is_not_is_refused():
    with pytest.raises(WorkbenchError, match="baseline: expected one of a, got 'b'"):
        read_cells(make_results({"a": "1"}), "b")


# ---- tables -------------------------------------------------------------------------------------


def test_a_rate_has_an_interval_and_counts_each_case_once():
    cells = read_cells(make_results({"a": ["110-", "111-"]}, seconds=0.5))
    rate, seconds = summarise(cells)[:, 0]
    assert rate[VALUE] == pytest.approx(2.5 / 3)
    assert (rate[LOW], rate[HIGH]) == pytest.approx(wilson(2.5 / 3, 3))
    assert rate[N] == 3
    assert seconds[VALUE] == 0.5
    assert np.isnan(seconds[[LOW, HIGH]]).all()


def test_seconds_are_told_by_the_median_of_cases():
    results = make_results({"a": ["111", "111"]}, seconds=[1.0, 2.0, 90.0, 3.0, 2.0, 90.0])
    assert summarise(read_cells(results))[1, 0, VALUE] == 2.0


def test_of_times_that_may_be_never_the_median_of_epochs_counts():
    told = [1.0, 2.0, 36_000.0, 36_000.0, 2.0, 36_000.0]
    results = make_results({"a": ["11", "11", "11"]}, time_to_diagnosis=told)
    cells = read_cells(results)
    at = cells.find_measure("time_to_diagnosis")
    assert cells.means[at, 0].tolist() == [2.0, 36_000.0]


def test_what_a_measure_says_nothing_of_is_not_a_number():
    told = summarise(
        read_cells(make_results({"a": "11", "b": "--"}, seconds=[1.0, 1, np.nan, np.nan]))
    )
    assert np.isnan(told[:, 1, VALUE]).all()
    assert told[:, 1, N].tolist() == [0, 0]


def test_levels_are_in_the_order_of_their_numbers():
    results = make_results(
        {"a": "1111"}, case_size=["10 to 20 %", "5 to 10 %", "not measured", "20 to 50 %"]
    )
    told = levels_of(read_cells(results), "size")
    assert told == ["5 to 10 %", "10 to 20 %", "20 to 50 %", "not measured"]


def test_levels_share_out_the_cases():
    results = make_results(
        {"a": "1100", "b": "1111"}, case_kind=["flag", "flag", "commit", "flag"] * 2
    )
    told = summarise_strata(read_cells(results), "kind")
    assert told[:, 0, :, N].tolist() == [[1, 1], [3, 3]]
    np.testing.assert_allclose(told[:, 0, :, VALUE], [[0, 1], [2 / 3, 1]])


def test_a_failure_is_an_answer_that_is_not_sure():
    results = make_results(
        {"a": "110"}, said_confidence=[0.5, 0.9, np.nan], said_failure=["", "", "no reply"]
    )
    (curve,) = risk_curves(read_cells(results))
    np.testing.assert_allclose(curve.risk, [0, 0, 1 / 3])


def test_one_row_a_variant():
    table = variant_table(
        read_cells(
            make_results(
                {"a": ["10", "11"], "no-skills": "00"}, said_failure=["", "late", "", "", "", ""]
            )
        )
    )
    assert table["variant"].tolist() == ["a", "no-skills"]
    columns = ["n_cases", "n_answers", "n_failed", "is_floor"]
    assert table[columns].to_numpy().tolist() == [[2, 4, 1, False], [2, 2, 0, True]]
    assert table["correct"].tolist() == [0.75, 0.0]
    assert (table["correct_low"] < table["correct"]).tolist() == [True, False]


# ---- cases that differ --------------------------------------------------------------------------


def test_cases_differ_where_both_are_known_and_not_the_same():
    cells = read_cells(make_results({"old": "1100-1", "new": "10100-"}))
    pairs = differing(cells, 0, 1)
    assert [cells.cases[case] for case in pairs.case] == ["c1", "c2"]
    assert pairs.is_solved.tolist() == [False, True]
    assert differing(cells, 0, 0).case.size == 0


def test_those_that_differ_most_come_first():
    cells = read_cells(make_results({"old": ["000", "000"], "new": ["101", "110"]}))
    assert differing(cells, 0, 1).after.tolist() == [1.0, 0.5, 0.5]


def test_of_a_measure_that_is_better_low_less_is_solved():
    results = make_results({"old": "11", "new": "11"}, seconds=[2.0, 1.0, 1.0, 2.0])
    assert differing(read_cells(results), 1, 1).is_solved.tolist() == [True, False]


def test_what_is_shown_of_several_epochs_is_what_differs():
    results = make_results({"old": ["1", "1", "1"], "new": ["1", "1", "0"]})
    results["said_change_id"] = ["o0", "o1", "o2", "n0", "n1", "n2"]
    results["said_steps"] = [["look", "end"]] * 5 + [["look", "ask", "end"]]
    row = pairs_table(read_cells(results), 0, 1, ["c0"]).iloc[0]
    assert (row["outcome"], row["n_before"], row["n_after"]) == ("lost", 3, 3)
    assert row["after"] == pytest.approx(2 / 3)
    assert (row["said_before"], row["said_after"], row["epoch_after"]) == ("o0", "n2", 2)
    assert (row["step"], row["step_before"], row["step_after"]) == (1, "end", "ask")


def test_a_way_that_ended_has_no_step_where_the_other_goes_on():
    results = make_results({"old": "1", "new": "0"}, said_steps=[["look"], ["look", "end"]])
    row = pairs_table(read_cells(results), 0, 1, ["c0"]).iloc[0]
    assert (row["step"], row["step_before"], row["step_after"]) == (1, "", "end")


# ---- verdicts -----------------------------------------------------------------------------------


def test_verdicts_are_found_by_variant_and_measure():
    cells = read_cells(make_results({"old": "10", "new": "11"}))
    rows = pd.DataFrame([{**VERDICT, "difference": np.float64(0.5), "needed": None, "low": np.nan}])
    told = read_verdicts(rows, cells)
    assert [*told] == [(1, "correct")]
    one = told[1, "correct"]
    assert (one["verdict"], one["difference"]) == ("better", 0.5)
    assert (one["needed"], one["low"]) == (None, None)
    assert read_verdicts(None, cells) == read_verdicts(pd.DataFrame(), cells) == {}
    bare = rows[["variant", "measure", "verdict"]]
    assert read_verdicts(bare, cells)[1, "correct"]["p_value"] is None


@pytest.mark.parametrize(
    ("comparisons", "words"),
    [
        ([VERDICT], "comparisons: expected a DataFrame, .* got list"),
        (pd.DataFrame([{"variant": "new"}]), "comparisons: expected a column 'measure', got variant"),
        (pd.DataFrame([{**VERDICT, "variant": "nwe"}]), "row 0, variant: expected one of old, new, got 'nwe'"),
        (pd.DataFrame([{**VERDICT, "variant": "old"}]), "row 0: old is the baseline itself"),
        (pd.DataFrame([VERDICT, VERDICT]), "row 1: expected new, correct once, got it twice"),
        (pd.DataFrame([{**VERDICT, "verdict": "equal"}]), "row 0, verdict: expected better, worse, inconclusive, got 'equal'"),
        (pd.DataFrame([{**VERDICT, "p_value": "low"}]), "row 0, p_value: expected a number, got 'low'"),
        (pd.DataFrame([{**VERDICT, "measure": "how right"}]), "row 0: expected a measure such as correct, .* got 'how right'"),
    ],
)  # fmt: skip
def test_what_is_no_comparison_is_refused(comparisons, words):
    with pytest.raises(WorkbenchError, match=words):
        read_verdicts(comparisons, read_cells(make_results({"old": "10", "new": "11"})))
