"""Profile a call within this process, by whichever profiler can: one class each, one order."""

from __future__ import annotations

import contextlib
import cProfile
import ctypes
import marshal
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.magics.monitoring import Monitoring
from workbench.magics.recorded import (
    Profiler,
    Recorded,
    is_own,
    make_call,
    own_stacks,
    tell_elsewhere,
    thread_ids,
)
from workbench.profile import ProfileBuilder, ValueType

RATE_HZ = 200
_READY_S = 10.0
FEWEST_SAMPLES = 20
"""With fewer nothing is told of where the time went."""
LEAST_S, COARSE = 0.02, 0.05
"""CPU time that clocks can tell parts of, and to which share two of them agree."""
_PR_SET_PTRACER = 0x59616D61

Key = tuple[str, int, str]
"""File, line and name of a function, as cProfile has it."""


class PySpy:
    """Samples this process from outside: no cost to it, and C code counts for who called it."""

    name = "py-spy"

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        if _py_spy() is None:
            return "py-spy is not installed"
        try:
            with tempfile.TemporaryDirectory() as place, _attached(Path(place) / "stacks.txt"):
                return ""
        except ProfileError as error:
            return str(error)

    def record(self, call: Callable[[], object]) -> Recorded:
        """Run a call; return its samples, and those of the threads that it began."""
        with tempfile.TemporaryDirectory(prefix="workbench-cell-") as place:
            raw = Path(place) / "stacks.txt"
            with _attached(raw):
                here, before = {threading.get_ident(), threading.get_native_id()}, thread_ids()
                began_s = time.perf_counter()
                make_call(call)
                wall_s = time.perf_counter() - began_s
            told = raw.read_text("utf-8", "replace") if raw.is_file() else ""
        stacks, n_samples, n_elsewhere = own_stacks(told, here, before)
        notes = [too_few(n_samples, wall_s)]
        notes.append(tell_elsewhere(n_elsewhere, n_samples + n_elsewhere, "samples"))
        profile = (
            read(stacks.encode(), format="folded")
            if stacks
            else ProfileBuilder(ValueType("samples", "count")).build()
        )
        return Recorded(profile, "; ".join(filter(None, notes)))


def too_few(n_samples: int, wall_s: float) -> str:
    """Return what is to be said of a call with next to no samples; empty where there are enough."""
    if n_samples >= FEWEST_SAMPLES:
        return ""
    if wall_s * RATE_HZ > 5 * FEWEST_SAMPLES:
        waits = f"it took {wall_s:.1f} s, and next to no CPU time: it waits"
        return f"{waits}; --with cProfile tells for what"
    few = f"too short to tell: {n_samples} samples at {RATE_HZ} a second"
    return f"{few}; repeat the work, or use --with cProfile"


class CProfile:
    """Counts calls and their time: who called whom, no stacks; there is nothing it needs."""

    name = "cProfile"

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        return ""

    def record(self, call: Callable[[], object]) -> Recorded:
        """Run a call; return the graph of its calls."""
        recorder = cProfile.Profile()
        all_s, here_s = time.process_time(), time.thread_time()
        recorder.runcall(call)
        all_s, here_s = time.process_time() - all_s, time.thread_time() - here_s
        recorder.create_stats()
        stats = _without_own(recorder.stats)
        share = 1 - here_s / all_s if all_s > LEAST_S else 0.0
        note = f"{share:.0%} of the CPU time was in other threads: cProfile is of one thread"
        return Recorded(read(marshal.dumps(stats), format="pstats"), note if share > COARSE else "")


def _without_own(stats: dict[Key, tuple[Any, ...]]) -> dict[Key, tuple[Any, ...]]:
    """Return what cProfile counted without the frames that are ours, and its own."""
    own = {key for key in stats if is_own(key[0]) or "_lsprof.Profiler" in key[2]}
    return {
        key: (*counts, {caller: n for caller, n in callers.items() if caller not in own})
        for key, (*counts, callers) in stats.items()
        if key not in own
    }


PROFILERS: tuple[Profiler, ...] = (PySpy(), Monitoring(), CProfile())
"""The best first."""


def choose_profiler(name: str = "") -> tuple[Profiler, list[str]]:
    """Return the best profiler there is, or the one that is named, and why not a better one.

    ProfileError where the named one cannot be used.
    """
    reasons: list[str] = []
    for profiler in PROFILERS:
        if name and profiler.name != name:
            continue
        why_not = profiler.why_not()
        if not why_not:
            return profiler, reasons
        reasons.append(f"{profiler.name}: {why_not}")
    known = ", ".join(profiler.name for profiler in PROFILERS)
    raise ProfileError("; ".join(reasons) or f"expected a profiler of {known}, got {name!r}")


def _py_spy() -> str | None:
    return shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")


@contextlib.contextmanager
def _attached(raw: Path) -> Iterator[None]:
    """Have py-spy sample this process, into a file that is whole when the context ends."""
    command = [
        str(_py_spy()), "record", f"--pid={os.getpid()}", "--format=raw", "--function",
        "--threads",
        f"--rate={RATE_HZ}", f"--output={raw}",
    ]  # fmt: skip
    spy = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _let_trace(spy.pid)
        _wait_until_ready(spy)
        yield
    finally:
        if spy.poll() is None:
            spy.send_signal(signal.SIGINT)
        try:
            spy.communicate(timeout=_READY_S)
        except subprocess.TimeoutExpired:
            spy.kill()
            spy.communicate()


def _let_trace(pid: int) -> None:
    """Let a child trace this process, where Linux forbids that (Yama's scope 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(pid), 0, 0, 0)


def _wait_until_ready(spy: subprocess.Popen[bytes]) -> None:
    """Wait until py-spy says that it samples; ProfileError with its words where it does not."""
    said: list[bytes] = []
    is_ready = threading.Event()

    def listen() -> None:
        assert spy.stdout is not None
        for line in spy.stdout:
            said.append(line)
            if b"Sampling process" in line:
                is_ready.set()
        is_ready.set()

    threading.Thread(target=listen, daemon=True).start()
    is_ready.wait(_READY_S)
    if not any(b"Sampling process" in line for line in said):
        words = b" ".join(said).decode("utf-8", "replace").split("\n")[0].strip()
        raise ProfileError(f"py-spy cannot trace this process: {words or 'it said nothing'}")
