"""Measure an edit: interleaved runs of the code before, the code now, and the code as edited."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from workbench.errors import PatchError
from workbench.patch.revert.check import syntax_fault
from workbench.patch.revert.search import ENOUGH, Trial
from workbench.patch.verify.run import Run, cost_of_round, run_workload
from workbench.patch.workspace import Workspace
from workbench.types import FloatArray, Reproduction, Verification, Workload, quiet_cost

RUN_SECONDS = 0.1
"""Fewest CPU seconds of a run's timed part, and fewest that the regression adds to it."""
MAX_RUN_SECONDS = 3.0
MIN_RESTORED = 0.8
"""A fix gives back at least this part of the loss."""
MIN_RESTORED_LOW = 0.5
"""And the lower end of its 95 % interval is above this."""
_SURE = 0.975
MIN_LOSS = 0.01
"""A loss below this part of the cost before is none."""
_BURST = 0.33
"""Part of a run's time that the machine may have added to it, seen now and then."""
_N_TURNS = 3
_N_SET_UP = 5
_RESAMPLES = 4000
_PATIENCE = 5.0
"""Times as long as the code as it is may an edit take, and a few seconds; it may never end."""
_PRECISE = 0.3
"""Width of the interval of the gain with which a verification is content."""
_VERIFY_SECONDS = 30.0
"""After so long it is not made longer."""
_LOOKS = (5, 8, 12)
"""Turns after which a reproduction may stop."""


