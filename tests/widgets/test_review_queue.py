import logging
import math
import shlex
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from made_waiting import FAILED, FIX, SINCE, waits, wastes

from workbench.errors import PatchError, ToolError, WorkbenchError
from workbench.types import Diagnosis, Evidence
from workbench.views.columns import in_text
from workbench.widgets import FixCard, ReviewQueue
from workbench.widgets.review_came import came_of
from workbench.widgets.review_rows import MOST_REPLY
from workbench.widgets.task import Cancelled

WAIT_S = 10
HOSTILE = "</script><script>alert(1)</script>"


def ids(queue):
    return [row["id"] for row in queue._told["rows"]]


def ask(queue, **message):
    """Send what a page would; return what it is told."""
    heard = []
    queue.send = lambda content, buffers=None: heard.append(content)
    queue._handle_custom_msg(message, [])
    return heard


def outcome(**told):
    return SimpleNamespace(**{"status": "done", "fix": None, "no_fix": "", "opened": None} | told)


# ---- what is shown ---------------------------------------------------------------------------------


def test_the_longest_waiting_stands_first():
    queue = ReviewQueue([waits("new", 9), waits("old", 1), wastes("mid", 5)])
    assert ids(queue) == ["old", "mid", "new"]
    queue.waiting = [waits("b", 2), waits("a", 1)]
    assert [one.investigation for one in queue.waiting] == ["a", "b"]


def test_a_row_tells_what_a_reviewer_chooses_by():
    (row,) = ReviewQueue([waits("a", watts=120.0)])._told["rows"]
    assert (row["kind"], row["of"], row["state"], row["why"]) == (
        "regression", "restored", "verified", "",
    )  # fmt: skip
    assert row["gain"] == [0.9, 0.85, 0.95]
    assert (row["growth"], row["watts"], row["sure"]) == (2.0, 120.0, 0.9)
    assert row["since"] == 1000 * SINCE.timestamp()
    assert row["evidence"][0]["reply"] == '{"name": "parse", "growth": 0.425}'


def test_of_an_opportunity_it_is_told_what_is_saved_with_usual_and_held_out_inputs():
    (row,) = ReviewQueue([wastes("a")])._told["rows"]
    assert (row["kind"], row["of"], row["gain"]) == ("opportunity", "saved", [0.05, 0.04, 0.06])
    assert [(gain["inputs"], gain["part"][0]) for gain in row["gains"]] == [
        ("usual", 0.05), ("held-out", 0.025),
    ]  # fmt: skip
    assert row["gains"][0]["seconds"] == [None, 2.0, 1.9]
    assert (row["growth"], row["diagnosis"]["change_id"]) == (None, "")
    assert (row["fix"]["of"], row["fix"]["gain"], row["fix"]["held_out"]) == (
        "saved",
        0.05,
        [0.025],
    )


def test_a_fix_that_is_not_verified_says_so_and_why_and_so_does_none():
    failed, none = ReviewQueue(
        [waits("a", fix=FAILED), waits("b", 1, fix=None, no_fix="none was found")]
    )._told["rows"]
    assert (failed["state"], failed["why"]) == ("not verified", "it restores nothing")
    assert (failed["fix"]["verified"], failed["fix"]["reason"]) == (False, "it restores nothing")
    assert (none["state"], none["why"], none["gain"]) == (
        "none", "none was found", [None, None, None],
    )  # fmt: skip


def test_a_new_cost_has_no_growth_and_a_long_reply_is_cut():
    long = waits("a", before=0.0, evidence={"call-1": "x" * (MOST_REPLY + 5)})
    (row,) = ReviewQueue([long])._told["rows"]
    assert row["growth"] is None
    (item,) = row["evidence"]
    assert (len(item["reply"]), item["n_letters"]) == (MOST_REPLY, MOST_REPLY + 5)


def test_the_command_names_the_investigation_as_one_word_of_a_shell():
    queue = ReviewQueue([waits("x; rm -rf ~"), waits("shop-1", 1)])
    hostile, plain = (row["command"] for row in queue._told["rows"])
    assert shlex.split(hostile) == ["workbench", "resume", "x; rm -rf ~", "--approve"]
    assert plain == "workbench resume shop-1 --approve"


