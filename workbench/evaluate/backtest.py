"""A changed skill, beside the skills without the change: two variants to be evaluated."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.errors import HistoryError, SkillError
from workbench.evaluate.variants import Variant

BEFORE, CHANGED = "before", "changed"


def backtest_variants(
    skill: Path, folder: Path, scratch: Path, *, revision: str = ""
) -> tuple[tuple[str, Path], ...]:
    """Return the skills as they were, and the same with one skill changed.

    Parameters
    ----------
    skill : Path
        Folder of the changed skill; it takes the place of the one of its name, or is added.
    folder : Path
        Of the skills that it is one of.
    scratch : Path
        Folder to put both into.
    revision : str
        Of git, at which the skills were as before. Default: the last commit, where the skill is
        one of the folder's own; else the folder as it is.

    Raises
    ------
    SkillError
        Where the skill is none, or does not differ from what there was.
    """
    if not (skill / "SKILL.md").is_file():
        raise SkillError(f"{skill}: expected the folder of a skill (SKILL.md), found none")
    is_own = skill.resolve().parent == folder.resolve()
    if not revision and is_own:
        revision = "HEAD"
    try:
        before = Variant(BEFORE, folder, revision).fetched(scratch)
    except HistoryError as error:
        raise SkillError(
            f"{folder}: expected skills under git, to tell what {skill.name} was before: {error}"
        ) from error
    kept, changed = scratch / "kept", scratch / CHANGED
    for target in (kept, changed):
        shutil.copytree(before, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(changed / skill.name, ignore_errors=True)
    shutil.copytree(skill, changed / skill.name, ignore=shutil.ignore_patterns("__pycache__"))
    if _content(kept / skill.name) == _content(changed / skill.name):
        raise SkillError(f"{skill}: expected a change, found none since {revision or 'before'}")
    return (BEFORE, kept), (CHANGED, changed)


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
