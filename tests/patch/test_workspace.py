import pytest

from workbench.errors import HistoryError, PatchError
from workbench.history import run_git
from workbench.patch.workspace import Workspace
from workbench.types import Patch

BASE, HEAD = {"a.py": "x = 1\n", "d/b.py": "y = 1\n"}, {"a.py": "x = 2\n"}


def state(folder):
    """All that a user could miss: the tree, the index, branches, tags and worktrees."""
    tree = {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
    asked = (
        ("status", "--porcelain"), ("for-each-ref",), ("rev-parse", "HEAD"), ("worktree", "list"),
        ("symbolic-ref", "HEAD"), ("stash", "list"), ("config", "--local", "--list"),
    )  # fmt: skip
    return tree, (folder / ".git" / "index").read_bytes(), [run_git(folder, *a) for a in asked]


def commit(repository, files, branch="fix", summary="Fix it"):
    with Workspace(repository, "main~1", "main") as workspace:
        workspace.apply(files)
        return workspace.commit(Patch("revert", summary, files), branch)


@pytest.fixture
def repository(make_repository):
    return make_repository(BASE, HEAD)


def test_the_trees_are_those_of_the_revisions(repository):
    with Workspace(repository, "main~1", "main") as workspace:
        texts = [
            (tree / "a.py").read_text() for tree in (workspace.good, workspace.bad, workspace.fixed)
        ]
        places = workspace.good.parent
    assert texts == ["x = 1\n", "x = 2\n", "x = 2\n"]
    assert not places.exists()


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_the_repository_is_left_as_it_was(repository, error):
    run_git(repository.folder, "branch", "other")
    run_git(repository.folder, "tag", "v1")
    before = state(repository.folder)
    try:
        with Workspace(repository, "main~1", "main") as workspace:
            workspace.apply({"a.py": "x = 3\n", "new/c.py": "z = 1\n", "d/b.py": None})
            workspace.diff()
            place = workspace.fixed
            if error:
                raise error
    except (RuntimeError, KeyboardInterrupt):
        pass
    assert state(repository.folder) == before
    assert not place.exists()


def test_the_repository_is_left_as_it_was_where_no_worktree_can_be_made(repository):
    workspace = Workspace(repository, "main~1", "main")
    before = state(repository.folder)
    workspace.head = "0" * 40
    with pytest.raises(HistoryError, match="git worktree"):
        workspace.__enter__()
    assert state(repository.folder) == before


@pytest.mark.parametrize("change", ["edited", "staged", "untracked"])
def test_a_tree_that_is_not_clean_is_refused(repository, change):
    path = repository.folder / ("new.py" if change == "untracked" else "a.py")
    path.write_text("dirt\n")
    if change == "staged":
        run_git(repository.folder, "add", "--all")
    with pytest.raises(
        PatchError, match=f"expected a clean working tree, found changes in {path.name}"
    ):
        Workspace(repository, "main~1", "main")


def test_a_revision_that_is_not_there_is_refused(repository):
    with pytest.raises(HistoryError, match="no revision 'nope'"):
        Workspace(repository, "nope", "main")


@pytest.mark.parametrize("path", ["../out.py", "/out.py", "d/../../out.py", "link/out.py"])
def test_a_path_outside_is_refused(make_repository, tmp_path, path):
    repository = make_repository(BASE)
    (repository.folder / "link").symlink_to(tmp_path)
    run_git(repository.folder, "add", "--all")
    run_git(repository.folder, "commit", "--quiet", "-m", "link")
    with Workspace(repository, "main~1", "main") as workspace:
        with pytest.raises(PatchError, match="expected a path inside the repository"):
            workspace.apply({path: ""})
        assert workspace.diff() == ""
    assert not (tmp_path / "out.py").exists()


def test_applying_is_to_the_head_each_time(repository):
    with Workspace(repository, "main~1", "main") as workspace:
        workspace.apply({"a.py": "x = 3\n", "new.py": "z = 1\n"})
        workspace.apply({"d/b.py": None})
        assert (workspace.fixed / "a.py").read_text() == "x = 2\n"
        assert not (workspace.fixed / "new.py").exists()
        assert not (workspace.fixed / "d" / "b.py").exists()
        workspace.apply({})
        assert workspace.diff() == ""


def test_text_is_written_byte_by_byte(repository):
    text = "\udcff\r\nno newline"
    with Workspace(repository, "main~1", "main") as workspace:
        workspace.apply({"a.py": text})
        assert (workspace.fixed / "a.py").read_bytes() == b"\xff\r\nno newline"


@pytest.mark.parametrize(
    "setting", ["diff.noprefix=true", "color.diff=always", "diff.external=false"]
)
def test_the_diff_can_be_applied_whatever_the_settings(repository, setting):
    run_git(repository.folder, "config", *setting.split("="))
    with Workspace(repository, "main~1", "main") as workspace:
        workspace.apply({"a.py": "x = 3\n", "new.py": "z = 1\n", "d/b.py": None})
        diff = workspace.diff()
    run_git(repository.folder, "apply", stdin=diff)
    assert sorted(repository.uncommitted()) == ["a.py", "d/b.py", "new.py"]
    assert (repository.folder / "a.py").read_text() == "x = 3\n"


def test_a_patch_is_one_commit_on_a_branch_of_its_own(repository):
    before = state(repository.folder)
    branch, sha = commit(repository, {"a.py": "x = 1\n", "new.py": "z = 1\n", "d/b.py": None})
    assert branch == "fix"
    log = run_git(repository.folder, "log", "--format=%H %s %an %P", "main..fix")
    assert log.split() == [sha, "Fix", "it", "efficiency", "workbench", repository.resolve("main")]
    assert repository.files("fix") == ["a.py", "new.py"]
    assert repository.read("a.py", "fix") == "x = 1\n"
    run_git(repository.folder, "branch", "-D", "fix")
    assert state(repository.folder) == before


def test_the_same_patch_is_the_same_commit(repository):
    first = commit(repository, {"a.py": "x = 1\n"})
    assert commit(repository, {"a.py": "x = 1\n"}) == first
    assert run_git(repository.folder, "branch").split() == ["fix", "*", "main"]


def test_an_occupied_branch_is_left_alone(repository):
    run_git(repository.folder, "branch", "fix", "main~1")
    assert commit(repository, {"a.py": "x = 1\n"})[0] == "fix-2"
    assert commit(repository, {"a.py": "x = 4\n"})[0] == "fix-3"
    assert commit(repository, {"a.py": "x = 1\n"})[0] == "fix-2"
    assert repository.resolve("fix") == repository.resolve("main~1")


@pytest.mark.parametrize("summary", ["#1 is fixed", "ü", "  spaced"])
def test_a_summary_is_kept_whatever_the_settings(repository, summary):
    run_git(repository.folder, "config", "commit.cleanup", "strip")
    run_git(repository.folder, "config", "commit.gpgSign", "true")
    _, sha = commit(repository, {"a.py": "x = 1\n"}, summary=summary)
    assert run_git(repository.folder, "show", "-s", "--format=%s", sha).strip() == summary.strip()


def test_no_hook_runs(repository, tmp_path):
    witness = tmp_path / "ran"
    for name in (
        "post-checkout",
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
    ):
        hook = repository.folder / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {witness}\nexit 1\n")
        hook.chmod(0o755)
    commit(repository, {"a.py": "x = 1\n"})
    assert not witness.exists()


def test_one_commit_is_taken_back_out_of_several(make_repository):
    first = {"mod.py": "a = 1\n\n\n\n\nb = 1\n\n\n\n\nc = 1\n"}
    second = {"mod.py": first["mod.py"].replace("b = 1", "b = 2")}
    third = {"mod.py": second["mod.py"].replace("c = 1", "c = 3")}
    repository = make_repository(first, second, third)
    with Workspace(repository, "main~2", "main") as workspace:
        taken = workspace.reverted(repository.resolve("main~1"))
        assert taken == {"mod.py": third["mod.py"].replace("b = 2", "b = 1")}
        assert workspace.diff() == ""
        workspace.apply(taken)
        assert "+b = 1" in workspace.diff()


def test_a_commit_that_does_not_come_off_is_left(make_repository):
    repository = make_repository({"m.py": "a = 1\n"}, {"m.py": "a = 2\n"}, {"m.py": "a = 3\n"})
    with Workspace(repository, "main~2", "main") as workspace:
        assert workspace.reverted(repository.resolve("main~1")) == {}
        assert workspace.diff() == ""
        assert workspace.strays() == []
