import pytest

from workbench.agent import Trajectory
from workbench.evaluate.diagnoses import DiagnosedCase, risk_at
from workbench.types import Diagnosis


def case(change_id, confidence=0.9, suspects=(), culprits=("c",)):
    diagnosis = Diagnosis("R-1", "s", change_id, confidence=confidence, suspects=suspects)
    return DiagnosedCase("x", "", frozenset(culprits), Trajectory(diagnosis, (), ()), 0.1)


def test_naming_a_culprit_is_right_and_nobody_where_there_is_none():
    assert case("c").is_right
    assert case("d", culprits=("c", "d")).is_right
    assert case(None, culprits=()).is_right
    assert not case("x").is_right
    assert not case(None).is_right
    assert not case("x", culprits=()).is_right


def test_the_place_is_that_of_the_first_culprit():
    assert case(None, suspects=("x", "c", "d"), culprits=("c", "d")).place == 2
    assert case(None, suspects=("x",)).place == 0


def test_risk_is_that_of_the_surest_answers():
    answers = [case("c", 0.9), case("c", 0.8), case("x", 0.7), case("c", 0.6), case("x", 0.1)]
    assert risk_at(0.4, answers) == 0
    assert risk_at(0.6, answers) == pytest.approx(1 / 3)
    assert risk_at(0.8, answers) == pytest.approx(1 / 4)
    assert risk_at(1.0, answers) == pytest.approx(2 / 5)
    assert risk_at(0.0, answers) == 0
