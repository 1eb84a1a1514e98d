from pathlib import Path

import pytest
import skills_ref

from workbench.agent import Skill, load_skill, load_skills, make_model
from workbench.agent.nodes import select_skill
from workbench.agent.playbook import Reply, ReportDiagnosis
from workbench.agent.tools import TOOLS
from workbench.errors import SkillError

FOLDER = Path(__file__).parents[2] / "skills"
SKILLS = {skill.name: skill for skill in load_skills(FOLDER)}
PLAYBOOK = "def relevance(facts):\n    return 0.0\n\n\ndef investigate(facts):\n    yield\n"
GOOD = '---\nname: s\ndescription: "Use when: it is slow."\n---\nBody.\n'

each_skill = pytest.mark.parametrize("skill", SKILLS.values(), ids=SKILLS.keys())


@pytest.fixture
def make_skill(tmp_path):
    """SKILL.md, playbook (None: none) -> a skill folder."""

    def make(text: str, playbook: str | None = PLAYBOOK, name: str = "s") -> Path:
        folder = tmp_path / name
        (folder / "scripts").mkdir(parents=True)
        (folder / "SKILL.md").write_text(text, encoding="utf-8")
        if playbook is not None:
            (folder / "scripts" / "playbook.py").write_text(playbook)
        return folder

    return make


def test_the_skills_are_these():
    assert list(SKILLS) == ["cost-outside-the-diff", "extra-work-in-hot-path", "lost-cache"]
    assert [skill.name for skill in load_skills()] == list(SKILLS)


@each_skill
def test_a_skill_is_accepted_by_the_reference_validator(skill):
    assert skills_ref.validate(skill.folder) == []


@each_skill
def test_a_skill_says_when_to_use_it_and_names_real_tools(skill):
    assert skill.description.startswith("Use when ")
    assert len(skill.body.splitlines()) < 500
    assert skill.allowed_tools <= {tool.__name__ for tool in TOOLS}
    assert all(f"`{name}`" not in skill.body for name in ("get_diff", "list_changes"))
    assert "Stop when" in skill.body


@each_skill
def test_a_playbook_asks_for_nothing_that_its_skill_does_not_allow(skill):
    """Fed with replies that say nothing, with errors, and with a plain accusation."""
    for replies in ({}, {"error": True}, ACCUSING):
        asked, report = play(skill, replies)
        assert set(asked) <= skill.allowed_tools
        assert len(asked) <= 6
        assert bool(report.change_id) == (replies is ACCUSING)
        assert report.summary


ROW = {"function": "pkg.m:f", "before": 1.0, "after": 9.0}
ACCUSING = {
    "rank_changes": {
        "n_candidates": 3,
        "suspects": [{"change_id": "c" * 12, "probability": 0.8, "functions": ["pkg.m:f"]}],
    },
    "get_change": {"change_id": "c" * 12, "diff": "-    memo = {}\n+    for x in y:\n"},
    "diff_profile": {
        "unit": "ms", "function": ROW, "callers": [], "callees": [ROW],
        "own_time": [ROW | {"function": "re:_compile"}],
    },
    "search_code": {"lines": [{"path": "pkg/m.py", "line": 3, "text": "f()"}], "more": False},
}  # fmt: skip


def play(skill: Skill, replies: dict) -> tuple[list[str], ReportDiagnosis]:
    """Run a playbook over canned replies; return the tools it asked for, and its report."""
    playbook = skill.investigate({"regression_id": "R-1"})
    asked = []
    reply = None
    while True:
        try:
            wanted = playbook.send(reply)
        except StopIteration as end:
            return asked, end.value
        asked.append(wanted.tool)
        reply = Reply(replies.get(wanted.tool, {}))
        reply.call_id = f"call-{len(asked)}"
        reply.error = "it went wrong" if "error" in replies else ""


@each_skill
def test_a_playbook_cites_calls_that_it_made(skill):
    asked, report = play(skill, ACCUSING)
    assert {item.call_id for item in report.evidence} <= {
        f"call-{n}" for n in range(1, len(asked) + 1)
    }
    assert len(report.evidence) >= 3
    assert report.mitigation in {"revert", "restore_cache", "hoist"}


