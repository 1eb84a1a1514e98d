"""`workbench attribute`: from a store and a repository to ranked causes."""

import json
import sys

import pytest

from workbench import cli
from workbench.history import run_git

BASE = "def main():\n    return work(), idle()\n\n\ndef work():\n    return 1\n\n\ndef idle():\n    return 2\n"
SLOW = BASE.replace("    return 1\n", "    for i in range(99):\n        check(i)\n    return 1\n")
TIDY = SLOW.replace("    return 2\n", "    # nothing to do\n    return 2\n")


@pytest.fixture
def workbench(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "attribute", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return run


@pytest.fixture
def recorded(make_store, make_repository):
    """A store whose service became slower, and its repository of two commits."""
    stack = "main (app.py);{} (app.py)".format
    store = make_store(
        {stack("work"): 1.0, stack("idle"): 3.0}, {stack("work"): 3.0, stack("idle"): 3.0}
    )
    store.put("changes", [{"id": "CFG-1", "kind": "config", "at": "2026-01-01T19:30Z",
                           "title": "Wait longer", "key": "patience", "before": "1", "after": "2"}])  # fmt: skip
    repository = make_repository(*({"app.py": text} for text in (BASE, SLOW, TIDY)))
    for tag, revision in (("base", "main~2"), ("head", "main")):
        run_git(repository.folder, "tag", tag, revision)
    return store.folder, repository


def test_the_culprit_is_named_first(workbench, recorded):
    store, repository = recorded
    code, out, _ = workbench(store, "--repo", repository.folder, "--evidence")
    culprit = repository.resolve("main~1")[:12]
    assert code == 0
    assert "cost +200" in out or "gcpu" in out or "cost" in out
    assert out.index(culprit) < out.index("none of these")
    assert "% of the growth passes through what it touched" in out


def test_the_json_has_every_candidate_with_its_features(workbench, recorded):
    store, repository = recorded
    code, out, _ = workbench(store, "--repo", repository.folder, "--json")
    assert code == 0
    regression = json.loads(out)["regressions"][0]
    suspects = {s["id"]: s for s in regression["suspects"]}
    assert suspects.keys() == {repository.resolve("main~1"), repository.resolve("main"), "CFG-1"}
    assert suspects["CFG-1"]["kind"] == "config"
    chances = [s["probability"] for s in regression["suspects"]]
    assert sum(chances) + regression["none_of_these"]["probability"] == pytest.approx(1)
    names = {f["name"] for f in regression["suspects"][0]["features"]}
    assert {"lift", "nearest"} <= names


def test_the_limit_is_that_of_regressions_and_of_their_candidates(workbench, recorded):
    store, repository = recorded
    _, out, _ = workbench(store, "--repo", repository.folder, "--json", "--limit", 1)
    (regression,) = json.loads(out)["regressions"]
    assert len(regression["suspects"]) == 1
    assert regression["n_suspects"] == 3


def test_one_regression_may_be_asked_for(workbench, recorded):
    store, repository = recorded
    _, out, _ = workbench(store, "--json")
    wanted = json.loads(out)["regressions"][-1]["id"]
    _, out, _ = workbench(store, "--json", "--regression", wanted)
    assert [r["id"] for r in json.loads(out)["regressions"]] == [wanted]


def test_a_store_in_which_nothing_happened(workbench, make_store):
    store = make_store({"main;f": 1.0}, {"main;f": 1.0}, name="quiet")
    assert workbench(store.folder)[:2] == (0, "no regression was detected\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere"], "expected a store"),
        (["{store}", "--regression", "R-none"], "no regression 'R-none'; known: R-"),
        (["{store}", "--service", "other"], "no service 'other'; there are svc"),
        (["{store}", "--repo", "nowhere"], "expected a git repository"),
    ],
)
def test_wrong_input_is_one_line(workbench, recorded, arguments, complaint):
    code, out, err = workbench(*(a.format(store=recorded[0]) for a in arguments))
    assert (code, out) == (1, "") or code == 2
    assert complaint in err
    assert "Traceback" not in err


def test_without_known_changes_it_is_said_where_they_come_from(workbench, make_store):
    store = make_store({"main;f": 1.0}, {"main;f": 1.5})
    code, out, _ = workbench(store.folder)
    assert code == 0
    assert "no change is known to have taken effect about then: --repo reads commits" in out


def test_too_few_windows_are_an_error(workbench, make_store):
    store = make_store({"main;f": 1.0}, {"main;f": 1.5}, n_windows=4)
    code, _, err = workbench(store.folder)
    assert code == 1
    assert "expected 10 windows or more, found 8" in err
