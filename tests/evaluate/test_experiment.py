import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from langchain_core.messages import AIMessage

from workbench.agent import ScriptedModel, Trajectory
from workbench.errors import (
    CaseError,
    HistoryError,
    ModelError,
    ParseError,
    SkillError,
    WorkbenchError,
)
from workbench.evaluate.answers import Answer
from workbench.evaluate.bank import CaseBank
from workbench.evaluate.code import code_hash
from workbench.evaluate.experiment import Cell, Plan, _in_turn, fetch_variants, run_experiment
from workbench.evaluate.results import CELLS, ResultsFolder, load_results
from workbench.evaluate.variants import SkilledSolver, Variant
from workbench.history import run_git
from workbench.measures import NO_SKILLS, TRIVIAL
from workbench.types import Diagnosis

ROOT = Path(__file__).parents[2]
SKILLS = ROOT / "skills"
CASES = ("feed/A07", "feed/A07-hidden", "feed/H4")
TIMES = ["seconds", "cpu_s", "time_to_diagnosis"]


@pytest.fixture(scope="module")
def bank():
    return CaseBank(ROOT / "datasets")


def plan(*cases, **told):
    return Plan(ROOT / "datasets", cases or CASES, (("ours", SKILLS),), **told)


@pytest.fixture(scope="module")
def whole(bank, tmp_path_factory):
    """Return a folder of results, and these."""
    out = tmp_path_factory.mktemp("experiment")
    return out, run_experiment(bank, plan(), out)


def same(one, other):
    pd.testing.assert_frame_equal(one.drop(columns=TIMES), other.drop(columns=TIMES))


def test_each_case_is_solved_by_each_and_by_two_floors(whole):
    _, results = whole
    assert len(results) == 9
    assert {*results["variant"]} == {"ours", TRIVIAL, NO_SKILLS}
    ours = results[results["variant"] == "ours"].set_index("case")
    assert ours.loc["feed/A07", "said_category"] == "deep copy"
    assert ours["correct"].tolist() == [1, 1, 1]
    assert (
        ours.loc["feed/A07", ["top1", "function", "category", "mitigation", "grounded"]].tolist()
        == [1] * 5
    )
    assert ours.loc["feed/A07", "tool_calls"] > 3
    assert ours.loc["feed/A07-hidden", "said_change_id"] == ""


def test_where_nothing_was_detected_nobody_is_named(whole):
    _, results = whole
    rows = results[results["case"] == "feed/H4"]
    assert rows["said_change_id"].tolist() == ["", "", ""]
    assert rows["correct"].tolist() == [1, 1, 1]


def test_what_is_done_is_not_solved_again(bank, whole):
    out, results = whole
    before = (out / CELLS).read_bytes()
    told = []
    again = run_experiment(bank, plan(), out, progress=lambda *of: told.append(of))
    assert told == [(9, 9)]
    assert (out / CELLS).read_bytes() == before
    pd.testing.assert_frame_equal(again, results)


@pytest.mark.parametrize("kept", [0.0, 0.4, 0.5, 0.9])
def test_what_was_killed_at_any_point_ends_as_if_it_had_not_been(bank, whole, tmp_path, kept):
    out, results = whole
    shutil.copytree(out, tmp_path / "cut")
    data = (out / CELLS).read_bytes()
    (tmp_path / "cut" / CELLS).write_bytes(data[: int(kept * len(data))])
    again = run_experiment(bank, plan(), tmp_path / "cut")
    same(again, results)
    lines = (tmp_path / "cut" / CELLS).read_text(encoding="utf-8").splitlines()
    assert (
        len({json.dumps([json.loads(line)[k] for k in ("case", "variant")]) for line in lines}) == 9
    )
    assert len(lines) == 9


def test_results_are_read_while_they_are_written(whole, tmp_path):
    out, _ = whole
    data = (out / CELLS).read_bytes()
    (tmp_path / CELLS).write_bytes(data[:-20])
    assert len(load_results(tmp_path)) == 8
    assert (tmp_path / CELLS).read_bytes() == data[:-20]  # whose writer goes on in that line


