"""Profile a call within this process, by whichever profiler can: one class each, one order."""

from __future__ import annotations

import contextlib
import cProfile
import ctypes
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
from types import CodeType
from typing import Any, Protocol

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.profile import Profile, ProfileBuilder, ValueType

RATE_HZ = 200
_READY_S = 10.0
_PR_SET_PTRACER = 0x59616D61


class Profiler(Protocol):
    """Records what a call does."""

    name: str

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        ...

    def record(self, call: Callable[[], object]) -> Profile:
        """Run a call; return where its time went. What the call raises goes on."""
        ...


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

    def record(self, call: Callable[[], object]) -> Profile:
        """Run a call; return its samples."""
        with tempfile.TemporaryDirectory(prefix="workbench-cell-") as place:
            raw = Path(place) / "stacks.txt"
            with _attached(raw):
                call()
            text = raw.read_bytes() if raw.is_file() else b""
            return read(text, format="folded") if text.strip() else _nothing("samples", "count")


class Monitoring:
    """Is told of each call by the interpreter (PEP 669): exact, and slower; Python 3.12 on."""

    name = "sys.monitoring"

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        if not hasattr(sys, "monitoring"):
            return f"Python {sys.version_info[0]}.{sys.version_info[1]} has no sys.monitoring"
        user = sys.monitoring.get_tool(sys.monitoring.PROFILER_ID)
        return f"{user} is profiling" if user else ""

    def record(self, call: Callable[[], object]) -> Profile:
        """Run a call; return the time of each of its call paths."""
        calls = _Calls()
        with calls.told():
            call()
        return calls.profile()


class CProfile:
    """Counts calls and their time: who called whom, no stacks; there is nothing it needs."""

    name = "cProfile"

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        return ""

    def record(self, call: Callable[[], object]) -> Profile:
        """Run a call; return the graph of its calls."""
        recorder = cProfile.Profile()
        try:
            recorder.runcall(call)
        finally:
            with tempfile.TemporaryDirectory() as place:
                recorder.dump_stats(Path(place) / "cell.pstats")
                profile = read(Path(place) / "cell.pstats")
        return profile


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


def _nothing(name: str, unit: str) -> Profile:
    return ProfileBuilder(ValueType(name, unit)).build()


class _Calls:
    """The tree of calls that the interpreter tells of, in this thread."""

    def __init__(self) -> None:
        self.parents: list[int] = [-1]
        self.codes: list[CodeType | None] = [None]
        self.own_ns: list[int] = [0]
        self._children: dict[tuple[int, CodeType], int] = {}
        self._at, self._since_ns = 0, 0
        self._thread = threading.get_ident()

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Be told of calls until the context ends."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        events, tool = monitoring.events, monitoring.PROFILER_ID
        acts = {
            events.PY_START: self._enter, events.PY_RESUME: self._enter,
            events.PY_THROW: self._enter, events.PY_RETURN: self._leave,
            events.PY_YIELD: self._leave, events.PY_UNWIND: self._leave,
        }  # fmt: skip
        monitoring.use_tool_id(tool, "workbench")
        try:
            for event, act in acts.items():
                monitoring.register_callback(tool, event, act)
            self._since_ns = time.perf_counter_ns()
            monitoring.set_events(tool, sum(acts))
            yield
        finally:
            monitoring.set_events(tool, 0)
            for event in acts:
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)

    def profile(self) -> Profile:
        """Return the time of each path, in nanoseconds."""
        builder = ProfileBuilder(ValueType("wall", "nanoseconds"))
        stacks: dict[int, tuple[int, ...]] = {0: ()}
        for node, (parent, code) in enumerate(zip(self.parents, self.codes, strict=True)):
            if code is not None:
                frame = builder.frame(code.co_qualname, code.co_filename)
                stacks[node] = (*stacks[parent], frame)
            if self.own_ns[node] > 0 and node:
                builder.sample(builder.stack(stacks[node]), self.own_ns[node])
        return builder.build()

    def _enter(self, code: CodeType, *_: object) -> None:
        if threading.get_ident() != self._thread:
            return
        self._count()
        key = (self._at, code)
        if key not in self._children:
            self._children[key] = len(self.parents)
            self.parents.append(self._at)
            self.codes.append(code)
            self.own_ns.append(0)
        self._at = self._children[key]

    def _leave(self, code: CodeType, *_: object) -> None:
        if threading.get_ident() != self._thread:
            return
        self._count()
        if self.codes[self._at] is code:  # else it was entered before this began
            self._at = self.parents[self._at]

    def _count(self) -> None:
        now = time.perf_counter_ns()
        self.own_ns[self._at] += now - self._since_ns
        self._since_ns = now
