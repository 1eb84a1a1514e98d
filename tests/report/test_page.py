import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_fixes import make_failure, make_verification

from workbench.report import render_report
from workbench.report.case_view import CaseView, short_id, told_reasons
from workbench.report.diff import parse_diff
from workbench.report.page import Totals, clip_text
from workbench.types import (
    CHECKS,
    SERVICE,
    Amount,
    Case,
    Change,
    Detection,
    Diagnosis,
    Evidence,
    Feature,
    Fix,
    Function,
    Opportunity,
    Outcome,
    Patch,
    PullRequest,
    Ranking,
    Regression,
    Reproduction,
    SeriesMatrix,
    Step,
    Suspect,
)

HOSTILE = "\"'><img src=x onerror=alert(1)></script></pre><script>alert(1)</script><!--{{7*7}}&lt;"
FUNNEL = pd.DataFrame(
    [("screen", 40, 3, "37 no change point"), ("size", 3, 1, "1 too small; 1 went away")],
    columns=["stage", "n_in", "n_out", "removed"],
)
REMOVED = pd.DataFrame(columns=["subject", "metric", "change_index", "stage", "reason"])
DIFF = """\
diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -1,3 +1,4 @@
 def read():
-    return parse()
+    if key not in cache:
+        cache[key] = parse()
 # end
\\ No newline at end of file
"""


FEATURES = (
    Feature("lines", 1.0, 2.5, "all of it passes through the lines it wrote"),
    Feature("distance", 1.0, -0.7, "one call away from what grew"),
)
NOBODY = (Feature("any", 1.0, 1.0, "there is always another cause"),)


@pytest.fixture
def outcome(make_windows: Callable[..., Any]) -> Outcome:
    """Return the outcome of a case that was solved, with every field filled."""
    windows = [{"main;read": 6, "main;show": 6}] * 3 + [{"main;read": 18, "main;show": 6}] * 3
    recording = make_windows(*windows, cpu_seconds=[0.12] * 3 + [0.24] * 3, work=[10.0] * 6)
    cost = np.array([0.006] * 3 + [0.018] * 3)
    change = Change(
        id="4f9c2ab81d7e6035aa17cc90be12d34f56789abc",
        title="Drop the cache",
        author="R. Okafor",
        email="r@example.org",
        at=datetime(2025, 3, 1),
        functions=(Function("read", "read.py"),),
        files=("read.py",),
    )
    return Outcome(
        case=Case("lost-cache", "shop", "", "1.0", "1.1", content_hash="ab" * 32),
        recording=recording,
        series=SeriesMatrix(("read:read", SERVICE), ("cost", "cost"), np.array([cost, 2 * cost])),
        detection=Detection(
            (Regression("r1", "read:read", "cost", 3, 3, 4, 0.006, 0.018, 1e-6, ("main:main",)),
             Regression("r2", "show:show", "gcpu", 2, 2, 2, 0.2, 0.3, 1e-3)),
            (), FUNNEL, REMOVED,
        ),
        ranking=Ranking((Suspect(change, 0.9, ("read:read",), 0.012, FEATURES),), 0.1, NOBODY),
        diagnosis=Diagnosis(
            "r1", "The cache is gone.", change.id, ("read:read",), "lost cache", "restore_cache",
            0.93, (Evidence("It grew.", "call-1"), Evidence("It was told.", "call-7")), "caching",
        ),
        fix=Fix(
            Patch("restore_cache", "Put it back.", {"shop.py": "text"}, ("c0ffee",)), DIFF,
            make_verification(
                good=(0.012, 0.0121), bad=(0.024, 0.0243), fixed=(0.0122, 0.0123), restored=0.98,
                interval=(0.95, 1.01), verified=True,
            ),
            "fix/cache", "77aa0bd27c5f", "Restore the cache", 6,
        ),
        steps=(
            Step("model", "asks", "", 0.0, 0.2, "call-1"),
            Step("tools", "rank_changes", "[]", 0.2, 0.1, "call-1"),
            Step("diagnose", "answers", "done", 0.3, 0.1),
        ),
        seconds={"detect": 0.5, "total": 12.5},
        model="playbook",
        skills={"caching": "cd" * 32},
    )  # fmt: skip


@pytest.fixture
def quiet(outcome: Outcome) -> Outcome:
    """Return the outcome of a case without a regression."""
    detection = replace(outcome.detection, found=())
    return replace(
        outcome, detection=detection, ranking=Ranking(), diagnosis=None, fix=None, steps=()
    )


