import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from receiver import receiving

from workbench.engine import ledger_file
from workbench.engine.ledger import Ledger
from workbench.solver import waiting

MAIN, REST = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
KILLED = Path(__file__).with_name("killed.py")


def run(fleet, url, n, fix):
    """Run the engine until it kills itself at its n-th boundary, or is done; return whether."""
    words = [fleet.store, fleet.repo, fleet.saved, url, n, fix]
    done = subprocess.run(
        [sys.executable, KILLED, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fix", "least", "most", "n_kills"), [("no", 1, 80, 6), ("fix", 60, 140, 3)]
)
def test_killed_between_any_two_steps_nothing_is_lost_or_done_twice(
    make_fleet, fix, least, most, n_kills
):
    fleet, rng, killed_at = make_fleet(), random.Random(9), []
    fleet.grow({MAIN: 0.9, REST: 0.1}, 20, "v2")
    before = fleet.untouched()
    with receiving() as receiver:
        while len(killed_at) < n_kills:
            killed_at.append(rng.randint(least, most))
            if run(fleet, receiver.url, killed_at[-1], fix):
                break
            assert fleet.untouched() == before, killed_at
            fleet.grow({MAIN: 0.9, REST: 0.1}, 1, "v2")
        assert run(fleet, receiver.url, 0, fix), killed_at
        events = [
            "regression.found",
            "diagnosis.ready",
            *(["fix.verified"] if fix == "fix" else []),
        ]
        assert [*dict.fromkeys(receiver.events)] == events
        assert len(receiver.deliveries) == len(events)  # what comes twice says so
    with Ledger(ledger_file(fleet.saved), str(fleet.store), posts=False) as ledger:
        (entry,) = ledger.entries()
    (one,) = waiting(fleet.saved)
    assert (entry.state, entry.investigation) == ("waiting", one.investigation)
    assert (one.fix is not None) == (fix == "fix")
    assert len([*fleet.saved.with_suffix(".snapshots").glob("*/*")]) == 1
    assert fleet.untouched() == before
