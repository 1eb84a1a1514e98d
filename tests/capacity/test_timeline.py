"""The ledger over time, against sums done by hand."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from made_capacity import SINCE, TOLD, record, solve

from workbench.capacity import (
    Assumptions,
    ServiceAssumptions,
    capacity_ledger,
    capacity_timeline,
    gain_of,
    opportunity_events,
)
from workbench.types import Amount, Confirmation

SEEN = Confirmation("confirmed", "", Amount(0.017, 0.015, 0.019), Amount(0.018),
                    deployed=SINCE + timedelta(days=40))  # fmt: skip


def servers(timeline, name):
    return [round(getattr(balance, name).servers.value, 9) for balance in timeline.balances]


def test_a_regression_is_lost_then_recovered_then_confirmed():
    told = record(solve("a", "fix verified", 10, is_approved=True))
    seen = capacity_timeline(told, TOLD, {0: SEEN})
    assert [(event.kind, (event.at - SINCE).days) for event in seen.events] == [
        ("regression began", 8), ("fix approved", 10), ("fix confirmed", 40),
    ]  # fmt: skip
    assert servers(seen, "lost") == [20, 20, 20]
    assert servers(seen, "recovered") == [0, 18, 18]
    assert servers(seen, "confirmed") == [0, 0, 17]


def test_a_fix_counts_only_when_it_is_verified_and_approved():
    told = record(
        solve("a", "fix verified", 10), solve("b", "fix failed", 11), solve("c", "rejected", 12),
        solve("d", "diagnosed", 13, is_approved=True),
    )  # fmt: skip
    seen = capacity_timeline(told, TOLD)
    assert servers(seen, "recovered") == [0, 0, 0, 0]
    assert servers(seen, "lost") == [20, 40, 60, 80]


@pytest.mark.parametrize("verdict", ["less", "more", "not seen", "not known"])
def test_what_later_profiles_do_not_show_is_not_confirmed(verdict):
    later = {0: Confirmation(verdict, "", Amount(0.001, 0, 0.002), deployed=SEEN.deployed)}
    told = record(solve("a", "fix verified", 10, is_approved=True))
    assert servers(capacity_timeline(told, TOLD, later), "confirmed") == [0, 0]
    assert capacity_ledger(told, TOLD, later).confirmed.servers.value == 0


def test_what_went_away_by_itself_is_no_longer_lost_and_waits_no_more():
    told = record(solve("a", "waits for review", 10), solve("b", "diagnosed", 11, cost=0.01))
    later = {0: SEEN, 1: Confirmation("not seen", "")}
    seen = capacity_timeline(told, TOLD, later)
    assert [event.kind for event in seen.events][-1] == "regression went away"
    assert servers(seen, "lost") == [20, 30, 10]
    assert servers(seen, "recovered")[-1] == servers(seen, "confirmed")[-1] == 0
    assert [*capacity_ledger(told, TOLD, later).waiting] == [1]


def test_each_balance_has_the_interval_of_a_sum():
    told = record(*(solve(name, "diagnosed", 10 + at) for at, name in enumerate("abcd")))
    last = capacity_timeline(told, TOLD).balances[-1].lost.servers
    assert (last.value, last.low) == (pytest.approx(80), pytest.approx(80 - 2 * 4))  # 4 of 4 each


def test_what_began_is_told_from_when_it_was_solved_where_that_is_all_that_is_known():
    told = record(
        solve("a", "diagnosed", 10, began=pd.NaT), solve("b", "no regression", 9, cost=np.nan)
    )
    (event,) = capacity_timeline(told, TOLD).events
    assert (event.at - SINCE).days == 10


def test_what_is_not_known_is_counted_and_the_rest_added_up():
    told = record(solve("a", "diagnosed", 10, service="other"), solve("b", "diagnosed", 11),
                  solve("c", "diagnosed", 12, service="other"))  # fmt: skip
    lost = [balance.lost.servers for balance in capacity_timeline(told, TOLD).balances]
    assert [amount.is_known for amount in lost] == [False, True, True]
    assert [amount.n_unknown for amount in lost] == [1, 1, 2]
    assert lost[-1].value == pytest.approx(20)


def test_money_of_two_currencies_has_no_sum_at_any_time():
    both = Assumptions(services={**TOLD.services, "us": ServiceAssumptions(10, 100, 1, 1, "USD")})
    told = record(
        *(solve(str(at), "diagnosed", 10 + at, service=("us", "shop")[at % 2]) for at in range(4))
    )
    seen = capacity_timeline(told, both)
    assert not any(balance.lost.money_per_year.is_known for balance in seen.balances)
    assert seen.balances[-1].lost.watts.is_known


def test_a_patch_of_an_opportunity_gives_back_what_was_never_lost():
    saving, approved = Amount(0.02, 0.01, 0.03), SINCE + timedelta(days=5)
    events = opportunity_events("shop", "Do not copy", "O-1", saving, approved, TOLD, SEEN)
    seen = capacity_timeline(record(), TOLD, more=events)
    assert [event.kind for event in seen.events] == ["fix approved", "fix confirmed"]
    assert servers(seen, "lost") == [0, 0]
    assert servers(seen, "recovered") == [20, 20]
    assert servers(seen, "confirmed") == [0, 17]


def test_the_gain_of_a_fix_has_the_intervals_of_cost_and_of_what_was_restored():
    row = solve("a", "fix verified", 1, restored=0.9, restored_low=0.8, restored_high=1.0)
    gain = gain_of(row)
    assert gain.value == pytest.approx(0.018)
    assert gain.low == pytest.approx(0.018 - np.hypot(0.9 * 0.004, 0.02 * 0.1))
    assert gain_of(solve("a", "fix failed", 1)).value == 0.02


def test_a_timeline_is_a_table_of_an_event_a_row():
    told = record(solve("a", "fix verified", 10, is_approved=True))
    frame = capacity_timeline(told, TOLD).to_frame()
    assert frame["kind"].tolist() == ["regression began", "fix approved"]
    assert frame["recovered_watts"].tolist() == pytest.approx([0, 18 * 600])
    assert (frame["lost_servers_low"] < frame["lost_servers"]).all()
    empty = capacity_timeline(record(), TOLD).to_frame()
    assert empty.empty
    assert [*empty.columns] == [*frame.columns]
