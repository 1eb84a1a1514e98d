"""A room of its own for a command: limits everywhere, and what more the system can do.

With bubblewrap (https://github.com/containers/bubblewrap) the command sees every file and can write
none but those in a home of its own, which is in memory and bounded; it has no network, no processes
but its own, and none of them outlives it. Without it, namespaces of `unshare` take network and
processes away; without those, limits alone stand.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from workbench.errors import PatchError

MEMORY_BYTES = 4 << 30
"""Address space of each process."""
FILE_BYTES = 256 << 20
HOME_BYTES = 1 << 30
"""What may be written in all."""
MAX_PROCESSES = 64
_LOOK_SECONDS = 0.05
_SUPERVISOR = Path(__file__).parent / "inside" / "supervisor.py"
_TOLD_BYTES = 1 << 20
"""Of what a command prints, the last so many are read."""
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")

Isolation = Literal["bubblewrap", "namespaces", "limits"]


class OverLimitError(PatchError):
    """A command took more than it was given, and was ended."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended by itself."""

    exit_code: int
    out: str
    complaint: str
    """What it printed as errors."""
    cpu_seconds: float
    """Of all its processes, from their start to their end."""
    wall_seconds: float
    peak_bytes: int
    """Most resident memory of one of its processes."""
    n_left: int = 0
    """Processes that it left behind, where the system tells them apart."""


_runs: ContextVar[list[float] | None] = ContextVar("runs", default=None)


@contextlib.contextmanager
def timed_runs() -> Iterator[list[float]]:
    """Collect the wall clock seconds of each command that is run meanwhile, in this context."""
    seconds: list[float] = []
    token = _runs.set(seconds)
    try:
        yield seconds
    finally:
        _runs.reset(token)


def run_confined(
    command: Sequence[str], *, name: str, cwd: Path | None = None,
    env: Mapping[str, str] | None = None, timeout_s: float = 120.0, is_confined: bool = True,
    kept_fds: Sequence[int] = (), kind: Isolation | None = None,
) -> Finished:  # fmt: skip
    """Run a command with limits, in a clean environment, apart from the rest of the system.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    name : str
        What to call it in a complaint.
    cwd : Path, optional
        Where it starts. Default: its home.
    env : mapping, optional
        Variables besides PATH and locale; HOME and TMPDIR are its own.
    timeout_s : float
        Wall clock seconds; CPU seconds of a process have the same limit.
    is_confined : bool
        False: limits of time alone, for a profiler that has to write and to trace.
    kept_fds : sequence of int
        Files that stay open for it.
    kind : str, optional
        The room, one of `rooms()`. Default: the safest.

    Returns
    -------
    Finished
        OverLimitError where it was ended.
    """
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    with (
        tempfile.TemporaryDirectory(prefix="workbench-run-") as home,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as complaint,
        tempfile.TemporaryFile() as told,
    ):
        environment |= {**(env or {}), "HOME": home, "TMPDIR": home}
        room = _room(kind or isolation(), home, cwd or Path(home)) if is_confined else []
        supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(told.fileno())]
        began = time.monotonic()
        process = subprocess.Popen(
            [*room, *supervisor, *command], cwd=cwd or home, env=environment,
            stdin=subprocess.DEVNULL, stdout=out, stderr=complaint, start_new_session=True,
            pass_fds=[told.fileno(), *kept_fds],
            preexec_fn=functools.partial(_limit, timeout_s) if is_confined else None,
        )  # fmt: skip
        try:
            _wait(process, Path(home), name, began + timeout_s, timeout_s)
            seconds = time.monotonic() - began
        finally:
            _end_group(process)
            if (runs := _runs.get()) is not None:
                runs.append(time.monotonic() - began)
        told.seek(0)
        try:
            seen = json.loads(told.read())
            return Finished(
                seen["exit_code"], _tail(out), _tail(complaint), seen["cpu_seconds"], seconds,
                seen["peak_bytes"], seen["n_left"],
            )  # fmt: skip
        except ValueError as error:  # it was ended with those that it started
            lines = _tail(complaint).strip().splitlines() or [f"exit code {process.returncode}"]
            raise PatchError(f"{name}: ended from outside: {lines[-1]}") from error


def _wait(
    process: subprocess.Popen[bytes], home: Path, name: str, deadline: float, timeout_s: float
) -> None:
    """Wait for the end of a command, and look at what it takes meanwhile."""
    n_tasks, free = _n_tasks(), shutil.disk_usage(home).free
    pause = 0.001
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise OverLimitError(f"{name}: did not finish in {timeout_s:g} s")
        if _n_tasks() > n_tasks + MAX_PROCESSES and _n_descendants(process.pid) > MAX_PROCESSES:
            raise OverLimitError(f"{name}: started more than {MAX_PROCESSES} processes")
        if free - shutil.disk_usage(home).free > HOME_BYTES:
            raise OverLimitError(f"{name}: wrote more than {HOME_BYTES >> 20} MB")
        time.sleep(pause)
        pause = min(2 * pause, _LOOK_SECONDS)


def _n_tasks() -> int:
    """Return how many tasks the system has, cheaply; 0 where it does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])
    return 0


def _n_descendants(pid: int) -> int:
    """Return how many processes a process has begotten that still run."""
    found, pending = 0, [pid]
    while pending:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pending.pop()}/task").iterdir():
                children = (task / "children").read_text().split()
                found += len(children)
                pending += map(int, children)
    return found


def _tail(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TOLD_BYTES))
    return file.read().decode("utf-8", "replace")


def _limit(seconds: float) -> None:
    cpu_seconds = math.ceil(seconds) + 1  # should nobody be left to end it
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a command and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        process.wait()


def isolation() -> Isolation:
    """Return how far this system keeps a command apart."""
    return next(iter(rooms()))


def _room(kind: Isolation, home: str, cwd: Path) -> list[str]:
    """Return the command that runs another in its room."""
    options = [*rooms()[kind]]
    if kind == "bubblewrap":
        options += ["--size", str(HOME_BYTES), "--tmpfs", home, "--chdir", str(cwd), "--"]
    return options


@functools.cache
def rooms() -> Mapping[Isolation, tuple[str, ...]]:
    """Return the kinds of rooms that this system allows, the safest first, found by trying."""
    found: dict[Isolation, tuple[str, ...]] = {}
    if tool := shutil.which("bwrap"):
        options: tuple[str, ...] = (
            tool, "--unshare-all", "--as-pid-1", "--die-with-parent", "--ro-bind", "/", "/",
            "--proc", "/proc", "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", "/dev/shm",
            "--remount-ro", "/dev", "--size", str(1 << 20), "--tmpfs", "/run",
        )  # fmt: skip
        if _works([*options, "true"]):
            found["bubblewrap"] = options
    if tool := shutil.which("unshare"):
        for user in ((), ("--user", "--map-root-user")):
            options = (tool, *user, "--net", "--pid", "--fork", "--kill-child")
            if "namespaces" not in found and _works([*options, "true"]):
                found["namespaces"] = options
    return {**found, "limits": ()}


def _works(command: Sequence[str]) -> bool:
    done = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode == 0
