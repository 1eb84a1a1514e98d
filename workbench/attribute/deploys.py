"""When each commit began to run, and when it was rolled back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from workbench.history import Repository
from workbench.types import Change


class Deploy(NamedTuple):
    """A commit that began to run, or ceased to."""

    window: int
    """The first that ran with it; or without it again."""
    is_roll_back: bool


class Deployed(NamedTuple):
    """What the windows of a recording ran."""

    ran: tuple[str, ...]
    """(n_windows,) commit of each; where its version names none, that of the window before it."""
    commits: tuple[Change, ...]
    """Every commit on the way from one to another, without its diff."""
    deploys: dict[str, list[Deploy]]
    """Commit -> when it came and went, in the order of time; nothing of one that always ran."""


def read_deploys(repository: Repository, versions: Sequence[str]) -> Deployed:
    """Return what came and went with each version, by the repository of the code.

    A version that branched off leaves its commits behind when the next comes from elsewhere.

    Parameters
    ----------
    repository : Repository
        Of the code.
    versions : sequence of str
        (n_windows,) full id of the commit that each window ran; what is none stands for the one
        before it.
    """
    known = {*repository.resolve_all(versions).values()}
    ran = _carried(versions, known)
    if not known:
        return Deployed(ran, (), {})
    trunk = repository.trunk(ran)
    kin = {v for v in known if v in trunk or repository.are_related(v, trunk[-1])}
    if kin < known:  # nothing can be said of the way to a stranger
        ran = _carried(versions, kin)
    found = _Found(trunk)
    found.add(repository.changes(trunk[-1], since=trunk[0]))
    for window, (before, after) in enumerate(pairwise(ran), start=1):
        if before in found.place and after in found.place:
            found.move(window, found.place[before], found.place[after])
        elif before != after:
            found.note(window, found.add(repository.changes(after, since=before)))
            found.note(window, found.add(repository.changes(before, since=after)), True)
    return Deployed(ran, tuple(found.commits.values()), found.deploys)


def recorded_deploys(commits: Iterable[Change], versions: Sequence[str]) -> Deployed:
    """Return what came and went with each version, by what was recorded of commits alone.

    Parameters
    ----------
    commits : iterable of Change
        In the order in which they were made.
    versions : sequence of str
        (n_windows,) what each window ran: the id of a commit or its beginning.
    """
    told = {change.id: change for change in commits}
    named = {v: v if v in told else _begun(v, told) for v in set(versions)}
    ran = _carried([named[version] for version in versions], told)
    found = _Found(("", *told))
    found.add(told.values())
    found.deploys = {commit: [] for commit in found.trunk[1 : found.place[ran[0]] + 1]}
    for window, (before, after) in enumerate(pairwise(ran), start=1):
        found.move(window, found.place[before], found.place[after])
    return Deployed(ran, tuple(told.values()), found.deploys)


def _begun(version: str, ids: Iterable[str]) -> str:
    """Return the only id that a version of at least 7 characters begins; else nothing."""
    begun = [commit for commit in ids if len(version) >= 7 and commit.startswith(version)]
    return begun[0] if len(begun) == 1 else ""


def _carried(versions: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the last known version of each window; before any is known, the first that will be."""
    known = set(known)
    running = next((version for version in versions if version in known), "")
    ran = []
    for version in versions:
        running = version if version in known else running
        ran.append(running)
    return tuple(ran)


class _Found:
    """Commits, and when they came and went."""

    def __init__(self, trunk: Sequence[str]) -> None:
        self.trunk = trunk
        self.place = {commit: number for number, commit in enumerate(trunk)}
        self.commits: dict[str, Change] = {}
        self.deploys: dict[str, list[Deploy]] = {}

    def add(self, changes: Iterable[Change]) -> list[str]:
        """Keep changes; return their ids."""
        new = {change.id: change for change in changes}
        self.commits = new | self.commits
        return list(new)

    def move(self, window: int, before: int, after: int) -> None:
        """Note what lies between two places of the trunk."""
        first, last = sorted((before, after))
        self.note(window, self.trunk[first + 1 : last + 1], after < before)

    def note(self, window: int, commits: Iterable[str], is_roll_back: bool = False) -> None:
        """Note that commits came, or went."""
        for commit in commits:
            self.deploys.setdefault(commit, []).append(Deploy(window, is_roll_back))
