from types import SimpleNamespace

import pytest

from workbench.agent.skills import load_skills, match_skills

SKILLS = load_skills()


def made(name: str, triggers: str, not_for: str = "") -> SimpleNamespace:
    return SimpleNamespace(
        name=name, description="", body="", metadata={"triggers": triggers, "not-for": not_for}
    )


@pytest.mark.parametrize(
    ("triggers", "question"),
    [
        ("log|logs volume; volume up", "CPU up, the volume of our logs too"),
        ("compil*", "CPU is spent compiling"),
        ("*query", "CPU of the HomeFeedQuery"),
        ("stack_trace", "CPU in Throwable.fillInStackTrace"),
        ("limit #_to_#", "CPU since the limit went 200 -> 500"),
        ("log|\n  logs volume; volume\n  up", "CPU up, more volume of logs"),
        ("up_# down_#", "f is at +4 %, g at -4 % of CPU"),
    ],
    ids=["alternatives", "ending", "beginning", "parts", "numbers", "folded", "signs"],
)
def test_a_phrase_is_held(triggers, question):
    assert match_skills(question, [made("s", triggers)]) == ["s"]


@pytest.mark.parametrize(
    ("triggers", "question"),
    [
        ("log volume", "CPU up since the login"),
        ("stack_trace", "CPU up, see the trace of the stack"),
        ("log", "where are the logs of last week"),
        ("", "CPU is up"),
    ],
    ids=["not all words", "another order", "nothing of cost", "no triggers"],
)
def test_a_phrase_is_not_held(triggers, question):
    assert match_skills(question, [made("s", triggers)]) == []


def test_a_skill_is_not_for_everything():
    skill = made("s", "lock", not_for="lock_file")
    assert match_skills("CPU up in a lock", [skill]) == ["s"]
    assert match_skills("CPU up since the lock file moved", [skill]) == []


def test_the_skill_that_holds_most_comes_first_and_one_that_is_close_second():
    skills = [
        made("c", "cpu lock"),
        made("b", "lock|threads wait for"),
        made("a", "regex*; pattern long"),
    ]
    asked = "CPU: threads wait for a lock, and the regex has a long pattern"
    assert match_skills(asked, skills) == ["a", "b"]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("copy.deepcopy of the whole config for each request, +7 % CPU", ["deep-copies"]),
        ("throughput halved, threads BLOCKED on one mutex", ["lock-contention"]),
        ("how do I upgrade my subscription", []),
        ("the copy on the landing page is wrong", []),
    ],
)
def test_the_skills_that_come_along_are_found_by_what_people_say(question, wanted):
    assert match_skills(question, SKILLS) == wanted
