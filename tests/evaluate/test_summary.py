import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from workbench.evaluate.summary import (
    LIMIT_S,
    area_under_risk,
    harm_rate,
    macro_f1,
    median_to_diagnosis,
    risk_at,
    summarise,
    time_to_diagnosis,
    wilson,
)


def rows(variant, corrects, *, model="playbook", seconds=2.0, epochs=1, failed=()):
    return [
        {
            "case": f"c{n}", "variant": variant, "model": model, "epoch": epoch, "service": f"s{n}",
            "case_category": "lost_cache", "case_culprit": "known" if n % 2 else "none",
            "said_change_id": "x", "said_category": "lost cache", "said_failure": "no" * (n in failed),
            "said_confidence": 0.5 + 0.1 * n, "correct": float(right), "top1": math.nan if n else 1.0,
            "seconds": seconds,
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
    assert (told.loc["no-skills", "harm_rate"], told.loc["no-skills", "help_rate"]) == (0, 0)
    sure = [0.5 + 0.1 * n for n in range(4) for _ in range(2)]
    assert ours["aurc"] == area_under_risk(sure, [1, 1, 1, 1, 0, 0, 1, 1])
    assert ours["seconds_to_diagnosis"] == 2.0
    assert math.isnan(ours["tokens"])


def test_no_answer_is_wrong_and_the_least_sure():
    told = summarise(pd.DataFrame(rows("ours", [1, 0, 1, 1], failed=[1]))).iloc[0]
    assert (told["n_failed"], told["correct"]) == (1, 0.75)
    assert told["aurc"] == area_under_risk([0.5, 0.0, 0.7, 0.8], [1, 0, 1, 1])
    assert told["aurc"] > 0  # it is wrong, and the least sure
    assert math.isnan(told["harm_rate"])


def test_a_rate_of_nothing_has_no_interval():
    assert all(map(math.isnan, wilson(0, 0)))
    assert wilson(9.6, 10) == wilson(10, 10)


def test_what_is_unsolved_is_censored_where_it_was_given_up():
    times, seen = time_to_diagnosis([4.0, 4.0, 90.0, math.nan], [1, 0, 1, 1], 60)
    assert times.tolist() == [4, 60, 60, 0]
    assert seen.tolist() == [1, 0, 0, 1]


def test_the_median_time_is_that_of_kaplan_and_meier():
    rng = np.random.default_rng(3)
    for _ in range(20):
        seconds, right = rng.exponential(9, 41), (rng.random(41) < 0.8).astype(float)
        times, seen = time_to_diagnosis(seconds, right)
        peer = SurvfuncRight(times, seen).quantile(0.5)
        assert median_to_diagnosis(seconds, right) == pytest.approx(peer)
        assert times.max() <= LIMIT_S
    assert math.isnan(median_to_diagnosis([1.0, 1.0, 1.0], [1, 0, 0]))


def test_risk_is_of_the_surest_and_equal_ones_share_theirs():
    sure, right = [0.9, 0.8, 0.8, 0.1], [1, 0, 1, 0]
    assert [risk_at(part, sure, right) for part in (0.25, 0.5, 0.75, 1)] == [0, 0.25, 1 / 3, 0.5]
    assert risk_at(0.5, sure[::-1], right[::-1]) == 0.25
    assert area_under_risk(sure, right) == pytest.approx(np.mean([0, 0.25, 1 / 3, 0.5]))
    assert area_under_risk([0.5, 0.6], [1, 1]) == 0


def test_f1_is_of_each_category_and_their_mean():
    told = macro_f1(
        ["deep_copy", "deep_copy", "lost_cache", "nobody"],
        ["deep copy", "lost cache", "lost cache", "nobody"],
        [1, 0, 1, 1],
    )
    assert told["deep_copy"] == pytest.approx(2 / 3)  # one of two found, none falsely
    assert told["lost_cache"] == pytest.approx(2 / 3)  # found, and once said falsely
    assert told["nobody"] == 1
    assert told["macro"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert math.isnan(macro_f1([], [], [])["macro"])


def test_harm_is_what_was_right_and_is_wrong():
    assert harm_rate([1, 1, 1, 0], [1, 0, 1, 0]) == pytest.approx(1 / 3)
    assert harm_rate([1, 0.5], [0.5, 1]) == pytest.approx(1 / 3)
    assert math.isnan(harm_rate([0, 0], [1, 0]))
