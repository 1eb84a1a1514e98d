"""The table of regressions, lines of code and a fix: as pages, and their values in JupyterLab."""

from datetime import UTC, datetime

import numpy as np
import pytest
from made_fixes import make_failure, make_verification
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.types import Fix, Patch, PullRequest, Regression, SeriesMatrix
from workbench.views import Source
from workbench.widgets import FixCard, RegressionBoard, SourceLines

LONG = "app.a_module_with_a_long_name.another_one:AClassOfThatModule.a_method_with_a_long_name_too"
FOUND = [
    Regression("R-1", "app:slow", "cost", 12, 11, 13, 0.010, 0.012, 1e-5, (LONG,), delta_low=0.001,
               delta_high=0.003, watts=12.5),
    Regression("R-2", LONG, "gcpu", 30, 30, 30, 0.0, 0.2, 0.02, is_sure=False),
]  # fmt: skip
SERIES = SeriesMatrix(("app:slow",), ("cost",), np.linspace(0.01, 0.012, 40)[None])
SEEN = make_verification(
    good=(1.0, 1.1), bad=(2.0, 2.1), fixed=(1.1, 1.2), restored=0.9, interval=(0.85, 0.95),
    verified=True,
)  # fmt: skip
DIFF = "--- a/m.py\n+++ b/m.py\n@@ -3,2 +3,2 @@ def read():\n kept\n-return deepcopy(found)\n+return found\n"
VIEWS = {
    "regressions": RegressionBoard(FOUND, series=SERIES),
    "no regressions": RegressionBoard([]),
    "source": SourceLines(
        Source("app:slow", "def slow():\n    return g()", "app.py", 7, {8: 0.01}, "seconds",
               {8: ("abc123", "Make it slow")})
    ),
    "no source": SourceLines(Source("It is code of others.")),
    "fix": FixCard(Fix(Patch("revert", "Revert slow", {}, ("abc",)), DIFF, SEEN, "fix/1")),
    "opened fix": FixCard(
        Fix(Patch("revert", "Revert slow", {}), DIFF, SEEN, "fix/1"),
        opened=PullRequest("github", "https://host.example/pull/1", datetime(2026, 11, 27, tzinfo=UTC),
                           ("@ada",), ("@bob: no account",)),
    ),
    "failed fix": FixCard(
        Fix(Patch("revert", "Revert slow", {}), DIFF, make_failure("compiles", "it does not compile"))
    ),
    "no fix": FixCard(note="A fix waits for a review."),
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_page_is_accessible_at_any_width(name, scheme, new_page, tmp_path):
    path = tmp_path / "view.html"
    VIEWS[name].to_html(path, title=name)
    for width in (400, 1600):
        page = new_page(width=width, height=700, color_scheme=scheme)
        page.goto(path.as_uri())
        view = page.locator(".wb")
        expect(view).to_be_visible()
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth")
        check_accessible(page.locator("html"))
        keep_picture(page, f"{name.replace(' ', '_')}_{scheme}_{width}")


def test_nothing_found_is_said(new_page, tmp_path):
    VIEWS["no regressions"].to_html(tmp_path / "view.html")
    page = new_page()
    page.goto((tmp_path / "view.html").as_uri())
    expect(page.locator(".wb-empty")).to_have_text("Nothing regressed, and nothing improved.")


CELLS = (
    "from workbench.types import Regression\n"
    "from workbench.widgets import RegressionBoard, SourceLines\n"
    "found = [Regression(f'R-{i}', f'app:f{i}', 'cost', 5, 5, 5, 1.0, 1.0 + i, 1e-6) for i in range(1, 151)]\n"
    "board = RegressionBoard(found)\nboard",
    "lines = SourceLines('def f():\\n    return g()', costs={2: 0.5}, unit='share')\nlines",
)


@pytest.fixture(scope="module")
def lab(open_notebook):
    notebook = open_notebook(*CELLS)
    notebook.run()
    return notebook


def test_a_regression_is_chosen_by_click_and_by_keys(lab):
    view = lab.page.locator(".wb-regressions")
    expect(view.locator("tbody tr")).to_have_count(100)
    view.get_by_role("button", name="app:f3", exact=True).click()
    lab.until("board.selected", ["R-3"])
    expect(view.locator(".wb-regression-details")).to_contain_text("app:f3 R-3")
    view.get_by_role("button", name="app:f3", exact=True).press("ArrowDown")
    lab.until("board.selection['subject'].tolist()", ["app:f4"])
    view.get_by_role("button", name="Show 50 more").click()
    expect(view.locator("tbody tr")).to_have_count(150)


def test_rows_are_found_by_words(lab):
    view = lab.page.locator(".wb-regressions")
    view.get_by_role("searchbox").fill("f77")
    expect(view.locator("tbody tr")).to_have_count(1)
    view.get_by_role("searchbox").fill("not there")
    expect(view.locator(".wb-empty")).to_contain_text("No row is like this")
    view.get_by_role("searchbox").fill("")
    view.get_by_label("Order").select_option("change")
    expect(view.locator("tbody tr").first).to_contain_text("app:f150")


def test_what_python_chooses_is_shown(lab):
    lab.value("setattr(board, 'selected', ['R-9'])")
    chosen = lab.page.locator(".wb-regressions tr.wb-chosen")
    expect(chosen).to_contain_text("app:f9")


def test_a_line_is_chosen_by_click(lab):
    view = lab.page.locator(".wb-source")
    view.get_by_role("button", name="Line 2").click()
    lab.until("lines.selection['cost'].tolist()", [0.5])
    view.get_by_role("button", name="Line 2").click()
    lab.until("lines.selected", [])
