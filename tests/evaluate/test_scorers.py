from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.agent import load_skills
from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.bank.categories import KINDS, REVERTS
from workbench.evaluate.cases.timeline import load_timeline_truth
from workbench.evaluate.scorers import score
from workbench.measures import LIMIT_S, MEASURES
from workbench.types import MITIGATIONS

FEED = Path(__file__).parents[2] / "datasets" / "feed"
GUILTY = Expected(frozenset({"c1", "c2"}), frozenset({"app.db:read"}), "deep_copy", "commit")
NOBODY = Expected(category="request_mix")
RIGHT = Answer(
    "c2", ("c2", "x"), ("app.db:read",), "deep copy", "drop_copy", 0.9, 3, 1, "deep-copies",
    spent={"seconds": 4.0},
)  # fmt: skip
ABSTAINED = Answer(suspects=("x", "c1"), confidence=0.6)
WRONG = Answer("x", ("x", "y", "z"), ("app.web:get",), "lost cache", "hoist", 0.8, 1)
FAILED = Answer(failure="no answer")


def test_a_right_answer_scores_in_all():
    told = score(GUILTY, RIGHT)
    assert told == {
        "correct": 1, "top1": 1, "top3": 1, "reciprocal_rank": 1, "function": 1, "file": 1,
        "category": 1, "mitigation": 1, "false_accusation": 0, "abstention": 0, "grounded": 0.75,
        "squared_error": pytest.approx(0.01), "time_to_diagnosis": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "answer", "wanted"),
    [
        (GUILTY, ABSTAINED, {"correct": 0, "top1": 0, "top3": 1, "reciprocal_rank": 0.5,
                             "false_accusation": 0, "abstention": 1}),
        (GUILTY, WRONG, {"correct": 0, "reciprocal_rank": 0, "false_accusation": 1, "function": 0,
                         "category": 0, "mitigation": 0, "squared_error": 0.64}),
        (NOBODY, ABSTAINED, {"correct": 1, "false_accusation": 0}),
        (NOBODY, WRONG, {"correct": 0, "false_accusation": 1}),
        (GUILTY, FAILED, {"correct": 0, "false_accusation": 0, "squared_error": 1}),
        (NOBODY, FAILED, {"correct": 0}),
    ],
)  # fmt: skip
def test_answers_are_scored_by_what_is_expected(expected, answer, wanted):
    told = score(expected, answer)
    assert {name: told[name] for name in wanted} == pytest.approx(wanted)


def test_what_says_nothing_of_a_case_is_left_out():
    told = score(NOBODY, ABSTAINED)
    assert {
        "top1",
        "top3",
        "reciprocal_rank",
        "function",
        "file",
        "category",
        "mitigation",
    }.isdisjoint(told)
    assert "abstention" not in told  # it is the answer there
    assert "abstention" not in score(GUILTY, FAILED)
    assert "grounded" not in score(GUILTY, ABSTAINED)


@given(
    st.sampled_from([GUILTY, NOBODY, Expected(frozenset({"x"}))]),
    st.builds(
        Answer, change_id=st.sampled_from(["", "c1", "x"]), confidence=st.floats(0, 1),
        suspects=st.lists(st.sampled_from(["c1", "x", "y"]), unique=True).map(tuple),
        n_claims=st.integers(0, 4), n_struck=st.integers(0, 4),
        failure=st.sampled_from(["", "", "gone"]),
    ),
)  # fmt: skip
def test_scores_are_from_nothing_to_one(expected, answer):
    for name, value in score(expected, answer).items():
        assert 0 <= value <= (MEASURES[name].limit or 1)
        assert not MEASURES[name].is_rate or value in (0, 1)


def test_who_is_not_right_is_given_up_however_soon_he_answered():
    took = {"spent": {"seconds": 3.0}}
    said = [Answer("c1", **took), Answer("x", **took), Answer(**took), Answer(failure="no", **took)]
    times = [score(GUILTY, answer)["time_to_diagnosis"] for answer in said]
    assert times == [3, LIMIT_S, LIMIT_S, LIMIT_S]
    assert "time_to_diagnosis" not in score(NOBODY, Answer(**took))


def test_a_function_of_the_same_file_is_the_right_file():
    told = score(GUILTY, Answer("c1", functions=("app.db:write",)))
    assert (told["function"], told["file"]) == (0, 1)


def test_a_setting_is_not_mended_by_reverting_code():
    setting = Expected(frozenset({"f"}), category="flag_rollout", kind="flag")
    commit = Expected(frozenset({"f"}), category="lost_cache", kind="commit")
    said = [score(one, Answer("f", mitigation="revert"))["mitigation"] for one in (setting, commit)]
    assert said == [0, 1]
    assert score(setting, Answer("f", mitigation="roll_back_flag"))["mitigation"] == 1


def test_every_kind_of_the_feed_has_a_right_answer_that_a_skill_can_give():
    said = {skill.metadata.get("category") for skill in load_skills()}
    for cause in load_timeline_truth(FEED).planted:
        kind = KINDS[cause.category]
        assert kind.categories <= said
        assert kind.mitigations | REVERTS <= {*MITIGATIONS}


def test_a_skill_is_found_where_one_for_such_causes_was_consulted():
    consulted = ("cost shift", "lost cache", "deep copy")
    told = score(GUILTY, Answer(consulted=consulted))
    assert (told["skill_found"], told["skill_precision"]) == (1, 0.5)  # cost shift is no mechanism
    told = score(GUILTY, Answer(consulted=consulted[:2]))
    assert (told["skill_found"], told["skill_precision"]) == (0, 0)
    assert "skill_found" not in score(NOBODY, Answer(consulted=consulted))
    assert "skill_found" not in score(
        Expected(frozenset({"c"}), category="odd"), Answer(consulted=consulted)
    )


@pytest.mark.parametrize(
    ("expected", "fix", "hollow"),
    [
        (GUILTY, {}, None),
        (GUILTY, {"verified": 0.0, "gain_restored": 0.0}, 0),
        (GUILTY, {"verified": 1.0, "gain_restored": 0.9}, 0),
        (GUILTY, {"verified": 1.0, "gain_restored": 0.05}, 1),
        (NOBODY, {"verified": 1.0, "gain_restored": 0.9}, 1),
    ],
)
def test_a_fix_is_hollow_where_it_was_accepted_and_does_nothing(expected, fix, hollow):
    assert score(expected, Answer("c1", fix=fix)).get("fix_hollow") == hollow
