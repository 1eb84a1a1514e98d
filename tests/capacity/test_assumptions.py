"""Ranges of assumptions, what a store tells, and where the file is."""

import math

import numpy as np
import pandas as pd
import pytest

from workbench.capacity import assumption_sentences, read_assumptions, total, worth
from workbench.errors import ParseError

FLEET = """
[default]
watts_per_server = [180, 220]
pue = 1.2
price_per_kwh = 0.1
currency = "EUR"
kg_co2_per_kwh = 0.3
[services.shop]
servers = [900, 1100]
[services.feed]
servers = 500
[services.exact]
servers = 1000
watts_per_server = 200
"""


@pytest.fixture
def fleet(tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(FLEET, encoding="utf-8")
    return path


def test_a_range_counts_as_its_middle_and_one_number_replaces_it(fleet):
    told = read_assumptions(fleet)
    assert (told.of("shop").servers, told.of("shop").watts_per_server) == (1000, 200)
    assert [one.key for one in told.of("shop").ranges] == ["watts_per_server", "servers"]
    assert told.of("exact").ranges == ()


def test_the_interval_of_a_worth_has_that_of_what_is_assumed(fleet):
    told = read_assumptions(fleet)
    seen = worth(0.02, 0.01, 0.04, told.of("shop"))
    assert seen.servers.value == pytest.approx(20)
    assert seen.servers.low == pytest.approx(20 - math.hypot(10, 2))
    assert seen.servers.high == pytest.approx(20 + math.hypot(20, 2))
    watts = 20 * 200 * 1.2
    ends = (0.5 * watts, 0.1 * watts, 0.1 * watts)  # of the fraction, the servers and their power
    assert seen.watts.low == pytest.approx(watts - math.hypot(*ends))
    exact = worth(0.02, 0.01, 0.04, told.of("exact"))
    assert (exact.servers.low, exact.servers.high) == (pytest.approx(10), pytest.approx(40))


def test_root_sum_of_squares_is_what_drawing_at_random_gives(fleet):
    told = read_assumptions(fleet).of("shop")
    seen = worth(0.02, 0.018, 0.022, told).watts
    random = np.random.default_rng(0)
    fraction, servers, watts = (
        random.normal(middle, half / 1.959964, 200_000)
        for middle, half in ((0.02, 0.002), (1000, 100), (200, 20))
    )
    low, high = np.quantile(fraction * servers * watts * 1.2, [0.025, 0.975])
    assert seen.low == pytest.approx(low, rel=0.03)
    assert seen.high == pytest.approx(high, rel=0.03)


def test_what_services_share_is_wrong_in_all_of_them_together(fleet):
    told = read_assumptions(fleet)
    shop, feed = (worth(0.02, 0.02, 0.02, told.of(name)) for name in ("shop", "feed"))
    seen = total([shop, feed]).watts
    shared = 0.1 * seen.value  # both draw more, or both draw less
    alone = 0.1 * shop.watts.value  # servers of the one
    assert seen.low == pytest.approx(seen.value - math.hypot(shared, alone))
    assert total([total([shop]), feed]).watts.low == pytest.approx(seen.low)


def test_a_part_of_a_worth_has_that_part_of_the_interval(fleet):
    whole = worth(0.02, 0.01, 0.04, read_assumptions(fleet).of("shop"))
    half = whole.times(0.5)
    assert half.watts.low == pytest.approx(0.5 * whole.watts.low)
    assert total([half, half]).watts.value == pytest.approx(whole.watts.value)


@pytest.mark.parametrize("value", ["[220, 180]", "[1, 2, 3]", "[5, 5]", "[]", '["a", 2]', "[1]"])
def test_what_is_no_range_is_told_with_its_place(value, tmp_path):
    path = tmp_path / "fleet.toml"
    path.write_text(f"[default]\nservers = {value}\n", encoding="utf-8")
    with pytest.raises(ParseError, match="expected a (range|number)") as caught:
        read_assumptions(path)
    assert caught.value.place == "default.servers"


def test_a_store_tells_what_the_file_does_not(fleet):
    services = pd.DataFrame(
        {"service": ["shop", "new", "odd"], "servers": [7.0, 80.0, -1.0], "watts": [1.0, 300.0, np.nan]}
    )  # fmt: skip
    told = read_assumptions(fleet).with_records(services)
    assert (told.of("shop").servers, told.of("shop").watts_per_server) == (1000, 200)
    assert (told.of("new").servers, told.of("new").watts_per_server) == (80, 200)
    assert math.isnan(told.of("odd").servers)
    assert told.of("new").pue == 1.2


def test_the_file_is_found_by_the_environment(fleet, monkeypatch):
    monkeypatch.delenv("WORKBENCH_ASSUMPTIONS", raising=False)
    assert math.isnan(read_assumptions().default.watts_per_server)
    monkeypatch.setenv("WORKBENCH_ASSUMPTIONS", str(fleet))
    assert read_assumptions().default.watts_per_server == 200


def test_sentences_tell_ranges_defaults_and_their_sources(fleet):
    told = read_assumptions(fleet)
    lines = assumption_sentences([told.of("shop")])
    assert "Power of a server: 180 to 220 W, a range." in lines
    assert any("moves all of them together" in line for line in lines)
    assert any("Energy Information Administration" in line for line in lines)
    assert not any("Uptime" in line for line in lines)  # the PUE is told
    exact = assumption_sentences([told.of("exact")])
    assert not any("range" in line for line in exact)