@pytest.mark.parametrize("given", [[3], "a", 3, {"a": waits("a")}, pd.DataFrame({"id": ["a"]})])
def test_what_does_not_wait_is_refused(given):
    queue = ReviewQueue([waits("a")])
    with pytest.raises(WorkbenchError, match="expected what waits, got"):
        ReviewQueue(given)
    with pytest.raises(WorkbenchError, match="expected what waits, got"):
        queue.waiting = given
    assert ids(queue) == ["a"]


def test_two_of_one_id_are_refused():
    with pytest.raises(WorkbenchError, match="expected ids that differ, got 'a' twice"):
        ReviewQueue([waits("a"), waits("a", 1)])


# ---- what is chosen --------------------------------------------------------------------------------


def test_the_chosen_one_is_a_row_of_a_table():
    queue = ReviewQueue([waits("a"), wastes("b", 1)])
    assert queue.selection.empty
    queue.selected = "b"
    (row,) = queue.selection.to_dict("records")
    assert (row["kind"], row["gain_of"], row["gain_ratio"], row["is_verified"]) == (
        "opportunity", "saved", 0.05, True,
    )  # fmt: skip
    queue.selected = ""
    assert queue.selection.empty
    assert ReviewQueue([waits("a")], selected="a").selection["cause"].tolist() == ["c0ffee1234"]


def test_an_id_that_does_not_wait_cannot_be_chosen():
    queue = ReviewQueue([waits("a")])
    with pytest.raises(WorkbenchError, match="'z' waits for no review; there are a"):
        queue.selected = "z"
    assert queue.selected == ""


def test_set_anew_the_choice_stays_where_it_is_there():
    queue = ReviewQueue([waits("a"), waits("b", 1)], selected="b")
    queue.waiting = [waits("b", 1, service="mail"), waits("c")]
    assert (queue.selected, queue.selection["service"].tolist()) == ("b", ["mail"])
    queue.waiting = ()
    assert (queue.selected, len(queue.selection)) == ("", 0)


# ---- a person's word -------------------------------------------------------------------------------


def test_an_approval_is_said_in_a_thread_and_takes_the_item_out_of_the_list():
    said = []

    def review(name, word):
        said.append((name, word, threading.current_thread().name))
        return outcome(fix=replace(FIX, branch="fix/parse"))

    queue = ReviewQueue([waits("a"), waits("b", 1)], review=review, selected="a")
    queue.decide("approve", by="Ada").wait(WAIT_S)
    assert said == [("a", {"verdict": "approve", "by": "Ada"}, "Review of a")]
    assert (ids(queue), queue.selected, queue.selection.empty) == (["b"], "", True)
    assert queue.results["a"].fix.branch == "fix/parse"
    assert queue._came == [
        {
            "id": "a",
            "subject": "app:a",
            "text": "Approved by Ada; the fix is on the branch fix/parse",
        }
    ]
    assert queue._reviews == {}


def test_a_rejection_needs_a_reason():
    said = []
    queue = ReviewQueue([waits("a")], review=lambda *word: said.append(word), selected="a")
    for why in ("", "  "):
        with pytest.raises(ToolError, match="why: expected words, got none"):
            queue.decide("reject", why=why)
    (told,) = ask(queue, kind="review", id="a", said={"verdict": "reject", "why": " "})
    assert told["problem"] == "why: expected words, got none"
    assert (said, ids(queue)) == ([], ["a"])
    queue.decide("reject", why=" the traffic grew ").wait(WAIT_S)
    assert said == [("a", {"verdict": "reject", "why": "the traffic grew"})]
    assert queue._came[0]["text"] == "Rejected: the traffic grew"


