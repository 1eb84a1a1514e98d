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
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from workbench.errors import PatchError
from workbench.patch.scratch import scratch_folder

MEMORY_BYTES = 4 << 30
"""Address space of each process."""
FILE_BYTES = 256 << 20
HOME_BYTES = 1 << 30
"""What may be written in all."""
MAX_PROCESSES = 64
_LOOK_SECONDS = 0.05
_TURN_SECONDS = 0.02
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
    waiting_seconds: float
    """How long it slept or waited for others, and not for a processor."""
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


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be run, confined."""

    arguments: Sequence[str]
    """Program and arguments."""
    name: str
    """What to call it in a complaint."""
    cwd: Path | None = None
    """Where it starts. Default: its home."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables besides PATH and locale; HOME and TMPDIR are its own."""
    timeout_s: float = 120.0
    """Wall clock seconds that it may run; CPU seconds of a process have the same limit."""
    kept_fds: Sequence[int] = ()
    """Files that stay open for it."""
    is_confined: bool = True
    """False: limits of time alone, for a profiler that has to write and to trace."""
    kind: Isolation | None = None
    """The room, one of `rooms()`. Default: the safest."""
    writable: Sequence[Path] = ()
    """Folders that it may write in, besides its home."""


def run_confined(command: Command) -> Finished:
    """Run a command with limits, in a clean environment, apart from the rest of the system.

    Returns
    -------
    Finished
        OverLimitError where it was ended.
    """
    return run_in_turns([command])[0]


def run_in_turns(commands: Sequence[Command]) -> list[Finished]:
    """Run commands so that each goes on for 20 ms while the others are stopped, and so on.

    What else the machine does, and how quick it is just now, then meets all of them alike, and
    what they take can be compared.

    Returns
    -------
    list of Finished
        One each; OverLimitError where one was ended, and the others with it.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(_Process(command)) for command in commands]
        try:
            _take_turns(processes)
            return [process.finished() for process in processes]
        finally:
            if (runs := _runs.get()) is not None:
                runs.append(time.monotonic() - began)


def _take_turns(processes: Sequence[_Process]) -> None:
    """Let one process run at a time until all have ended."""
    running = list(processes)
    for process in running[1:]:
        process.stop()
    watch = _Watch(Path(processes[0].home))
    while running:
        for process in list(running):
            turn = _TURN_SECONDS if len(running) > 1 else _LOOK_SECONDS
            process.go_on()
            if process.has_ended_within(turn):
                running.remove(process)
                continue
            if len(running) > 1:
                process.stop()
            watch.look(process)


class _Process:
    """A command that runs, with its home and what it prints."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.seconds = 0.0
        """How long it was not stopped."""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> _Process:
        command = self.command
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        enter = self._stack.enter_context
        self.home = str(enter(scratch_folder()))
        files = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115 (the stack closes them)
        self._out, self._complaint, self._told = map(enter, files)
        environment |= {**command.env, "HOME": self.home, "TMPDIR": self.home}
        cwd = command.cwd or Path(self.home)
        room = _room(command, self.home, cwd) if command.is_confined else []
        told = self._told.fileno()
        supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(told)]
        limit = functools.partial(_limit, command.timeout_s)
        self._process = subprocess.Popen(
            [*room, *supervisor, *command.arguments], cwd=cwd, env=environment,
            stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._complaint,
            start_new_session=True, pass_fds=[told, *command.kept_fds],
            preexec_fn=limit if command.is_confined else None,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        _end_group(self._process)
        self._stack.close()

    @property
    def pid(self) -> int:
        """Of the outermost of its processes."""
        return self._process.pid

    def stop(self) -> None:
        """Stop it, and whatever it started."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on, and whatever it started.

        Whoever is born while its parent is stopped may be left out: it goes on with the next.
        """
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def has_ended_within(self, seconds: float) -> bool:
        """Wait for its end, but not for longer; OverLimitError where its time is over."""
        began = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.seconds += time.monotonic() - began
        if self._process.returncode is None and self.seconds > self.command.timeout_s:
            told = f"did not finish in {self.command.timeout_s:g} s"
            raise OverLimitError(f"{self.command.name}: {told}")
        return self._process.returncode is not None

    def finished(self) -> Finished:
        """Return what it told when it ended."""
        self._told.seek(0)
        out, complaint = _tail(self._out), _tail(self._complaint)
        try:
            seen = json.loads(self._told.read())
        except ValueError as error:  # it was ended with those that it started
            lines = complaint.strip().splitlines() or [f"exit code {self._process.returncode}"]
            raise PatchError(f"{self.command.name}: ended from outside: {lines[-1]}") from error
        return Finished(
            seen["exit_code"], out, complaint, seen["cpu_seconds"], self.seconds,
            seen["waiting_seconds"], seen["peak_bytes"], seen["n_left"],
        )  # fmt: skip


class _Watch:
    """Sees to it that commands take no more than they are given."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._n_tasks, self._free = _n_tasks(), shutil.disk_usage(home).free

    def look(self, process: _Process) -> None:
        """Raise OverLimitError where it has too many processes, or writes too much."""
        name = process.command.name
        may_be_many = _n_tasks() > self._n_tasks + MAX_PROCESSES
        if may_be_many and len(_descendants(process.pid)) > MAX_PROCESSES:
            raise OverLimitError(f"{name}: started more than {MAX_PROCESSES} processes")
        is_fuller = self._free - shutil.disk_usage(self._home).free > HOME_BYTES
        if is_fuller and _written(process.pid) > HOME_BYTES:
            raise OverLimitError(f"{name}: wrote more than {HOME_BYTES >> 20} MB")


def _n_tasks() -> int:
    """Return how many tasks the system has, cheaply; 0 where it does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])
    return 0


def _descendants(pid: int) -> list[int]:
    """Return the processes that a process has begotten and that still run."""
    found: list[int] = []
    pending = [pid]
    while pending:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pending.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                pending += children
    return found


def _written(pid: int) -> float:
    """Return how many bytes a process and what it started have written, ended ones included.

    Infinite where the system does not tell.
    """
    total = 0
    for each in (pid, *_descendants(pid)):
        try:
            lines = Path(f"/proc/{each}/io").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            if not Path("/proc/self/io").exists():
                return math.inf
            continue  # it has ended
        except (PermissionError, ProcessLookupError):
            continue
        told = dict(line.split(": ") for line in lines)
        total += max(int(told["wchar"]), int(told["write_bytes"]))
    return total


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


def _room(command: Command, home: str, cwd: Path) -> list[str]:
    """Return the command that runs another in its room."""
    kind = command.kind or isolation()
    options = [*rooms()[kind]]
    if kind == "bubblewrap":
        for folder in command.writable:
            options += ["--bind", str(folder), str(folder)]
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
