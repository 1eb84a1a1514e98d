"""Replies about what is told beside profiles, in numbers reckoned by hand."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.agent import Investigation
from workbench.agent.tools.capacity import capacity_cost
from workbench.agent.tools.cases import similar_cases
from workbench.agent.tools.changes import get_change, list_changes, rank_changes
from workbench.agent.tools.configuration import config_history, get_config_change
from workbench.agent.tools.documents import read_document, search_documents
from workbench.agent.tools.endpoints import top_endpoints
from workbench.agent.tools.experiments import get_experiment, list_experiments
from workbench.capacity import read_assumptions, worth
from workbench.errors import ToolError
from workbench.types import Feature, Ranking, Records, Suspect


@pytest.fixture(scope="module")
def untold(ledger):
    """The ledger with nothing told beside its profiles, and no repository."""
    return Investigation(ledger.recording, ledger.detection)


def test_top_endpoints_weighs_cpu_by_requests(ledger):
    reply = top_endpoints(ledger)
    assert (reply["source"], reply["unit"]) == ("measurements", "CPU ms per window")
    cart, pay = reply["endpoints"]
    assert cart == {
        "endpoint": "Cart",
        "now": {"cost": 350, "share": 0.875, "requests": 100, "cpu_ms": 3.5,
                "latency_p99_ms": 35},
        "before": None,
    }  # fmt: skip
    assert pay["now"]["cost"] == 50


def test_top_endpoints_tells_before_and_after(ledger):
    later = replace(ledger.detection.found[0], id="R-9", change_index=5)
    late = Investigation(
        ledger.recording, replace(ledger.detection, found=(later,)), records=ledger.records
    )
    at = ledger.recording.windows["at"]
    shifted = ledger.recording.windows.assign(at=at + (at.iloc[1] - at.iloc[0]) * 10)
    late.recording = replace(ledger.recording, windows=shifted)  # window 5 is hour 15
    cart = top_endpoints(late, "R-9")["endpoints"][0]
    assert (cart["before"]["cpu_ms"], cart["now"]["cpu_ms"]) == (2, 5)
    assert (cart["before"]["cost"], cart["now"]["cost"]) == (200, 500)
    assert (cart["before"]["share"], cart["now"]["share"]) == (0.8, round(500 / 550, 4))


def test_where_no_requests_are_recorded_stacks_have_entry_points(untold):
    reply = top_endpoints(untold, "R-1")
    assert reply["source"] == "entry points of stacks"
    told = {
        row["endpoint"]: (row["before"]["cost"], row["now"]["cost"]) for row in reply["endpoints"]
    }
    assert told == {
        "shop.app:total": (30, 70),
        "shop.app:idle": (40, 40),
        "shop.app:parse": (30, 30),
    }
    assert reply["endpoints"][0]["now"]["share"] == 0.5
    assert reply["endpoints"][0]["now"]["requests"] is None


def test_list_experiments_tells_how_far_each_is(shelf_shop):
    reply = list_experiments(shelf_shop)
    assert [(row["experiment_id"], row["status"]) for row in reply["experiments"]] == [
        ("EXP-2", "running"), ("EXP-1", "ended"),
    ]  # fmt: skip
    ended = list_experiments(shelf_shop, "ended")
    assert [row["experiment_id"] for row in ended["experiments"]] == ["EXP-1"]
    assert ended["total"] == 1
    assert ended["experiments"][0]["arms"] == ["control", "treatment"]


def test_what_begins_later_is_planned(ledger):
    assert {row["status"] for row in list_experiments(ledger)["experiments"]} == {"planned"}


def test_get_experiment_pools_reports_and_compares_arms(ledger):
    reply = get_experiment(ledger, "EXP-1")
    control, treatment = reply["results"]
    assert reply["control"] == "control"
    assert (control["n"], control["n_reports"], control["mean"]) == (200, 2, 2)
    half = 0.1959964 / 2**0.5
    assert (control["low"], control["high"]) == pytest.approx((2 - half, 2 + half), rel=1e-4)
    assert control["difference"] is None
    wide = 0.1959964
    assert treatment["difference"] == {
        "value": 1,
        "low": pytest.approx(1 - wide, rel=1e-4),
        "high": pytest.approx(1 + wide, rel=1e-4),
        "relative": 0.5,
    }


def test_an_experiment_without_results_has_none(ledger):
    reply = get_experiment(ledger, "EXP-2")
    assert (reply["results"], reply["control"], reply["n_results"]) == ([], "a", 0)
    with pytest.raises(ToolError, match="known: EXP-1, EXP-2"):
        get_experiment(ledger, "EXP-3")


def ids(rows):
    return [row["change_id"] for row in rows]


CONFIG = {
    "all, latest first": ({}, ["EXP-2", "CFG-1", "FLG-2", "EXP-1", "FLG-1"]),
    "a flag": ({"kind": "flag"}, ["FLG-2", "FLG-1"]),
    "part of a key": ({"key": "CACHE"}, ["CFG-1"]),
    "from a time": ({"start": "2026-01-05T15:00Z", "kind": "flag"}, ["FLG-2"]),
    "up to a time": ({"end": "2026-01-05T15:00Z", "kind": "flag"}, ["FLG-1"]),
    "no such key": ({"key": "colour"}, []),
}


@pytest.mark.parametrize(("arguments", "wanted"), CONFIG.values(), ids=CONFIG)
def test_config_history_is_filtered(ledger, arguments, wanted):
    reply = config_history(ledger, **arguments)
    assert ids(reply["changes"]) == wanted
    assert reply["total"] == len(wanted)


def test_get_config_change_tells_the_history_of_its_key(ledger):
    reply = get_config_change(ledger, "FLG-2")
    assert (reply["change"]["before"], reply["change"]["after"]) == ("0.1", "1")
    assert ids(reply["same_key"]) == ["FLG-1", "FLG-2"]
    assert get_config_change(ledger, "CFG-1")["detail"] == "config cache_size: 100 -> 10"
    with pytest.raises(ToolError, match="is a commit: use get_change"):
        get_config_change(ledger, ledger.commits[-1].id)


def test_list_changes_filters(shelf_shop):
    every = list_changes(shelf_shop, limit=50)
    assert every["total"] == 13 + 5
    assert [row["kind"] for row in every["changes"]].count("commit") == 13
    by_path = list_changes(shelf_shop, path="CHANGELOG")
    assert {row["title"] for row in by_path["changes"]} == {f"Describe {n}" for n in (3, 6, 9, 12)}
    assert list_changes(shelf_shop, author="ada@")["total"] == 13
    assert ids(list_changes(shelf_shop, author="mara")["changes"]) == ["FLG-2", "FLG-1"]
    assert list_changes(shelf_shop, kind="config")["total"] == 1


def test_list_changes_of_a_regression_are_its_candidates(shelf_shop):
    regression = shelf_shop.detection.found[0]
    reply = list_changes(shelf_shop, regression.id, limit=50)
    assert reply["total"] == len(shelf_shop.candidates(regression.id))
    assert {"FLG-2"} < {*ids(reply["changes"])}
    assert "FLG-1" not in ids(reply["changes"])


def test_get_change_knows_every_kind(shelf_shop):
    for change in shelf_shop.changes:
        reply = get_change(shelf_shop, change.id)
        assert reply["kind"] == change.kind
        assert bool(reply["diff"]) == (change.kind == "commit")
        assert (reply["configuration"] is None) == (change.kind == "commit")
    flag = get_change(shelf_shop, "FLG-2")["configuration"]
    assert flag["change"]["after"] == "1"


def test_a_dependency_that_is_a_commit_has_both_a_diff_and_a_value(ledger, culprit):
    sha = culprit(ledger)
    row = {
        "id": sha,
        "kind": "dependency",
        "key": "wirefmt",
        "before": "1.3",
        "after": "1.4",
        "files": (),
    }
    table = pd.concat([ledger.records.changes, pd.DataFrame([row | {"at": ledger.change(sha).at}])])
    table = table.fillna(dict.fromkeys(("title", "author", "detail", "service"), ""))
    told = {name: getattr(ledger.records, name) for name in Records.__slots__}
    records = Records(**told | {"changes": table})
    known = Investigation(
        ledger.recording, ledger.detection, ledger.repository, "v1", "main", records
    )
    reply = get_change(known, sha[:8])
    assert (reply["kind"], reply["change_id"]) == ("dependency", sha[:12])
    assert "+    for i in range(99):" in reply["diff"]
    assert reply["configuration"]["change"]["after"] == "1.4"
    assert get_config_change(known, sha)["change"]["key"] == "wirefmt"
    assert sha in ids(config_history(known, kind="dependency")["changes"])
    assert list_changes(known, kind="commit")["total"] == 12


def test_rank_changes_shows_the_evidence(ledger):
    change = ledger.change("FLG-2")
    features = tuple(Feature(f"f{n}", n, n / 10, f"it is {n}") for n in range(9))
    suspect = Suspect(change, 0.7, ("shop.app:loop",), 0.04, features)
    known = Investigation(ledger.recording, ledger.detection, records=ledger.records)
    none = (Feature("traffic", 1.0, 0.5, "requests grew"),)
    known._rankings["R-1"] = Ranking((suspect,), 0.3, none)
    reply = rank_changes(known, "R-1")
    (row,) = reply["suspects"]
    assert (row["change_id"], row["kind"], row["probability"]) == ("FLG-2", "flag", 0.7)
    assert row["growth"] == 40
    assert row["features"][0] == {"name": "f8", "value": 8, "contribution": 0.8, "note": "it is 8"}
    assert reply["none_of_these"] == 0.3
    assert reply["none_features"][0]["note"] == "requests grew"


def test_capacity_cost_of_a_regression(ledger):
    reply = capacity_cost(ledger, "R-1")
    fraction = 0.04 / 0.14  # of what a round costs after it
    assert reply["fraction"]["value"] == pytest.approx(fraction, rel=1e-3)
    assert reply["servers"]["value"] == pytest.approx(1000 * fraction, rel=1e-3)
    assert reply["servers"]["low"] == pytest.approx(1000 * 0.035 / 0.14, rel=1e-3)
    watts = 250_000 * 1.56 * 0.045 / 0.14  # the site's: PUE included
    assert reply["watts"]["high"] == pytest.approx(watts, rel=1e-3)
    assert reply["kwh_per_week"]["high"] == pytest.approx(watts * 168 / 1000, rel=1e-3)
    assert reply["money_per_week"] is None
    assert "Power of a server: 250 W." in reply["assumptions"]


def test_capacity_cost_takes_what_the_file_of_assumptions_tells(
    ledger, untold, tmp_path, monkeypatch
):
    path = tmp_path / "fleet.toml"
    path.write_text(
        '[default]\nservers = 50\nwatts_per_server = [180, 220]\nprice_per_kwh = 0.1\n'
        'currency = "EUR"\npue = 1.2\n', encoding="utf-8",
    )  # fmt: skip
    monkeypatch.setenv("WORKBENCH_ASSUMPTIONS", str(path))
    reply = capacity_cost(untold, "R-1")
    told = read_assumptions(path).default
    wanted = worth(0.04 / 0.14, 0.035 / 0.14, 0.045 / 0.14, told)
    for name in ("servers", "watts"):
        for end in ("value", "low", "high"):
            known = getattr(getattr(wanted, name), end)
            assert reply[name][end] == pytest.approx(known, rel=1e-3)
    money = wanted.money_per_year.value * 168 / 8766
    assert reply["money_per_week"]["value"] == pytest.approx(money, rel=1e-3)
    assert reply["currency"] == "EUR"
    assert capacity_cost(ledger, "R-1")["n_servers"] == 50  # the file goes before the store


def test_capacity_cost_of_a_function_is_that_of_the_latest_windows(ledger):
    reply = capacity_cost(ledger, function="shop.app:total")
    assert reply["fraction"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert reply["servers"]["value"] == 500
    assert "latest 2 windows" in reply["assumptions"][0]


def test_capacity_cost_says_what_it_lacks(ledger, untold):
    with pytest.raises(ToolError, match="table services"):
        capacity_cost(untold, "R-1")
    with pytest.raises(ToolError, match="says nothing of CPU"):
        capacity_cost(ledger, "R-2")
    for arguments in ({}, {"regression_id": "R-1", "function": "loop"}):
        with pytest.raises(ToolError, match="one of the two"):
            capacity_cost(ledger, **arguments)


def test_similar_cases_puts_the_most_alike_first(ledger):
    by_words = similar_cases(ledger, text="a parser that leaks memory")
    assert [row["case_id"] for row in by_words["cases"]] == ["C-2"]
    assert by_words["cases"][0]["mitigation"] == "cleared"
    by_subject = similar_cases(ledger, "R-1", text="loop")
    assert by_subject["cases"][0]["case_id"] == "C-1"
    with pytest.raises(ToolError, match="regression_id or text"):
        similar_cases(ledger)


def test_documents_of_the_repository_and_of_the_store_are_found(ledger):
    every = search_documents(ledger, limit=50)
    assert [row["path"] for row in every["documents"]] == [
        "CHANGELOG.md", "README.md", "docs/totals.md", "review-7",
    ]  # fmt: skip
    found = search_documents(ledger, "how are totals added?")["documents"]
    assert found[0]["path"] == "docs/totals.md"
    assert found[0]["snippet"].startswith("How totals are added.")
    page = read_document(ledger, "docs/totals.md", found[0]["offset"])
    assert page["text"] == "How totals are added.\n"
    (review,) = search_documents(ledger, "prices")["documents"]
    assert (review["path"], review["snippet"]) == (
        "review-7",
        "The cache of prices was too small.\n",
    )
    assert search_documents(ledger, "zebra")["documents"] == []


def test_with_nothing_told_there_is_nothing_to_list(untold):
    assert list_experiments(untold)["experiments"] == []
    assert config_history(untold)["changes"] == []
    assert list_changes(untold)["total"] == 0
    assert search_documents(untold)["documents"] == []
    assert similar_cases(untold, text="loop")["cases"] == []
    with pytest.raises(ToolError, match="none is recorded"):
        get_experiment(untold, "EXP-1")
