"""Revert the smallest set of hunks that restores the speed and keeps the output.

Hunks depend on each other: taking one back may need another. The search takes back the most
suspicious commits first, lets what breaks (a name that is gone, an output that differs) say what
else must go, and once a set works makes it small by delta debugging (A. Zeller and R. Hildebrandt,
"Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002), within a number of runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from workbench.history import Delta, FileWeave
from workbench.patch.check import missing_names, syntax_error
from workbench.types import Patch

Unit = TypeVar("Unit")
_NAME_IN_ERROR = re.compile(r"'([A-Za-z_][A-Za-z0-9_.]*)'|(\w+)\(\) (?:takes|got|missing)")
_DEFINES = re.compile(
    r"^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^\s*(\w+)\s*(?::[^=]+)?=(?!=)|^\s*self\.(\w+)\s*(?::[^=]+)?=(?!=)"
    r"|^\s*(?:from\s+[\w.]+\s+)?import\s+(.+)",
)
_MAX_REPAIRS = 12
ENOUGH = 0.85
"""Part of the lost speed that a trial must give back; more than a fix needs, for the noise."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run of an edit showed."""

    restored: float | None
    """Part of the lost speed that came back; None where it failed or changed the output."""
    complaint: str = ""


class BudgetSpentError(Exception):
    """The search has used up its runs; the best set so far stands."""


