"""Rates and times, checked against sums done by hand and a reference."""

import math

import numpy as np
import pandas as pd
import pytest
from lead_record import SINCE, UNTIL, make_answers, make_record, make_solves
from statsmodels.stats.proportion import proportion_confint

from workbench.report.lead.rates import EVALUATED, LIVE, curve_of, times_to_diagnosis, wilson
from workbench.types import TrackRecord


def make_times(*seconds: float, never: tuple[float, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": LIVE,
            "seconds": [*seconds, *never],
            "is_diagnosed": [True] * len(seconds) + [False] * len(never),
        }
    )


@pytest.mark.parametrize(("k", "n"), [(0, 5), (5, 5), (431, 442), (1, 1)])
def test_the_interval_of_a_rate_is_wilsons(k, n):
    seen = wilson(k, n)
    assert (seen.low, seen.high) == pytest.approx(proportion_confint(k, n, method="wilson"))
    assert seen.ratio == k / n


@pytest.mark.parametrize(("k", "n"), [(0, 0), (3, 2), (math.nan, 5), (1, math.nan)])
def test_a_rate_of_nothing_is_not_known(k, n):
    assert math.isnan(wilson(k, n).ratio)


def test_what_is_never_diagnosed_is_not_left_out():
    curve = curve_of(make_times(10, 20, 30, never=(1000, 1000, 1000)))
    assert curve.within(25).ratio == pytest.approx(2 / 6)
    assert curve.within(1e6).ratio == pytest.approx(3 / 6)
    assert curve.within(5).ratio == 0
    assert (curve.n, curve.n_diagnosed) == (6, 3)


def test_what_was_watched_for_a_shorter_time_counts_until_then():
    """By hand: 1 of 4 at 10 s, then one leaves, then 1 of the 2 left at 30 s."""
    curve = curve_of(make_times(10, 30, never=(20, 100)))
    assert curve.within(30).ratio == pytest.approx(1 - 3 / 4 * 1 / 2)


def test_half_may_never_be_diagnosed():
    assert curve_of(make_times(10, 20, never=(99, 99))).median_seconds == 20
    assert math.isnan(curve_of(make_times(10, never=(99, 99))).median_seconds)
    assert math.isnan(curve_of(make_times(never=(99,))).median_seconds)


def test_the_interval_holds_the_part_also_at_its_ends():
    curve = curve_of(make_times(10, 20, 30))
    for seconds in (5, 15, 25, 60):
        part = curve.within(seconds)
        assert 0 <= part.low <= part.ratio <= part.high <= 1
        assert part.high > part.low


def test_solves_are_diagnosed_where_somebody_is_named_and_nobody_said_no():
    states = ("diagnosed", "waits for review", "fix failed", "fix verified",
              "rejected", "nobody named", "no regression")  # fmt: skip
    solves = make_solves(7).assign(state=states, is_right=np.nan)
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["is_diagnosed"].tolist() == [True] * 4 + [False] * 2
    waited = [(UNTIL - at).total_seconds() for at in solves["at"][4:6]]
    assert times["seconds"].tolist() == pytest.approx([*solves["seconds"][:4], *waited])


def test_what_is_known_to_be_wrong_is_no_diagnosis():
    solves = make_solves(3).assign(state=["diagnosed", "diagnosed", "nobody named"])
    solves = solves.assign(is_right=[False, True, True])
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["is_diagnosed"].tolist() == [False, True, True]


@pytest.mark.parametrize(
    "column",
    [[True, False, None], pd.array([True, False, pd.NA], "boolean"), [1.0, 0.0, np.nan]],
    ids=["objects", "nullable", "floats"],
)
def test_truth_may_be_told_in_any_kind_of_column(column):
    solves = make_solves(3, ("nobody named",)).assign(is_right=column)
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["is_diagnosed"].tolist() == [True, False, False]


def test_answers_are_those_of_a_variant_each_case_once_as_it_was_last():
    answers = make_answers(2).assign(is_right=[True, False])
    again = answers.assign(at=answers["at"] + pd.Timedelta(days=1), seconds=5.0, is_right=True)
    others = answers.assign(variant="no skills")
    live = answers.assign(is_live=True)
    record = make_record(answers=pd.concat([again, answers, others, live]))
    times = times_to_diagnosis(record, "skills")
    times = times[times["group"] == EVALUATED]
    assert times["seconds"].tolist() == [5.0, 5.0]
    assert times["is_diagnosed"].all()


def test_nothing_gives_no_times():
    assert times_to_diagnosis(TrackRecord(SINCE, UNTIL, "")).empty


def test_times_that_are_not_known_are_left_out():
    solves = make_solves(2, ("diagnosed",)).assign(seconds=[np.nan, 7.0])
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["seconds"].tolist() == [7.0]
