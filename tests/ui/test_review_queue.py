"""The review queue: as pages at any width, and a person's word in JupyterLab."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from made_waiting import FAILED, FIX, waits, wastes
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.types import Diagnosis, Evidence, Gain, Patch, Verification
from workbench.widgets import ReviewQueue

LONG = "app.a_module_with_a_long_name.another_one:AClassOfThatModule.a_method_with_a_long_name_too"
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
NOW = datetime.now(UTC)


def ago(**time):
    return NOW - timedelta(**time)


GAINS = (
    Gain("usual", (1.0, 1.02), (2.0, 2.1), (1.1, 1.15), 1.0, 2.0, 1.1, 0.9, (0.85, 0.95)),
    Gain(
        "held-out", (2.0,), (4.0,), (2.6,), 2.0, 4.0, 2.6, 0.7, (0.6, 0.8), reason="less than usual"
    ),
)
BOTH = replace(FIX, verification=Verification(FIX.verification.checks, GAINS, True))


def made() -> list:
    return [
        waits("parse", since=ago(days=3, hours=2), watts=1240.0, fix=BOTH),
        wastes("copy", since=ago(hours=5)),
        waits("join", since=ago(hours=2), fix=FAILED, watts=90.0),
        waits("none", since=ago(minutes=12), fix=None, no_fix="it is made after the approval"),
    ]


LONG_TOLD = Diagnosis(
    "R" * 80, f"It reads {LONG} {LONG} again and again " * 3, "c" * 64, (LONG, LONG + "2"),
    "a category with a name that goes on and on", "hoist", 0.99,
    tuple(Evidence(f"`{LONG}` grew by 42 % {'x' * 300}", f"call-{'9' * 60}") for _ in range(2)),
)  # fmt: skip
LONG_FIX = replace(
    FAILED, patch=Patch("hoist", f"Read {LONG} once", {}),
    diff=f"--- a/{'folder/' * 20}a.py\n+++ b/{'folder/' * 20}a.py\n@@ -1 +1 @@\n-{'x' * 300}\n+y\n",
)  # fmt: skip
LONG_ONE = waits(
    "shop-" * 20, since=ago(days=400), subject=LONG * 2, service="service-of-many-words-" * 6,
    title="A title that goes on and on " * 8, diagnosis=LONG_TOLD, fix=LONG_FIX, watts=1.2e6,
    evidence={f"call-{'9' * 60}": "[" + "9" * 9000 + "]"},
)  # fmt: skip
HOSTILE_ONE = waits(
    HOSTILE, subject=HOSTILE, service=HOSTILE, title=HOSTILE, metric=HOSTILE, regression=HOSTILE,
    diagnosis=Diagnosis(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, HOSTILE, 0.5,
                        (Evidence(HOSTILE, HOSTILE),)),
    evidence={HOSTILE: HOSTILE},
    fix=replace(FIX, patch=Patch(HOSTILE, HOSTILE, {}), diff=f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+{HOSTILE}\n"),
)  # fmt: skip
ODD = waits("constructor", diagnosis=Diagnosis("R", "", "toString", mitigation="valueOf"))
VIEWS = {
    "reviews": ReviewQueue(made(), selected="parse"),
    "review of opportunity": ReviewQueue(made(), selected="copy"),
    "no reviews": ReviewQueue(),
    "long reviews": ReviewQueue([LONG_ONE, *made()], selected=LONG_ONE.investigation),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_page_is_accessible_at_any_width(name, scheme, new_page, tmp_path):
    path = tmp_path / "view.html"
    VIEWS[name].to_html(path, title=name)
    for width in (400, 900, 1600):
        page = new_page(width=width, height=1000, color_scheme=scheme)
        page.goto(path.as_uri())
        view = page.locator(".wb")
        expect(view).to_have_attribute("data-theme", scheme)
        for fold in page.locator(".wb-q-reply > summary").all():
            fold.click()
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth"), width
        scroll = view.locator(".wb-scroll").first
        assert scroll.evaluate("place => place.scrollWidth <= place.clientWidth"), width
        check_accessible(page.locator("html"))
        keep_picture(view, f"{name.replace(' ', '_')}_{scheme}_{width}")


def open_queue(queue, new_page, tmp_path, width=1280):
    queue.to_html(tmp_path / "view.html")
    page = new_page(width=width, height=1000)
    page.goto((tmp_path / "view.html").as_uri())
    return page.locator(".wb-queue")


def subjects(view):
    return view.locator("td.wb-q-subject button").all_inner_texts()


def card_of(view):
    return view.get_by_role("region", name="Chosen review")


def test_that_nothing_waits_is_said(new_page, tmp_path):
    view = open_queue(ReviewQueue(), new_page, tmp_path)
    expect(view.locator(".wb-empty")).to_have_text("Nothing waits for a review.")
    expect(view.locator(".wb-bar")).to_be_hidden()
    expect(card_of(view)).to_be_hidden()


def test_rows_tell_kind_cause_gain_and_age(new_page, tmp_path):
    view = open_queue(ReviewQueue(made()), new_page, tmp_path, 1600)
    rows = view.locator("tbody tr")
    for number, words in enumerate((
        ("regression", "shop", "2 times what it was", "c0ffee12 Parse each", "90 %", "90 % restored", "85 to 95 %", "1,240 W", "3 d"),
        ("opportunity", "deep copy only read", "–", "70 %", "5 % saved", "4 to 6 %", "5 h"),
        ("regression", "✗ not verified", "it restores nothing", "90 W", "2 h"),
        ("regression", "no fix", "it is made after the approval"),
    )):  # fmt: skip
        for word in words:
            expect(rows.nth(number)).to_contain_text(word)
    expect(rows.nth(3)).to_contain_text(re.compile(r"\d\d min"))  # since the module was loaded
    expect(view.locator(".wb-status")).to_contain_text(
        "4 wait for a review, 2 with a fix that is verified."
    )


def test_the_card_has_diagnosis_evidence_checks_gains_and_diff(new_page, tmp_path):
    view = open_queue(ReviewQueue(made()), new_page, tmp_path)
    view.locator("td.wb-q-waits").first.click()
    card = card_of(view)
    for words in (
        "It parses in parse", "c0ffee1234 Parse each", "do once what does not depend on the loop",
        "parse grew by 42.5 %", "✓ Verified: 90 % of the loss restored, 95 % interval 85 % to 95 %",
        "70 % with inputs that no search saw", "the workload says the same", "held-out inputs",
        "less than usual", "60 to 80 %", "read(x)", "1,240 W",
    ):  # fmt: skip
        expect(card).to_contain_text(words)
    reply = card.locator(".wb-q-reply")
    expect(reply.locator("pre")).to_have_count(0)
    reply.locator("summary").click()
    expect(reply.locator("pre")).to_contain_text('"growth": 0.425')
    expect(reply.locator("mark").first).to_have_text("parse")


def test_of_an_opportunity_nobody_is_accused_and_it_tells_what_is_saved(new_page, tmp_path):
    view = open_queue(ReviewQueue(made(), selected="copy"), new_page, tmp_path)
    card = card_of(view)
    expect(card).to_contain_text("✓ Verified: 5 % of what the workload costs saved")
    expect(card).to_contain_text("2.5 % with inputs that no search saw")
    expect(card.locator("dt", has_text="Cause")).to_have_count(0)
    expect(card.get_by_role("columnheader", name="Before")).to_have_count(0)


def test_what_is_not_verified_and_what_has_no_fix_is_never_hidden(new_page, tmp_path):
    view = open_queue(ReviewQueue(made(), selected="join"), new_page, tmp_path)
    verdict = card_of(view).locator(".wb-verdict")
    expect(verdict).to_have_text("✗ Not verified")
    expect(view.locator(".wb-q-action")).to_contain_text("✗ Its fix is not verified.")
    expect(card_of(view)).to_contain_text("it restores nothing")
    expect(card_of(view).get_by_role("region", name="Gains")).to_have_count(0)  # none was measured
    view.get_by_role("button", name="app:none").click()
    expect(verdict).to_have_text("No fix: it is made after the approval")


def test_without_a_kernel_the_command_is_there_to_be_copied(new_page, tmp_path):
    view = open_queue(ReviewQueue(made(), review=print, selected="parse"), new_page, tmp_path)
    command = "workbench resume parse --approve"
    expect(view.locator(".wb-r-command code")).to_have_text(command)
    expect(view.get_by_role("button", name="Approve")).to_have_count(0)
    view.get_by_role("button", name="Copy", exact=True).click()
    expect(view.locator(".wb-r-command")).to_contain_text("Copied.")
    assert view.page.evaluate("navigator.clipboard.readText()") == command


def test_in_a_saved_notebook_it_is_shown_too(embed):
    page = embed(ReviewQueue(made(), selected="copy"))
    expect(page.locator("tr.wb-chosen")).to_contain_text("app:copy")
    expect(page.get_by_role("region", name="Chosen review")).to_contain_text("It copies in copy")


def test_headings_sort_words_filter_and_arrows_choose(new_page, tmp_path):
    view = open_queue(ReviewQueue(made()), new_page, tmp_path, 1600)
    assert subjects(view) == ["app:parse", "app:copy", "app:join", "app:none"]
    waits_head = view.get_by_role("columnheader", name="Waits")
    expect(waits_head).to_have_attribute("aria-sort", "descending")
    view.get_by_role("button", name="Watts").click()
    assert subjects(view) == ["app:parse", "app:join", "app:copy", "app:none"]
    view.get_by_role("button", name="app:parse").press("ArrowDown")
    expect(view.get_by_role("button", name="app:join")).to_be_focused()
    expect(card_of(view)).to_contain_text("It parses in join")
    view.page.keyboard.press("End")
    expect(view.locator("tr.wb-chosen")).to_contain_text("app:none")
    expect(view.locator("tr.wb-chosen")).to_have_count(1)
    view.get_by_label("Find").fill("not verified")
    assert subjects(view) == ["app:join"]
    view.get_by_label("Find").fill("nothing like it")
    expect(view.locator(".wb-empty")).to_contain_text("Nothing that waits is like this")


def test_where_it_is_narrow_rows_are_ordered_by_a_list(new_page, tmp_path):
    view = open_queue(ReviewQueue(made()), new_page, tmp_path, 400)
    expect(view.get_by_role("button", name="Kind")).to_have_count(0)
    view.get_by_label("Order").select_option("subject")
    assert subjects(view) == ["app:copy", "app:join", "app:none", "app:parse"]
    expect(view.locator("tbody tr").first).to_contain_text("opportunity")


def test_foreign_text_is_text(new_page, tmp_path):
    view = open_queue(ReviewQueue([HOSTILE_ONE, *made()]), new_page, tmp_path, 1600)
    view.get_by_label("Find").fill("onerror")
    view.locator("td.wb-q-waits").first.click()
    card = card_of(view)
    expect(card.locator(".wb-r-title")).to_have_text(HOSTILE)
    card.locator(".wb-q-reply > summary").click()
    expect(card.locator("pre")).to_have_text(HOSTILE)
    expect(card.locator(".wb-diff")).to_contain_text(HOSTILE)
    assert view.locator("img, script").count() == 0


def test_names_of_what_every_object_has_are_names(new_page, tmp_path):
    view = open_queue(ReviewQueue([ODD], selected=ODD.investigation), new_page, tmp_path)
    expect(card_of(view)).to_contain_text("No summary was written.")
    expect(card_of(view)).not_to_contain_text("native code")


CELLS = (
    """import sys, threading; sys.path[:0] = FOLDERS
