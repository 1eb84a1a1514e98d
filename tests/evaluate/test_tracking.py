import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from made_results import make_results

from workbench.errors import CaseError, ParseError, WorkbenchError
from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.results import CELLS, ResultsFolder, load_results
from workbench.evaluate.scorers import score
from workbench.evaluate.tracking import (
    EVALUATIONS,
    SOLVES,
    genai_scorers,
    keep_evaluation,
    read_track_record,
    sync_one,
    track_evaluation,
    waiting,
)
from workbench.evaluate.tracking.connect import server_address, shown_uri
from workbench.evaluate.tracking.evaluations import record_of
from workbench.evaluate.tracking.records import RunRecord
from workbench.evaluate.tracking.send import send

pytestmark = pytest.mark.filterwarnings("default")  # of what MLflow stands on
BEGAN = datetime.now(UTC)
LONG = timedelta(days=1)
PAGE = b"\xff<p>board</p>"
FIGURE = b"\x89PNG\r\n\x1a\n\xff\x00"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "results"
    make_results(folder, rates={"ours": 0.9, "few": 0.4})
    (folder / "board.html").write_bytes(PAGE)
    (folder / "risk.png").write_bytes(FIGURE)
    return folder


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """Return an empty database, made once: its tables take seconds."""
    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        from workbench.evaluate.tracking.connect import load_mlflow

        load_mlflow().MlflowClient().search_experiments()
    return path


@pytest.fixture
def store(tmp_path, migrated, monkeypatch):
    """Return a client of an empty store."""
    path = tmp_path / "kept" / "mlflow.db"
    path.parent.mkdir()
    path.write_bytes(migrated.read_bytes())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{path}")
    return mlflow.MlflowClient()


def runs_of(client, kind):
    place = client.get_experiment_by_name(EVALUATIONS).experiment_id
    return client.search_runs([place], filter_string=f"tags.kind = '{kind}'")


def counted(client):
    """Return how much there is of everything."""
    place = client.get_experiment_by_name(EVALUATIONS).experiment_id
    runs = client.search_runs([place])
    traces = client.search_traces(locations=[place], max_results=500)
    return {
        "runs": len(runs), "tags": dict(client.get_experiment(place).tags),
        "metrics": sum(len(client.get_metric_history(r.info.run_id, m)) for r in runs
                       for m in r.data.metrics),
        "traces": sorted(t.info.trace_id for t in traces),
        "spans": sum(len(t.data.spans) for t in traces),
        "assessments": sum(len(t.info.assessments) for t in traces),
        "models": len(client.search_logged_models([place])),
        "prompts": [(p.name, dict(client.get_prompt(p.name).tags)) for p in client.search_prompts()],
    }  # fmt: skip


def test_what_is_kept_is_what_was_told(results):
    record = record_of(ResultsFolder(results))
    assert RunRecord.model_validate_json(record.model_dump_json()) == record
    assert record.artifacts["board.html"] == PAGE
    assert record.artifacts["risk.png"] == FIGURE
    assert {child.name for child in record.children} == {
        "ours (playbook)", "few (playbook)", "no-skills (none)", "trivial-rule (none)"
    }  # fmt: skip
    assert [child.variant is None for child in record.children] == [False, False, True, True]
    keys = [record.key, *(run.key for run in (*record.children, *record.beside))]
    assert len({*keys}) == len(keys) == 9


def test_the_truth_of_a_case_is_beside_what_was_said(results):
    record = record_of(ResultsFolder(results))
    ours = next(child for child in record.children if child.name == "ours (playbook)")
    trace = next(trace for trace in ours.traces if trace.name == "release/c01")
    assert trace.expectations == {"culprits": "guilty", "category": "lost_cache"}
    assert [span.kind for span in trace.spans] == ["CHAIN", "TOOL"]
    assert trace.tags["culprit"] == "known"
    assert trace.feedback["correct"] in (0, 1)
    assert "steps" not in trace.outputs


def test_metrics_are_of_each_half(results):
    record = record_of(ResultsFolder(results))
    table = load_results(results)
    for child in record.children:
        metrics = {one.name: one.value for one in child.metrics}
        rows = table[table["variant"] == child.params["variant"]]
        for half, part in rows.groupby("split"):
            assert metrics[f"{half}/correct"] == pytest.approx(part["correct"].mean(), abs=5e-5)
            assert metrics[f"{half}/n_cases"] == len(part)
            assert metrics[f"{half}/n_correct"] == part["correct"].sum()
        steps = [one for one in child.metrics if one.name == "over the cases/correct"]
        assert [one.step for one in steps] == [*range(1, 7)]  # of the test half
        assert steps[-1].value == pytest.approx(metrics["test/correct"])


