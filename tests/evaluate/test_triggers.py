from pathlib import Path

import pytest

from workbench.agent import load_skills, match_skills
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


@pytest.mark.parametrize("name", ["dev", "test"])
def test_the_questions_name_skills_there_are_and_some_are_of_another_kind(name):
    known = {skill.name for skill in load_skills()}
    questions = read_questions(FOLDER / f"{name}.json")
    assert len(questions) == 100
    assert {skill for question in questions for skill in question.skills} == known
    assert sum(not question.skills for question in questions) > 20


def test_the_questions_of_both_parts_differ():
    one, two = ({q.text for q in read_questions(FOLDER / f"{n}.json")} for n in ("dev", "test"))
    assert one.isdisjoint(two)


def test_what_is_no_list_of_questions_is_named(tmp_path):
    for text in ("{", "[1]", '[{"query": "x"}]', '{"query": "x"}'):
        (tmp_path / "q.json").write_text(text)
        with pytest.raises(ParseError, match=r"q\.json: expected a list of query and skills"):
            read_questions(tmp_path / "q.json")


def test_most_questions_that_the_phrases_were_not_written_for_find_their_skill():
    skills = load_skills()
    questions = read_questions(FOLDER / "test.json")
    counted, _ = measure(questions, lambda text: match_skills(text, skills))
    assert counted.precision >= 0.75
    assert counted.recall >= 0.65
