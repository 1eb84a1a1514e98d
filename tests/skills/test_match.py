from types import SimpleNamespace

import pytest

from workbench.agent.skills import load_skills, match_skills
from workbench.agent.skills.questions import TriggerQuestion, read_trigger_questions
from workbench.errors import SkillError

SKILLS = load_skills()


def made(name: str, *asked: str, near: tuple[str, ...] = (), description: str = "", side="defense"):
    told = [(query, True) for query in asked] + [(query, False) for query in near]
    questions = tuple(TriggerQuestion(query=q, should_trigger=so) for q, so in told)
    return SimpleNamespace(
        name=name, description=description or name, questions=questions, side=side
    )


LOCK = made(
    "lock", "threads wait for one mutex", "throughput halved, workers blocked on a lock",
    "contention in Registry.lock since the release", "spinning on a lock takes 9 % of CPU",
    near=("my account is locked", "how do I solve a conflict in a lock file"),
)  # fmt: skip
TRACE = made(
    "exceptions", "Throwable.fillInStackTrace is 9 % of CPU", "we throw for every missing key",
    "raise and catch in the inner loop", "traceback objects at the top of the profile",
    near=("an exception is shown to the user", "where are stack traces kept"),
)  # fmt: skip
BOTH = [LOCK, TRACE]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("all threads are blocked, they wait for the registry's mutex", ["lock"]),
        ("fill_in_stack_trace 12 % of cpu", ["exceptions"]),
        ("CPU in fillInStackTrace, 3 %", ["exceptions"]),
        ("customer's account is locked since yesterday", []),
        ("conflict in the lock file", []),
        ("what is for lunch", []),
        ("", []),
        ("  \n", []),
    ],
)
def test_a_question_finds_the_skill_of_questions_like_it(question, wanted):
    assert match_skills(question, BOTH) == wanted
    assert match_skills(question, BOTH[::-1]) == wanted


def test_a_question_may_ask_for_two_skills():
    told = "we throw for every missing key, and threads wait for one mutex"
    assert sorted(match_skills(told, BOTH)) == ["exceptions", "lock"]


def test_a_second_skill_is_not_for_savings_where_the_first_is_for_regressions():
    told = "we throw for every missing key, and threads wait for one mutex"
    first, second = match_skills(told, BOTH)
    by_name = {skill.name: skill for skill in BOTH}
    saving = {
        name: SimpleNamespace(**vars(one) | {"side": "offense"}) for name, one in by_name.items()
    }
    assert match_skills(told, [by_name[first], saving[second]]) == [first]
    assert match_skills(told, [saving[first], by_name[second]]) == [first, second]
    assert match_skills(told, saving.values()) == [first, second]


def test_a_question_of_two_skills_is_learned_for_both():
    shared = "the traceback is written while a lock is held"
    skills = [
        made(skill.name, shared, *(q.query for q in skill.questions if q.should_trigger))
        for skill in BOTH
    ]
    assert sorted(match_skills(shared, skills)) == ["exceptions", "lock"]


def test_a_skill_without_questions_is_found_by_what_it_says():
    plain = made("regex", description="Use when patterns are compiled. Not for lunch menus.")
    assert match_skills("patterns are compiled in each call", [*BOTH, plain]) == ["regex"]
    assert match_skills("patterns are compiled", [plain]) == ["regex"]
    assert match_skills("lunch menus", [plain]) == []
    assert match_skills("patterns are compiled", []) == []


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


def test_no_skill_tells_a_question_twice():
    for skill in SKILLS:
        queries = [question.query for question in skill.questions]
        assert len(queries) == len({*queries})


def test_a_near_miss_that_another_skill_is_for_is_that_skills():
    told = LOCK.questions[0].query
    other = made("other", "patterns are compiled in each call", near=(told,))
    assert match_skills(told, [LOCK, other]) == ["lock"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", r"\$: Invalid JSON"),
        ('{"query": "x"}', r"\$: Input should be a valid array"),
        ('[{"query": "x"}]', r"\$\.0\.should_trigger: Field required"),
        ('[{"query": "", "should_trigger": true}]', r"\$\.0\.query: String should have"),
        ('[{"query": "x", "should_trigger": true, "y": 1}]', r"\$\.0\.y: Extra inputs"),
    ],
)
def test_a_file_of_questions_that_is_none_is_said(tmp_path, text, fault):
    assert read_trigger_questions(tmp_path) == ()
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "triggers.json").write_text(text)
    with pytest.raises(SkillError, match=rf"triggers\.json: {fault}"):
        read_trigger_questions(tmp_path)
