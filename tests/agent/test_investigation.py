"""What an investigation takes for candidates, and where it looks for them."""

from dataclasses import replace

import pandas as pd
import pytest

from workbench.agent import Investigation
from workbench.agent.opened import detect_worth_a_look
from workbench.agent.tools.changes import get_change, list_changes, rank_changes
from workbench.history import run_git
from workbench.store.schema import RECORD_TABLES
from workbench.types import Records

FAST = "def f(rows):\n    return fast(rows)\n"
SLOW = "def f(rows):\n    return [slow(row) for row in rows]\n"
N_BEFORE = 20
"""Windows of the recording before it becomes slower."""


@pytest.fixture
def recording(make_recording):
    return make_recording({"main;f (app.py)": 1.0}, {"main;f (app.py)": 1.5})


@pytest.fixture
def repository(make_repository):
    return make_repository({"app.py": SLOW}, {"app.py": FAST}, {"README.md": "f\n"})


def look_into(recording, repository, versions, records=None):
    windows = recording.windows.assign(version=versions)
    seen = replace(recording, windows=windows)
    detection = detect_worth_a_look(seen)
    return Investigation(seen, detection, repository, versions[0], versions[-1], records)


def candidates(investigation):
    return investigation.candidates(regression(investigation).id)


def regression(investigation):
    (found,) = investigation.detection.found
    return found


def in_turn(*parts):
    return [version for version, n in parts for _ in range(n)]


def test_what_was_rolled_back_is_a_candidate(recording, repository):
    slow, fast, readme = (change.id for change in repository.changes())
    versions = in_turn((slow, 5), (readme, N_BEFORE - 5), (slow, N_BEFORE))
    found = {c.id: c for c in candidates(look_into(recording, repository, versions))}
    assert set(found) == {fast, readme}
    assert all(c.is_roll_back and c.window == N_BEFORE for c in found.values())
    assert found[fast].title == "Roll back: c1"
    assert [f.name for f in found[fast].functions] == ["f"]


def test_replies_say_what_was_rolled_back(recording, repository):
    slow, fast, readme = (change.id for change in repository.changes())
    versions = in_turn((slow, 5), (readme, N_BEFORE - 5), (slow, N_BEFORE))
    seen = look_into(recording, repository, versions)
    rows = rank_changes(seen, regression(seen).id)["suspects"]
    assert {(row["window"], row["rolled_back"]) for row in rows} == {(N_BEFORE, True)}
    reply = get_change(seen, fast)
    assert reply["deploys"] == [
        {"window": 5, "rolled_back": False}, {"window": N_BEFORE, "rolled_back": True},
    ]  # fmt: skip
    (row,) = [row for row in list_changes(seen)["changes"] if fast.startswith(row["change_id"])]
    assert (row["window"], row["rolled_back"]) == (5, False)


def test_code_that_comes_back_is_what_costs(recording, repository):
    slow, _, readme = (change.id for change in repository.changes())
    versions = in_turn((slow, 5), (readme, N_BEFORE - 5), (slow, N_BEFORE))
    seen = look_into(recording, repository, versions)
    found = regression(seen)
    (rolled_back,) = (c for c in seen.candidates(found.id) if c.functions)
    (hunk,) = seen.clues(found).code.hunks(rolled_back)
    assert "slow" in "".join(hunk.added)
    assert "fast" in "".join(hunk.removed)
    assert seen.ranking(found.id).suspects[0].change.id == rolled_back.id


def test_what_was_renamed_back_is_one_function(make_recording, make_repository):
    recording = make_recording({"main;new (app.py)": 1.0}, {"main;old (app.py)": 1.5})
    body = "(rows):\n    first = rows[0]\n    second = rows[1]\n    return first + second\n"
    repository = make_repository({"app.py": f"def old{body}"}, {"app.py": f"def new{body}"})
    old, new = (change.id for change in repository.changes())
    seen = look_into(recording, repository, in_turn((new, N_BEFORE), (old, N_BEFORE)))
    found = next(r for r in seen.detection.found if r.change_index == N_BEFORE)
    growth = seen.clues(found).growth
    assert [f.name for f in growth.functions if f.name != "main"] == ["old"]


def test_what_was_deployed_again_is_a_candidate(recording, repository):
    slow, fast, _ = (change.id for change in repository.changes())
    versions = in_turn((slow, 4), (fast, 4), (slow, N_BEFORE - 8), (fast, N_BEFORE))
    (found,) = candidates(look_into(recording, repository, versions))
    assert (found.id, found.window, found.is_roll_back) == (fast, N_BEFORE, False)


def test_a_version_that_nothing_names_stands_for_the_one_before_it(recording, repository):
    slow, fast, readme = (change.id for change in repository.changes())
    versions = in_turn((slow, N_BEFORE), (fast, 4), ("nightly", N_BEFORE - 5), (readme, 1))
    (found,) = candidates(look_into(recording, repository, versions))
    assert (found.id, found.window) == (fast, N_BEFORE)


def test_names_of_versions_alike_at_both_ends_stand_for_base_and_head(recording, repository):
    slow, _, readme = (change.id for change in repository.changes())
    seen = look_into(recording, repository, ["live"] * (2 * N_BEFORE))
    seen = replace(seen, base=slow, head=readme)
    assert seen.versions == (*[slow] * (2 * N_BEFORE - 1), readme)


