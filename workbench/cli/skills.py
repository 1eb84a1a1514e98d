"""The commands about skills."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import print_rows, printable

if TYPE_CHECKING:
    from workbench.agent import Skill

_FOLDER = click.Path(path_type=Path)
_SKILLS = click.option(
    "--skills", type=_FOLDER, help="Folder of skills. [default: those that come along]"
)


@click.group()
def skills() -> None:
    """Skills: what senior engineers know, one folder each."""


@skills.command("list")
@_SKILLS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_skills(skills: Path | None, as_json: bool) -> None:
    """List the skills there are, with when to use each."""
    from workbench.agent import load_skills

    found = load_skills(skills)
    if as_json:
        click.echo(json.dumps([_to_json(skill) for skill in found], indent=1))
        return
    rows = [
        [s.name, s.side, s.metadata.get("mitigation", ""), printable(s.description)] for s in found
    ]
    print_rows(
        f"{len(found)} skill{'s' * (len(found) != 1)}",
        ["skill", "side", "mitigation", "when to use it"],
        rows,
    )


def _to_json(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "description": skill.description,
        "metadata": dict(skill.metadata),
        "allowed_tools": None if skill.allowed_tools is None else sorted(skill.allowed_tools),
        "folder": str(skill.folder),
        "content_hash": skill.content_hash,
    }


@skills.command()
@click.argument("name")
@_SKILLS
@click.option("--playbook", is_flag=True, help="Show its playbook too.")
def show(name: str, skills: Path | None, playbook: bool) -> None:
    """Show a skill as it is read: what to do, and what else is in its folder."""
    from workbench.agent.skills import read_skill_text, skill_folders
    from workbench.errors import SkillError

    folders = {folder.name: folder for folder in skill_folders(skills)}
    if name not in folders:
        raise SkillError(f"no skill {name[:80]!r}; there are {', '.join(folders)}")
    folder = folders[name]
    head, body = read_skill_text(folder)
    click.echo(f"{head.description}\n\n{body}\n")
    others = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_source(path)]
    click.echo("\n".join(str(path) for path in others))
    if playbook:
        click.echo(f"\n{(folder / 'scripts' / 'playbook.py').read_text(encoding='utf-8')}")


def _is_source(path: Path) -> bool:
    return "__pycache__" not in path.parts


@skills.command()
@click.argument("folders", type=_FOLDER, nargs=-1)
def validate(folders: tuple[Path, ...]) -> None:
    """Say what is wrong with skills; all that come along where no FOLDERS are named.

    A folder is a skill, or holds skills. Their playbooks are run: name folders that you trust.
    """
    from workbench.agent.skills import find_faults, skill_folders

    found = [
        skill
        for folder in folders or (None,)
        for skill in ([folder] if folder and _is_one(folder) else skill_folders(folder))
    ]
    faults = [fault for skill in found for fault in find_faults(skill)]
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    click.echo(f"{len(found)} skill{'s' * (len(found) > 1)}, nothing wrong")


def _is_one(folder: Path) -> bool:
    """Tell whether a folder is meant as a skill rather than as a folder of them."""
    return (folder / "SKILL.md").exists() or not any(folder.glob("*/SKILL.md"))


@skills.command()
@click.argument("name")
@click.option("--in", "parent", type=_FOLDER, default=Path("skills"), show_default=True,
              help="Folder to make it in.")  # fmt: skip
def new(name: str, parent: Path) -> None:
    """Make the folder of a new skill, to be filled in."""
    from workbench.agent.skills import new_skill

    folder = new_skill(name, parent)
    click.echo(f"{folder}: fill in SKILL.md, scripts/playbook.py and evals/triggers.json, then")
    click.echo(f"workbench skills validate {folder}")


@skills.command()
@click.argument("question")
@_SKILLS
def match(question: str, skills: Path | None) -> None:
    """Say which skills a QUESTION asks for; none where it is of another kind."""
    from workbench.agent import load_skills, match_skills

    found = load_skills(skills)
    names = match_skills(question, found)
    known = {skill.name: skill for skill in found}
    for name in names:
        click.echo(f"{name}: {printable(known[name].description)}")
    if not names:
        click.echo("no skill is for this: it is another job, or too little is said")
