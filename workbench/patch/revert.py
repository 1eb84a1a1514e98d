"""Revert the smallest set of hunks that restores the speed and keeps the output.

Hunks depend on each other. New definitions are left in place, since taking them away speeds nothing
up and breaks whoever else uses them; what is taken back is the code that calls them. The search
begins with the most suspicious commits, lets what breaks (a name that is gone, a call that no longer
fits) say what else must go back, and once a set works makes it small by delta debugging (A. Zeller
and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002), within
a number of runs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from workbench.history import MODULE, Delta, FileWeave, function_spans, line_functions
from workbench.patch.check import missing_names, syntax_fault
from workbench.types import Patch

Unit = TypeVar("Unit")
ENOUGH = 0.85
"""Part of the lost speed that a trial must give back; more than a fix needs, for the noise."""
_MAX_REPAIRS = 12
_QUOTED_NAME = re.compile(r"'([A-Za-z_][\w.]*)'|([\w.]+)\(\)")
_DEFINITION = re.compile(
    r"\s*(?:async\s+)?(?:def|class)\s+(\w+)"
    r"|\s*(?:self\.|cls\.)?(\w+)\s*(?::[^=]+)?=(?!=)"
    r"|\s*(?:from\s+[\w.]+\s+)?import\s+(.+)"
)
_WORD = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run of an edit showed."""

    restored: float | None
    """Part of the lost speed that came back; None where it failed or changed the output."""
    complaint: str = ""


class BudgetSpentError(Exception):
    """The search has used up its runs; the best set so far stands."""


class HunkMap:
    """What each hunk defines, uses and stands in."""

    def __init__(self, weaves: Mapping[str, FileWeave]) -> None:
        self.of_commit: dict[str, list[Delta]] = defaultdict(list)
        self.users: dict[str, set[Delta]] = defaultdict(set)
        """Name -> hunks whose added lines mention it."""
        self.removers: dict[str, set[Delta]] = defaultdict(set)
        """Name -> hunks whose removed lines define it."""
        self.functions: dict[Delta, set[str]] = defaultdict(set)
        """Functions that a hunk touched, by bare name."""
        self.new: dict[Delta, set[str]] = defaultdict(set)
        """Names that a hunk defines and that were not defined in its file before."""
        self.additions: set[Delta] = set()
        """Hunks that only add new definitions, imports or constants."""
        for weave in weaves.values():
            for delta in weave.deltas:
                self.of_commit[delta.commit].append(delta)
            self._map_words(weave)
            self._map_functions(weave)

    def _map_words(self, weave: FileWeave) -> None:
        before = {name for line in weave.lines if not line.added for name in _defined(line.text)}
        for line in weave.lines:
            if line.added:
                for word in _WORD.findall(line.text):
                    self.users[word].add(line.added)
                self.new[line.added] |= set(_defined(line.text)) - before
            if line.removed:
                for name in _defined(line.text):
                    self.removers[name].add(line.removed)
        if weave.deleted_by:
            self.removers[_stem(weave.path)].add(weave.deleted_by)

    def _map_functions(self, weave: FileWeave) -> None:
        base = "".join(line.text for line in weave.lines if line.added is None)
        names = {"base": line_functions(base), "head": line_functions(weave.text() or "")}
        known = {span.name for span in function_spans(base)}
        only_adds = set(weave.deltas)
        for delta, side, line in weave.touched():
            name = names[side][line]
            if name:
                self.functions[delta].add(name.rsplit(".", 1)[-1])
            if name and (side == "base" or (name != MODULE and name in known)):
                only_adds.discard(delta)
        self.additions |= only_adds


