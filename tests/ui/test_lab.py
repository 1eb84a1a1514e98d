"""From `workbench lab` to an approved fix, as somebody who sees it for the first time."""

import subprocess
import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from ui_pages import Clicks, Notebook, keep_picture, wait_until
from ui_servers import serve_lab

SCREEN_S, FIX_S = 60, 400
"""What the start and a fix may take on a busy machine."""
MOST_CLICKS = 8
FIRST, SECOND = "00_start_here.ipynb", "01_investigate_a_regression.ipynb"
ANSWER = "review  press Approve on the board"


@dataclass
class Start:
    """What a newcomer has before the first click."""

    page: Page
    server: object
    seconds: float


@pytest.fixture(scope="module")
def start(new_page, tmp_path_factory):
    """Start the command, and wait until the first notebook is on the screen."""
    page, began = new_page(width=1400, height=1000), time.monotonic()
    with serve_lab(tmp_path_factory.mktemp("lab")) as server:
        page.goto(f"{server.url}/lab/tree/{FIRST}?token={server.token}")
        expect(page.get_by_role("heading", name="Where does the time go")).to_be_visible(
            timeout=1000 * SCREEN_S
        )
        yield Start(page, server, time.monotonic() - began)


@dataclass
class Way:
    """Where the clicks led."""

    notebook: Notebook
    clicks: Clicks

    @property
    def page(self) -> Page:
        return self.notebook.page

    @property
    def agent(self) -> Locator:
        return self.page.locator(".wb-agent")

    def button(self, name):
        return self.agent.get_by_role("button", name=name, exact=True)

    def branches(self):
        return self._git("branch", "--list", "--format=%(refname:short)").split()

    def traces(self):
        """Return what work has left in the repository: changed files, and worktrees."""
        return [
            self._git("status", "--porcelain"),
            *self._git("worktree", "list").split("\n")[1:-1],
        ]

    def _git(self, *command):
        repository = self.notebook.server.folder / "demo" / "repo"
        told = ["git", "-C", repository, *command]
        return subprocess.run(told, capture_output=True, text=True, check=True).stdout

    def investigate(self):
        """Have the board investigate anew, and wait for its question."""
        self.notebook.value("board.investigate().title")
        self.notebook.until("board.agent.task.state", "done", 60)
        expect(self.button("Approve")).to_be_enabled()


@pytest.fixture(scope="module")
def way(start):
    """Click from the first notebook to a diagnosis that waits for a word."""
    page, clicks = start.page, Clicks()
    clicks(page.get_by_role("link", name="01 Investigate a regression"))
    expect(page.get_by_role("heading", name="Which change made this service")).to_be_visible()
    notebook = Notebook(page, start.server, SECOND)
    wait_until(notebook._has_kernel, "a kernel of its own")
    clicks(page.get_by_role("menuitem", name="Run", exact=True))
    clicks(page.get_by_role("menuitem", name="Run All Cells", exact=True))
    page.wait_for_function(
        "jupyterapp.shell.currentWidget.content.model.cells.length > 12 &&"
        "[...jupyterapp.shell.currentWidget.content.model.cells].every((cell) =>"
        "cell.type !== 'code' || (cell.executionCount && cell.executionState !== 'running'))",
        timeout=60_000,
    )
    notebook.check_outputs()
    return Way(notebook, clicks)


def test_the_first_notebook_is_soon_on_the_screen(start):
    print(f"\nfrom `workbench lab` to the first notebook: {start.seconds:.1f} s")
    assert start.seconds < SCREEN_S
    assert start.page.get_by_role("tab", name=FIRST).is_visible()


def test_a_few_clicks_lead_to_a_fix_that_is_verified(way):
    before = way.branches()
    way.clicks(way.button("Approve"))
    began = time.monotonic()
    way.notebook.until("board.agent.task.state", "done", FIX_S)
    print(f"\n{way.clicks.count} clicks; the fix took {time.monotonic() - began:.0f} s")
    assert way.clicks.count <= MOST_CLICKS
    assert way.notebook.value("board.outcome.fix.verification.verified") is True
    branch = way.notebook.value("board.outcome.fix.branch")
    assert set(way.branches()) - set(before) == {branch}
    assert way.traces() == [""]
    card = way.page.locator(".wb-fix")
    expect(card.locator(".wb-verdict")).to_contain_text("✓ Verified")
    expect(card).to_contain_text(branch)
    way.page.set_viewport_size({"width": 1700, "height": 1200})
    keep_picture(card, "fix")


def test_a_rejected_diagnosis_makes_no_fix(way):
    before = way.branches()
    way.investigate()
    way.button("Reject…").click()
    way.agent.get_by_label("Why it is wrong").fill("the copy was there before")
    way.button("Reject it").click()
    way.notebook.until("board.agent.task.state", "done", 60)
    way.notebook.until("board.outcome.status", "done")
    assert way.notebook.value("board.outcome.fix") is None
    expect(way.agent.locator(".wb-status")).to_contain_text("Rejected")
    assert way.branches() == before


def test_cancel_is_heard_while_a_fix_is_made_and_it_can_go_on(way):
    before = way.branches()
    way.investigate()
    way.button("Edit…").click()
    way.agent.get_by_label("Functions").fill("feed.graphql.resolvers:load_users\ncopy:deepcopy")
    way.button("Approve with these changes").click()
    told = way.agent.locator(".wb-task-text").first
    expect(told).to_contain_text("measuring the loss", timeout=60_000)
    began = time.monotonic()
    way.button("Cancel").click()
    way.notebook.until("board.agent.task.state", "cancelled", 60)
    print(f"\nCancel was heard after {time.monotonic() - began:.1f} s")
    assert way.branches() == before
    assert way.traces() == [""]
    expect(way.page.get_by_role("button", name="Go on")).to_be_enabled()
    expect(way.page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


def test_it_is_run_again_from_a_step_under_another_skill(way):
    way.investigate()
    way.agent.get_by_text("Run again from a step").click()
    skill, (_, under) = "extra-work-in-hot-path", way.agent.locator(".wb-rerun select").all()
    under.select_option(skill)
    way.button("Run again").click()
    way.notebook.until("board.agent.task.state", "done", 60)
    titles = way.notebook.value("[step.title for step in board.outcome.steps]")
    assert any(skill in title for title in titles), titles
    expect(way.button("Approve")).to_be_enabled()
