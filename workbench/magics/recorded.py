"""What a profiler of a cell is, and what of its records is the cell's."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from workbench.profile import Profile

THREADS = "<threads>"
"""Root of what went on in threads that a call began."""
LEAST_SHARE = 0.01
"""Of what is left out, from which on that is said."""
_OURS = "workbench/magics/"
_KERNEL = ("ipykernel/", "zmq/", "tornado/", "jupyter_client/")
"""Of the threads that every notebook has."""
_THREAD = re.compile(r"thread \((?P<id>\d+|0x[0-9A-Fa-f]+)\)")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a call did."""

    profile: Profile
    """Stacks begin with the call, or with `<threads>`."""
    note: str = ""
    """What is not in it, or why it tells little."""


class Profiler(Protocol):
    """Records what a call does."""

    name: str

    def why_not(self) -> str:
        """Return why it cannot be used here; empty where it can."""
        ...

    def record(self, call: Callable[[], object]) -> Recorded:
        """Run a call; return where its time went. What the call raises goes on."""
        ...


def is_own(file: str) -> bool:
    """Return whether a file is one of those that run a cell."""
    return _OURS in file.replace("\\", "/")


def make_call(call: Callable[[], object]) -> None:
    """Make a call: below this frame is what it does."""
    call()


def thread_ids() -> set[int]:
    """Return the ids of all threads that there are: those of Python, and of the system."""
    natives = {thread.native_id for thread in threading.enumerate()}
    return {*sys._current_frames(), *(native for native in natives if native is not None)}


def tell_elsewhere(n_elsewhere: int, n: int, what: str) -> str:
    """Return what is to be said of what is left out; empty where that is next to nothing."""
    if n_elsewhere <= LEAST_SHARE * n:
        return ""
    share = f"{n_elsewhere / n:.0%} of the {what} were in threads that were there before"
    return f"{share}, and are left out: begin these in the cell to see them"


def own_stacks(folded: str, here: Collection[int], before: Collection[int]) -> tuple[str, int, int]:
    """Return of the stacks of py-spy those of a call, cut to begin with it.

    Parameters
    ----------
    folded : str
        A stack a line, each begun by its thread.
    here : collection of int
        Ids of the thread that made the call.
    before : collection of int
        Ids of the threads that there were when it was made.

    Returns
    -------
    str, int, int
        Stacks, those of threads that the call began under `<threads>`; how many samples these
        are; and how many were in threads that were there before, which are left out.
    """
    kept: list[str] = []
    n_samples = n_elsewhere = 0
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        root, *frames = stack.split(";")
        found = _THREAD.match(root)
        thread = int(found["id"], 0) if found else 0
        if thread in here:
            cut = _of_call(frames)
        elif thread in before:
            is_known = any(map(is_own, frames)) or any(name in stack for name in _KERNEL)
            n_elsewhere += 0 if is_known else int(count)  # who listens to py-spy, or to the user
            continue
        else:
            cut = [THREADS, *_of_work(frames)]
        if cut:
            kept.append(f"{';'.join(cut)} {count}\n")
            n_samples += int(count)
    return "".join(kept), n_samples, n_elsewhere


def _of_call(frames: list[str]) -> list[str]:
    """Return the frames below `make_call` that are not ours; none where it is not there."""
    made = [at for at, frame in enumerate(frames) if frame.startswith("make_call (")]
    below = frames[made[-1] + 1 :] if made else []
    return below[1:] if below and is_own(below[0]) else below


def _of_work(frames: list[str]) -> list[str]:
    """Return the frames of a thread without those that begin it."""
    begin = next((at for at, frame in enumerate(frames) if "(threading.py" not in frame), 0)
    return frames[begin:]
