import json
import shutil
from pathlib import Path

import pytest

from workbench.agent import load_skill
from workbench.agent.skills import find_faults, skills_folder
from workbench.errors import CaseError, SkillError
from workbench.evaluate.cases import demo_case
from workbench.history import Repository
from workbench.studio import open_studio

WAIT_S = 120
FEED = Path(__file__).parents[1] / "datasets" / "feed"
CULPRIT = "Whoever loads cards owns them"
BLIND = '''"""Sees nothing."""

from workbench.agent.playbook import mechanism


def relevance(facts):
    """Never."""
    return 0.0


def signs(suspect, scene):
    """None."""
    return []


_, investigate = mechanism(signs, category="x", mitigation="revert", tell=lambda suspect: "")
'''


@pytest.fixture
def skill(tmp_path):
    """A skill that comes along, as a folder of the user's own."""
    return Path(shutil.copytree(skills_folder() / "regex-cost", tmp_path / "mine" / "regex-cost"))


def edit_head(studio, before, after):
    head = studio.files["SKILL.md"]
    assert before in head
    studio.edit("SKILL.md", head.replace(before, after, 1))


def test_a_skill_opens_by_name_with_its_files():
    studio = open_studio("regex-cost")
    assert next(iter(studio.files)) == "SKILL.md"
    assert "scripts/playbook.py" in studio.files
    assert studio.check().wait(WAIT_S) == []


def test_a_folder_opens_as_it_is_and_what_is_no_text_is_left_out(skill):
    (skill / "references" / "picture.png").write_bytes(b"\x89PNG\0")
    (skill / "scripts" / "__pycache__").mkdir()
    (skill / "scripts" / "__pycache__" / "playbook.pyc").write_bytes(b"x")
    assert {*open_studio(skill).files} == {
        "SKILL.md", "evals/triggers.json", "references/engines.md", "scripts/playbook.py",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["regex-cots", "Regex", "no/such/folder"])
def test_a_skill_that_there_is_not_is_told(name):
    with pytest.raises(SkillError, match="regex-cost" if name == "regex-cots" else "no SKILL.md"):
        open_studio(name)


def test_a_broken_skill_can_be_opened_to_be_mended(skill):
    (skill / "SKILL.md").write_text("nothing", encoding="utf-8")
    (fault,) = open_studio(skill).check().wait(WAIT_S)
    assert fault["path"] == "SKILL.md"
    assert "front matter" in fault["message"]


@pytest.mark.parametrize(
    ("path", "before", "after", "line", "words"),
    [
        ("SKILL.md", "mitigation: precompile", "mitigation: hope", 7, "'hope' is none of"),
        ("SKILL.md", "rank_changes", "rank_guesses", 8, "no tool rank_guesses"),
        (
            "SKILL.md",
            "license:",
            "licence:",
            4,
            "licence: expected keys among name, description, license",
        ),
        ("SKILL.md", 'description: "', 'description: a: "', 3, "not YAML"),
        ("SKILL.md", "name: regex-cost", "name: Regex", 2, "pattern"),
        ("scripts/playbook.py", "def signs(", "def signs((", 28, "SyntaxError"),
        ("evals/triggers.json", "[", "{", 2, "Invalid JSON"),
    ],
)
def test_a_fault_has_its_file_and_line(path, before, after, line, words):
    studio = open_studio("regex-cost")
    assert before in studio.files[path]
    studio.edit(path, studio.files[path].replace(before, after, 1))
    (fault,) = studio.check().wait(WAIT_S)
    assert (fault["path"], fault["line"]) == (path, line), fault
    assert words in fault["message"]
    assert "/" not in fault["message"].replace("evals/", "")


def test_a_variant_is_kept_with_its_name_and_what_is_no_text(skill, tmp_path):
    (skill / "references" / "picture.png").write_bytes(b"\x89PNG\0")
    studio = open_studio(skill, folder=tmp_path / "kept")
    edit_head(studio, "Three faults", "Four faults")
    place = Path(studio.save_as("regex-two").wait(WAIT_S))
    assert place == tmp_path / "kept" / "regex-two"
    assert find_faults(place) == []
    assert (load_skill(place).name, load_skill(place).body.count("Four faults")) == ("regex-two", 1)
    assert (place / "references" / "picture.png").read_bytes() == b"\x89PNG\0"
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["regex-two"]
    assert load_skill(skill).body.count("Four faults") == 0


