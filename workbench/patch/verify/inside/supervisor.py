"""Run a command, and tell what all its processes took: a program, not a part of the package.

    supervisor.py FD COMMAND [ARGUMENT …]

Writes JSON to the open file FD: `exit_code`, `cpu_seconds` and `peak_bytes` of the command and
whatever it started, and `n_left`, how many processes were left when it had ended. As the first
process of a namespace it ends and counts those too.
"""

import json
import os
import resource
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Run what the arguments name."""
    told, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(told, False)
    child = os.fork()
    if not child:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)
    status = wait_for(child)
    left = reap() if os.getpid() == 1 else 0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "n_left": left,
    }
    with os.fdopen(told, "w", encoding="utf-8") as file:
        json.dump(report, file)


def wait_for(child: int) -> int:
    """Wait for the command, and for orphans that end meanwhile; return its status."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def reap() -> int:
    """End all that is left, and return how many that were."""
    n_left = 0
    with suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
            n_left += 1
    return n_left


main()
