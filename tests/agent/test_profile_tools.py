"""Replies about profiles, in numbers reckoned by hand from the ledger of the conftest."""

import math

import pytest

from workbench.agent.tools.profile import (
    callers,
    diff_profile,
    find_function,
    function_series,
    query_profile,
)
from workbench.agent.tools.regressions import list_regressions
from workbench.errors import ToolError


def rows_of(rows, key, *fields):
    return {row[key].removeprefix("shop.app:"): tuple(row[f] for f in fields) for row in rows}


def test_list_regressions_tells_where_each_begins(ledger):
    reply = list_regressions(ledger)
    first, second = reply["regressions"]
    assert first == {
        "regression_id": "R-1", "service": "shop", "subject": "shop.app:loop", "metric": "cost",
        "kind": "step", "window": 4, "window_low": 4, "window_high": 4,
        "at": "2026-01-05T04:00:00Z", "before": 0.02, "after": 0.06, "relative_delta": 2.0,
        "is_sure": True, "n_merged": 1,
    }  # fmt: skip
    assert second["at"] is None
    assert (reply["total"], reply["next_offset"]) == (2, None)


def test_query_profile_averages_over_all_windows(ledger):
    reply = query_profile(ledger)
    assert rows_of(reply["functions"], "function", "own", "total") == {
        "idle": (40, 40), "loop": (40, 40), "parse": (30, 30), "total": (10, 50), "main": (0, 120),
    }  # fmt: skip
    assert reply["unit"] == "CPU ms per round of work"
    assert (reply["service_total"], reply["first_window"], reply["last_window"]) == (120, 0, 7)
    assert [row["own"] for row in reply["functions"]] == [40, 40, 30, 10, 0]


def test_query_profile_sorts_by_what_is_asked_for(ledger):
    reply = query_profile(ledger, metric="total", limit=2)
    assert [row["function"] for row in reply["functions"]] == ["shop.app:main", "shop.app:total"]
    assert reply["functions"][1]["share"] == round(50 / 120, 4)
    assert (reply["total"], reply["next_offset"]) == (5, 2)


@pytest.mark.parametrize(
    ("start", "end", "loop"),
    [
        ("4", "", 60),
        ("", "4", 20),
        ("2", "3", 24),
        ("2026-01-05T04:00Z", "2026-01-05T06:00Z", 60),
        ("2026-01-05T03:30", "", 60),
        ("2026-01-05", "2026-01-05T05:00+01:00", 20),
        ("7", "999", 60),
    ],
)
def test_query_profile_looks_at_a_range_of_time(ledger, start, end, loop):
    reply = query_profile(ledger, start=start, end=end)
    assert rows_of(reply["functions"], "function", "own")["loop"] == (loop,)


def test_query_profile_looks_below_a_function(ledger):
    reply = query_profile(ledger, "shop.app:total", start="4")
    assert rows_of(reply["functions"], "function", "own", "total", "share") == {
        "loop": (60, 60, round(60 / 140, 4)), "total": (10, 70, 0.5),
    }  # fmt: skip


def test_diff_profile_tells_the_sampling_error(ledger):
    reply = diff_profile(ledger, "R-1")
    first = reply["own_time"][0]
    error = math.sqrt((16 + 16) / 3 / 4)
    assert first["function"] == "shop.app:loop"
    assert (first["before"], first["after"]) == (20, 60)
    assert first["standard_error"] == pytest.approx(error, rel=0.01)
    assert first["z"] == pytest.approx(40 / error, rel=0.01)
    assert rows_of(reply["own_time"], "function", "before", "after", "z")["idle"] == (40, 40, None)
    assert rows_of(reply["total_time"], "function", "before", "after")["main"] == (100, 140)
    assert reply["function"] is None


def test_diff_profile_looks_into_a_function(ledger):
    reply = diff_profile(ledger, "R-1", "shop.app:total")
    assert (reply["function"]["before"], reply["function"]["after"]) == (30, 70)
    assert rows_of(reply["callers"], "function", "before", "after") == {"main": (30, 70)}
    assert rows_of(reply["callees"], "function", "before", "after") == {"loop": (20, 60)}
    assert rows_of(reply["own_time"], "function", "before", "after") == {
        "loop": (20, 60), "total": (10, 10),
    }  # fmt: skip


