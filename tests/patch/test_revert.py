import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import PatchError
from workbench.history import run_git, weave_files
from workbench.patch.check import Missing, missing_names, syntax_fault
from workbench.patch.edits import EditMap
from workbench.patch.measure import judge
from workbench.patch.revert import RevertSearch, Trial, ddmin
from workbench.patch.run import run_workload
from workbench.patch.workspace import Workspace
from workbench.types import Function, Patch, Workload

BASE = "def slow(x):\n    return fast(x)\n\n\ndef fast(x):\n    return x\n\n\ndef other():\n    return 1\n"
HEAD = "def slow(x):\n    return crawl(x)\n\n\ndef crawl(x):\n    return x + 0\n\n\ndef other():\n    return 2\n"


def search(make_repository, run, budget=40):
    repository = make_repository({"a.py": BASE}, {"a.py": HEAD})
    commits = repository.commits("main~1", "main")
    weaves = weave_files(commits, lambda path: repository.find(path, "main~1"))
    edits = EditMap({"a.py": BASE}, {"a.py": HEAD}, weaves)
    hot = {Function(name, "a.py") for name in ("slow", "crawl", "fast")}
    return RevertSearch(edits, run, hot, budget), [commits[0].id]


def test_a_removed_function_comes_back_and_new_ones_stay(make_repository):
    def run(files):
        return Trial(1.0 if "return fast(x)" in files["a.py"] else 0.0)

    searched, ranked = search(make_repository, run)
    (text,) = searched.edits.files(searched.smallest(ranked)).values()
    assert "return fast(x)" in text
    assert "def fast" in text
    assert "def crawl" in text
    assert "return 2" in text


def test_nothing_is_found_where_nothing_helps_and_the_budget_holds(make_repository):
    searched, ranked = search(make_repository, lambda files: Trial(0.0), budget=3)
    assert searched.smallest(ranked) is None
    assert searched.n_runs <= 3


@given(st.sets(st.integers(0, 30), min_size=1, max_size=5))
def test_ddmin_keeps_just_what_is_needed(needed):
    assert set(ddmin(range(31), lambda chosen: needed <= set(chosen))) == needed


def test_missing_names_and_attributes_are_told():
    paths = {"pkg.a": "pkg/a.py", "pkg.b": "pkg/b.py"}
    files = {"pkg/a.py": "class C:\n    def f(self):\n        return self.gone + undefined\n"}
    others = {"pkg/b.py": "from pkg.a import D\nfrom .a import C\n"}
    assert missing_names(files, others, paths) == {
        Missing("pkg/a.py", "gone"), Missing("pkg/a.py", "undefined"), Missing("pkg/a.py", "D"),
    }  # fmt: skip
    assert str(syntax_fault({"x.py": "def f(:\n"})).startswith("x.py:1: ")


def state(folder):
    return [
        run_git(folder, *c) for c in (("status", "--porcelain"), ("branch",), ("rev-parse", "HEAD"))
    ]


def test_a_workspace_leaves_the_repository_as_it_was(make_repository):
    repository = make_repository({"a.py": BASE}, {"a.py": HEAD})
    before = state(repository.folder)
    with pytest.raises(RuntimeError), Workspace(repository, "main~1", "main") as workspace:
        workspace.apply({"a.py": "x = 1\n"})
        assert "+x = 1" in workspace.diff()
        with pytest.raises(PatchError, match="inside the repository"):
            workspace.apply({"../out.py": ""})
        raise RuntimeError
    assert state(repository.folder) == before
    (repository.folder / "dirt").touch()
    with pytest.raises(PatchError, match=r"clean working tree, found changes in dirt"):
        Workspace(repository, "main~1", "main")


def test_the_same_patch_is_the_same_commit_and_an_occupied_branch_is_left_alone(make_repository):
    repository = make_repository({"a.py": BASE}, {"a.py": HEAD})

    def hand_over(text):
        with Workspace(repository, "main~1", "main") as workspace:
            workspace.apply({"a.py": text})
            return workspace.commit(Patch("revert", "Fix it", {"a.py": text}), "fix")

    first = hand_over(BASE)
    assert hand_over(BASE) == first
    assert hand_over("y = 1\n")[0] == "fix-2"
    assert run_git(repository.folder, "log", "--format=%s", "main..fix").split("\n")[:1] == [
        "Fix it"
    ]


def test_a_gain_is_credited_only_where_it_is_there():
    rng = np.random.default_rng(0)
    noise = lambda level: level * (1 + 0.01 * rng.standard_normal(9))  # noqa: E731
    good, bad = noise(1.0), noise(2.0)
    sound = judge(good, bad, noise(1.1))
    assert sound.verified
    assert sound.interval[0] < 0.9 < sound.interval[1]
    hollow = judge(good, bad, noise(2.0))
    assert not hollow.verified
    assert "of the loss" in hollow.reason


@pytest.mark.parametrize(
    ("code", "complaint"),
    [("raise ValueError('boom')", "boom"), ("print('hello')", "expected a line 'WL cpu"),
     ("while True: pass", "did not finish in 1 s"), ("x = bytearray(8 << 30)", "MemoryError")],
)  # fmt: skip
def test_a_workload_that_fails_is_one_error(tmp_path, code, complaint):
    (tmp_path / "w.py").write_text(code)
    workload = Workload(("w.py",), (), timeout_s=1)
    with pytest.raises(PatchError, match=complaint):
        run_workload(workload, tmp_path, tmp_path)


def test_a_workload_sees_a_clean_environment_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    (tmp_path / "w.py").write_text(
        "import os, socket\n"
        "try: socket.create_connection(('192.0.2.1', 9), timeout=0.2); net = 'open'\n"
        "except OSError as error: net = type(error).__name__ + str(error.errno)\n"
        "print(f\"WL cpu=0.1 wall=0.1 check={'SECRET_TOKEN' in os.environ}\")\n"
    )
    run = run_workload(Workload(("w.py",), (), rounds=4), tmp_path, tmp_path)
    assert run.check == "False"
    assert run.cost == pytest.approx(0.025)
    assert subprocess.run(["pgrep", "-f", str(tmp_path / "w.py")], check=False).returncode == 1
