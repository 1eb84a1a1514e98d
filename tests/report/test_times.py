"""Which solves and answers have a time to diagnosis, and what is waited for."""

import numpy as np
import pandas as pd
import pytest
from lead_record import SINCE, UNTIL, make_answers, make_record, make_solves

from workbench.measures import LIMIT_S
from workbench.report.lead.times import EVALUATED, times_to_diagnosis
from workbench.types import TrackRecord


def test_solves_are_diagnosed_where_somebody_is_named_and_nobody_said_no():
    states = ("diagnosed", "waits for review", "fix failed", "fix verified",
              "rejected", "nobody named", "no regression")  # fmt: skip
    solves = make_solves(7).assign(state=states, is_right=np.nan)
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["is_diagnosed"].tolist() == [True] * 4 + [False] * 2
    waited = [min((UNTIL - at).total_seconds(), LIMIT_S) for at in solves["at"][4:6]]
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


def test_answers_are_those_of_a_variant_each_case_once_with_the_median_of_its_epochs():
    answers = make_answers(2).assign(is_right=True, seconds=5.0)
    slow, wrong = answers.assign(seconds=9.0), answers.assign(is_right=False, seconds=1.0)
    others = answers.assign(variant="no skills")
    nobody = answers.assign(case="quiet", has_culprit=False)
    record = make_record(
        answers=pd.concat([wrong, answers, slow, others, nobody], ignore_index=True)
    )
    times = times_to_diagnosis(record, "skills")
    times = times[times["group"] == EVALUATED]
    assert times["seconds"].tolist() == [9.0, 9.0]  # of 5, 9 and never
    assert times["is_diagnosed"].all()


def test_an_answer_that_is_not_right_was_given_up():
    record = make_record(answers=make_answers(2).assign(is_right=[False, True], seconds=3.0))
    times = times_to_diagnosis(record, "skills", "test")
    times = times[times["group"] == EVALUATED]
    assert times["seconds"].tolist() == [LIMIT_S, 3.0]
    assert times["is_diagnosed"].tolist() == [False, True]
    assert EVALUATED not in set(times_to_diagnosis(record, "skills", "train")["group"])


def test_nothing_gives_no_times():
    assert times_to_diagnosis(TrackRecord(SINCE, UNTIL, "")).empty


def test_times_that_are_not_known_are_left_out():
    solves = make_solves(2, ("diagnosed",)).assign(seconds=[np.nan, 7.0])
    times = times_to_diagnosis(TrackRecord(SINCE, UNTIL, "", solves=solves))
    assert times["seconds"].tolist() == [7.0]
