import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite import SqliteSaver

from workbench.agent import Run, SavedInvestigations, build_graph, make_model
from workbench.errors import ToolError


@pytest.fixture
def keep(tmp_path, shop, skills):
    """Open the run of an id, in a file of its own, as a new process would."""
    files = []

    def open_run(name="one", skills=skills, model=None, **options):
        file = SavedInvestigations(tmp_path / "kept" / "investigations.db")
        files.append(file)
        graph = build_graph(
            model or make_model("playbook", skills),
            shop,
            skills,
            checkpointer=file.saver,
            **options,
        )
        return Run(graph, shop, skills, name), file

    yield open_run
    for file in files:
        file.__exit__(None, None, None)


def begin(run, shop, **options):
    run.begin({"case": "shop"}, shop.detection.found[0].id, **options)


def test_what_is_kept_can_be_read_in_another_process(keep, shop, run):
    begun, _ = keep()
    begin(begun, shop)
    again, file = keep()
    assert again.status == "done"
    assert again.trajectory().diagnosis == begun.trajectory().diagnosis == run(shop).diagnosis
    (kept,) = file.all()
    assert (kept.id, kept.status, kept.job) == ("one", "done", {"case": "shop"})
    assert file.steps("one") == again.steps()
    assert again.steps()[0] == (0, "__start__")
    assert again.steps()[-1][1] == "end"
    told = [then for _, then in again.steps()]
    assert "tool rank_changes" in told
    assert f"model, under {again.trajectory().diagnosis.skill}" in told


def test_it_stops_at_any_step_and_goes_on_to_the_same_answer(keep, shop, skills, run, monkeypatch):
    """Stopped before every node in turn; each goes on with a new graph and a new model."""
    wanted = run(shop).diagnosis
    begun, file = keep("whole")
    begin(begun, shop)
    n_steps = len(begun.steps())
    calls = count_calls(monkeypatch)
    for stop in range(1, n_steps - 2):
        name = f"stopped-{stop}"
        part, _ = keep(name)
        stream = part.graph.stream(
            {"job": {}, "regression_id": shop.detection.found[0].id, "question": ""},
            {"configurable": {"thread_id": name, "checkpoint_ns": ""}},
            stream_mode="updates", durability="sync",
        )  # fmt: skip
        for _ in islice(stream, stop):
            pass
        stream.close()
        later, later_file = keep(name)
        assert {one.id: one.status for one in later_file.all()}[name] == "stopped"
        with pytest.raises(ToolError, match="no diagnosis yet"):
            later.trajectory()
        later.go_on()
        assert later.trajectory().diagnosis == wanted
        assert len(calls) == len({*calls})
        calls.clear()


def count_calls(monkeypatch):
    """Every tool call that is made from now on, as text."""
    from workbench.agent import tools

    seen = []

    def call(name, investigation, arguments):
        seen.append(f"{name} {sorted(arguments.items())}")
        return tools.call_tool(name, investigation, arguments)

    for name in ("nodes.consult", "sides.side"):
        monkeypatch.setattr(f"workbench.agent.{name}.call_tool", call)
    return seen


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from conftest import look_into, shop_recording
from workbench.agent import Run, SavedInvestigations, build_graph, load_skills, make_model
from workbench.agent import tools
from workbench.history import Repository

n, place, log = int(sys.argv[1]), Path(sys.argv[2]), open(sys.argv[3], "a")
skills = {{skill.name: skill for skill in load_skills(side="defense")}}
shop = look_into(shop_recording(), Repository(Path(sys.argv[4])), "main~12")

def call(name, investigation, arguments):
    reply = tools.call_tool(name, investigation, arguments)
    log.write(f"{{name}} {{sorted(arguments.items())}}\\n")
    log.flush()
    return reply

for name in ("nodes.consult", "sides.side"):
    sys.modules[f"workbench.agent.{{name}}"].call_tool = call
seen = 0

def step(told):
    global seen
    seen += 1
    if seen == n:
        os.kill(os.getpid(), 9)

with SavedInvestigations(place) as file:
    graph = build_graph(make_model("playbook", skills), shop, skills, checkpointer=file.saver)
    run = Run(graph, shop, skills, "one")
    if run.state.values:
        run.go_on(step)
    else:
        run.begin({{}}, shop.detection.found[0].id, on_step=step)
    print(run.trajectory().diagnosis)