class OutputChangedError(PatchError):
    """An edit runs, and does something else."""


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
    def set_up(
        cls, workload: Workload, folder: Path, workspace: Workspace,
        progress: Callable[[str], None] = lambda text: None,
    ) -> Bench:  # fmt: skip
        """Choose the rounds of a run and measure where the edit starts from."""
        progress("measuring the loss")
        trees = (workspace.good, workspace.bad)
        good, bad = (cost_of_round(workload, folder, tree) for tree in trees)
        least = min(good, max(bad - good, 0.05 * good))
        rounds = min(
            math.ceil(RUN_SECONDS / max(least, 1e-6)), int(MAX_RUN_SECONDS / max(bad, 1e-6))
        )
        workload = replace(workload, rounds=max(1, rounds))
        began = time.perf_counter()
        runs = []
        for number in range(_N_SET_UP):
            progress(f"measuring the loss: {number + 1} of {_N_SET_UP} interleaved runs")
            runs.append(_turn(workload, folder, workspace))
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

    def try_files(self, files: Mapping[str, str | None], target: float = ENOUGH) -> Trial:
        """Run an edit, again where noise may be all that keeps it from giving back `target`.

        One that gives back enough, but by less than the noise, is run beside both versions once
        more: the search ends with it, and a verification would find it out.
        """
        self.workspace.apply(files)
        restored = -math.inf
        try:
            for doubt in (self._doubt(_BURST), self._doubt(self.noise), 0.0):
                restored = max(restored, self._restored_once())
                if restored >= target or restored + doubt < target:
                    break
            if ENOUGH <= restored < ENOUGH + self._doubt(self.noise):
                turns = [self._run_three() for _ in range(_N_TURNS)]
                good, bad, fixed = np.min(turns, axis=0)
                restored = (bad - fixed) / (bad - good) if bad > good else 0.0
        except OutputChangedError:
            return Trial(None, "the output changed")
        except PatchError as error:
            return Trial(None, str(error))
        return Trial(float(restored))

    def _restored_once(self) -> float:
        """Run the edited tree; PatchError where it fails or its output is another."""
        run = run_workload(self.workload, self.folder, self.workspace.fixed)
        self._expect_same(run)
        return (self.bad_cost - run.cost) / (self.bad_cost - self.good_cost)

    def _run_three(self) -> tuple[float, float, float]:
        """Run the three trees in turn and return their costs; PatchError as above."""
        trees = (self.workspace.good, self.workspace.bad, self.workspace.fixed)
        good, bad, fixed = (run_workload(self.workload, self.folder, tree) for tree in trees)
        self._expect_same(fixed)
        return good.cost, bad.cost, fixed.cost

    def _expect_same(self, run: Run) -> None:
        if run.check != self.check:
            raise OutputChangedError(f"the output changed: {self.check!r} became {run.check!r}")

    def _doubt(self, noise: float) -> float:
        """Return by which part of the loss noise may move what a run of an edit gives back."""
        return noise * self.bad_cost / (self.bad_cost - self.good_cost)

    @property
    def noise(self) -> float:
        """How much longer than the quickest a run takes, as a part of it; at least 5 %."""
        sides = np.array(self.runs).T
        return max(0.05, *(float(np.median(costs) / costs.min() - 1) for costs in sides))

    def verify(
        self, files: Mapping[str, str | None], n_runs: int, progress: Callable[[str], None]
    ) -> Verification:
        """Measure an edit with interleaved runs.

        Parameters
        ----------
        files : mapping of path to text
            The edit.
        n_runs : int
            Runs of each of the three trees; up to three times as many where the gain stays vague.
        progress : callable
            Told in words after each round of runs.
        """
        try:
            self.workspace.apply(files)
        except PatchError as error:
            return Verification(False, False, False, reason=str(error))
        if fault := syntax_fault(files):
            return Verification(True, False, False, reason=str(fault))
        began = time.perf_counter()
        costs: list[tuple[float, float, float]] = []
        for n_turns in (n_runs, 2 * n_runs, 3 * n_runs):
            while len(costs) < n_turns:
                try:
                    costs.append(self._run_three())
                except PatchError as error:
                    return Verification(True, True, False, reason=str(error))
                progress(f"verifying: {len(costs)} of {n_turns} interleaved runs")
            seen = judge(*np.array(costs).T)
            is_late = time.perf_counter() - began > _VERIFY_SECONDS
            if is_late or seen.interval[1] - seen.interval[0] <= _PRECISE:
                break
        return seen


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
        Ratio of what each costs on a quiet machine, with a 95 % bootstrap interval over turns.
    """
    resampled = _resample(good, bad)
    low, high = (float(q) for q in np.percentile(resampled[1] / resampled[0], (2.5, 97.5)))
    ratio = float(quiet_cost(bad) / quiet_cost(good))
    is_real = low > 1 and ratio >= 1 + MIN_LOSS
    return Reproduction(_plain(good), _plain(bad), ratio, (low, high), is_real)


def _plain(costs: FloatArray) -> tuple[float, ...]:
    return tuple(map(float, costs))


def _resample(*versions: FloatArray) -> list[FloatArray]:
    """Return what each version costs in bootstrap samples of the same turns."""
    n_turns = len(versions[0])
    turns = np.random.default_rng(0).integers(0, n_turns, (_RESAMPLES, n_turns))
    return [quiet_cost(costs[turns]) for costs in versions]


def judge(good: FloatArray, bad: FloatArray, fixed: FloatArray) -> Verification:
    """Judge interleaved runs.

    Parameters
    ----------
    good, bad, fixed : ndarray
        (n_runs,) CPU seconds per round of work; run `i` of each was made in the same turn.

    Returns
    -------
    Verification
        Ratios of what each costs on a quiet machine; the interval is the 2.5 and 97.5 percentile
        of a bootstrap over turns (B. Efron, 1979), so that drift of the machine stays paired.
    """
    resampled = _resample(good, bad, fixed)
    loss = resampled[1] - resampled[0]
    is_sure = float(np.mean(loss > 0)) >= _SURE
    with np.errstate(divide="ignore", invalid="ignore"):
        restored = np.where(loss > 0, (resampled[1] - resampled[2]) / loss, -np.inf)
    low, high = np.percentile(restored, (2.5, 97.5), method="nearest")
    at_good, at_bad, at_fixed = (float(quiet_cost(c)) for c in (good, bad, fixed))
    gain = (at_bad - at_fixed) / (at_bad - at_good) if at_bad > at_good else float("nan")
    if not is_sure:
        reason = f"the loss is not sure: {at_bad / at_good:.2f} x the time before"
    elif not gain >= MIN_RESTORED:
        reason = f"gives back {gain:.0%} of the loss; {MIN_RESTORED:.0%} is asked for"
    elif not low > MIN_RESTORED_LOW:
        reason = f"the gain is not sure: 95 % interval starts at {low:.0%}"
    else:
        reason = ""
    return Verification(
        applied=True, compiled=True, same_output=True,
        good=_plain(good), bad=_plain(bad), fixed=_plain(fixed),
        ratio_before=at_bad / at_good, ratio_after=at_fixed / at_good,
        gain_restored=gain, interval=(float(low), float(high)), verified=not reason, reason=reason,
    )  # fmt: skip
