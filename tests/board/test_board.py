import time
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.board import Board, source_of
from workbench.detect import detect
from workbench.errors import CaseError, ToolError, WorkbenchError
from workbench.evaluate.cases import demo_case
from workbench.history import run_git
from workbench.signals import function_series, stacks
from workbench.solver import SolveOptions, open_case, solve
from workbench.store import Store

FEED = Path(__file__).parents[2] / "datasets" / "feed"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Path:
    return demo_case(FEED, tmp_path_factory.mktemp("board") / "demo")


@pytest.fixture
def board(case, tmp_path) -> Board:
    return Board(case, saved=tmp_path / "kept.db", options=SolveOptions(fix=False))


def test_the_largest_regression_is_chosen_and_all_is_shown_of_it(board):
    found = board.investigation.detection.found[0]
    assert board.regression == found
    assert board.regressions.selection["id"].tolist() == [found.id]
    assert board.series.selection["name"].str.contains(found.subject, regex=False).all()
    assert board.flame.flame.is_diff
    assert board.suspects.ranking == board.investigation.ranking(found.id)
    assert board.source.source.title == "feed.graphql.resolvers:load_users"


def test_what_a_line_cost_and_who_wrote_it_stands_beside_it(board):
    table = board.source.source.table()
    dearest = table.loc[table.cost.idxmax()]
    assert "deepcopy" in dearest.code
    assert dearest.change == "5c5dab01c4"
    assert table[table.change != ""].line.tolist() == [dearest.line]


def test_choosing_another_regression_moves_everything(board):
    second = board.investigation.detection.found[1]
    board.choose(second.id)
    assert board.regression == second
    assert second.subject in board.series.selection["name"].iloc[0]
    assert board.source.source.title == second.subject
    with pytest.raises(WorkbenchError, match="no regression 'R-none'"):
        board.choose("R-none")


def test_of_a_store_all_is_shown_that_detect_shows_and_its_investigation_goes_on(
    make_store, tmp_path
):
    rest = {"main;big": 60.0, "main;small": 0.3}
    store = make_store(rest, rest | {"main;small": 0.36}, noise=0.001)
    assert not solve(open_case(tmp_path / "store")).detection.found  # too small for a program
    board = Board(tmp_path / "store", saved=tmp_path / "kept.db")
    recording = store.recording()
    found = detect(function_series(recording), stacks=stacks(recording)).found
    assert [one.subject for one in found] == ["small"]
    assert board.investigation.detection.found == found
    done = board.investigate().wait(60)
    assert (done.status, done.diagnosis.regression_id) == ("done", found[0].id)
    board.inquiry.rerun(board.agent.kept[0][0], "")
    assert board.agent.task.wait(60).diagnosis == done.diagnosis


def test_a_page_holds_every_part_of_it(board, tmp_path):
    assert board.to_html(tmp_path / "board.html") == tmp_path / "board.html"
    text = (tmp_path / "board.html").read_text(encoding="utf-8")
    for heading in ("Regressions", "Series", "Flame graph", "Suspects", "Source", "Fix"):
        assert f"<h2>{heading}</h2>" in text


def test_a_saved_notebook_shows_all_of_it(board):
    data = board._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    shown = data["text/html"]
    for told in (
        "copy:_deepcopy_tuple",
        "data:image/svg+xml;base64,",
        "Whoever loads cards owns them",
    ):
        assert told in shown
    assert "return deepcopy(found)" in shown
    assert "A fix is made when a diagnosis has been approved." in shown


def test_brushed_windows_are_shown_as_a_flame_graph(board):
    board.series.window = (3, 7)
    board.wait()
    assert board.flame.flame.title == "windows 3 to 6"
    assert not board.flame.flame.is_diff
    assert "on the sheet Flame graph" in board._said.value
    samples = board.investigation.recording.windows["n_samples"].iloc[3:7].sum()
    assert board.flame.flame.after[0] == samples
    board.series.window = None
    board.wait()
    assert board.flame.flame.is_diff


def test_windows_that_cannot_be_read_are_not_said_to_be_shown(board, monkeypatch):
    monkeypatch.setattr(board, "case", replace(board.case, store="nowhere"))
    board.series.window = (3, 7)
    board.wait()
    assert board._said.value == ""
    assert board._showing._task["state"] == "failed"
    assert "nowhere" in board._showing._task["text"]
    assert board.flame.flame.is_diff


def test_an_improvement_has_no_suspects(make_store, tmp_path):
    make_store({"main;a": 3.0, "main;b": 3.0}, {"main;a": 3.0, "main;b": 1.0})
    board = Board(tmp_path / "store", saved=tmp_path / "kept.db")
    assert board.regression in board.investigation.detection.gains
    assert board.flame.flame.is_diff
    assert board._ranking._task["state"] == "done"
    assert board.suspects.ranking.suspects == ()


def test_a_function_chosen_in_the_flame_graph_shows_its_code(board):
    table = board.flame.flame.table()
    node = int(table[table.function == "Executor.objects"].node.iloc[0])
    board.flame.selected = [node]
    assert board.source.source.title == "feed.graphql.executor:Executor.objects"
    node = int(table[table.function == "deepcopy"].node.iloc[0])
    board.flame.selected = [node]
    assert (
        board.source.source.title == "copy:deepcopy is not in the repository: it is code of others."
    )


