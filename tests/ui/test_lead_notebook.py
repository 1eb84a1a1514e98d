"""The notebook that a lead opens, under Voilà: a report, with a form and without code."""

import pytest
from lead_store import COST, fill
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture
from ui_servers import ROOT, serve_voila

NOTEBOOK = ROOT / "notebooks" / "05_leads_report.ipynb"
LOADED_S = 90


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voila")
    with serve_voila(NOTEBOOK, folder, f"sqlite:///{folder}/runs.db") as url:
        yield url, folder


@pytest.fixture(scope="module")
def filled(voila):
    """The address, when there is something to report."""
    url, folder = voila
    fill(f"sqlite:///{folder}/runs.db", folder / "share", folder)
    return url


def opened(page, url):
    """Open the notebook, and return the page in it when that is drawn."""
    page.goto(url)
    expect(page.locator(".wb-page iframe")).to_be_visible(timeout=1000 * LOADED_S)
    report = page.frame_locator(".wb-page iframe")
    expect(report.get_by_role("heading", name="Track record")).to_be_visible()
    return report


def test_where_mlflow_is_empty_it_is_said_what_to_run(voila, new_page):
    page = new_page()
    report = opened(page, voila[0])
    expect(report.locator("main")).to_contain_text("Nothing was evaluated and nothing was solved")
    expect(report.locator("code").first).to_have_text("workbench evaluate")
    expect(page.locator("body")).not_to_contain_text("Traceback")
    expect(page.locator("body")).not_to_contain_text("Demonstration figures")
    expect(page.get_by_label("Servers")).to_have_value("0")
    keep_picture(page, "voila_empty")


def test_where_mlflow_is_out_of_reach_that_is_said(tmp_path, new_page):
    with serve_voila(NOTEBOOK, tmp_path, "http://127.0.0.1:9") as url:
        page = new_page()
        page.goto(url)
        report = page.frame_locator(".wb-page iframe")
        said = report.locator("main")
        expect(said).to_contain_text(
            "MLflow at http://127.0.0.1:9: it cannot be reached", timeout=1000 * LOADED_S
        )
        expect(page.locator("body")).not_to_contain_text("Traceback")
        keep_picture(page, "voila_out_of_reach")
        page.close()  # it asks for its kernel as long as it is there


def test_it_is_a_report_without_code(filled, new_page):
    page = new_page()
    report = opened(page, filled)
    for part in (".jp-CodeCell .jp-InputArea", ".jp-InputPrompt", ".jp-OutputPrompt", ".cm-editor"):
        expect(page.locator(part).locator("visible=true")).to_have_count(0)
    for code in ("import", "capacity_ledger", "Traceback"):
        expect(page.locator("body")).not_to_contain_text(code)
    headings = page.get_by_role("heading").all_inner_texts()
    assert [told.strip("¶") for told in headings][1:] == ["What is assumed", "The answer"]
    parts = report.get_by_role("heading", level=2).all_inner_texts()
    assert parts == ["Summary", "Accuracy", "Time to diagnosis", "Capacity", "Funnel", "Open queue",
                     "Skills"]  # fmt: skip
    expect(report.locator(".tiles")).to_contain_text("answered right")
    expect(report.locator("figure svg[role=img]")).not_to_have_count(0)


def test_it_is_as_high_as_its_page_and_no_script_of_it_may_run(filled, new_page):
    page = new_page()
    opened(page, filled)
    frame = page.locator(".wb-page iframe")
    assert "allow-scripts" not in frame.get_attribute("sandbox")
    for width in (1280, 700):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        inside = page.frames[1].evaluate("document.documentElement.getBoundingClientRect().height")
        assert 2000 < inside <= frame.bounding_box()["height"] < inside + 2
        assert frame.evaluate("(e) => e.getBoundingClientRect().right <= innerWidth")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_assumed_changes_what_was_given_back(filled, new_page):
    page = new_page()
    report = opened(page, filled)
    tile = report.locator(".tiles > div", has_text="servers recovered")
    expect(tile).to_contain_text("not known")
    page.get_by_label("Servers").fill("2000")
    page.get_by_label("Servers").press("Enter")
    expect(tile.locator(".value")).to_have_text(f"{2000 * COST:.0f}")
    assumed = report.locator(".assumptions")
    expect(assumed).to_contain_text("Servers of a service: 2,000")
    expect(assumed).to_contain_text("Power of a server: not known")
    page.get_by_label("Watts of a server").fill("300")
    page.get_by_label("Watts of a server").press("Enter")
    expect(assumed).to_contain_text("Power of a server: 300 W")


def test_another_period_is_read_anew(filled, new_page):
    page = new_page()
    report = opened(page, filled)
    before = report.locator(".eyebrow").inner_text()
    page.get_by_label("Period").select_option("the last 30 days")
    expect(report.locator(".eyebrow")).not_to_have_text(before)
    expect(report.locator(".tiles")).to_contain_text("answered right")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_read_it(filled, new_page, theme):
    other = {"light": "dark", "dark": "light"}[theme]  # the page decides, not the machine
    page = new_page(color_scheme=other)
    opened(page, f"{filled}?theme={theme}")
    expect(page.locator(".wb-page")).to_have_attribute("data-theme", theme)
    inside = page.frames[1]
    ink, paper = inside.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    levels = [int(colour.strip("rgb()").split(",")[0]) for colour in (ink, paper)]
    assert (levels[0] < levels[1]) == (theme == "light")
    check_accessible(page.locator(".wb-page"))
    alone = new_page(color_scheme=theme)  # where axe-core may run
    alone.set_content(inside.content())
    check_accessible(alone.locator("html"))
    page.set_viewport_size({"width": 1280, "height": 7200})
    assert page.locator(".wb-page").evaluate("(e) => getComputedStyle(e).padding") == "0px"
    keep_picture(page, f"voila_{theme}")
