"""What a store's later windows say of solves."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from workbench.capacity import Assumptions, ServiceAssumptions, capacity_ledger
from workbench.ingest import read
from workbench.solver import look_later
from workbench.store import Store, WindowProfile
from workbench.types import TrackRecord
from workbench.types.record import SOLVES

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BEGAN, SOLVED, FIXED, N = 20, 30, 40, 60  # windows, of an hour each


def hours(n):
    return BEGIN + timedelta(hours=n)


@pytest.fixture
def store(tmp_path):
    """A service in which `slow` and `gone` cost more from window 20 on, up to window 40."""
    random = np.random.default_rng(0)
    windows = []
    for at in range(N):
        is_slow = BEGAN <= at < FIXED
        costs = {"main;slow": 3 if is_slow else 1, "main;kept": 2 if at >= BEGAN else 1,
                 "main;gone": 2 if is_slow else 1, "main;rest": 6}  # fmt: skip
        drawn = {
            stack: cost * (1 + 0.02 * random.standard_normal()) for stack, cost in costs.items()
        }
        folded = "".join(f"{stack} {round(1000 * cost)}\n" for stack, cost in drawn.items())
        version = "base" if at < BEGAN else "bad" if at < FIXED else "fixed"
        profile = read(folded.encode(), format="folded")
        windows.append(WindowProfile(profile, "svc", version, hours(at), 10.0, sum(drawn.values())))
    made = Store.create(tmp_path / "store")
    made.add_all(windows)
    return made


def solve(subject, state, cost, **changed):
    row = dict.fromkeys(SOLVES, np.nan) | {
        "at": hours(SOLVED), "case": subject, "service": "svc", "subject": subject, "state": state,
        "cost": cost, "cost_low": 0.95 * cost, "cost_high": 1.05 * cost, "url": "",
        "restored": 1.0 if state == "fix verified" else np.nan, "is_approved": True,
        "metric": "cost", "began": hours(BEGAN),
    }  # fmt: skip
    return row | changed


def record(*rows):
    solves = pd.DataFrame(rows, columns=[*SOLVES])
    return TrackRecord(BEGIN, hours(N), "", solves=solves)


def test_a_fix_is_confirmed_by_the_windows_since_its_deploy(store):
    told = record(solve("slow", "fix verified", 2 / 13))  # of what the service takes with it
    (seen,) = look_later(store, told).values()
    assert seen.verdict == "confirmed", seen.reason
    assert seen.deployed == hours(FIXED)
    assert seen.gain.value == pytest.approx(2 / 13, rel=0.05)
    ledger = capacity_ledger(told, Assumptions(ServiceAssumptions(1300)), {0: seen})
    assert ledger.n_confirmed == 1
    assert ledger.confirmed.servers.value == pytest.approx(200, rel=0.05)


def test_shares_of_samples_are_looked_at_as_they_are(store):
    change = 3 / 13 - 1 / 10
    told = record(solve("slow", "fix verified", change, metric="gcpu"))
    assert look_later(store, told)[0].verdict == "confirmed"


def test_what_still_costs_is_not_confirmed_and_a_fix_that_does_less_is_told_so(store):
    told = record(solve("kept", "fix verified", 1 / 13), solve("slow", "fix verified", 4 / 13))
    seen = look_later(store, told)
    assert [seen[label].verdict for label in (0, 1)] == ["not seen", "less"]


def test_a_regression_that_nobody_fixed_is_seen_to_have_gone(store):
    told = record(solve("gone", "waits for review", 1 / 13), solve("kept", "diagnosed", 1 / 13))
    seen = look_later(store, told)
    assert [seen[label].verdict for label in (0, 1)] == ["confirmed", "not seen"]
    waiting = capacity_ledger(told, Assumptions(), seen).waiting
    assert [*waiting] == [1]


def test_what_the_store_cannot_tell_is_said_and_other_services_are_left_out(store):
    told = record(
        solve("nowhere", "fix verified", 0.1), solve("slow", "fix verified", 0.1, began=pd.NaT),
        solve("x", "fix verified", 0.1, service="other"), solve("y", "no regression", np.nan),
    )  # fmt: skip
    seen = look_later(store, told)
    assert {label: one.verdict for label, one in seen.items()} == {0: "not known", 1: "not known"}
    assert "nowhere" in seen[0].reason
    assert "when the regression began" in seen[1].reason


def test_before_the_fix_is_deployed_nothing_is_said(store, tmp_path):
    told = record(solve("slow", "fix verified", 2 / 13, at=hours(FIXED + 5)))
    seen = look_later(store, told)[0]
    assert (seen.verdict, seen.deployed) == ("not known", None)
