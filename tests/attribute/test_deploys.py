"""When commits came and went."""

from datetime import UTC, datetime

import pytest

from workbench.attribute.deploys import read_deploys, recorded_deploys
from workbench.history import run_git
from workbench.types import Change

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def repository(make_repository):
    return make_repository({"a": "1"}, {"a": "2"}, {"a": "3"}, {"a": "4"})


def deploys(repository, *versions):
    """Return the deploys by the commits' titles."""
    ids = {change.title: change.id for change in repository.changes("main")}
    found = read_deploys(repository, [ids.get(version, version) for version in versions])
    titles = {commit.id: commit.title for commit in found.commits}
    return {titles[commit]: [tuple(d) for d in moves] for commit, moves in found.deploys.items()}


def test_commits_come_with_the_first_window_that_has_them(repository):
    assert deploys(repository, "c0", "c2", "c2", "c3") == {
        "c1": [(1, False)], "c2": [(1, False)], "c3": [(3, False)],
    }  # fmt: skip


def test_what_ran_from_the_start_did_not_come(repository):
    assert deploys(repository, "c2", "c2") == {}


def test_commits_are_rolled_back_and_deployed_again(repository):
    assert deploys(repository, "c0", "c2", "c0", "c1") == {
        "c1": [(1, False), (2, True), (3, False)], "c2": [(1, False), (2, True)],
    }  # fmt: skip


def test_a_version_that_nothing_names_is_that_before_it(repository):
    assert deploys(repository, "nightly", "c0", "nightly", "c1", "nightly") == {"c1": [(3, False)]}
    assert deploys(repository, "nightly", "other") == {}


def test_a_hotfix_is_left_behind_by_what_follows(repository):
    run_git(repository.folder, "checkout", "--quiet", "-b", "hotfix", "main~3")
    run_git(repository.folder, "commit", "--quiet", "--allow-empty", "-m", "fix")
    fix = repository.resolve("hotfix")
    assert deploys(repository, "c0", fix, "c2") == {
        "fix": [(1, False), (2, True)], "c1": [(2, False)], "c2": [(2, False)],
    }  # fmt: skip


def test_a_branch_that_was_deployed_before_its_merge_is_not_taken_out_by_it(repository):
    run_git(repository.folder, "checkout", "--quiet", "-b", "feature", "main~3")
    run_git(repository.folder, "commit", "--quiet", "--allow-empty", "-m", "new")
    feature = repository.resolve("feature")
    run_git(repository.folder, "checkout", "--quiet", "main")
    run_git(repository.folder, "merge", "--quiet", "--no-ff", "-m", "merge", "feature")
    merge = repository.resolve("main")
    found = deploys(repository, "c0", feature, merge)
    assert found["new"] == [(1, False)]
    assert found["merge"] == found["c3"] == [(2, False)]


def recorded(*versions, told=("one", "two")):
    changes = [Change(name, name, "", "", NOON) for name in told]
    found = recorded_deploys(changes, versions).deploys
    return {commit: moves for commit, moves in found.items() if moves}


def test_without_a_repository_versions_name_what_was_recorded():
    assert recorded("one", "two", "one") == {"two": [(1, False), (2, True)]}
    assert recorded("one", "two", "three") == {"two": [(1, False)]}
    assert recorded("three", "one", "two") == {"two": [(2, False)]}
    assert recorded("v1", "v2") == {}


def test_without_a_repository_what_ran_from_the_start_did_not_come():
    changes = [Change(name, name, "", "", NOON) for name in ("one", "two", "three")]
    assert recorded_deploys(changes, ["two", "two"]).deploys == {"one": [], "two": []}


def test_without_a_repository_a_version_may_be_the_beginning_of_an_id():
    ids = ("0123456789abcdef", "fedcba9876543210")
    assert recorded(ids[0][:7], ids[1][:12], told=ids) == {ids[1]: [(1, False)]}
    assert recorded(ids[0][:7], ids[1][:3], told=ids) == {}
