"""Run a workload in a subprocess with limits and read what it reports.

A workload does a number of rounds of work, given in `WL_REPEAT`, and prints one line

    WL cpu=<seconds> wall=<seconds> check=<value>

for its timed part; `check` is a value that every correct version of the code agrees on.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import PatchError
from workbench.types import Workload

_REPORT = re.compile(r"^WL cpu=([0-9.]+) wall=([0-9.]+) check=(.*)$", re.MULTILINE)
_TIMED_SECONDS = 0.05
"""Shortest run that is timed well: the clock of CPU time may tick as seldom as every 10 ms."""
_MAX_ROUNDS = 8**8
_MEMORY_BYTES = 4 << 30
_FILE_BYTES = 256 << 20
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a workload."""

    cpu_seconds: float
    """CPU time of the timed part."""
    rounds: int
    check: str

    @property
    def cost(self) -> float:
        """CPU seconds per round of work."""
        return self.cpu_seconds / self.rounds


def workload_environment(
    workload: Workload, folder: Path, code: Path, rounds: int
) -> dict[str, str]:
    """Return the whole environment of a run: nothing of the user's but path and locale."""
    paths = [code, *(folder / path for path in workload.paths)]
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        **workload.env,
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "WL_REPEAT": str(rounds),
    }


def run_workload(
    workload: Workload,
    folder: Path,
    code: Path,
    *,
    rounds: int | None = None,
    prefix: Sequence[str] = (),
) -> Run:
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
        Command that runs the interpreter, such as a profiler's.

    Returns
    -------
    Run
        PatchError where the workload fails, takes too long or reports nothing.
    """
    rounds = rounds or workload.rounds
    script, *arguments = workload.command
    with tempfile.TemporaryDirectory(prefix="workbench-run-") as home:
        command = [*_without_network(), *prefix, sys.executable, str(folder / script), *arguments]
        environment = workload_environment(workload, folder, code, rounds)
        environment |= {"HOME": home, "TMPDIR": home}
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=None if prefix else functools.partial(_limit, workload.timeout_s),
        )
        try:
            out, complaint = process.communicate(timeout=workload.timeout_s)
        except subprocess.TimeoutExpired as error:
            raise PatchError(f"{script}: did not finish in {workload.timeout_s:g} s") from error
        finally:
            _end_group(process)
    if process.returncode:
        last = complaint.strip().splitlines() or [f"exit code {process.returncode}"]
        raise PatchError(f"{script} failed: {last[-1]}")
    report = _REPORT.search(out)
    if not report:
        raise PatchError(f"{script}: expected a line 'WL cpu=… wall=… check=…', got {out[:80]!r}")
    return Run(float(report[1]), rounds, report[3])


def cost_of_round(workload: Workload, folder: Path, code: Path) -> float:
    """Return about how many CPU seconds a round takes, from a run long enough to be timed."""
    rounds = 1
    run = run_workload(workload, folder, code, rounds=rounds)
    while run.cpu_seconds < _TIMED_SECONDS and rounds < _MAX_ROUNDS:
        rounds *= 8
        run = run_workload(workload, folder, code, rounds=rounds)
    return run.cost


def _limit(seconds: float) -> None:
    cpu_seconds = math.ceil(seconds) + 1  # should nobody be left to end it
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_group(process: subprocess.Popen[str]) -> None:
    """End the run and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


@functools.cache
def _without_network() -> tuple[str, ...]:
    """Return the command that takes the network away, where the system allows one."""
    tool = shutil.which("unshare")
    for options in (("--net",), ("--user", "--map-root-user", "--net")):
        if tool and subprocess.run([tool, *options, "true"], capture_output=True).returncode == 0:
            return (tool, *options)
    return ()
