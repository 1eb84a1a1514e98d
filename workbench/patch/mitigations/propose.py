"""Fixes forward for the functions that are to blame: the rest of the change stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from workbench.errors import PatchError
from workbench.history import Repository
from workbench.patch.mitigations.hoist import hoist_invariant
from workbench.patch.mitigations.restore_cache import restore_cache
from workbench.types import Diagnosis, Function, Patch, Suspect


class Site(NamedTuple):
    """A function that is to blame, in the file as it was and as it is."""

    function: Function
    before: str | None
    """Text of the file before the regression; None where it was not there, or nobody asks."""
    after: str


class Mitigation(NamedTuple):
    """A named edit."""

    summary: str
    """What it does, with a place for the name of the function."""
    edit: Callable[[Site], str | None]
    """Site -> the whole new text of the file; None where its conditions do not hold."""


MITIGATIONS: Mapping[str, Mitigation] = {
    "restore_cache": Mitigation(
        "Restore the cache of {}",
        lambda site: (
            None
            if site.before is None
            else restore_cache(site.before, site.after, site.function.name)
        ),
    ),
    "hoist": Mitigation(
        "Hoist work out of a loop in {}",
        lambda site: hoist_invariant(site.after, site.function.name),
    ),
}
"""By the name that a diagnosis gives them."""


def propose(
    repository: Repository, base: str, head: str, diagnosis: Diagnosis, suspects: Sequence[Suspect]
) -> Iterator[Patch]:
    """Yield fixes forward for the functions that are to blame, the named mitigation first."""
    named = {f.subject: f for suspect in suspects for f in suspect.change.functions}
    blamed = [named[subject] for subject in diagnosis.functions if subject in named]
    for strategy in sorted(MITIGATIONS, key=lambda name: name != diagnosis.mitigation):
        for function in blamed:
            after = repository.find(function.file, head)
            if after is None:
                continue
            site = Site(function, repository.find(function.file, base), after)
            text = _edit(MITIGATIONS[strategy], site)
            if text is not None and text != after:
                summary = f"{MITIGATIONS[strategy].summary.format(function.name)}"
                yield Patch(strategy, f"{summary} in {function.file}", {function.file: text})


def _edit(mitigation: Mitigation, site: Site) -> str | None:
    try:
        return mitigation.edit(site)
    except PatchError:  # the function is not in this revision, or the file does not parse
        return None