@pytest.mark.slow
def test_an_investigation_stops_for_a_review_and_can_be_rejected(board):
    board.investigate().wait(60)
    assert board.agent.status == "waits for review"
    assert board.outcome.cause.startswith("5c5dab01c4")
    assert [*board.agent.steps] == [*board.outcome.steps]
    assert board.outcome.diagnosis.regression_id in board.agent.question
    board.agent.decide("reject", by="Ada", why="it was the cache")
    board.agent.task.wait(60)
    assert board.agent.status == "done"
    assert board.outcome.cause is None
    assert "it was the cache" in board.outcome.diagnosis.summary
    past = Store.open(board.case.store).table("past_cases")
    assert past["cause"].str.startswith("rejected: it was the cache. It was: ").any()
    with pytest.raises(ToolError, match="no diagnosis waits for a review"):
        board.agent.decide("approve")


@pytest.mark.slow
def test_it_can_be_run_again_from_a_step_under_another_skill(board):
    board.investigate().wait(60)
    step = next(number for number, told in board.agent.kept if ": model" in told)
    board.agent.rerun(step, "lost-cache")
    board.agent.task.wait(60)
    assert board.outcome.diagnosis.skill == "lost-cache"
    assert board.agent.status == "waits for review"


@pytest.mark.slow
def test_an_investigation_can_be_cancelled_and_leaves_nothing_of_the_one_before(board):
    board.investigate().wait(60)
    board.agent.decide("reject", by="Bob", why="no")
    board.agent.task.wait(60)
    task = board.investigate()
    with pytest.raises(WorkbenchError, match="has to wait"):
        board.investigate()  # and what runs goes on
    board.agent.cancel()
    with pytest.raises(Exception, match="cancelled"):
        task.wait(60)
    assert not board.agent.is_running
    assert (board.agent.status, board.agent.decision, board.agent.kept) == ("cancelled", {}, [])
    assert board.inquiry.outcome is None
    with pytest.raises(ToolError, match="no diagnosis waits"):
        board.agent.decide("approve")
    board.investigate().wait(60)  # and the next one runs
    assert board.agent.status == "waits for review"


@pytest.mark.slow
def test_each_regression_has_an_investigation_of_its_own(board):
    first, second = board.investigation.detection.found[:2]
    board.investigate().wait(60)
    board.choose(second.id)
    assert second.id in board.agent.question
    assert (board.agent.diagnosis, board.agent.status) == (None, "")
    with pytest.raises(ToolError, match="no diagnosis waits"):
        board.agent.decide("approve")
    board.choose(first.id)
    assert board.agent.status == "waits for review"
    assert board.agent.diagnosis.regression_id == first.id


@pytest.mark.slow
def test_a_fix_that_was_cancelled_is_gone_on_with(case, tmp_path):
    board = Board(case, saved=tmp_path / "kept.db", options=SolveOptions(n_runs=5))
    board.investigate().wait(60)
    board.agent.decide("approve", by="Ada")
    deadline = time.monotonic() + 60
    while "measuring" not in board.agent.task.text and time.monotonic() < deadline:
        time.sleep(0.05)
    board.agent.cancel()
    with pytest.raises(Exception, match="cancelled"):
        board.agent.task.wait(60)
    assert board.agent.status == "stopped"
    assert board._start.description == "Go on"
    assert not run_git(case / "repo", "worktree", "list").count("\n") > 1
    board._start.click()
    board.agent.task.wait(400)
    assert board.fix.fix.verification.verified
    run_git(case / "repo", "branch", "--quiet", "-D", board.fix.fix.branch)


def test_without_a_choice_nothing_is_shown_and_nothing_can_begin(board):
    board.regressions.selected = []
    assert board.regression is None
    assert board.flame.flame.n_nodes == 1
    assert board.suspects.ranking.suspects == ()
    assert board.source.source.text == ""
    assert board._start.disabled
    board.choose(board.investigation.detection.found[0].id)
    assert not board._start.disabled


def test_nothing_is_approved_before_there_is_a_diagnosis(board):
    with pytest.raises(ToolError, match="no diagnosis waits"):
        board.agent.decide("approve")


def test_what_is_no_case_is_refused(tmp_path):
    with pytest.raises(CaseError, match="expected a case"):
        Board(tmp_path / "none")


def test_a_quiet_store_is_an_empty_board(make_store, tmp_path):
    make_store({"main;a": 3.0}, {"main;a": 3.0})
    board = Board(tmp_path / "store", saved=tmp_path / "kept.db")
    assert board.regression is None
    assert board.regressions.selection.empty
    with pytest.raises(WorkbenchError, match="expected a regression to investigate"):
        board.investigate()


def test_without_a_repository_the_source_says_so(make_store, tmp_path):
    make_store({"main;a": 3.0, "main;b": 1.0}, {"main;a": 3.0, "main;b": 3.0})
    board = Board(tmp_path / "store", saved=tmp_path / "kept.db")
    assert board.regression is not None
    assert "without a repository" in board.source.source.title
    assert source_of(board.investigation, "b", board.regression).text == ""


@pytest.mark.slow
def test_from_a_click_to_a_verified_fix_on_a_branch(case, tmp_path):
    board = Board(case, saved=tmp_path / "kept.db", options=SolveOptions(n_runs=5))
    board.investigate().wait(60)
    board.agent.decide("approve", by="Ada")
    board.agent.task.wait(400)
    fix = board.fix.fix
    assert fix is board.outcome.fix
    assert fix.verification.verified
    assert "return deepcopy(found)" in fix.diff
    assert fix.branch in run_git(case / "repo", "branch", "--list")
    assert board.sheets.get_title(board.sheets.selected_index) == "Fix"
