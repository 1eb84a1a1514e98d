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
    MIN_SAVED,
    compare,
    judge_restored,
    judge_saved,
    quiet_total,
)
from workbench.patch.verify.run import Run, RunVersions, cost_of_round, run_versions
from workbench.patch.workspace import Workspace
from workbench.types import FloatArray, Gain, Reproduction, Workload

RUN_SECONDS = 0.8
"""Fewest CPU seconds of a run's timed part: forty turns."""
LOSS_SECONDS = 0.1
"""Fewest that the regression adds to it."""
MAX_RUN_SECONDS = 3.0
LEAST_LOSS = 0.03
"""Smaller losses, as parts of the cost, get no longer runs."""
_N_TRIES = 4
_NOISE = 0.003
"""Least part by which two runs that take turns differ for no reason."""
N_SET_UP = 5
_PATIENCE = 5.0
"""Times as long as the code as it is may an edit take, and ten seconds; it may never end."""
_PRECISE = 0.3
"""Width of the interval of the gain with which a measurement is content."""
_MEASURE_SECONDS = 30.0
"""After so long it is not made longer."""
_SAVING_SECONDS = 120.0
"""The same where a saving is not sure yet: it is a small part of the whole."""
_TIMES = (1, 2, 3, 5, 8)
"""As many runs as are asked for, and how many times as many where that is not enough."""
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
    run: RunVersions = run_versions
    name: str = "usual"
    expected: float = LEAST_LOSS
    """Part of the cost that an edit is expected to save, where there is no better version."""

    @classmethod
    def set_up(
        cls, workload: Workload, folder: Path, workspace: Workspace,
        progress: Callable[[str], None] = lambda text: None, *,
        inputs: Mapping[str, str] = USUAL, name: str = "usual", run: RunVersions = run_versions,
        n_turns: int = N_SET_UP, expected: float = LEAST_LOSS,
    ) -> Bench:  # fmt: skip
        """Choose the rounds of a run and measure where the edit starts from.

        Where the loss itself is not asked for, one turn is enough (`n_turns`). Runs are the longer
        the smaller it is, or what an edit is `expected` to save where there is none.
        """
        progress("measuring the loss")
        bad = cost_of_round(workload, folder, workspace.bad, inputs, run)
        good = bad
        if workspace.has_good:
            good = cost_of_round(workload, folder, workspace.good, inputs, run)
        loss = max(bad - good, (LEAST_LOSS if workspace.has_good else expected) * good)
        seconds = max(RUN_SECONDS, LOSS_SECONDS * bad / loss)
        rounds = math.ceil(min(seconds, MAX_RUN_SECONDS) / max(bad, 1e-6))
        bench = cls(
            replace(workload, rounds=max(1, rounds)), folder, workspace, inputs, (), run, name,
            expected,
        )  # fmt: skip
        began = time.perf_counter()
        turns = []
        for number in range(n_turns):
            progress(f"measuring the loss: {number + 1} of {n_turns} runs in turns")
            turns.append(bench.turn())
        seconds = (time.perf_counter() - began) / len(turns)
        checks = {turn.bad.check for turn in turns}
        if len(checks) > 1:
            raise PatchError(f"the workload's check value varies by itself: {sorted(checks)[:3]}")
        patient = min(workload.timeout_s, 10 + _PATIENCE * seconds)
        return replace(
            bench, turns=tuple(turns), workload=replace(bench.workload, timeout_s=patient)
        )

    def run_in_turns(self, codes: Sequence[Path], rounds: int | None = None) -> list[Run]:
        """Run versions, which take turns."""
        return self.run(
            self.workload, self.folder, codes, rounds=rounds or self.workload.rounds,
            inputs=self.inputs,
        )  # fmt: skip

    def turn(self, *, with_fixed: bool = False, rounds: int | None = None) -> Turn:
        """Run the versions in turns; PatchError where the edit fails or says another thing."""
        tree = self.workspace
        codes = [tree.bad, *([tree.good] if tree.has_good else [])]
        runs = self.run_in_turns([*codes, *([tree.fixed] if with_fixed else [])], rounds)
        bad = runs.pop(0)
        good = runs.pop(0) if tree.has_good else None
        fixed = runs.pop(0) if with_fixed else None
        if fixed and fixed.check != bad.check:
            raise OutputChangedError(f"the output changed: {bad.check!r} became {fixed.check!r}")
        return Turn(bad, good, fixed)

    @property
    def good(self) -> FloatArray:
        """(n_runs, n_slices) costs of the code before; of the code now, where there is none."""
        return of_turns(self.turns)[0]

    @property
    def bad(self) -> FloatArray:
        """(n_runs, n_slices) costs of the code now."""
        return of_turns(self.turns)[1]

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
                progress(f"reproducing: {len(turns)} of at most {_LOOKS[-1]} runs in turns")
            bench = replace(self, turns=tuple(turns))
            seen = compare(bench.good, bench.bad)
            if seen.is_real or seen.interval[1] < 1 + MIN_LOSS:
                break
        return seen

    def try_files(self, files: Mapping[str, str | None], target: float = ENOUGH) -> Trial:
        """Run an edit beside the code now, again where noise may be all that keeps it from giving
        back `target`, or may be all that makes it seem to.
        """
        runs: list[Turn] = []
        restored, doubt = -math.inf, 0.0
        try:
            self.workspace.apply(files)
            for _ in range(_N_TRIES):
                bad, fixed = self.run_in_turns([self.workspace.bad, self.workspace.fixed])
                if fixed.check != self.check:
                    return Trial(None, "the output changed")
                runs.append(Turn(bad, None, fixed))
                _, at_bad, at_fixed = (float(quiet_total(side)) for side in of_turns(runs))
                restored = (1 - at_fixed / at_bad) / self.loss
                doubt = 2 * self.noise / self.loss / math.sqrt(len(runs))
                if min(abs(restored - target), abs(restored - ENOUGH)) > doubt:
                    break
        except PatchError as error:
            return Trial(None, str(error))
        return Trial(restored, doubt=doubt / 2)

    @property
    def loss(self) -> float:
        """Part of the cost of the code now that the regression is."""
        return 1 - self.good_cost / self.bad_cost

    @property
    def noise(self) -> float:
        """By which part runs that took turns differ from what they usually differ by."""
        if not self.workspace.has_good:
            return _NOISE
        ratios = self.bad.sum(axis=1) / self.good.sum(axis=1)
        return max(_NOISE, float(np.std(ratios / np.median(ratios))))

    def measure(
        self, n_runs: int, progress: Callable[[str], None]
    ) -> tuple[Gain, tuple[Turn, ...]]:
        """Measure what is in the edited tree.

        Parameters
        ----------
        n_runs : int
            Runs of each version; up to three times as many where the gain stays vague, and eight
            times where it is not sure that anything is saved.
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
        for times in _TIMES:
            n_turns = times * n_runs
            while len(turns) < n_turns:
                turns.append(self.turn(with_fixed=True))
                progress(f"verifying: {len(turns)} of {n_turns} runs in turns, {self.name}")
            good, bad, fixed = of_turns(turns)
            if self.workspace.has_good:
                gain = judge_restored(self.name, good, bad, fixed)
                low, high = gain.restored_interval
            else:
                gain = judge_saved(self.name, bad, fixed)
                low, high = (end / max(gain.saved, 1e-9) for end in gain.saved_interval)
            seconds = time.perf_counter() - began
            if self.workspace.has_good or low > 0 or gain.saved_interval[1] < MIN_SAVED:
                is_enough = seconds > _MEASURE_SECONDS or high - low <= _PRECISE or times >= 3
            else:
                is_enough = seconds > _SAVING_SECONDS
            if is_enough:
                break
        return gain, tuple(turns)


def costs(runs: Sequence[Run]) -> FloatArray:
    """Return (n_runs, n_slices) costs; one slice where runs do not tell as many."""
    parts = [run.slice_costs for run in runs]
    if len({len(part) for part in parts}) > 1:
        parts = [(run.cost,) for run in runs]
    return np.array(parts, dtype=np.float64)


def of_turns(turns: Sequence[Turn]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the costs of the code before, now, and as edited; now, for what was not run.

    Turns are put on one level: where the machine was slower in one of them, it was so for all that
    ran in it.
    """
    sides = (
        [turn.good or turn.bad for turn in turns],
        [turn.bad for turn in turns],
        [turn.fixed or turn.bad for turn in turns],
    )
    every = np.array(np.split(costs([run for side in sides for run in side]), 3))
    levels = every.sum(axis=(0, 2), keepdims=True)
    if np.all(levels > 0):  # the clock may not have ticked
        every = every * (np.quantile(levels, 0.25) / levels)
    good, bad, fixed = every
    return good, bad, fixed
