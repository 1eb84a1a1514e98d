"""A studio for a skill: its files to edit, real cases to try it on, a folder to keep it in."""

from __future__ import annotations

import difflib
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.agent import (
    Investigation,
    Skill,
    Trajectory,
    investigate,
    load_skill,
    load_skills,
    make_model,
)
from workbench.agent.skills import find_faults, skill_folders, skills_folder
from workbench.errors import CaseError, SkillError, WorkbenchError
from workbench.evaluate.cases import Truth, load_truth
from workbench.solver import CASE_FILE, open_case, open_investigation
from workbench.widgets import SkillStudio, Task

_HEAD = "SKILL.md"
_PLAYBOOK = "scripts/playbook.py"
_TRIGGERS = "evals/triggers.json"
_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_NAME_LINE = re.compile(r"^name:[^\n]*\n", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINE = re.compile(r".*, line (\d+)\)$|.*?\bline (\d+)", re.DOTALL)
"""As errors name it: at the end where a file is named beside it, else first."""
_MOST_BYTES = 300_000
"""A larger file is kept as it is and not edited."""
_NOTICE = f"Check, Try and Save run {_PLAYBOOK} as it stands here, as your own code: read it first."
_PLAYBOOK_MODEL = "playbook"
_LONGEST_TITLE = 60
_SHORT_ID = 12


def open_studio(
    skill: str | Path,
    *,
    cases: str | Path | Iterable[str | Path] = (),
    folder: str | Path | None = None,
    model: str = _PLAYBOOK_MODEL,
) -> SkillStudio:
    """Open a skill to edit, to check, to try beside its original, and to keep as a variant.

    Parameters
    ----------
    skill : str or Path
        Name of one that comes along, or its folder. A playbook is trusted code and is run, also
        as it was edited, when the skill is checked, tried or kept. It is tried among the skills
        that come along, in place of the one of its name.
    cases : path, or iterable of path
        Folders of cases, or folders that have such in them. Where the truth of a case lies beside
        it, answers are called right or wrong.
    folder : path, optional
        Where variants are kept, one folder each; what is there is never replaced. Default:
        `skills` in the working directory.
    model : str
        `playbook`, or `provider:model`: who investigates.

    Returns
    -------
    SkillStudio
        SkillError where there is no such skill, CaseError where a folder has no case.
    """
    source = _find_skill(skill)
    kept = Path(folder) if folder is not None else Path("skills")
    draft = _Draft(source)
    files = draft.read()
    trials = _Trials(draft, files, _find_cases(cases), model)
    return SkillStudio(
        files, name=source.name, cases=trials.cases, validate=draft.faults,
        try_on=trials.run, save=lambda files, name: draft.keep(files, kept, name),
        variants=_names_in(kept), replaces=False, notice=_NOTICE, about=_tell_model(model),
    )  # fmt: skip


def _find_skill(skill: str | Path) -> Path:
    place = Path(skill)
    if (place / _HEAD).is_file():
        return place.resolve()
    if isinstance(skill, str) and _NAME.fullmatch(skill):
        names = [path.name for path in skill_folders()]
        if skill in names:
            return skills_folder() / skill
        alike = difflib.get_close_matches(skill, names, 3) or names
        raise SkillError(f"no skill {skill!r}; there are {', '.join(alike)}")
    raise SkillError(f"{place}: expected the folder of a skill, found no {_HEAD} in it")


def _find_cases(given: str | Path | Iterable[str | Path]) -> dict[str, Path]:
    """Return case folders by name; of two that share one, the name has the folder before it."""
    places = [given] if isinstance(given, str | Path) else given
    found = [case for place in places for case in _cases_in(Path(place).resolve())]
    names = [path.name for path in found]
    return {
        path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}": path
        for path in dict.fromkeys(found)
    }


def _cases_in(place: Path) -> list[Path]:
    if (place / CASE_FILE).is_file():
        return [place]
    found = sorted(path.parent for path in place.glob(f"*/{CASE_FILE}"))
    if not found:
        found_there = "none" if place.is_dir() else "no such folder"
        raise CaseError(
            f"{place}: expected a case ({CASE_FILE}), or cases in it, found {found_there}"
        )
    return found


def _names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _tell_model(model: str) -> str:
    if model != _PLAYBOOK_MODEL:
        return f"Tried with {model}, which reads {_HEAD} and calls tools as it sees fit."
    return (
        f"Tried without a chat model: the steps are those of {_PLAYBOOK}, and the instructions in "
        f"{_HEAD} are read by nobody."
    )