def test_a_suspect_without_functions_is_called_by_its_title():
    """A flag or a setting has none where no code is known to read it."""
    flag = {"change_id": "FLG-1", "title": "Turn it on", "probability": 0.8, "functions": []}
    ranked = {"n_candidates": 3, "suspects": [flag]}
    seen = {**ACCUSING["diff_profile"], "function": None}
    for skill in SKILLS.values():
        _, report = play(skill, ACCUSING | {"rank_changes": ranked, "diff_profile": seen})
        assert report.change_id == "FLG-1"
        assert report.functions == []
        assert "Turn it on" in report.summary


def test_a_thin_share_accuses_nobody():
    thin = {"rank_changes": {"n_candidates": 3, "suspects": [
        {"change_id": "c" * 12, "probability": 0.1, "functions": ["pkg.m:f"]}]}}  # fmt: skip
    for skill in SKILLS.values():
        _, report = play(skill, thin)
        assert report.change_id == ""
        assert "a probability of 10%" in report.summary


def test_nobody_is_accused_where_none_is_more_probable():
    ranked = ACCUSING["rank_changes"] | {"none_of_these": 0.9}
    for skill in SKILLS.values():
        asked, report = play(skill, {"rank_changes": ranked})
        assert report.change_id == ""
        assert "none of the known changes with one of 90%" in report.summary
        assert asked[-1] == "rank_changes"


SUSPECT = {"functions": ["pkg.m:f"]}
OUTSIDE = {"function": "copy:deepcopy", "before": 1.0, "after": 9.0}
FACTS = {
    "nothing known": ({}, "extra-work-in-hot-path"),
    "own time of the package": ({"suspect": SUSPECT, "grew": [ROW]}, "extra-work-in-hot-path"),
    "library time": ({"suspect": SUSPECT, "grew": [OUTSIDE]}, "cost-outside-the-diff"),
    "library time, no suspect": ({"grew": [OUTSIDE]}, "extra-work-in-hot-path"),
    "library time went down": (
        {"suspect": SUSPECT, "grew": [ROW, OUTSIDE | {"after": 0.1}]},
        "extra-work-in-hot-path",
    ),
    "a cache removed": (
        {"suspect": SUSPECT, "grew": [ROW], "removed": ["@lru_cache"]},
        "lost-cache",
    ),
    "a cache removed, library time": (
        {"suspect": SUSPECT, "grew": [OUTSIDE], "removed": ["    self._memo = {}"], "added": []},
        "lost-cache",
    ),
    "a cache moved": (
        {"suspect": SUSPECT, "grew": [ROW], "removed": ["@cache"], "added": ["@cache"]},
        "extra-work-in-hot-path",
    ),
    "a cache added": (
        {"suspect": SUSPECT, "grew": [ROW], "added": ["@cache"]},
        "extra-work-in-hot-path",
    ),
}


@pytest.mark.parametrize(("facts", "wanted"), FACTS.values(), ids=FACTS)
def test_the_facts_choose_the_skill(facts, wanted):
    assert all(0 <= skill.relevance(facts) <= 1 for skill in SKILLS.values())
    node = select_skill(make_model("playbook", SKILLS), SKILLS)
    update = node({"facts": {"regression_id": "R-1"} | facts})
    assert update["skill"] == wanted
    assert SKILLS[wanted].body.split("\n")[0] in update["messages"][0].content


def test_a_sound_skill_is_read(make_skill):
    folder = make_skill(GOOD)
    skill = load_skill(folder)
    assert (skill.name, skill.description, skill.body) == ("s", "Use when: it is slow.", "Body.")
    assert skill.allowed_tools is None
    assert sorted(p.name for p in folder.rglob("*")) == ["SKILL.md", "playbook.py", "scripts"]


