import math

import pandas as pd
import pytest

from workbench.capacity import Assumptions, ServiceAssumptions
from workbench.solver.worth import added_fraction, owner_of, worth_of_loss
from workbench.store import Store
from workbench.types import Regression

COST = Regression("R-1", "main:read", "cost", 3, 3, 3, 0.006, 0.018, 1e-6, delta_low=0.009,
                  delta_high=0.015)  # fmt: skip
ALL = ServiceAssumptions(servers=400, watts_per_server=300, pue=1.5, price_per_kwh=0.1,
                         currency="EUR")  # fmt: skip


@pytest.fixture
def recording(make_windows):
    """Six windows; the last three take 0.024 seconds of CPU per unit of work."""
    return make_windows(
        *[{"main;read": 6}] * 6, cpu_seconds=[0.12] * 3 + [0.24] * 3, work=[10.0] * 6
    )


@pytest.fixture
def records(make_store):
    """Rows about the service -> what is told of it beside its profiles."""

    def records(*rows):
        store: Store = make_store({"a": 1.0}, {"a": 1.0}, n_windows=1)
        store.put("services", pd.DataFrame([{"service": "svc", **row} for row in rows]))
        return store.records()

    return records


def test_what_a_regression_adds_is_a_fraction_of_the_service(recording):
    assert added_fraction(COST, recording) == pytest.approx((0.5, 0.375, 0.625))


def test_of_a_share_it_is_the_difference_and_of_other_metrics_it_is_not_known(recording):
    share = Regression("R", "f", "gcpu", 3, 3, 3, 0.2, 0.3, 0, delta_low=0.05, delta_high=0.15)
    assert added_fraction(share, recording) == pytest.approx((0.1, 0.05, 0.15))
    latency = Regression("R", "f", "latency", 3, 3, 3, 0.2, 0.3, 0)
    assert all(map(math.isnan, added_fraction(latency, recording)))


def test_a_loss_is_worth_what_is_assumed_of_the_service(recording, records):
    found, told = worth_of_loss(COST, recording, records(), Assumptions(ALL))
    assert (found.servers.value, found.servers.low, found.servers.high) == pytest.approx((200, 150, 250))  # fmt: skip
    assert found.watts.value == pytest.approx(200 * 300 * 1.5)
    assert found.money_per_year.value == pytest.approx(90 * 8766 * 0.1)
    assert found.currency == "EUR"
    assert told[1:5] == (
        "Servers of a service: 400.",
        "Power of a server: 300 W.",
        "PUE (power of the site for each watt of a server): 1.5.",
        "Price of a kWh: 0.1 EUR.",
    )
    assert not [sentence for sentence in told if "not known" in sentence]


def test_the_records_tell_what_the_assumptions_do_not(recording, records):
    told = records({"servers": 40.0, "watts": 250.0})
    found, sentences = worth_of_loss(COST, recording, told, Assumptions())
    assert found.servers.value == pytest.approx(20)
    assert found.watts.value == pytest.approx(20 * 250 * 1.56)
    assert not found.money_per_year.is_known
    assert "Power of a server: 250 W." in sentences
    assert "A PUE of 1.56 is what operators told the Uptime Institute in 2024." in sentences
    both, _ = worth_of_loss(COST, recording, told, Assumptions(ServiceAssumptions(servers=400)))
    assert both.servers.value == pytest.approx(200)


@pytest.mark.parametrize("row", [{"servers": -1.0}, {"servers": None}, {"owner": "x"}])
def test_where_nothing_is_known_it_is_worth_nothing_known(recording, records, row):
    found, _ = worth_of_loss(COST, recording, records(row), Assumptions())
    amounts = (found.servers, found.watts, found.money_per_year)
    assert not any(amount.is_known for amount in amounts)


def test_the_owner_is_who_the_records_tell(records):
    assert owner_of(records({"owner": " team-feed "})) == "team-feed"


@pytest.mark.parametrize("row", [{"owner": None}, {"servers": 3.0}, {"owner": ""}])
def test_without_one_nobody_owns_it(records, row):
    assert owner_of(records(row)) == ""
