"""What a hand does to the explorer, in a page of its own and in a notebook."""

import numpy as np
import pandas as pd
import pytest
from ui_pages import brush, check_accessible, keep_picture

from workbench.types import Change, Detection, Regression
from workbench.widgets import SeriesExplorer

N_SERIES, N_WINDOWS = 60, 100


def explorer(n_series=N_SERIES):
    """Make flat series at 1, 2, 3, …; the third doubles at window 50."""
    values = np.repeat(np.arange(1.0, n_series + 1)[:, None], N_WINDOWS, axis=1)
    values[2, 50:] = 6.0
    names = [f"series {row} <b>" for row in range(n_series)]
    times = pd.date_range("2024-03-04", periods=N_WINDOWS, freq="1h", tz="UTC")
    found = Regression("R-1", names[2], "", 50, 48, 53, 3.0, 6.0, 0.01, series=names[2])
    change = Change("c1", "Raise the batch size", "Ann", "a@example.org", times[50], kind="flag")
    return SeriesExplorer(
        pd.DataFrame(values, index=names, columns=times), changes=[change], unit="seconds",
        detection=Detection((found,), (), pd.DataFrame(), pd.DataFrame()),
    )  # fmt: skip


@pytest.fixture
def open_page(new_page, tmp_path):
    """Widget, or the text of its page -> that page, open."""

    def opened(shown, **options):
        text = shown if isinstance(shown, str) else shown.to_html()
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page = new_page(width=1000, height=800, **options)
        page.goto((tmp_path / "page.html").as_uri())
        return page

    return opened


@pytest.fixture
def page(open_page):
    shown = open_page(explorer())
    shown.wait_for_function("() => performance.getEntriesByName('wb-series-first-frame').length")
    return shown


def status(page):
    return page.locator(".wb-status").inner_text()


def ink(page, selector):
    """Return how many pixels of a canvas are not clear."""
    return page.evaluate(
        "s => { const c = document.querySelector(s);"
        "return c.getContext('2d').getImageData(0, 0, c.width, c.height).data"
        ".filter((v, i) => i % 4 === 3 && v > 0).length; }",
        selector,
    )


def drag(page, start, end):
    brush(page.locator(".wb"), start, end)


def test_a_drag_brushes_windows_and_the_button_shows_them_alone(page):
    drag(page, 0.205, 0.395)
    assert "2024-03-04 20:00 UTC until 2024-03-05 16:00 UTC (20 windows)" in status(page)
    page.get_by_role("button", name="Zoom to brush").click()
    assert status(page).startswith("Showing 2024-03-04 20:00 UTC")
    page.get_by_role("button", name="Whole time").click()
    assert "(100 windows)" in status(page)


