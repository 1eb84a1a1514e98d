"""Temporary folders that go with their process; those of a killed one are found and removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "workbench-scratch-"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temporary folder, held by a lock on it for as long as it is used.

    The system gives the lock back when the process ends, however it ends.
    """
    made = Path(tempfile.mkdtemp(prefix="workbench-new-"))
    held = os.open(made, os.O_RDONLY)
    place = made.with_name(made.name.replace("workbench-new-", _PREFIX))
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        made.rename(place)  # nobody finds it under this name before it is held
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(held)


def remove_left() -> None:
    """Remove the scratch folders that nobody holds."""
    for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # it is another user's, or has just gone
            if not _is_held(place):
                shutil.rmtree(place)


def _is_held(place: Path) -> bool:
    descriptor = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