BAD_HEADS = {
    "no front matter": ("# A skill\n", "front matter between two lines of ---"),
    "front matter not closed": ("---\nname: s\ndescription: d\n", "front matter between"),
    "empty front matter": ("---\n\n---\n", "front matter"),
    "a list": ("---\n- name\n---\n", "front matter"),
    "unquoted colon": ("---\nname: s\ndescription: a: b\n---\n", "not YAML (quote colons)"),
    "unknown key": ("---\nname: s\ndescription: d\nversion: 1\n---\n", "version: Extra"),
    "no name": ("---\ndescription: d\n---\n", "name: Field required"),
    "no description": ("---\nname: s\n---\n", "description: Field required"),
    "empty description": ('---\nname: s\ndescription: ""\n---\n', "description: "),
    "long description": (f"---\nname: s\ndescription: {'d' * 1025}\n---\n", "description: "),
    "a number": ("---\nname: s\ndescription: 3\n---\n", "description: "),
    "capital name": ("---\nname: S\ndescription: d\n---\n", "name: "),
    "long name": (f"---\nname: {'s' * 65}\ndescription: d\n---\n", "name: "),
    "another name": ("---\nname: other\ndescription: d\n---\n", "name 'other' is not that of"),
    "metadata of no strings": (
        "---\nname: s\ndescription: d\nmetadata:\n  version: 1.0\n---\n",
        "metadata.version: ",
    ),
    "a list of tools": (
        "---\nname: s\ndescription: d\nallowed-tools: [get_change]\n---\n",
        "allowed-tools: ",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), BAD_HEADS.values(), ids=BAD_HEADS)
def test_a_bad_head_is_named_by_file_and_field(make_skill, text, complaint):
    folder = make_skill(text)
    with pytest.raises(SkillError) as caught:
        load_skill(folder)
    assert str(caught.value).startswith(str(folder / "SKILL.md"))
    assert complaint in str(caught.value)


BAD_PLAYBOOKS = {
    "missing": (None, "found no such file"),
    "empty": ("", "expected a function relevance(facts)"),
    "half": ("def relevance(facts):\n    return 0\n", "expected a function investigate(facts)"),
    "a value": ("relevance = 1\ninvestigate = 2\n", "expected a function relevance(facts)"),
    "does not parse": ("def relevance(:\n", "SyntaxError"),
    "does not run": ("import no_such_module_anywhere\n", "ModuleNotFoundError"),
}


@pytest.mark.parametrize(("playbook", "complaint"), BAD_PLAYBOOKS.values(), ids=BAD_PLAYBOOKS)
def test_a_bad_playbook_is_named_by_its_file(make_skill, playbook, complaint):
    folder = make_skill(GOOD, playbook)
    with pytest.raises(SkillError) as caught:
        load_skill(folder)
    assert str(caught.value).startswith(str(folder / "scripts" / "playbook.py"))
    assert complaint in str(caught.value)


def test_a_skill_that_is_not_text_is_named(make_skill):
    folder = make_skill(GOOD)
    (folder / "SKILL.md").write_bytes(b"---\nname: s\n\xff\n---\n")
    with pytest.raises(SkillError, match=r"SKILL\.md: expected UTF-8"):
        load_skill(folder)


def test_lines_may_end_as_on_windows(make_skill):
    folder = make_skill(GOOD)
    (folder / "SKILL.md").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert load_skill(folder).name == "s"


def test_a_folder_without_skills_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SkillError, match="expected skills"):
            load_skills(folder)
    with pytest.raises(SkillError, match=r"SKILL\.md: expected"):
        load_skill(tmp_path)


def test_the_hash_follows_every_file(make_skill):
    folder = make_skill(GOOD)
    seen = [load_skill(folder).content_hash]
    (folder / "references").mkdir()
    (folder / "references" / "more.md").write_text("More.\n")
    seen.append(load_skill(folder).content_hash)
    (folder / "references" / "more.md").write_text("Even more.\n")
    seen.append(load_skill(folder).content_hash)
    (folder / "references" / "more.md").rename(folder / "more.md")
    seen.append(load_skill(folder).content_hash)
    assert len(set(seen)) == 4
    assert load_skill(folder).content_hash == seen[-1]
