import pytest
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.types import Diagnosis, Evidence, Step
from workbench.widgets import AgentView

STEPS = [
    Step("triage", "Looked at read", '{"subject": "read"}', 0.0, 0.4),
    Step("model", "Called rank_changes", "{}", 0.4, 0.2),
    Step("tool", "rank_changes replied", '{"function": "m:read", "before": 4.7014}', 0.6, 0.1, "s-1"),
    Step("diagnose", "Reached a diagnosis", "It reads twice", 0.7, 0.1),
]  # fmt: skip
CLAIM = "`m:read` took 4.7 CPU ms"
DIAGNOSIS = Diagnosis(
    "R-1", "It reads twice", "a1b2c3d4e5f6a7", ("m:read",), "repeated work", "hoist", 0.9,
    (Evidence(CLAIM, "s-1"), Evidence("it is slow", "gone-1")), "skill", ("a1b2c3d4e5f6a7",),
)  # fmt: skip
STRUCK = [{"claim": "it took 40 ms", "call_id": "s-1", "why": "the reply has no number 40"}]
CELLS = (
    f"""import threading
from workbench.types import Diagnosis, Evidence, Step
from workbench.widgets import AgentView
STEPS, DIAGNOSIS, asked = {STEPS!r}, {DIAGNOSIS!r}, []
def review(said):
    if said.get("by") == "Nobody":
        raise ValueError("who is that?")
    asked.append(said)
def work(task):
    for number in range(10_000):
        task.tell(f"round {{number}}", number / 10_000)
        threading.Event().wait(0.01)
view = AgentView(STEPS, DIAGNOSIS, "waits for review", ["skill", "other"], on_review=review,
                 on_rerun=lambda step, skill: asked.append([step, skill]))
view""",
    "import ipywidgets\nhidden = AgentView(STEPS)\nout = ipywidgets.Output()\nout",
)


@pytest.fixture(scope="module")
def lab(open_notebook):
    return open_notebook(*CELLS)


@pytest.fixture
def view(lab):
    """Run the notebook anew."""
    lab.page.set_viewport_size({"width": 1400, "height": 1000})
    lab.theme("Light")
    lab.run()
    expect(lab.page.locator(".wb-agent")).to_have_count(1)
    found = lab.page.locator(".wb-agent").first
    lab.until("[asked, view.decision]", [[], {}])
    expect(found.locator(".wb-steps > li")).to_have_count(len(STEPS))
    return found


def button(view, name):
    return view.get_by_role("button", name=name, exact=True)


def test_one_click_approves(lab, view):
    button(view, "Approve").click()
    lab.until("asked", [{"verdict": "approve"}])
    assert lab.value("view.decision") == {"verdict": "approve"}
    expect(view.locator(".wb-status")).to_have_text("Approved.")


def test_a_rejection_needs_a_reason(lab, view):
    view.get_by_label("Your name").fill("Ada")
    button(view, "Reject…").click()
    button(view, "Reject it").click()
    expect(view.get_by_role("alert")).to_have_text("To reject it, say why.")
    view.get_by_label("Why it is wrong").fill("It read once before, too")
    button(view, "Reject it").click()
    lab.until("asked", [{"verdict": "reject", "by": "Ada", "why": "It read once before, too"}])


def test_an_edit_sends_what_was_changed_alone(lab, view):
    button(view, "Edit…").click()
    button(view, "Approve with these changes").click()
    expect(view.get_by_role("alert")).to_contain_text("Nothing was changed")
    view.get_by_label("Mitigation").select_option("revert")
    view.get_by_label("Functions").fill("m:read\nm:parse")
    button(view, "Approve with these changes").click()
    changes = {"mitigation": "revert", "functions": ["m:read", "m:parse"]}
    lab.until("asked", [{"verdict": "edit", "changes": changes}])


def test_a_decision_that_was_not_taken_says_why_and_can_be_made_again(lab, view):
    view.get_by_label("Your name").fill("Nobody")
    button(view, "Approve").click()
    expect(view.get_by_role("alert")).to_have_text("ValueError: who is that?")
    view.get_by_label("Your name").fill("Ada")
    button(view, "Approve").click()
    lab.until("view.decision", {"verdict": "approve", "by": "Ada"})


def test_code_in_a_claim_is_shown_as_code(view):
    claim = view.locator("button.wb-claim").first
    expect(claim).to_have_text("m:read took 4.7 CPU ms s-1")
    expect(claim.locator("code")).to_have_text("m:read")


def test_where_nothing_answers_it_is_said_until_it_does(lab, view):
    lab.page.evaluate(
        """(code) => void jupyterapp.shell.currentWidget.context.sessionContext.session.kernel
             .requestExecute({ code, store_history: false })""",
        "import time; time.sleep(13)",
    )
    button(view, "Approve").click()
    expect(view.locator(".wb-reason").first).to_have_text("Being taken…")
    expect(view.get_by_role("alert")).to_contain_text("Nothing answers.", timeout=12_000)
    expect(button(view, "Approve")).to_be_disabled()  # what was asked still waits
    lab.until("asked", [{"verdict": "approve"}])
    expect(view.locator(".wb-status")).to_have_text("Approved.")


