"""Whether later profiles show a gain: how often that is right, and what is said where it is not."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from workbench.capacity import confirm, confirm_later
from workbench.capacity.confirmation import LEAST_WINDOWS
from workbench.types import Amount

EXPECTED = Amount(2.0, 1.8, 2.2)
TIMES = pd.date_range("2026-01-01", periods=60, freq="h", tz="UTC")


def noise(random, n, correlation):
    """Return noise of a deviation of 1 of which each value takes after the one before it."""
    values = random.normal(size=n)
    for at in range(1, n):
        values[at] = correlation * values[at - 1] + (1 - correlation**2) ** 0.5 * values[at]
    return values


def verdicts(drop, correlation=0.0, n=20, n_times=300):
    random = np.random.default_rng(4)
    seen = []
    for _ in range(n_times):
        values = 10 + noise(random, 2 * n, correlation)
        seen.append(confirm(values[:n] + drop, values[n:], EXPECTED).verdict)
    return Counter(seen)


def test_a_gain_that_is_there_is_confirmed():
    assert verdicts(2.0)["confirmed"] > 0.92 * 300


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_no_gain_is_seldom_taken_for_one(correlation):
    seen = verdicts(0.0, correlation)
    assert seen["confirmed"] <= 0.03 * 300
    assert seen["confirmed"] + seen["less"] + seen["more"] <= 0.08 * 300


def test_half_a_gain_and_twice_as_much_are_told_as_such():
    assert verdicts(1.0, n=40)["less"] > 0.9 * 300
    assert verdicts(5.0)["more"] > 0.95 * 300
    assert verdicts(0.0)["not seen"] > 0.9 * 300


def test_where_noise_hides_what_was_expected_nothing_is_said():
    random = np.random.default_rng(1)
    seen = confirm(10 + random.normal(0, 50, 20), 10 + random.normal(0, 50, 20), EXPECTED)
    assert seen.verdict == "not known"
    assert seen.gain.low < 0 < seen.gain.high


def test_the_interval_holds_the_gain_as_often_as_it_says():
    random = np.random.default_rng(2)
    n_inside = 0
    for _ in range(400):
        values = noise(random, 60, 0.5)
        seen = confirm(values[:30] + 2, values[30:], EXPECTED)
        n_inside += seen.gain.low <= 2 <= seen.gain.high
    assert n_inside >= 0.91 * 400


def test_few_windows_say_nothing_and_what_is_missing_is_no_window():
    few = np.ones(LEAST_WINDOWS - 1)
    assert confirm(few, np.zeros(40), Amount(1.0)).verdict == "not known"
    gaps = np.append(few, np.full(30, np.nan))
    assert "7 and 40 windows" in confirm(gaps, np.zeros(40), Amount(1.0)).reason


def test_a_level_without_noise_is_told_to_the_last_digit():
    seen = confirm(np.full(10, 3.0), np.full(10, 1.0), EXPECTED)
    assert (seen.verdict, seen.gain.value, seen.p_value) == ("confirmed", 2.0, 0.0)
    assert confirm(np.full(10, 1.0), np.full(10, 1.0), EXPECTED).verdict == "not seen"


def later(values, versions, **changed):
    told = {"began": TIMES[2], "approved": TIMES[20], "expected": EXPECTED} | changed
    return confirm_later(values, TIMES, versions, **told)


@pytest.mark.parametrize("is_versioned", [True, False])
def test_the_deploy_is_the_one_with_which_the_level_went_back(is_versioned):
    random = np.random.default_rng(0)
    values = 10 + random.normal(0, 0.3, 60)
    values[:36] += 2
    versions = [f"v{at // 12}" if is_versioned else "" for at in range(60)]
    seen = later(values, versions)
    assert seen.verdict == "confirmed"
    assert seen.deployed == TIMES[36].to_pydatetime()
    assert seen.gain.value == pytest.approx(2, abs=0.3)


def test_what_went_back_before_the_approval_is_not_put_down_to_the_fix():
    random = np.random.default_rng(0)
    values = 10 + random.normal(0, 0.3, 60)
    values[:15] += 2
    seen = later(values, [f"v{at // 12}" for at in range(60)], began=TIMES[16])
    assert seen.verdict == "not seen"


def test_windows_from_before_the_regression_do_not_count():
    values = np.r_[np.full(20, 10.0), np.full(20, 12.0), np.full(20, 10.0)]
    values += np.random.default_rng(0).normal(0, 0.1, 60)
    versions = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    seen = later(values, versions, began=TIMES[20], approved=TIMES[30])
    assert seen.verdict == "confirmed"


def test_without_a_deploy_since_it_is_not_known():
    seen = later(np.zeros(60), ["v1"] * 60)
    assert (seen.verdict, seen.deployed) == ("not known", None)
    assert "no deploy since" in seen.reason


def test_a_p_value_counts_the_deploys_that_were_tried():
    random = np.random.default_rng(3)
    before, after = random.normal(0.5, 1, 20), random.normal(0, 1, 20)
    one, five = (confirm(before, after, EXPECTED, n_tried=n).p_value for n in (1, 5))
    assert five == pytest.approx(min(1.0, 5 * one))
