"""Capacity over time and the open queue: as pages, and their values in JupyterLab."""

from datetime import timedelta

import pytest
from lead_record import ASSUMPTIONS, SINCE, UNTIL, make_record
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.capacity import capacity_plan, capacity_timeline
from workbench.types import Amount, CapacityTimeline, Confirmation, Opportunity
from workbench.widgets import CapacityView

LONG = "app.a_module_with_a_long_name.another_one:AClassOfThatModule.a_method_with_a_long_name_too"
WASTE = Opportunity(
    "O-1", "checkout", LONG, "app.py", 1, 2, "needless copy", f"Do not copy in {LONG}", 0.1,
    Amount(0.02, 0.01, 0.03),
)  # fmt: skip


def make_view(**kwargs) -> CapacityView:
    record = make_record()
    approved = record.recovered_solves()
    later = {
        label: Confirmation("confirmed", "", Amount(row["cost"], row["cost_low"], row["cost_high"]),
                            deployed=row["at"] + timedelta(days=4))
        for label, row in list(approved.iterrows())[::2]
    }  # fmt: skip
    plan = capacity_plan(record, ASSUMPTIONS, later, opportunities=[WASTE])
    return CapacityView(capacity_timeline(record, ASSUMPTIONS, later), plan, **kwargs)


VIEWS = {"capacity": make_view(), "no capacity": CapacityView(CapacityTimeline(SINCE, UNTIL))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_page_is_accessible_at_any_width(name, scheme, new_page, tmp_path):
    path = tmp_path / "view.html"
    VIEWS[name].to_html(path, title=name)
    for width in (400, 1600):
        page = new_page(width=width, height=900, color_scheme=scheme)
        page.goto(path.as_uri())
        view = page.locator(".wb")
        expect(view).to_be_visible()
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth")
        check_accessible(page.locator("html"))
        keep_picture(page, f"{name.replace(' ', '_')}_{scheme}_{width}")


def test_where_nothing_happened_that_is_said(new_page, tmp_path):
    VIEWS["no capacity"].to_html(tmp_path / "view.html")
    page = new_page()
    page.goto((tmp_path / "view.html").as_uri())
    expect(page.locator(".wb-empty")).to_contain_text("Nothing was lost, nothing recovered")


@pytest.fixture
def page(new_page, tmp_path):
    VIEWS["capacity"].to_html(tmp_path / "view.html")
    page = new_page(width=1200, height=900)
    page.goto((tmp_path / "view.html").as_uri())
    return page


def test_events_are_stepped_through_by_keys(page):
    view, n_events = VIEWS["capacity"], len(VIEWS["capacity"].timeline.events)
    plot = page.get_by_role("slider", name="Events of lost and recovered capacity")
    expect(page.locator(".wb-c-event")).to_contain_text(f"(event {n_events} of {n_events})")
    plot.press("Home")
    expect(page.locator(".wb-c-event")).to_contain_text(f"(event 1 of {n_events})")
    plot.press("ArrowRight")
    second = view.timeline.events[1]
    expect(page.locator(".wb-c-event")).to_contain_text(f"{second.at:%Y-%m-%d}")
    expect(page.locator(".wb-c-event")).to_contain_text(second.kind)
    expect(plot).to_have_attribute("aria-valuenow", "1")


def test_the_unit_is_that_of_all_amounts(page):
    queue = page.locator(".wb-c-queue")
    expect(queue.locator("thead")).to_contain_text("Costs now")
    page.get_by_label("Unit").select_option("money_per_year")
    expect(queue.locator("thead")).to_contain_text("Costs a week")
    expect(queue.locator("tfoot")).to_contain_text("EUR")
    expect(page.locator(".wb-c-table").first).to_contain_text("EUR")
    page.get_by_label("Unit").select_option("watts")
    expect(queue.locator("tfoot")).to_contain_text("kW")


CELLS = (
    "import sys; sys.path.insert(0, TESTS)\n"
    "from test_capacity_view import make_view\n"
    "view = make_view()\nview",
)


@pytest.fixture(scope="module")
def lab(open_notebook, request):
    folder = repr(str(request.path.parent))
    notebook = open_notebook(*(cell.replace("TESTS", folder) for cell in CELLS))
    notebook.run()
    return notebook


def test_an_item_is_chosen_by_click_and_by_keys_and_units_travel(lab):
    view = lab.page.locator(".wb-capacity")
    view.locator("button[data-rank='2']").click()
    lab.until("view.selected", [2])
    view.locator("button[data-rank='2']").press("ArrowDown")
    lab.until("view.selection['rank'].tolist()", [3])
    view.get_by_label("Unit").select_option("homes")
    lab.until("view.unit", "homes")
    lab.value("setattr(view, 'selected', [1])")
    chosen = view.locator("tr.wb-c-chosen")
    expect(chosen).to_have_count(1)
    expect(chosen).to_have_attribute("data-rank", "1")
