import logging
import math
import shlex
import threading
import time
from dataclasses import replace

import pandas as pd
import pytest
import traitlets

from workbench.errors import PatchError, WorkbenchError
from workbench.types import Amount, Opportunity
from workbench.views.columns import in_text
from workbench.widgets import OpportunityBoard
from workbench.widgets.task import Cancelled

WAIT_S = 10
HOSTILE = "</script><script>alert(1)</script>"


def opportunity(name: str, saving: float = 0.05, **told) -> Opportunity:
    given = {
        "id": f"O-{name}", "service": "shop", "function": f"app:{name}", "file": "app.py",
        "line": 3, "end_line": 4, "pattern": "deep_copy_only_read", "title": f"Mend {name}",
        "share": 0.1, "saving": Amount(saving, saving / 2, saving * 2),
    }  # fmt: skip
    return Opportunity(**given | told)


def ids(board):
    return [row["id"] for row in board._told["rows"]]


def ask(board, **message):
    """Send what a page would; return what it is told."""
    heard = []
    board.send = lambda content, buffers=None: heard.append(content)
    board._handle_custom_msg(message, [])
    return heard


def test_the_best_score_stands_first_and_what_is_not_known_last():
    lost = opportunity("lost", math.nan)
    board = OpportunityBoard([lost, opportunity("small", 0.01), opportunity("large", 0.02)])
    assert ids(board) == ["O-large", "O-small", "O-lost"]
    slow = opportunity("slow", 0.05, effort_hours=8.0)
    board.opportunities = [slow, opportunity("quick", 0.02)]
    assert ids(board) == ["O-quick", "O-slow"]


def test_what_is_chosen_is_a_table_with_units_and_the_last_is_shown():
    board, seen = OpportunityBoard([opportunity("a"), opportunity("b", 0.02)]), []
    board.observe(lambda change: seen.append(change["new"]), "opportunity")
    board.selected = ["O-b", "O-a"]
    assert board.selection["id"].tolist() == ["O-b", "O-a"]
    assert board.selection["rank"].tolist() == [2, 1]
    assert board.selection["saving_ratio_high"].tolist() == [0.04, 0.1]
    assert board.selection["watts"].isna().all()
    assert board.opportunity.function == "app:a"
    board.selected = []
    assert board.selection.empty
    assert [one and one.id for one in seen] == ["O-a", None]


def test_the_unit_of_a_score_is_told_beside_it():
    drawn = opportunity("drawn", watts=Amount(100.0, 50.0, 150.0))
    board = OpportunityBoard([drawn, opportunity("other")])
    board.selected = ["O-drawn", "O-other"]
    assert board.selection[["score", "score_unit"]].values.tolist() == [
        [100.0, "watts per hour of review"],
        [0.05, "share of CPU per hour of review"],
    ]


def test_an_id_that_there_is_not_is_refused():
    board = OpportunityBoard([opportunity("a")])
    with pytest.raises(WorkbenchError, match="no opportunity 'O-z'; there are O-a"):
        board.selected = ["O-z"]
    assert board.selected == []
    with pytest.raises(traitlets.TraitError, match="read-only"):
        board.opportunity = opportunity("b")


def test_one_may_be_chosen_from_the_beginning():
    board = OpportunityBoard([opportunity("a"), opportunity("b")], selected=["O-b"])
    assert board.opportunity.id == "O-b"
    assert board.selection["id"].tolist() == ["O-b"]


def test_of_other_opportunities_the_choice_stays_where_it_is_there():
    board = OpportunityBoard([opportunity("a"), opportunity("b")], selected=["O-a", "O-b"])
    board.opportunities = [opportunity("a", state="rejected"), opportunity("c")]
    assert board.selected == ["O-a"]
    assert board.opportunity.state == "rejected"
    assert board.selection["state"].tolist() == ["rejected"]
    board.opportunities = ()
    assert (board.selected, board.opportunity) == ([], None)


