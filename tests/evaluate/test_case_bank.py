import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.errors import CaseError
from workbench.evaluate.bank import CaseBank
from workbench.evaluate.bank.case import noise_of, size_of

DATASETS = Path(__file__).parents[2] / "datasets"


@pytest.fixture(scope="module")
def bank() -> CaseBank:
    return CaseBank(DATASETS)


def one(bank, case_id):
    (case,) = bank.select([case_id])
    return case


def test_every_case_has_a_name_of_its_own_a_half_and_strata(bank):
    table = bank.table()
    assert table["id"].is_unique
    assert table["content_hash"].is_unique
    assert {*table["split"]} == {"train", "test"}
    assert not (table == "").any().any()
    assert {*table["culprit"]} == {"known", "none"}
    assert len(table) >= 150


def test_a_case_and_its_twin_are_of_one_half_and_one_service(bank):
    known = {case.id: case for case in bank.cases}
    twins = [case for case in bank.cases if case.id.endswith("-hidden")]
    assert Counter(twin.family for twin in twins) == {"feed": 32, "release": 48}
    for twin in twins:
        case = known[twin.id.removesuffix("-hidden")]
        assert (case.split, case.service) == (twin.split, twin.service)
        assert (case.has_culprit, twin.has_culprit) == (True, False)


def test_a_planted_cause_is_among_the_candidates_and_gone_from_its_twin(bank):
    opened, alone = (bank.open(one(bank, name)) for name in ("feed/A07", "feed/A07-hidden"))
    assert opened.regression == alone.regression
    assert opened.functions == {"feed.graphql.resolvers:load_users"}
    ids = {change.id for change in opened.evidence.candidates(opened.regression.id)}
    others = {change.id for change in alone.evidence.candidates(alone.regression.id)}
    assert opened.culprits
    assert opened.culprits <= ids
    assert others == ids - opened.culprits
    assert (alone.culprits, alone.functions) == (frozenset(), frozenset())


def test_a_shift_is_the_same_whichever_others_were_opened(bank):
    case = one(bank, "shift/1-03-rename")
    first = CaseBank(DATASETS).open(case)
    bank.open(one(bank, "shift/0-02-traffic"))
    again = bank.open(case)
    assert first.regression == again.regression
    assert (first.evidence.recording.sample_counts == again.evidence.recording.sample_counts).all()
    assert (again.culprits, case.split) == (frozenset(), "train")


@pytest.mark.parametrize(
    ("patterns", "split", "n"),
    [
        ((), "", 749),
        (("feed/A0?",), "", 9),
        (("release/*", "feed/H1"), "", 112),
        (("feed/*",), "test", 0),
        (("fleet/*",), "test", 100),
    ],
)
def test_cases_are_chosen_by_pattern_and_half(bank, patterns, split, n):
    assert len(bank.select(patterns, split=split)) == n


def test_a_pattern_of_no_case_is_refused(bank):
    with pytest.raises(
        CaseError,
        match="expected ids of cases .feed/…, fleet/…, release/…, shift/…., none is like 'x'",
    ):
        bank.select(["feed/A03", "x"])


def test_a_folder_without_cases_is_no_bank(tmp_path):
    with pytest.raises(CaseError, match="expected feed/ or pypi/ with cases, found neither"):
        CaseBank(tmp_path)


def test_the_hash_is_of_what_a_case_is_made_of(tmp_path):
    shutil.copytree(DATASETS / "pypi", tmp_path / "pypi")
    before = CaseBank(tmp_path)
    spec = tmp_path / "pypi" / "pypdf-decoy-4.0" / "spec.json"
    told = json.loads(spec.read_text(encoding="utf-8"))
    spec.write_text(json.dumps(told | {"seed": told["seed"] + 1}), encoding="utf-8")
    after = CaseBank(tmp_path)
    changed = {
        case.id
        for case, other in zip(before.cases, after.cases, strict=True)
        if case != replace(other, content_hash=case.content_hash) or case != other
    }
    assert changed == {"release/pypdf-decoy-4.0"}
    assert before.content_hash != after.content_hash


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        (None, "not measured"),
        (1.04, "below 5 %"),
        (1.06, "5 to 10 %"),
        (0.85, "10 to 20 %"),
        (3.0, "20 % and more"),
    ],
)
def test_the_size_of_an_effect_is_told_in_steps(ratio, size):
    assert size_of(ratio) == size


@pytest.mark.parametrize(
    ("noise", "name"),
    [(None, "not measured"), (0.0099, "below 1 %"), (0.01, "1 to 2 %"), (0.02, "2 % and more")],
)
def test_noise_is_told_in_steps(noise, name):
    assert noise_of(noise) == name


def test_the_test_half_has_culprits_of_packages_that_no_rule_was_made_with(bank):
    known = [case for case in bank.select(["release/*"], split="test") if case.has_culprit]
    assert len(known) >= 12
    assert {case.split for case in bank.select(["feed/*"])} == {"train"}


def test_without_recorded_cases_there_are_generated_ones():
    bank = CaseBank()
    assert {case.family for case in bank.cases} == {"fleet"}
    assert bank.open(one(bank, "fleet/001")).case.split == "test"


def test_no_window_of_the_feed_is_in_both_halves(bank):
    stretches = {half: set() for half in ("train", "test")}
    for case in bank.select(["shift/*"]):
        stretches[case.split].add(case.id.split("-")[1])
        assert case.service == "feed"
    assert stretches["train"].isdisjoint(stretches["test"])
    assert max(stretches["train"]) < min(stretches["test"])  # in time
    assert len(stretches["test"]) == 18
