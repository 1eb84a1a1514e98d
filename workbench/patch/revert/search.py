"""Revert the smallest set of edits that restores the speed and keeps the output.

Edits depend on each other. New definitions are left in place, since taking them away speeds
nothing up and breaks whoever else uses them; what is taken back is the code that calls them. The
search begins with the most suspicious commits, lets what breaks (a name that is gone, a call that
no longer fits) say what else must go back, and once a set works makes it small by delta debugging
(A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2),
2002), within a number of runs and seconds. A new method that nobody calls by name (`__eq__`, an
override) is no addition that may stay: what runs it was there before.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from workbench.patch.revert.check import Missing, missing_names, syntax_fault
from workbench.patch.revert.edits import Edit, EditMap
from workbench.patch.revert.shadowed import drop_shadowed_imports
from workbench.types import Function, Patch

Unit = TypeVar("Unit")
Edits = frozenset[Edit]
ENOUGH = 0.85
"""Part of the lost speed that a trial must give back; more than a fix needs, for the noise."""
WORTH_TELLING = 0.3
"""A set that gives back this part is shown, as not verified, where none gives enough."""
REVIEWABLE = 40
"""Functions that a person reviews in one sitting; to take back more is to roll back the deploy."""
_MOST = 0.7
"""A reviewable set that gives back this part goes before a roll-back that gives back all."""
_LENIENT = 0.1
"""What noise may take from a part at most, for it to be enough."""
_MAX_REPAIRS = 12
_HELPS = 0.03
"""A function that is taken back gives back at least this part of the loss."""
_SUSPECTS_SHARE = 0.5
"""Part of the runs and seconds that may go to the suspects, one after the other."""
_QUOTED_NAME = re.compile(r"'([A-Za-z_][\w.]*)'|([\w.]+)\(\)")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run of an edit showed."""

    restored: float | None
    """Part of the lost speed that came back; None where it failed or changed the output."""
    complaint: str = ""
    doubt: float = 0.0
    """How far the part may be off, by noise."""

    @property
    def is_enough(self) -> bool:
        """Whether it may well have given back `ENOUGH`: a verification will tell."""
        return self.restored is not None and self.restored + min(self.doubt, _LENIENT) >= ENOUGH


class BudgetSpentError(Exception):
    """The search has used up its runs; the best set so far stands."""


