import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner
from made_fixes import make_failure, make_verification

from workbench.cli import cli
from workbench.errors import CaseError, ModelError, StoreError, WorkbenchError
from workbench.evaluate.tracking import SOLVES
from workbench.history import run_git
from workbench.solver import (
    CASE_FILE,
    SolveOptions,
    investigations_file,
    kept_steps,
    open_case,
    resume,
    solve,
    to_json,
)
from workbench.store import Store
from workbench.types import (
    Case,
    Change,
    Detection,
    Diagnosis,
    Fix,
    Outcome,
    Patch,
    Ranking,
    Regression,
    Suspect,
)  # fmt: skip

FAST = """def main(n):
    seen = set()
    for i in range(n):
        seen.add(i % 900)
    return len(seen)
"""
SLOW = FAST.replace("set()", "[]").replace(
    "        seen.add(i % 900)", "        if i % 900 not in seen:\n            seen.append(i % 900)"
)
WORKLOAD = """import os, time
import app
begin = time.process_time()
for _ in range(int(os.environ["WL_REPEAT"])):
    check = app.main(6000)
used = time.process_time() - begin
print(f"WL cpu={used:.6f} wall={used:.6f} check={check}")
"""
CASE = {
    "id": "case",
    "service": "svc",
    "base": "main~11",
    "head": "main",
    "workload": {"command": ["w.py"], "paths": [], "rounds": 1},
}
CULPRIT = 6


def commits() -> list[tuple[str, str]]:
    """Twelve: the sixth after the import makes `main` quadratic, the others change helpers."""
    helpers = [f"\n\ndef helper_{i}():\n    return {i}\n" for i in range(12)]
    rows = []
    for number in range(12):
        if number:
            helpers[number] = helpers[number].replace("return ", "return 1 + ")
        if number == CULPRIT:
            helpers[number] = helpers[number].replace("1 + ", "")
        body = SLOW if number >= CULPRIT else FAST
        rows.append(("app.py", body + "".join(helpers)))
    return rows


