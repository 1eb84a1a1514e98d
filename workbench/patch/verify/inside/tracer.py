"""Run a script, and tell which functions of a folder it ran: a program, not a part of the package.

    tracer.py FOLDER FD SCRIPT [ARGUMENT …]

Writes a JSON list of [file, qualified name] to the open file FD when the script has ended.
"""

import json
import os
import runpy
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType


def main() -> None:
    """Run what the arguments name."""
    folder, told, script = os.path.realpath(sys.argv[1]) + os.sep, int(sys.argv[2]), sys.argv[3]
    seen: set[CodeType] = set()
    add = seen.add

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            add(frame.f_code)

    sys.argv = sys.argv[3:]
    sys.path[0] = str(Path(script).resolve().parent)
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        sys.setprofile(None)
        found = sorted(
            {
                (path.removeprefix(folder), getattr(code, "co_qualname", code.co_name))
                for code in seen
                if (path := os.path.realpath(code.co_filename)).startswith(folder)
            }
        )
        with os.fdopen(told, "w", encoding="utf-8") as file:
            json.dump(found, file)


main()