def test_an_edit_is_one_that_a_review_allows():
    said = []
    queue = ReviewQueue(
        [waits("a"), wastes("b", 1)], review=lambda name, word: said.append(word["changes"])
    )
    for changes, told in (
        ({}, "changes nothing"),
        ({"confidence": 1.0}, "no field 'confidence'"),
        ({"mitigation": "pray"}, "mitigation: expected one of"),
        ({"summary": " "}, "summary: expected words"),
    ):
        with pytest.raises(ToolError, match=told):
            queue.decide("edit", "a", changes=changes)
    with pytest.raises(ToolError, match="nobody is to blame for an opportunity"):
        queue.decide("edit", "b", changes={"change_id": "c0ffee"})
    queue.decide("edit", "b", changes={"mitigation": "do_less"}).wait(WAIT_S)
    queue.decide("edit", "a", changes={"change_id": "beef"}).wait(WAIT_S)
    assert said == [{"mitigation": "do_less"}, {"change_id": "beef"}]


def test_what_goes_wrong_is_one_line_and_the_item_stays():
    def review(name, said):
        raise PatchError("the branch\n is there")

    queue = ReviewQueue([waits("a")], review=review, selected="a")
    with pytest.raises(PatchError):
        queue.decide("approve").wait(WAIT_S)
    assert queue._reviews == {
        "a": {"state": "failed", "verdict": "approve", "text": "the branch is there"}
    }
    assert (ids(queue), queue.selected, queue.results, queue._came) == (["a"], "a", {}, [])


def test_what_nobody_foresaw_is_logged_besides(caplog):
    queue = ReviewQueue([waits("a")], review=lambda name, said: 1 / 0)
    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
        queue.decide("approve", "a").wait(WAIT_S)
    assert queue._reviews["a"]["text"].startswith("ZeroDivisionError")
    assert caplog.records[0].exc_info[0] is ZeroDivisionError


def test_one_is_taken_at_a_time_and_cancel_is_heard():
    began = threading.Event()

    def review(name, said):
        while True:
            queue.task.tell("making the fix", 0.5)
            began.set()
            time.sleep(0.002)

    queue = ReviewQueue([waits("a"), waits("b", 1)], review=review)
    task = queue.decide("approve", "a")
    assert began.wait(WAIT_S)
    assert queue._reviews == {"a": {"state": "running", "verdict": "approve", "text": ""}}
    (told,) = ask(queue, kind="review", id="b", said={"verdict": "approve"})
    assert told["problem"] == "Review of b has to wait: Review of a is being done"
    queue._handle_custom_msg({"kind": "cancel"}, [])
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)
    assert (queue._reviews["a"]["state"], ids(queue)) == ("cancelled", ["a", "b"])


def test_a_click_is_about_what_it_names_and_nothing_else():
    said = []
    queue = ReviewQueue([waits("a")], selected="a", review=lambda name, word: said.append(name))
    for name in ("z", "", None):
        (told,) = ask(queue, kind="review", id=name, said={"verdict": "approve"})
        assert "waits for no review" in told["problem"]
    (told,) = ask(queue, kind="review", id="a", said=None)
    assert told["problem"].startswith("expected a verdict of")
    assert ask(queue, kind="review", id="a", said={"verdict": "approve"}) == [
        {"kind": "heard", "problem": ""}
    ]
    queue.task.wait(WAIT_S)
    assert said == ["a"]
    assert ask(queue, kind="other") == []


def test_nothing_can_be_said_where_nobody_takes_it_or_nothing_is_chosen():
    queue = ReviewQueue([waits("a")], selected="a")
    assert not queue._told["reviews"]
    with pytest.raises(WorkbenchError, match="no `review` was given"):
        queue.decide("approve")
    with pytest.raises(WorkbenchError, match="choose it first"):
        ReviewQueue([waits("a")], review=print).decide("approve")


def test_what_waits_anew_meanwhile_stays_and_the_same_wait_read_again_goes():
    queue = ReviewQueue([waits("a"), waits("b", 1)])
    later = {"a": waits("a", 7), "b": waits("b", 1, service="read again")}

    def review(name, said):
        queue.waiting = [later[name]]

    queue._review = review
    queue.decide("edit", "a", changes={"summary": "Other"}).wait(WAIT_S)
    assert ids(queue) == ["a"]
    queue.waiting = [waits("b", 1)]
    queue.decide("approve", "b").wait(WAIT_S)
    assert ids(queue) == []


