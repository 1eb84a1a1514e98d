"""What answers are measured by, checked against references and sums done by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from workbench.evaluate.results import SPENT
from workbench.evaluate.scorers import SCORERS
from workbench.measures import (
    LIMIT_S,
    MEASURES,
    censored,
    curve_of,
    first_parting,
    rate_of,
    risk_curve,
    wilson,
)


def make_curve(*seconds, never=()):
    return curve_of([*seconds, *never], [True] * len(seconds) + [False] * len(never))


def test_every_score_and_everything_spent_has_a_measure_and_no_measure_is_of_nothing():
    assert {*MEASURES} == {*SCORERS, *SPENT}
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert len({measure.label for measure in MEASURES.values()}) == len(MEASURES)


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (3, 7), (431, 442), (1, 1)])
def test_the_interval_of_a_rate_is_wilsons(k, n):
    wanted = proportion_confint(k, n, method="wilson")
    assert (rate_of(k, n).low, rate_of(k, n).high) == pytest.approx(wanted)
    assert rate_of(k, n).ratio == k / n
    low, high = wilson([k / n, k / n], [n, n])
    np.testing.assert_allclose([low, high], [[one, one] for one in wanted], atol=1e-12)


@pytest.mark.parametrize(("k", "n"), [(0, 0), (3, 2), (math.nan, 5), (1, math.nan)])
def test_a_rate_of_nothing_is_not_known(k, n):
    assert all(map(math.isnan, rate_of(k, n)[:3]))
    assert np.isnan(wilson(math.nan, 0)).all()


def test_epochs_of_a_case_that_differ_need_no_whole_cases():
    assert rate_of(9, 10).low < rate_of(9.5, 10).low < rate_of(10, 10).low


def test_what_is_not_right_was_given_up_or_is_still_waited_for():
    times, seen = censored([4.0, 4.0, LIMIT_S + 1, math.nan], [1, 0, 1, 1])
    assert times.tolist() == [4, LIMIT_S, LIMIT_S, 0]
    assert seen.tolist() == [True, False, False, True]
    times, _ = censored([4.0, 4.0, 4.0], [0, 0, 1], [60.0, 2 * LIMIT_S, 60.0])
    assert times.tolist() == [60, LIMIT_S, 4]


def test_the_median_time_is_that_of_kaplan_and_meier():
    rng = np.random.default_rng(3)
    for _ in range(20):
        seconds, right = rng.exponential(9, 41), (rng.random(41) < 0.8).astype(float)
        times, seen = censored(seconds, right, rng.exponential(9, 41))
        wanted = SurvfuncRight(times, seen).quantile(0.5)
        assert curve_of(times, seen).median_seconds == pytest.approx(wanted, nan_ok=True)


def test_what_is_never_diagnosed_is_not_left_out():
    curve = make_curve(10, 20, 30, never=(1000, 1000, 1000))
    assert curve.within(25).ratio == pytest.approx(2 / 6)
    assert curve.within(1e6).ratio == pytest.approx(3 / 6)
    assert curve.within(5).ratio == 0
    assert (curve.n, curve.n_diagnosed) == (6, 3)


def test_what_was_watched_for_a_shorter_time_counts_until_then():
    """By hand: 1 of 4 at 10 s, then one leaves, then 1 of the 2 left at 30 s."""
    assert make_curve(10, 30, never=(20, 100)).within(30).ratio == pytest.approx(1 - 3 / 4 * 1 / 2)


def test_half_may_never_be_diagnosed():
    assert make_curve(10, 20, never=(99, 99)).median_seconds == 20
    assert math.isnan(make_curve(10, never=(99, 99)).median_seconds)
    assert math.isnan(make_curve(never=(99,)).median_seconds)


def test_the_interval_holds_the_part_also_at_its_ends():
    curve = make_curve(10, 20, 30)
    for seconds in (5, 15, 25, 60):
        part = curve.within(seconds)
        assert 0 <= part.low <= part.ratio <= part.high <= 1
        assert part.high > part.low


def test_risk_is_of_the_surest_and_equal_ones_share_theirs():
    curve = risk_curve([0.9, 0.8, 0.8, 0.1], [1, 0, 1, 0])
    assert curve.risk.tolist() == pytest.approx([0, 0.25, 1 / 3, 0.5])
    assert [curve.at(part) for part in (0, 0.25, 0.5, 1)] == pytest.approx([0, 0, 0.25, 0.5])
    assert curve.area == pytest.approx(np.mean([0, 0.25, 1 / 3, 0.5]))
    assert risk_curve([0.5, 0.6], [1, 1]).area == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), min_size=1, max_size=30))
def test_risk_does_not_depend_on_the_order_of_answers(pairs):
    sure, right = zip(*pairs, strict=True)
    one, other = risk_curve(sure, right), risk_curve(sure[::-1], right[::-1])
    np.testing.assert_allclose(one.risk, other.risk)
    assert one.risk[-1] == pytest.approx(1 - np.mean(right))


def test_answers_of_which_nothing_is_known_have_no_risk():
    curve = risk_curve([0.5, np.nan, 0.9], [1, 0, np.nan])
    assert (curve.n_answers, curve.area) == (1, 0.0)
    assert np.isnan([risk_curve([], []).area, risk_curve([], []).at(0.8)]).all()


def test_no_answer_is_the_least_sure_whatever_it_said():
    curve = risk_curve([0.9, 0.5, np.nan], [0, 1, 0], [True, False, True])
    assert curve.risk.tolist() == pytest.approx([0, 0.5, 2 / 3])


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [("ab", "ab", -1), ("ab", "ac", 1), ("ab", "abc", 2), ("", "a", -1), ("a", "", -1), ("a", "b", 0)],
)  # fmt: skip
def test_two_ways_part_at_the_first_step_that_is_not_the_same(before, after, step):
    assert first_parting(tuple(before), tuple(after)) == step
