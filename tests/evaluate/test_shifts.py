"""Cases in which nothing is dearer: what is made of a recorded timeline, and what the agent says."""

import ast
from itertools import islice
from pathlib import Path

import pytest

from workbench.agent import investigate, load_skills, make_model
from workbench.evaluate.attribution import RecordedTimeline
from workbench.evaluate.shifts import KINDS, open_shifts
from workbench.history import run_git
from workbench.signals import function_series

FEED = Path(__file__).parents[2] / "datasets" / "feed"
BY_NAME = {"rename", "move", "wrapper"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Two of each kind."""
    timeline = RecordedTimeline.open(FEED)
    opened = [*islice(open_shifts(timeline, tmp_path_factory.mktemp("shifts"), seed=7), 10)]
    assert [case.kind for case in opened] == [*KINDS, *KINDS]
    assert {*KINDS} == BY_NAME | {"traffic", "page size"}
    return opened


def levels(case, subject):
    values = function_series(case.evidence.recording).row(subject, "cost")
    begins = case.regression.change_index
    return values[:begins].mean(), values[begins:].mean()


def test_cost_by_another_name_is_the_same_cost(cases):
    grown = []
    for case in cases:
        before, after = levels(case, "<service>")
        if case.kind in BY_NAME:
            assert case.regression.before == 0 < case.regression.after
            assert after == pytest.approx(before, rel=0.05)
        else:
            grown.append(after / before)  # of one it may be less than the noise of drawn windows
            assert case.regression.after > 1.1 * case.regression.before > 0
    assert min(grown) > 0.99
    assert sum(grown) / len(grown) > 1.02


def test_the_code_has_the_name_that_the_profile_has(cases):
    for case in cases:
        folder = Path(case.evidence.repository.folder)
        for path in folder.rglob("*.py"):
            ast.parse(path.read_text(encoding="utf-8"))
        run_git(folder, "merge-base", "--is-ancestor", case.evidence.base, case.evidence.head)
        module, _, name = case.regression.subject.partition(":")
        text = (folder / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert f"def {name.rpartition('.')[2]}(" in text


def test_what_is_asked_for_is_told_and_all_else_is_as_it_was(cases):
    for case in cases:
        told = case.evidence.records.measurements
        moment = case.evidence.recording.windows["at"].iloc[case.regression.change_index]
        late = told["at"] >= moment
        mean = [
            rows.groupby(["metric", "subject"])["value"].mean()
            for rows in (told[~late], told[late])
        ]
        ratio = (mean[1] / mean[0]).drop("latency_p99_ms")
        moves = {"traffic": "requests", "page size": "cpu_ms"}.get(case.kind)
        grown = ratio[ratio > 1.15]
        assert [metric for metric, _ in grown.index] == [moves] * bool(moves)
        assert ratio.drop(grown.index).between(0.9, 1.1).all()


def test_hardly_anybody_is_accused_of_what_only_moved(cases):
    skills = {skill.name: skill for skill in load_skills(side="defense")}
    model = make_model("playbook", skills)
    accused = []
    for case in cases:
        diagnosis = investigate(case.evidence, case.regression.id, model, skills).diagnosis
        accused += [case.kind] * (diagnosis.change_id is not None)
        if case.kind in {"rename", "move"}:
            assert diagnosis.change_id is None
            assert (diagnosis.category, diagnosis.mitigation) == ("cost shift", "accept")
            assert diagnosis.summary.startswith("Cost has only moved: ")
    assert len(accused) <= 1, accused
