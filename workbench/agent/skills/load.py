"""Skills: folders in the Agent Skills format, with a playbook for the model-free default."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.agent.playbook import Playbook
from workbench.agent.skills.questions import TriggerQuestion, read_trigger_questions
from workbench.agent.tools import TOOL_NAMES
from workbench.errors import SkillError

SIDES = ("defense", "offense")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


class FrontMatter(BaseModel):
    """The head of a SKILL.md."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    description: str = Field(min_length=1, max_length=1024)
    license: str = ""
    compatibility: str = Field(default="", max_length=500)
    metadata: dict[str, str] = Field(default_factory=dict)
    allowed_tools: str = Field(default="", alias="allowed-tools")


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill, read and validated."""

    name: str
    description: str
    body: str = field(repr=False)
    folder: Path
    content_hash: str
    """Over every file of the folder."""
    relevance: Callable[[dict[str, Any]], float] = field(repr=False)
    """Facts of a regression -> how well the skill fits, 0 to 1."""
    investigate: Callable[[dict[str, Any]], Playbook] = field(repr=False)
    allowed_tools: frozenset[str] | None = None
    """None: all."""
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`category` and `mitigation`; `side`, where that is not defense."""
    questions: tuple[TriggerQuestion, ...] = field(default=(), repr=False)
    """What people ask that it is for, and what only sounds so."""

    @property
    def side(self) -> str:
        """Whether it explains regressions, or mends opportunities: one of `SIDES`."""
        return self.metadata.get("side", "defense")

    def allows(self, tool: str) -> bool:
        """Tell whether a tool may be called under this skill.

        An edit may be proposed under any: whoever proposes it, it is verified alike.
        """
        is_listed = self.allowed_tools is None or tool in self.allowed_tools
        return tool in TOOL_NAMES and (is_listed or tool == "propose_edit")


def skills_folder() -> Path:
    """Return the skills that come along: of the installed package, else of the checkout."""
    package = Path(__file__).parents[2]
    for folder in (package / "_skills", package.parent / "skills"):
        if any(folder.glob("*/SKILL.md")):
            return folder
    raise SkillError(f"{package}: expected skills inside or beside the package, found none")


def skill_folders(folder: Path | None = None) -> list[Path]:
    """Return where the skills of a folder are, by name; SkillError where there are none."""
    folder = folder or skills_folder()
    found = sorted(path.parent for path in folder.glob("*/SKILL.md"))
    if not found:
        raise SkillError(f"{folder}: expected skills (folders with a SKILL.md), found none")
    return found


def load_skills(folder: Path | None = None, side: str = "") -> list[Skill]:
    """Read every skill of a folder, by name; or those of one of `SIDES`.

    SkillError for the first that is not valid, or where none is of that side.
    """
    skills = [load_skill(path) for path in skill_folders(folder)]
    found = [skill for skill in skills if side in ("", skill.side)]
    if not found:
        raise SkillError(
            f"{folder or skills_folder()}: expected skills of {side}, found those of "
            f"{', '.join(sorted({skill.side for skill in skills}))} alone"
        )
    return found


def read_skill_text(folder: Path) -> tuple[FrontMatter, str]:
    """Read the head and the body of a skill's SKILL.md; nothing of it is run."""
    path = folder / "SKILL.md"
    if not path.is_file():
        raise SkillError(f"{path}: expected a skill, found no such file")
    try:
        match = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise SkillError(f"{path}: expected UTF-8: {error}") from error
    if not match:
        raise SkillError(f"{path}: expected front matter between two lines of ---")
    try:
        head = FrontMatter.model_validate(yaml.safe_load(match[1]))
    except yaml.YAMLError as error:
        raise SkillError(f"{path}: front matter is not YAML (quote colons): {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"])) or "front matter"
        known = ", ".join(f.alias or n for n, f in FrontMatter.model_fields.items())
        is_extra = fault["type"] == "extra_forbidden"
        told = f"expected keys among {known}" if is_extra else fault["msg"]
        raise SkillError(f"{path}: {place}: {told}") from error
    if head.name != folder.name:
        raise SkillError(f"{path}: name {head.name!r} is not that of its folder {folder.name!r}")
    return head, match[2].strip()


def load_skill(folder: Path) -> Skill:
    """Read one skill; its playbook is trusted code and is run."""
    head, body = read_skill_text(folder)
    playbook = _load_playbook(folder / "scripts" / "playbook.py", head.name)
    return Skill(
        name=head.name, description=head.description, body=body, folder=folder,
        content_hash=_hash_files(folder), relevance=playbook.relevance,
        investigate=playbook.investigate,
        allowed_tools=frozenset(head.allowed_tools.split()) if head.allowed_tools else None,
        metadata=head.metadata, questions=read_trigger_questions(folder),
    )  # fmt: skip


def _load_playbook(path: Path, name: str) -> ModuleType:
    if not path.is_file():
        raise SkillError(f"{path}: expected the skill's playbook, found no such file")
    spec = importlib.util.spec_from_file_location(f"_playbook_{name.replace('-', '_')}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    keep, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # leave skill folders clean
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the author's code raises
        raise SkillError(f"{path}: {type(error).__name__}: {error}") from error
    finally:
        sys.dont_write_bytecode = keep
    for wanted in ("relevance", "investigate"):
        if not callable(getattr(module, wanted, None)):
            raise SkillError(f"{path}: expected a function {wanted}(facts), found none")
    return module


def _hash_files(folder: Path) -> str:
    digest = blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in name.parts:
            content = path.read_bytes()
            digest.update(os.fsencode(name.as_posix()) + b"\0%d\0" % len(content) + content)
    return digest.hexdigest()
