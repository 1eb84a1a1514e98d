"""Run a workload on the code before, the code now, and the code as edited, in turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workbench.errors import PatchError
from workbench.patch.revert.search import ENOUGH, Trial
from workbench.patch.verify.judge import (
    MIN_LOSS,
    compare,
    judge_restored,
    judge_saved,
    quiet_total,
)
from workbench.patch.verify.run import Run, RunWorkload, cost_of_round, run_workload
from workbench.patch.workspace import Workspace
from workbench.types import FloatArray, Gain, Reproduction, Workload

RUN_SECONDS = 0.1
"""Fewest CPU seconds of a run's timed part, and fewest that the regression adds to it."""
MAX_RUN_SECONDS = 3.0
_LEAST_LOSS = 0.05
"""Smaller losses, as parts of the cost, get no longer runs."""
_BURST = 0.33
"""Part of a run's time that the machine may have added to it, seen now and then."""
_N_TRIES = 3
_N_SET_UP = 5
_PATIENCE = 5.0
"""Times as long as the code as it is may an edit take, and a few seconds; it may never end."""
_PRECISE = 0.3
"""Width of the interval of the gain with which a measurement is content."""
_MEASURE_SECONDS = 30.0
"""After so long it is not made longer."""
_LOOKS = (5, 8, 12)
"""Turns after which a reproduction may stop."""
USUAL: Mapping[str, str] = {}


