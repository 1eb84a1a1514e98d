import shutil

import pytest

from workbench.errors import SkillError
from workbench.evaluate.backtest import BEFORE, CHANGED, backtest_variants
from workbench.history import run_git

ME = {f"GIT_{role}_{what}": "me@example.invalid" for role in ("AUTHOR", "COMMITTER")
      for what in ("NAME", "EMAIL")}  # fmt: skip


@pytest.fixture
def skills(tmp_path):
    """Return a folder of two skills under git, and a scratch folder."""
    folder = tmp_path / "repo" / "skills"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        (folder / name / "SKILL.md").write_text(f"{name} as it was\n", encoding="utf-8")
    run_git(folder.parent, "init", "--quiet")
    run_git(folder.parent, "add", "--all")
    run_git(folder.parent, "commit", "--quiet", "--message=skills", env=ME)
    return folder


def texts(folder):
    return {path.parent.name: path.read_text() for path in folder.glob("*/SKILL.md")}


def test_a_skill_in_its_place_is_beside_what_was_committed(skills, tmp_path):
    (skills / "one" / "SKILL.md").write_text("one, better\n", encoding="utf-8")
    (skills / "two" / "SKILL.md").write_text("two, half done\n", encoding="utf-8")
    told = dict(backtest_variants(skills / "one", skills, tmp_path / "scratch"))
    assert texts(told[BEFORE]) == {"one": "one as it was\n", "two": "two as it was\n"}
    assert texts(told[CHANGED]) == {"one": "one, better\n", "two": "two as it was\n"}


def test_a_skill_from_elsewhere_takes_the_place_of_its_name_or_is_added(skills, tmp_path):
    for name in ("one", "three"):
        shutil.copytree(skills / "two", tmp_path / "mine" / name)
        told = dict(backtest_variants(tmp_path / "mine" / name, skills, tmp_path / name))
        assert texts(told[CHANGED])[name] == "two as it was\n"
        assert texts(told[BEFORE]) == {"one": "one as it was\n", "two": "two as it was\n"}


def test_what_was_before_may_be_named(skills, tmp_path):
    (skills / "one" / "SKILL.md").write_text("one, later\n", encoding="utf-8")
    run_git(skills.parent, "commit", "--all", "--quiet", "--message=later", env=ME)
    with pytest.raises(SkillError, match="one: expected a change, found none since HEAD"):
        backtest_variants(skills / "one", skills, tmp_path / "a")
    told = dict(backtest_variants(skills / "one", skills, tmp_path / "b", revision="HEAD~1"))
    assert texts(told[BEFORE])["one"] == "one as it was\n"


def test_what_is_no_skill_is_refused(skills, tmp_path):
    with pytest.raises(SkillError, match="nope: expected the folder of a skill"):
        backtest_variants(skills / "nope", skills, tmp_path / "a")
    shutil.rmtree(skills.parent / ".git")
    with pytest.raises(SkillError, match="expected skills under git, to tell what one was before"):
        backtest_variants(skills / "one", skills, tmp_path / "b")
