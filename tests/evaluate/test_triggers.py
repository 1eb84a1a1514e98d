from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from workbench.agent import load_skills, match_skills
from workbench.agent.skills.load import SIDES
from workbench.errors import ParseError
from workbench.evaluate.triggers import Question, measure, read_questions

FOLDER = Path(__file__).parents[2] / "datasets" / "triggers"


def test_pairs_of_question_and_skill_are_counted():
    asked = [Question("a", frozenset({"x"})), Question("b", frozenset({"x", "y"})),
             Question("c", frozenset()), Question("d", frozenset())]  # fmt: skip
    found = {"a": ["x"], "b": ["y", "z"], "c": [], "d": ["x"]}
    counted, wrong = measure(asked, found.__getitem__)
    assert (counted.n_right, counted.n_found, counted.n_wanted) == (2, 4, 3)
    assert (counted.precision, counted.recall) == (0.5, pytest.approx(2 / 3))
    assert (counted.n_false_alarms, counted.n_others) == (1, 2)
    assert [question.text for question, _ in wrong] == ["b", "d"]


HELD_OUT = {"first": 100, "second": 160}
"""Questions of two writers that no skill was learned from."""


@pytest.mark.parametrize(("name", "n"), HELD_OUT.items())
def test_the_questions_name_skills_there_are_and_some_are_of_another_kind(name, n):
    known = {skill.name for skill in load_skills(side="defense")}
    questions = read_questions(FOLDER / f"{name}.json")
    assert len(questions) == n
    assert {skill for question in questions for skill in question.skills} == known
    assert sum(not question.skills for question in questions) > 20


@pytest.mark.parametrize("side", SIDES)
def test_what_is_held_out_is_held_out(side):
    skills = load_skills(side=side)
    learned = sorted({question.query for skill in skills for question in skill.questions})
    told = [q.text for name in HELD_OUT for q in read_questions(FOLDER / f"{name}.json")]
    assert len(learned) > 1000
    assert len(told) == len({*told})
    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"[a-z]+|\d+").fit([*learned, *told])
    alike = words.transform(learned) @ words.transform(told).T
    assert alike.max() < 0.6  # not even in other words


def test_what_is_no_list_of_questions_is_named(tmp_path):
    for text in ("{", "[1]", '[{"query": "x"}]', '{"query": "x"}'):
        (tmp_path / "q.json").write_text(text)
        with pytest.raises(ParseError, match=r"q\.json: expected a list of query and skills"):
            read_questions(tmp_path / "q.json")


def test_nine_in_ten_questions_that_nothing_was_learned_from_find_their_skill():
    skills = load_skills()
    questions = [q for name in HELD_OUT for q in read_questions(FOLDER / f"{name}.json")]
    counted, _ = measure(questions, lambda text: match_skills(text, skills))
    assert counted.precision >= 0.9
    assert counted.recall >= 0.9
    assert counted.n_false_alarms <= 3
