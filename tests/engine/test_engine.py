from pathlib import Path

import pytest

from workbench.engine import ledger_file
from workbench.engine.ledger import Ledger
from workbench.history import run_git
from workbench.solver import resume, waiting

QUICK, DEAR = {"<module> (w.py:1);main (app.py:1)": 0.2, "<module> (w.py:1);rest (w.py:2)": 0.1}, {"<module> (w.py:1);main (app.py:1)": 0.9, "<module> (w.py:1);rest (w.py:2)": 0.1}


def entries(fleet):
    with Ledger(ledger_file(fleet.saved), str(fleet.store), posts=False) as ledger:
        return ledger.entries()


@pytest.mark.slow
def test_a_regression_is_fixed_and_waits_for_review_and_nothing_is_touched_before(make_fleet):
    fleet = make_fleet()
    said = []
    fleet.engine(say=said.append).run(once=True)
    assert (entries(fleet), waiting(fleet.saved), said) == ([], [], [])
    before = fleet.untouched()
    fleet.grow(DEAR, 20, "v2")
    fleet.engine(say=said.append).run(once=True)
    print(said)
    (entry,) = entries(fleet)
    (one,) = waiting(fleet.saved)
    assert entry.state == "waiting"
    assert one.fix.verification.verified
    assert fleet.untouched() == before
    fleet.grow(DEAR, 10, "v2")
    fleet.engine(say=said.append).run(once=True)
    assert len(entries(fleet)) == 1
    done = resume(fleet.saved, one.investigation, review={"verdict": "approve", "by": "Ada"})
    assert done.fix.branch.startswith("workbench/fix-R-")
    assert "seen.add" in run_git(fleet.repo, "show", f"{done.fix.branch}:app.py")
    assert done.fix.diff == one.fix.diff
    assert waiting(fleet.saved) == []
