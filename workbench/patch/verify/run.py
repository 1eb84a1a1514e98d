"""Run a workload in a subprocess with limits and read what it reports.

A workload does a number of rounds of work, given in `WL_REPEAT`, and prints one line

    WL cpu=<seconds> wall=<seconds> check=<value>

for its timed part; `check` is a value that every correct version of the code agrees on. It may
print besides what parts of the timed part took, which makes small differences plain sooner:

    WL slices=<seconds>,<seconds>,…
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from workbench.errors import PatchError
from workbench.patch.verify.sandbox import Command, Finished, run_confined, run_in_turns
from workbench.types import Workload

_REPORT = re.compile(r"^WL cpu=([0-9.]+) wall=[0-9.]+ check=(.*)$", re.MULTILINE)
_SLICES = re.compile(r"^WL slices=([0-9.]+(?:,[0-9.]+)*)$", re.MULTILINE)
_TIMED_SECONDS = 0.05
"""Shortest run that is timed well: the clock of CPU time may tick as seldom as every 10 ms."""
_MAX_ROUNDS = 8**8
TEST_SECONDS = 600.0
"""How long a project's tests may take."""
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*==\s*([\w.!+-]+)")
_TRACER = Path(__file__).parent / "inside" / "tracer.py"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workload."""

    cpu_seconds: float
    """CPU time of the timed part."""
    rounds: int
    check: str
    slices: tuple[float, ...] = ()
    """CPU seconds of equal parts of the timed part, in order; empty where they are not told."""
    waiting_seconds: float = 0.0
    """How long the process slept or waited for others, from its start to its end."""
    process_seconds: float = 0.0
    """CPU time of all its processes, from their start to their end."""
    peak_bytes: int = 0
    n_left: int = 0
    """Processes that it left behind."""

    @property
    def cost(self) -> float:
        """CPU seconds per round of work."""
        return self.cpu_seconds / self.rounds

    @property
    def slice_costs(self) -> tuple[float, ...]:
        """CPU seconds of each slice for each round of the run; they add up to `cost`."""
        return tuple(slice_ / self.rounds for slice_ in self.slices) or (self.cost,)


def workload_environment(
    workload: Workload, folder: Path, code: Path, rounds: int, inputs: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of a run besides path, locale and home."""
    paths = [code, *(folder / path for path in workload.paths)]
    paths += pinned_libraries(workload, folder, code)
    return {
        **workload.env,
        **inputs,
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "WL_REPEAT": str(rounds),
    }


