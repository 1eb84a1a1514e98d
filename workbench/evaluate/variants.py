"""What is compared: skills in a folder, at a revision where one is told, and two floors beside."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workbench.agent import Run, Skill, load_skills, make_model
from workbench.errors import HistoryError, SkillError, WorkbenchError
from workbench.evaluate.answers import Answer
from workbench.evaluate.attribution import trivially
from workbench.evaluate.bank import OpenedCase
from workbench.evaluate.bank.case import hash_of
from workbench.history import run_git
from workbench.measures import NO_SKILLS, TRIVIAL
from workbench.types import Step

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Variant:
    """A set of skills under a name, with what it is made of."""

    name: str
    folder: Path | None
    """None for a floor."""
    revision: str = ""
    """Of the repository that the folder is in; empty for the folder as it is."""

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Read `NAME=FOLDER` or `NAME=FOLDER@REVISION`."""
        name, sign, place = text.partition("=")
        if not sign or not _NAME.fullmatch(name) or not place:
            raise WorkbenchError(
                f"variant: expected NAME=FOLDER or NAME=FOLDER@REVISION, got {text!r}"
            )
        folder, _, revision = place.rpartition("@")
        if not folder or Path(place).exists():  # of a folder that has the sign in its name
            return cls(name, Path(place))
        return cls(name, Path(folder), revision)

    def commit(self) -> str:
        """Return the commit that its skills are of, `-dirty` where they differ; empty for none."""
        assert self.folder is not None, "a floor has no skills"
        try:
            found = run_git(self.folder, "rev-parse", self.revision or "HEAD").strip()
            changed = not self.revision and run_git(self.folder, "status", "--porcelain", "--", ".")
        except (HistoryError, OSError):
            return ""
        return f"{found}-dirty" if changed else found

    def fetched(self, scratch: Path) -> Path:
        """Return the folder of its skills, as it was at its revision."""
        assert self.folder is not None, "a floor has no skills"
        if not self.revision:
            return self.folder
        top = Path(run_git(self.folder, "rev-parse", "--show-toplevel").strip())
        inside = self.folder.resolve().relative_to(top.resolve()).as_posix()
        place = scratch / self.name
        for path in run_git(top, "ls-tree", "-r", "--name-only", self.revision, "--", inside).split(
            "\n"
        ):
            if path:
                target = place / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(run_git(top, "show", f"{self.revision}:{path}"), encoding="utf-8")
        if not (place / inside).is_dir():
            raise SkillError(f"{self.folder}: expected skills at {self.revision}, found none")
        return place / inside


class Solver(Protocol):
    """Answers cases."""

    name: str
    content_hash: str

    def answer(self, opened: OpenedCase) -> Answer:
        """Answer one case; what fails is an answer that says so."""


class SkilledSolver:
    """The agent, under a set of skills and a model."""

    def __init__(
        self, name: str, folder: Path, model: str, price: tuple[float, float] | None = None
    ) -> None:
        self.name, self._price = name, price
        self._skills: Mapping[str, Skill] = {
            skill.name: skill for skill in load_skills(folder, "defense")
        }
        self.content_hash = hash_of(f"{s.name} {s.content_hash}" for s in self._skills.values())
        self._model = make_model(model, self._skills)

    def answer(self, opened: OpenedCase) -> Answer:
        """Investigate one case."""
        assert opened.regression is not None
        steps = list[Step]()
        began, began_cpu = time.perf_counter(), time.process_time()

        def spent() -> dict[str, float]:
            return {
                "seconds": time.perf_counter() - began, "cpu_s": time.process_time() - began_cpu
            }  # fmt: skip

        run: Run | None = None
        try:
            run = Run.in_memory(opened.evidence, self._model, self._skills)
            run.begin({}, opened.regression.id, on_step=steps.append)
            found = run.trajectory()
        except WorkbenchError as error:
            used = {} if run is None else run.spent
            return Answer.failed(str(error), steps, used, spent(), self._price)
        return Answer.of(found, self._skills, spent(), self._price)


class NoSkills:
    """A floor: the first of the ranking, where it is likelier than not."""

    name, content_hash = NO_SKILLS, hash_of([NO_SKILLS, str(_ENOUGH)])

    def answer(self, opened: OpenedCase) -> Answer:
        """Answer one case."""
        assert opened.regression is not None
        began = time.perf_counter()
        ranking = opened.evidence.ranking(opened.regression.id)
        suspects = ranking.suspects[:3]
        is_sure = bool(suspects) and suspects[0].probability > _ENOUGH
        first = suspects[0] if is_sure else None
        return Answer(
            first.change.id if first else "", tuple(one.change.id for one in suspects),
            first.functions if first else (),
            confidence=first.probability if first else ranking.none_probability,
            spent={"seconds": time.perf_counter() - began},
        )  # fmt: skip


class TrivialRule:
    """A floor: who touched what grew, nearest in time, with the largest difference."""

    name, content_hash = TRIVIAL, hash_of([TRIVIAL])

    def answer(self, opened: OpenedCase) -> Answer:
        """Answer one case."""
        found = opened.regression
        assert found is not None
        began = time.perf_counter()
        ranked = trivially(opened.evidence.candidates(found.id), found, {found.subject})
        first = ranked[0] if ranked else None
        return Answer(
            first.id if first else "", tuple(change.id for change in ranked[:3]),
            tuple(function.subject for function in first.functions[:1]) if first else (),
            confidence=1.0 / max(len(ranked), 1),
            spent={"seconds": time.perf_counter() - began},
        )  # fmt: skip
