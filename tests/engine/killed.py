"""The engine in a process that kills itself at the N-th boundary between two steps.

    killed.py STORE REPO SAVED URL N FIX

Boundaries are before and after whatever is kept or sent: a transaction of the ledger (and before its
end), a step of an investigation, a snapshot, a message, a run of the workload.
"""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver

from workbench.engine import Engine, Webhook
from workbench.engine.ledger import Ledger
from workbench.patch.verify import run
from workbench.solver import SolveOptions
from workbench.store import Store

store, repo, saved, url, n_left, fix = sys.argv[1:]
n_left = int(n_left)


def boundary():
    global n_left
    n_left -= 1
    if n_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def between(owner, name):
    original = getattr(owner, name)

    def called(*args, **kwargs):
        boundary()
        result = original(*args, **kwargs)
        boundary()
        return result

    setattr(owner, name, called)


transaction = Ledger._transaction


@contextmanager
def killed_within(self):
    boundary()
    with transaction(self) as file:
        yield file
        boundary()
    boundary()


Ledger._transaction = killed_within
between(SqliteSaver, "put")
between(SqliteSaver, "put_writes")
between(Store, "snapshot")
between(Webhook, "post")
between(run, "run_in_turns")
Engine(
    Path(store), Path(repo), Path(saved), webhook=Webhook(url),
    options=SolveOptions(fix=fix == "fix"), retry_s=(0.0, 0.0),
).run(once=True)  # fmt: skip
print(f"{n_left} left")