@dataclass(frozen=True)
class _Draft:
    """A skill's folder, and what is written of its files after edits."""

    source: Path

    def read(self) -> dict[str, str]:
        """Return the text files by path, SKILL.md first."""
        paths = sorted(self._files(), key=lambda path: (path.as_posix() != _HEAD, path.as_posix()))
        texts = {path.as_posix(): _read_text(self.source / path) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def _files(self) -> list[Path]:
        inside = [path for path in self.source.rglob("*") if path.is_file()]
        paths = [path.relative_to(self.source) for path in inside]
        return [path for path in paths if "__pycache__" not in path.parts]

    def write(self, files: Mapping[str, str], parent: Path, name: str) -> Path:
        """Write a variant, with what is no text beside it, as the folder `name`; return it."""
        out = parent / name
        out.mkdir(parents=True)
        for path in self._files():
            if _read_text(self.source / path) is None:
                (out / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.source / path, out / path)
        for inside, text in files.items():
            place = out / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="")
        return out

    def faults(self, files: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what is wrong with the files; its playbook is run."""
        name = _name_told(files.get(_HEAD, "")) or self.source.name
        with tempfile.TemporaryDirectory() as parent:
            out = self.write(files, Path(parent).resolve(), name)
            return [_place_fault(fault, out, files) for fault in find_faults(out)]

    def keep(self, files: Mapping[str, str], folder: Path, name: str) -> str:
        """Keep the variant under a name of its own; nothing that is there is replaced."""
        target = folder.resolve() / name
        if target.exists():
            raise SkillError(f"{target}: is there already; expected a name that is not taken")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=target.parent) as parent:
            out = self.write(_named(files, name), Path(parent), name)
            faults = find_faults(out)
            if faults:
                raise SkillError("; ".join(faults).replace(f"{out}/", ""))
            out.rename(target)
        return str(target)


def _read_text(path: Path) -> str | None:
    """Return a file's text; None where it is none, or too long to edit."""
    content = path.read_bytes()
    if len(content) > _MOST_BYTES or b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _name_told(head: str) -> str:
    """Return the name in a front matter, where it can be that of a folder; else nothing."""
    front = _FRONT_MATTER.match(head)
    found = _NAME_LINE.search(front[1]) if front else None
    name = found[0].removeprefix("name:").strip().strip("\"'") if found else ""
    return name if _NAME.fullmatch(name) and len(name) <= 64 else ""


def _named(files: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the files with another name in the front matter."""
    head = files.get(_HEAD, "")
    front = _FRONT_MATTER.match(head)
    if not front:
        return dict(files)
    line = f"name: {name}\n"
    told = _NAME_LINE.sub(line, front[1], count=1)
    told = told if line in told else line + told
    return {**files, _HEAD: head[: front.start(1)] + told + head[front.end(1) :]}


def _place_fault(fault: str, out: Path, files: Mapping[str, str]) -> dict[str, Any]:
    """Return a fault with the file and the line that it is about, where these can be told."""
    where, _, words = fault.partition(": ")
    path = where.removeprefix(f"{out}/") if where.startswith(f"{out}/") else ""
    message = words if path else fault.replace(f"{out}/", "")
    if message.startswith("playbook: "):
        path = _PLAYBOOK
    elif message.startswith(f"{_TRIGGERS}: "):
        path, message = _TRIGGERS, message.removeprefix(f"{_TRIGGERS}: ")
    told = {"path": path if path in files else "", "message": message}
    return told | {"line": _line_of(message, path, files.get(path, ""))}


def _line_of(message: str, path: str, text: str) -> int:
    """Return the line that a fault names, or that has the key or function it is about; or 0."""
    if found := _LINE.match(message):
        n_above = int("front matter" in message)  # its own lines are counted from below the first
        return int(found[1] or found[2]) + n_above
    key = re.match(r"(?:playbook: )?([\w.-]+)", message)
    word = key[1].rsplit(".", 1)[-1] if key else ""
    start = {_HEAD: rf"\s*{re.escape(word)}:", _PLAYBOOK: rf".*\b{re.escape(word)}\b"}
    if not word or path not in start:
        return 0
    lines = enumerate(text.split("\n"), 1)
    return next((number for number, line in lines if re.match(start[path], line)), 0)


class _Trials:
    """The original and a variant, each tried on the same cases."""

    def __init__(
        self, draft: _Draft, original: Mapping[str, str], folders: Mapping[str, Path], model: str
    ) -> None:
        self._draft, self._files = draft, original
        self._folders, self._model = folders, model
        self._opened: dict[str, Investigation] = {}
        self._original: dict[str, dict[str, Any]] = {}
        """How the original did on the cases that it was tried on."""

    @property
    def cases(self) -> list[str]:
        """Names of the cases."""
        return [*self._folders]

    def run(
        self, files: Mapping[str, str], names: Sequence[str], task: Task
    ) -> list[dict[str, Any]]:
        """Try both on cases; a case that cannot be tried is a row that says why."""
        with tempfile.TemporaryDirectory() as parent:
            original = self._written(self._files, Path(parent) / "original")
            variant = self._written(files, Path(parent) / "variant")
            return [
                self._try(case, original, variant, _teller(task, case, number, len(names)))
                for number, case in enumerate(names)
            ]

    def _written(self, files: Mapping[str, str], parent: Path) -> Path:
        """Write files under the name of the skill, so that one takes the place of the other."""
        name = self._draft.source.name
        return self._draft.write(_named(files, name), parent, name)

    def _try(
        self, case: str, original: Path, variant: Path, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        tell("opening")
        try:
            opened = self._open(case)
            truth = load_truth(self._folders[case])
        except WorkbenchError as error:
            return {"case": case, "verdict_after": "failed", "note": str(error)}
        if case not in self._original:
            if self._model == _PLAYBOOK_MODEL:  # computes what all later ones read, at no price
                self._investigate(opened, truth, original, tell)
            self._original[case] = self._investigate(opened, truth, original, tell)
        sides = {
            "before": self._original[case],
            "after": self._investigate(opened, truth, variant, tell),
        }
        if sides["before"]["verdict"] == "failed":
            del self._original[case]  # it may do better the next time
        notes = dict.fromkeys(side["note"] for side in sides.values() if side.get("note"))
        row = {"case": case, "truth": _tell_truth(truth, opened), "note": "; ".join(notes)}
        for name, side in sides.items():
            row |= {f"{key}_{name}": value for key, value in side.items() if key != "note"}
        return row

    def _open(self, case: str) -> Investigation:
        if case not in self._opened:
            self._opened[case] = open_investigation(open_case(self._folders[case]))
        return self._opened[case]

    @cached_property
    def _others(self) -> dict[str, Skill]:
        return {skill.name: skill for skill in load_skills(side="defense")}

    def _investigate(
        self, opened: Investigation, truth: Truth | None, folder: Path, tell: Callable[[str], None]
    ) -> dict[str, Any]:
        """Return how one of the two did."""
        if not opened.detection.found:
            is_right = truth is not None and truth.is_known and not truth.regressed
            return {"verdict": "right" if is_right else "nothing regressed"}
        try:
            skill = load_skill(folder)
            skills = {**self._others, skill.name: skill}
            model = make_model(self._model, skills)
            began = time.perf_counter()
            found = investigate(
                opened, opened.detection.found[0].id, model, skills,
                on_step=lambda step: tell(step.title),
            )  # fmt: skip
        except WorkbenchError as error:
            return {"verdict": "failed", "note": str(error).replace(f"{folder}/", "")}
        return _told(found, truth, opened) | {"seconds": time.perf_counter() - began}


def _teller(task: Task, case: str, number: int, n_cases: int) -> Callable[[str], None]:
    """Return what tells a task of a step; Cancelled comes out of it where it shall end."""
    place = f"{case} ({number + 1} of {n_cases})"
    return lambda words: task.tell(f"{place}: {words}", number / n_cases)


def _told(found: Trajectory, truth: Truth | None, opened: Investigation) -> dict[str, Any]:
    """Return an answer, and whether it is right, where that is known."""
    said = found.diagnosis
    return {
        "verdict": _judge(said.change_id, truth),
        "cause": _tell_change(said.change_id, opened) if said.change_id else "",
        "skill": said.skill,
        "confidence": said.confidence,
        "steps": len(found.steps),
    }


def _judge(accused: str | None, truth: Truth | None) -> str:
    if truth is None or not truth.is_known:
        return "named" if accused else "abstained"
    if accused is None:
        return "abstained" if truth.culprit_commits else "right"
    return "right" if accused in truth.culprit_commits else "wrong"


def _tell_truth(truth: Truth | None, opened: Investigation) -> str:
    if truth is None or not truth.is_known:
        return ""
    told = ", ".join(_tell_change(change, opened) for change in truth.culprit_commits)
    return told or "no change is to blame"


def _tell_change(change: str, opened: Investigation) -> str:
    """Return a change by its short id and its title."""
    found = opened.detection.found
    suspects = opened.ranking(found[0].id).suspects if found else ()
    titles = {suspect.change.id: suspect.change.title for suspect in suspects}
    return f"{change[:_SHORT_ID]} {titles.get(change, '')[:_LONGEST_TITLE]}".strip()
