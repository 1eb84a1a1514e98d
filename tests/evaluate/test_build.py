"""Cases are built with the real pip, from two tiny wheels in a folder in place of an index."""

import contextlib
import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pandas as pd
import pytest

from workbench.errors import CaseError, ParseError, StoreError
from workbench.evaluate import build_case, load_recorded, load_spec, load_truth, materialise
from workbench.evaluate.cases import CaseSpec
from workbench.evaluate.cases.build import _truth, truth_path
from workbench.evaluate.cases.commits import BuiltHistory
from workbench.evaluate.cases.releases import _complaint
from workbench.history import Repository, run_git
from workbench.solver import open_case
from workbench.store import Store

SPEC = {"id": "a", "package": "a", "from_version": "1", "to_version": "2", "workload": "w.py"}
BANK = Path(__file__).parents[2] / "datasets" / "pypi"
CORE = "".join(f"def f{i}():\n    return {i}\n\n\n" for i in range(4))
RELEASES = {
    "1.0": CORE
    + "def total(n):\n    s = 0\n    for i in range(n // 2):\n        s += i\n    return s\n",
    "1.1": CORE.replace("return", "return 0 +")
    + "def total(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n",
}
WORKLOAD = """import _wl
from small.core import total

_wl.run(lambda: total(200000))
"""


def write_wheel(folder: Path, version: str, core: str) -> None:
    info = f"small-{version}.dist-info"
    files = {
        "small/__init__.py": "",
        "small/core.py": core,
        "small/_fast.so": "not for everybody",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: small\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"small-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture(scope="module", autouse=True)
def index(tmp_path_factory):
    """An index in a folder, and a cache of its own that the tests of this file share."""
    wheels = tmp_path_factory.mktemp("wheels")
    for version, core in RELEASES.items():
        write_wheel(wheels, version, core)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(wheels))
        patch.setenv("PIP_CONFIG_FILE", "/dev/null")
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def spec_file(write_spec, tmp_path):
    def write(workload=WORKLOAD, **changed):
        path = write_spec(**changed)
        (tmp_path / "wl_small.py").write_text(workload)
        shutil.copy(BANK / "workloads" / "_wl.py", tmp_path / "_wl.py")
        return path

    return write


@pytest.fixture
def recorded(make_store):
    """Profiles recorded earlier: 25 windows before and after."""
    return make_store({"run;total": 0.2}, {"run;total": 0.9}, n_windows=25, name="recorded").folder