def test_function_series_gives_each_window_with_its_version(ledger):
    reply = function_series(ledger, "shop.app:loop", "cost")
    assert [point["value"] for point in reply["points"]] == [20, 20, 24, 16, 60, 60, 60, 60]
    assert [point["window"] for point in reply["points"]] == list(range(8))
    versions = [point["version"] for point in reply["points"]]
    assert len({*versions[:4]}) == len({*versions[4:]}) == 1
    assert versions[0] != versions[4]
    assert reply["points"][1]["at"] == "2026-01-05T01:00:00Z"


@pytest.mark.parametrize(
    ("metric", "function", "values"),
    [
        ("gcpu", "shop.app:total", [0.3, 0.5]),
        ("self_gcpu", "shop.app:total", [0.1, round(1 / 14, 6)]),
        ("cost", "shop.app:total", [30, 70]),
        ("cost", "<service>", [100, 140]),
        ("gcpu", "<service>", [1, 1]),
    ],
)
def test_function_series_knows_three_metrics(ledger, metric, function, values):
    points = function_series(ledger, function, metric, limit=2)["points"]
    assert [p["n_windows"] for p in points] == [4, 4]
    assert [p["value"] for p in points] == pytest.approx(values, rel=2e-3)


@pytest.mark.parametrize("limit", [1, 3, 5, 8, 60])
def test_a_thinned_series_covers_every_window_once(ledger, limit):
    reply = function_series(ledger, "shop.app:loop", "cost", start="1", limit=limit)
    spans = [(p["window"], p["n_windows"]) for p in reply["points"]]
    assert len(spans) == min(limit, 7)
    assert [n for window, width in spans for n in range(window, window + width)] == [*range(1, 8)]
    mean = sum(p["value"] * p["n_windows"] for p in reply["points"]) / 7
    assert mean == pytest.approx((20 + 24 + 16 + 240) / 7, rel=1e-4)


def test_without_work_there_is_no_cost(bare):
    from dataclasses import replace

    from workbench.agent import Investigation

    recording = bare.recording
    windows = recording.windows.assign(work=float("nan"))
    blind = Investigation(replace(recording, windows=windows), bare.detection)
    with pytest.raises(ToolError, match="use metric gcpu"):
        function_series(blind, "shop.app:total", "cost")
    assert query_profile(blind)["unit"] == "samples in 1000"
    assert query_profile(blind)["service_total"] == pytest.approx(1000)
    regression_id = bare.detection.found[0].id  # shares always add up: that says nothing
    assert diff_profile(blind, regression_id)["service"] is None
    assert diff_profile(bare, regression_id)["service"]["after"] > 0


def test_callers_and_callees_share_the_cost(ledger):
    up = callers(ledger, "shop.app:total", start="4")
    assert up["function_total"] == 70
    assert rows_of(up["rows"], "function", "cost", "share") == {"main": (70, 1)}
    down = callers(ledger, "shop.app:total", "callees", start="4")
    assert rows_of(down["rows"], "function", "cost", "share") == {"loop": (60, round(60 / 70, 4))}
    assert callers(ledger, "shop.app:main")["rows"] == []


def test_a_function_may_be_named_without_its_module(ledger):
    assert find_function(ledger, "loop") == find_function(ledger, "shop.app:loop")
    with pytest.raises(ToolError, match=r"similar: \['shop.app:loop'\]"):
        find_function(ledger, "shop.app:lop")
    with pytest.raises(ToolError, match=r"similar: \['shop.app:loop'\]"):
        find_function(ledger, "other:loop")


BAD_TIMES = {
    "words": ({"start": "yesterday"}, "expected start as the number of a window or an ISO time"),
    "negative": ({"start": "-1"}, "expected start as"),
    "beyond the end": ({"start": "8"}, "there are windows 0 to 7"),
    "backwards": ({"start": "5", "end": "3"}, "no windows from 5 to before 3"),
    "nothing": ({"start": "3", "end": "3"}, "no windows from 3 to before 3"),
    "long ago": ({"end": "1999-01-01"}, "2026-01-05T00:00:00Z to 2026-01-05T07:00:00Z"),
    "too large": ({"start": "9" * 5000}, "there are windows 0 to 7"),
    "not digits": ({"start": "٣"}, "expected start as"),
}


@pytest.mark.parametrize(("arguments", "complaint"), BAD_TIMES.values(), ids=BAD_TIMES)
def test_a_wrong_time_says_which_there_are(ledger, arguments, complaint):
    with pytest.raises(ToolError) as caught:
        query_profile(ledger, **arguments)
    assert complaint in str(caught.value)
    assert len(str(caught.value)) < 400
