import base64
import re
from datetime import UTC, datetime

import pytest

from workbench.errors import WorkbenchError
from workbench.report import render_lead_report
from workbench.types import TrackRecord
from workbench.widgets import PageView

PAGE = """<!doctype html><html><head><title>T</title><style>p { color: red; }</style></head><body>
<main id="main"><h1>All is well</h1>
<svg role="img" aria-label="up &amp; down" xmlns="http://www.w3.org/2000/svg"><text>é</text></svg></main>
<footer>Foot</footer></body></html>"""


def test_a_still_is_the_main_part_with_its_figures_as_pictures():
    still = PageView(PAGE, title="Track record").still()
    assert still["text/plain"] == "Track record"
    html = still["text/html"]
    assert html.startswith('<main id="main"><h1>All is well</h1>')
    assert html.endswith("></main>")
    assert 'alt="up &amp; down"' in html
    picture = base64.b64decode(re.search('base64,([^"]+)', html)[1]).decode()
    assert picture.startswith("<svg")
    assert "<text>é</text>" in picture
    assert "color: red" not in html
    assert "Foot" not in html


def test_a_page_without_a_main_part_has_its_title_alone():
    assert PageView("<p>x</p>").still() == {"text/plain": "Report"}


def test_the_page_that_is_kept_is_the_page_itself(tmp_path):
    view = PageView(PAGE)
    assert view.to_html() == PAGE
    assert view.to_html(tmp_path / "a.html").read_text(encoding="utf-8") == PAGE
    with pytest.raises(WorkbenchError, match="expected a folder"):
        view.to_html(tmp_path / "none" / "a.html")


def test_a_report_of_nothing_has_a_still():
    record = TrackRecord(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), "")
    still = PageView(render_lead_report(record)).still()["text/html"]
    assert "workbench evaluate" in still
    assert "<style" not in still


def test_in_place_of_a_page_a_sentence_can_stand_and_is_no_markup():
    view = PageView("<main>old</main>")
    view.say("no page: <script>alert(1)</script>")
    assert "no page: &lt;script&gt;" in view.still()["text/html"]
    assert "old" not in view.page