def commit(repository, message, **files):
    for name, text in files.items():
        (repository.folder / f"{name}.py").write_text(text)
    run_git(repository.folder, "add", "--all")
    run_git(repository.folder, "commit", "--quiet", "--allow-empty", "-m", message)
    return repository.resolve("HEAD")


@pytest.fixture
def branched(make_repository):
    """A base, a branch of one commit (`side`), and a main line that made `f` slow."""
    repository = make_repository({"app.py": FAST})
    base = repository.resolve("main")
    run_git(repository.folder, "checkout", "--quiet", "-b", "side")
    side = commit(repository, "side", app=FAST.replace("rows", "items"))
    run_git(repository.folder, "checkout", "--quiet", "main")
    slow = commit(repository, "slow", app=SLOW)
    return repository, base, side, slow


def rank(investigation):
    return investigation.ranking(regression(investigation).id)


def test_what_follows_a_hotfix_is_ranked(recording, branched):
    repository, base, side, slow = branched
    for versions in (
        in_turn((base, 8), (side, N_BEFORE - 8), (slow, N_BEFORE)),
        in_turn((side, N_BEFORE), (slow, N_BEFORE)),
    ):
        seen = look_into(recording, repository, versions)
        found = {c.title: [f.name for f in c.functions] for c in candidates(seen)}
        assert found == {"slow": ["f"], "Roll back: side": ["f"]}
        assert rank(seen).suspects[0].change.id == slow


def test_a_branch_that_is_deployed_before_its_merge_is_ranked(recording, branched):
    repository, base, side, slow = branched
    run_git(repository.folder, "checkout", "--quiet", "-b", "feature", base)
    feature = commit(repository, "feature", app=SLOW)
    run_git(repository.folder, "checkout", "--quiet", "side")
    run_git(repository.folder, "merge", "--quiet", "-m", "merge", "-X", "theirs", "feature")
    merge = repository.resolve("side")
    versions = in_turn((base, N_BEFORE), (feature, 10), (merge, N_BEFORE - 10))
    seen = look_into(recording, repository, versions)
    assert rank(seen).suspects[0].change.id == feature
    for versions in (
        in_turn((feature, N_BEFORE), (merge, N_BEFORE)),
        in_turn((slow, N_BEFORE), (feature, N_BEFORE)),
    ):
        seen = look_into(recording, repository, versions)
        assert len(rank(seen).suspects) == len(candidates(seen)) > 0


def test_a_version_without_a_common_past_is_no_candidate_and_no_fault(recording, branched):
    repository, base, _, slow = branched
    run_git(repository.folder, "checkout", "--quiet", "--orphan", "other")
    other = commit(repository, "other")
    versions = in_turn((base, 5), (other, 5), (base, N_BEFORE - 10), (slow, N_BEFORE))
    seen = look_into(recording, repository, versions)
    assert [c.id for c in candidates(seen)] == [slow]
    assert rank(seen).suspects[0].change.id == slow


def records_of(*changes):
    frames = {name: pd.DataFrame(columns=table.names) for name, table in RECORD_TABLES.items()}
    rows = pd.DataFrame(list(changes), columns=RECORD_TABLES["changes"].names)
    frames["changes"] = rows.astype({"files": object})
    return Records(**{name: frames[name] for name in Records.__slots__})


def told(change_id, at, *files):
    return {"id": change_id, "kind": "commit", "at": at, "title": f"Change {change_id}",
            "author": "Ada", "files": list(files), "service": "svc"}  # fmt: skip


def test_commits_that_a_store_tells_of_need_no_repository(recording):
    at = recording.windows["at"]
    records = records_of(
        told("one", at[2], "app.py"), told("two", at[3], "app.py"), told("three", at[4], "other.py")
    )
    versions = in_turn(("one", N_BEFORE), ("two", N_BEFORE))
    seen = look_into(recording, None, versions, records)
    (found,) = candidates(seen)
    assert (found.id, found.window, found.files) == ("two", N_BEFORE, ("app.py",))
    (suspect,) = seen.ranking(regression(seen).id).suspects
    assert suspect.functions == ("app:f",)
    reply = get_change(seen, "two")
    assert (reply["files"], reply["n_added"], reply["window"]) == (["app.py"], None, N_BEFORE)
    assert {c.id: c.window for c in seen.changes} == {"one": None, "two": N_BEFORE, "three": 4}


def test_a_setting_that_is_read_before_anything_was_recorded_is_linked(
    make_recording, make_repository
):
    recording = make_recording(
        {"main;Cache.get (cache.py)": 1.0, "main;g (app.py)": 1.0},
        {"main;Cache.get (cache.py)": 2.0, "main;g (app.py)": 1.0},
    )
    code = {
        "cache.py": "class Cache:\n    def get(self):\n        return 1\n",
        "app.py": "def g():\n    return 2\n",
        "setup/start.py": "def start(settings):\n    return Cache(settings['cache_size'])\n",
    }
    repository = make_repository(code)
    versions = [repository.resolve("main")] * (2 * N_BEFORE)
    at = recording.windows["at"].iloc[N_BEFORE]
    rows = [
        told(change_id, at) | {"kind": "config", "key": key, "before": "9", "after": "1"}
        for change_id, key in (("S-1", "cache_size"), ("S-2", "other_size"))
    ]
    seen = look_into(recording, repository, versions, records_of(*rows))
    found = max(seen.detection.found, key=lambda r: r.absolute_delta)
    first, second = seen.ranking(found.id).suspects
    assert (first.change.id, first.functions) == ("S-1", ("cache:Cache.get",))
    assert second.functions == ()
