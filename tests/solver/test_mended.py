from datetime import UTC, datetime

import pytest
from made_fixes import make_failure, make_verification

from workbench.agent.saved import Kept
from workbench.solver.kept import dump
from workbench.solver.mended import _mended, _with_state
from workbench.types import OPPORTUNITY_STATES, Amount, Fix, Opportunity, Patch

AT = datetime(2026, 11, 1, tzinfo=UTC)
FOUND = {"id": "O-1", "service": "shop", "function": "app:f", "title": "Do not copy"}
GOOD = make_verification(bad=(3.0,), fixed=(2.7,), saved=0.1, verified=True)
BAD = make_failure("gain", "saves nothing", bad=(3.0,), fixed=(3.0,), saved=0.0)


def kept(status="done", seen=None, **values):
    """Return an investigation of an opportunity as it was kept."""
    fix = Fix(Patch("drop_copy", "Leave it out", {}), "", seen) if seen else None
    return Kept("shop-1", {"found": FOUND, "options": {"opportunity": "O-1"}}, status, AT,
                {"made": {"fix": dump(fix), "no_fix": ""}, **values})  # fmt: skip


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (kept("stopped"), "open"),
        (kept("done", diagnosis={}), "fix failed"),
        (kept("done", BAD, diagnosis={}), "fix failed"),
        (kept("waits for review", GOOD), "fix verified"),
        (kept("done", GOOD), "fix verified"),
        (kept("done", GOOD, review={"verdict": "approve"}), "resolved"),
        (kept("stopped", GOOD, review={"verdict": "approve"}), "fix verified"),
        (kept("done", GOOD, review={"verdict": "reject"}), "rejected"),
    ],
)
def test_the_state_is_what_the_investigation_came_to(one, state):
    assert state in OPPORTUNITY_STATES
    assert _mended(one).state == state


def test_a_verified_patch_says_what_is_saved():
    whole = Opportunity("O-1", "shop", "app:f", "app.py", 1, 2, "copy", "Do not copy", 0.1,
                        Amount(0.05, 0.02, 0.08), Amount(50, 20, 80))  # fmt: skip
    told = _with_state(whole, _mended(kept("waits for review", GOOD)))
    assert (told.state, told.saving.value) == ("fix verified", 0.1)
    assert told.watts.value == pytest.approx(100)
    failed = _with_state(whole, _mended(kept("done", BAD, diagnosis={})))
    assert (failed.state, failed.saving) == ("fix failed", whole.saving)
