"""Find an edit that gives the lost speed back, measure it, and hand it over on a branch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from workbench.history import FileWeave, Repository
from workbench.patch.handover.letter import UNKNOWN, Stakes
from workbench.patch.handover.owners import find_owners
from workbench.patch.handover.pull_request import pull_request
from workbench.patch.mitigations import propose
from workbench.patch.revert.edits import Edit, EditMap
from workbench.patch.revert.search import RevertSearch, Trial
from workbench.patch.verify.bench import Bench
from workbench.patch.verify.sandbox import timed_runs
from workbench.patch.verify.verification import Verifier
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

N_RUNS = 5
"""Runs in turns of each tree that a verification makes, with each set of inputs."""

_MOST_WHOLE = 3
"""Commits of which a part was taken back that are tried as a whole."""
_MOST_WIDER = 2
"""Larger sets of hunks that are verified where the smallest gives back too little."""

Progress = Callable[[str], None]


def reproduce(
    repository: Repository, base: str, head: str, workload: Workload, folder: Path, *,
    progress: Progress = lambda text: None,
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
        return Bench.set_up(workload, folder, workspace, progress).reproduce(progress)


def find_fix(
    repository: Repository, weaves: Mapping[str, FileWeave], base: str, head: str,
    workload: Workload, folder: Path, regression: Regression, diagnosis: Diagnosis,
    suspects: Sequence[Suspect], hot: Collection[Function], *, n_runs: int = N_RUNS,
    proposed: Sequence[Patch] = (), is_handed_over: bool = True, stakes: Stakes = UNKNOWN,
    progress: Progress = lambda text: None,
) -> tuple[Fix | None, str]:  # fmt: skip
    """Make and measure a fix for a diagnosed regression.

    What a model proposed is tried first, then fixes forward, which leave the rest of the change:
    a cache that was lost is restored, work that does not depend on a loop is hoisted out of it.
    Else the smallest set of hunks is reverted that restores the speed and keeps the output.
    Whatever it is meets the same verification. Where the diagnosis names nobody, the loss has to be
    there beyond doubt, and the search is what finds the cause.

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
    proposed : sequence of Patch
        Edits that the diagnosis came with.
    is_handed_over : bool
        Whether a verified fix goes on a branch now; else `hand_over` does that later.
    stakes : Stakes
        Who answers for the code, and what the regression costs.
    progress : callable
        Told in words what is under way.

    Returns
    -------
    (Fix or None, str)
        The best fix found, verified or not; on a branch of its own only when verified. Where there
        is none, why: no edit restores the speed, or the workload shows no loss to restore.
    """
    with timed_runs() as runs, Workspace(repository, base, head) as workspace:
        bench = Bench.set_up(workload, folder, workspace, progress)
        is_lost = bench.has_loss if diagnosis.change_id else bench.reproduce(progress).is_real
        if not is_lost:
            ratio = bench.bad_cost / bench.good_cost
            return None, f"the workload shows no loss: it takes {ratio:.2f} x its time before"
        search = _Search(workspace, bench, Verifier(bench, progress), n_runs, progress)
        forward = propose(repository, workspace.base, workspace.head, diagnosis, suspects, hot)
        fix = search.forward(chain(proposed, forward))
        if not _is_verified(fix):
            edits = _edits(repository, weaves, workspace)
            ranked = [suspect.change.id for suspect in suspects]
            fix = search.revert(edits, hot, ranked) or fix
        parts = fix.patch.reverted if fix else ()
        whole = [diagnosis.change_id or "", *(parts if len(parts) <= _MOST_WHOLE else ())]
        for commit in dict.fromkeys(whole):
            if not _is_verified(fix):
                fix = search.revert_commit(commit, suspects) or fix
        fix = fix and replace(fix, run_seconds=sum(runs))
        if fix is None:
            return None, f"nothing that was tried gives the speed back ({search.n_trials} runs)"
    if fix.verification.verified and is_handed_over:
        fix = hand_over(repository, base, head, fix, regression, diagnosis, suspects, stakes)
    return fix, ""


def _took_too_little(fix: Fix) -> bool:
    """Whether it fails by what it gains, or by an output that more of the change may set right."""
    failed = {check.name for check in fix.verification.checks if check.passed is False}
    return bool(failed & {"gain", "held-out gain", "same output"})


def _is_verified(fix: Fix | None) -> bool:
    return fix is not None and fix.verification.verified


def hand_over(
    repository: Repository, base: str, head: str, fix: Fix, regression: Regression,
    diagnosis: Diagnosis, suspects: Sequence[Suspect], stakes: Stakes = UNKNOWN,
) -> Fix:  # fmt: skip
    """Return a verified fix on a branch of its own, with the text of its pull request.

    The same fix is handed over once: done again, nothing changes. Parameters are those of
    `find_fix`, which made it.
    """
    with Workspace(repository, base, head) as workspace:
        workspace.apply(fix.patch.files)
        branch, commit = workspace.commit(fix.patch, f"workbench/fix-{regression.id}")
    fix = replace(fix, branch=branch, commit=commit)
    text = pull_request(
        regression, diagnosis, suspects, fix, branch, base,
        owners=find_owners(repository, head, fix.patch.files, stakes.owner), stakes=stakes,
    )  # fmt: skip
    return replace(fix, pull_request=text)


@dataclass
class _Search:
    """Tries edits, and verifies those that give the speed back."""

    workspace: Workspace
    bench: Bench
    verifier: Verifier
    n_runs: int
    progress: Progress
    n_trials: int = 0

    def forward(self, patches: Iterator[Patch]) -> Fix | None:
        """Return the first patch that is verified, else the last that seemed to be worth it."""
        fix = None
        for patch in patches:
            self.n_trials += 1
            self.progress(f"trying: {patch.summary}")
            if self.bench.try_files(patch.files).is_enough:
                fix = self._verified(patch)
                if fix.verification.verified:
                    break
        return fix

    def revert(
        self, edits: EditMap, hot: Collection[Function], ranked: Sequence[str]
    ) -> Fix | None:
        """Return the smallest reversal found, verified or not."""
        search = RevertSearch(edits, _told(self.bench.try_files, self.progress), hot)
        chosen = search.smallest(ranked)
        self.n_trials += search.n_runs
        if chosen is None:
            return None
        fix = self._verified(search.patch(chosen, _title(search, chosen)))
        for _ in range(_MOST_WIDER):
            wider = search.wider(chosen) if _took_too_little(fix) else None
            if wider is None:
                break
            chosen = wider
            fix = self._verified(search.patch(chosen, _title(search, chosen)))
        if not any(c.name == "tests" and c.passed is False for c in fix.verification.checks):
            return fix
        wider = chosen | edits.of_tests()  # what tests what was taken back goes with it
        return fix if wider == chosen else self._verified(search.patch(wider, fix.patch.summary))

    def revert_commit(self, commit: str, suspects: Sequence[Suspect]) -> Fix | None:
        """Return the reversal of the culprit as a whole, where it comes off and is worth it."""
        titles = {s.change.id: s.change.title for s in suspects if s.change.kind == "commit"}
        files = self.workspace.reverted(commit) if commit in titles else {}
        if not files:
            return None
        self.n_trials += 1
        self.progress(f"trying: revert {commit[:10]}")
        if not self.bench.try_files(files).is_enough:
            return None
        return self._verified(Patch("revert", f'Revert "{titles[commit]}"', files, (commit,)))

    def _verified(self, patch: Patch) -> Fix:
        verification = self.verifier.verify(patch, self.n_runs)
        return Fix(patch, self.workspace.diff(), verification, n_trials=self.n_trials)


def _told(
    trial: Callable[[Mapping[str, str | None], float], Trial], progress: Progress
) -> Callable[[Mapping[str, str | None], float], Trial]:
    """Return trials that are told of, each before it is made: who listens may end them there."""
    numbers = count(1)

    def told(files: Mapping[str, str | None], target: float) -> Trial:
        progress(f"searching the smallest set of hunks to revert: run {next(numbers)}")
        return trial(files, target)

    return told


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
