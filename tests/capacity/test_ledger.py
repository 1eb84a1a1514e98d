"""What CPU is worth, checked against sums done by hand."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from lead_record import make_record, make_solves

from workbench.capacity import (
    Assumptions,
    ServiceAssumptions,
    capacity_ledger,
    read_assumptions,
    total,
    worth,
)
from workbench.errors import ParseError
from workbench.types import Amount, TrackRecord, Worth
from workbench.types.record import OPEN

TOLD = ServiceAssumptions(1000, 400, 1.5, 0.10, "EUR", 0.3, 2000)


def parts(amount: Amount) -> tuple[float, float, float]:
    return amount.value, amount.low, amount.high


def test_a_fraction_is_worth_servers_watts_energy_money_and_co2():
    seen = worth(0.02, 0.01, 0.04, TOLD)
    assert parts(seen.servers) == pytest.approx((20, 10, 40))
    assert parts(seen.watts) == pytest.approx((12_000, 6_000, 24_000))
    assert seen.kwh_per_year.value == pytest.approx(12 * 8766)
    assert seen.money_per_year.value == pytest.approx(12 * 8766 * 0.10 + 20 * 2000)
    assert seen.kg_co2_per_year.high == pytest.approx(24 * 8766 * 0.3)
    assert seen.homes.value == pytest.approx(12 * 8766 / 10_791)
    assert seen.currency == "EUR"


@pytest.mark.parametrize(
    ("without", "unknown"),
    [
        (
            "servers",
            ["servers", "watts", "kwh_per_year", "money_per_year", "kg_co2_per_year", "homes"],
        ),
        ("watts_per_server", ["watts", "kwh_per_year", "kg_co2_per_year", "homes"]),
        ("kg_co2_per_kwh", ["kg_co2_per_year"]),
    ],
)
def test_what_is_not_told_is_not_known(without, unknown):
    seen = worth(0.02, 0.01, 0.04, replace(TOLD, **{without: math.nan}))
    names = [name for name in Worth.__slots__ if name != "currency"]
    assert [name for name in names if not getattr(seen, name).is_known] == unknown


def test_money_is_of_what_is_priced():
    only_energy = worth(0.02, 0.01, 0.04, replace(TOLD, server_cost_per_year=math.nan))
    assert only_energy.money_per_year.value == pytest.approx(12 * 8766 * 0.10)
    only_servers = worth(0.02, 0.01, 0.04, replace(TOLD, price_per_kwh=math.nan))
    assert only_servers.money_per_year.value == pytest.approx(40_000)
    neither = replace(TOLD, price_per_kwh=math.nan, server_cost_per_year=math.nan)
    assert not worth(0.02, 0.01, 0.04, neither).money_per_year.is_known


def test_a_value_without_interval_keeps_none():
    seen = worth(0.02, math.nan, math.nan, TOLD).servers
    assert seen.value == pytest.approx(20)
    assert math.isnan(seen.low)
    assert math.isnan(seen.high)


def test_intervals_add_by_the_root_of_squares_on_either_side():
    seen = total(
        [Worth(servers=Amount(10, 7, 14)), Worth(servers=Amount(20, 16, 23)), Worth()]
    ).servers
    assert parts(seen) == pytest.approx((30, 25, 35))
    assert seen.n_unknown == 1


def test_the_sum_of_nothing_is_nothing_and_of_what_is_not_known_not_known():
    assert parts(total([]).servers) == (0, 0, 0)
    assert not total([Worth(), Worth()]).servers.is_known


def test_money_of_two_currencies_has_no_sum():
    dollars = worth(0.02, 0.01, 0.04, replace(TOLD, currency="USD"))
    seen = total([worth(0.02, 0.01, 0.04, TOLD), dollars])
    assert not seen.money_per_year.is_known
    assert seen.servers.value == pytest.approx(40)


def test_assumptions_of_a_service_are_those_of_all_but_what_differs(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(
        '[default]\nwatts_per_server = 350\ncurrency = "EUR"\n'
        '[services."shop front"]\nservers = 40\nwatts_per_server = 500.5\n',
        encoding="utf-8",
    )
    seen = read_assumptions(path)
    assert seen.of("shop front").servers == 40
    assert seen.of("shop front").watts_per_server == 500.5
    assert seen.of("shop front").currency == "EUR"
    assert seen.of("another").watts_per_server == 350
    assert math.isnan(seen.of("another").servers)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[default]\nserver = 3", "default.server"),
        ("[defaults]\nservers = 3", "defaults"),
        ("[default]\nservers = -3", "default.servers"),
        ("[default]\nservers = nan", "default.servers"),
        ("[default]\nprice_per_kwh = inf", "default.price_per_kwh"),
        ("[default]\nservers = true", "default.servers"),
        ('[default]\nservers = "3"', "default.servers"),
        ("[default]\npue = 0.9", "default.pue"),
        ("[default]\ncurrency = 3", "default.currency"),
        ('[default]\ncurrency = " "', "default.currency"),
        ('[services."a b"]\nwatts = 3', 'services."a b".watts'),
        ("[services]\nshop = 3", 'services."shop"'),
        ("default = 3", "default"),
        ("services = []", "services"),
    ],
)
def test_what_is_not_an_assumption_is_told_with_file_and_key(text, place, tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match="expected") as caught:
        read_assumptions(path)
    assert (caught.value.path, caught.value.place) == (path, place)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"[default", b"\xff\xfe", None])
def test_what_is_no_toml_is_told(content, tmp_path):
    path = tmp_path / "fleet.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParseError, match="expected a TOML file") as caught:
        read_assumptions(path)
    assert caught.value.path == path


def test_a_ledger_tells_what_was_given_back_and_what_waits():
    solves = make_solves()
    seen = capacity_ledger(make_record(solves=solves), Assumptions(TOLD))
    verified = solves["state"] == "fix verified"
    fixed = solves[verified & solves["is_approved"]]
    to_review = solves[verified & ~solves["is_approved"]]
    waits = solves[solves["state"].isin(OPEN) | (verified & ~solves["is_approved"])]
    assert len(fixed) > 0 < len(to_review)
    given_back = float((fixed["cost"] * fixed["restored"]).sum())
    to_give = float((to_review["cost"] * to_review["restored"]).sum())
    to_give += float(solves[solves["state"].isin(OPEN)]["cost"].sum())
    assert seen.recovered.servers.value == pytest.approx(1000 * given_back)
    assert seen.open.servers.value == pytest.approx(1000 * to_give)
    assert set(seen.waiting) == set(waits.index)
    assert set(seen.fixed) == set(fixed.index)
    assert sum(row.n_fixed for row in seen.services) == len(fixed)
    assert sum(row.n_open for row in seen.services) == len(waits)
    sizes = [row.recovered.servers.value + row.open.servers.value for row in seen.services]
    assert sizes == sorted(sizes, reverse=True)


def test_a_regression_that_was_solved_again_counts_once_as_it_was_last():
    solves = make_solves(1, ("fix verified",))
    again = solves.assign(at=solves["at"] + np.timedelta64(1, "D"), state="diagnosed")
    both = pd.concat([again, solves], ignore_index=True)  # the later one first
    seen = capacity_ledger(make_record(solves=both), Assumptions(TOLD))
    assert seen.recovered.servers.value == 0
    assert list(seen.waiting) == [0]


def test_a_ledger_says_how_many_services_are_not_known():
    solves = make_solves(10, ("diagnosed",))
    told = Assumptions(services={"feed": TOLD})
    seen = capacity_ledger(make_record(solves=solves), told)
    assert seen.open.servers.n_unknown == 8
    assert any("not known of 4 of 5 services" in line for line in seen.assumptions)
    assert any("Uptime Institute" in line for line in seen.assumptions)


def test_the_ledger_of_nothing_is_empty():
    record = make_record()
    empty = capacity_ledger(TrackRecord(record.since, record.until, ""), Assumptions(TOLD))
    assert empty.services == ()
    assert empty.assumptions == ()
    assert empty.open.servers.value == 0
