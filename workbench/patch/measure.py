"""Measure an edit: interleaved runs of the code before, the code now, and the code as edited."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from workbench.errors import PatchError
from workbench.patch.check import syntax_fault
from workbench.patch.revert import Trial
from workbench.patch.run import Run, cost_of_round, run_workload
from workbench.patch.workspace import Workspace
from workbench.types import FloatArray, Reproduction, Verification, Workload

RUN_SECONDS = 0.1
"""Fewest CPU seconds of a run's timed part, and fewest that the regression adds to it."""
MAX_RUN_SECONDS = 3.0
MIN_RESTORED = 0.8
"""A fix gives back at least this part of the loss."""
MIN_RESTORED_LOW = 0.5
"""And the lower end of its 95 % interval is above this."""
MIN_LOSS = 0.01
"""A loss below this part of the cost before is none."""
_UNSURE = (0.6, 0.97)
_RESAMPLES = 4000
_PATIENCE = 5.0
"""Times as long as the code as it is may an edit take, and a few seconds; it may never end."""
_LOOKS = (5, 8, 12)
"""Turns after which a reproduction may stop."""
_QUIET = 0.25
"""Quantile by which runs are compared: what else the machine does only ever adds time."""


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
    runs: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    """(before, now) cost of each turn so far."""

    @classmethod
    def set_up(cls, workload: Workload, folder: Path, workspace: Workspace) -> Bench:
        """Choose the rounds of a run and measure where the edit starts from."""
        trees = (workspace.good, workspace.bad)
        good, bad = (cost_of_round(workload, folder, tree) for tree in trees)
        least = min(good, max(bad - good, 0.05 * good))
        rounds = min(
            math.ceil(RUN_SECONDS / max(least, 1e-6)), int(MAX_RUN_SECONDS / max(bad, 1e-6))
        )
        workload = replace(workload, rounds=max(1, rounds))
        began = time.perf_counter()
        runs = [_turn(workload, folder, workspace) for _ in range(3)]
        seconds = (time.perf_counter() - began) / len(runs)
        checks = {run.check for _, run in runs}
        if len(checks) > 1:
            raise PatchError(f"the workload's check value varies by itself: {sorted(checks)[:3]}")
        return cls(
            replace(workload, timeout_s=min(workload.timeout_s, 3 + _PATIENCE * seconds)),
            folder, workspace, good_cost=min(good.cost for good, _ in runs),
            bad_cost=min(bad.cost for _, bad in runs), check=checks.pop(),
            runs=tuple((good.cost, bad.cost) for good, bad in runs),
        )  # fmt: skip

    @property
    def has_loss(self) -> bool:
        """Whether the code as it is was slower at all."""
        return self.bad_cost > self.good_cost

    def reproduce(self, progress: Callable[[str], None]) -> Reproduction:
        """Run the code before and now in turns until it is plain whether there is a loss."""
        runs = list(self.runs)
        seen = compare(*np.array(runs).T)
        for n_turns in _LOOKS:
            while len(runs) < n_turns:
                good, bad = _turn(self.workload, self.folder, self.workspace)
                runs.append((good.cost, bad.cost))
                progress(f"reproducing: {len(runs)} of at most {_LOOKS[-1]} interleaved runs")
            seen = compare(*np.array(runs).T)
            if seen.is_real or seen.interval[1] < 1 + MIN_LOSS:
                break
        return seen

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


def _turn(workload: Workload, folder: Path, workspace: Workspace) -> tuple[Run, Run]:
    """Run the code before and the code now."""
    before = run_workload(workload, folder, workspace.good)
    return before, run_workload(workload, folder, workspace.bad)


def compare(good: FloatArray, bad: FloatArray) -> Reproduction:
    """Compare interleaved runs of two versions.

    Parameters
    ----------
    good, bad : ndarray
        (n_runs,) CPU seconds per round of work; run `i` of each was made in the same turn.

    Returns
    -------
    Reproduction
        Ratio of lower quartiles, with a 95 % bootstrap interval over turns.
    """
    turns = np.random.default_rng(0).integers(0, len(good), (_RESAMPLES, len(good)))
    quiet = [np.quantile(costs[turns], _QUIET, axis=1) for costs in (good, bad)]
    low, high = (float(q) for q in np.percentile(quiet[1] / quiet[0], (2.5, 97.5)))
    ratio = float(np.quantile(bad, _QUIET) / np.quantile(good, _QUIET))
    is_real = low > 1 and ratio >= 1 + MIN_LOSS
    return Reproduction(
        tuple(map(float, good)), tuple(map(float, bad)), ratio, (low, high), is_real
    )


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
