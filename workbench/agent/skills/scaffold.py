"""A new skill to fill in, valid from the start."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from workbench.agent.skills.questions import PLACE
from workbench.errors import SkillError

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEMPLATES = Path(__file__).parent / "template"
_PLACES = {
    "SKILL.md": Path("SKILL.md"),
    "playbook.py": Path("scripts") / "playbook.py",
    "triggers.json": PLACE,
}


def new_skill(name: str, parent: Path) -> Path:
    """Make the folder of a new skill and return it; SkillError for a bad name, or a taken one.

    Parameters
    ----------
    name : str
        Lowercase words with hyphens between them, at most 64 characters.
    parent : Path
        Folder to make it in; made too, where it is not there.
    """
    if not _NAME.fullmatch(name) or len(name) > 64:
        raise SkillError(f"{name!r}: expected lowercase words with hyphens, at most 64 characters")
    folder = parent / name
    if folder.exists():
        raise SkillError(f"{folder}: is there already")
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(_TEMPLATES.glob("*.tmpl"))}
    for path, text in texts.items():
        place = folder / _PLACES[path.name.removesuffix(".tmpl")]
        place.parent.mkdir(parents=True, exist_ok=True)
        title = name.replace("-", " ").capitalize()
        place.write_text(Template(text).substitute(name=name, title=title), encoding="utf-8")
    return folder
