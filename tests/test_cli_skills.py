"""The commands about skills, as a person calls them."""

import json
import sqlite3

import pytest
from click.testing import CliRunner

from workbench.cli import cli
from workbench.errors import WorkbenchError


def workbench(*words):
    """Run a command; (exit code, standard output), and errors of ours as they are raised."""
    done = CliRunner().invoke(cli, [str(word) for word in words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_skills_are_listed_with_when_to_use_them():
    code, out = workbench("skills", "list")
    assert code == 0
    assert "lost-cache" in out
    rows = json.loads(workbench("skills", "list", "--json")[1])
    assert {row["name"] for row in rows} >= {"lost-cache", "regex-cost"}
    assert all(row["description"] in out.replace("\n", " ") or row["folder"] for row in rows)


def test_a_skill_is_shown_with_what_is_in_its_folder():
    code, out = workbench("skills", "show", "regex-cost")
    assert code == 0
    assert "# Regular expressions" in out
    assert "playbook.py" in out
    assert "def signs" not in out
    assert "def signs" in workbench("skills", "show", "regex-cost", "--playbook")[1]
    with pytest.raises(WorkbenchError, match="no skill 'nonsense'; there are allocation-and-gc"):
        workbench("skills", "show", "nonsense")


def test_a_new_skill_is_valid_and_is_not_made_twice(tmp_path):
    assert workbench("skills", "new", "slow-handshake", "--in", tmp_path)[0] == 0
    assert workbench("skills", "validate", tmp_path / "slow-handshake") == (
        0, "1 skill, nothing wrong\n")  # fmt: skip
    assert workbench("skills", "validate", tmp_path) == (0, "1 skill, nothing wrong\n")
    with pytest.raises(WorkbenchError, match="is there already"):
        workbench("skills", "new", "slow-handshake", "--in", tmp_path)
    for name in ("Slow", "a b", "../x", "", "x" * 65):
        with pytest.raises(WorkbenchError, match="expected lowercase words"):
            workbench("skills", "new", name, "--in", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slow-handshake"]


FAULTS = {
    "an unknown tool": (
        "allowed-tools: rank_changes",
        "allowed-tools: run_shell",
        "no tool run_shell",
    ),
    "no category": ("  category:", "  other:", "metadata: expected category"),
    "another mitigation": ("mitigation: revert", "mitigation: pray", "'pray' is none of revert"),
    "another name": ("name: mine", "name: yours", "name 'yours' is not that of its folder"),
}


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_a_skill_is_said(tmp_path, old, new, fault):
    workbench("skills", "new", "mine", "--in", tmp_path)
    path = tmp_path / "mine" / "SKILL.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    code, out = workbench("skills", "validate", tmp_path)
    assert code == 1
    assert fault in out


PLAYBOOKS = {
    "no generator": ("def relevance(f):\n    return 0\ndef investigate(f):\n    return 1\n", "a generator"),
    "a fit of another kind": (
        "def relevance(f):\n    return 'x'\ndef investigate(f):\n    yield\n", "a number from 0 to 1"),
    "one that raises": (
        "def relevance(f):\n    return f['x']\ndef investigate(f):\n    yield\n", "KeyError: 'x'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), PLAYBOOKS.values(), ids=PLAYBOOKS)
def test_what_is_wrong_with_a_playbook_is_said(tmp_path, text, fault):
    workbench("skills", "new", "mine", "--in", tmp_path)
    (tmp_path / "mine" / "scripts" / "playbook.py").write_text(text)
    code, out = workbench("skills", "validate", tmp_path / "mine")
    assert code == 1
    assert fault in out


def test_a_question_names_its_skill_or_none():
    code, out = workbench("skills", "match", "CPU in re._compile went 2% -> 9% since the release")
    assert code == 0
    assert out.startswith("regex-cost: ")
    assert (
        "no skill" in workbench("skills", "match", "how do I write a regex for e-mail addresses")[1]
    )


def test_what_is_no_file_of_investigations_is_left_alone(tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE runs (id TEXT)")
    before = other.read_bytes()
    with pytest.raises(WorkbenchError, match="expected a file of investigations: it has runs"):
        workbench("resume", "one", "--state", other)
    assert other.read_bytes() == before


def test_a_list_may_be_data(tmp_path):
    assert workbench("resume", "--json", "--state", tmp_path / "none.db") == (0, "[]\n")


def test_what_is_kept_is_listed(tmp_path):
    assert "is not there" in workbench("resume", "--state", tmp_path / "none.db")[1]
    with pytest.raises(WorkbenchError, match="expected a file of investigations, found none"):
        workbench("resume", "one", "--state", tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


WRONG = {
    "a review of nothing": ["--approve"],
    "two reviews": ["one", "--approve", "--reject", "no"],
    "a review and a step": ["one", "--approve", "--step", "3"],
    "a review and steps": ["one", "--approve", "--steps"],
    "a skill without a step": ["one", "--skill", "x"],
    "somebody without a word": ["one", "--by", "ada"],
    "an edit of no value": ["one", "--edit", "category"],
    "two words for one field": ["one", "--edit", "category=a", "--edit", "category=b"],
    "a budget with a review": ["one", "--approve", "--max-calls", "3"],
    "a budget of nothing": ["--max-calls", "3"],
    "a step below none": ["one", "--step", "-1"],
}


@pytest.mark.parametrize("words", WRONG.values(), ids=WRONG)
def test_a_wrong_way_to_resume_is_said(tmp_path, words):
    code, out = workbench("resume", *words, "--state", tmp_path / "x.db")
    assert code == 2
    assert "Error: " in out
