"""The command about capacity: what MLflow has of solves, in servers and money."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from workbench.evaluate.tracking import SOLVES
from workbench.evaluate.tracking.records import MetricRecord, RunRecord
from workbench.evaluate.tracking.send import send
from workbench.ingest import read
from workbench.store import Store, WindowProfile

FLEET = '[default]\nwatts_per_server = [180, 220]\nprice_per_kwh = 0.1\ncurrency = "EUR"\n'


@pytest.fixture
def solves(tmp_path, monkeypatch):
    """Two solves of just now: of the one the fix is approved, of the other it is not."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    now = int(time.time() * 1000) - 60_000
    began = datetime.now(UTC) - timedelta(days=2)
    for case, is_approved in (("approved", "true"), ("waiting", "")):
        metrics = {"cost": 0.05, "cost_low": 0.04, "cost_high": 0.06, "gain_restored": 1.0,
                   "gain_low": 0.9, "gain_high": 1.1}  # fmt: skip
        tags = {"case": case, "service": "shop", "state": "fix verified", "subject": f"{case}:f",
                "approved": is_approved, "metric": "gcpu", "began": began.isoformat()}  # fmt: skip
        send(
            RunRecord(key=case, experiment=SOLVES, name=case, started_ms=now, ended_ms=now + 1,
                      tags=tags,
                      metrics=tuple(MetricRecord(name=n, value=v) for n, v in metrics.items()))
        )  # fmt: skip
    (tmp_path / "fleet.toml").write_text(FLEET, encoding="utf-8")


@pytest.fixture
def store(tmp_path):
    """Profiles of the service, and how many servers it has."""
    made = Store.create(tmp_path / "store")
    at = datetime.now(UTC) - timedelta(days=1)
    profile = read(b"approved:f 5\nrest 95\n", format="folded")
    made.add_all([WindowProfile(profile, "shop", "v1", at)])
    made.put("services", [{"service": "shop", "servers": 1000.0}])
    return made


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_what_was_recovered_and_what_waits_is_told_with_its_interval(workbench, solves, store):
    code, out, _ = workbench("capacity", "store", "--assumptions", "fleet.toml", "--json")
    assert code == 0
    told = json.loads(out)
    assert [event["kind"] for event in told["events"]] == [
        "regression began", "regression began", "fix approved",
    ]  # fmt: skip
    last = told["events"][-1]["balance"]
    assert last["lost"]["servers"]["value"] == pytest.approx(100)
    assert last["recovered"]["servers"]["value"] == pytest.approx(50)
    assert last["confirmed"]["servers"]["value"] == 0
    (item,) = told["queue"]
    assert (item["kind"], item["name"]) == ("fix", "waiting")
    assert item["a_week"]["kwh"]["value"] == pytest.approx(50 * 0.2 * 1.56 * 168)
    assert item["a_week"]["currency"] == "EUR"
    assert told["queue_is_worth"]["servers"]["value"] == pytest.approx(50 * item["chance"])
    assert {one["verdict"] for one in told["later"]} == {"not known"}

    code, out, _ = workbench("capacity", "--assumptions", "fleet.toml", "--html", "pages/view.html")
    assert code == 0
    assert "not known" in out  # without the store nobody tells how many servers there are
    assert "What waits for a person" in out
    assert "waiting" in out


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_where_nothing_was_solved_that_is_said(workbench, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    code, out, _ = workbench("capacity")
    assert code == 0
    assert "Nothing was lost and nothing recovered in this time." in out
    assert "Nothing waits for a person." in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("nowhere",), "nowhere"), (("--assumptions", "none.toml"), "expected a TOML file")],
)
def test_what_cannot_be_read_is_told(workbench, arguments, said):
    code, out, err = workbench("capacity", *arguments)
    assert (code, out) == (1, "")
    assert said in err


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_report_with_a_store_tells_what_later_profiles_confirm(
    workbench, tmp_path, solves, store
):
    for arguments, is_told in ((("--store", "store"), True), ((), False)):
        code, _, _ = workbench("report", "--out", "report.html", *arguments)
        assert code == 0
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert ("servers confirmed by later profiles" in page) is is_told
        assert ("Nobody looked yet" in page) is not is_told
