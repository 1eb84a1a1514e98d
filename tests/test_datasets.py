import ast
import hashlib
import json
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from workbench.evaluate import load_recorded, load_spec
from workbench.evaluate.bank.categories import KINDS
from workbench.patch.verify.run import _REPORT
from workbench.store import Store

BANK = Path(__file__).parents[1] / "datasets" / "pypi"
CASES = sorted(path.parent.name for path in BANK.glob("*/spec.json"))
MANIFEST = json.loads((BANK / "manifest.json").read_text(encoding="utf-8"))
MAX_BYTES = 500_000

each_case = pytest.mark.parametrize("case_id", CASES)


def present():
    paths = [p for p in BANK.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    return {p.relative_to(BANK).as_posix(): p for p in paths if p.name != "manifest.json"}


@cache
def recording(case_id):
    return Store.open(BANK / case_id / "store").recording()


def test_cases_are_of_every_kind_in_both_halves():
    specs = [case.spec for case in load_recorded(BANK)]
    assert [spec.id for spec in specs] == CASES
    counts = Counter((spec.half, spec.kind) for spec in specs)
    assert counts == {
        ("train", "regression"): 21, ("train", "improvement"): 4, ("train", "decoy"): 2,
        ("train", "cost_shift"): 2, ("test", "regression"): 27, ("test", "improvement"): 4,
        ("test", "decoy"): 3,
    }  # fmt: skip
    for spec in specs:
        assert bool(spec.culprit_functions) == (spec.kind == "regression")
        assert spec.kind != "regression" or spec.category in KINDS


def test_no_package_is_in_both_halves():
    halves = {(case.spec.package.lower(), case.spec.half) for case in load_recorded(BANK)}
    assert len(halves) == len({package for package, _ in halves})


def test_the_demo_shows_regressions_and_a_decoy():
    shown = [case.spec for case in load_recorded(BANK) if case.spec.is_shown]
    assert Counter(spec.kind for spec in shown) == {"regression": 3, "decoy": 1}


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
    assert min(n_before, len(versions) - n_before) >= 12
    assert seen.service == spec.package
    assert seen.windows["at"].is_monotonic_increasing
    for column in ("work", "cpu_seconds", "n_samples"):
        assert (seen.windows[column] > 0).all()
    assert (seen.windows["n_samples"] >= 100).all()


def test_most_profiles_show_what_the_spec_blames():
    """Not all: some causes run once, at set-up, or cost in what was not changed."""
    blamed = [c.spec for c in load_recorded(BANK) if c.spec.culprit_functions]
    subjects = {
        spec.id: {function.subject for function in recording(spec.id).functions} for spec in blamed
    }
    seen = [spec.id for spec in blamed if not subjects[spec.id].isdisjoint(spec.culprit_functions)]
    assert len(seen) > 0.9 * len(blamed)


@each_case
def test_the_cost_moved_as_the_spec_says(case_id):
    spec, _ = load_spec(BANK / case_id / "spec.json")
    windows = recording(case_id).windows
    cost = windows["cpu_seconds"] / windows["work"]
    is_before = windows["version"] == windows["version"].iloc[0]
    before = cost[is_before].median()
    ratio = cost[~is_before].median() / before
    assert spec.ratio == pytest.approx(ratio, abs=6e-4)
    assert spec.noise == pytest.approx(
        1.4826 * (cost[is_before] / before - 1).abs().median(), abs=1e-4
    )
    low, high = {
        "regression": (1.05, 10), "improvement": (0, 0.9), "decoy": (0.98, 1.02),
        "cost_shift": (0.95, 1.05),
    }[spec.kind]  # fmt: skip
    assert low < ratio < high


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
    packages = {case.spec.package for case in bank}
    tops = {name.lower().replace("-", "_").partition(".")[0] for name in packages}
    tops |= {"pypdf", "PyPDF2", "bs4", "graphql", "numpy", "attr"}
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
    assert report[2] == "7"


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
