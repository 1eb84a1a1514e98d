"""Mend an opportunity: the edits that are known for it, each measured, and the best handed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from workbench.history import Repository
from workbench.patch.handover.letter import UNKNOWN, Stakes
from workbench.patch.handover.owners import find_owners
from workbench.patch.handover.saving_letter import saving_letter
from workbench.patch.mitigations import propose_at
from workbench.patch.verify.bench import Bench
from workbench.patch.verify.judge import MIN_SAVED
from workbench.patch.verify.sandbox import timed_runs
from workbench.patch.verify.verification import Verifier
from workbench.patch.workspace import Workspace
from workbench.types import Diagnosis, Fix, Opportunity, Patch, Workload

MOST_TRIED = 4
"""Edits of one place that are verified."""


def find_saving(
    repository: Repository, head: str, workload: Workload, folder: Path, place: Opportunity,
    diagnosis: Diagnosis, *, n_runs: int, proposed: Sequence[Patch] = (),
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Fix | None, str]:  # fmt: skip
    """Make and measure an edit that saves what a place does in vain.

    What a model proposed is tried first, then the edits that are known for the place, the one that
    the diagnosis names first, until one is verified.

    Parameters
    ----------
    repository, head
        The code, and the revision to edit.
    workload, folder
        What to run, and the folder it is relative to.
    place, diagnosis
        What is to be mended, and how.
    n_runs : int
        Interleaved runs of each tree for the verification.
    proposed : sequence of Patch
        Edits that the diagnosis came with.
    progress : callable
        Told in words what is under way.

    Returns
    -------
    (Fix or None, str)
        The first that is verified, else the one that came farthest; on no branch yet. Where there
        is none, why.
    """
    known = propose_at(repository, head, replace(place, mitigation=diagnosis.mitigation))
    best: Fix | None = None
    with timed_runs() as runs, Workspace(repository, head, head) as workspace:
        bench: Bench | None = None
        for number, patch in enumerate(islice(chain(proposed, known), MOST_TRIED), start=1):
            bench = bench or Bench.set_up(
                workload,
                folder,
                workspace,
                progress,
                n_turns=1,
                expected=max(place.saving.value, MIN_SAVED),
            )
            progress(f"trying: {patch.summary}")
            verification = Verifier(bench, progress).verify(patch, n_runs)
            fix = Fix(patch, workspace.diff(), verification, n_trials=number)
            if best is None or _came_farther(fix, best):
                best = fix
            if verification.verified:
                break
    if best is None:
        return None, f"no edit is known that mends {place.pattern} in {place.function}"
    return replace(best, run_seconds=sum(runs)), ""


def _came_farther(fix: Fix, other: Fix) -> bool:
    if fix.verification.verified != other.verification.verified:
        return fix.verification.verified
    return len(fix.verification.checks) > len(other.verification.checks)


def hand_over_saving(
    repository: Repository, head: str, fix: Fix, place: Opportunity, diagnosis: Diagnosis,
    stakes: Stakes = UNKNOWN,
) -> Fix:  # fmt: skip
    """Return a verified saving on a branch of its own, with the text of its pull request.

    The same is handed over once: done again, nothing changes. Parameters are those of
    `find_saving`, which made it.
    """
    with Workspace(repository, head, head) as workspace:
        workspace.apply(fix.patch.files)
        branch, commit = workspace.commit(fix.patch, f"workbench/saving-{place.id}")
    fix = replace(fix, branch=branch, commit=commit)
    owners = find_owners(repository, head, fix.patch.files, stakes.owner or place.owner)
    letter = saving_letter(place, diagnosis, fix, branch, owners=owners, stakes=stakes)
    return replace(fix, pull_request=letter)