@dataclass(slots=True)
class RevertSearch:
    """Search over sets of hunks to leave out.

    Parameters
    ----------
    weaves : mapping of path to FileWeave
        The history between the good and the bad revision.
    run : callable
        Files -> Trial; runs the workload.
    others : sequence of str
        Paths of Python files that no commit touched.
    read : callable
        Path -> text at the head, for `others`.
    enough : float
        Part of the lost speed that must come back.
    budget : int
        Most runs.
    """

    weaves: Mapping[str, FileWeave]
    run: Callable[[Mapping[str, str | None]], Trial]
    others: Sequence[str]
    read: Callable[[str], str | None]
    enough: float = ENOUGH
    budget: int = 40
    n_runs: int = 0
    _seen: dict[frozenset[Delta], Trial] = field(default_factory=dict)
    _deltas: dict[str, list[Delta]] = field(default_factory=dict)
    _definers: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for weave in self.weaves.values():
            for delta in weave.deltas:
                self._deltas.setdefault(delta.commit, []).append(delta)
            for line in weave.lines:
                for name in _defined(line.text):
                    for delta in (line.added, line.removed):
                        if delta:
                            self._definers.setdefault(name, set()).add(delta.commit)

    def smallest(self, ranked: Sequence[str]) -> frozenset[Delta] | None:
        """Return the smallest set of hunks found; None where nothing restores the speed.

        Parameters
        ----------
        ranked : sequence of str
            Commits, most suspicious first; those that no one suspects may be left out.
        """
        found = self._first(ranked)
        if found is None:
            return None
        best = sorted(found, key=lambda commit: ranked.index(commit) if commit in ranked else 10**6)
        try:
            best = ddmin(best, lambda commits: self._works(self._of(commits)))
            deltas = [delta for commit in best for delta in self._deltas[commit]]
            return frozenset(ddmin(deltas, lambda chosen: self._works(frozenset(chosen))))
        except BudgetSpentError:
            working = [chosen for chosen, trial in self._seen.items() if self._good(trial)]
            return min(working, key=len)

    def files(self, deltas: Collection[Delta]) -> dict[str, str | None]:
        """Return the texts of the files in which leaving out these hunks makes a difference."""
        touched = {delta.path for delta in deltas}
        texts = {path: self.weaves[path].text(deltas) for path in sorted(touched)}
        return {path: text for path, text in texts.items() if text != self.weaves[path].text()}

    def patch(self, deltas: Collection[Delta], title: str) -> Patch:
        """Return the reversal of these hunks as a patch."""
        commits = tuple(dict.fromkeys(delta.commit for delta in sorted(deltas)))
        return Patch("revert", title, self.files(deltas), commits)

    def _first(self, ranked: Sequence[str]) -> set[str] | None:
        """Widen the set of commits until one works; everything is the last resort."""
        everything = [*ranked, *(c for c in self._deltas if c not in set(ranked))]
        size = 1
        try:
            while size < len(ranked):
                repaired = self._repair(set(ranked[:size]))
                if self._good(self._trial(self._of(repaired))):
                    return repaired
                size = max(size + 1, size * 3 // 2)
            for commits in (set(ranked), set(everything)):
                repaired = self._repair(commits)
                if self._good(self._trial(self._of(repaired))):
                    return repaired
        except BudgetSpentError:
            return None
        return None

    def _repair(self, commits: set[str]) -> set[str]:
        """Add the commits that define what is missing once these are left out."""
        for _ in range(_MAX_REPAIRS):
            files = self.files(self._of(commits))
            wanted = missing_names(files, self._head(files), self._untouched(files), self.read)
            if not wanted and not syntax_error(files):
                trial = self._trial(self._of(commits))
                if trial.restored is not None or not trial.complaint:
                    return commits
                wanted = _names_in(trial.complaint)
            more = {c for name in wanted for c in self._definers.get(name, ())} - commits
            if not more:
                return commits
            commits = commits | more
        return commits

    def _head(self, files: Collection[str]) -> dict[str, str | None]:
        return {path: self.weaves[path].text() for path in files}

    def _untouched(self, files: Collection[str]) -> list[str]:
        woven = [path for path in self.weaves if path.endswith(".py") and path not in files]
        return [*woven, *self.others]

    def _of(self, commits: Collection[str]) -> frozenset[Delta]:
        return frozenset(delta for commit in commits for delta in self._deltas.get(commit, ()))

    def _works(self, deltas: frozenset[Delta]) -> bool:
        if not deltas:
            return False
        files = self.files(deltas)
        if missing_names(files, self._head(files), self._untouched(files), self.read):
            return False
        return self._good(self._trial(deltas))

    def _good(self, trial: Trial) -> bool:
        return trial.restored is not None and trial.restored >= self.enough

    def _trial(self, deltas: frozenset[Delta]) -> Trial:
        if deltas not in self._seen:
            files = self.files(deltas)
            if complaint := syntax_error(files):
                self._seen[deltas] = Trial(None, complaint)
            elif self.n_runs >= self.budget:
                raise BudgetSpentError
            else:
                self.n_runs += 1
                self._seen[deltas] = self.run(files)
        return self._seen[deltas]


def ddmin(units: Sequence[Unit], works: Callable[[list[Unit]], bool]) -> list[Unit]:
    """Return a 1-minimal part of `units` that still works, given that all of them do."""
    kept, n_parts = list(units), 2
    while len(kept) > 1:
        size = -(-len(kept) // n_parts)
        parts = [kept[i : i + size] for i in range(0, len(kept), size)]
        rests = [[u for p in parts if p is not part for u in p] for part in reversed(parts)]
        smaller = next((c for c in [*parts, *rests] if len(c) < len(kept) and works(c)), None)
        if smaller is not None:
            n_parts = 2 if smaller in parts else max(n_parts - 1, 2)
            kept = smaller
        elif n_parts >= len(kept):
            break
        else:
            n_parts = min(2 * n_parts, len(kept))
    return kept


def _defined(line: str) -> list[str]:
    """Return the names that a line of Python defines."""
    match = _DEFINES.match(line)
    if not match:
        return []
    *single, imported = match.groups()
    if imported:
        return re.findall(r"\w+", imported)
    return [name for name in single if name]


def _names_in(complaint: str) -> set[str]:
    """Return the names that an error message is about."""
    pairs = _NAME_IN_ERROR.findall(complaint)
    return {part for pair in pairs for whole in pair if whole for part in whole.split(".")}