class RevertSearch:
    """Search over sets of edits to take back.

    Parameters
    ----------
    edits : EditMap
        What differs between the good and the bad revision.
    run : callable
        (files, target) -> Trial; runs the workload, again where noise may be all that keeps it
        from giving back `target`.
    hot : collection of Function
        Functions that the workload runs.
    budget, seconds : int, float
        Most runs, and for how long to go on making them.
    clock : callable
        Tells the seconds.
    """

    def __init__(
        self, edits: EditMap, run: Callable[[Mapping[str, str | None], float], Trial],
        hot: Collection[Function], budget: int = 80, seconds: float = 90.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.edits, self.run, self.hot = edits, run, hot
        self.budget, self.seconds, self.n_runs = budget, seconds, 0
        self._clock, self._began = clock, clock()
        self._seen: dict[Edits, Trial] = {}

    def smallest(self, ranked: Sequence[str]) -> Edits | None:
        """Return the smallest set of edits found; None where nothing restores the speed.

        Parameters
        ----------
        ranked : sequence of str
            Commits, most suspicious first; those that no one suspects may be left out.
        """
        try:
            if found := self._first(ranked):
                functions = ddmin(self._by_function(found), self._work)
                edits = sorted(edit for function in functions for edit in function)
                return frozenset(ddmin(edits, lambda some: self._work([frozenset(some)])))
        except BudgetSpentError:
            pass
        return self._best()

    def _best(self) -> Edits | None:
        """Return the smallest set that worked, or of those fit for review what helped most."""
        given = {chosen: trial.restored or 0.0 for chosen, trial in self._seen.items()}
        working = min((c for c, part in given.items() if part >= ENOUGH), key=len, default=None)
        fit = [chosen for chosen in given if self.is_reviewable(chosen)]
        most = max(fit, key=lambda c: given[c] - _HELPS * len(self._by_function(c)), default=None)
        part = given[most] if most else 0.0
        if working and (self.is_reviewable(working) or part < _MOST):
            return working
        return most if part >= WORTH_TELLING else None

    def wider(self, chosen: Edits) -> Edits | None:
        """Return the smallest set that was seen to give back more than one did; None for none.

        For a set that turned out not to be enough when it was measured with care.
        """
        part = (self._trial(chosen).restored or 0.0) + _HELPS
        more = [c for c, trial in self._seen.items() if (trial.restored or 0.0) >= part]
        return min(more, key=lambda c: (not self.is_reviewable(c), len(c)), default=None)

    def is_reviewable(self, chosen: Edits) -> bool:
        """Tell whether a set is of so few functions that a person would review it."""
        return len(self._by_function(chosen)) <= REVIEWABLE

    def patch(self, chosen: Edits, title: str) -> Patch:
        """Return the reversal of these edits as a patch."""
        commits = sorted({commit for edit in chosen for commit in self.edits.commits[edit]})
        strategy = "revert" if self.is_reviewable(chosen) else "roll_back"
        files = drop_shadowed_imports(self.edits.files(chosen))
        return Patch(strategy, title, files, tuple(commits))

    def _first(self, ranked: Sequence[str]) -> Edits | None:
        """Take back one suspect after the other for as long as that helps; then all that is hot,
        all that changed, everything.
        """
        chosen: Edits = frozenset()
        restored = 0.0
        for commit in ranked:
            if self._used >= _SUSPECTS_SHARE:
                break
            target = min(restored + _HELPS, ENOUGH)
            wider = self._try(chosen | self._calls_into([commit]), target)
            gained = (self._trial(wider).restored or 0.0) if wider else 0.0
            if wider and self._trial(wider).is_enough:
                return wider
            if wider and gained >= target:
                chosen, restored = wider, gained
        every = frozenset(self.edits.commits)
        changed = every - self.edits.additions
        hot = self.edits.whole(edit for edit in changed if self._is_hot(edit))
        for chosen in (hot, changed, every):
            wider = self._try(chosen, ENOUGH)
            if wider and self._trial(wider).is_enough:
                return wider
        return None

    def _calls_into(self, commits: Iterable[str]) -> Edits:
        """Return what to take back of these commits.

        Their own edits but for new definitions; of those, the hot code that calls them, and where
        none does the definition itself, if it is hot: it runs without being called by name.
        """
        pending = [edit for commit in commits for edit in self.edits.of_commit.get(commit, ())]
        seen = set(pending)
        implicit: set[Edit] = set()
        while pending:
            edit = pending.pop()
            if edit in self.edits.additions:
                users = {u for name in self.edits.new[edit] for u in self.edits.users.get(name, ())}
                more = {user for user in users if self._is_hot(user)}
                if not more and self._is_hot(edit):
                    implicit.add(edit)
                pending.extend(more - seen)
                seen |= more
        return self.edits.whole(seen - self.edits.additions) | implicit

    def _is_hot(self, edit: Edit) -> bool:
        return self.edits.function(edit) in self.hot

    def _try(self, chosen: Edits, target: float) -> Edits | None:
        """Take back a set and whatever else that asks for; return it where it runs."""
        for _ in range(_MAX_REPAIRS):
            if not chosen:
                return None
            files = self.edits.files(chosen)
            if fault := syntax_fault(files):
                wider = self.edits.whole(chosen | self.edits.of_file(fault.path))
            elif missing := self._missing(files):
                wider = self._supply(chosen, missing)
            else:
                trial = self._trial(chosen, target)
                if trial.restored is not None:
                    return chosen
                wider = self._supply(chosen, _names_in(trial.complaint))
            if wider == chosen:
                return None
            chosen = wider
        return None

    def _supply(self, chosen: Edits, names: Iterable[Missing]) -> Edits:
        """Bring back what defined a missing name, or take back the hot code that uses it.

        Where neither is left, keep in place what defines it. An empty path stands for any file.
        """
        more: set[Edit] = set()
        kept = set(chosen)
        for path, name in names:
            removers = self.edits.removers.get(name, set()) - chosen
            found = {edit for edit in removers if edit.path == (path or edit.path)}
            if not found:
                users = self.edits.users.get(name, set()) - self.edits.additions - chosen
                found = {user for user in users if self._is_hot(user)}
            if not found and path:
                kept = {edit for edit in kept if name not in self.edits.new[edit]}
            more |= found
        return self.edits.whole(kept | more)

    def _missing(self, files: Mapping[str, str | None]) -> set[Missing]:
        """Return the names that an edit would leave missing, and that neither revision misses."""
        head = self.edits.head
        others = {p: text for p, text in head.items() if p not in files and p.endswith(".py")}
        return missing_names(files, others, self.edits.modules) - self._always_missing

    @cached_property
    def _always_missing(self) -> set[Missing]:
        modules = self.edits.modules
        trees = (self.edits.base, self.edits.head)
        return {m for tree in trees for m in missing_names(tree, {}, modules)}

    def _by_function(self, chosen: Edits) -> list[Edits]:
        """Return edits by the function they are in; each of those outside of any stands alone."""
        groups: dict[object, set[Edit]] = {}
        for edit in sorted(chosen):
            function = self.edits.function(edit)
            groups.setdefault(function if function.name else edit, set()).add(edit)
        return [frozenset(group) for group in groups.values()]

    def _work(self, groups: Iterable[Edits]) -> bool:
        chosen: Edits = frozenset().union(*groups)
        return not self._missing(self.edits.files(chosen)) and self._trial(chosen).is_enough

    def _trial(self, chosen: Edits, target: float = ENOUGH) -> Trial:
        if chosen not in self._seen:
            files = self.edits.files(chosen)
            if fault := syntax_fault(files):
                self._seen[chosen] = Trial(None, str(fault))
            elif self._used >= 1:
                raise BudgetSpentError
            else:
                self.n_runs += 1
                self._seen[chosen] = self.run(files, target)
        return self._seen[chosen]

    @property
    def _used(self) -> float:
        """Part of the runs or of the seconds that is gone, whichever is more."""
        gone = (self._clock() - self._began) / self.seconds
        return max(gone, self.n_runs / self.budget if self.budget else 1.0)


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


def _names_in(complaint: str) -> set[Missing]:
    """Return the names that an error message is about."""
    wholes = (whole for pair in _QUOTED_NAME.findall(complaint) for whole in pair)
    return {Missing("", part) for whole in wholes for part in whole.split(".") if part}
