import math

import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from workbench.evaluate.summary import macro_f1, summarise
from workbench.measures import LIMIT_S, risk_curve


def rows(variant, corrects, *, model="playbook", seconds=2.0, epochs=1, failed=()):
    return [
        {
            "case": f"c{n}", "variant": variant, "model": model, "epoch": epoch, "service": f"s{n}",
            "case_category": "lost_cache", "case_culprit": "known" if n % 2 else "none",
            "said_change_id": "x", "said_category": "lost cache", "said_failure": "no" * (n in failed),
            "said_confidence": 0.5 + 0.1 * n, "correct": float(right), "top1": math.nan if n else 1.0,
            "seconds": seconds,
            "time_to_diagnosis": (seconds if right else LIMIT_S) if n % 2 else math.nan,
        }
        for n, right in enumerate(corrects)
        for epoch in range(epochs)
    ]  # fmt: skip


def test_each_variant_has_a_row_with_rates_and_their_intervals():
    results = pd.DataFrame(
        rows("no-skills", [1, 0, 1, 0], model="none") + rows("ours", [1, 1, 0, 1], epochs=2)
    )
    told = summarise(results).set_index("variant")
    ours = told.loc["ours"]
    assert [*told.index] == ["no-skills", "ours"]
    assert (ours["n_cases"], ours["n_answers"], ours["n_failed"]) == (4, 8, 0)
    assert ours["correct"] == 0.75
    assert (ours["correct_low"], ours["correct_high"]) == pytest.approx(
        proportion_confint(3, 4, method="wilson")
    )
    assert (ours["top1"], ours["top1_n"], ours["correct_n"]) == (1, 1, 4)
    assert math.isnan(ours["function"])
    assert ours["harm_rate"] == 0.5  # one of two that were right without skills
    assert ours["help_rate"] == 1
    assert math.isnan(told.loc["no-skills", "harm_rate"])  # beside itself
    assert told.loc["no-skills", "harm_rate_n"] == 0
    sure = [0.5 + 0.1 * n for n in range(4) for _ in range(2)]
    assert ours["aurc"] == risk_curve(sure, [1, 1, 1, 1, 0, 0, 1, 1]).area
    assert ours["time_to_diagnosis"] == 2.0
    assert math.isnan(ours["tokens"])


def test_no_answer_is_wrong_and_the_least_sure():
    told = summarise(pd.DataFrame(rows("ours", [1, 0, 1, 1], failed=[1]))).iloc[0]
    assert (told["n_failed"], told["correct"]) == (1, 0.75)
    assert told["aurc"] == risk_curve([0.5, 0.0, 0.7, 0.8], [1, 0, 1, 1]).area
    assert told["aurc"] > 0  # it is wrong, and the least sure
    assert math.isnan(told["harm_rate"])


def test_f1_is_of_each_category_and_their_mean():
    told = macro_f1(
        ["deep_copy", "deep_copy", "lost_cache", "nobody", "own"],
        ["deep copy", "lost cache", "lost cache", "nobody", "lost cache"],
    )
    assert told["deep_copy"] == pytest.approx(2 / 3)  # one of two found, none falsely
    assert told["lost_cache"] == pytest.approx(2 / 3)  # found, and once said falsely
    assert told["nobody"] == 1
    assert told["macro"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert math.isnan(macro_f1([], [])["macro"])


def test_the_category_counts_that_was_said_and_not_who_was_named():
    told = macro_f1(["deep_copy", "deep_copy"], ["regular expression", ""])
    assert told == {"deep_copy": 0, "macro": 0}
    results = pd.DataFrame(rows("ours", [0, 0]))  # a cause that is named rightly of another change
    assert summarise(results)["macro_f1"].tolist() == [
        pytest.approx((2 / 3 + 0) / 2)
    ]  # once said falsely


def test_harm_is_what_was_right_and_is_wrong():
    floor, ours = [1, 1, 1, 0], [1, 0, 1, 0]
    told = summarise(pd.DataFrame(rows("no-skills", floor) + rows("ours", ours))).iloc[1]
    assert told["harm_rate"] == pytest.approx(1 / 3)
    assert (told["harm_rate_low"], told["harm_rate_high"]) == pytest.approx(
        proportion_confint(1, 3, method="wilson")
    )
    assert (told["harm_rate_n"], told["help_rate_n"]) == (3, 1)


def test_where_fewer_than_half_are_solved_no_time_is_told():
    told = summarise(pd.DataFrame(rows("ours", [1, 0, 0, 0]))).iloc[0]
    assert math.isnan(told["time_to_diagnosis"])
    assert told["median_seconds"] == 2.0


def test_of_epochs_that_were_right_and_wrong_no_time_is_made_up():
    results = pd.DataFrame(rows("ours", [1] * 8, epochs=3))
    is_wrong = (results["epoch"] == 2) & results["time_to_diagnosis"].notna()
    results.loc[is_wrong, "time_to_diagnosis"] = LIMIT_S
    assert summarise(results)["time_to_diagnosis"].tolist() == [2.0]
    results.loc[results["epoch"] >= 1, "time_to_diagnosis"] = LIMIT_S
    assert math.isnan(summarise(results)["time_to_diagnosis"].iloc[0])