class RevertSearch:
    """Search over sets of hunks to take back.

    Parameters
    ----------
    weaves : mapping of path to FileWeave
        The history between the good and the bad revision.
    run : callable
        Files -> Trial; runs the workload.
    hot : collection of str
        Bare names of the functions that the workload runs.
    others : mapping of path to text
        The Python files that no commit touched.
    budget : int
        Most runs.
    """

    def __init__(
        self, weaves: Mapping[str, FileWeave], run: Callable[[Mapping[str, str | None]], Trial],
        hot: Collection[str], others: Mapping[str, str], budget: int = 40,
    ) -> None:  # fmt: skip
        self.weaves, self.run, self.hot, self.others = weaves, run, hot, others
        self.budget, self.n_runs = budget, 0
        self._map = HunkMap(weaves)
        self._seen: dict[frozenset[Delta], Trial] = {}
        self._modules = {_dotted(p) for p in (*weaves, *others) if p.endswith(".py")}

    def smallest(self, ranked: Sequence[str]) -> frozenset[Delta] | None:
        """Return the smallest set of hunks found; None where nothing restores the speed.

        Parameters
        ----------
        ranked : sequence of str
            Commits, most suspicious first; those that no one suspects may be left out.
        """
        try:
            found = self._first(ranked)
            if found is None:
                return None
            return frozenset(ddmin(sorted(found), lambda chosen: self._works(frozenset(chosen))))
        except BudgetSpentError:
            working = [chosen for chosen, trial in self._seen.items() if _is_good(trial)]
            return min(working, key=len, default=None)

    def files(self, deltas: Collection[Delta]) -> dict[str, str | None]:
        """Return the texts of the files in which leaving out these hunks makes a difference."""
        touched = {delta.path for delta in deltas}
        texts = {path: self.weaves[path].text(deltas) for path in sorted(touched)}
        return {path: text for path, text in texts.items() if text != self.weaves[path].text()}

    def patch(self, deltas: Collection[Delta], title: str) -> Patch:
        """Return the reversal of these hunks as a patch."""
        commits = tuple(sorted({delta.commit for delta in deltas}))
        return Patch("revert", title, self.files(deltas), commits)

    def _first(self, ranked: Sequence[str]) -> frozenset[Delta] | None:
        """Widen the set until one works: suspects, whatever is hot, everything."""
        size = 1
        while size <= len(ranked):
            if found := self._try(self._calls_into(ranked[:size])):
                return found
            size += max(1, size // 2)
        everything = {delta for deltas in self._map.of_commit.values() for delta in deltas}
        hot = {d for d in everything - self._map.additions if self._is_hot(d)}
        code = {d for d in everything if d.path.endswith(".py")}
        for chosen in (hot, everything - self._map.additions, code, everything):
            if found := self._try(frozenset(chosen)):
                return found
        return None

    def _calls_into(self, commits: Iterable[str]) -> frozenset[Delta]:
        """Return what to take back of these commits.

        Their own hunks but for new definitions; of those, the hot code that calls them.
        """
        pending = [delta for commit in commits for delta in self._map.of_commit[commit]]
        seen = set(pending)
        while pending:
            delta = pending.pop()
            if delta not in self._map.additions:
                continue
            for name in self._map.new[delta]:
                more = {d for d in self._map.users[name] if self._is_hot(d)} - seen
                pending.extend(more)
                seen |= more
        return frozenset(seen - self._map.additions)

    def _is_hot(self, delta: Delta) -> bool:
        return any(name in self.hot for name in self._map.functions[delta])

    def _try(self, deltas: frozenset[Delta]) -> frozenset[Delta] | None:
        """Take back a set and whatever else that asks for; return it where it works."""
        for _ in range(_MAX_REPAIRS):
            if not deltas:
                return None
            files = self.files(deltas)
            if fault := syntax_fault(files):
                wider = deltas | self.weaves[fault.path].near(deltas, fault.line - 1)
            elif missing := self._missing(files):
                wider = self._supply(deltas, missing)
            else:
                trial = self._trial(deltas)
                if trial.restored is not None:
                    return deltas if _is_good(trial) else None
                wider = self._supply(deltas, _names_in(trial.complaint))
            if wider == deltas:
                return None
            deltas = wider
        return None

    def _supply(self, deltas: frozenset[Delta], names: Collection[str]) -> frozenset[Delta]:
        """Bring back what defined a missing name; else take back who uses it or changed it."""
        more: set[Delta] = set()
        for name in names:
            found = self._map.removers[name] - deltas
            if not found:
                users = self._map.users[name] - self._map.additions - deltas
                found = {d for d in users if self._is_hot(d) or name in self._map.functions[d]}
            more |= found
        if more:
            return deltas | more
        kept = {d for d in deltas if not self._map.new[d] & set(names)}
        return frozenset(kept)  # nobody else can supply it: leave in place what does

    def _missing(self, files: Mapping[str, str | None]) -> set[str]:
        head = {path: self.weaves[path].text() for path in files}
        rest = {p: w.text() for p, w in self.weaves.items() if p.endswith(".py") and p not in files}
        others: dict[str, str | None] = {**rest, **self.others}
        now = missing_names(files, head, others, others.get, self._modules.__contains__)
        return now - missing_names(head, head, others, others.get, self._modules.__contains__)

    def _works(self, deltas: frozenset[Delta]) -> bool:
        return not self._missing(self.files(deltas)) and _is_good(self._trial(deltas))

    def _trial(self, deltas: frozenset[Delta]) -> Trial:
        if deltas not in self._seen:
            files = self.files(deltas)
            if fault := syntax_fault(files):
                self._seen[deltas] = Trial(None, str(fault))
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


def _is_good(trial: Trial) -> bool:
    return trial.restored is not None and trial.restored >= ENOUGH


def _defined(line: str) -> list[str]:
    """Return the names that a line of Python defines."""
    match = _DEFINITION.match(line)
    if not match:
        return []
    *single, imported = match.groups()
    return _WORD.findall(imported) if imported else [name for name in single if name]


def _names_in(complaint: str) -> set[str]:
    """Return the names that an error message is about."""
    wholes = (whole for pair in _QUOTED_NAME.findall(complaint) for whole in pair)
    return {part for whole in wholes for part in whole.split(".") if part}


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _stem(path: str) -> str:
    return _dotted(path).rsplit(".", 1)[-1]
