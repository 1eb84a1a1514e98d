import json
import shutil
from pathlib import Path

import pytest

from workbench.evaluate.tracking import waiting


def test_variants_are_compared_on_cases(workbench, tmp_path):
    code, out, err = workbench(
        "evaluate", "feed/H4", "--out", "results", "--jobs", "1", "--no-track"
    )
    assert (code, err) == (0, "")
    rows = [line for line in out.splitlines() if line.rstrip().endswith(("(playbook)", "(none)"))]
    assert len(rows) == 3
    assert out.splitlines()[0].strip() == "1 case of the train half"
    assert (tmp_path / "results" / "cells.jsonl").is_file()
    assert (
        workbench("evaluate", "feed/H4", "--out", "results", "--jobs", "1", "--no-track")[1] == out
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "none is like 'nope'"),
        (
            ("feed/H4", "--variant", "ours"),
            "expected NAME=FOLDER or NAME=FOLDER@REVISION, got 'ours'",
        ),
        (("feed/H4", "--variant", "a=nowhere"), "nowhere: expected skills"),
        (
            ("feed/H4", "--price", "playbook=1"),
            "expected MODEL=IN,OUT in dollars, got 'playbook=1'",
        ),
        (("feed/H4", "--price", "playbook=-1,2"), "expected MODEL=IN,OUT in dollars"),
        (("feed/H4", "--price", "a:b=1,2"), "price: expected one of playbook, got 'a:b'"),
    ],
)
def test_what_cannot_be_compared_is_one_error_and_leaves_nothing(workbench, tmp_path, words, said):
    code, _, err = workbench("evaluate", *words, "--out", "results", "--no-track")
    assert code == 1
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "results").exists()


def test_two_runs_are_compared_case_by_case(workbench, tmp_path):
    (tmp_path / "few").mkdir()
    skills = Path(__file__).parents[1] / "skills"
    shutil.copytree(skills / "more-items", tmp_path / "few" / "more-items")
    variants = ("--variant", f"ours={skills}", "--variant", "few=few")
    code, _, _ = workbench(
        "evaluate", "feed/A07", *variants, "--out", "results", "--jobs", "1", "--no-track"
    )
    assert code == 0
    code, out, err = workbench(
        "compare", "results:ours", "results:few", "--fail-if-worse", "category:2pp"
    )
    assert code == 1
    assert "failed: results:few, train half: category is worse by 100.0 pp, more than 2" in err
    assert "inconclusive" in out
    assert "skills of results:few: deep-copies/SKILL.md +0 −" in out
    assert "skills of results:few: more-items" not in out
    assert "results:ours → results:few, train half" in out
    code, out, _ = workbench("compare", "results:ours", "results:few/playbook", "--json")
    (told,) = json.loads(out)["after"]
    assert code == 0
    assert {row["name"] for row in told["measures"]} >= {"correct", "category", "seconds"}
    assert (told["half"], told["failed"]) == ("train", [])
    assert told["skills"]["deep-copies/SKILL.md"].startswith("--- before/deep-copies/SKILL.md")
    _, out, _ = workbench("compare", "results:ours", "results:few", "results:no-skills", "--diff")
    assert "results:ours → results:no-skills" in out
    assert "-name: deep-copies" in out
    shutil.copytree(tmp_path / "results", tmp_path / "older")
    about = json.loads((tmp_path / "older" / "experiment.json").read_text(encoding="utf-8"))
    told = json.dumps(about | {"code": "0" * 16})
    (tmp_path / "older" / "experiment.json").write_text(told, encoding="utf-8")
    _, out, _ = workbench("compare", "older:ours", "results:ours")
    assert out.splitlines()[-2:] == [
        "times: older:ours and results:ours were measured one after the other",
        "code: results:ours was answered by other code than older:ours",
    ]
    _, out, _ = workbench("compare", "results:no-skills", "results:ours")
    assert out.splitlines()[-1] == "skills: results:no-skills has none"
    code, _, err = workbench("compare", "results:ours", "results:few", "--split", "test")
    assert (code, "expected cases of the test half, as others, got train" in err) == (1, True)
    code, _, err = workbench("compare", "results:ours", "results:nope")
    assert (code, "expected one of few/playbook, no-skills/none, ours/playbook" in err) == (1, True)


def test_an_evaluation_is_kept_where_nobody_takes_it(workbench, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    code, out, err = workbench("evaluate", "feed/H4", "--out", "results", "--jobs", "1")
    assert code == 0
    assert "results in results" in out
    assert "not tracked: MLflow at http://127.0.0.1:9: " in err
    assert "workbench sync" in err
    assert [path.name[:11] for path in waiting()] == ["evaluation-"]


def test_a_changed_skill_is_tried_before_it_is_accepted(workbench, tmp_path):
    skills = Path(__file__).parents[1] / "skills"
    shutil.copytree(skills / "deep-copies", tmp_path / "mine" / "deep-copies")
    playbook = tmp_path / "mine" / "deep-copies" / "scripts" / "playbook.py"
    before = playbook.read_text(encoding="utf-8")
    playbook.write_text(before + "\n\ndef relevance(facts):\n    return 0.0\n", encoding="utf-8")
    words = ("skills", "backtest", "mine/deep-copies", "feed/A07", "--jobs", "1", "--out", "tried")
    code, out, err = workbench(*words)
    assert "before → changed" in out
    assert ("failed: " in err) == (code == 1)
    code, _, err = workbench(*words[:2], str(skills / "deep-copies"), "--out", "other")
    assert code == 1
    assert "deep-copies: expected a change, found none" in err
