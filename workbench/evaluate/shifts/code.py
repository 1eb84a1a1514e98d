"""The repository of a case: what ran before, and commits after it that cost nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.errors import HistoryError
from workbench.evaluate.attribution import RecordedTimeline
from workbench.evaluate.shifts.drawn import Quiet
from workbench.history import Repository, run_git

_INNOCENT = ("docs", "test", "refactor", "feature", "fix")
_N_INNOCENT = 4
_WHO = {"NAME": "Ines Moreau", "EMAIL": "ines.moreau@example.invalid"}


@dataclass(slots=True, eq=False)
class Code:
    """A repository of a case's own: what ran before, and commits after it."""

    repository: Repository
    base: str
    at: str
    """When what comes after it is committed."""

    @classmethod
    def clone(cls, timeline: RecordedTimeline, quiet: Quiet, folder: Path) -> Code:
        """Check out what ran."""
        source = str(timeline.repository.folder)
        run_git(folder.parent, "clone", "--quiet", "--shared", "--no-checkout", source, folder.name)
        run_git(folder, "checkout", "--quiet", "-B", "main", quiet.version)
        at = timeline.recording.windows["at"].iloc[quiet.windows[0]]
        return cls(Repository(folder), quiet.version, at.isoformat())

    @property
    def folder(self) -> Path:
        """Where it is checked out."""
        return Path(self.repository.folder)

    def sources(self) -> list[Path]:
        """Return the files of code."""
        names = run_git(self.folder, "ls-files").splitlines()
        return [self.folder / name for name in names if name.endswith(".py")]

    def commit(self, message: str) -> None:
        """Commit all that was changed."""
        run_git(self.folder, "add", "--all")
        run_git(self.folder, "commit", "--quiet", f"--message={message}", env=self._who())

    def pick_innocent(self, timeline: RecordedTimeline, rng: np.random.Generator) -> None:
        """Take some later commits that cost nothing, those that fit."""
        names = [i.change for i in timeline.truth.innocent if i.kind in _INNOCENT]
        order = [*timeline.commits.values()]
        place = order.index(self.base)
        later = [timeline.commits[n] for n in names if n in timeline.commits]
        later = [commit for commit in later if order.index(commit) > place]
        left = _N_INNOCENT
        for index in rng.permutation(len(later)):
            if left and self._takes(later[index]):
                left -= 1

    def _who(self) -> dict[str, str]:
        told = {**_WHO, "DATE": self.at}
        return {f"GIT_{r}_{what}": told[what] for r in ("AUTHOR", "COMMITTER") for what in told}

    def _takes(self, commit: str) -> bool:
        try:
            run_git(self.folder, "cherry-pick", "--allow-empty", commit, env=self._who())
        except HistoryError:
            run_git(self.folder, "cherry-pick", "--abort")
            return False
        return True

    def rename(self, old: str, new: str) -> None:
        """Give a name to what has another, wherever it is written."""
        for path in self.sources():
            text = path.read_text(encoding="utf-8")
            if (said := re.sub(rf"(?<![\w'\"]){old}(?![\w'\"])", new, text)) != text:
                path.write_text(said, encoding="utf-8")

    def times_defined(self, name: str) -> int:
        """Return how often a name is defined: as a function, an argument, or an attribute."""
        defined = re.compile(rf"\bdef {name}\b|\b{name}\s*[:=][^=]|\bclass {name}\b")
        return sum(len(defined.findall(p.read_text(encoding="utf-8"))) for p in self.sources())

    def move(self, old: str, new: str) -> bool:
        """Move a module, paths without ending; tell whether it was there."""
        if not (self.folder / f"{old}.py").is_file():
            return False
        run_git(self.folder, "mv", f"{old}.py", f"{new}.py")
        before, after = old.replace("/", "."), new.replace("/", ".")
        package, _, module = before.rpartition(".")
        self.rename(re.escape(before), after)
        self.rename(
            rf"from {re.escape(package)} import {module}",
            f"from {package} import {after.rpartition('.')[2]} as {module}",
        )
        return True

    def split(self, file: str, name: str, inner: str, *, is_method: bool) -> bool:
        """Let a function call another that does what it did; tell whether it is written so that
        this can be done.
        """
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        found = re.search(rf"^([ ]*)def {name}\(", text, re.MULTILINE)
        if found is None or "@" in text[: found.start()].rstrip().rpartition("\n")[2]:
            return False
        indent = found[1]
        given = "self, *told, **named" if is_method else "*told, **named"
        wrapper = (
            f"{indent}def {name}({given}):\n"
            f"{indent}    return {'self.' * is_method}{inner}(*told, **named)\n\n"
            f"{'' if is_method else chr(10)}{indent}def {inner}("
        )
        said = text[: found.start()] + wrapper + text[found.end() :]
        path.write_text(said, encoding="utf-8")
        return True
