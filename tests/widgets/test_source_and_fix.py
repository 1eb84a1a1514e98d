from datetime import UTC, datetime

import pytest
from made_fixes import make_failure, make_verification

from workbench.errors import SignalError
from workbench.types import Fix, Patch, PullRequest
from workbench.views import Source
from workbench.widgets import FixCard, SourceLines

SEEN = make_verification(
    good=(1.0, 1.1), bad=(2.0, 2.1), fixed=(1.1, 1.2), restored=0.9, interval=(0.85, 0.95),
    verified=True,
)  # fmt: skip
FIX = Fix(
    Patch("revert", "Revert f", {"a.py": "x"}, ("abc123",)), "--- a\n+++ b\n<x>", SEEN, "fix/1"
)


def test_lines_know_their_numbers_costs_and_writers():
    source = Source(
        "f", "def f():\n    g()\n", "a.py", 10, {11: 0.5}, "seconds", {11: ("abc", "Slow")}
    )
    view = SourceLines(source)
    view.selected = [11]
    assert view.selection.to_dict("records") == [
        {"line": 11, "code": "    g()", "cost": 0.5, "change": "abc"}
    ]
    assert view._told["owners"] == ["", "abc"]
    view.source = Source("g", "def g(): ...")
    assert view.selected == []
    assert view.selection.empty
    assert view._told["lines"] == ["def g(): ..."]


@pytest.mark.parametrize("lines", [[9], [12], [10, 99]])
def test_a_line_that_there_is_not_cannot_be_chosen(lines):
    view = SourceLines("def f():\n    g()\n", first_line=10)
    with pytest.raises(SignalError, match=f"code: expected lines from 10 to 11, got {lines[-1]}"):
        view.selected = lines
    assert view.selected == []


@pytest.mark.parametrize("source", [None, 3, ["a"]])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(SignalError, match="expected a Source, or the text of some lines, got"):
        SourceLines(source)


def test_a_table_of_no_lines_has_columns_of_the_same_kinds():
    source = Source("f", "def f(): ...")
    names = ["line", "cost"]
    assert source.table([])[names].dtypes.tolist() == source.table()[names].dtypes.tolist()


def test_where_there_is_no_code_that_is_said():
    view = SourceLines(Source("it is code of others"))
    assert view.source.lines == []
    assert view.still()["text/plain"] == "it is code of others"


def test_code_in_a_saved_notebook_is_escaped():
    still = SourceLines("if a < b: pass", costs={1: 0.25}, unit="share", path="x.py").still()
    assert "if a &lt; b: pass" in still["text/html"]
    assert "cost, share" in still["text/html"]


def test_a_fix_tells_its_verdict_and_every_run():
    card = FixCard(FIX, titles={"abc123": "Make f slow"})
    assert card._told["reverted"] == ["abc123 Make f slow"]
    assert [(run["name"], run["seconds"]) for run in card._told["runs"]] == [
        ("before", [1.0, 1.1]), ("regressed", [2.0, 2.1]), ("fixed", [1.1, 1.2]),
    ]  # fmt: skip
    assert card.still()["text/plain"] == "Revert f: verified, 90% of the loss restored"
    assert "&lt;x&gt;" in card.still()["text/html"]


def test_no_fix_says_why_and_another_can_be_shown():
    card = FixCard(note="it waits for review")
    assert card.still()["text/plain"] == "it waits for review"
    card.fix = FIX
    assert card._told["verified"]
    card.fix = Fix(FIX.patch, "", make_failure("compiles", "it does not compile"))
    assert card._told["gain"] is None
    assert card.still()["text/plain"] == "Revert f: not verified: it does not compile"


def test_where_a_fix_was_opened_is_told():
    at = datetime(2026, 11, 27, 22, tzinfo=UTC)
    opened = PullRequest("github", "https://host/pull/1", at, ("@ada",), ("@bob: no account",))
    card = FixCard(FIX, opened=opened)
    assert card._told["opened"] == {
        "url": "https://host/pull/1", "text": "since 2026-11-27 22:00, asked for a review: @ada.",
        "not_asked": ["@bob: no account"],
    }  # fmt: skip
    assert card.still()["text/plain"].endswith(", opened at https://host/pull/1")
    card.opened = None
    assert card._told["opened"] is None