@pytest.mark.slow
def test_processes_side_by_side_find_the_same(bank, whole, tmp_path):
    same(run_experiment(bank, plan(), tmp_path, n_jobs=2), whole[1])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (plan("feed/A07"), "results of other cases"),
        (plan(n_epochs=2), "results of other epochs"),
        (Plan(ROOT / "datasets", CASES, (("theirs", SKILLS),)), "results of other solvers"),
        (plan(prices={"playbook": (1.0, 2.0)}), "results of other prices"),
    ],
    ids=["cases", "epochs", "solvers", "prices"],
)
def test_results_of_something_else_are_left_alone(bank, whole, other, said):
    out, _ = whole
    before = (out / CELLS).read_bytes()
    with pytest.raises(CaseError, match=said):
        run_experiment(bank, other, out)
    assert (out / CELLS).read_bytes() == before


def test_what_is_in_the_way_is_left_alone(bank, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "report.html").write_text("mine", encoding="utf-8")
    with pytest.raises(CaseError, match="demo: has files and no results"):
        run_experiment(bank, plan("feed/H4"), tmp_path / "demo")
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["report.html"]
    with pytest.raises(CaseError, match="expected a folder of results, found a file"):
        run_experiment(bank, plan("feed/H4"), tmp_path / "demo" / "report.html")
    (tmp_path / "demo" / CELLS).write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(ParseError, match="expected answers as workbench evaluate writes them"):
        load_results(tmp_path / "demo")


def test_no_results_are_said_to_be_none(tmp_path):
    with pytest.raises(CaseError, match="expected results .cells.jsonl., found none"):
        load_results(tmp_path)


# ---- variants ------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repo"
    shutil.copytree(SKILLS / "deep-copies", folder / "skills" / "deep-copies")
    run_git(tmp_path, "init", "-q", str(folder))
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        run_git(folder, "config", name, value)
    for text in ("one", "two"):
        (folder / "skills" / "deep-copies" / "note.md").write_text(text, encoding="utf-8")
        run_git(folder, "add", ".")
        run_git(folder, "commit", "-qm", text)
    return folder


def test_a_variant_may_be_skills_as_they_were(repository, tmp_path):
    told = [
        Variant.parse(f"now={repository}/skills"),
        Variant.parse(f"then={repository}/skills@HEAD^"),
    ]
    (_, now), (_, then) = fetch_variants(told, tmp_path / "scratch")
    texts = [
        (place / "deep-copies" / "note.md").read_text(encoding="utf-8") for place in (now, then)
    ]
    assert texts == ["two", "one"]
    assert (then / "deep-copies" / "scripts" / "playbook.py").is_file()


@pytest.mark.parametrize("text", ["ours", "=skills", "a b=skills", "ours="])
def test_what_is_no_variant_is_refused(text):
    with pytest.raises(WorkbenchError, match="variant: expected NAME=FOLDER"):
        Variant.parse(text)


def test_variants_need_names_of_their_own(tmp_path):
    for names in (["a", "a"], [TRIVIAL]):
        with pytest.raises(WorkbenchError, match="expected names that differ, also from no-skills"):
            fetch_variants([Variant(name, SKILLS) for name in names], tmp_path)


