"""The depot dataset: the service, its repository and store, and what is known of it."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.history import Repository, run_git
from workbench.patch import run_workload
from workbench.solver.workloads import find_workload
from workbench.store import Store

DEPOT = Path(__file__).parents[1] / "datasets" / "depot"
SERVICE = DEPOT / "service"
TRUTH = json.loads((DEPOT / "truth.json").read_text(encoding="utf-8"))
IDS = [entry["id"] for entry in TRUTH["opportunities"]]


@pytest.fixture(scope="module")
def building():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DEPOT))
        yield importlib.import_module("building")
    sys.modules.pop("building", None)


@pytest.fixture(scope="module")
def built(building, tmp_path_factory):
    out = tmp_path_factory.mktemp("depot") / "repository"
    return out, building.build_depot(out)


@pytest.fixture(scope="module")
def store():
    return Store.open(DEPOT / "store")


@pytest.fixture(scope="module")
def fixed(building, tmp_path_factory):
    return building.fixed(IDS, tmp_path_factory.mktemp("fixed") / "service")


def functions(text):
    found = set()

    def walk(node, names):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                found.add(".".join([*names, child.name]))
                walk(child, [*names, child.name])

    walk(ast.parse(text), [])
    return found


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {".git", "__pycache__", ".pytest_cache"} & {*path.parts}
    }


def test_the_repository_holds_the_service(built):
    out, head = built
    assert files(out) == files(SERVICE)
    assert run_git(out, "status", "--porcelain") == ""
    changes = Repository(out).changes()
    assert head in {change.id for change in changes}
    assert 5 <= len(changes) <= 9
    assert 2 <= len({change.author for change in changes}) <= 3


def test_the_repository_is_the_same_each_time(building, built, tmp_path):
    assert building.build_depot(tmp_path / "again") == built[1]


def test_there_are_enough_of_different_kinds():
    assert len(IDS) == len(set(IDS)) == 14
    assert len({entry["pattern"] for entry in TRUTH["opportunities"]}) == 14
    assert len(TRUTH["decoys"]) == 5
    assert len({entry["file"] for entry in TRUTH["opportunities"]}) >= 10


def test_patterns_are_explained():
    told = re.findall(r"`(\w+)`", (DEPOT / "README.md").read_text(encoding="utf-8"))
    assert {entry["pattern"] for entry in TRUTH["opportunities"]} <= {*told}
    assert {entry["looks_like"] for entry in TRUTH["decoys"]} <= {*told}


@pytest.mark.parametrize(
    "entry", [*TRUTH["opportunities"], *TRUTH["decoys"]], ids=lambda e: e["id"]
)
def test_functions_are_where_the_truth_says(entry):
    for place in [entry, *entry.get("acceptable", [])]:
        text = (SERVICE / place["file"]).read_text(encoding="utf-8")
        assert place["function"] in functions(text), place


def test_each_has_a_fix_of_its_own_file(building, tmp_path):
    assert sorted(path.stem for path in (DEPOT / "reference").iterdir()) == sorted(IDS)
    for entry in TRUTH["opportunities"]:
        text = (DEPOT / "reference" / f"{entry['id']}.patch").read_text(encoding="utf-8")
        assert f"+++ b/{entry['file']}" in text
        run_git(SERVICE, "apply", "--check", str(DEPOT / "reference" / f"{entry['id']}.patch"))


def test_savings_are_sure():
    for entry in TRUTH["opportunities"]:
        for told in (entry["saving"], entry["held_out"]):
            assert told["low"] <= told["ratio"] <= told["high"] < 1, entry["id"]
            assert told["ratio"] > 0.92, entry["id"]


def test_the_store_has_windows_of_the_last_commit(built, store):
    windows = store.windows("depot")
    assert len(windows) == 12
    assert set(windows["version"]) == {built[1]}
    assert all(sum(totals) >= 1500 for totals in windows["totals"])
    assert (windows["work"] > 0).all()
    assert (windows["cpu_seconds"] > 0).all()


def test_the_dataset_is_small_and_tells_nothing_of_the_machine(built, store):
    paths = [p for p in DEPOT.rglob("*") if p.is_file() and not {"out", "__pycache__"} & {*p.parts}]
    assert sum(path.stat().st_size for path in paths) < 600_000
    places = {function.file for function in store.recording("depot").functions}
    assert not [place for place in places if place.startswith("/")]
    assert not [place for place in places if re.search(r"\b(home|root|Users|tmp)/", place)]


def test_the_profiles_show_every_opportunity(store):
    seen = {(f.name.rpartition(".")[2], f.file) for f in store.recording("depot").functions}
    for entry in TRUTH["opportunities"]:
        assert (entry["function"].rpartition(".")[2], entry["file"]) in seen, entry["id"]


def test_the_store_tells_whose_the_service_is(store):
    (row,) = store.table("services").to_dict("records")
    assert (row["service"], row["owner"]) == (
        "depot",
        "Depot Engineering <depot@depot.example.invalid>",
    )
    assert row["servers"] > 0
    assert row["watts"] > 0


def test_texts_of_the_service_tell_nothing_of_what_is_known():
    words = (
        r"(?i)\b(planted|decoy|inefficien\w*|slow\w*|optimi[sz]\w*|wasteful|cheaper|quadratic)\b"
    )
    for name, text in files(SERVICE).items():
        assert not re.search(words, text.decode()), name


def service_tests(folder):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize("is_fixed", [False, True], ids=["as it is", "fixed"])
def test_the_service_passes_its_own_tests(fixed, is_fixed):
    done = service_tests(fixed if is_fixed else SERVICE)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.slow
def test_replies_are_the_same_with_all_fixes(built, fixed):
    placed = find_workload(built[0], "depot")
    for inputs in ({}, *placed.workload.held_out):
        runs = [
            run_workload(placed.workload, placed.folder, code, inputs=inputs)
            for code in (built[0], fixed)
        ]
        assert runs[0].check == runs[1].check
        assert runs[1].cpu_seconds < runs[0].cpu_seconds


@pytest.mark.slow
def test_other_inputs_have_other_replies(built):
    placed = find_workload(built[0], "depot")
    inputs = ({}, *placed.workload.held_out)
    checks = [
        run_workload(placed.workload, placed.folder, built[0], inputs=told).check for told in inputs
    ]
    assert len(set(checks)) == len(inputs)
