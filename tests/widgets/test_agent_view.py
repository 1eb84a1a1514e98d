import json
import re
import threading

import pytest

from workbench.errors import ToolError, WorkbenchError
from workbench.types import MITIGATIONS, Diagnosis, Evidence, Step
from workbench.widgets import AgentView
from workbench.widgets.agent_view import WAITS

WAIT_S = 10
STEPS = [
    Step("triage", "Looked at read", '{"subject": "read"}', 0.0, 0.4),
    Step("tool", "rank_changes replied", '{"probability": 0.92}', 0.4, 0.1, "skill-1"),
]
DIAGNOSIS = Diagnosis(
    "R-1", "read <parses> twice", "a1b2c3", ("m:read",), "repeated work", "hoist", 0.92,
    (Evidence("a1b2c3 is the cause with a probability of 92%", "skill-1"),), "skill", ("a1b2c3",),
)  # fmt: skip


def waiting(**options):
    return AgentView(STEPS, DIAGNOSIS, WAITS, ("skill", "other"), **options)


def sent_by(view):
    sent = []
    view.send = lambda content, buffers=None: sent.append(content)
    return sent


def click(view, **message):
    view._handle_custom_msg(message, [])


def test_a_click_on_approve_is_a_decision():
    told = []
    view = waiting(on_review=told.append)
    sent = sent_by(view)
    click(view, kind="review", said={"verdict": "approve", "by": "Ada "})
    assert view.decision == {"verdict": "approve", "by": "Ada"}
    assert told == [view.decision]
    assert sent == [{"kind": "heard", "about": "review", "problem": ""}]


def test_a_decision_can_be_observed_where_nobody_is_called():
    view, seen = waiting(), []
    view.observe(lambda change: seen.append(change["new"]), "decision")
    view.decide("edit", changes={"mitigation": "restore_cache", "functions": ["m:f"]})
    assert seen == [
        {"verdict": "edit", "changes": {"mitigation": "restore_cache", "functions": ["m:f"]}}
    ]
    assert view._told["decision"] == seen[0]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"verdict": "maybe"}, "expected a verdict of approve, edit, reject, got 'maybe'"),
        ({"verdict": "reject", "why": "  "}, "why: expected words"),
        ({"verdict": "edit"}, "edit changes nothing"),
        (
            {"verdict": "approve", "changes": {"category": "x"}},
            "approve comes with changes of category",
        ),
        ({"verdict": "edit", "changes": {"confidence": 1}}, "no field 'confidence'"),
        (
            {"verdict": "edit", "changes": {"mitigation": "pray"}},
            "mitigation: expected one of revert",
        ),
        ({"verdict": "edit", "changes": {"category": " "}}, "category: expected words"),
        (
            {"verdict": "edit", "changes": {"functions": "main"}},
            "functions: expected a list of texts, got 'main'",
        ),
        ({"verdict": "edit", "changes": {"functions": ["a", None]}}, "functions: expected a list"),
        (
            {"verdict": "edit", "changes": {"change_id": {"a": 1}}},
            "change_id: expected a text, got {'a': 1}",
        ),
        ({"verdict": "edit", "changes": {"summary": 5}}, "summary: expected a text, got 5"),
        ({"verdict": "edit", "changes": ["summary"]}, "changes: expected a mapping"),
    ],
)
def test_what_is_no_decision_is_refused_and_said(said, words):
    view = waiting(on_review=lambda said: pytest.fail("it was taken"))
    sent = sent_by(view)
    click(view, kind="review", said=said)
    assert re.search(words, sent[0]["problem"])
    assert view.decision == {}


@pytest.mark.parametrize("mitigation", ["", *MITIGATIONS])
def test_every_mitigation_can_be_chosen(mitigation):
    view = waiting()
    view.decide("edit", changes={"mitigation": mitigation, "category": "other"})
    assert view.decision["changes"]["mitigation"] == mitigation


def test_a_decision_that_is_not_taken_does_not_stand():
    def refuse(said):
        raise ToolError("functions: 'x' is in no profile")

    view = waiting(on_review=refuse)
    sent = sent_by(view)
    click(view, kind="review", said={"verdict": "approve"})
    assert sent[0]["problem"] == "functions: 'x' is in no profile"
    assert view.decision == {}


def test_an_error_that_nobody_foresaw_is_shown_and_logged(caplog):
    view = waiting(on_review=lambda said: said["nothing"])
    sent = sent_by(view)
    click(view, kind="review", said={"verdict": "approve"})
    assert sent[0]["problem"] == "KeyError: 'nothing'"
    assert caplog.records[0].exc_info[0] is KeyError


@pytest.mark.parametrize(
    ("diagnosis", "status"), [(DIAGNOSIS, "done"), (DIAGNOSIS, ""), (None, WAITS)]
)
def test_nothing_is_decided_where_nothing_waits(diagnosis, status):
    view = AgentView(STEPS, diagnosis, status)
    assert not view._told["waits"]
    with pytest.raises(ToolError, match="no diagnosis waits"):
        view.decide("approve")


def test_a_decision_has_to_wait_while_work_is_done():
    view, go_on = waiting(on_rerun=lambda step, skill: None), threading.Event()
    task = view.begin("Handing over", lambda task: go_on.wait(WAIT_S))
    for act in (lambda: view.decide("approve"), lambda: view.rerun(0)):
        with pytest.raises(WorkbenchError, match="Handing over is being done"):
            act()
    go_on.set()
    task.wait(WAIT_S)
    view.busy = "the case is being built"
    with pytest.raises(WorkbenchError, match="the case is being built"):
        view.decide("approve")
    assert view._told["busy"] == "the case is being built"