@pytest.fixture
def mended(outcome: Outcome) -> Outcome:
    """Return the outcome of an opportunity that was mended."""
    place = Opportunity(
        "O-1", "shop", "read:read", "read.py", 3, 5, "copy", "Do not copy, in read", 0.125,
        Amount(0.05, 0.02, 0.08), evidence=("read.py:3: a deep copy",), documents=("How we read",),
        precedents=("P-7",), validation=("the tests pass",), owner="R. Okafor",
    )  # fmt: skip
    seen = make_verification(bad=(0.024, 0.0243), fixed=(0.0216, 0.0218), saved=0.1, verified=True)
    seen = replace(seen, gains=(replace(seen.gain, saved_interval=(0.08, 0.12)),))
    assert outcome.fix is not None
    assert outcome.diagnosis is not None
    return replace(
        outcome, opportunity=place, ranking=Ranking(),
        detection=replace(outcome.detection, found=()),
        diagnosis=replace(outcome.diagnosis, change_id=None, mitigation="drop_copy"),
        fix=replace(outcome.fix, verification=seen),
    )  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.data: list[dict[str, Any]] = []
        self.text = ""
        self._script = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        values = dict(attrs)
        self._script = (values.get("type") or "code") if tag == "script" else ""
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        if tag in ("h1", "h2", "h3", "h4"):
            self.levels.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        if self._script == "application/json" and data.strip():
            self.data.append(json.loads(data))
        elif not self._script:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._script = ""


def renamed(value: Any, name: Callable[[str], str], *keep: str) -> Any:
    """Return a value of the shared nouns with every text in it replaced."""
    if isinstance(value, str):
        return value if value in keep else name(value)
    if isinstance(value, Function):
        return Function(name(value.name), name(value.file))
    if isinstance(value, tuple):
        return tuple(renamed(item, name, *keep) for item in value)
    if isinstance(value, dict):
        return {
            renamed(key, name, *keep): renamed(item, name, *keep) for key, item in value.items()
        }
    if isinstance(value, pd.DataFrame):
        return value.map(lambda cell: renamed(cell, name, *keep))
    if is_dataclass(value) and not isinstance(value, type):
        new = {f.name: renamed(getattr(value, f.name), name, *keep) for f in fields(value)}
        return replace(value, **new)
    return value


def test_summary_counts_and_times(outcome, quiet):
    abstained = replace(outcome, diagnosis=Diagnosis("r1", "Not clear."), fix=None, seconds={})
    totals = Totals.of([outcome, quiet, abstained])
    assert totals == Totals(n_cases=3, n_regressed=2, n_named=1, n_verified=1, median_seconds=12.5)


def test_page_tells_the_whole_case(outcome):
    text = Page(render_report([outcome])).text
    for expected in (
        "6.00 → 18.0 CPU ms per round", "+200 %", "4f9c2ab81d", "Drop the cache", "93.0 %",
        "✓ verified", "98.0 %", "95.0 % to 101 %", "12.5 s", "37 no change point", "2.00 ×",
        "Put it back.", "Restore the cache", "20.0 % of CPU samples",
    ):  # fmt: skip
        assert expected in text


def test_page_tells_of_an_opportunity_what_is_wasted_and_what_is_saved(mended):
    text = " ".join(Page(render_report([mended])).text.split())
    for expected in (
        "Do not copy, in read", "12.5 % of the CPU samples pass through read.py:3", "5.0 %",
        "2.0 % to 8.0 %", "read.py:3: a deep copy", "How we read", "P-7", "the tests pass",
        "✓ verified", "The patch saves 10.0 % of what the workload costs", "8.0 % to 12.0 %",
        "Put it back.", "nobody is to blame",
    ):  # fmt: skip
        assert expected in text
    for unexpected in ("No regression", "Ranked suspects", "Detection funnel", "of what was lost"):
        assert unexpected not in text


def test_links_lead_somewhere_and_ids_are_single(outcome, quiet, mended):
    page = Page(render_report([outcome, quiet, mended]))
    assert len(page.ids) == len(set(page.ids))
    assert all(link.removeprefix("#") in page.ids for link in page.links)


