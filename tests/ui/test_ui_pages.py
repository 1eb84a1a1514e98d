"""That what watches pages sees what it should."""

import pytest
from ui_pages import Watch, check_accessible


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("html", "rule"),
    [
        ("<button></button>", "button-name"),
        ("<input type=search>", "label"),
        ("<p style='color: #aaa'>faint</p>", "color-contrast"),
        ("<button>a <a href='#'>b</a></button>", "nested-interactive"),
    ],
)
def test_what_cannot_be_used_by_everybody_is_found(page, html, rule):
    page.set_content(f"<html lang=en><title>t</title><main>{html}</main></html>")
    with pytest.raises(AssertionError, match=rule):
        check_accessible(page.locator("main"))


def test_what_can_be_used_by_everybody_passes(page):
    page.set_content("<label>Find <input type=search></label><button>Go</button>")
    check_accessible(page.locator("body"))


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("console.error('first')", "console: first"),
        ("setTimeout(() => { throw new Error('second'); })", "error: second"),
        (
            "fetch('https://example.invalid/x').catch(() => {})",
            "outside request: https://example.invalid/x",
        ),
    ],
    ids=["console", "error", "outside"],
)
def test_what_a_page_should_not_do_is_seen(page, script, fault):
    watch = Watch(page)
    page.goto("about:blank")
    page.evaluate(f"() => {{ {script}; }}")
    page.wait_for_timeout(200)
    assert [seen for seen in watch.faults if seen.startswith(fault)]


def test_a_page_that_does_nothing_of_it_has_no_faults(page):
    watch = Watch(page)
    page.set_content("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>")
    page.evaluate("console.log('all is well')")
    assert watch.faults == []


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('a warning', file=sys.stderr)", "a warning"),
    ],
    ids=["error", "stderr"],
)
def test_a_cell_that_fails_or_warns_is_seen(open_notebook, cell, seen):
    with pytest.raises(AssertionError, match=seen):
        open_notebook(cell).run()
