import ast
import hashlib
import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from workbench.evaluate import load_recorded, load_spec
from workbench.patch.run import _REPORT
from workbench.store import Store

BANK = Path(__file__).parents[1] / "datasets" / "pypi"
CASES = ["jsonschema-ref-4.0", "markdown-lines-3.5", "prom-parser-0.22", "pypdf-decoy-4.0"]
MANIFEST = json.loads((BANK / "manifest.json").read_text(encoding="utf-8"))
MAX_BYTES = 500_000

each_case = pytest.mark.parametrize("case_id", CASES)


def present():
    paths = [p for p in BANK.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return {p.relative_to(BANK).as_posix(): p for p in paths if p.name != "manifest.json"}


@cache
def recording(case_id):
    return Store.open(BANK / case_id / "store").recording()


def test_there_are_four_cases_and_one_of_them_did_not_regress():
    bank = load_recorded(BANK)
    assert [case.spec.id for case in bank] == CASES
    assert [case.spec.id for case in bank if case.spec.kind != "regression"] == ["pypdf-decoy-4.0"]
    assert [case.spec.id for case in bank if not case.spec.culprit_functions] == ["pypdf-decoy-4.0"]


@each_case
def test_a_case_is_described_in_full(case_id):
    spec, workload = load_spec(BANK / case_id / "spec.json")
    assert spec.id == case_id
    assert spec.from_version != spec.to_version
    assert spec.category
    assert len(spec.cause) > 30
    assert all(re.fullmatch(r"[\w.]+:[\w.<>]+", name) for name in spec.culprit_functions)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in spec.deps)
    assert workload.parent == BANK / "workloads"
    declared = set(type(spec).model_fields)
    fields = json.loads((BANK / case_id / "spec.json").read_text())
    assert set(fields) <= declared


@each_case
def test_a_store_holds_windows_of_both_releases(case_id):
    spec, _ = load_spec(BANK / case_id / "spec.json")
    seen = recording(case_id)
    versions = list(seen.windows["version"])
    n_before = versions.count(f"v{spec.from_version}")
    assert versions == [f"v{spec.from_version}"] * n_before + [f"v{spec.to_version}"] * (
        len(versions) - n_before
    )
    assert min(n_before, len(versions) - n_before) >= 20
    assert seen.service == spec.package
    assert seen.windows["at"].is_monotonic_increasing
    for column in ("work", "cpu_seconds", "n_samples"):
        assert (seen.windows[column] > 0).all()
    assert (seen.windows["n_samples"] >= 100).all()


@each_case
def test_the_profiles_show_what_the_spec_blames(case_id):
    spec, _ = load_spec(BANK / case_id / "spec.json")
    subjects = {function.subject for function in recording(case_id).functions}
    assert set(spec.culprit_functions) <= subjects


@each_case
def test_the_cost_moved_where_the_spec_says_so(case_id):
    spec, _ = load_spec(BANK / case_id / "spec.json")
    windows = recording(case_id).windows
    cost = windows["cpu_seconds"] / windows["work"]
    ratio = cost[20:].median() / cost[:20].median()
    assert (ratio > 1.15) == (spec.kind == "regression")


@each_case
def test_a_case_is_small_and_tells_nothing_of_the_machine(case_id):
    size = sum(p.stat().st_size for p in (BANK / case_id).rglob("*") if p.is_file())
    assert size < MAX_BYTES
    places = {function.file for function in recording(case_id).functions}
    assert not [place for place in places if place.startswith("/")]
    assert not [place for place in places if re.search(r"\b(home|root|Users|tmp)/", place)]


def test_workloads_are_ours_and_import_the_package_under_test_alone():
    bank = load_recorded(BANK)
    scripts = sorted((BANK / "workloads").glob("*.py"))
    assert {p.name for p in scripts} == {"_wl.py", *(case.workload.name for case in bank)}
    tops = {"jsonschema", "markdown", "prometheus_client", "pypdf", "PyPDF2"}
    for path in scripts:
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
        assert names - set(sys.stdlib_module_names) <= tops | {"_wl"}
        assert len(path.read_text(encoding="utf-8").splitlines()) < 100


def test_the_timing_helper_prints_what_a_run_reads(capsys):
    space = {"__name__": "_wl"}
    exec((BANK / "workloads" / "_wl.py").read_text(encoding="utf-8"), space)
    space["run"](lambda: 7, 2)
    report = _REPORT.search(capsys.readouterr().out)
    assert report
    assert report[3] == "7"


def test_there_is_no_source_of_others():
    endings = {Path(name).suffix for name in present()}
    assert endings == {".json", ".parquet", ".py"}
    python = {name for name in present() if name.endswith(".py")}
    assert {Path(name).parent.as_posix() for name in python} == {"workloads", "."}
    assert {name for name in python if "/" not in name} == {"make_manifest.py"}


def test_the_manifest_names_every_file_as_it_is():
    """Where this fails: python datasets/pypi/make_manifest.py."""
    files = MANIFEST["files"]
    assert set(files) == set(present())
    for name, path in present().items():
        entry = files[name]
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest(), name
        assert entry["bytes"] == path.stat().st_size
        assert entry["licence"] == MANIFEST["licence"] == "Apache-2.0"
        assert path.match(entry["kind"])
    for kind in MANIFEST["kinds"].values():
        assert set(kind) == {"origin", "unit", "made"}
        assert all(kind.values())
