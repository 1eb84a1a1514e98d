import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.agent.traffic import read_traffic
from workbench.attribute.candidates import arm_costs
from workbench.evaluate.bank import CaseBank
from workbench.evaluate.bank.fleet import FleetCases
from workbench.evaluate.fleet import measure_strata, open_service, read_strata
from workbench.evaluate.fleet.records import entry_costs
from workbench.evaluate.fleet.strata import FIRST_SEED, write_strata
from workbench.history import MODULE, function_spans, run_git
from workbench.simulate.commits import drawn_of, settings_of

DATASETS = Path(__file__).parents[2] / "datasets"
N_OPENED = 24


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    told = read_strata()[:N_OPENED]
    return [
        (one, open_service(one.seed, f"fleet:{n}", folder / str(n))) for n, one in enumerate(told)
    ]


@pytest.fixture(scope="module")
def family():
    return FleetCases()


def first(family, *, culprit="", kind=""):
    return next(
        case for case in family.cases()
        if culprit in ("", case.strata["culprit"]) and kind in ("", case.strata["kind"])
    )  # fmt: skip


def test_there_are_two_hundred_each_of_a_service_of_its_own(family):
    cases = family.cases()
    assert [case.id for case in cases] == [f"fleet/{number:03}" for number in range(200)]
    assert (
        len({case.service for case in cases}) == len({case.content_hash for case in cases}) == 200
    )
    assert [case.split for case in cases] == ["train", "test"] * 100
    known = sum(case.has_culprit for case in cases)
    assert 80 < known < 140
    assert {case.strata["category"] for case in cases} == {
        "own", "calls", "new call", "indirect", "traffic", "data",
    }  # fmt: skip
    assert {case.strata["kind"] for case in cases} == {
        "commit", "flag", "config", "experiment", "dependency", "none",
    }  # fmt: skip


def test_cases_are_listed_without_drawing_any(monkeypatch):
    monkeypatch.setattr("workbench.evaluate.fleet.service.simulate_cause", None)
    monkeypatch.setattr("workbench.evaluate.fleet.strata.simulate_cause", None)
    began = time.process_time()
    assert len(FleetCases().cases()) == 200
    assert time.process_time() - began < 0.5


def test_none_is_a_twin_of_another(family):
    assert not any(case.id.endswith("-hidden") for case in family.cases())
    seeds = [told.seed for told in read_strata()]
    assert len({*seeds}) == len(seeds)


def test_the_ranker_has_seen_none_of_their_seeds():
    assert min(told.seed for told in read_strata()) >= FIRST_SEED >= 1_000_000


def test_the_table_has_the_first_that_can_be_written(tmp_path):
    write_strata(6, tmp_path / "strata.csv")
    kept = (tmp_path / "strata.csv").read_text(encoding="utf-8").splitlines()
    assert kept[1:] == [",".join(map(str, told)) for told in read_strata()[:6]]


@pytest.mark.parametrize("number", [17, 58, 121, 199])
def test_the_table_agrees_with_what_is_drawn(number):
    told = read_strata()[number]
    assert measure_strata(told.seed) == told


def test_every_bank_has_them_and_they_change_no_other_case():
    bank = CaseBank(DATASETS)
    assert len(bank.select(["fleet/*"])) == 200
    assert {case.family for case in bank.cases} == {"feed", "fleet", "release", "shift"}


def test_a_case_is_the_same_whichever_others_were_opened(family):
    case = first(family, culprit="known", kind="commit")
    one = family.open(case)
    family.open(first(family, culprit="none"))
    other, anew = family.open(case), FleetCases().open(case)
    assert one.culprits
    for again in (other, anew):
        assert again.culprits == one.culprits
        assert again.functions == one.functions
        assert again.regression == one.regression
        assert (again.evidence.base, again.evidence.head) == (one.evidence.base, one.evidence.head)
        assert again.evidence.records.changes.equals(one.evidence.records.changes)
        assert again.evidence.repository.folder != one.evidence.repository.folder


