"""The page of a lead as people see it: wide, narrow, dark and on paper."""

import re

import pytest
from lead_record import (
    ASSUMPTIONS,
    SINCE,
    UNTIL,
    make_answers,
    make_evaluations,
    make_record,
    make_skills,
    make_solves,
)
from ui_pages import check_accessible, keep_picture

from workbench.capacity import capacity_ledger
from workbench.report import render_lead_report
from workbench.types import TrackRecord

A4_PX = 680
"""Between the margins of a sheet, at 96 pixels an inch."""
RECORDS = {
    "full": make_record(),
    "few": make_record(
        evaluations=make_evaluations(1, split="train", n_cases=12),
        solves=make_solves(1, ("diagnosed",)),
        skills=make_skills(1),
        answers=make_answers(1),
    ),
    "many": make_record(solves=make_solves(400, ("diagnosed",)), skills=make_skills(400)),
    "empty": TrackRecord(SINCE, UNTIL, ""),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lead")
    for name, record in RECORDS.items():
        text = render_lead_report(record, capacity_ledger(record, ASSUMPTIONS))
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in RECORDS}


def too_wide(page) -> list[str]:
    """Return the parts of a page that reach out of what holds them."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main, .scroll, table, figure, .tiles, .tiles div")]
          .filter((part) => part.scrollWidth > part.clientWidth + 1)
          .map((part) => part.outerHTML.slice(0, 200))"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", RECORDS)
def test_the_page_is_accessible_at_any_width(name, scheme, new_page, pages):
    for width in (400, 1280):
        page = new_page(width=width, color_scheme=scheme)
        page.goto(pages[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        check_accessible(page.locator("html"))
        keep_picture(page, f"lead_{name}_{scheme}_{width}")


def test_on_a_wide_screen_nothing_has_to_be_scrolled(new_page, pages):
    for name in RECORDS:
        page = new_page(width=1280)
        page.goto(pages[name])
        assert too_wide(page) == []


@pytest.mark.parametrize("name", RECORDS)
def test_on_paper_no_table_is_cut(name, new_page, pages):
    page = new_page(width=A4_PX, color_scheme="dark")
    page.goto(pages[name])
    page.emulate_media(media="print", color_scheme="dark")
    assert too_wide(page) == []
    torn = """() => [...document.querySelectorAll("tr, figure")]
      .filter((part) => getComputedStyle(part).breakInside !== "avoid").length"""
    assert page.evaluate(torn) == 0


def test_on_paper_the_page_is_dark_on_light(new_page, pages):
    page = new_page(color_scheme="dark")
    page.goto(pages["full"])
    ink = "getComputedStyle(document.querySelector('h1')).color"
    on_screen = page.evaluate(ink)
    page.emulate_media(media="print", color_scheme="dark")
    assert on_screen != page.evaluate(ink) == "rgb(29, 33, 38)"


def test_the_page_prints_on_few_sheets(new_page, pages):
    page = new_page()
    page.goto(pages["full"])
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    sizes = re.findall(rb"/MediaBox \[([\d. ]+)\]", printed)
    assert 4 <= len(sizes) <= 7
    assert {tuple(round(float(part)) for part in size.split()) for size in sizes} == {
        (0, 0, 595, 842)
    }


def test_a_row_leads_to_its_run(new_page, pages):
    page = new_page()
    page.goto(pages["full"])
    region = page.get_by_role("region", name="Solves that wait")
    link = region.get_by_role("link").first
    assert link.get_attribute("href").startswith("https://runs.example/")
    assert "case-040" in region.inner_text()  # which has no address
    assert page.get_by_role("link", name="case-040").count() == 0
