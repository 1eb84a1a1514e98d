"""Run a command, and tell what all its processes took: a program, not a part of the package.

    supervisor.py FD COMMAND [ARGUMENT …]

Writes JSON to the open file FD: `exit_code`, `cpu_seconds` and `peak_bytes` of the command and
whatever it started, `waiting_seconds`, how long the command itself neither ran nor could have run
(it slept, or waited for others), and `n_left`, how many processes were left when it had ended. As
the first process of a namespace it ends and counts those too.
"""

import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress


def main() -> None:
    """Run what the arguments name."""
    told, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(told, False)
    began = time.monotonic()
    child = os.fork()
    if not child:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127)
    status, scheduled = wait_for(child, scheduling_of_child())
    seconds = time.monotonic() - began
    left = reap() if os.getpid() == 1 else 0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "waiting_seconds": max(0.0, seconds - (scheduled or used.ru_utime + used.ru_stime)),
        "peak_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "n_left": left,
    }
    with os.fdopen(told, "w", encoding="utf-8") as file:
        json.dump(report, file)


def scheduling_of_child() -> str:
    """Return the file that tells how the one child is scheduled; empty where there is none.

    In a namespace of its own the system may know the child by another number than this program.
    """
    numbers = read("/proc/thread-self/children").split()
    return f"/proc/{numbers[0]}/schedstat" if len(numbers) == 1 else ""


def wait_for(child: int, scheduling: str) -> tuple[int, float]:
    """Wait for the command, and for orphans that end meanwhile; return its status, and for how long
    it ran or could have; 0 where the system does not tell.
    """
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        pid = ended.si_pid if ended else child
        told = read(scheduling).split() if pid == child else []
        _, status = os.waitpid(pid, 0)
        if pid == child:
            return status, sum(map(int, told[:2])) / 1e9


def read(path: str) -> str:
    """Return the text of a file; empty where it cannot be read."""
    with suppress(OSError), open(path, encoding="ascii") as file:  # noqa: PTH123 (loads in 20 ms)
        return file.read()
    return ""


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