class OutputChangedError(PatchError):
    """An edit runs, and does something else."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of each version, made right after each other."""

    bad: Run
    good: Run | None = None
    """None where there is no better version to go back to."""
    fixed: Run | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A workload with one set of inputs, set up to compare the trees of a workspace."""

    workload: Workload
    folder: Path
    workspace: Workspace
    inputs: Mapping[str, str]
    turns: tuple[Turn, ...]
    """Of the versions before and now."""
    run: RunWorkload = run_workload
    name: str = "usual"

    @classmethod
    def set_up(
        cls, workload: Workload, folder: Path, workspace: Workspace,
        progress: Callable[[str], None] = lambda text: None, *,
        inputs: Mapping[str, str] = USUAL, name: str = "usual", run: RunWorkload = run_workload,
    ) -> Bench:  # fmt: skip
        """Choose the rounds of a run and measure where the edit starts from."""
        progress("measuring the loss")
        bad = cost_of_round(workload, folder, workspace.bad, inputs, run)
        good = bad
        if workspace.has_good:
            good = cost_of_round(workload, folder, workspace.good, inputs, run)
        least = min(good, max(bad - good, _LEAST_LOSS * good))
        rounds = min(
            math.ceil(RUN_SECONDS / max(least, 1e-6)), int(MAX_RUN_SECONDS / max(bad, 1e-6))
        )
        bench = cls(
            replace(workload, rounds=max(1, rounds)), folder, workspace, inputs, (), run, name
        )
        began = time.perf_counter()
        turns = []
        for number in range(_N_SET_UP):
            progress(f"measuring the loss: {number + 1} of {_N_SET_UP} interleaved runs")
            turns.append(bench.turn())
        seconds = (time.perf_counter() - began) / len(turns)
        checks = {turn.bad.check for turn in turns}
        if len(checks) > 1:
            raise PatchError(f"the workload's check value varies by itself: {sorted(checks)[:3]}")
        patient = min(workload.timeout_s, 3 + _PATIENCE * seconds)
        return replace(
            bench, turns=tuple(turns), workload=replace(bench.workload, timeout_s=patient)
        )

    def run_once(self, code: Path, rounds: int | None = None) -> Run:
        """Run one version once."""
        return self.run(
            self.workload, self.folder, code, rounds=rounds or self.workload.rounds,
            inputs=self.inputs,
        )  # fmt: skip

    def turn(self, *, with_fixed: bool = False, rounds: int | None = None) -> Turn:
        """Run the versions in turn; PatchError where the edited one fails or says another thing."""
        tree = self.workspace
        good = self.run_once(tree.good, rounds) if tree.has_good else None
        bad = self.run_once(tree.bad, rounds)
        fixed = self.run_once(tree.fixed, rounds) if with_fixed else None
        if fixed and fixed.check != bad.check:
            raise OutputChangedError(f"the output changed: {bad.check!r} became {fixed.check!r}")
        return Turn(bad, good, fixed)

    @property
    def good(self) -> FloatArray:
        """(n_runs, n_slices) costs of the code before; of the code now, where there is none."""
        return costs([turn.good or turn.bad for turn in self.turns])

    @property
    def bad(self) -> FloatArray:
        """(n_runs, n_slices) costs of the code now."""
        return costs([turn.bad for turn in self.turns])

    @property
    def good_cost(self) -> float:
        """CPU seconds per round of the code before, on a quiet machine."""
        return float(quiet_total(self.good))

    @property
    def bad_cost(self) -> float:
        """CPU seconds per round of the code now, on a quiet machine."""
        return float(quiet_total(self.bad))

    @property
    def check(self) -> str:
        """Output of the code as it is, which a fix must keep."""
        return self.turns[0].bad.check

    @property
    def has_loss(self) -> bool:
        """Whether the code as it is was slower at all."""
        return self.bad_cost > self.good_cost

    def reproduce(self, progress: Callable[[str], None]) -> Reproduction:
        """Run the code before and now in turns until it is plain whether there is a loss."""
        turns = list(self.turns)
        seen = compare(self.good, self.bad)
        for n_turns in _LOOKS:
            while len(turns) < n_turns:
                turns.append(self.turn())
                progress(f"reproducing: {len(turns)} of at most {_LOOKS[-1]} interleaved runs")
            bench = replace(self, turns=tuple(turns))
            seen = compare(bench.good, bench.bad)
            if seen.is_real or seen.interval[1] < 1 + MIN_LOSS:
                break
        return seen

    def try_files(self, files: Mapping[str, str | None], target: float = ENOUGH) -> Trial:
        """Run an edit, again where noise may be all that keeps it from giving back `target`.

        One that gives back enough, but by less than the noise, is run beside both versions once
        more: the search ends with it, and a verification would find it out.
        """
        try:
            self.workspace.apply(files)
            restored = self._restored(target)
            if ENOUGH <= restored < ENOUGH + self._doubt(self.noise):
                turns = [self.turn(with_fixed=True) for _ in range(_N_TRIES)]
                good, bad, fixed = (float(quiet_total(part)) for part in of_turns(turns))
                restored = (bad - fixed) / (bad - good) if bad > good else 0.0
        except OutputChangedError:
            return Trial(None, "the output changed")
        except PatchError as error:
            return Trial(None, str(error))
        return Trial(restored)

    def _restored(self, target: float) -> float:
        """Return which part of the loss an edit gives back, by as few runs as make that plain."""
        runs: list[Run] = []
        restored = -math.inf
        for doubt in (self._doubt(_BURST), self._doubt(self.noise), 0.0):
            runs.append(self.run_once(self.workspace.fixed))
            if runs[-1].check != self.check:
                raise OutputChangedError("the output changed")
            cost = float(costs(runs).min(axis=0).sum())
            restored = (self.bad_cost - cost) / (self.bad_cost - self.good_cost)
            if restored >= target or restored + doubt < target:
                break
        return restored

    def _doubt(self, noise: float) -> float:
        """Return by which part of the loss noise may move what a run of an edit gives back."""
        return noise * self.bad_cost / (self.bad_cost - self.good_cost)

    @property
    def noise(self) -> float:
        """How much longer than the quickest a run takes, as a part of it; at least 5 %, or 2 %
        where slices are told.
        """
        least = 0.05 if self.bad.shape[1] == 1 else 0.02
        sides = (side.sum(axis=1) for side in (self.good, self.bad))
        return max(least, *(float(np.median(side) / side.min() - 1) for side in sides))

    def measure(
        self, n_runs: int, progress: Callable[[str], None]
    ) -> tuple[Gain, tuple[Turn, ...]]:
        """Measure what is in the edited tree.

        Parameters
        ----------
        n_runs : int
            Runs of each version; up to three times as many where the gain stays vague.
        progress : callable
            Told in words after each round of runs.

        Returns
        -------
        (Gain, tuple of Turn)
            PatchError where a run of the edit fails, OutputChangedError where it says another
            thing.
        """
        began = time.perf_counter()
        turns: list[Turn] = []
        gain = Gain(self.name)
        for n_turns in (n_runs, 2 * n_runs, 3 * n_runs):
            while len(turns) < n_turns:
                turns.append(self.turn(with_fixed=True))
                progress(f"verifying: {len(turns)} of {n_turns} interleaved runs, {self.name}")
            good, bad, fixed = of_turns(turns)
            if self.workspace.has_good:
                gain = judge_restored(self.name, good, bad, fixed)
                low, high = gain.restored_interval
            else:
                gain = judge_saved(self.name, bad, fixed)
                low, high = (end / max(gain.saved, 1e-9) for end in gain.saved_interval)
            if time.perf_counter() - began > _MEASURE_SECONDS or high - low <= _PRECISE:
                break
        return gain, tuple(turns)


def costs(runs: Sequence[Run]) -> FloatArray:
    """Return (n_runs, n_slices) costs; one slice where runs do not tell as many."""
    parts = [run.slice_costs for run in runs]
    if len({len(part) for part in parts}) > 1:
        parts = [(run.cost,) for run in runs]
    return np.array(parts, dtype=np.float64)


def of_turns(turns: Sequence[Turn]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the costs of the code before, now, and as edited; now, for what was not run."""
    sides = (
        [turn.good or turn.bad for turn in turns],
        [turn.bad for turn in turns],
        [turn.fixed or turn.bad for turn in turns],
    )
    every = costs([run for side in sides for run in side])
    good, bad, fixed = np.split(every, 3)
    return good, bad, fixed