"""


@pytest.mark.slow
def test_killed_at_every_step_in_turn_it_goes_on_to_the_same_answer(shop, run, tmp_path):
    """One process a step: each is killed outright as its first step ends, until one comes through."""
    code = KILLED.format(tests=str(Path(__file__).parent))
    wanted = str(run(shop).diagnosis)
    place, log = tmp_path / "kept.db", tmp_path / "calls.txt"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    n_killed = 0
    while True:
        done = subprocess.run(
            [sys.executable, "-c", code, "1", place, log, shop.repository.folder],
            capture_output=True, text=True, check=False, env=environment,
        )  # fmt: skip
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        n_killed += 1
        assert n_killed < 60
    assert done.stdout.strip() == wanted
    assert n_killed > 10
    calls = log.read_text().splitlines()
    assert len(calls) == len({*calls})


def test_a_review_is_waited_for_and_then_acted_on(keep, shop, culprit):
    made = []

    def make_fix(diagnosis, edits):
        made.append(dict(diagnosis))
        return {"branch": "fix/x"}

    begun, file = keep(review=True, make_fix=make_fix)
    begin(begun, shop)
    assert (begun.status, made) == ("waits for review", [])
    assert [one.status for one in file.all()] == ["waits for review"]
    begun.go_on()
    assert begun.status == "waits for review"
    later, _ = keep(review=True, make_fix=make_fix)
    later.review({"verdict": "approve", "by": "Ada"})
    assert later.status == "done"
    assert [told["change_id"] for told in made] == [culprit(shop)]
    assert later.state.values["review"] == {"verdict": "approve", "by": "Ada"}
    assert later.state.values["handed_over"] == {"branch": "fix/x"}
    titles = [step.title for step in later.trajectory().steps]
    assert titles[-2:] == ["Reviewed: approve by Ada", "Handed over"]


def test_a_fix_that_is_made_first_is_shown_and_only_the_approved_one_handed_over(
    keep, shop, culprit
):
    log = []

    def make_fix(diagnosis, edits):
        log.append(f"made for {diagnosis['change_id'][:7]}")
        return {"fix": diagnosis["mitigation"]}

    def hand_over(diagnosis, made):
        log.append("handed over")
        return {**made, "branch": "fix/x"}

    options = {"review": True, "make_fix": make_fix, "hand_over": hand_over}
    begun, file = keep(**options)
    begin(begun, shop)
    first = f"made for {culprit(shop)[:7]}"
    assert (begun.status, log) == ("waits for review", [first])
    shown = begun.state.interrupts[0].value
    assert shown["made"] == file.find("one").values["made"]
    other = shop.commits[0].id
    begun.review({"verdict": "edit", "changes": {"change_id": other, "mitigation": "hoist"}})
    assert (begun.status, log) == ("waits for review", [first, f"made for {other[:7]}"])
    later, _ = keep(**options)
    later.review({"verdict": "approve"})
    assert log[2:] == ["handed over"]
    assert later.state.values["handed_over"] == {"fix": "hoist", "branch": "fix/x"}
    again, _ = keep("two", **options)
    begin(again, shop)
    again.review({"verdict": "reject", "why": "no"})
    assert (again.status, log.count("handed over")) == ("done", 1)


@pytest.mark.parametrize("place", [1, 2, 4])
def test_killed_between_what_a_step_gave_and_where_that_leads_it_goes_on(
    keep, shop, run, monkeypatch, place
):
    class Killed(Exception):
        pass

    put, n_left = SqliteSaver.put, [place]

    def put_or_die(self, *args):
        n_left[0] -= 1
        if n_left[0] == 0:
            raise Killed
        return put(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(SqliteSaver, "put", put_or_die)
        begun, file = keep()
        with pytest.raises(Killed):
            begin(begun, shop)
    assert ("one" in file) == (place > 1)
    again, _ = keep()
    assert again.status == "stopped"
    if place == 1:
        begin(again, shop)
    again.go_on()
    assert (again.status, again.trajectory().diagnosis) == ("done", run(shop).diagnosis)


def test_what_is_rejected_is_not_acted_on(keep, shop):
    made = []
    begun, _ = keep(review=True, make_fix=lambda diagnosis, edits: made.append(1) or {})
    begin(begun, shop)
    begun.review({"verdict": "reject", "why": "it was the traffic"})
    assert (begun.status, made) == ("done", [])
    assert begun.state.values["review"]["why"] == "it was the traffic"


def test_a_reviewer_may_put_the_diagnosis_right(keep, shop):
    made = []
    begun, _ = keep(
        review=True, make_fix=lambda diagnosis, edits: made.append(dict(diagnosis)) or {}
    )
    begin(begun, shop)
    other = shop.commits[0].id
    begun.review({"verdict": "edit", "changes": {"change_id": other[:12], "mitigation": "hoist"}})
    assert [(told["change_id"], told["mitigation"]) for told in made] == [(other, "hoist")]
    assert begun.trajectory().diagnosis.change_id == other


WRONG = {
    "no verdict": ({}, "expected a verdict of approve, edit, reject"),
    "another verdict": ({"verdict": "maybe"}, "got 'maybe'"),
    "an edit of nothing": ({"verdict": "edit"}, "edit takes one or more of change_id"),
    "an edit of what is none": ({"verdict": "edit", "changes": {"evidence": []}}, "no field 'evidence'"),
    "an unknown change": (
        {"verdict": "edit", "changes": {"change_id": "0" * 40}}, "list_changes has the ids"),
    "a rejection without a reason": ({"verdict": "reject", "why": " "}, "why: expected words"),
    "a summary of nothing": ({"verdict": "edit", "changes": {"summary": ""}}, "summary: expected words"),
    "a function that never ran": (
        {"verdict": "edit", "changes": {"functions": ["no.such:f"]}}, "'no.such:f' is in no profile"),
    "another mitigation": (
        {"verdict": "edit", "changes": {"mitigation": "pray"}}, "one of revert, .*, got 'pray'"),
    "an approval with changes": (
        {"verdict": "approve", "changes": {"category": "x"}}, "approve with changes"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "complaint"), WRONG.values(), ids=WRONG)
def test_a_wrong_review_is_one_line_and_it_waits_on(keep, shop, said, complaint):
    begun, _ = keep(review=True)
    begin(begun, shop)
    with pytest.raises(ToolError, match=complaint):
        begun.review(said)
    assert begun.status == "waits for review"
    begun.review({"verdict": "approve"})
    with pytest.raises(ToolError, match="does not wait for a review: it is done"):
        begun.review({"verdict": "approve"})


def test_an_abstention_needs_no_review(keep, shop, culprit, skills, tmp_path):
    alone = shop.without([culprit(shop)])
    with SavedInvestigations(tmp_path / "own.db") as file:
        graph = build_graph(
            make_model("playbook", skills), alone, skills, checkpointer=file.saver, review=True
        )
        run = Run(graph, alone, skills, "one")
        begin(run, alone)
        assert run.status == "done"
        assert run.trajectory().diagnosis.change_id is None


def test_it_runs_again_from_a_step_under_another_skill(keep, shop, monkeypatch):
    begun, file = keep()
    begin(begun, shop)
    first = begun.trajectory().diagnosis
    assert first.skill != "lost-cache"
    chosen = next(number for number, then in begun.steps() if then == "begin_opinion")
    calls = count_calls(monkeypatch)
    begun.rerun(chosen, "lost-cache")
    again = begun.trajectory()
    assert again.diagnosis.skill == "lost-cache"
    assert again.diagnosis.change_id == first.change_id
    assert [s.title for s in again.steps].count("Began with the skill lost-cache") == 1
    assert calls == []  # all that it asks was answered when the first skill asked it, or before
    later, _ = keep()
    assert later.trajectory().diagnosis == again.diagnosis
    assert file.steps("one") == later.steps()


def test_it_runs_again_from_any_step_under_the_same_skill(keep, shop):
    begun, _ = keep()
    begin(begun, shop)
    first = begun.trajectory()
    told = [(step.node, step.title) for step in first.steps]
    for number, _ in begun.steps()[3:-1]:
        begun.rerun(number)
        again = begun.trajectory()
        assert again.diagnosis == first.diagnosis
        assert [(step.node, step.title) for step in again.steps] == told


@pytest.mark.parametrize("number", [-1, 0, 1, 99])
def test_a_step_that_is_not_there_is_one_line(keep, shop, number):
    begun, _ = keep()
    begin(begun, shop)
    with pytest.raises(ToolError, match="step"):
        begun.rerun(number, "lost-cache")
    assert begun.status == "done"


def test_a_skill_that_is_not_there_is_one_line(keep, shop):
    begun, _ = keep()
    begin(begun, shop)
    with pytest.raises(ToolError, match="no skill 'nonsense'; there are allocation-and-gc"):
        begun.rerun(5, "nonsense")
    assert begun.status == "done"


def test_an_investigation_that_is_not_there_names_those_that_are(keep, shop):
    begun, file = keep("one")
    with pytest.raises(ToolError, match="no investigation 'two' in .*; there are none"):
        file.find("two")
    begin(begun, shop)
    with pytest.raises(ToolError, match="no investigation 'two' in .*; there are one"):
        file.find("two")


def test_a_file_of_another_kind_is_one_line(tmp_path):
    place = tmp_path / "text.db"
    place.write_text("this is no database, but it is long enough to be looked at" * 9)
    with pytest.raises(ToolError, match="expected a file of investigations"):
        SavedInvestigations(place)


def test_a_model_that_fails_leaves_what_was_done(keep, shop, skills, run):
    from workbench.agent import PlaybookChatModel
    from workbench.errors import ModelError

    class Tired(PlaybookChatModel):
        left: int

        def _reply(self, messages):
            self.left -= 1
            if self.left < 0:
                raise ConnectionError("over quota")
            return super()._reply(messages)

    begun, _ = keep(model=Tired(skills=skills, left=3))
    with pytest.raises(ModelError, match="over quota"):
        begin(begun, shop)
    assert begun.status == "stopped"
    later, _ = keep()
    later.go_on()
    assert later.trajectory().diagnosis == run(shop).diagnosis


def test_names_that_are_not_utf8_do_not_stop_it(skills, hostile, tmp_path):
    hostile = replace(hostile)
    with SavedInvestigations(tmp_path / "own.db") as file:
        graph = build_graph(
            make_model("playbook", skills), hostile, skills, checkpointer=file.saver
        )
        run = Run(graph, hostile, skills, "one")
        run.begin({}, hostile.detection.found[0].id)
        assert run.trajectory().diagnosis.summary