def test_headings_skip_no_level(outcome, quiet):
    levels = [0, *Page(render_report([outcome, quiet])).levels]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_page_is_equal_each_time_and_loads_nothing(outcome):
    page = render_report([outcome])
    assert page == render_report([outcome])
    tags = {tag for tag, *_ in Page(page).tags}
    assert tags.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "form"})
    assert not any(name in ("src", "action") for _, *names in Page(page).tags for name in names)


def test_hostile_text_is_shown_and_never_obeyed(outcome):
    kept = ("cost", "gcpu", "r1", "r2", "call-1", "call-7", "tools", SERVICE, "", *CHECKS, "usual")
    plain = renamed(outcome, lambda text: f"{text}x", *kept)
    hostile = renamed(outcome, lambda text: text + HOSTILE, *kept)
    plain_page, page = (Page(render_report([each])) for each in (plain, hostile))
    assert page.tags == plain_page.tags
    assert page.ids == plain_page.ids
    assert page.text.count(HOSTILE) > 40
    flame = page.data[0]
    assert flame["title"] == f"shop{HOSTILE}"
    for column, text in (("names", "main"), ("files", "main.py")):
        assert f"{text}{HOSTILE}" in json.loads(b64decode(flame["columns"][column]["data"]))


def test_half_a_surrogate_pair_does_not_stop_the_page(outcome):
    case = replace(outcome.case, id="odd \udcff name")
    assert "odd ? name" in render_report([replace(outcome, case=case)])


def test_no_case_is_said(outcome):
    assert "No case was examined." in render_report([])


def test_no_regression_is_said_with_total_cost_and_funnel(quiet):
    text = Page(render_report([quiet])).text
    assert "No regression was found." in text
    assert "Total CPU cost of shop, by window" in text
    assert "37 no change point" in text
    for absent in ("Diagnosis", "Patch", "Where the CPU time went"):
        assert absent not in text


@pytest.mark.parametrize(
    ("is_real", "said"),
    [(True, "the loss was reproduced, 1.17 times"), (False, "no loss was found, 1.17 times")],
)
def test_what_running_showed_is_said(outcome, quiet, is_real, said):
    seen = Reproduction((0.1,) * 8, (0.117,) * 8, 1.171, (1.12, 1.213), is_real)
    text = Page(render_report([replace(outcome if is_real else quiet, reproduction=seen)])).text
    assert f"8 times each in turns: {said} the cost before (95 % interval 1.12 to 1.21)" in text
    assert "in turns" not in Page(render_report([outcome])).text


def test_suspects_past_the_tenth_are_folded(outcome):
    many = tuple(
        replace(outcome.suspects[0], change=replace(outcome.suspects[0].change, id=f"{n:040d}"),
                probability=0.05)
        for n in range(13)
    )  # fmt: skip
    page = Page(render_report([replace(outcome, ranking=Ranking(many, 0.35))]))
    assert "3 more, with 15.0 % together" in page.text
    few = replace(outcome, ranking=Ranking(many[:10], 0.5))
    assert "more, with" not in Page(render_report([few])).text


def test_a_suspect_shows_what_its_probability_is_made_of(outcome):
    text = Page(render_report([outcome])).text
    assert "+2.50 all of it passes through the lines it wrote" in text
    assert "−0.70 one call away from what grew" in text
    assert "None of these" in text
    assert "+1.00 there is always another cause" in text


def test_where_none_of_them_did_it_that_is_said_first(outcome):
    ranking = replace(outcome.ranking, none_probability=0.95)
    text = Page(render_report([replace(outcome, ranking=ranking)])).text
    assert text.index("None of these") < text.index("Drop the cache", text.index("Ranked suspects"))


def test_abstention_is_said(outcome):
    abstained = replace(outcome, diagnosis=Diagnosis("r1", "Two commits fit."), fix=None)
    abstained = replace(abstained, no_fix="no cause was named")
    text = Page(render_report([abstained])).text
    for expected in (
        "No cause is named.", "Two commits fit.", "No evidence was given.",
        "There is no fix: no cause was named.", "There is no fix to verify.",
    ):  # fmt: skip
        assert expected in text


def test_what_was_not_done_is_said(outcome):
    bare = replace(
        outcome, ranking=Ranking(), diagnosis=None, fix=None, steps=(), seconds={}, skills={},
        series=SeriesMatrix((), (), np.zeros((0, 6))),
        recording=replace(outcome.recording, windows=outcome.recording.windows[["n_samples"]]),
        detection=replace(outcome.detection, funnel=FUNNEL[:0]),
    )  # fmt: skip
    text = Page(render_report([bare])).text
    for expected in (
        "No suspect was ranked.", "It was not investigated.", "No steps were recorded.",
        "No series was recorded.", "The funnel is empty", "No pull request was written.",
    ):  # fmt: skip
        assert expected in text