@pytest.mark.slow
def test_an_evaluation_is_a_run_with_a_child_a_variant_and_a_trace_an_answer(store, results):
    run_id = track_evaluation(results)
    (parent,) = runs_of(store, "evaluation")
    assert (parent.info.run_id, parent.info.status) == (run_id, "FINISHED")
    assert parent.data.params["halves"] == "test and train"
    assert {one.path for one in store.list_artifacts(run_id)} == {
        "board.html", "comparisons.csv", "risk.png", "summary.csv"
    }  # fmt: skip
    children = runs_of(store, "variant")
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {run_id}
    ours = next(run for run in children if run.data.params["variant"] == "ours")
    rows = load_results(results).query("variant == 'ours'")
    held_out = rows.query("split == 'test'")["correct"].mean()
    assert ours.data.metrics["test/correct"] == pytest.approx(held_out, abs=5e-5)
    assert "test/harm_rate" in ours.data.metrics
    assert ours.data.params["skills_hash"] == "hash-ours"

    place = ours.info.experiment_id
    traces = store.search_traces(locations=[place], run_id=ours.info.run_id)
    assert len(traces) == 12
    (trace,) = (one for one in traces if one.info.tags["case"] == "release/c01")
    told = {one.name: one for one in trace.info.assessments}
    (row,) = rows[rows["case"] == "release/c01"].to_dict("records")
    assert told["correct"].feedback.value == row["correct"]
    assert told["culprits"].expectation.value == "guilty"
    assert [span.name for span in trace.data.spans] == [
        "release/c01", "Looked at m:f", "rank_changes replied"
    ]  # fmt: skip
    root, _, tool = trace.data.spans
    assert tool.parent_id == root.span_id
    assert (tool.span_type, tool.outputs) == ("TOOL", {"suspects": []})
    assert tool.end_time_ns - tool.start_time_ns == pytest.approx(0.2e9)

    (model,) = (one for one in store.search_logged_models([place]) if one.name == "ours-playbook")
    assert model.params["skills_hash"] == "hash-ours"
    assert model.params["revision"] == "0" * 40
    assert trace.info.trace_metadata["mlflow.modelId"] == model.model_id
    assert {metric.key for metric in model.metrics} >= {"train/correct", "test/correct"}

    prompt = store.get_prompt_version_by_alias("skill-lost-cache", "variant-ours")
    assert "Look at lost-cache, {mustache} and all." in prompt.template

    import mlflow

    (dataset,) = mlflow.genai.datasets.search_datasets(experiment_ids=[place])
    assert len(dataset.to_df()) == 12
    assert dataset.name == ours.inputs.dataset_inputs[0].dataset.name
    assert waiting() == []


@pytest.mark.slow
def test_what_is_sent_again_is_there_once(store, results):
    first = track_evaluation(results)
    before = counted(store)
    assert track_evaluation(results) == first
    assert counted(store) == before
    assert before["runs"] == 9
    assert len(before["traces"]) == 48
    assert "mlflow.sharedViewState.workbench-variants" in before["tags"]


@pytest.mark.slow
def test_each_evaluation_is_one_point_over_time(store, results, tmp_path):
    track_evaluation(results)
    track_evaluation(make_results(tmp_path / "later", rates={"ours": 0.5}, seed=1))
    (run,) = (
        r for r in runs_of(store, "history") if r.info.run_name == "ours (playbook) over time"
    )
    points = store.get_metric_history(run.info.run_id, "test/correct")
    assert len(points) == 2
    children = [r for r in runs_of(store, "variant") if r.data.params["variant"] == "ours"]
    assert {p.value for p in points} == {r.data.metrics["test/correct"] for r in children}


@pytest.mark.slow
def test_a_skill_has_a_version_for_each_text_and_a_name_for_each_variant(store, tmp_path):
    for number, said in enumerate(["one", "two", "one"]):
        folder = make_results(tmp_path / f"r{number}", rates={f"v{number}": 0.5}, n_cases=2)
        skill = folder / "skills" / f"v{number}" / "lost-cache" / "SKILL.md"
        skill.write_text(skill.read_text().replace("Look", said), encoding="utf-8")
        track_evaluation(folder)
    versions = [
        int(store.get_prompt_version_by_alias("skill-lost-cache", f"variant-v{n}").version)
        for n in range(3)
    ]
    assert versions == [1, 2, 1]


def test_what_cannot_be_sent_is_kept_and_sent_later(results, monkeypatch, request):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(WorkbenchError, match="MLflow at http://127.0.0.1:9: ") as caught:
        track_evaluation(results)
    assert "\n" not in str(caught.value)
    (path,) = waiting()
    with pytest.raises(WorkbenchError, match="MLflow at"):
        sync_one(path)
    assert waiting() == [path]
    client = request.getfixturevalue("store")
    sync_one(path)
    assert waiting() == []
    assert len(runs_of(client, "variant")) == 4


