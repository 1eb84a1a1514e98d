import pytest
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.widgets import SuspectTable

DIFF = "--- a/m.py\n+++ b/m.py\n@@ -3,2 +3,2 @@ def read():\n kept\n-gone\n+new\n"
LONG = "--- a/l.py\n+++ b/l.py\n@@ -0,0 +1,900 @@\n" + "".join(f"+line {i}\n" for i in range(900))
ROWS = [
    {"change": "a1", "title": "Cache less", "author": "Ada", "probability": 0.6, "window": 9,
     "at": "2026-01-05T09:18", "files": ["pkg/cache.py"], "functions": ["pkg.cache:get"],
     "features": [{"note": "holds the growth", "contribution": 2.5},
                  {"note": "is far away", "contribution": -1.25}]},
    {"change": "b2", "title": "Log more", "author": "Bo", "probability": 0.2, "kind": "flag"},
    {"change": "c3", "title": "Again " * 40, "author": "Cy", "probability": 0.1, "window": 30},
]  # fmt: skip
CELLS = (
    f"""from workbench.errors import HistoryError
from workbench.widgets import SuspectTable
DIFFS, LONG, asked = {{"a1": {DIFF!r}}}, {LONG!r}, []
def read(name):
    asked.append(name)
    if name == "b2" and asked.count(name) == 1:
        raise HistoryError("no such commit: b2")
    return LONG if name == "c3" else DIFFS.get(name, "")
table = SuspectTable({ROWS!r}, read_diff=read)
table""",
    """many = SuspectTable([{"change": f"c{i}", "title": f"Change {i}", "probability": 0.001}
                        for i in range(900)])
many""",
)


@pytest.fixture(scope="module")
def lab(open_notebook):
    return open_notebook(*CELLS)


@pytest.fixture
def views(lab):
    """Run the notebook anew."""
    lab.page.set_viewport_size({"width": 1280, "height": 1000})
    lab.theme("Light")
    lab.run()
    found = lab.page.locator(".wb-suspects")
    expect(found).to_have_count(2)
    lab.until("[len(asked), table.opened]", [0, []])
    expect(found.first.locator("tr[data-id]")).to_have_count(3)
    return found


@pytest.fixture
def table(views):
    return views.first


def opener(table, name):
    return table.locator(f"tr[data-id='{name}'] button.wb-open")


def titles(table):
    return [row.get_attribute("data-id") for row in table.locator("tr[data-id]").all()]


def test_enter_opens_a_row_with_its_evidence_and_its_diff(lab, table):
    opener(table, "a1").press("Enter")
    lab.until("table.opened", ["a1"])
    expect(opener(table, "a1")).to_have_attribute("aria-expanded", "true")
    evidence = table.locator(".wb-features tbody tr")
    expect(evidence.first).to_contain_text("+2.50")
    expect(evidence.nth(1)).to_contain_text("−1.25")
    expect(table.locator(".wb-diff-add")).to_have_text("4+new")
    expect(table.locator(".wb-diff-del")).to_have_text("4−gone")
    keep_picture(table, "suspects_open")
    opener(table, "a1").press("Enter")
    lab.until("table.opened", [])
    expect(table.locator(".wb-diff")).to_have_count(0)
    assert lab.value("asked") == ["a1"]


def test_arrows_move_and_x_selects_and_leaves_the_cells_alone(lab, table):
    cells = lab.page.locator(".jp-Notebook .jp-Cell").count()
    opener(table, "a1").press("ArrowDown")
    expect(opener(table, "b2")).to_be_focused()
    lab.page.keyboard.press("x")
    lab.until("table.selected", ["b2"])
    lab.page.keyboard.press("End")
    lab.page.keyboard.press("x")
    lab.until("table.selection.change.tolist()", ["b2", "c3"])
    for key in "dd":
        lab.page.keyboard.press(key)
    assert lab.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_a_click_beside_the_title_selects_that_row_alone(lab, table):
    table.locator("tr[data-id='a1'] .wb-s-prob").click()
    table.locator("tr[data-id='b2'] .wb-s-prob").click()
    lab.until("table.selected", ["b2"])
    table.locator("tr[data-id='a1'] input").click()
    lab.until("table.selected", ["b2", "a1"])


def test_headings_sort_and_words_filter(lab, table):
    lab.page.set_viewport_size({"width": 1800, "height": 1000})
    table.get_by_role("button", name="Window").click()
    assert titles(table) == ["a1", "c3", "b2"]
    expect(table.get_by_role("columnheader", name="Window")).to_have_attribute(
        "aria-sort", "ascending"
    )
    table.get_by_label("Find").fill("CACHE.py")
    assert titles(table) == ["a1"]
    expect(table.locator(".wb-status")).to_contain_text("1 of 3 candidates")
    table.get_by_label("Find").fill("nothing like it")
    expect(table).to_contain_text("No candidate is like that.")
    expect(table.locator(".wb-none")).to_contain_text("None of these")
    table.get_by_label("Find").fill("")
    table.get_by_label("Kind").select_option("flag")
    assert titles(table) == ["b2"]


def test_a_diff_that_cannot_be_read_says_why_and_is_asked_for_again(lab, table):
    opener(table, "b2").click()
    expect(table.get_by_role("alert")).to_have_text("The diff cannot be shown: no such commit: b2")
    table.get_by_role("button", name="Try again").click()
    expect(table).to_contain_text("The diff is empty.")
    assert lab.value("asked") == ["b2", "b2"]


def test_a_long_diff_is_clipped_and_comes_in_full_when_asked_for(table):
    opener(table, "c3").click()
    lines = table.locator(".wb-diff-add")
    expect(lines).to_have_count(198)
    more = table.locator(".wb-diff-box > button")
    more.click()
    expect(more).to_have_text("Load the whole diff (903 lines)")
    more.click()
    expect(table.locator(".wb-diff-head")).to_contain_text("+900 −0")
    more.click()
    expect(lines).to_have_count(900)


def test_nine_hundred_candidates_are_reached_by_one_key(views):
    many = views.nth(1)
    expect(many.locator("tr[data-id]")).to_have_count(50)
    opener(many, "c0").press("End")
    expect(opener(many, "c899")).to_be_focused()


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1600, 400])
def test_everybody_can_use_it(new_page, theme, width):
    table = SuspectTable([{**row, "diff": DIFF} for row in ROWS])
    table.opened, table.selected = ["a1"], ["b2"]
    page = new_page(width=width, color_scheme=theme.lower())
    page.set_content(table.to_html())
    shown = page.locator(".wb-suspects")
    expect(shown).to_have_attribute("data-theme", theme.lower())
    expect(shown.locator(".wb-diff-add")).to_have_count(1)
    check_accessible(shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep_picture(page, f"suspects_{theme.lower()}_{width}")


def test_without_candidates_none_of_them_is_the_answer(new_page):
    page = new_page()
    page.set_content(SuspectTable().to_html())
    expect(page.locator(".wb-suspects")).to_contain_text("There are no candidates.")
    expect(page.locator(".wb-none")).to_contain_text("100 %")