def test_a_fix_that_does_not_apply_says_why(outcome):
    verification = make_failure("applies", "hunk 1 does not apply")
    failed = replace(outcome, fix=replace(outcome.fix, diff="", verification=verification))
    text = Page(render_report([failed])).text
    for expected in ("hunk 1 does not apply", "No run was measured.", "changes nothing"):
        assert expected in text


def test_a_new_function_has_no_relative_change(outcome):
    first = replace(outcome.detection.found[0], before=0.0)
    new = replace(outcome, detection=replace(outcome.detection, found=(first,)))
    assert "0.00 → 18.0 CPU ms per round, new" in Page(render_report([new])).text


def test_a_change_at_the_first_window_has_no_flame_graph(outcome):
    first = replace(outcome.detection.found[0], change_index=0)
    view = CaseView(
        replace(outcome, detection=replace(outcome.detection, found=(first,))), "case-1"
    )
    assert view.flame is None
    assert "no samples on both sides" in Page(render_report([view.outcome])).text


def test_view_is_of_the_diagnosed_regression(outcome):
    diagnosis = replace(outcome.diagnosis, regression_id="r2")
    view = CaseView(replace(outcome, diagnosis=diagnosis), "case-1")
    assert view.regression.id == "r2"
    assert [other.id for other in view.other_regressions] == ["r1"]


def test_evidence_leads_to_the_step_that_ran_the_call(outcome):
    cited, unknown = CaseView(outcome, "case-1").proofs
    assert (cited.anchor, cited.title) == ("case-1-step-2", "rank_changes")
    assert unknown.anchor == ""


def test_funnel_ratios_are_of_the_first_stage(outcome):
    stages = CaseView(outcome, "case-1").funnel
    assert [stage.out_ratio for stage in stages] == [3 / 40, 1 / 40]
    assert stages[1].reasons == ("1 too small", "1 went away")


def test_reasons_are_told_from_text_counts_or_nothing():
    assert told_reasons({"too small": 3}) == ["3 too small"]
    assert told_reasons("3 too small; 1 noise") == ["3 too small", "1 noise"]
    assert told_reasons("") == told_reasons(float("nan")) == []


def test_diff_lines_carry_numbers_of_both_sides():
    lines = list(iter_numbers())
    assert lines == [
        ("file", None, None), ("file", None, None), ("file", None, None), ("hunk", None, None),
        ("context", 1, 1), ("removed", 2, None), ("added", None, 2), ("added", None, 3),
        ("context", 3, 4), ("file", None, None),
    ]  # fmt: skip


def iter_numbers() -> Iterator[tuple[str, int | None, int | None]]:
    for line in parse_diff(DIFF):
        yield line.kind, line.before_line, line.after_line


def test_a_removed_line_of_dashes_is_no_file_header():
    diff = "@@ -1,2 +1 @@\n--- a comment\n x\n--- a/next.py\n"
    assert [line.kind for line in parse_diff(diff)] == ["hunk", "removed", "context", "file"]


def test_long_text_is_clipped_with_what_is_left_out():
    assert clip_text("abc", 3) == "abc"
    assert clip_text("a" * 1500, 100).endswith("… 1,400 more characters")


def test_only_hashes_are_shortened():
    assert short_id("4f9c2ab81d7e6035") == "4f9c2ab81d"
    assert short_id("release-2025-03-01") == "release-2025-03-01"


def test_where_a_fix_was_opened_is_told_and_linked(outcome: Outcome) -> None:
    at = datetime(2026, 11, 27, 22, 5)
    opened = PullRequest("github", "https://host/pull/1?a&b", at, ("@ada",), ("<bob>: no account",))
    assert "https://host/pull/1" not in render_report([outcome])
    page = render_report([replace(outcome, opened=opened)])
    assert 'Opened 2026-11-27 22:05 at github: <a href="https://host/pull/1?a&amp;b">' in page
    assert "asked for a review: @ada." in page
    assert "Not asked for a review: &lt;bob&gt;: no account." in page
    again = render_report([replace(outcome, opened=replace(opened, is_new=False))])
    assert "Open already, since 2026-11-27 22:05" in again
