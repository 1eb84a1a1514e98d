"""Measure an edit: interleaved runs of the code before, the code now, and the code as edited."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workbench.errors import PatchError
from workbench.patch.check import syntax_fault
from workbench.patch.revert import Trial
from workbench.patch.run import Run, run_workload
from workbench.patch.workspace import Workspace
from workbench.types import FloatArray, Verification, Workload

RUN_SECONDS = 0.1
"""Fewest CPU seconds of a run's timed part, and fewest that the regression adds to it."""
MAX_RUN_SECONDS = 3.0
MIN_RESTORED = 0.8
"""A fix gives back at least this part of the loss."""
MIN_RESTORED_LOW = 0.5
"""And the lower end of its 95 % interval is above this."""
_UNSURE = (0.6, 0.97)
_RESAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Bench:
    """A workload set up to compare the three trees of a workspace."""

    workload: Workload
    folder: Path
    workspace: Workspace
    good_cost: float
    """Fewest CPU seconds per round seen."""
    bad_cost: float
    check: str
    """Output of the code as it is, which a fix must keep."""

    @classmethod
    def set_up(cls, workload: Workload, folder: Path, workspace: Workspace) -> Bench:
        """Choose the rounds of a run and measure where the edit starts from."""
        good, bad = (
            run_workload(workload, folder, tree, rounds=1).cost
            for tree in (workspace.good, workspace.bad)
        )
        least = min(good, max(bad - good, 0.05 * good))
        rounds = min(
            math.ceil(RUN_SECONDS / max(least, 1e-6)), int(MAX_RUN_SECONDS / max(bad, 1e-6))
        )
        workload = replace(workload, rounds=max(1, rounds))
        runs: list[tuple[Run, Run]] = [
            (
                run_workload(workload, folder, workspace.good),
                run_workload(workload, folder, workspace.bad),
            )
            for _ in range(3)
        ]
        checks = {run.check for _, run in runs}
        if len(checks) > 1:
            raise PatchError(f"the workload's check value varies by itself: {sorted(checks)[:3]}")
        return cls(
            workload, folder, workspace,
            good_cost=min(good.cost for good, _ in runs),
            bad_cost=min(bad.cost for _, bad in runs), check=checks.pop(),
        )  # fmt: skip

    @property
    def has_loss(self) -> bool:
        """Whether the code as it is was slower at all."""
        return self.bad_cost > self.good_cost

    def try_files(self, files: Mapping[str, str | None]) -> Trial:
        """Run an edit once; twice more where the first run leaves it open."""
        self.workspace.apply(files)
        try:
            restored = self._restored()
            if restored is not None and _UNSURE[0] < restored < _UNSURE[1]:
                restored = max(r for r in (restored, self._restored(), self._restored()) if r)
        except PatchError as error:
            return Trial(None, str(error))
        return Trial(restored, "" if restored is not None else "the output changed")

    def _restored(self) -> float | None:
        run = run_workload(self.workload, self.folder, self.workspace.fixed)
        if run.check != self.check:
            return None
        return (self.bad_cost - run.cost) / (self.bad_cost - self.good_cost)

    def verify(
        self, files: Mapping[str, str | None], n_runs: int, progress: Callable[[str], None]
    ) -> Verification:
        """Measure an edit with interleaved runs.

        Parameters
        ----------
        files : mapping of path to text
            The edit.
        n_runs : int
            Runs of each of the three trees.
        progress : callable
            Told in words after each round of runs.
        """
        try:
            self.workspace.apply(files)
        except PatchError as error:
            return Verification(False, False, False, reason=str(error))
        if fault := syntax_fault(files):
            return Verification(True, False, False, reason=str(fault))
        trees = (self.workspace.good, self.workspace.bad, self.workspace.fixed)
        costs: list[list[float]] = [[], [], []]
        for turn in range(n_runs):
            for tree, seen in zip(trees, costs, strict=True):
                try:
                    run = run_workload(self.workload, self.folder, tree)
                except PatchError as error:
                    return Verification(True, True, False, reason=str(error))
                if tree is trees[2] and run.check != self.check:
                    told = f"the output changed: {self.check!r} became {run.check!r}"
                    return Verification(True, True, False, reason=told)
                seen.append(run.cost)
            progress(f"verifying: {turn + 1} of {n_runs} interleaved runs")
        return judge(*(np.array(seen) for seen in costs))


def judge(good: FloatArray, bad: FloatArray, fixed: FloatArray) -> Verification:
    """Judge interleaved runs.

    Parameters
    ----------
    good, bad, fixed : ndarray
        (n_runs,) CPU seconds per round of work; run `i` of each was made in the same turn.

    Returns
    -------
    Verification
        Ratios of medians; the interval is the 2.5 and 97.5 percentile of a bootstrap over turns
        (B. Efron, 1979), so that drift of the machine stays paired.
    """
    turns = np.random.default_rng(0).integers(0, len(good), (_RESAMPLES, len(good)))
    medians = [np.median(costs[turns], axis=1) for costs in (good, bad, fixed)]
    loss = medians[1] - medians[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        restored = np.where(loss > 0, (medians[1] - medians[2]) / loss, np.nan)
    low, high = (float(q) for q in np.nanpercentile(restored, (2.5, 97.5)))
    at_good, at_bad, at_fixed = (float(np.median(c)) for c in (good, bad, fixed))
    gain = (at_bad - at_fixed) / (at_bad - at_good) if at_bad > at_good else float("nan")
    if not gain >= MIN_RESTORED:
        reason = f"gives back {gain:.0%} of the loss; {MIN_RESTORED:.0%} is asked for"
    elif not low > MIN_RESTORED_LOW:
        reason = f"the gain is not sure: 95 % interval starts at {low:.0%}"
    else:
        reason = ""
    return Verification(
        applied=True, compiled=True, same_output=True, good=tuple(map(float, good)),
        bad=tuple(map(float, bad)), fixed=tuple(map(float, fixed)), ratio_before=at_bad / at_good,
        ratio_after=at_fixed / at_good, gain_restored=gain, interval=(low, high),
        verified=not reason, reason=reason,
    )  # fmt: skip