def test_a_decision_is_forgotten_when_another_diagnosis_waits():
    view = waiting()
    view.decide("approve")
    view.status = "done"
    assert view.decision == {"verdict": "approve"}
    view.status = WAITS
    assert view.decision == {}


def test_a_step_that_is_added_is_sent_alone():
    view = AgentView(STEPS)
    sent, resent = sent_by(view), []
    view.observe(lambda change: resent.append(change), "_steps")
    view.add_step(Step("model", "Called x", "{}", 0.5, 0.1))
    assert [(one["kind"], one["at"], one["step"]["title"]) for one in sent] == [
        ("step", 2, "Called x")
    ]
    assert resent == []
    assert len(view.steps) == 3
    assert [step["title"] for step in view.get_state()["_steps"]][-1] == "Called x"


def test_steps_from_many_threads_are_all_kept_in_one_order():
    view = AgentView()
    sent = sent_by(view)

    def add(name):
        for number in range(50):
            view.add_step(Step("tool", f"{name}-{number}", "", 0.0, 0.0))

    threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one["at"] for one in sent] == [*range(200)]
    assert [one["step"]["title"] for one in sent] == [step.title for step in view.steps]
    assert [step["title"] for step in view._steps] == [step.title for step in view.steps]


def test_other_steps_can_be_shown():
    view = AgentView(STEPS)
    view.selected_step = 1
    view.steps = STEPS[:1]
    assert (view.steps, view.selected_step, len(view._steps)) == ((STEPS[0],), -1, 1)
    view.add_step(STEPS[1])
    assert len(view._steps) == 2


@pytest.mark.parametrize("number", [2, -2])
def test_a_step_that_there_is_not_cannot_be_selected(number):
    view = AgentView(STEPS)
    with pytest.raises(ToolError, match="expected 0 to 1"):
        view.selected_step = number


def test_it_is_run_again_from_a_step_under_a_skill():
    asked = []
    view = waiting(on_rerun=lambda *given: asked.append(given))
    sent = sent_by(view)
    click(view, kind="rerun", step=1, skill="other")
    view.kept = [(7, "model, under skill")]
    view.rerun(7)
    assert asked == [(1, "other"), (7, "")]
    assert sent == [{"kind": "heard", "about": "rerun", "problem": ""}]


@pytest.mark.parametrize(
    ("step", "skill", "words"), [(1, "gone", "no skill 'gone'"), (9, "", "no step 9")]
)
def test_it_is_not_run_again_from_what_there_is_not(step, skill, words):
    view = waiting(on_rerun=lambda step, skill: pytest.fail("it was run"))
    sent = sent_by(view)
    click(view, kind="rerun", step=step, skill=skill)
    assert words in sent[0]["problem"]


def test_it_is_not_run_again_where_nobody_does_that():
    assert not waiting()._told["reruns"]
    with pytest.raises(ToolError, match="no `on_rerun`"):
        waiting().rerun(0)


def test_what_is_set_later_is_shown():
    view = AgentView()
    view.diagnosis, view.status, view.spent = DIAGNOSIS, WAITS, {"model_calls": 3}
    view.on_rerun = lambda step, skill: None
    told = view._told
    assert told["diagnosis"]["evidence"] == [
        {"claim": "a1b2c3 is the cause with a probability of 92%", "call_id": "skill-1"}
    ]
    assert (told["waits"], told["spent"], told["reruns"]) == (True, {"model_calls": 3}, True)


def test_claims_that_were_struck_come_from_the_opinions_where_no_others_are_given():
    struck = {"claim": "c", "call_id": "", "why": "it cites nothing"}
    view = AgentView(opinions=[{"skill": "a", "struck": [struck]}, {"skill": "b"}])
    assert view._told["struck"] == [struck]
    assert AgentView(struck=[struck])._told["struck"] == [struck]


def test_the_graph_is_the_agents_unless_another_is_given():
    graph = AgentView()._graph
    assert graph["nodes"][0] == "triage"
    assert ["tool", "model"] in graph["edges"]
    assert {node for edge in graph["edges"] for node in edge} == {*graph["nodes"]}
    assert AgentView(nodes=["a", "b"], edges=[("a", "b")])._graph["edges"] == [["a", "b"]]


def test_a_saved_notebook_shows_diagnosis_claims_and_steps():
    data, _ = waiting(titles={"a1b2c3": "Read <again>"})._repr_mimebundle_()
    text = data["text/html"]
    assert "read &lt;parses&gt; twice" in text
    assert "Read &lt;again&gt;" in text
    assert "[skill-1]" in text
    assert "rank_changes replied" in text
    assert data["text/plain"] == "Investigation, 2 steps: read <parses> twice"
    assert "No diagnosis yet" in AgentView().still()["text/html"]


def test_one_file_needs_nothing_besides_itself():
    text = AgentView([Step("tool", "</script>", "x", 0.0, 0.1)], DIAGNOSIS, WAITS).to_html()
    assert text.count("</script>") == 2
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", text)
    state = json.loads(text.split('type="application/json">')[1].split("</script>")[0])[0]["state"]
    assert "on_review" not in state
    assert state["_told"]["waits"]