def test_repositories_go_with_the_bank():
    family = FleetCases()
    opened = family.open(family.cases()[0])
    folder = Path(opened.evidence.repository.folder)
    assert folder.is_dir()
    family._scratch_gone()
    assert not folder.exists()


def test_nearly_every_known_culprit_is_a_candidate(services):
    known = [(told, made) for told, made in services if told.kind != "none" and made.regression]
    found = [
        made.culprits <= {c.id for c in made.evidence.candidates(made.regression.id)}
        for _, made in known
    ]
    assert len(found) >= 8
    assert sum(found) >= 0.9 * len(found)


def test_nobody_is_right_where_no_known_change_did_it(services):
    for told, made in services:
        assert bool(made.culprits) == (told.kind != "none")
        assert bool(made.functions) == bool(made.culprits)
    assert {told.category for told, made in services if not made.culprits} >= {"traffic", "data"}


def test_the_culprit_is_of_the_kind_that_is_told(services):
    kinds = set()
    for told, made in services:
        for change in made.evidence.changes:
            if change.id in made.culprits:
                assert change.kind == told.kind
                kinds.add(change.kind)
    assert len(kinds) >= 3


def test_windows_run_what_was_deployed_by_then(services):
    for _, made in services:
        evidence = made.evidence
        order = run_git(evidence.repository.folder, "rev-list", "--reverse", "main").split()
        ran = [order.index(version) for version in evidence.recording.windows["version"]]
        assert ran == sorted(ran)
        for commit, change in made.commits.items():
            place = order.index(commit)
            assert [n >= place for n in ran].index(True) == change.window
        assert evidence.head == order[-1]


def test_a_release_deploys_everything_at_once(services):
    releases = [made for _, made in services if drawn_of(made.case).is_release]
    assert releases
    for made in releases:
        versions = made.evidence.recording.windows["version"]
        assert [*np.flatnonzero(versions != versions.shift())] == [0, drawn_of(made.case).at]


def test_the_investigation_reads_the_commits_as_they_are_said_to_be(services):
    n = 0
    for _, made in services[:8]:
        described = {change.id: change for change in made.evidence.changes}
        for commit, change in made.commits.items():
            known = made.evidence.change(commit)
            assert (known.title, known.author, known.at) == (
                change.title, change.author, change.at,
            )  # fmt: skip
            assert {*known.files} == {*change.files}
            functions = {f for f in known.functions if f.name != MODULE}
            if change.functions:
                assert functions == {*change.functions}
            assert described[commit].window == change.window
            n += 1
    assert n > 50


def test_the_truth_is_not_in_the_evidence(services):
    for _, made in services:
        drawn, evidence = drawn_of(made.case), made.evidence
        known = {change.id for change in made.case.changes}
        n_settings = len(settings_of(made.case))
        assert len(evidence.changes) == len(made.commits) + n_settings + _more_steps(made)
        if drawn.guilty is not None and drawn.guilty.id not in known:
            assert drawn.guilty.title not in {change.title for change in evidence.changes}
        told = "".join(frame.to_csv() for frame in _tables(evidence.records))
        for word in ("culprit", "guilty", "innocent", "decoy", "simulat", "seed"):
            assert word not in told.lower()
            assert word not in _whole_history(evidence).lower()


def _more_steps(made):
    return sum(
        max(len(change.rollout) - 2, 0)
        for change in settings_of(made.case).values()
    )  # fmt: skip


def _whole_history(evidence):
    return run_git(evidence.repository.folder, "log", "--patch", "main")


def _tables(records):
    return [getattr(records, name) for name in records.__slots__]


def test_a_setting_took_effect_when_it_is_told(services):
    n = 0
    for _, made in services:
        told = {change.id: change for change in made.evidence.changes}
        for change in settings_of(made.case).values():
            seen = told[change.key if change.kind == "experiment" else change.id]
            assert (seen.window, seen.kind, seen.key) == (change.window, change.kind, change.key)
            if change.rollout:
                assert seen.rollout == change.rollout
            n += 1
    assert n > 20


