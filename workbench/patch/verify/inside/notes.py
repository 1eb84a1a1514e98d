"""A plugin of pytest that notes what tests see, in place of judging it.

Each `told(id, function)` of a test, and how each test ended, is written to the file whose
descriptor WORKBENCH_NOTES names: a line of JSON, [test, id, text]. Inputs that were changed may
make code run for ever: WORKBENCH_SECONDS says how long a test may take, and all of them.
"""

import builtins
import json
import os
import re
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

_ADDRESS = re.compile(r"0x[0-9a-f]+")
_LENGTH = 4000
_test_seconds, _all_seconds = map(float, os.environ["WORKBENCH_SECONDS"].split())
_began = time.monotonic()
_file = os.fdopen(int(os.environ["WORKBENCH_NOTES"]), "w", encoding="utf-8")
_test = [""]


def _note(place: str, text: str) -> None:
    plain = _ADDRESS.sub("0x", text)[:_LENGTH].encode("utf-8", "backslashreplace").decode()
    _file.write(json.dumps([_test[0], place, plain]) + "\n")
    _file.flush()


def told(place: str, *looks: Callable[[], Any]) -> None:
    """Note what expressions give, or how they fail."""
    for look in looks:
        try:
            _note(place, repr(look()))
        except Exception as error:
            _note(place, f"{type(error).__name__}: {error}")


builtins._told = told  # type: ignore[attr-defined]


class TookTooLong(BaseException):
    """A test was ended."""


def _end_test(number: int, frame: FrameType | None) -> None:
    raise TookTooLong


def pytest_runtest_logstart(nodeid: str) -> None:
    """Remember which test runs."""
    _test[0] = nodeid


def pytest_runtest_setup(item: Any) -> None:
    """Give it a while."""
    signal.signal(signal.SIGALRM, _end_test)
    signal.setitimer(signal.ITIMER_REAL, _test_seconds)


def pytest_runtest_teardown(item: Any) -> None:
    """Stop the clock; stop all where that took too long."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    if time.monotonic() - _began > _all_seconds:
        _note("stopped", "")
        item.session.shouldstop = "it took too long"


def pytest_runtest_makereport(item: Any, call: Any) -> None:
    """Note how a test ended."""
    error = call.excinfo.value if call.excinfo else None
    if call.when == "call" or isinstance(error, TookTooLong):
        _note("end", f"{type(error).__name__}: {error}" if error else "passed")