def test_keys_brush_select_and_go_back(page):
    page.locator(".wb-series-top").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert "series 0 <b>" in status(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert "worse from 2024-03-06 02:00 UTC, between" in status(page)
    page.keyboard.press("Enter")
    assert page.locator(".wb-series-name").all_inner_texts() == ["series 2 <b>"]
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    assert "(4 windows), 1 series selected" in status(page)
    page.keyboard.press("z")
    assert "(4 windows)" in status(page)
    page.keyboard.press("Escape")
    assert status(page) == "Nothing is brushed."
    page.keyboard.press("Escape")
    assert page.locator(".wb-series-name").count() == 0
    page.keyboard.press("Escape")
    assert "(100 windows)" in status(page)


def test_a_click_on_a_line_selects_it_and_its_button_takes_it_out(page):
    page.locator(".wb-series-top").hover(position={"x": 200, "y": 330})
    assert page.locator(".wb-tip").is_visible()
    page.locator(".wb-series-top").click(position={"x": 200, "y": 330})
    assert page.locator(".wb-series-name").count() == 1
    page.locator(".wb-series-list button").click()
    assert page.locator(".wb-series-name").count() == 0


def test_hovering_and_brushing_leave_the_picture_below_alone(page):
    page.evaluate("document.querySelector('.wb-series-base').getContext('2d').fillRect(0, 0, 9, 9)")
    before = ink(page, ".wb-series-base")
    drag(page, 0.3, 0.6)
    page.locator(".wb-series-top").hover(position={"x": 300, "y": 300})
    page.wait_for_timeout(100)
    assert ink(page, ".wb-series-base") == before
    page.get_by_label("Scale").select_option("log")
    page.wait_for_timeout(200)
    assert ink(page, ".wb-series-base") != before


def test_events_are_told_by_keys(page):
    page.locator(".wb-series-lane").focus()
    page.keyboard.press("ArrowRight")
    assert status(page) == "flag at 2024-03-06 02:00 UTC: Raise the batch size"
    assert page.locator(".wb-tip").is_visible()


def test_a_plot_for_each_shows_changed_ones_first_and_scrolls(page):
    page.get_by_label("Show").select_option("grid")
    page.wait_for_function("() => performance.getEntriesByName('wb-series-mode').length")
    page.locator(".wb-series-grid canvas").focus()
    page.keyboard.press("Enter")
    assert page.locator(".wb-series-name").all_inner_texts() == ["series 2 <b>"]
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    assert page.evaluate("document.querySelector('.wb-series-grid').scrollTop") > 0
    page.keyboard.press("Shift+ArrowRight")
    assert status(page).startswith("Brushed: ")


def test_finding_narrows_what_is_shown(page):
    page.get_by_label("Find").fill("series 1")
    assert page.locator("output").inner_text() == "15 of 60 series"
    page.get_by_label("Find").press("Enter")
    assert "15 series selected" in status(page)
    page.get_by_label("Find").fill("zebra")
    page.get_by_text("No series is like that.").wait_for()
    page.get_by_label("Find").fill("")
    page.get_by_label("with change points").check()
    assert page.locator("output").inner_text() == "1 of 60 series"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_nothing_sticks_out(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('.wb').dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert ink(page, ".wb-series-base") > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["overlay", "grid"])
def test_everybody_can_use_it(open_page, scheme, mode):
    shown = explorer()
    shown.choose(*shown.series.names[:12])
    shown.window = (40, 60)
    page = open_page(shown, color_scheme=scheme, bypass_csp=True)
    page.get_by_label("Show").select_option(mode)
    page.wait_for_timeout(300)
    check_accessible(page.locator(".wb"))
    keep_picture(page.locator(".wb"), f"series-{mode}-{scheme}")


def test_colours_are_right_where_the_view_was_made_before_it_had_a_place(open_page):
    """JupyterLab renders a widget first and puts it into the page then."""
    text = explorer().to_html()
    drawn = "await widgets[widget].render({ model: savedModel(state), el: place });"
    later = f"""const late = document.createElement("div");
{drawn.replace("el: place", "el: late")} place.append(late);"""
    changed = text.replace(drawn, later)
    assert changed != text
    page = open_page(changed, bypass_csp=True)
    page.wait_for_function("() => performance.getEntriesByName('wb-series-first-frame').length")
    page.wait_for_timeout(200)
    assert page.locator(".wb-key-item b").first.evaluate("b => b.style.color") == "rgb(179, 38, 30)"
    axis = "c => [...c.getContext('2d').getImageData(300, c.height - 24, 1, 1).data]"
    assert page.locator(".wb-series-base").evaluate(axis) == [0x86, 0x8F, 0x9A, 255]


def test_what_cannot_be_shown_is_said(open_page):
    wrong = SeriesExplorer({"a": [1, 2, 3]})
    wrong._series = {**wrong._series, "n_windows": 7}
    told = open_page(wrong).locator(".wb-error").inner_text()
    assert told == "The series cannot be shown: expected 1 × 7 values, got 3"


def test_no_series_are_said_to_be_none(open_page):
    shown = open_page(SeriesExplorer(np.zeros((0, 0))))
    assert shown.locator(".wb-empty").inner_text() == "There are no series to show."


def test_a_notebook_hears_of_the_brush_and_what_it_selects_is_shown(open_notebook):
    notebook = open_notebook(
        "import numpy as np, pandas as pd\nfrom workbench.widgets import SeriesExplorer",
        """times = pd.date_range("2024-03-04", periods=100, freq="1h", tz="UTC")
explorer = SeriesExplorer(pd.DataFrame(np.ones((50, 100)), columns=times))
explorer""",
    )
    notebook.run()
    top = notebook.page.locator(".wb-series-top")
    top.focus()
    for key in ("Home", "Shift+ArrowRight", "Shift+ArrowRight"):
        top.press(key)
    notebook.until("explorer.window", [0, 3])
    assert notebook.value("str(explorer.window_bounds[1])") == "2024-03-04 03:00:00+00:00"
    notebook.value("explorer.choose(7)")
    notebook.page.locator(".wb-series-name", has_text="7").wait_for()


def test_a_saved_notebook_shows_what_was_selected(embed):
    shown = explorer()
    shown.choose("series 2 <b>")
    page = embed(shown)
    page.locator(".wb-series-name", has_text="series 2 <b>").wait_for()
    page.wait_for_function("() => performance.getEntriesByName('wb-series-first-frame').length")
    assert ink(page, ".wb-series-base") > 500