def test_a_claim_leads_to_the_words_that_it_cites_and_back(lab, view):
    claim = view.locator("button.wb-claim").first
    claim.press("Enter")
    step = view.locator(".wb-steps > li").nth(2)
    expect(step.locator("mark")).to_have_text(["m:read", "4.7014"])
    expect(step.locator("button")).to_be_focused()
    expect(step.locator("button")).to_have_attribute("aria-current", "step")
    expect(view.locator("[aria-current]")).to_have_count(1)
    lab.until("view.selected_step", 2)
    keep_picture(view, "agent_cited")
    lab.page.keyboard.press("Escape")
    expect(claim).to_be_focused()


def test_a_claim_of_a_reply_that_is_not_shown_says_so(view):
    view.locator("button.wb-claim").nth(1).click()
    expect(view.locator(".wb-claims")).to_contain_text(
        "No step that is shown has the reply gone-1."
    )


def test_steps_are_added_and_counted_while_they_come(lab, view):
    lab.value(
        "[view.add_step(Step('tool', f'reply {i}', '', 1.0 + i, 0.5, f't-{i}')) for i in range(50)]"
    )
    expect(view.locator(".wb-steps > li")).to_have_count(54)
    expect(view.locator("[data-node='tool']")).to_contain_text("×51")
    lab.value("view.set_trait('selected_step', 53)")
    expect(view.locator(".wb-steps > li.wb-selected")).to_contain_text("reply 49")


def test_a_view_that_is_opened_later_has_the_steps_that_came_before(lab, view):
    lab.value("view.add_step(Step('tool', 'late', '', 1.0, 0.5))")
    expect(view.locator(".wb-steps > li")).to_have_count(5)
    lab.value("out.append_display_data(view)")
    views = lab.page.locator(".wb-agent")
    expect(views).to_have_count(2)
    lab.value("view.add_step(Step('tool', 'later', '', 2.0, 0.5))")
    for n in range(2):
        expect(views.nth(n).locator(".wb-steps > li")).to_have_count(6)


def test_steps_that_came_before_anybody_looked_are_there(lab, view):
    lab.value("hidden.add_step(Step('tool', 'unseen', '', 1.0, 0.5))")
    lab.value("out.append_display_data(hidden)")
    expect(lab.page.locator(".wb-agent")).to_have_count(2)
    expect(lab.page.locator(".wb-agent").nth(1).locator(".wb-steps > li")).to_have_count(5)


def test_what_is_typed_stays_while_other_things_change(lab, view):
    button(view, "Reject…").click()
    view.get_by_label("Why it is wrong").fill("half a thou")
    lab.value("view.set_trait('spent', {'model_calls': 7})")
    expect(view).to_contain_text("7 model calls")
    expect(view.get_by_label("Why it is wrong")).to_have_value("half a thou")


def test_nothing_can_be_decided_while_work_is_done_and_cancel_is_heard(lab, view):
    lab.value("view.begin('Handing over', work).title")
    expect(view.locator("progress")).to_be_visible()
    expect(view.locator(".wb-task-text").first).to_contain_text("round")
    expect(button(view, "Approve")).to_be_disabled()
    expect(view.locator(".wb-review")).to_contain_text("This has to wait: work is being done.")
    button(view, "Cancel").click()
    lab.until("view.task.state", "cancelled")
    expect(view.get_by_text("Handing over was cancelled after")).to_be_visible()
    expect(button(view, "Approve")).to_be_enabled()


def test_it_is_run_again_from_a_step_under_another_skill(lab, view):
    view.get_by_text("Run again from a step").click()
    view.get_by_label("From step").select_option("1")
    view.get_by_label("Skill").select_option("other")
    button(view, "Run again").click()
    lab.until("asked", [[1, "other"]])


def test_keys_open_steps(view):
    first = view.locator(".wb-step-head").first
    first.press("ArrowDown")
    second = view.locator(".wb-step-head").nth(1)
    expect(second).to_be_focused()
    second.press("ArrowRight")
    expect(second).to_have_attribute("aria-expanded", "true")
    second.press("ArrowLeft")
    expect(second).to_have_attribute("aria-expanded", "false")


def test_one_click_approves_in_notebook_7_too(open_notebook):
    notebook = open_notebook(*CELLS, in_lab=False)
    notebook.run()
    view = notebook.page.locator(".wb-agent")
    button(view, "Approve").click()
    notebook.until("view.decision", {"verdict": "approve"})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1600, 400])
def test_everybody_can_use_it(new_page, theme, width):
    view = AgentView(STEPS, DIAGNOSIS, "waits for review", struck=STRUCK, question="Why?",
                     on_rerun=lambda step, skill: None)  # fmt: skip
    page = new_page(width=width, color_scheme=theme)
    page.set_content(view.to_html())
    shown = page.locator(".wb-agent")
    expect(shown).to_have_attribute("data-theme", theme)
    expect(shown.locator("s")).to_have_text("it took 40 ms")
    expect(shown).to_contain_text("Struck: the reply has no number 40")
    shown.locator("button.wb-claim").first.click()
    shown.locator("summary").click()
    check_accessible(shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep_picture(page, f"agent_{theme}_{width}")


def test_a_saved_page_says_why_nothing_can_be_decided(new_page):
    page = new_page()
    page.set_content(AgentView(STEPS, DIAGNOSIS, "waits for review").to_html())
    expect(button(page, "Approve")).to_be_disabled()
    expect(page.locator(".wb-review")).to_contain_text("This is a saved page")


def test_nothing_is_shown_as_nothing(new_page):
    page = new_page()
    page.set_content(AgentView().to_html())
    expect(page.locator(".wb-agent")).to_contain_text("No diagnosis yet.")
    expect(page.locator(".wb-agent")).to_contain_text("No step yet.")