@pytest.mark.parametrize(
    "given", [[3], "O-1", 3, {"O-1": opportunity("a")}, pd.DataFrame({"id": ["O-1"]})]
)
def test_what_is_no_opportunity_is_refused(given):
    board = OpportunityBoard([opportunity("a")])
    with pytest.raises(WorkbenchError, match="expected opportunities, got"):
        OpportunityBoard(given)
    with pytest.raises(WorkbenchError, match="expected opportunities, got"):
        board.opportunities = given
    assert ids(board) == ["O-a"]


def test_two_of_one_id_and_a_review_that_takes_no_time_are_refused():
    with pytest.raises(WorkbenchError, match="expected ids that differ, got 'O-a' twice"):
        OpportunityBoard([opportunity("a"), opportunity("a")])
    for hours in (0.0, -1.0, math.nan):
        with pytest.raises(WorkbenchError, match="expected hours of review above 0, got"):
            OpportunityBoard([opportunity("a", effort_hours=hours)])


def test_numbers_that_are_not_known_travel_as_none():
    (row,) = OpportunityBoard([opportunity("a", share=math.nan)])._told["rows"]
    assert (row["share"], row["watts"]) == (None, [None, None, None])
    assert row["saving"] == [0.05, 0.025, 0.1]


def test_a_state_is_told_with_what_it_means():
    told = OpportunityBoard([opportunity("a", mitigation="drop_copy")])._told
    assert told["states"]["fix failed"] == "no edit saved what was expected"
    assert [*told["mitigations"]] == ["drop_copy"]


def test_the_command_names_the_opportunity_as_one_word_of_a_shell():
    (row,) = OpportunityBoard([opportunity("a", id="x; rm -rf ~")])._told["rows"]
    assert shlex.split(row["command"])[-2:] == ["--opportunity", "x; rm -rf ~"]
    (plain,) = OpportunityBoard([opportunity("a")])._told["rows"]
    assert plain["command"] == "workbench solve STORE --repo DIR --opportunity O-a"


def test_a_patch_is_made_in_a_thread_and_what_came_of_it_is_kept():
    board = OpportunityBoard(
        [opportunity("a")],
        solve=lambda one: f"branch fix/{one.id} in {threading.current_thread().name}",
    )
    board.make_patch("O-a").wait(WAIT_S)
    told = "branch fix/O-a in Patch of app:a"
    assert board.results == {"O-a": told}
    assert board._solves == {"O-a": {"state": "done", "text": told}}


def test_an_opportunity_that_is_returned_takes_the_place_of_the_one_given():
    board = OpportunityBoard(
        [opportunity("a"), opportunity("b")], selected=["O-b"],
        solve=lambda one: replace(one, state="fix verified"),
    )  # fmt: skip
    board.make_patch().wait(WAIT_S)
    assert board.opportunity.state == "fix verified"
    assert {row["id"]: row["state"] for row in board._told["rows"]} == {
        "O-a": "open",
        "O-b": "fix verified",
    }
    assert board._solves["O-b"] == {"state": "done", "text": ""}


def test_another_opportunity_that_is_returned_takes_no_place():
    board = OpportunityBoard([opportunity("a")], solve=lambda one: opportunity("z"))
    board.make_patch("O-a").wait(WAIT_S)
    assert ids(board) == ["O-a"]
    assert board.results["O-a"].id == "O-z"


def test_what_goes_wrong_is_one_line_of_that_opportunity():
    def solve(one):
        raise PatchError("no edit\n holds")

    board = OpportunityBoard([opportunity("a")], solve=solve)
    with pytest.raises(PatchError):
        board.make_patch("O-a").wait(WAIT_S)
    assert board._solves == {"O-a": {"state": "failed", "text": "no edit holds"}}
    assert board.results == {}