from dataclasses import replace
from types import SimpleNamespace
from made_waiting import FAILED, FIX
from test_review_queue import HOSTILE_ONE, made
from workbench.errors import PatchError
go, said = threading.Event(), []
def review(name, word):
    said.append([name, word])
    while name == "parse" and not go.wait(0.01):
        queue.task.tell("committing", 0.25)
    if name == "join":
        raise PatchError("the branch is\\n there already")
    return SimpleNamespace(status="done", fix=replace(FIX, branch=f"fix/{name}"), no_fix="", opened=None)
queue = ReviewQueue(made(), review=review)
queue""",
    "free = ReviewQueue(made())\nfree",
)  # fmt: skip


@pytest.fixture(scope="module")
def notebook(open_notebook, request):
    folders = [str(request.path.parent), str(request.path.parents[1] / "patch")]
    named = "from workbench.widgets import ReviewQueue\n"
    first, *others = (cell.replace("FOLDERS", repr(folders)) for cell in CELLS)
    return open_notebook(named + first, *others)


@pytest.fixture
def lab(notebook):
    """Run the notebook anew."""
    notebook.page.set_viewport_size({"width": 1500, "height": 1000})
    notebook.run()
    views = notebook.page.locator(".wb-queue")
    expect(views).to_have_count(2)
    notebook.until("[len(said), queue.selected, free.selected]", [0, "", ""])
    expect(views.first.locator("tbody tr")).to_have_count(4)
    expect(views.first.locator("tr.wb-chosen")).to_have_count(0)
    return notebook


@pytest.fixture
def queue(lab):
    return lab.page.locator(".wb-queue").first


@pytest.fixture
def free(lab):
    return lab.page.locator(".wb-queue").nth(1)


def name(view, subject):
    return view.get_by_role("button", name=f"app:{subject}", exact=True)


def test_what_is_chosen_reaches_python_and_back(lab, free):
    name(free, "copy").click()
    lab.until("[free.selected, free.selection['gain_of'].tolist()]", ["copy", ["saved"]])
    lab.page.keyboard.press("x")  # would cut the cell
    lab.value("setattr(free, 'selected', 'join')")
    expect(free.locator("tr.wb-chosen")).to_contain_text("app:join")
    free.get_by_label("Find").fill("app")
    lab.value("setattr(free, 'waiting', made()[2:])")
    expect(free.locator("tbody tr")).to_have_count(2)
    expect(free.locator("tr.wb-chosen")).to_contain_text("app:join")
    expect(free.get_by_label("Find")).to_have_value("app")
    lab.value("setattr(free, 'waiting', [])")
    expect(free.locator(".wb-empty")).to_have_text("Nothing waits for a review.")
    expect(card_of(free)).to_be_hidden()


def test_without_review_the_command_is_shown(lab, free):
    name(free, "copy").click()
    expect(free.locator(".wb-r-command")).to_contain_text("workbench resume copy --approve")
    expect(free.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_approval_is_under_way_and_then_told_and_gone(lab, queue):
    name(queue, "parse").click()
    queue.get_by_label("Your name").fill("Ada")
    queue.get_by_role("button", name="Approve", exact=True).click()
    expect(queue.locator(".wb-task")).to_contain_text("25 % · committing")
    expect(queue.locator(".wb-q-action")).to_be_focused()  # else letters would be commands
    expect(queue.locator(".wb-q-action")).to_contain_text("The approval is being taken…")
    expect(queue.get_by_role("button", name="Approve", exact=True)).to_be_disabled()
    expect(queue.locator("tr[data-id='parse']")).to_contain_text("review under way")
    keep_picture(queue, "review_under_way")
    check_accessible(queue)
    name(queue, "copy").click()
    expect(queue.locator(".wb-q-action")).to_contain_text("another review is under way")
    name(queue, "parse").click()
    lab.value("go.set()")
    expect(queue.locator(".wb-q-came")).to_contain_text(
        "app:parse Approved by Ada; the fix is on the branch fix/parse"
    )
    expect(queue.locator("tbody tr")).to_have_count(3)
    expect(card_of(queue)).to_be_hidden()
    expect(queue.locator(".wb-q-came")).to_be_focused()
    lab.until("[said, queue.selected, [*queue.results]]",
              [[["parse", {"verdict": "approve", "by": "Ada"}]], "", ["parse"]])  # fmt: skip
    name(queue, "copy").click()
    expect(queue.get_by_label("Your name")).to_have_value("Ada")
    keep_picture(queue, "review_done")
    check_accessible(queue)


def test_a_rejection_asks_for_a_reason(lab, queue):
    name(queue, "copy").click()
    queue.get_by_role("button", name="Reject…").click()
    queue.get_by_role("button", name="Reject it").click()
    expect(queue.get_by_role("alert")).to_have_text("To reject it, say why.")
    queue.get_by_label("Why it is wrong").fill("   ")
    queue.get_by_role("button", name="Reject it").click()
    expect(queue.get_by_role("alert")).to_have_text("To reject it, say why.")
    check_accessible(queue)
    keep_picture(queue, "review_reject")
    lab.until("said", [])
    queue.get_by_label("Why it is wrong").fill("the copy is needed")
    queue.get_by_role("button", name="Reject it").click()
    expect(queue.locator(".wb-q-came")).to_contain_text("Rejected: the copy is needed")
    lab.until("said", [["copy", {"verdict": "reject", "why": "the copy is needed"}]])


def test_a_diagnosis_is_put_right(lab, queue):
    name(queue, "copy").click()
    queue.get_by_role("button", name="Edit…").click()
    expect(queue.get_by_label("Cause: id of a change")).to_have_count(0)
    name(queue, "none").click()
    queue.get_by_role("button", name="Edit…").click()
    send = queue.get_by_role("button", name="Approve with these changes")
    send.click()
    expect(queue.get_by_role("alert")).to_contain_text("Nothing was changed.")
    queue.get_by_label("Cause: id of a change").fill("beef99")
    queue.get_by_label("Mitigation").select_option("restore_cache")
    keep_picture(queue, "review_edit")
    check_accessible(queue)
    send.click()
    expect(queue.locator(".wb-q-came")).to_contain_text("Put right")
    changes = {"change_id": "beef99", "mitigation": "restore_cache"}
    lab.until("said", [["none", {"verdict": "edit", "changes": changes}]])


def test_what_was_typed_stays_where_others_are_set(lab, queue):
    name(queue, "none").click()
    queue.get_by_role("button", name="Reject…").click()
    queue.get_by_label("Why it is wrong").fill("half a sen")
    lab.value("setattr(queue, 'waiting', queue.waiting[1:])")
    expect(queue.locator("tbody tr")).to_have_count(3)
    expect(queue.get_by_label("Why it is wrong")).to_have_value("half a sen")


def test_an_error_is_one_line_and_the_item_stays(lab, queue):
    name(queue, "join").click()
    queue.get_by_role("button", name="Approve", exact=True).click()
    told = "It was not taken: the branch is there already"
    expect(queue.get_by_role("alert")).to_have_text(told)
    expect(queue.locator("tr[data-id='join']")).to_contain_text("review failed")
    expect(queue.get_by_role("button", name="Approve", exact=True)).to_be_enabled()
    expect(queue.locator("tbody tr")).to_have_count(4)
    expect(queue.locator(".wb-task")).to_be_hidden()
    check_accessible(queue)
    keep_picture(queue, "review_failed")
    name(queue, "copy").click()
    expect(queue.get_by_role("alert")).to_have_count(0)


def test_cancel_ends_it_and_the_item_stays(lab, queue):
    name(queue, "parse").click()
    queue.get_by_role("button", name="Approve", exact=True).click()
    queue.get_by_role("button", name="Cancel").click()
    expect(queue.locator(".wb-q-action")).to_contain_text("Cancelled. It may have been taken")
    lab.until("[queue.task.state, len(queue.waiting), queue.results]", ["cancelled", 4, {}])


def test_what_came_of_foreign_names_is_text(lab, queue):
    lab.value("setattr(queue, 'waiting', [HOSTILE_ONE])")
    queue.locator("td.wb-q-waits").click()
    queue.get_by_role("button", name="Approve", exact=True).click()
    expect(queue.locator(".wb-q-came")).to_contain_text("onerror=alert(1)")
    assert queue.locator("img, script").count() == 0


def test_in_dark_jupyterlab_it_is_dark_and_accessible(lab, queue):
    name(queue, "parse").click()
    lab.theme("Dark")
    expect(queue).to_have_attribute("data-theme", "dark")
    queue.get_by_role("button", name="Edit…").click()
    check_accessible(queue)
    keep_picture(queue, "review_lab_dark")
    lab.theme("Light")