def test_experiments_cost_what_their_arms_are_said_to_add(services):
    n = 0
    for _, made in services:
        keys = {c.key: settings_of(made.case)[c.id].key for c in made.case.changes
                if c.key in made.case.arms}  # fmt: skip
        told = arm_costs(made.evidence.records)
        assert told == pytest.approx({keys[key]: x for key, x in made.case.arms.items()})
        n += len(told)
    assert n > 0


def test_the_mix_of_requests_is_as_it_was_drawn(services):
    n = 0
    for _, made in services:
        traffic = read_traffic(made.evidence.records.measurements)
        assert (traffic is None) == (made.case.mix is None)
        if traffic is not None:
            late = np.arange(len(traffic.times)) >= drawn_of(made.case).at
            found = traffic.growth_by_mix(~late, late)
            assert found == pytest.approx(made.case.mix, abs=0.03, rel=0.25)
            n += 1
    assert n >= 6


def test_entry_points_cost_together_what_the_service_costs(services):
    recording = services[0][1].evidence.recording
    total = sum(costs for _, costs in entry_costs(recording))
    assert total == pytest.approx(recording.windows["cpu_seconds"].to_numpy(), rel=0.1)


def test_a_case_opens_in_less_than_two_seconds(family):
    family.open(family.cases()[1])  # what is compiled once
    took = []
    for case in family.cases()[10:14]:
        began = time.process_time()
        family.open(case)
        took.append(time.process_time() - began)
    assert sorted(took)[1] < 2


def test_the_hash_is_of_the_seed_and_the_strata(family):
    told = read_strata()[3]
    case = family._case(3, told)
    assert family._case(3, replace_seed(told)).content_hash != case.content_hash
    assert replace(case) == family.cases()[3]


def replace_seed(told):
    return told._replace(seed=told.seed + 1)


def test_lines_are_of_the_code_that_ran_and_add_up_to_the_recording(services):
    made = next(made for _, made in services if made.evidence.read_lines is not None)
    evidence, recording = made.evidence, made.evidence.recording
    by_line = evidence.read_lines()
    assert by_line.windows.equals(recording.windows)
    window = recording.n_windows - 1
    spans = {
        path: {span.name: span for span in function_spans(evidence.repository.read(path, "main"))}
        for path in evidence.repository.files("main")
        if path.endswith(".py")
    }
    seen = {int(s) for s in by_line.sample_stacks[by_line.sample_windows == window]}
    frames = {frame for stack in seen for frame in by_line.stack(stack)}
    own = [frame for frame in frames if frame.file.startswith("svc/")]
    assert len(own) > 30
    for frame in own:
        span = spans[frame.file][frame.name]
        assert span.start < frame.line - 1 < span.end
    assert _sums(by_line) == _sums(recording)


def _sums(recording):
    found = {}
    for window, stack, count in zip(
        recording.sample_windows, recording.sample_stacks, recording.sample_counts, strict=True
    ):
        key = window, tuple(frame._replace(line=0) for frame in recording.stack(stack))
        found[key] = found.get(key, 0) + count
    return found


def test_what_costs_more_is_mostly_on_lines_of_the_culprit():
    family, first_of_all = FleetCases(), []
    for case in family.cases()[:80]:
        if (case.strata["kind"], case.strata["category"]) == ("commit", "own"):
            opened = family.open(case)
            evidence, regression = opened.evidence, opened.regression
            if evidence.read_lines is not None and regression is not None:
                grown = evidence.clues(regression).lines
                first_of_all.append(max(grown, key=grown.get) in opened.culprits)
    assert len(first_of_all) >= 4
    assert sum(first_of_all) > len(first_of_all) / 2


def test_lines_are_known_where_the_case_says_so(services):
    known = {made.evidence.read_lines is not None for _, made in services}
    assert known == {True, False}
    for _, made in services:
        assert (made.evidence.read_lines is None) == (made.case.lines is None)
