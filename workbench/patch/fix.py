"""Find an edit that gives the lost speed back, measure it, and hand it over on a branch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from workbench.errors import PatchError
from workbench.history import FileWeave, Repository
from workbench.patch.handover.pull_request import pull_request
from workbench.patch.mitigations.hoist import hoist_invariant
from workbench.patch.mitigations.restore_cache import restore_cache
from workbench.patch.revert.edits import Edit, EditMap
from workbench.patch.revert.search import ENOUGH, RevertSearch, Trial
from workbench.patch.verify.measure import Bench
from workbench.patch.workspace import Workspace
from workbench.types import (
    Diagnosis,
    Fix,
    Function,
    Patch,
    Regression,
    Reproduction,
    Suspect,
    Workload,
)

N_RUNS = 9
"""Interleaved runs of each tree that a verification makes."""


def reproduce(
    repository: Repository, base: str, head: str, workload: Workload, folder: Path, *,
    progress: Callable[[str], None] = lambda text: None,
) -> Reproduction:  # fmt: skip
    """Find out by running whether the workload takes longer now than it did before.

    Parameters
    ----------
    repository, base, head
        The code, and the revisions before the deploy and now.
    workload, folder
        What to run, and the case folder it is relative to.
    progress : callable
        Told in words what is under way.
    """
    with Workspace(repository, base, head) as workspace:
        progress("reproducing")
        return Bench.set_up(workload, folder, workspace).reproduce(progress)


def find_fix(
    repository: Repository, weaves: Mapping[str, FileWeave], base: str, head: str,
    workload: Workload, folder: Path, regression: Regression, diagnosis: Diagnosis,
    suspects: Sequence[Suspect], hot: Collection[Function], *, n_runs: int = N_RUNS,
    progress: Callable[[str], None] = lambda text: None,
) -> tuple[Fix | None, str]:  # fmt: skip
    """Make and measure a fix for a diagnosed regression.

    Fixes forward are tried first (the rest of the change stays): a cache that was lost is restored,
    work that does not depend on a loop is hoisted out of it. Else the smallest set of hunks is
    reverted that restores the speed and keeps the output.

    Parameters
    ----------
    repository, weaves, base, head
        The code, its history, and the revisions before the deploy and now.
    workload, folder
        What to run, and the case folder it is relative to.
    regression, diagnosis, suspects
        What is to be fixed, and who is suspected, most first.
    hot : collection of Function
        The functions that the profiles show.
    n_runs : int
        Interleaved runs of each tree for the verification.
    progress : callable
        Told in words what is under way.

    Returns
    -------
    (Fix or None, str)
        The best fix found, verified or not; on a branch of its own only when verified. Where there
        is none, why: no edit restores the speed, or the workload shows no loss to restore.
    """
    with Workspace(repository, base, head) as workspace:
        bench = Bench.set_up(workload, folder, workspace, progress)
        if not bench.has_loss:
            ratio = bench.bad_cost / bench.good_cost
            return None, f"the workload shows no loss: it takes {ratio:.2f} x its time before"
        n_trials = 0
        for patch in _forward_patches(repository, workspace, diagnosis, suspects):
            n_trials += 1
            progress(f"trying: {patch.summary}")
            restored = bench.try_files(patch.files).restored
            if restored is not None and restored >= ENOUGH:
                break
        else:
            trial = _told(bench.try_files, progress)
            search = RevertSearch(_edits(repository, weaves, workspace), trial, hot)
            edits = search.smallest([suspect.change.id for suspect in suspects])
            n_trials += search.n_runs
            if edits is None:
                return None, f"nothing that was tried gives the speed back ({n_trials} runs)"
            patch = search.patch(edits, _title(search, edits))
        verification = bench.verify(patch.files, n_runs, progress)
        diff = workspace.diff()
        fix = Fix(patch, diff, verification, n_trials=n_trials)
        if not verification.verified:
            return fix, ""
        branch, commit = workspace.commit(patch, f"workbench/fix-{regression.id}")
    text = pull_request(regression, diagnosis, suspects, fix, branch, base)
    return Fix(patch, diff, verification, branch, commit, text, n_trials), ""


def _told(
    trial: Callable[[Mapping[str, str | None], float], Trial], progress: Callable[[str], None]
) -> Callable[[Mapping[str, str | None], float], Trial]:
    """Return trials that are told of, each before it is made: who listens may end them there."""
    numbers = count(1)

    def told(files: Mapping[str, str | None], target: float) -> Trial:
        progress(f"searching the smallest set of hunks to revert: run {next(numbers)}")
        return trial(files, target)

    return told


def _forward_patches(
    repository: Repository, workspace: Workspace, diagnosis: Diagnosis, suspects: Sequence[Suspect]
) -> Iterator[Patch]:
    """Yield fixes forward for the functions that are to blame, the named mitigation first."""
    named = {f.subject: f for suspect in suspects for f in suspect.change.functions}
    blamed = [named[subject] for subject in diagnosis.functions if subject in named]
    strategies = sorted(("restore_cache", "hoist"), key=lambda s: s != diagnosis.mitigation)
    for strategy in strategies:
        for function in blamed:
            before = repository.find(function.file, workspace.base)
            after = repository.find(function.file, workspace.head)
            if before is None or after is None:
                continue
            text = _forward(strategy, before, after, function)
            if text is not None and text != after:
                verb = (
                    "Restore the cache of"
                    if strategy == "restore_cache"
                    else "Hoist work out of a loop in"
                )
                summary = f"{verb} {function.name} in {function.file}"
                yield Patch(strategy, summary, {function.file: text})


def _forward(strategy: str, before: str, after: str, function: Function) -> str | None:
    try:
        if strategy == "restore_cache":
            return restore_cache(before, after, function.name)
        return hoist_invariant(after, function.name)
    except PatchError:  # the function is not in this revision, or the file does not parse
        return None


def _edits(
    repository: Repository, weaves: Mapping[str, FileWeave], workspace: Workspace
) -> EditMap:
    """Return what differs between the good and the bad tree."""

    def texts(tree: Path, revision: str) -> dict[str, str]:
        return {
            path: (tree / path).read_bytes().decode("utf-8", "surrogateescape")
            for path in repository.files(revision)
            if path in weaves or path.endswith(".py")
        }

    base, head = texts(workspace.good, workspace.base), texts(workspace.bad, workspace.head)
    return EditMap(base, head, weaves)


def _title(search: RevertSearch, edits: Collection[Edit]) -> str:
    """Name what is taken back, two places at the most."""
    if not search.is_reviewable(frozenset(edits)):
        return f"Roll back the deploy: {len(edits)} of its {len(search.edits.commits)} edits"
    functions = {search.edits.function(edit) for edit in edits}
    places = sorted({function.name or function.file for function in functions})
    more = f" and {len(places) - 2} more" if len(places) > 2 else ""
    return f"Revert changes of {', '.join(places[:2])}{more}"