def listed(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_case_holds_what_a_solver_may_see(spec_file, recorded, tmp_path):
    out = tmp_path / "cases" / "small"
    told = []
    build_case(*load_spec(spec_file()), out, recorded=recorded, progress=told.append)
    assert listed(out) == {"case.json", "repo", "store", "workload"}
    assert listed(out / "workload") == {"wl_small.py", "_wl.py"}
    case = open_case(out)
    assert (case.id, case.service, case.base, case.head) == ("small-1.0", "small", "v1.0", "v1.1")
    assert case.workload.command == ("workload/wl_small.py",)
    assert Store.open(case.store).recording().n_windows == 50
    repository = Repository(case.repository)
    assert repository.read("small/core.py", "v1.1") == RELEASES["1.1"]
    assert repository.files("v1.0")[-1] == "small/core.py"
    assert told[0] == "fetching small 1.0 and 1.1"


def test_the_truth_is_beside_the_case_and_not_in_it(spec_file, recorded, tmp_path):
    out = tmp_path / "cases" / "small"
    build_case(*load_spec(spec_file()), out, recorded=recorded)
    assert listed(out.parent) == {"small", "small.truth.json"}
    truth = load_truth(out)
    assert truth.change_index == 25
    assert truth.regressed
    (culprit,) = truth.culprit_commits
    assert run_git(out / "repo", "show", "--no-patch", "--format=%s", culprit).startswith(
        "Change total in small/core.py"
    )
    seen = "".join(p.read_text(errors="replace") for p in out.rglob("*.json"))
    for hidden in (culprit, "small.core:total", truth.cause, truth.category, "regression"):
        assert hidden not in seen


@pytest.mark.parametrize(
    ("kind", "culprits", "regressed", "is_known"),
    [
        ("regression", ["small.core:total"], True, True),
        ("decoy", [], False, True),
        ("improvement", [], False, True),
        ("unknown", [], False, False),
        ("unknown", ["small.core:total"], True, True),
    ],
)
def test_the_truth_follows_the_kind(kind, culprits, regressed, is_known):
    spec = CaseSpec.model_validate(SPEC | {"kind": kind, "culprit_functions": culprits})
    versions = pd.Series(["v1"] * 25 + ["v2"] * 9)
    truth = _truth(spec, BuiltHistory("b", "h", 7, tuple("c" for _ in culprits)), versions)
    assert (truth.regressed, truth.is_known, truth.n_candidates) == (regressed, is_known, 7)
    assert truth.change_index == (25 if regressed else None)
    assert len(truth.culprit_commits) == len(culprits)


def test_the_same_spec_gives_the_same_case(spec_file, recorded, tmp_path):
    spec = load_spec(spec_file())
    one = build_case(*spec, tmp_path / "one", recorded=recorded)
    two = build_case(*spec, tmp_path / "two", recorded=recorded)
    assert (one / "case.json").read_bytes() == (two / "case.json").read_bytes()
    assert load_truth(one) == load_truth(two)
    assert open_case(one).content_hash == open_case(two).content_hash


FAULTS = {
    "a version that does not exist": (
        {"to_version": "9.9"},
        CaseError,
        "cannot fetch small==9.9: Could not find a version",
    ),
    "a package that does not exist": (
        {"package": "no-such-package-here"},
        CaseError,
        "cannot fetch no-such-package-here==1.0: ",
    ),
    "dependencies that do not exist": ({"deps": ["nope==1"]}, CaseError, "cannot fetch nope==1: "),
    "one release twice": ({"to_version": "1.0"}, CaseError, "do not differ"),
    "a workload that does not parse": ({"workload": "def:"}, ParseError, "expected a Python work"),
    "a workload that crashes": (
        {"workload": "raise SystemExit('boom')"},
        CaseError,
        "workload of small-1.0: workload/wl_small.py failed: boom",
    ),
    "a workload that says nothing": (
        {"workload": "print('hello')"},
        CaseError,
        "workload of small-1.0: workload/wl_small.py: expected a line 'WL cpu=",
    ),
}


SLOW = {"a package that does not exist", "dependencies that do not exist"}  # pip runs again


@pytest.mark.parametrize(
    ("changed", "kind", "complaint"),
    [
        pytest.param(*fault, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, fault in FAULTS.items()
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(spec_file, tmp_path, changed, kind, complaint):
    fields = dict(changed)
    workload = fields.pop("workload", WORKLOAD)
    spec = load_spec(spec_file(workload, **fields))
    before = listed(tmp_path)
    with pytest.raises(kind) as caught:
        build_case(*spec, tmp_path / "new" / "folders" / "case")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert listed(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "pip said nothing"),
        ("warning: old\nERROR: No space left\n", "No space left"),
        (
            "ERROR: Ignored the following yanked versions: 3.3.5\n"
            "ERROR: Ignored the following versions that require a different python version: 9\n"
            "ERROR: Could not find a version that satisfies it (from versions: 1, 2)\n"
            "ERROR: No matching distribution found\n",
            "Could not find a version that satisfies it",
        ),
    ],
    ids=["nothing", "one line", "asides"],
)
def test_the_cause_is_picked_from_what_pip_says(text, line):
    assert _complaint(text) == line


def test_a_recording_that_is_none_leaves_nothing(spec_file, tmp_path, make_store):
    spec = load_spec(spec_file())
    before = listed(tmp_path)
    with pytest.raises(StoreError, match="expected a store"):
        build_case(*spec, tmp_path / "case", recorded=tmp_path / "nowhere")
    assert listed(tmp_path) == before


def test_nothing_is_written_over(spec_file, tmp_path):
    spec = load_spec(spec_file())
    out = tmp_path / "case"
    out.mkdir()
    with pytest.raises(CaseError, match="expected a new folder"):
        build_case(*spec, out)
    out.rmdir()
    truth_path(out).write_text("{}")
    with pytest.raises(CaseError, match="expected a new folder"):
        build_case(*spec, out)
    assert truth_path(out).read_text() == "{}"


def test_a_truth_that_is_none_is_told(tmp_path):
    assert load_truth(tmp_path / "case") is None
    for text in ("{", "[]", "{}", '{"culprit_functions": [], "culprit_commits": []}'):
        truth_path(tmp_path / "case").write_text(text)
        with pytest.raises(ParseError, match=r"case\.truth\.json: expected the truth"):
            load_truth(tmp_path / "case")


@pytest.fixture
def small_case(spec_file, recorded, tmp_path):
    """Return the one case of a bank."""
    spec = spec_file()
    folder = tmp_path / "bank" / "small"
    folder.mkdir(parents=True)
    fields = json.loads(spec.read_text()) | {"workload": "../../wl_small.py"}
    (folder / "spec.json").write_text(json.dumps(fields))
    shutil.copytree(recorded, folder / "store")
    (case,) = load_recorded(tmp_path / "bank")
    return case


def test_a_bank_is_built_once(small_case, tmp_path):
    told = []
    first = materialise(small_case, told.append)
    assert told
    told.clear()
    assert materialise(small_case, told.append) == first
    assert not told
    (tmp_path / "wl_small.py").write_text(WORKLOAD + "\n")
    assert materialise(small_case) != first


def test_two_that_build_a_case_at_once_leave_it_with_its_truth(small_case):
    at_once = Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: materialise(small_case, lambda _: meet(at_once)), range(2))
    assert one == other
    assert load_truth(one).regressed
    assert {path.name for path in one.parent.iterdir()} == {one.name, truth_path(one).name}
    assert not [*one.parent.parent.glob(".build-*")]


def meet(barrier):
    """Go on when both are there; who comes again does not wait."""
    with contextlib.suppress(BrokenBarrierError):
        barrier.wait()
        barrier.abort()


def test_a_folder_with_no_cases_is_told(tmp_path):
    with pytest.raises(CaseError, match="expected recorded cases"):
        load_recorded(tmp_path)


@pytest.mark.slow
def test_a_recorded_case_is_of_what_ran(spec_file, tmp_path):
    out = build_case(*load_spec(spec_file()), tmp_path / "case", n_windows=5)
    recording = Store.open(out / "store").recording()
    assert list(recording.windows["version"]) == ["v1.0"] * 5 + ["v1.1"] * 5
    assert recording.windows["at"].is_monotonic_increasing
    assert load_truth(out).change_index == 5
    assert "small.core:total" in {function.subject for function in recording.functions}
    cost = recording.windows["cpu_seconds"] / recording.windows["work"]
    assert cost[5:].median() > 1.5 * cost[:5].median()
    rounds = set(recording.windows["work"])
    assert rounds == {open_case(out).workload.rounds}
    assert listed(tmp_path) >= {"case", "case.truth.json"}
    assert not [name for name in listed(tmp_path) if name.startswith(".")]
