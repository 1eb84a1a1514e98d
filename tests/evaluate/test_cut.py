import json
from pathlib import Path

import pytest

from workbench.errors import CaseError
from workbench.evaluate.cases import cut_timeline, demo_case, load_timeline
from workbench.history import Repository, run_git
from workbench.patch import cost_of_round
from workbench.solver import open_case
from workbench.store import Store

FEED = Path(__file__).parents[2] / "datasets" / "feed"


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return demo_case(FEED, tmp_path_factory.mktemp("cut") / "demo")


def test_a_cut_is_a_case_of_its_windows_alone(demo):
    case = open_case(demo)
    timeline = load_timeline(FEED)
    recording = Store.open(case.store).recording()
    assert recording.n_windows == 21
    assert recording.windows["at"].iloc[[0, -1]].tolist() == [timeline.at(302), timeline.at(322)]
    whole = Store.open(FEED / "store").recording()
    kept = whole.windows.iloc[302:323]["n_samples"]
    assert recording.windows["n_samples"].tolist() == kept.tolist()


def test_nothing_in_it_is_of_later(demo):
    case, end = open_case(demo), load_timeline(FEED).at(323)
    repository = Repository(case.repository)
    assert repository.resolve("HEAD") == case.head
    assert run_git(case.repository, "remote") == ""
    records = Store.open(case.store).records()
    assert len(records.changes)
    assert (records.changes["at"] < end).all()
    assert not (demo / "truth.json").exists()


def test_its_workload_runs_and_tells_the_same_before_and_after(demo, tmp_path):
    case = open_case(demo)
    costs = []
    for name, revision in (("before", case.base), ("after", case.head)):
        run_git(case.repository, "worktree", "add", "--quiet", str(tmp_path / name), revision)
        costs.append(cost_of_round(case.workload, demo, tmp_path / name))
        run_git(case.repository, "worktree", "remove", "--force", str(tmp_path / name))
    assert costs[1] > 1.2 * costs[0]
    mix = json.loads((demo / "workload" / "order-usual.json").read_text(encoding="utf-8"))[
        "traffic"
    ]["mix"]
    assert mix == {"Notifications": 1.0}


@pytest.mark.parametrize(("start", "end"), [(5, 5), (-1, 3), (700, 9999)])
def test_windows_that_are_not_there_are_refused(tmp_path, start, end):
    with pytest.raises(CaseError, match="expected windows within 0 to 761"):
        cut_timeline(FEED, start, end, tmp_path / "out", name="x")
    assert not [*tmp_path.iterdir()]


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(CaseError, match="something is there already"):
        cut_timeline(FEED, 10, 20, tmp_path / "out", name="x")


def test_a_cut_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("workbench.evaluate.cases.cut.write_workload", fail)
    with pytest.raises(OSError, match="no space left"):
        cut_timeline(FEED, 10, 20, tmp_path / "out", name="x")
    assert not [*tmp_path.iterdir()]