def test_nothing_that_is_there_is_replaced(skill, tmp_path):
    kept = tmp_path / "kept"
    studio = open_studio(skill, folder=kept)
    edit_head(studio, "Three faults", "Four faults")
    (kept / "made-meanwhile").mkdir(parents=True)
    with pytest.raises(SkillError, match="made-meanwhile: is there already"):
        studio.save_as("made-meanwhile").wait(WAIT_S)
    later = open_studio(skill, folder=kept)
    assert later.variants == ["made-meanwhile"]
    edit_head(later, "Three faults", "Four faults")
    with pytest.raises(SkillError, match="is there already"):
        later.save_as("made-meanwhile", replace=True)
    assert [*(kept / "made-meanwhile").iterdir()] == []


def test_variants_go_beside_the_notebook_unless_told_otherwise(skill, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    studio = open_studio(skill)
    edit_head(studio, "Three faults", "Four faults")
    assert studio.save_as("mine-two").wait(WAIT_S) == str(tmp_path / "skills" / "mine-two")


def test_edited_code_runs_when_it_is_checked_and_not_while_it_is_edited(skill, tmp_path):
    mark = tmp_path / "ran"
    studio = open_studio(skill)
    playbook = studio.files["scripts/playbook.py"]
    studio.edit("scripts/playbook.py", f"open({str(mark)!r}, 'w').close()\n{playbook}")
    studio.still()
    assert not mark.exists()
    studio.check().wait(WAIT_S)
    assert mark.exists()
    assert "scripts/playbook.py" in studio._told["notice"]


def test_a_folder_without_cases_is_told(tmp_path):
    with pytest.raises(CaseError, match=r"expected a case \(case.json\), or cases in it"):
        open_studio("regex-cost", cases=tmp_path)


def test_cases_of_one_name_are_told_apart(tmp_path):
    for place in ("one/case", "two/case", "two/other"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "case.json").write_text("{}", encoding="utf-8")
    studio = open_studio("regex-cost", cases=[tmp_path / "one", tmp_path / "two"])
    assert studio.cases == ["one/case", "two/case", "other"]


def test_a_case_that_cannot_be_opened_is_a_row_that_says_why(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "case.json").write_text("{}", encoding="utf-8")
    results = open_studio("regex-cost", cases=tmp_path).try_cases(["bad"]).wait(WAIT_S)
    assert results.loc[0, "verdict_after"] == "failed"
    assert "$.id" in results.loc[0, "note"]


@pytest.mark.slow
def test_a_variant_that_sees_nothing_is_told_from_the_original_on_a_real_case(tmp_path):
    case = demo_case(FEED, tmp_path / "demo")
    told = json.loads((case / "case.json").read_text(encoding="utf-8"))
    commits = Repository(case / "repo").commits(told["base"], told["head"])
    (culprit,) = [commit.id for commit in commits if commit.title == CULPRIT]
    truth = {
        "case": "demo", "kind": "regression", "regressed": True, "change_index": 10,
        "culprit_functions": [], "culprit_commits": [culprit], "n_candidates": 6,
        "category": "deep_copy", "cause": "",
    }  # fmt: skip
    (tmp_path / "demo.truth.json").write_text(json.dumps(truth), encoding="utf-8")
    studio = open_studio("deep-copies", cases=case)
    studio.edit("scripts/playbook.py", BLIND)
    (row,) = studio.try_cases(["demo"]).wait(WAIT_S).to_dict("records")
    assert (row["verdict_before"], row["skill_before"]) == ("right", "deep-copies")
    assert row["skill_after"] != "deep-copies"
    assert row["cause_before"] == f"{culprit[:12]} {CULPRIT}" == row["truth"]
    assert row["steps_before"] > 5
    broken = BLIND.replace("return 0.0", "return facts['no such fact'] if facts else 0.0")
    studio.edit("scripts/playbook.py", broken)
    (row,) = studio.try_cases(["demo"]).wait(WAIT_S).to_dict("records")
    assert (row["verdict_before"], row["verdict_after"]) == ("right", "failed")
    assert "KeyError" in row["note"]