def test_a_file_that_is_no_run_is_named(results):
    path = keep_evaluation(results)
    for content in (b"{}", gzip.compress(b"{}"), gzip.compress(b"{}")[:-9]):
        path.write_bytes(content)
        with pytest.raises(ParseError, match=f"{path.name}: expected a run that was not sent yet"):
            sync_one(path)
        assert path.exists()


def test_a_password_is_not_told(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me:se%21cret@host:5432/db")
    assert shown_uri() == "postgresql://me:…@host:5432/db"


@pytest.mark.slow
def test_the_track_record_is_what_was_evaluated(store, results):
    track_evaluation(results)
    told = read_track_record(BEGAN - LONG, datetime.now(UTC) + LONG, ui="http://host:5000/")
    table = load_results(results)
    ours = told.evaluations.query("variant == 'ours' and split == 'test'").iloc[0]
    rows = table.query("variant == 'ours' and split == 'test'")
    known = rows[rows["case_culprit"] == "known"]
    assert ours[["n_cases", "n_right", "n_accused_wrongly", "n_with_culprit", "n_first"]].tolist() == [
        len(rows), rows["correct"].sum(), rows["false_accusation"].sum(), len(known),
        known["top1"].sum(),
    ]  # fmt: skip
    assert {*told.evaluations["variant"][told.evaluations["is_floor"]]} == {
        "no-skills",
        "trivial-rule",
    }
    assert ours["url"].startswith("http://host:5000/#/experiments/")
    assert len(told.answers) == 12
    assert {*told.answers["variant"]} == {"ours"}  # asked for first
    assert (
        ours["n_right_without"]
        == table.query("variant == 'no-skills' and split == 'test'")["correct"].sum()
    )
    assert 0 <= ours["n_harmed"] <= ours["n_right_without"]
    assert ours["verdict"] in ("better", "worse", "inconclusive")
    answers = told.answers.set_index("case")
    mine = table.query("variant == 'ours'").set_index("case")
    without = table.query("variant == 'no-skills'").set_index("case")
    for case, row in mine.iterrows():
        answer = answers.loc[case]
        assert answer["half"] == row["split"]
        assert answer["has_culprit"] == (row["case_culprit"] == "known")
        assert answer["is_accused_wrongly"] == row["false_accusation"]
        assert answer["is_right_without"] == without.loc[case, "correct"]
    assert told.answers["url"].str.contains("selectedEvaluationId=tr-").all()
    assert told.skills["skill"].tolist() == ["lost-cache"]
    row = told.skills.iloc[0]
    assert row["n_right"] - row["n_right_without"] == row["n_helped"] - row["n_harmed"]
    assert row["verdict"] in ("better", "worse", "inconclusive")
    assert set(told.pages) == {EVALUATIONS}


@pytest.mark.slow
def test_what_was_before_or_after_is_left_out(store, results):
    track_evaluation(results)
    told = read_track_record(BEGAN + LONG, BEGAN + 2 * LONG)
    assert told.evaluations.empty
    assert told.answers.empty
    assert [*told.solves.columns] == [*read_track_record(BEGAN, BEGAN + LONG).solves.columns]


def test_of_an_empty_store_nothing_is_told(store):
    told = read_track_record(BEGAN - LONG, BEGAN + LONG)
    assert told.evaluations.empty
    assert told.pages == {}
    assert Path(told.source.removeprefix("sqlite:///")).name == "mlflow.db"


def test_answers_that_are_none_are_named(store, results, monkeypatch):
    record = record_of(ResultsFolder(results))
    broken = record.children[0].model_copy(
        update={"artifacts": {"answers.json": json.dumps({"a": 1}).encode()}}
    )
    send(record.model_copy(update={"children": (broken,), "beside": ()}))
    with pytest.raises(ParseError, match="answers.json of run .*: expected a list of answers"):
        read_track_record(BEGAN - LONG, BEGAN + LONG)


CASES = [
    ({"change_id": "c", "suspects": ["c", "d"], "confidence": 0.8, "fix": {"verified": 1.0}},
     {"culprits": ["c"], "category": "lost_cache", "kind": "commit"}),
    ({"change_id": "x", "suspects": ["x"]}, {"culprits": []}),
]  # fmt: skip


@pytest.mark.slow
def test_scorers_are_those_of_mlflow_too(store):
    import mlflow

    mlflow.set_experiment("scored there")
    rows = [
        {"inputs": {"case": str(n)}, "outputs": said, "expectations": expected}
        for n, (said, expected) in enumerate(CASES)
    ]
    told = mlflow.genai.evaluate(rows, scorers=genai_scorers()).metrics
    ours = pd.DataFrame([
        score(
            Expected(frozenset(expected["culprits"]), category=expected.get("category", ""),
                     kind=expected.get("kind", "")),
            Answer(**said | {"suspects": tuple(said["suspects"])}),
        )
        for said, expected in CASES
    ]).mean()  # fmt: skip
    assert {name.removesuffix("/mean"): value for name, value in told.items()} == pytest.approx(
        ours.to_dict()
    )
    assert ours["top1"] == 1
    assert ours["correct"] == 0.5


@pytest.mark.parametrize(
    ("outputs", "expectations", "said"),
    [
        ("who knows", {}, r"expected a mapping of Answer \(category, .*\), got 'who knows'"),
        ({}, {"culprit": "c"}, r"expected a mapping of Expected \(category, culprits, "),
    ],
)
def test_what_is_no_answer_is_refused(outputs, expectations, said):
    with pytest.raises(CaseError, match=said):
        genai_scorers()[0](outputs=outputs, expectations=expectations)


def test_no_link_holds_a_password(store, results, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://lead:s3cret@host:5000/mlflow/")
    assert server_address() == "https://host:5000/mlflow"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    assert server_address() == ""


def test_what_is_not_whole_is_not_sent(results, tmp_path):
    folder = make_results(tmp_path / "half", n_cases=4)
    lines = (folder / CELLS).read_text().splitlines(keepends=True)
    (folder / CELLS).write_text("".join(lines[:-1]))
    with pytest.raises(CaseError, match="half: 11 of 12 answers are there; expected all"):
        track_evaluation(folder)
    assert waiting() == []


@pytest.mark.slow
def test_an_evaluation_that_is_still_being_sent_is_not_told_of(store, results):
    record = record_of(ResultsFolder(results))
    child = record.children[0].model_copy(update={"artifacts": {}})
    from workbench.evaluate.tracking import send as sending

    def stop(*told):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending, "send_traces", stop)
        with pytest.raises(KeyboardInterrupt):
            sending.send(record.model_copy(update={"children": (child,), "beside": ()}))
    told = read_track_record(BEGAN - LONG, datetime.now(UTC) + LONG)
    assert told.evaluations.empty
    track_evaluation(results)
    told = read_track_record(BEGAN - LONG, datetime.now(UTC) + LONG)
    assert len(told.evaluations) == 8


def test_other_cases_are_another_bank_and_another_history(results, tmp_path):
    other = record_of(ResultsFolder(make_results(tmp_path / "few", n_cases=6)))
    record = record_of(ResultsFolder(results))
    assert other.params["bank"] != record.params["bank"]
    assert {run.key for run in other.beside}.isdisjoint(run.key for run in record.beside)
    again = record_of(ResultsFolder(make_results(tmp_path / "again", seed=3)))
    assert again.params["bank"] == record.params["bank"]
    ours = (next(r for r in one.beside if r.name.startswith("ours")) for one in (again, record))
    assert next(ours).key == next(ours).key


def test_the_first_that_was_asked_for_is_compared_with(tmp_path):
    folder = ResultsFolder(make_results(tmp_path / "named", rates={"zold": 0.5, "anew": 0.9}))
    assert folder.baseline() == "zold/playbook"
    record = record_of(folder)
    assert [child.params["variant"] for child in record.children][:2] == ["zold", "anew"]
    assert b"anew,playbook,correct" in record.artifacts["comparisons.csv"]
    assert b"zold,playbook,correct" not in record.artifacts["comparisons.csv"]


def test_texts_that_are_no_utf_8_are_kept_readable():
    record = RunRecord(
        key="k", experiment="e", name="Caf\udce9", started_ms=0, ended_ms=1,
        tags={"title\udcff": "a\udce9"}, description="Caf\u00e9",
    )  # fmt: skip
    assert record.name == "Caf\ufffd"
    assert RunRecord.model_validate_json(record.model_dump_json()) == record
    assert record.description == "Caf\u00e9"


@pytest.mark.slow
def test_what_is_sent_late_does_not_replace_what_came_after(store):
    def record(name, ended):
        return RunRecord(
            key=name, experiment=SOLVES, name=name, started_ms=1000, ended_ms=ended,
            tags={"investigation": "I-1"}, replaces="I-1",
        )  # fmt: skip

    for one in (record("fixed", 9000), record("waits", 5000)):
        send(one)
    place = store.get_experiment_by_name(SOLVES).experiment_id
    assert [run.info.run_name for run in store.search_runs([place])] == ["fixed"]
    send(record("later", 9500))
    assert [run.info.run_name for run in store.search_runs([place])] == ["later"]
