"""What is sent to MLflow later, and the page of all that it has."""

import re
from datetime import UTC, datetime

import pytest
from made_results import make_results

from workbench.evaluate.tracking import waiting

pytestmark = pytest.mark.filterwarnings("default")  # of what MLflow stands on
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def mlflow_store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")


@pytest.mark.slow
def test_what_could_not_be_sent_is_sent_later_and_told_on_one_page(
    workbench, tmp_path, monkeypatch, mlflow_store
):
    make_results(tmp_path / "results")
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", NOBODY)
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        code, out, err = workbench("sync", "results")
        assert (code, out) == (1, "0 of 1 sent, 1 are kept\n")
        assert f"MLflow at {NOBODY}: " in err
        assert len(waiting()) == 1
    code, out, _ = workbench("sync")
    assert code == 0
    assert out.startswith("sent evaluation-")
    assert out.endswith("1 of 1 sent\n")
    assert workbench("sync")[1] == "0 of 0 sent\n"

    (tmp_path / "fleet.toml").write_text("[default]\nservers = 100\n", encoding="utf-8")
    code, out, _ = workbench(
        "report", "--out", "pages/report.html", "--assumptions", "fleet.toml",
        "--ui", "http://host:5000",
    )  # fmt: skip
    assert code == 0
    assert "pages/report.html: 0 solves and 1 evaluation since" in out
    page = (tmp_path / "pages" / "report.html").read_text(encoding="utf-8")
    assert "http://host:5000/#/experiments/" in page
    assert "<script src" not in page


@pytest.mark.parametrize(
    ("since", "said"),
    [("soon", "expected days .90d., weeks .12w. or a date"), ("2999-01-01", "a date before now")],
)
def test_a_time_that_is_none_is_refused(workbench, tmp_path, since, said):
    code, _, err = workbench("report", "--since", since, "--out", "x.html")
    assert code == 1
    assert re.search(said, err)
    assert not (tmp_path / "x.html").exists()


def test_a_time_is_days_weeks_or_a_date():
    from workbench.cli.record import moment_of

    now = datetime(2026, 11, 27, tzinfo=UTC)
    told = [moment_of(text, now).date().isoformat() for text in ("90d", "2w", "2026-08-01")]
    assert told == ["2026-08-29", "2026-11-13", "2026-08-01"]
    assert moment_of("2026-08-01", now).tzinfo is UTC