@pytest.fixture
def case(make_store: Callable, tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    (folder / "repo").mkdir(parents=True)
    stream = []
    for number, (path, text) in enumerate(commits()):
        stream.append(
            f"commit refs/heads/main\n"
            f"committer Ada Keller <ada@example.invalid> {1767603600 + 60 * number} +0000\n"
            f"data 2\nc\n\nM 100644 inline {path}\ndata {len(text)}\n{text}\n"
        )
    run_git(folder / "repo", "init", "--quiet", "--initial-branch=main")
    run_git(folder / "repo", "fast-import", "--quiet", stdin="".join(stream))
    run_git(folder / "repo", "reset", "--quiet", "--hard", "main")
    stack, other = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
    make_store({stack: 0.2, other: 0.1}, {stack: 0.9, other: 0.1}, name="case/store")
    (folder / "w.py").write_text(WORKLOAD)
    (folder / CASE_FILE).write_text(json.dumps(CASE))
    return folder


@pytest.mark.slow
def test_a_planted_regression_is_named_fixed_and_handed_over(case):
    repository = case / "repo"
    culprit = run_git(repository, "rev-parse", f"main~{11 - CULPRIT}").strip()
    before = run_git(repository, "rev-parse", "main")
    told, steps = [], []
    options = SolveOptions(n_runs=5)
    outcome = solve(open_case(case), options, progress=told.append, on_step=steps.append)
    summary = to_json(outcome)
    json.dumps(summary, allow_nan=False)
    assert summary["regressions"][0]["function"] == "app:main"
    assert summary["regressions"][0]["change_index"] == 20
    assert summary["cause"]["commit"] == summary["suspects"][0] == culprit
    assert summary["cause"]["functions"] == ["app:main"]
    assert summary["fix"]["verified"]
    assert summary["fix"]["gain_restored"] >= 0.8
    low, high = summary["fix"]["interval"]
    assert low <= summary["fix"]["gain_restored"] <= high
    assert "Ada Keller <ada@example.invalid>" in outcome.fix.pull_request
    assert run_git(repository, "status", "--porcelain") == ""
    assert run_git(repository, "rev-parse", "main") == before
    assert run_git(repository, "worktree", "list").count("\n") == 1
    branch = summary["fix"]["branch"]
    assert run_git(repository, "rev-list", "--count", f"main..{branch}").strip() == "1"
    fixed = run_git(repository, "show", f"{branch}:app.py")
    assert "seen.add" in fixed
    assert fixed.count("return 1 + ") == 10
    assert told[0] == "detecting"
    assert [(s.node, s.title) for s in steps] == [(s.node, s.title) for s in outcome.steps]
    parts = summary["seconds"]
    assert parts["total"] >= parts["detect"] + parts["diagnose"] + parts["fix"] > 0


def test_what_the_recording_leaves_open_and_running_does_not_show_is_set_aside(case, make_store):
    report = "print(f'WL cpu={int(os.environ[\"WL_REPEAT\"]) * 0.1} wall=1 check=1')"
    (case / "w.py").write_text(f"import os\n{report}\n")
    (case / "store").rename(case.with_name("old-store"))
    stack, other = "<module> (w.py:1);main (app.py:1)", "<module> (w.py:1);rest (w.py:2)"
    before, after = {stack: 0.1, other: 6.0}, {stack: 0.45, other: 6.0}
    make_store(before, after, name="case/store", noise=0.3)
    found = solve(open_case(case), SolveOptions(fix=False)).detection.found
    assert found
    assert not any(r.is_sure for r in found)
    outcome = solve(open_case(case))
    summary = to_json(outcome)
    assert (summary["regressions"], summary["cause"]) == ([], None)
    assert not outcome.reproduction.is_real
    assert "total did not move with it" in outcome.detection.removed["reason"].iloc[-1]
    assert run_git(case / "repo", "worktree", "list").count("\n") == 1


def test_without_a_fix_the_cause_is_still_named(case):
    outcome = solve(open_case(case), SolveOptions(fix=False))
    culprit = run_git(case / "repo", "rev-parse", f"main~{11 - CULPRIT}").strip()
    assert outcome.cause == culprit
    assert outcome.fix is None
    assert outcome.no_fix == "a fix was not asked for"
    assert run_git(case / "repo", "branch", "--format=%(refname:short)") == "main\n"


def test_the_same_case_gives_the_same_answer(case):
    opened, options = open_case(case), SolveOptions(fix=False)
    one, two = (to_json(solve(opened, options)) for _ in range(2))
    own = {"seconds": None, "investigation": None}
    assert one | own == two | own


def test_a_store_alone_is_detected_and_accuses_nobody(case):
    outcome = solve(open_case(case / "store"))
    assert outcome.detection.found
    assert outcome.cause is None
    assert outcome.fix is None
    assert outcome.case.id == "store"


def test_a_store_with_its_repository_names_the_cause(case):
    for name, revision in (("base", "main~11"), ("head", "main")):
        run_git(case / "repo", "tag", name, revision)
    opened = open_case(case / "store", repository=case / "repo")
    assert (opened.base, opened.head) == ("base", "head")
    outcome = solve(opened)
    assert outcome.cause == run_git(case / "repo", "rev-parse", f"main~{11 - CULPRIT}").strip()
    assert outcome.fix is None
    assert outcome.no_fix == "there is no workload to measure one with"


def test_nothing_regressed_is_an_outcome_too(make_store):
    store = make_store({"a": 0.2, "b": 0.2}, {"a": 0.2, "b": 0.2})
    summary = to_json(solve(open_case(store.folder)))
    assert (summary["regressions"], summary["cause"], summary["fix"]) == ([], None, None)
    assert summary["diagnosis"] == "no regression"
    assert set(summary["seconds"]) == {"detect", "diagnose", "fix", "total"}


def test_what_is_neither_case_nor_store_is_said(tmp_path):
    with pytest.raises(CaseError, match=r"expected a case \(case\.json\) or a store .* neither"):
        open_case(tmp_path)
    with pytest.raises(CaseError, match="found no such folder"):
        open_case(tmp_path / "nowhere")


def changed(**fields):
    """CASE with other fields; None leaves one out."""
    return json.dumps({k: v for k, v in (CASE | fields).items() if v is not None})


def workload(**fields):
    return changed(workload=CASE["workload"] | fields)


BROKEN = {
    "not JSON": ("{", r"\$: Invalid JSON"),
    "empty": ("", r"\$: Invalid JSON"),
    "a list": ("[]", r"\$: Input should be an object"),
    "no id": (changed(id=None), r"\$\.id: Field required"),
    "an id that is a path": (changed(id="../x"), r"\$\.id: "),
    "a number": (changed(head=3), r"\$\.head: "),
    "no workload": (changed(workload=None), r"\$\.workload: Field required"),
    "a word for a list": (workload(command="w.py"), r"\$\.workload\.command: "),
    "no command": (workload(command=[]), r"\$\.workload: .*expected a command"),
    "no rounds": (workload(rounds=0), r"\$\.workload: .*at least one round"),
    "a word for a number": (workload(rounds="many"), r"\$\.workload\.rounds: "),
    "an environment of numbers": (workload(env={"A": 1}), r"\$\.workload\.env\.A: "),
    "two faults": (changed(base=None, head=None), r"\$\.base: .*; \$\.head: "),
}


@pytest.mark.parametrize(("text", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_broken_case_file_is_named_with_the_place(tmp_path, text, complaint):
    (tmp_path / CASE_FILE).write_text(text)
    with pytest.raises(CaseError, match=complaint) as caught:
        open_case(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / CASE_FILE))
    assert "\n" not in str(caught.value)


def test_a_case_has_a_repository_of_its_own(case):
    with pytest.raises(CaseError, match="--repo is for a store"):
        open_case(case, repository=case / "repo")


def test_a_damaged_store_is_said(tmp_path):
    (tmp_path / "store.json").write_text("{}")
    with pytest.raises(StoreError, match="expected"):
        open_case(tmp_path)


REPOSITORIES = {
    "no repository": (lambda repo: repo.rename(repo.with_name("gone")), "found no such folder"),
    "no revision": (lambda repo: run_git(repo, "reset", "--hard", "main~3"), "no revision"),
    "a new file": (lambda repo: (repo / "dirt").touch(), "uncommitted changes in dirt"),
    "a changed file": (
        lambda repo: (repo / "app.py").write_text("x = 1\n"),
        "uncommitted changes in app.py",
    ),
    "a file gone": (lambda repo: (repo / "app.py").unlink(), "uncommitted changes in app.py"),
    "many": (
        lambda repo: [(repo / f"{i}.txt").touch() for i in range(5)],
        r"0\.txt, 1\.txt, 2\.txt …",
    ),
}


@pytest.mark.parametrize(("spoil", "complaint"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_a_repository_that_is_not_as_it_should_be_is_said(case, spoil, complaint):
    spoil(case / "repo")
    with pytest.raises(CaseError, match=complaint) as caught:
        solve(open_case(case))
    assert "\n" not in str(caught.value)


def test_skills_that_are_not_there_are_said(case, tmp_path):
    with pytest.raises(WorkbenchError, match="expected skills"):
        solve(open_case(case), SolveOptions(skills=tmp_path / "nowhere", fix=False))


def test_a_solve_waits_for_a_review_and_is_resumed(case, tmp_path):
    kept = tmp_path / "kept.db"
    waiting = solve(open_case(case), SolveOptions(fix=False, review=True), saved=kept)
    assert (waiting.status, waiting.fix) == ("waits for review", None)
    assert (
        waiting.no_fix
        == f"it waits for review: workbench resume {waiting.investigation_id} --approve"
    )
    approved = resume(kept, waiting.investigation_id, review={"verdict": "approve", "by": "Ada"})
    assert (approved.status, approved.cause) == ("done", waiting.cause)
    assert approved.no_fix == "a fix was not asked for"
    assert [s.title for s in approved.steps][-2:] == ["Reviewed: approve by Ada", "Handed over"]
    assert to_json(approved)["review"] == {"verdict": "approve", "by": "Ada"}


def test_what_is_to_be_accepted_gets_no_fix(case, tmp_path):
    kept = tmp_path / "kept.db"
    waiting = solve(open_case(case), SolveOptions(review=True), saved=kept)
    said = {"verdict": "edit", "changes": {"mitigation": "add_capacity"}, "by": "Ada"}
    edited = resume(kept, waiting.investigation_id, review=said)
    assert (edited.cause, edited.fix) == (waiting.cause, None)
    assert edited.no_fix.startswith("add_capacity: nothing is wrong with the code")


def test_a_model_that_fails_says_where_the_investigation_is_kept(case, tmp_path):
    kept = tmp_path / "kept.db"
    nobody = {"model": "openai:x", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "x")
        with pytest.raises(
            ModelError, match=r"did not answer.*; kept: workbench resume case-"
        ) as e:
            solve(open_case(case), SolveOptions(fix=False, **nobody), saved=kept)
    name = str(e.value).split()[-1]
    known = solve(open_case(case), SolveOptions(fix=False)).cause
    assert resume(kept, name, model="playbook").cause == known


def test_a_rejected_diagnosis_is_no_cause(case, tmp_path):
    kept = tmp_path / "kept.db"
    waiting = solve(open_case(case), SolveOptions(fix=False, review=True), saved=kept)
    said = {"verdict": "reject", "why": "it was the traffic", "by": "Ada"}
    rejected = resume(kept, waiting.investigation_id, review=said)
    assert (rejected.cause, rejected.no_fix) == (None, "no cause was named")
    assert rejected.diagnosis.summary.startswith("Rejected by Ada: it was the traffic. It was: ")
    assert to_json(rejected)["cause"] is None


def test_a_solve_runs_again_from_a_step_and_tells_its_steps(case, tmp_path):
    kept = tmp_path / "kept.db"
    done = solve(open_case(case), SolveOptions(fix=False), saved=kept)
    steps = kept_steps(kept, done.investigation_id)
    chosen = next(number for number, then in steps if then == "begin_opinion")
    again = resume(kept, done.investigation_id, step=chosen, skill="lost-cache")
    assert again.cause == done.cause
    assert again.diagnosis.skill == "lost-cache"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_what_a_budget_cut_short_is_resumed_with_a_larger_one(case, tmp_path, monkeypatch):
    kept, page = tmp_path / "kept.db", tmp_path / "report.html"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")

    def run(*words):
        done = CliRunner().invoke(cli, [*words, "--state", str(kept), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    short = run("solve", str(case), "--no-fix", "--no-track", "--max-calls", "1")
    assert short["diagnosis"].endswith("The budget of 1 model call is spent.")
    steps = kept_steps(kept, short["investigation"])
    chosen = next(number for number, then in steps if then == "begin_opinion")
    assert run("resume", short["investigation"])["diagnosis"] == short["diagnosis"]
    again = ("resume", short["investigation"], "--step", str(chosen))
    assert run(*again)["diagnosis"] == short["diagnosis"]
    still = run("resume", short["investigation"], "--max-calls", "2")
    assert still["diagnosis"].endswith("The budget of 2 model calls is spent.")
    whole = run("resume", short["investigation"], "--max-calls", "24", "--report", str(page))
    assert "budget" not in whole["diagnosis"]
    assert whole["cause"] == {**short["cause"], "confidence": whole["cause"]["confidence"]}
    assert whole["mlflow_run_id"] != still["mlflow_run_id"]
    done = CliRunner().invoke(cli, ["resume", whole["investigation"], "--max-calls", "30",
                                    "--state", str(kept)])  # fmt: skip
    assert "no budget ended it" in str(done.exception)
    (kept_run,) = mlflow.search_runs(experiment_names=[SOLVES], output_format="list")
    assert kept_run.info.run_id == whole["mlflow_run_id"]
    assert kept_run.data.tags["investigation"] == whole["investigation"]
    assert run("resume", whole["investigation"])["mlflow_run_id"] is None  # nothing ran
    assert "<html" in page.read_text(encoding="utf-8")


def test_what_has_other_profiles_by_now_is_not_resumed(case, tmp_path, make_profile):
    kept = tmp_path / "kept.db"
    waiting = solve(open_case(case), SolveOptions(fix=False, review=True), saved=kept)
    store = Store.open(case / "store")
    store.put("documents", [{"id": "d", "text": "told meanwhile"}])
    assert resume(kept, waiting.investigation_id).status == "waits for review"
    later = datetime(2026, 2, 1, tzinfo=UTC)
    store.add(make_profile("main 3"), service="svc", at=later, work=1.0, cpu_seconds=1.0)
    with pytest.raises(CaseError, match="has other profiles than when"):
        resume(kept, waiting.investigation_id)


def test_a_regression_may_be_named(case):
    opened = open_case(case)
    first = solve(opened, SolveOptions(fix=False)).detection.found[0]
    for name in (first.id, first.subject):
        assert (
            solve(opened, SolveOptions(fix=False, regression=name)).diagnosis.regression_id
            == first.id
        )
    with pytest.raises(CaseError, match=r"no regression 'nothing'; there are R-"):
        solve(opened, SolveOptions(fix=False, regression="nothing"))


NAN = float("nan")
REGRESSION = Regression("R-1", "app:main", "cost", 20, 19, 21, 0.5, 2.0, 0.001)


def outcome(verification=None, change_id="c" * 40, before=0.5) -> Outcome:
    empty = pd.DataFrame()
    at = datetime(2026, 1, 5, tzinfo=UTC)
    fix = None
    if verification:
        fix = Fix(Patch("restore_cache", "Keep it", {}, ("c" * 40,)), "", verification, "fix/x")
    return Outcome(
        Case("case", "svc", ".", "a", "b"), None, None,
        Detection((replace(REGRESSION, before=before),), (), empty, empty),
        Ranking((Suspect(Change("c" * 40, "t", "a", "e", at), 0.9, ("app:main",), 1.5),), 0.1),
        Diagnosis("R-1", "It counts.", change_id, ("app:main",), "", "revert", 0.9), fix,
        seconds={"detect": 1.0, "diagnose": 2.0, "fix": 3.0, "total": 7.0},
    )  # fmt: skip


def test_the_json_is_what_was_promised():
    seen = make_verification(
        good=(1.0,), bad=(3.0,), fixed=(1.2,), restored=0.9, interval=(0.8, 1.0), verified=True
    )
    assert to_json(outcome(seen), "run-1") == {
        "case": "case",
        "regressions": [
            {
                "function": "app:main",
                "metric": "cost",
                "change_index": 20,
                "before": 0.5,
                "after": 2.0,
                "relative_delta": 3.0,
            }
        ],
        "cause": {"commit": "c" * 40, "functions": ["app:main"], "confidence": 0.9},
        "suspects": ["c" * 40],
        "none_of_these": 0.1,
        "diagnosis": "It counts.",
        "mitigation": "restore_cache",
        "opportunity": None,
        "fix": {
            "applied": True,
            "verified": True,
            "ratio_before": 3.0,
            "ratio_after": 1.2,
            "gain_restored": 0.9,
            "interval": [0.8, 1.0],
            "saved": None,
            "saved_interval": [None, None],
            "summary": "Keep it",
            "reason": "",
            "branch": "fix/x",
            "reverted": ["c" * 40],
        },
        "no_fix": "",
        "investigation": "",
        "review": None,
        "opened": None,
        "category": "",
        "evidence": [],
        "skill": "",
        "seconds": {"detect": 1.0, "diagnose": 2.0, "fix": 3.0, "total": 7.0},
        "mlflow_run_id": "run-1",
    }


@pytest.mark.parametrize(
    "verification",
    [
        None,
        make_failure("applies", "does not apply"),
        make_failure("same output", "other output", good=(1.0,), bad=(3.0,)),
        make_failure("gain", "odd", good=(0.0,), bad=(3.0,), interval=(-float("inf"), NAN)),
    ],
    ids=["no fix", "not applied", "other output", "odd numbers"],
)
@pytest.mark.parametrize("change_id", ["c" * 40, None], ids=["accused", "abstained"])
@pytest.mark.parametrize("before", [0.5, 0.0], ids=["known", "new"])
def test_the_json_is_valid_whatever_came_out(verification, change_id, before):
    summary = to_json(outcome(verification, change_id, before))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary["cause"] is None) == (change_id is None)
    assert (summary["fix"] is None) == (verification is None)
    assert (summary["regressions"][0]["relative_delta"] is None) == (before == 0)
    if verification and not verification.applied:
        assert summary["fix"]["gain_restored"] is None
        assert summary["fix"]["interval"] == [None, None]


def test_a_folder_may_be_told_for_what_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path))
    assert investigations_file() == tmp_path / "investigations.db"
    monkeypatch.setenv("WORKBENCH_STATE", str(tmp_path / "mine.db"))
    assert investigations_file() == tmp_path / "mine.db"
