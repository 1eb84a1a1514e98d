"""Run a program, and tell which functions of a folder it ran, and how much they did: a program, not
a part of the package.

    tracer.py FOLDER FD SCRIPT [ARGUMENT …]
    tracer.py FOLDER FD -m MODULE [ARGUMENT …]

Writes JSON to the open file FD when the program has ended: `functions`, a list of [file, qualified
name]; `calls`, a list of [file, qualified name, n]: how many calls, of Python or C, were made on
behalf of each function of the folder that was called from outside of it; `callbacks`: how often
the folder called functions of SCRIPT; `state`: name -> digest of what was left in public; and
`log`: how often each line was logged.
"""

import importlib
import json
import os
import runpy
import sys
import threading
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType

state = importlib.import_module("state")  # it lies beside this one


class Tracer:
    """What is noted of calls."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder) + os.sep
        self.seen: dict[CodeType, tuple[str, str] | None] = {}
        """Each code that ran, and its file and name where it is in the folder."""
        self.calls: Counter[tuple[str, str]] = Counter()
        self.callbacks: Counter[str] = Counter()
        """How often functions of the folder called those of the script."""
        self.script = ""
        self.local = threading.local()

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note an event of the interpreter, as `sys.setprofile` tells it."""
        local = self.local.__dict__
        depth = local.get("depth", 0)
        if event == "call":
            code = frame.f_code
            place = self.seen[code] if code in self.seen else self._place(code)
            if depth or place:
                if not depth:
                    local["entry"] = place
                local["depth"] = depth + 1
                self.calls[local["entry"]] += 1
                if code.co_filename == self.script and self._is_called_back(frame):
                    self.callbacks[code.co_name] += 1
        elif depth:
            if event == "return":
                local["depth"] = depth - 1
            elif event == "c_call":
                self.calls[local["entry"]] += 1

    def _is_called_back(self, frame: FrameType) -> bool:
        caller = frame.f_back
        return caller is not None and bool(self.seen.get(caller.f_code))

    def _place(self, code: CodeType) -> tuple[str, str] | None:
        path = os.path.realpath(code.co_filename)
        name = getattr(code, "co_qualname", code.co_name)
        is_file = os.path.isabs(code.co_filename)  # noqa: PTH117 (a path is dear to make)
        is_own = is_file and path.startswith(self.folder) and name != "<module>"
        self.seen[code] = (path.removeprefix(self.folder), name) if is_own else None
        return self.seen[code]

    def report(self) -> dict[str, object]:
        """Return what was noted."""
        functions = sorted({place for place in self.seen.values() if place})
        return {
            "functions": [*functions],
            "calls": [(*place, n) for place, n in sorted(self.calls.items())],
            "callbacks": self.callbacks,
        }


def main() -> None:
    """Run what the arguments name."""
    tracer, told, arguments = Tracer(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    log = state.Log()
    threading.setprofile(tracer.note)
    sys.setprofile(tracer.note)
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            sys.path[0] = os.getcwd()  # noqa: PTH109 (what `python -m` does)
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = arguments
            tracer.script = arguments[0]
            sys.path[0] = str(Path(arguments[0]).resolve().parent)
            kept = runpy.run_path(arguments[0], run_name="__main__")  # what it made stays alive
            assert kept is not None
    finally:
        sys.setprofile(None)
        report = {**tracer.report(), "state": state.public_state(tracer.folder), "log": log.lines}
        with os.fdopen(told, "w", encoding="utf-8") as file:
            json.dump(report, file)


main()
