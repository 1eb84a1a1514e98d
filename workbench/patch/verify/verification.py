"""Everything an edit is checked by, cheapest first; the first that fails ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.errors import PatchError
from workbench.patch.revert.check import syntax_fault
from workbench.patch.revert.edits import is_test
from workbench.patch.verify.bench import Bench, OutputChangedError, Turn, of_turns
from workbench.patch.verify.hollow import Fault, edited_functions, find_fault
from workbench.patch.verify.judge import MIN_RESTORED, judge_restored, judge_saved
from workbench.patch.verify.lint import new_complaints
from workbench.patch.verify.run import Trace, trace_tests, trace_workload
from workbench.patch.verify.sandbox import isolation
from workbench.patch.verify.tests import PLAIN, TestRun, compare_tests, run_tests
from workbench.patch.verify.vanished import is_missed
from workbench.patch.verify.wider import compare_wider
from workbench.types import Check, FloatArray, Gain, Patch, Verification, quiet_cost

_MOVED = 0.5
"""Of what the timed part saves, the whole process saves at least this part."""
_SET_UP_SECONDS = 0.03
"""What it may take longer before and after the timed part."""
_MEMORY_RATIO, _MEMORY_BYTES = 1.3, 32 << 20
"""The edit may take so many times the memory, and so much more."""
_WAIT_RATIO, _WAIT_SECONDS = 1.2, 0.05
_TEST_RATIO, _TEST_SECONDS = 1.3, 0.5
_CALL_RATIO, _MORE_CALLS = 2.0, 60
"""In a test the edit may make so many times the calls, and so many more."""
_N_COLD = 7
_COLD_SECONDS = 0.002
_COLD = 0.5
"""Of the part that comes back when inputs repeat, at least this part comes back the first time."""

Progress = Callable[[str], None]


class _Traces(NamedTuple):
    """What runs of a version did: a round with each set of inputs, and the tests."""

    rounds: Sequence[Trace]
    tests: Trace | None

    @property
    def workload(self) -> frozenset[tuple[str, str]]:
        """(file, name) of the functions that the workload runs."""
        return frozenset().union(*(trace.functions for trace in self.rounds))

    @property
    def all(self) -> frozenset[tuple[str, str]]:
        """Functions that the workload or a test runs."""
        return self.workload | (self.tests.functions if self.tests else frozenset())


class RefusedError(PatchError):
    """An edit failed a check."""

    def __init__(self, check: str, reason: str, hollow: str = "") -> None:
        super().__init__(reason)
        self.check, self.reason, self.hollow = check, reason, hollow


@dataclass
class Verifier:
    """Checks edits of one workspace; what does not depend on the edit is found out once."""

    bench: Bench
    """With the usual inputs."""
    progress: Progress = lambda text: None
    checks: list[Check] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    _unmeasured: list[str] = field(default_factory=list)

    def verify(self, patch: Patch, n_runs: int) -> Verification:
        """Check an edit.

        Parameters
        ----------
        patch : Patch
            The edit.
        n_runs : int
            Interleaved runs of each version; up to three times as many where the gain stays vague.
        """
        self.checks, self.gains, self._unmeasured = [], [], []
        reason = hollow = ""
        try:
            self._check_text(patch)
            self._check_tests(patch)
            benches = [self.bench, *self._held_out]
            self._check_output(benches)
            if not patch.reverted:
                self._check_functions(patch)
            for name, bench in zip(("gain", "held-out gain"), benches, strict=False):
                self._check_gain(name, bench, n_runs)
            if not self._held_out:
                self.checks.append(Check("held-out gain", None, "no inputs are held out"))
            if not patch.reverted:
                self._check_cold()
            names = ", ".join(self._unmeasured)
            self._pass("honest", f"nothing that runs measures {names}" if names else "")
        except RefusedError as error:
            self.checks.append(Check(error.check, False, error.reason))
            reason, hollow = error.reason, error.hollow
        return Verification(
            tuple(self.checks), tuple(self.gains), not reason, reason, hollow, isolation()
        )

    def _pass(self, name: str, detail: str = "") -> None:
        self.checks.append(Check(name, True, detail))

    def _refuse_hollow(self, fault: Fault) -> None:
        raise RefusedError("honest", str(fault), fault.name)

    # What the text says

    def _check_text(self, patch: Patch) -> None:
        """Apply it; see that it compiles, that no linter complains, and that it is honest."""
        workspace = self.bench.workspace
        try:
            workspace.apply(patch.files)
        except PatchError as error:
            raise RefusedError("applies", str(error)) from error
        self._pass("applies")
        if fault := syntax_fault(patch.files):
            raise RefusedError("compiles", str(fault))
        self._pass("compiles")
        base = workspace.texts(workspace.base, patch.files)
        head = workspace.texts(workspace.head, patch.files)
        known = set(new_complaints(head, base))
        if new := [told for told in new_complaints(head, patch.files) if told not in known]:
            raise RefusedError("lint", new[0])
        self._pass("lint")
        if hollow := find_fault(base, head, patch.files):
            self._refuse_hollow(hollow)

    # What runs say

    @cached_property
    def _tests_now(self) -> TestRun:
        self.progress("running the tests as they are")
        return run_tests(self.bench.workload, self.bench.folder, self.bench.workspace.bad)

    def _check_tests(self, patch: Patch) -> None:
        if not self.bench.workload.tests:
            self.checks.append(Check("tests", None, "no tests are known"))
            return
        now = self._tests_now
        self.progress("running the tests on the edit")
        edited = run_tests(self.bench.workload, self.bench.folder, self.bench.workspace.fixed)
        if complaint := compare_tests(now, edited, may_have_less=bool(patch.reverted)):
            raise RefusedError("tests", complaint)
        if not now.passed and not now.failed:
            self.checks.append(Check("tests", None, f"they fail as it is: {now.complaint}"))
            return
        if edited.cpu_seconds > _TEST_RATIO * now.cpu_seconds + _TEST_SECONDS:
            told = f"the tests take {edited.cpu_seconds:.1f} CPU s, before {now.cpu_seconds:.1f}"
            self._refuse_hollow(Fault("cost moved", told))
        known = f", {len(now.failed)} fail as before" if now.failed else ""
        self._pass("tests", f"{edited.n_passed} pass{known}" if edited.n_passed else "")

    @cached_property
    def _held_out(self) -> list[Bench]:
        """One bench of all that is held out; empty where nothing is."""
        bench = self.bench
        return [
            Bench.set_up(
                bench.workload, bench.folder, bench.workspace, self.progress, inputs=inputs,
                name="held-out", run=bench.run, n_turns=1, expected=bench.expected,
            )
            for inputs in bench.workload.held_out
        ]  # fmt: skip

    def _check_output(self, benches: Sequence[Bench]) -> None:
        """Run it with all inputs: it ends well, says the same, and leaves its folder alone."""
        for bench in benches:
            self.progress(f"running the edit, {bench.name} inputs")
            try:
                (run,) = bench.run_in_turns([bench.workspace.fixed])
            except PatchError as error:
                raise RefusedError("same output", str(error)) from error
            if run.check != bench.check:
                told = f"the output changed: {bench.check!r} became {run.check!r}"
                raise RefusedError("same output", f"{told}, {bench.name} inputs")
            self._check_waiting(bench)
        if strays := self.bench.workspace.strays():
            self._refuse_hollow(Fault("input memorised", f"it wrote {strays[0]}"))
        self._pass("same output", "" if self._held_out else "with the usual inputs")

    def _check_waiting(self, bench: Bench) -> None:
        """See that it does not wait for others, run alone: while others run, waiting is free.

        Where another program has the processor, that is no waiting.
        """
        waits: list[float] = []
        for _ in range(2):
            tree = bench.workspace
            bad, fixed = (bench.run_in_turns([code])[0] for code in (tree.bad, tree.fixed))
            if fixed.waiting_seconds <= _WAIT_RATIO * bad.waiting_seconds + _WAIT_SECONDS:
                return
            waits.append(fixed.waiting_seconds)
        told = f"it waits for {min(waits):.2f} s, before {bad.waiting_seconds:.2f}"
        self._refuse_hollow(Fault("cost moved", told))

    # What ran

    @cached_property
    def _traces_now(self) -> _Traces:
        return self._trace(self.bench.workspace.bad)

    @cached_property
    def _traces_before(self) -> _Traces:
        workspace = self.bench.workspace
        return self._trace(workspace.good) if workspace.has_good else self._traces_now

    def _trace(self, tree: Path) -> _Traces:
        self.progress("noting which functions run")
        workload, folder = self.bench.workload, self.bench.folder
        sets: Sequence[Mapping[str, str]] = [self.bench.inputs, *workload.held_out]
        rounds = [trace_workload(workload, folder, tree, inputs) for inputs in sets]
        tests = trace_tests(workload, folder, tree, PLAIN) if workload.tests else None
        return _Traces(rounds, tests)

    def _check_functions(self, patch: Patch) -> None:
        """See that what has an effect still runs, and that all that is edited is measured."""
        workspace, now = self.bench.workspace, self._traces_now
        try:
            edited = self._trace(workspace.fixed)
        except PatchError as error:
            raise RefusedError("same output", str(error)) from error
        kept = now.workload & self._traces_before.workload
        heads = workspace.texts(workspace.head, patch.files).items()
        edited_texts = [text for path, text in heads if text and path.endswith(".py")]
        for file, name in sorted(kept - edited.workload):
            text = workspace.repository.find(file, workspace.head)
            if text is not None and is_missed(text, name, edited_texts):
                told = f"{name} in {file} does not run any more"
                self._refuse_hollow(Fault("feature deleted", told))
        runs = zip(self._traces_before.rounds, now.rounds, edited.rounds, strict=True)
        for before, as_it_is, trace in runs:
            if fault := find_lost(before, as_it_is, trace):
                self._refuse_hollow(fault)
        self._note_unmeasured(patch, now.all | edited.all)
        if now.tests and edited.tests:
            self._check_calls(now.tests.calls, edited.tests.calls)
            self._check_wider()

    def _check_wider(self) -> None:
        """See that tests with other inputs see what they see without the edit."""
        self.progress("asking more than the tests ask")
        tree = self.bench.workspace
        before = tree.good if tree.has_good else tree.bad
        workload, folder = self.bench.workload, self.bench.folder
        if told := compare_wider(workload, folder, (before, tree.bad), tree.fixed):
            self._refuse_hollow(Fault("feature deleted", told))

    def _note_unmeasured(self, patch: Patch, measured: frozenset[tuple[str, str]]) -> None:
        """Note the edited functions that neither the workload nor a test runs."""
        workspace = self.bench.workspace
        for path, after in patch.files.items():
            sides = [workspace.repository.find(path, r) for r in (workspace.base, workspace.head)]
            names = edited_functions(sides, after) if path.endswith(".py") else []
            if not is_test(path):
                self._unmeasured += [name for name in names if (path, name) not in measured]

    def _check_calls(
        self, now: Mapping[tuple[str, str], int], edited: Mapping[tuple[str, str], int]
    ) -> None:
        """See that under the tests no function does much more than it did: counts have no noise."""
        for place in now.keys() & edited.keys():
            if edited[place] > _CALL_RATIO * now[place] + _MORE_CALLS:
                told = f"{place[1]} makes {edited[place]} calls, before {now[place]}"
                self._refuse_hollow(Fault("cost moved", f"{place[0]}: {told}"))

    # What it costs

    def _check_gain(self, name: str, bench: Bench, n_runs: int) -> None:
        try:
            gain, turns = bench.measure(n_runs, self.progress)
        except OutputChangedError as error:
            raise RefusedError("same output", str(error)) from error
        except PatchError as error:
            raise RefusedError(name, str(error)) from error
        self.gains.append(gain)
        if gain.reason and name == "held-out gain":
            if gain.saved_interval[1] < _COLD * self.gains[0].saved:
                told = f"{gain.reason} with inputs that were held out"
                self._refuse_hollow(Fault("input memorised", told))
            raise RefusedError(name, f"held-out inputs: {gain.reason}")
        if gain.reason:
            raise RefusedError(name, gain.reason)
        if fault := find_moved(turns):
            self._refuse_hollow(fault)
        self._pass(name)

    def _check_cold(self) -> None:
        """See that it gains already when an input is new: a round repeats that before it."""
        bench = self.bench
        if bench.workload.rounds == 1:
            return
        self.progress("running single rounds")
        try:
            turns = [bench.turn(with_fixed=True, rounds=1) for _ in range(_N_COLD)]
        except PatchError as error:
            raise RefusedError("same output", f"one round: {error}") from error
        good, bad, fixed = of_turns(turns)
        if bad.sum(axis=1).min() < _COLD_SECONDS:  # no clock tells so little apart
            return
        if bench.workspace.has_good:
            seen = judge_restored("cold", good, bad, fixed)
            is_sure, part = not seen.reason.startswith("the loss"), seen.restored_interval[1]
            least = _COLD * MIN_RESTORED
        else:
            seen = judge_saved("cold", bad, fixed)
            is_sure, part = _is_steady(bad), seen.saved_interval[1]
            least = _COLD * self.gains[0].saved_interval[0]
        if is_sure and part < least:
            self._refuse_hollow(Fault("input memorised", "only rounds that repeat are quick"))


def find_lost(before: Trace, now: Trace, edited: Trace) -> Fault | None:
    """Return what the same work left in public with both versions, and no more with an edit."""
    for name in sorted(before.state.keys() & now.state.keys()):
        is_same = before.state[name] == now.state[name]
        if is_same and edited.state.get(name) != now.state[name]:
            return Fault("feature deleted", f"{name} is not what it was after the same work")
    for name in sorted(before.callbacks.keys() & now.callbacks.keys()):
        least = min(before.callbacks[name], now.callbacks[name])
        if edited.callbacks.get(name, 0) < least:
            told = f"{name} is called {edited.callbacks.get(name, 0)} times, before {least}"
            return Fault("feature deleted", told)
    for line in sorted(before.log.keys() & now.log.keys()):
        least = min(before.log[line], now.log[line])
        if edited.log.get(line, 0) < least:
            return Fault("feature deleted", f"a line is logged no more: {line[:80]}")
    return None


def _is_steady(costs: FloatArray) -> bool:
    """Whether single rounds cost alike, so that a small difference can be seen."""
    totals = costs.sum(axis=1)
    return float(np.std(totals) / np.mean(totals)) < 0.02


def find_moved(turns: Sequence[Turn]) -> Fault | None:
    """Return where an edit spends what it saves in the timed part; None where nowhere.

    Compares whole processes with their timed parts, and the memory that they take.
    """

    def quiet(values: list[float]) -> float:
        return float(quiet_cost(values))

    fixed = [turn.fixed for turn in turns if turn.fixed]
    bad = [turn.bad for turn in turns]
    others = [*bad, *(turn.good for turn in turns if turn.good)]
    spread = float(np.std([r.process_seconds - r.cpu_seconds for r in others]))
    if all(run.process_seconds for run in [*fixed, *bad]):
        saved = quiet([r.cpu_seconds for r in bad]) - quiet([r.cpu_seconds for r in fixed])
        whole = quiet([r.process_seconds for r in bad]) - quiet([r.process_seconds for r in fixed])
        if whole < _MOVED * saved - 2 * spread:
            told = f"of {saved:.3f} CPU s that the timed part saves, the process saves {whole:.3f}"
            return Fault("cost moved", told)
    if any(run.n_left for run in fixed) and not any(run.n_left for run in others):
        return Fault("cost moved", "it leaves processes behind")
    around = [float(run.process_seconds - run.cpu_seconds) for run in fixed]
    usual = [float(run.process_seconds - run.cpu_seconds) for run in bad]
    if quiet(around) > quiet(usual) + _SET_UP_SECONDS + 3 * spread:
        told = f"around the timed part it takes {quiet(around):.2f} s, before {quiet(usual):.2f}"
        return Fault("cost moved", told)
    peak = quiet([float(r.peak_bytes) for r in fixed])
    if peak > _MEMORY_RATIO * max(float(r.peak_bytes) for r in others) + _MEMORY_BYTES:
        return Fault("cost moved", f"it takes {peak / 2**20:.0f} MB of memory")
    return None