def test_a_revision_that_is_not_there_is_refused(repository, tmp_path):
    with pytest.raises(HistoryError, match="nope"):
        fetch_variants([Variant("a", repository / "skills", "nope")], tmp_path)
    run_git(repository, "rm", "-rq", "skills")
    run_git(repository, "commit", "-qm", "none")
    (repository / "skills").mkdir()
    with pytest.raises(SkillError, match="expected skills at HEAD, found none"):
        fetch_variants([Variant("a", repository / "skills", "HEAD")], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_what_is_killed_leaves_no_process_behind(tmp_path):
    words = [sys.executable, "-m", "workbench", "evaluate", "shift/0-0*", "--jobs", "2"]
    asked = subprocess.Popen([*words, "--out", str(tmp_path / "out")], stdout=subprocess.DEVNULL)
    cells = tmp_path / "out" / CELLS
    deadline = time.monotonic() + 90
    while not (cells.is_file() and cells.stat().st_size) and time.monotonic() < deadline:
        assert asked.poll() is None
        time.sleep(0.1)
    workers = children_of(asked.pid)
    assert len(workers) >= 2
    asked.kill()
    asked.wait()
    while (
        left := [pid for pid in workers if Path(f"/proc/{pid}/stat").exists()]
    ) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not left


@pytest.mark.slow
def test_what_is_really_killed_goes_on_and_ends_the_same(bank, tmp_path):
    cases = [case.id for case in bank.select(["fleet/00*"])]
    whole = run_experiment(bank, plan(*cases), tmp_path / "whole", n_jobs=2)
    cells, kept = tmp_path / "killed" / CELLS, []
    for n_wanted in (1, 14):  # in the middle of the first case, and of another
        asked = evaluating(cases, tmp_path / "killed")
        deadline = time.monotonic() + 90
        while len(lines_of(cells)) < n_wanted and time.monotonic() < deadline:
            assert asked.poll() is None
            time.sleep(0.01)
        asked.kill()
        asked.wait()
        kept.append(lines_of(cells))
        assert n_wanted <= len(kept[-1]) < len(whole)
    assert evaluating(cases, tmp_path / "killed").wait() == 0
    ended = lines_of(cells)
    assert all(ended[: len(lines)] == lines for lines in kept)
    assert len(ended) == len(whole)  # none was asked twice
    same(load_results(tmp_path / "killed"), whole)


def evaluating(cases, out):
    """Begin to evaluate in a process of its own."""
    words = [sys.executable, "-m", "workbench", "evaluate", *cases, "--out", str(out),
             "--variant", f"ours={SKILLS}", "--no-track"]  # fmt: skip
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def lines_of(path):
    """Return the whole lines of a file, as far as it is there."""
    data = path.read_bytes() if path.is_file() else b""
    return data[: data.rfind(b"\n") + 1].splitlines()


def test_a_cell_is_kept_before_the_next_is_asked(bank, tmp_path, monkeypatch):
    n_kept = []
    answer = SkilledSolver.answer

    def counting(self, case):
        n_kept.append(len(lines_of(tmp_path / CELLS)))
        return answer(self, case)

    monkeypatch.setattr(SkilledSolver, "answer", counting)
    run_experiment(bank, plan("feed/A07", n_epochs=2), tmp_path)
    assert n_kept == sorted({*n_kept})  # one more each time, wherever the floors come in


def test_of_two_variants_each_is_asked_first_in_half_of_the_cases(bank):
    n_before = 0
    for case in bank.cases:
        cells = [Cell(case.id, name, "playbook", 0) for name in ("one", "two", "three", "four")]
        asked = [cell.variant for cell in _in_turn(cells)]
        assert sorted(asked) == ["four", "one", "three", "two"]
        n_before += asked.index("three") < asked.index("four")
    assert abs(n_before / len(bank.cases) - 0.5) < 0.06  # 3 standard errors
    assert _in_turn(cells) == _in_turn(cells)


BROKEN = """
def relevance(facts):
    return 1.0

def investigate(facts):
    raise ValueError("bug")
    yield
"""


@pytest.fixture
def broken(tmp_path):
    """Return skills of which no playbook runs."""
    for source in SKILLS.glob("*/SKILL.md"):
        place = tmp_path / "broken" / source.parent.name
        shutil.copytree(source.parent, place)
        (place / "scripts" / "playbook.py").write_text(BROKEN, encoding="utf-8")
    return tmp_path / "broken"


def test_a_variant_whose_playbooks_fail_is_told_and_keeps_nobody_else_from_answering(
    bank, broken, tmp_path
):
    asked = Plan(ROOT / "datasets", ("feed/A07",), (("broken", broken), ("ours", SKILLS)))
    results = run_experiment(bank, asked, tmp_path / "out").set_index("variant")
    assert "bug" in results.loc["broken", "said_failure"]
    assert results.loc["ours", "correct"] == 1


@pytest.mark.slow
def test_where_a_case_breaks_what_others_answered_is_kept_and_nothing_hangs(bank, tmp_path):
    """A folder of a case that is gone breaks what opens it, and no error of ours."""
    (tmp_path / "datasets").mkdir()
    shutil.copytree(ROOT / "datasets" / "feed", tmp_path / "datasets" / "feed")
    code = f"""
from pathlib import Path
from workbench.evaluate import Plan, run_experiment
from workbench.evaluate.bank import CaseBank
from workbench.evaluate.bank.fleet import FleetCases

if __name__ in ("__main__", "__mp_main__"):
    known = FleetCases.open
    def opened(self, case):
        if case.id == "fleet/001":
            raise OSError("no space left")
        return known(self, case)
    FleetCases.open = opened
if __name__ == "__main__":
    cases = tuple(f"fleet/00{{n}}" for n in range(6))
    plan = Plan(None, cases, (("ours", Path({str(SKILLS)!r})),), n_epochs=4)
    run_experiment(CaseBank(), plan, Path({str(tmp_path / "out")!r}), n_jobs=2)
"""
    script = tmp_path / "evaluate.py"
    script.write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("OSError: no space left")
    cells = [*ResultsFolder(tmp_path / "out").cells()]
    assert cells
    assert len(cells) % 6 == 0  # every case that was begun is whole


@pytest.mark.slow
@pytest.mark.alone
def test_who_is_asked_first_does_not_pay_for_what_all_read(bank, tmp_path):
    cases = tuple(case.id for case in bank.select(["fleet/0[0-2]*"]))
    run_experiment(
        bank, Plan(ROOT / "datasets", cases, (("one", SKILLS), ("other", SKILLS))), tmp_path
    )
    seconds = {case: [] for case in cases}
    for row in ResultsFolder(tmp_path).cells():  # in the order in which they were asked
        if row["model"] == "playbook" and row["answer"]["spent"]:
            seconds[row["case"]].append(row["answer"]["spent"]["seconds"])
    ratios = [first / second for first, second in filter(None, seconds.values())]
    assert len(ratios) > 20
    assert 0.8 < statistics.median(ratios) < 1.25


def test_other_code_is_another_experiment(bank, whole, monkeypatch):
    told = ResultsFolder(whole[0]).about()
    assert (told["code"], told["prices"]) == (code_hash(), {})
    monkeypatch.setattr("workbench.evaluate.experiment.code_hash", lambda: "0" * 16)
    with pytest.raises(CaseError, match="results of other code"):
        run_experiment(bank, plan(), whole[0])


def test_the_hash_of_code_is_of_what_answers_and_not_of_what_shows(tmp_path, monkeypatch):
    package = tmp_path / "workbench"
    shutil.copytree(ROOT / "workbench", package, ignore=shutil.ignore_patterns("__pycache__"))

    def hashed():
        monkeypatch.setattr("workbench.evaluate.code._PACKAGE", package)
        code_hash.cache_clear()
        return code_hash()

    before = hashed()
    for name in ("report/style.py", "cli/solve.py", "studio.py", "evaluate/tracking/send.py",
                 "evaluate/compare.py", "detect/kernel.nbi", "detect/built.so"):  # fmt: skip
        (package / name).write_text("other\n", encoding="utf-8")
    assert hashed() == before
    (package / "agent" / "budget.py").write_text("other\n", encoding="utf-8")
    assert hashed() != before
    code_hash.cache_clear()


def test_what_failed_took_its_time_and_its_tokens(bank):
    (case,) = bank.select(["feed/A07"])
    opened = bank.open(case)
    solver = SkilledSolver("x", SKILLS, "playbook", price=(1e6, 1e6))
    call = {"name": "rank_changes", "args": {"regression_id": opened.regression.id}, "id": "1"}
    usage = {"input_tokens": 70, "output_tokens": 5, "total_tokens": 75}
    reply = AIMessage("", tool_calls=[call], usage_metadata=usage)
    solver._model = SoonOverQuota(replies=[reply])
    answer = solver.answer(opened)
    assert answer.failure == "429: over quota"
    assert answer.spent["seconds"] > 0
    assert answer.spent["steps"] == len(answer.steps) > 0
    assert answer.spent["tool_calls"] >= 1
    assert answer.spent["dollars"] == answer.spent["tokens"] == 150


class SoonOverQuota(ScriptedModel):
    """Chooses skills, calls once, and fails from then on."""

    def _reply(self, messages):
        if self.n_said == 2:
            raise ModelError("429: over quota")
        return super()._reply(messages)


def children_of(pid):
    """Return the processes that one has begun."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = place.read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(place.parent.name))
    return found


def test_nobody_else_writes_to_a_folder_meanwhile(bank, whole, tmp_path):
    shutil.copytree(whole[0], tmp_path / "busy")
    with (
        ResultsFolder(tmp_path / "busy").written(),
        pytest.raises(CaseError, match="busy: another evaluation writes to it"),
    ):
        run_experiment(bank, plan(), tmp_path / "busy")
    run_experiment(bank, plan(), tmp_path / "busy")


def test_a_case_that_cannot_be_opened_is_told_when_all_others_are_solved(
    bank, tmp_path, monkeypatch
):
    open_case = CaseBank.open

    def fail_for_one(self, case):
        if case.id == "feed/A07":
            raise CaseError("no network")
        return open_case(self, case)

    monkeypatch.setattr(CaseBank, "open", fail_for_one)
    said = "1 of 2 cases cannot be opened, such as feed/A07: no network; what was solved is kept in"
    with pytest.raises(CaseError, match=said):
        run_experiment(bank, plan("feed/A07", "feed/H4"), tmp_path)
    assert {*load_results(tmp_path)["case"]} == {"feed/H4"}
    monkeypatch.undo()
    assert len(run_experiment(bank, plan("feed/A07", "feed/H4"), tmp_path)) == 6


def test_skills_are_kept_as_they_were(whole):
    folder = ResultsFolder(whole[0])
    kept = folder.skills("ours") / "deep-copies" / "SKILL.md"
    assert kept.read_bytes() == (SKILLS / "deep-copies" / "SKILL.md").read_bytes()
    assert folder.skills(NO_SKILLS) is None
    told = folder.about()
    assert len(told["id"]) == 32
    assert pd.Timestamp(told["began"]).tzinfo


def test_steps_are_kept_with_what_they_told(whole):
    (row,) = (
        row for row in ResultsFolder(whole[0]).cells()
        if (row["case"], row["variant"]) == ("feed/A07", "ours")
    )  # fmt: skip
    steps = row["answer"]["steps"]
    assert steps[0]["title"].startswith("Looked at ")
    assert any(step["call_id"] and "suspects" in step["detail"] for step in steps)
    assert max(len(step["detail"]) for step in steps) == 600
    assert "deep copy" in row["answer"]["consulted"]


def test_tokens_have_a_price(bank):
    opened = bank.open(*bank.select(["feed/A07"]))
    answer = SkilledSolver("x", SKILLS, "playbook", price=(3.0, 15.0)).answer(opened)
    assert answer.spent["dollars"] == 0  # the playbook reads none
    assert "dollars" not in SkilledSolver("x", SKILLS, "playbook").answer(opened).spent
    found = Trajectory(
        Diagnosis("R-1", "s", None), (), (), {"tokens_in": 2_000_000, "tokens_out": 100_000}
    )
    assert Answer.of(found, {}, {}, (3.0, 15.0)).spent["dollars"] == pytest.approx(7.5)


def test_a_folder_without_skills_is_no_variant(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SkillError, match="empty: expected skills"):
        SkilledSolver("x", tmp_path / "empty", "playbook")


def test_nobody_is_asked_more_often_than_there_are_cells(bank, tmp_path, monkeypatch):
    asked = []
    answer = SkilledSolver.answer
    monkeypatch.setattr(
        SkilledSolver, "answer", lambda self, case: asked.append(1) or answer(self, case)
    )
    run_experiment(bank, plan("feed/A07", n_epochs=2), tmp_path)
    assert len(asked) == 2


def test_a_folder_may_have_the_sign_of_a_revision_in_its_name(tmp_path):
    (tmp_path / "me@home" / "skills").mkdir(parents=True)
    place = f"{tmp_path}/me@home/skills"
    assert Variant.parse(f"a={place}") == Variant("a", Path(place))
    assert Variant.parse(f"a={place}@main") == Variant("a", Path(place), "main")


def test_what_failed_is_asked_again(bank, whole, tmp_path):
    shutil.copytree(whole[0], tmp_path / "some")
    folder = ResultsFolder(tmp_path / "some")
    rows = [dict(row) for row in folder.cells()]
    broken = next(r for r in rows if (r["case"], r["variant"]) == ("feed/A07", "ours"))
    broken["answer"] = {**broken["answer"], "failure": "429: over quota", "change_id": ""}
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder.folder / CELLS).write_text(lines, encoding="utf-8")
    told = []
    again = run_experiment(
        bank, plan(), folder.folder, progress=lambda *counts: told.append(counts)
    )
    assert told == [(8, 9), (9, 9)]
    same(again, whole[1])