def pinned_libraries(workload: Workload, folder: Path, code: Path) -> list[Path]:
    """Return the folders of the libraries that a version of the code pins.

    They are those of `workload.libraries`, in folders called NAME-VERSION, that its
    requirements.txt names as `NAME==VERSION`.
    """
    if not workload.libraries:
        return []
    try:
        lines = (code / "requirements.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PatchError(f"expected requirements.txt, for the libraries it pins: {error}") from None
    found = []
    for line in lines:
        if pin := _PIN.match(line.strip()):
            library = folder / workload.libraries / f"{pin[1]}-{pin[2]}"
            if not library.is_dir():
                raise PatchError(f"requirements.txt pins {pin[0]}; expected {library}, found none")
            found.append(library)
    return found


def run_workload(
    workload: Workload, folder: Path, code: Path, *, rounds: int | None = None,
    prefix: Sequence[str] = (), inputs: Mapping[str, str] | None = None,
    writable: Sequence[Path] = (),
) -> Run:  # fmt: skip
    """Run a workload once against a version of the code.

    Parameters
    ----------
    workload : Workload
        What to run; its paths are relative to `folder`.
    folder : Path
        The case folder.
    code : Path
        Import root of the version under test, first on the path.
    rounds : int, optional
        Rounds of work. Default: the workload's own.
    prefix : sequence of str
        Command that runs the interpreter, such as a profiler's; it may write where it likes.
    inputs : mapping, optional
        Variables that choose other inputs, as `workload.held_out` has them.
    writable : sequence of Path
        Folders that it may write in, besides a home of its own.

    Returns
    -------
    Run
        PatchError where the workload fails, takes too long or reports nothing.
    """
    command = replace(_command(workload, folder, code, rounds, inputs), writable=writable)
    if prefix:
        command = replace(command, arguments=[*prefix, *command.arguments], is_confined=False)
    return _read(run_confined(command), workload, rounds)


def run_versions(
    workload: Workload, folder: Path, codes: Sequence[Path], *, rounds: int | None = None,
    inputs: Mapping[str, str] | None = None,
) -> list[Run]:  # fmt: skip
    """Run a workload against several versions of the code, which take turns of 20 ms.

    Takes what `run_workload` takes, and returns a run of each; PatchError where one fails.
    """
    commands = [_command(workload, folder, code, rounds, inputs) for code in codes]
    return [_read(done, workload, rounds) for done in run_in_turns(commands)]


def _command(
    workload: Workload, folder: Path, code: Path, rounds: int | None,
    inputs: Mapping[str, str] | None,
) -> Command:  # fmt: skip
    env = workload_environment(workload, folder, code, rounds or workload.rounds, inputs or {})
    arguments = [sys.executable, *_arguments(workload, folder)]
    return Command(arguments, workload.command[0], env=env, timeout_s=workload.timeout_s)


def _read(done: Finished, workload: Workload, rounds: int | None) -> Run:
    """Read what a workload reports."""
    script = workload.command[0]
    _expect_success(done, script)
    report = _REPORT.search(done.out)
    if not report:
        seen = done.out[:80]
        raise PatchError(f"{script}: expected a line 'WL cpu=… wall=… check=…', got {seen!r}")
    slices = _SLICES.search(done.out)
    return Run(
        float(report[1]), rounds or workload.rounds, report[2],
        tuple(map(float, slices[1].split(","))) if slices else (), done.waiting_seconds,
        done.cpu_seconds, done.peak_bytes, done.n_left,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trace:
    """Which functions of the code ran, as (file, qualified name)."""

    functions: frozenset[tuple[str, str]]
    calls: Mapping[tuple[str, str], int]
    """How many calls, of Python or C, were made for each function that was called from outside."""
    callbacks: Mapping[str, int]
    """How often the code called functions of whoever ran it."""
    state: Mapping[str, str]
    """Digest of what was left in public, by name."""
    log: Mapping[str, int]
    """How often each line was logged."""


def trace_workload(
    workload: Workload, folder: Path, code: Path, inputs: Mapping[str, str]
) -> Trace:
    """Note what one round of work runs; PatchError where it fails."""
    env = workload_environment(workload, folder, code, 1, inputs)
    name = workload.command[0]
    return _trace(_arguments(workload, folder), name, code, env, workload.timeout_s, None)


def trace_tests(workload: Workload, folder: Path, code: Path, env: Mapping[str, str]) -> Trace:
    """Note what the project's tests run; they may fail."""
    env = {**workload_environment(workload, folder, code, 1, {}), **env}
    return _trace(workload.tests, "tests", code, env, TEST_SECONDS, code, may_fail=True)


def _trace(
    arguments: Sequence[str], name: str, code: Path, env: Mapping[str, str], timeout_s: float,
    cwd: Path | None, *, may_fail: bool = False,
) -> Trace:  # fmt: skip
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        command = [sys.executable, str(_TRACER), str(code), str(told.fileno()), *arguments]
        done = run_confined(Command(command, name, cwd, env, timeout_s, (told.fileno(),)))
        if not may_fail:
            _expect_success(done, name)
        told.seek(0)
        try:
            seen = json.loads(told.read())
        except ValueError as error:
            raise PatchError(f"{name}: did not tell what ran: {error}") from error
    functions = frozenset((file, function) for file, function in seen["functions"])
    calls = {(file, function): n for file, function, n in seen["calls"]}
    return Trace(functions, calls, seen["callbacks"], seen["state"], seen["log"])


def _arguments(workload: Workload, folder: Path) -> list[str]:
    script, *arguments = workload.command
    return [str(folder / script), *arguments]


def _expect_success(done: Finished, name: str) -> None:
    if done.exit_code:
        last = done.complaint.strip().splitlines() or [f"exit code {done.exit_code}"]
        raise PatchError(f"{name} failed: {last[-1]}")


class RunVersions(Protocol):
    """What runs a workload against several versions, as `run_versions` does."""

    def __call__(
        self, workload: Workload, folder: Path, codes: Sequence[Path], *,
        rounds: int | None = None, inputs: Mapping[str, str] | None = None,
    ) -> list[Run]:  # fmt: skip
        """Return a run of each; PatchError where one fails."""


def cost_of_round(
    workload: Workload, folder: Path, code: Path, inputs: Mapping[str, str] | None = None,
    run: RunVersions = run_versions,
) -> float:  # fmt: skip
    """Return about how many CPU seconds a round takes, from a run long enough to be timed."""
    rounds = 1
    (seen,) = run(workload, folder, [code], rounds=rounds, inputs=inputs)
    while seen.cpu_seconds < _TIMED_SECONDS and rounds < _MAX_ROUNDS:
        rounds *= 8
        (seen,) = run(workload, folder, [code], rounds=rounds, inputs=inputs)
    return seen.cost
