"""From a diagnosis to a fix on a branch; the workload tells its cost instead of taking it."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.attribute import CodeHistory
from workbench.history import Repository, run_git
from workbench.patch import find_fix
from workbench.types import Diagnosis, Function, Regression, Workload

WORKLOAD = """\
import os, mod
rounds = int(os.environ["WL_REPEAT"])
print(f"WL cpu={mod.cost() * rounds:.9f} wall=1 check={mod.work()}")
"""
GOOD = "def cost():\n    return 0.1\n\n\ndef work():\n    return 1\n"
BAD = GOOD.replace("0.1", "0.2").replace("return 1", "return 2 - 1")
REGRESSION = Regression("r1", "mod.py:cost", "gcpu", 5, 5, 5, 0.1, 0.2, 1e-9)


def fix_it(folder, is_named=True):
    """Find the fix of the last commit; also run by itself, to be killed."""
    repository = Repository(folder)
    commit = repository.resolve("main") if is_named else None
    history = CodeHistory(repository, "main~1", "main")
    return find_fix(
        repository, history.weaves, "main~1", "main", Workload(("wl.py",), ()), folder.parent,
        REGRESSION, Diagnosis("r1", "It costs more.", commit, ("mod.py:cost",), mitigation="revert"),
        [], [Function("cost", "mod.py")], n_runs=3,
    )  # fmt: skip


@pytest.fixture
def repository(make_repository, tmp_path):
    (tmp_path / "wl.py").write_text(WORKLOAD)
    return make_repository({"mod.py": GOOD}, {"mod.py": BAD})


def state(folder):
    """The tree, the index, HEAD and what refers to commits."""
    tree = {p: p.read_bytes() for p in sorted(folder.glob("*")) if p.is_file()}
    refs = run_git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    inner = [(folder / ".git" / name).read_bytes() for name in ("index", "HEAD", "config")]
    locks = [*(folder / ".git").rglob("*.lock")]
    return tree, inner, refs, locks


@pytest.mark.slow
def test_the_smallest_revert_is_verified_and_put_on_a_branch(repository):
    before = state(repository.folder)
    fix, why = fix_it(repository.folder)
    assert (why, fix.verification.verified, fix.verification.reason) == ("", True, "")
    assert fix.branch == "workbench/fix-r1"
    changed = [line for line in fix.diff.splitlines() if line[:1] in "+-"]
    assert changed[2:] == ["-    return 0.2", "+    return 0.1"]
    tree, inner, refs, locks = state(repository.folder)
    assert (tree, inner, locks) == (before[0], before[1], before[3])
    assert refs == [*before[2], f"refs/heads/{fix.branch} {fix.commit}"]


@pytest.mark.slow
def test_where_nobody_is_named_runs_find_what_costs(repository):
    fix, why = fix_it(repository.folder, is_named=False)
    assert (why, fix.verification.verified) == ("", True)
    assert fix.patch.reverted == (repository.resolve("main"),)
    assert "The recording alone names nobody: It costs more." in fix.pull_request


@pytest.mark.slow
def test_where_nobody_is_named_and_nothing_is_lost_nothing_is_tried(make_repository, tmp_path):
    (tmp_path / "wl.py").write_text(WORKLOAD)
    quick = make_repository({"mod.py": GOOD}, {"mod.py": GOOD + "\n\nX = 1\n"})
    told = "the workload shows no loss: it takes 1.00 x its time before"
    assert fix_it(quick.folder, is_named=False) == (None, told)


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_repository_as_it_was(repository, tmp_path):
    folder, temporary = repository.folder, tmp_path / "temporary"
    temporary.mkdir()
    before = state(folder)
    began = time.monotonic()
    command = [sys.executable, __file__, str(folder)]
    here = str(Path(__file__).parents[2])
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": here}
    subprocess.run(command, env=environment, check=True)
    seconds = time.monotonic() - began
    done = state(folder)
    (branch,) = set(done[2]) - set(before[2])
    moments = random.Random(0)
    for _ in range(8):
        run_git(folder, "update-ref", "-d", branch.split()[0])
        with subprocess.Popen(command, env=environment, start_new_session=True) as process:
            try:
                process.wait(moments.uniform(0, seconds))
            except subprocess.TimeoutExpired:
                process.kill()
        assert settled(folder, before, done)
    subprocess.run(command, env=environment, check=True)
    assert state(folder) == done
    assert run_git(folder, "worktree", "list").count("\n") == 1
    assert list(temporary.iterdir()) == []


def settled(folder, *expected):
    """Whether a repository comes to be as expected, once the git of a killed process has ended."""
    for _ in range(20):
        if (seen := state(folder)) in expected:
            return True
        time.sleep(0.1)
    return pytest.fail(f"expected one of {expected}, found {seen}")


if __name__ == "__main__":
    fix_it(Path(sys.argv[1]))
