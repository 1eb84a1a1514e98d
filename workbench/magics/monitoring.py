"""Calls as the interpreter tells of them (PEP 669): a tree for each thread."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import CodeType
from typing import Any

from workbench.magics.recorded import THREADS, Recorded, is_own, tell_elsewhere
from workbench.profile import ProfileBuilder, ValueType


class Monitoring:
    """Is told of each call by the interpreter: exact, and slower; Python 3.12 on."""

    name = "sys.monitoring"

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        if not hasattr(sys, "monitoring"):
            return f"Python {sys.version_info[0]}.{sys.version_info[1]} has no sys.monitoring"
        user = sys.monitoring.get_tool(sys.monitoring.PROFILER_ID)
        return f"{user} is profiling" if user else ""

    def record(self, call: Callable[[], object]) -> Recorded:
        """Run a call; return the time of each of its call paths, and of threads that it began."""
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined]
        calls, tool = _Calls(), monitoring.PROFILER_ID
        acts = calls.acts(monitoring.events)
        monitoring.use_tool_id(tool, "workbench")
        try:
            for event, act in acts.items():
                monitoring.register_callback(tool, event, act)
            monitoring.set_events(tool, sum(acts))
            call()
        finally:
            monitoring.set_events(tool, 0)
            for event in acts:
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
        return calls.recorded(time.perf_counter_ns())


class _Tree:
    """The calls of one thread, each path once; node 0 is what called the first of them."""

    def __init__(self) -> None:
        self.parents: list[int] = [-1]
        self.codes: list[CodeType | None] = [None]
        self.own_ns: list[int] = [0]
        self._children: dict[tuple[int, CodeType], int] = {}
        self.n_calls = 0
        self._at, self._since_ns = 0, time.perf_counter_ns()

    def enter(self, code: CodeType) -> None:
        self.count(time.perf_counter_ns())
        self.n_calls += 1
        key = (self._at, code)
        if key not in self._children:
            self._children[key] = len(self.parents)
            self.parents.append(self._at)
            self.codes.append(code)
            self.own_ns.append(0)
        self._at = self._children[key]

    def leave(self, code: CodeType) -> None:
        self.count(time.perf_counter_ns())
        if self.codes[self._at] is code:  # else it was entered before this began
            self._at = self.parents[self._at]

    def count(self, now_ns: int) -> None:
        """Count the time since the last event for what runs."""
        self.own_ns[self._at] += now_ns - self._since_ns
        self._since_ns = now_ns


class _Calls:
    """The trees of this thread and of those that begin later."""

    def __init__(self) -> None:
        self._here = threading.get_ident()
        self._before = {*sys._current_frames()} - {self._here}
        self._trees: dict[int, _Tree] = {}
        self._elsewhere = dict.fromkeys(self._before, 0)

    def acts(self, events: Any) -> dict[int, Callable[..., None]]:
        """Return what is done at each event."""
        entered = (events.PY_START, events.PY_RESUME, events.PY_THROW)
        left = (events.PY_RETURN, events.PY_YIELD, events.PY_UNWIND)
        return {**dict.fromkeys(entered, self._enter), **dict.fromkeys(left, self._leave)}

    def recorded(self, end_ns: int) -> Recorded:
        """Return the time of each path, in nanoseconds."""
        builder = ProfileBuilder(ValueType("wall", "nanoseconds"))
        for thread, tree in self._trees.items():
            tree.count(end_ns)
            _add(builder, tree, is_here=thread == self._here)
        n_elsewhere = sum(self._elsewhere.values())
        n_calls = n_elsewhere + sum(tree.n_calls for tree in self._trees.values())
        return Recorded(builder.build(), tell_elsewhere(n_elsewhere, n_calls, "calls"))

    def _enter(self, code: CodeType, *_: object) -> None:
        thread = threading.get_ident()
        tree = self._trees.get(thread)
        if tree is None and thread in self._before:
            self._elsewhere[thread] += 1
            return
        if tree is None:
            tree = self._trees[thread] = _Tree()
        tree.enter(code)

    def _leave(self, code: CodeType, *_: object) -> None:
        tree = self._trees.get(threading.get_ident())
        if tree is not None:
            tree.leave(code)


def _add(builder: ProfileBuilder, tree: _Tree, *, is_here: bool) -> None:
    """Add a tree without the frames at its root that only begin the call, or the thread."""
    root = () if is_here else (builder.frame(THREADS),)
    stacks: list[tuple[int, ...]] = [root]
    for parent, code, own_ns in zip(tree.parents, tree.codes, tree.own_ns, strict=True):
        if code is None:
            continue
        begins = is_own(code.co_filename) if is_here else code.co_filename == threading.__file__
        stack = stacks[parent]
        if not (begins and stack == root):
            stack = (*stack, builder.frame(code.co_qualname, code.co_filename))
        stacks.append(stack)
        if own_ns > 0 and stack:
            builder.sample(builder.stack(stack), own_ns)
