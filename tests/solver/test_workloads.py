from pathlib import Path

import pytest

from workbench.errors import CaseError, ParseError, PatchError
from workbench.patch import run_workload
from workbench.solver import CASE_FILE, find_workload, open_case, place_workload
from workbench.store import Store

BENCH = "import shop\n\n\ndef run():\n    return shop.total(10)\n"


@pytest.fixture
def repo(tmp_path):
    """Files of the user's tree: a package, and what measures it."""
    folder = tmp_path / "repo"
    for path, text in {
        "shop.py": "def total(n):\n    return n\n",
        "bench/orders.py": BENCH,
        "bench/data/orders.txt": "1\n",
        "bench/script.py": "import shop\nprint(f'WL cpu=0.5 wall=0.6 check={shop.total(3)}')\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def named(repo, text):
    (repo / "workbench.toml").write_text(text)
    return find_workload(repo, "svc")


@pytest.fixture
def version(tmp_path):
    """Another version of the package, in which totals are doubled."""

    def make(path="shop.py"):
        code = tmp_path / "version"
        (code / path).parent.mkdir(parents=True, exist_ok=True)
        (code / path).write_text("def total(n):\n    return 2 * n\n")
        return code

    return make


def test_a_function_is_called_timed_and_told_apart_by_what_it_returns(repo, version):
    placed = named(repo, '[workload]\nfunction = "bench.orders:run"\nrounds = 3\n')
    assert (placed.folder, placed.workload.rounds) == (repo.resolve(), 3)
    mine = run_workload(placed.workload, placed.folder, repo.resolve())
    other = run_workload(placed.workload, placed.folder, version().resolve())
    assert mine.rounds == 3
    assert mine.check != other.check  # the version's own package is what is measured
    assert mine.check == run_workload(placed.workload, placed.folder, repo.resolve()).check


def test_what_measures_is_the_same_for_each_version(repo, version):
    code = version()
    (code / "bench").mkdir()
    (code / "bench" / "orders.py").write_text("def run():\n    return 'cheap'\n")
    placed = named(repo, '[workload]\nfunction = "bench.orders:run"\n')
    edited = run_workload(placed.workload, placed.folder, code.resolve())
    (code / "bench" / "orders.py").unlink()
    (code / "bench").rmdir()
    assert edited.check == run_workload(placed.workload, placed.folder, code.resolve()).check


def test_a_benchmark_within_the_package_measures_the_package_of_the_version(repo, tmp_path):
    for folder, factor in ((repo, 1), (tmp_path / "version", 2)):
        (folder / "store").mkdir(parents=True)
        (folder / "store" / "__init__.py").write_text(f"FACTOR = {factor}\n")
    bench = "from store import FACTOR\nfrom store.more import MORE\n\n\ndef run():\n    return FACTOR, MORE\n"
    (repo / "store" / "bench.py").write_text(bench)
    (repo / "store" / "more.py").write_text("MORE = 5\n")
    placed = named(repo, '[workload]\nfunction = "store.bench:run"\n')
    checks = {
        run_workload(placed.workload, placed.folder, code.resolve()).check
        for code in (repo, tmp_path / "version")
    }
    assert len(checks) == 2


def test_packages_may_lie_in_a_folder_of_the_code(repo, version):
    (repo / "shop.py").unlink()
    for told in ('function = "bench.orders:run"', 'command = ["bench/script.py"]'):
        placed = named(repo, f'[workload]\n{told}\nsources = ["src"]\n')
        assert run_workload(placed.workload, placed.folder, version("src/shop.py").resolve()).check


def test_a_script_prints_its_line_itself(repo, version):
    placed = named(repo, '[workload]\ncommand = ["bench/script.py"]\n')
    assert placed.workload.command == ("bench/script.py",)
    seen = run_workload(placed.workload, placed.folder, version().resolve())
    assert (seen.cpu_seconds, seen.check) == (0.5, "6")


UNTOLD = {
    "nothing": "return None",
    "an object": "return object()",
    "what is worked out later": "return (n for n in range(3))",
    "a list of objects": "return [object()]",
}


@pytest.mark.parametrize("body", UNTOLD.values(), ids=UNTOLD)
def test_what_versions_cannot_be_compared_by_is_said(repo, body):
    (repo / "bench" / "orders.py").write_text(f"def run():\n    {body}\n")
    placed = named(repo, '[workload]\nfunction = "bench.orders:run"\n')
    with pytest.raises(PatchError, match="expected a function that returns what it worked out"):
        run_workload(placed.workload, placed.folder, repo.resolve())


def test_what_a_function_raises_is_told(repo):
    (repo / "bench" / "orders.py").write_text("def run():\n    raise ValueError('no orders')\n")
    placed = named(repo, '[workload]\nfunction = "bench.orders:run"\n')
    with pytest.raises(PatchError, match="ValueError: no orders"):
        run_workload(placed.workload, placed.folder, repo.resolve())


def test_a_service_may_have_its_own(repo):
    text = (
        '[workload]\nfunction = "bench.orders:run"\nrounds = 1\n'
        '[services."check out".workload]\ncommand = ["bench/script.py"]\nrounds = 2\n'
        '[services.billing]\nowner = "ada"\n'
    )
    assert named(repo, text).workload.rounds == 1
    assert find_workload(repo, "check out").workload.rounds == 2
    assert find_workload(repo, "billing").workload.rounds == 1


def test_nothing_named_is_no_workload(repo):
    assert find_workload(repo, "svc") is None
    assert find_workload(None, "svc") is None
    assert named(repo, "[tool]\n") is None
    only = '[services.other.workload]\ncommand = ["bench/script.py"]\n'
    assert named(repo, only) is None
    assert find_workload(repo, "svc", repo / "workbench.toml") is None


def test_a_file_may_be_told_and_is_where_paths_begin(repo, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "w.py").write_text("print('WL cpu=1 wall=1 check=1')\n")
    file = tmp_path / "mine" / "w.toml"
    file.write_text('[workload]\ncommand = ["w.py"]\n')
    placed = find_workload(repo, "svc", file)
    assert placed.folder == (tmp_path / "mine").resolve()


FUNCTION = 'function = "bench.orders:run"'
WRONG = {
    "no TOML": ("[workload", r"workbench\.toml: expected TOML"),
    "neither": ("[workload]", r"@ workload: expected either function = .* prints the line `WL cpu="),
    "both": (f'[workload]\n{FUNCTION}\ncommand = ["bench/script.py"]', "@ workload: expected either"),
    "no table": ("workload = 3", r"@ workload: Input should be .*, got 3"),
    "an unknown key": (f"[workload]\n{FUNCTION}\nround = 3", r"@ workload\.round: Extra inputs"),
    "no rounds": (f"[workload]\n{FUNCTION}\nrounds = 0", r"@ workload\.rounds: .* greater than or equal to 1, got 0"),
    "a word for a number": (f'[workload]\n{FUNCTION}\nrounds = "3"', r"@ workload\.rounds: .*, got '3'"),
    "time without end": (f"[workload]\n{FUNCTION}\ntimeout_s = inf", r"@ workload\.timeout_s: .*finite"),
    "a word for a list": (f'[workload]\n{FUNCTION}\npaths = "x"', r"@ workload\.paths: .*list, got 'x'"),
    "a number as variable": (f"[workload]\n{FUNCTION}\nenv = {{A = 1}}", r"@ workload\.env\.A: .*string, got 1"),
    "no function": ('[workload]\nfunction = "bench.orders"', r"@ workload\.function: .*, got 'bench\.orders'"),
    "no module": ('[workload]\nfunction = "bench.nowhere:run"', r"@ workload\.function: expected bench/nowhere\.py in"),
    "no script": ('[workload]\ncommand = ["bench/no.py"]', r"@ workload\.command: expected 'bench/no\.py' in .*, found none"),
    "no path": (f'[workload]\n{FUNCTION}\npaths = ["no"]', r"@ workload\.paths: expected 'no' in"),
    "no libraries": (f'[workload]\n{FUNCTION}\nlibraries = "no"', r"@ workload\.libraries: expected 'no' in"),
    "sources elsewhere": (f'[workload]\n{FUNCTION}\nsources = ["../x"]', r"@ workload\.sources: expected a folder within the code"),
    "services as a list": ("services = [1]", r"@ services: expected a table"),
    "a service as a number": ("[services]\nsvc = 1", r'@ services\."svc": expected a table'),
    "of one service": ("[services.svc.workload]\nrounds = 1", r'@ services\."svc"\.workload: expected either'),
}  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_place(repo, text, complaint):
    with pytest.raises(ParseError, match=complaint) as caught:
        named(repo, text)
    assert str(caught.value).startswith(str(repo / "workbench.toml"))
    assert "\n" not in str(caught.value)


def test_a_file_that_names_none_is_said(repo, tmp_path):
    (tmp_path / "w.toml").write_text("[other]\n")
    with pytest.raises(ParseError, match=r"w\.toml: expected a table \[workload\], found other"):
        find_workload(repo, "svc", tmp_path / "w.toml")
    with pytest.raises(ParseError, match=r"none\.toml: expected a file"):
        find_workload(repo, "svc", tmp_path / "none.toml")


def test_a_case_takes_no_other_workload(tmp_path):
    told = (
        '{"id": "c", "service": "s", "base": "a", "head": "b", '
        '"workload": {"command": ["w.py"], "paths": []}}'
    )
    (tmp_path / CASE_FILE).write_text(told)
    Store.create(tmp_path / "store")
    case = open_case(tmp_path)
    assert place_workload(case) == case
    with pytest.raises(CaseError, match="--workload is for a store"):
        place_workload(case, Path("w.toml"))