def test_what_nobody_foresaw_is_logged_besides(caplog):
    board = OpportunityBoard([opportunity("a")], solve=lambda one: 1 / 0)
    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
        board.make_patch("O-a").wait(WAIT_S)
    assert board._solves["O-a"]["text"].startswith("ZeroDivisionError")
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_progress_is_shown_cancel_is_heard_and_one_is_made_at_a_time():
    began = threading.Event()

    def solve(one):
        while True:
            board.task.tell("trying an edit", 0.5)
            began.set()
            time.sleep(0.002)

    board = OpportunityBoard([opportunity("a"), opportunity("b")], solve=solve)
    task = board.make_patch("O-a")
    assert began.wait(WAIT_S)
    assert board._solves == {"O-a": {"state": "running", "text": ""}}
    told = ask(board, kind="solve", id="O-b")
    assert told == [
        {"kind": "heard", "problem": "Patch of app:b has to wait: Patch of app:a is being done"}
    ]
    board._handle_custom_msg({"kind": "cancel"}, [])
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)
    assert board._solves == {"O-a": {"state": "cancelled", "text": ""}}
    assert board._task["text"] == "trying an edit"


def test_a_click_begins_a_patch_of_what_it_names_and_of_nothing_else():
    made = []
    board = OpportunityBoard(
        [opportunity("a")], selected=["O-a"], solve=lambda o: made.append(o.id)
    )
    for name in ("O-z", "", None):
        (told,) = ask(board, kind="solve", id=name)
        assert told["problem"].startswith("no opportunity")
    assert ask(board, kind="solve", id="O-a") == [{"kind": "heard", "problem": ""}]
    board.task.wait(WAIT_S)
    assert made == ["O-a"]
    assert ask(board, kind="other") == []


def test_a_patch_cannot_be_made_where_nothing_makes_it_or_nothing_is_chosen():
    board = OpportunityBoard([opportunity("a")], selected=["O-a"])
    assert not board._told["solves"]
    (told,) = ask(board, kind="solve", id="O-a")
    assert told["problem"] == "a patch cannot be made from here: no `solve` was given"
    with pytest.raises(WorkbenchError, match="choose one first"):
        OpportunityBoard([opportunity("a")], solve=print).make_patch()


def test_how_a_patch_went_goes_with_its_opportunity():
    board = OpportunityBoard([opportunity("a"), opportunity("b")], solve=lambda one: "made")
    board.make_patch("O-a").wait(WAIT_S)
    board.make_patch("O-b").wait(WAIT_S)
    board.opportunities = [opportunity("b")]
    assert [*board._solves] == ["O-b"]


def test_a_still_has_the_first_twenty_and_says_how_many_more_there_are():
    some = [opportunity(f"f{i}", 0.1 - i / 1000) for i in range(23)]
    still = OpportunityBoard(some).still()
    assert still["text/plain"] == (
        "23 opportunities, the most promising: Mend f0 (saves 10 % [5 to 20])"
    )
    assert still["text/html"].count("<tr>") == 21
    assert "app:f19" in still["text/html"]
    assert "app:f20" not in still["text/html"]
    assert still["text/html"].endswith("<p>and 3 more</p>")
    assert "more</p>" not in OpportunityBoard(some[:20]).still()["text/html"]


def test_a_still_of_nothing_and_of_what_is_not_known():
    assert OpportunityBoard().still()["text/plain"] == "0 opportunities"
    lost = opportunity("lost", math.nan, watts=Amount(12.0), chance=math.nan)
    shown = OpportunityBoard([lost]).still()["text/html"]
    assert shown.count("<td>–</td>") == 2
    assert "<td>12</td>" in shown


def test_foreign_text_stays_text_and_the_state_can_be_written():
    board = OpportunityBoard(
        [opportunity("a", function=HOSTILE, file=HOSTILE, title=HOSTILE, evidence=(HOSTILE,))]
    )
    assert "<script>alert" not in board.still()["text/html"]
    assert HOSTILE not in board.to_html()
    in_text(board._told)


def test_what_is_misspelt_is_told():
    with pytest.raises(TypeError, match="did you mean 'solve'"):
        OpportunityBoard([], solves=print)
