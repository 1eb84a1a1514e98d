"""What requests there were, and what they cost."""

import pandas as pd
import pytest

from workbench.agent.traffic import read_traffic

HOURS = pd.date_range("2026-01-01", periods=4, freq="h", tz="UTC")


def traffic(**endpoints):
    """Return requests and CPU ms a request in each hour."""
    rows = [
        {"subject": name, "metric": metric, "at": at, "value": value}
        for name, metrics in endpoints.items()
        for metric, values in metrics.items()
        for at, value in zip(HOURS, values, strict=True)
    ]
    return read_traffic(pd.DataFrame(rows))


def growth(told):
    hours = told.times.sort_values()
    return told.growth_by_mix(hours < HOURS[2], hours >= HOURS[2])


def test_more_requests_to_what_is_dear_cost_more():
    told = traffic(
        home={"requests": [50, 50, 80, 80], "cpu_ms": [4.0, 4.0, 4.0, 4.0]},
        search={"requests": [50, 50, 20, 20], "cpu_ms": [1.0, 1.0, 1.0, 1.0]},
    )
    assert growth(told) == pytest.approx(3.4 / 2.5 - 1)


def test_more_requests_of_the_same_kinds_do_not():
    told = traffic(home={"requests": [50, 50, 500, 500], "cpu_ms": [4.0, 4.0, 8.0, 8.0]})
    assert growth(told) == 0


def test_what_was_not_measured_tells_nothing():
    no_requests = traffic(home={"cpu_ms": [4.0, 4.0, 8.0, 8.0]})
    assert growth(no_requests) is None
    came_later = traffic(
        home={"requests": [50, 50, 50, 50], "cpu_ms": [4.0] * 4},
        new={"requests": [float("nan")] * 2 + [50, 50], "cpu_ms": [float("nan")] * 2 + [9.0] * 2},
    )
    assert growth(came_later) == 0
