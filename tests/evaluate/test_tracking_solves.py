import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from made_fixes import make_failure, make_verification

from workbench.agent import Investigation, ScriptedModel, build_graph
from workbench.errors import WorkbenchError
from workbench.evaluate import track, tracking_uri
from workbench.evaluate.tracking import read_track_record
from workbench.evaluate.tracking.connect import SAVINGS
from workbench.evaluate.tracking.solves import SPAN_TYPES, record_of
from workbench.measures import LIMIT_S
from workbench.solver import to_json
from workbench.types import (
    Amount,
    Case,
    Detection,
    Diagnosis,
    Evidence,
    Fix,
    Opportunity,
    Outcome,
    Patch,
    Regression,
    Step,
)  # fmt: skip

NAN = float("nan")


def outcome(**changed):
    empty = pd.DataFrame()
    regression = Regression("R-1", "m:f", "cost", 20, 20, 20, 0.0, 2.0, 0.001)
    diagnosis = Diagnosis("R-1", "It counts again.", "c" * 40, ("m:f",), "lost cache", "revert",
                          0.8, (Evidence("it grew", "call-1"),), "lost-cache")  # fmt: skip
    seen = make_failure("gain", "no gain", good=(1.0,), bad=(3.0,))
    fields = {
        "case": Case("small-1.0", "small", ".", "v1", "v2", content_hash="abc"),
        "recording": None, "series": None,
        "detection": Detection((regression,), (), empty, empty),
        "diagnosis": diagnosis,
        "fix": Fix(Patch("revert", "s", {}), "", seen, pull_request="Caf\udce9 pull\n", n_trials=4),
        "steps": (
            Step("triage", "Looked at m:f", "{}", 0.0, 0.1),
            Step("model", "Called rank_changes", "{}", 0.1, 0.1),
            Step("tool", "rank_changes replied", '{"suspects": []}', 0.2, 0.1, "call-1"),
            Step("diagnose", "Reached a diagnosis", "It counts again.", 0.3, 0.1),
        ),
        "seconds": {"detect": 1.0, "diagnose": 2.0, "fix": 4.0, "total": 9.0},
        "model": "playbook", "skills": {"lost-cache": "f00d"},
    }  # fmt: skip
    return Outcome(**fields | changed)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A home, a temporary and a working folder that are empty to begin with."""
    for name in ("home", "work", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def mended(**changed):
    place = Opportunity("O-1", "small", "m:f", "m.py", 3, 4, "copy", "Do not copy", 0.1,
                        Amount(0.05, 0.02, 0.08))  # fmt: skip
    seen = make_verification(bad=(3.0,), fixed=(2.7,), saved=0.1, verified=True)
    empty = pd.DataFrame()
    told = {
        "opportunity": place, "detection": Detection((), (), empty, empty),
        "diagnosis": Diagnosis("", "Edit it.", mitigation="drop_copy", opportunity_id="O-1"),
        "fix": Fix(Patch("drop_copy", "s", {}), "", seen),
    }  # fmt: skip
    return outcome(**told | changed)


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "fix verified"),
        ({"fix": None, "status": "waits for review"}, "waits for review"),
        ({"fix": None, "diagnosis": Diagnosis("", "Leave it.")}, "left as it is"),
        ({"review": {"verdict": "reject"}, "diagnosis": Diagnosis("", "No.")}, "rejected"),
    ],
)
def test_an_opportunity_is_a_run_of_an_experiment_of_its_own(changed, state):
    told = mended(**changed)
    record = record_of(told, to_json(told), {}, "page")
    assert record.experiment == SAVINGS
    assert (record.tags["state"], record.tags["opportunity"]) == (state, "O-1")
    assert {metric.name: metric.value for metric in record.metrics}["expected"] == 0.05
    if told.fix:
        assert {metric.name: metric.value for metric in record.metrics}["saved"] == 0.1


def test_runs_are_kept_where_the_user_says_or_among_the_users_data(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////somewhere/m.db")
    assert tracking_uri() == "sqlite:////somewhere/m.db"
    assert not any((place / "home").iterdir())
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert tracking_uri().startswith(f"sqlite:///{place / 'home'}")
    assert Path(tracking_uri().removeprefix("sqlite:///")).parent.is_dir()


def test_the_steps_that_are_told_apart_are_nodes_of_the_graph():
    nothing = Investigation(None, Detection((), (), pd.DataFrame(), pd.DataFrame()))
    graph = build_graph(ScriptedModel(replies=[]), nothing, {})
    assert {"tool", "model"} <= SPAN_TYPES.keys() <= graph.nodes.keys()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_solve_becomes_a_run(place, monkeypatch):
    uri = f"sqlite:///{place / 'kept' / 'mlflow.db'}"
    (place / "kept").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    solved = outcome()
    summary = to_json(solved)
    run_id = track(solved, summary, {"correct": 1.0, "time_to_diagnosis": LIMIT_S}, "<p>report</p>")
    plain = track(outcome(steps=(), diagnosis=None, fix=None), {}, {}, "<p></p>")

    import mlflow

    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "small-1.0"
    assert run.data.params == {
        "case": "small-1.0", "case_hash": "abc", "model": "playbook",
        "skill.lost-cache": "f00d", "skill": "lost-cache",
    }  # fmt: skip
    assert run.data.metrics == {
        "seconds_detect": 1, "seconds_diagnose": 2, "seconds_fix": 4, "seconds_total": 9,
        "time_to_diagnosis": 3, "tool_calls": 1, "regressions": 1, "confidence": 0.8,
        "ratio_before": 3, "fix_trials": 4, "correct": 1,
    }  # fmt: skip
    assert run.data.tags["case"] == "small-1.0"

    kept = {artifact.path for artifact in client.list_artifacts(run_id)}
    assert kept == {"report.html", "summary.json", "PULL_REQUEST.md"}
    folder = Path(client.download_artifacts(run_id, ""))
    assert (folder / "report.html").read_text() == "<p>report</p>"
    assert json.loads((folder / "summary.json").read_text()) == json.loads(json.dumps(summary))
    assert (folder / "PULL_REQUEST.md").read_bytes() == b"Caf\xe9 pull\n"
    assert folder.is_relative_to(place / "kept")

    (trace,) = client.search_traces([run.info.experiment_id])
    assert trace.info.request_metadata["mlflow.sourceRun"] == run_id
    root, *steps = sorted(
        trace.data.spans, key=lambda s: (s.parent_id is not None, s.start_time_ns)
    )
    assert root.outputs["change_id"] == "c" * 40
    assert [(s.name, s.span_type) for s in steps] == [
        ("Looked at m:f", "CHAIN"), ("Called rank_changes", "CHAT_MODEL"),
        ("rank_changes replied", "TOOL"), ("Reached a diagnosis", "CHAIN"),
    ]  # fmt: skip
    assert {s.parent_id for s in steps} == {root.span_id}
    assert root.end_time_ns - root.start_time_ns == pytest.approx(0.4e9, rel=0.01)

    assert client.get_run(plain).data.metrics["confidence"] == 0
    for name in ("home", "work", "tmp"):
        assert not [p for p in (place / name).rglob("*") if p.is_file()], name


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_store_that_refuses_is_one_error(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"file://{place / 'files'}")
    with pytest.raises(WorkbenchError, match="MLflow at file:///") as caught:
        track(outcome(), {}, {}, "")
    assert "\n" not in str(caught.value)


def approved(review, **changed):
    """Return what a solve of a verified fix is told as, after a review."""
    regression = Regression("R-1", "m:f", "cost", 20, 20, 20, 0.0, 2.0, 0.001,
                            at=pd.Timestamp("2026-03-01 12:00", tz="UTC"))  # fmt: skip
    empty = pd.DataFrame()
    seen = make_verification(good=(1.0,), bad=(3.0,), fixed=(1.2,), restored=0.9,
                             interval=(0.85, 0.95), verified=True)  # fmt: skip
    return outcome(
        detection=Detection((regression,), (), empty, empty), review=review,
        fix=Fix(Patch("revert", "s", {}), "", seen), **changed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("review", "is_approved"),
    [({}, False), ({"verdict": "approve"}, True), ({"verdict": "edit"}, True),
     ({"verdict": "reject"}, False)],
    ids=["nobody looked", "approved", "edited", "rejected"],
)  # fmt: skip
def test_a_solve_tells_whether_a_person_approved_it(review, is_approved):
    told = record_of(approved(review), {}, {}, "")
    assert (told.tags.get("approved") == "true") is is_approved
    assert told.tags["metric"] == "cost"
    assert told.tags["began"] == "2026-03-01T12:00:00+00:00"
    metrics = {metric.name: metric.value for metric in told.metrics}
    assert (metrics["gain_low"], metrics["gain_high"]) == (0.85, 0.95)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_what_was_told_of_a_fix_is_read_back(place, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{place / 'mlflow.db'}")
    for review, name in (({"verdict": "approve"}, "yes"), ({}, "no")):
        case = Case(name, "small", ".", "v1", "v2", content_hash=name)
        track(approved(review, case=case), {}, {}, "")
    now = datetime.now(UTC)
    told = read_track_record(now - timedelta(days=1), now + timedelta(days=1))
    rows = {row["case"]: row for row in told.solves.to_dict("records")}
    assert rows["yes"]["is_approved"]
    assert not rows["no"]["is_approved"]
    assert rows["yes"]["began"] == pd.Timestamp("2026-03-01 12:00", tz="UTC")
    assert (rows["yes"]["restored_low"], rows["yes"]["restored_high"]) == (0.85, 0.95)
    assert rows["yes"]["metric"] == "cost"
    assert told.recovered_solves()["case"].tolist() == ["yes"]
    assert told.open_solves()["case"].tolist() == ["no"]