def test_what_came_of_one_is_told_until_it_waits_again():
    queue = ReviewQueue([waits("a"), waits("b", 1)], review=lambda name, said: "done")
    queue.decide("approve", "a").wait(WAIT_S)
    queue.decide("approve", "b").wait(WAIT_S)
    assert [told["id"] for told in queue._came] == ["b", "a"]
    queue.waiting = [waits("a", 8)]
    assert [told["id"] for told in queue._came] == ["b"]


UNSURE = replace(FAILED, branch="fix/1")


@pytest.mark.parametrize(
    ("verdict", "result", "words"),
    [
        ("approve", None, "Approved"),
        ("approve", "it is\n merged", "Approved; it is merged"),
        ("approve", outcome(no_fix="none was found"), "Approved; no fix: none was found"),
        ("approve", outcome(fix=FIX), "Approved; the fix is on no branch"),
        ("approve", outcome(fix=FAILED),
         "Approved; the fix is on no branch, as it is not verified: it restores nothing"),
        ("approve", outcome(fix=UNSURE), "Approved; the fix is on the branch fix/1, and not verified"),
        ("approve", outcome(fix=replace(FIX, branch="fix/1"), opened=SimpleNamespace(url="https://h/1")),
         "Approved; the fix is on the branch fix/1, opened at https://h/1"),
        ("approve", outcome(status="stopped"), "Approved; it was stopped on the way, and can be resumed"),
        ("edit", outcome(status="waits for review", fix=FIX),
         "Put right; what was then made waits for a review anew, and is not in this list until it is set"),
        ("reject", outcome(fix=FIX), "Rejected"),
    ],
)  # fmt: skip
def test_what_came_of_it_is_told_in_words(verdict, result, words):
    assert came_of({"verdict": verdict}, result) == words


# ---- without a browser -----------------------------------------------------------------------------


def test_a_still_has_the_first_twenty_and_says_how_many_more_there_are():
    many = [waits(f"f{i}", i, fix=None, no_fix="none was found") for i in range(23)]
    still = ReviewQueue(many).still()
    assert still["text/plain"] == "23 wait for a review, 0 with a fix that is verified"
    assert still["text/html"].count("<tr>") == 21
    assert "app:f20" not in still["text/html"]
    assert still["text/html"].endswith("<p>and 3 more</p>")


def test_a_still_tells_gains_and_what_is_not_verified():
    text = ReviewQueue([waits("a"), wastes("b", 1, watts=12.0), waits("c", 2, fix=FAILED)]).still()
    for cell in (
        "90 % restored [85 to 95]", "5 % saved [4 to 6]", "not verified: it restores nothing",
        "c0ffee12 Parse each", "12 W", "2026-01-05 10:00",
    ):  # fmt: skip
        assert f"<td>{cell}</td>" in text["text/html"]
    assert text["text/plain"] == "3 wait for a review, 2 with a fix that is verified"


def test_a_still_of_nothing_and_of_what_is_not_known():
    assert ReviewQueue().still()["text/plain"] == "Nothing waits for a review."
    nobody = Diagnosis("R", "Nobody", confidence=math.nan)
    shown = ReviewQueue([waits("a", diagnosis=nobody, title="")]).still()["text/html"]
    assert "<td>nobody</td><td>–</td>" in shown


def test_foreign_text_stays_text_and_the_state_can_be_written():
    told = Diagnosis(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, HOSTILE, 0.5,
                     (Evidence(HOSTILE, HOSTILE),))  # fmt: skip
    one = waits("a", service=HOSTILE, subject=HOSTILE, title=HOSTILE, diagnosis=told,
                evidence={HOSTILE: HOSTILE}, fix=replace(FIX, diff=HOSTILE))  # fmt: skip
    queue = ReviewQueue([one])
    assert "<script>alert" not in queue.still()["text/html"]
    assert HOSTILE not in queue.to_html()
    in_text(queue._told)


def test_what_is_misspelt_is_told():
    with pytest.raises(TypeError, match="did you mean 'review'"):
        ReviewQueue([], reviews=print)


def test_a_card_of_a_saving_tells_what_it_saves():
    card = FixCard(wastes("a").fix)
    assert card.still()["text/plain"] == (
        "Hand on the object: verified, 5.0% of what the workload costs saved"
    )
    assert [run["name"] for run in card._told["runs"]] == ["before", "now", "fixed"]
