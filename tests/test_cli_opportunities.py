"""`workbench opportunities`: from a store and a repository to what is done in vain."""

import json
import sys

import pytest

from workbench import cli
from workbench.history import run_git
from workbench.opportunity import PATTERNS

APP = "import copy\n\n\ndef work(rows):\n    mine = copy.deepcopy(rows)\n    n = len(mine)\n    return n\n"
TIDY = "def work(rows):\n    n = len(rows)\n    return n\n"


@pytest.fixture
def workbench(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "opportunities", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return run


@pytest.fixture
def recorded(make_store, make_repository):
    """A store whose code copies in vain, under `src`, and its repository."""
    stacks = {"work (app.py:5);deepcopy (copy.py:128)": 3.0, "work (app.py:6)": 1.0}
    store = make_store(stacks, stacks)
    store.put("services", [{"service": "svc", "servers": 10, "watts": 300, "owner": "Ada"}])
    repository = make_repository({"src/app.py": TIDY}, {"src/app.py": APP})
    for tag, revision in (("base", "main~1"), ("head", "main")):
        run_git(repository.folder, "tag", tag, revision)
    return store.folder, repository


def test_what_is_done_in_vain_is_listed(workbench, recorded):
    store, repository = recorded
    code, out, _ = workbench(store, "--repo", repository.folder, "--evidence")
    assert code == 0
    assert "deep_copy_only_read" in out
    assert "src/app.py:5" in out
    assert "samples pass" in out


def test_the_json_has_every_field(workbench, recorded):
    store, repository = recorded
    code, out, _ = workbench(store, "--repo", repository.folder, "--json")
    assert code == 0
    (one,) = json.loads(out)["opportunities"]
    assert (one["pattern"], one["file"], one["owner"]) == (
        "deep_copy_only_read",
        "src/app.py",
        "Ada",
    )
    assert one["share"] == pytest.approx(0.75, abs=0.02)
    assert one["saving"]["low"] < one["saving"]["value"] < one["saving"]["high"]
    assert one["watts"]["value"] == pytest.approx(3000 * one["saving"]["value"])
    assert one["state"] == "open"


def test_windows_before_a_change_of_other_files_count_too(workbench, make_store, make_repository):
    before = {"work (app.py:5);deepcopy (copy.py:1)": 1.0, "work (app.py:6)": 1.0}
    after = {"work (app.py:5);deepcopy (copy.py:1)": 3.0, "work (app.py:6)": 1.0}
    store = make_store(before, after, noise=0.0)
    same = {"app.py": APP}, {"app.py": APP, "other.py": "x = 1\n"}
    moved = {"app.py": APP.replace("\n\n\n", "\n\n\n# moved\n")}, {"app.py": APP}
    for name, commits, expected in (("same", same, (1 + 3) / (2 + 4)), ("moved", moved, 3 / 4)):
        repository = make_repository(*commits, name=name)
        for tag, revision in (("base", "main~1"), ("head", "main")):
            run_git(repository.folder, "tag", tag, revision)
        code, out, _ = workbench(store.folder, "--repo", repository.folder, "--json")
        (one,) = json.loads(out)["opportunities"]
        assert code == 0
        assert one["share"] == pytest.approx(expected, abs=0.01)


def test_windows_of_the_latest_known_version_count(workbench, recorded):
    store, repository = recorded
    run_git(repository.folder, "tag", "--delete", "head")
    code, out, _ = workbench(store, "--repo", repository.folder)
    assert (code, out.strip()) == (0, "no hot function of the repository fits a pattern")


def test_a_repository_of_other_versions_is_one_line(workbench, recorded):
    store, repository = recorded
    run_git(repository.folder, "tag", "--delete", "base", "head")
    code, out, err = workbench(store, "--repo", repository.folder)
    assert (code, out) == (1, "")
    assert "error: " in err
    assert "expected a version that svc ran" in err


def test_a_pattern_may_be_asked_for_alone(workbench, recorded):
    store, repository = recorded
    code, out, _ = workbench(store, "--repo", repository.folder, "--pattern", "list_as_queue")
    assert (code, out.strip()) == (0, "no hot function of the repository fits a pattern")


def test_a_pattern_that_nobody_knows_is_told_with_those_there_are(workbench, recorded):
    store, repository = recorded
    code, _, err = workbench(store, "--repo", repository.folder, "--pattern", "luck")
    assert code == 2
    assert all(name in err for name in PATTERNS)


def test_only_the_most_promising_are_shown(workbench, recorded, make_store, make_repository):
    two = APP.replace("    return n\n", "    return sorted(rows)[0] + n\n")
    store = make_store({"work (app.py:5);deepcopy (copy.py:1)": 1.0, "work (app.py:7)": 3.0},
                       {"work (app.py:5);deepcopy (copy.py:1)": 1.0, "work (app.py:7)": 3.0},
                       name="two-store")  # fmt: skip
    repository = make_repository({"app.py": two}, name="two")
    run_git(repository.folder, "tag", "head")
    shown = []
    for top in (2, 1):
        code, out, _ = workbench(store.folder, "--repo", repository.folder, "--top", top, "--json")
        told = json.loads(out)
        assert (code, told["n_found"]) == (0, 2)
        shown.append([one["id"] for one in told["opportunities"]])
    assert shown[1] == shown[0][:1]
    code, out, _ = workbench(store.folder, "--repo", repository.folder, "--top", "1")
    assert "and 1 more: --top 2" in out


def test_an_unknown_service_is_one_line(workbench, recorded):
    store, repository = recorded
    code, out, err = workbench(store, "--repo", repository.folder, "--service", "nobody")
    assert (code, out) == (1, "")
    assert "nobody" in err
