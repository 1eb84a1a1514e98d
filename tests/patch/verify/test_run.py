import os

import pytest

from workbench.errors import PatchError
from workbench.patch.verify.run import (
    Run,
    run_workload,
    trace_tests,
    trace_workload,
    workload_environment,
)
from workbench.types import Workload

OK = "print('WL cpu=0.5 wall=0.6 check=fine')\n"


@pytest.fixture
def run(tmp_path):
    """A script -> its run, in a case folder with the code under test in `code/`."""

    def make(script, *, rounds=None, prefix=(), **options) -> Run:
        (tmp_path / "wl.py").write_text(script)
        workload = Workload(("wl.py", "--flag"), ("lib",), **options)
        return run_workload(workload, tmp_path, tmp_path / "code", rounds=rounds, prefix=prefix)

    return make


def test_a_run_is_read_from_its_report(run):
    seen = run("print('noise')\n" + OK + "print('more')\n", rounds=4)
    assert (seen.cpu_seconds, seen.rounds, seen.check) == (0.5, 4, "fine")
    assert seen.cost == pytest.approx(0.125)
    assert seen.slice_costs == (seen.cost,)


def test_slices_are_parts_of_a_run(run):
    seen = run(OK + "print('WL slices=0.1,0.15,0.25')\n", rounds=5)
    assert seen.slices == (0.1, 0.15, 0.25)
    assert seen.slice_costs == pytest.approx((0.02, 0.03, 0.05))
    assert sum(seen.slice_costs) == pytest.approx(seen.cost)


def test_the_code_under_test_comes_first_and_rounds_are_told(run, tmp_path):
    for folder, origin in (("code", "code"), ("lib", "lib")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mod.py").write_text(f"ORIGIN = {origin!r}\n")
    (tmp_path / "lib" / "other.py").touch()
    script = "import os, sys, mod, other\nprint(f'WL cpu=1 wall=1 check={mod.ORIGIN} {os.environ[\"WL_REPEAT\"]} {sys.argv[1:]}')\n"
    assert run(script, rounds=7).check == "code 7 ['--flag']"
    assert run(script).check == "code 1 ['--flag']"
    assert not (tmp_path / "code" / "__pycache__").exists()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("raise ValueError('boom')", r"wl\.py failed: ValueError: boom"),
        ("raise SystemExit(3)", r"wl\.py failed: exit code 3"),
        ("import os; os.kill(os.getpid(), 11)", r"wl\.py failed: exit code -11"),
        (OK + "raise SystemExit(1)", "failed"),
        ("print('hello')", r"expected a line 'WL cpu=… wall=… check=…', got 'hello"),
        ("print('WL cpu=fast wall=1 check=1')", "expected a line"),
        ("", "got ''"),
        ("x = bytearray(8 << 30)", "MemoryError"),
        ("import os\nopen('big', 'wb').truncate(1 << 40)", "File too large"),
        ("input()", "EOFError"),
        ("import os, sys\nos.write(1, b'\\xff' * 9); os.write(2, b'\\xff\\n'); sys.exit(1)", "\ufffd"),
    ],
    ids=["raises", "exits", "crashes", "fails late", "no report", "no number", "silent", "memory",
         "disk", "asks", "bytes"],
)  # fmt: skip
def test_a_workload_that_fails_is_one_error(run, script, complaint):
    with pytest.raises(PatchError, match=complaint):
        run(script, timeout_s=20)


def test_a_workload_that_takes_too_long_is_ended(run):
    with pytest.raises(PatchError, match=r"wl\.py: did not finish in 1 s"):
        run("import time; time.sleep(60)\n", timeout_s=1)


def test_the_environment_is_clean(run, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    script = "import os\nprint('WL cpu=1 wall=1 check=' + ' '.join(sorted(os.environ)))\n"
    names = set(run(script, env={"OWN": "1"}).check.split())
    assert "OWN" in names
    assert names <= {
        "HOME", "LANG", "LC_ALL", "LC_CTYPE", "OWN", "PATH", "PYTHONDONTWRITEBYTECODE",
        "PWD", "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR", "TZ", "WL_REPEAT",
    }  # fmt: skip


def test_a_workload_cannot_change_what_is_measured(tmp_path):
    workload = Workload(("wl.py",), ("lib",), env={"PYTHONPATH": "elsewhere", "WL_REPEAT": "1"})
    environment = workload_environment(workload, tmp_path, tmp_path / "code", 5, {})
    assert environment["PYTHONPATH"] == f"{tmp_path / 'code'}{os.pathsep}{tmp_path / 'lib'}"
    assert environment["WL_REPEAT"] == "5"


def test_a_run_has_a_home_of_its_own_that_goes_with_it(run):
    script = "import os\nopen('left', 'w').close()\nprint(f'WL cpu=1 wall=1 check={os.getcwd()} {os.environ[\"HOME\"]}')\n"
    places = run(script).check.split()
    assert places[0] == places[1]
    assert not os.path.exists(places[0])  # noqa: PTH110
    assert run(script).check != " ".join(places)


def test_a_prefix_runs_the_interpreter(run):
    script = "import os\nprint('WL cpu=1 wall=1 check=' + os.environ['MARK'])\n"
    assert run(script, prefix=("env", "MARK=seen")).check == "seen"


def test_whole_processes_are_measured(run):
    script = (
        "import subprocess, sys, time\n"
        "x = bytearray(64 << 20)\n"
        "code = 'import time; t = time.process_time()\\nwhile time.process_time() - t < 0.2: pass'\n"
        "subprocess.run([sys.executable, '-c', code])\n" + OK
    )
    seen = run(script)
    assert 0.2 <= seen.process_seconds < 2
    assert 64 << 20 < seen.peak_bytes < 512 << 20


def test_a_version_has_the_libraries_that_it_pins(run, tmp_path):
    for version in ("1.0", "2.0"):
        (tmp_path / "libs" / f"own-{version}").mkdir(parents=True)
        (tmp_path / "libs" / f"own-{version}" / "own.py").write_text(f"V = {version!r}\n")
    (tmp_path / "code").mkdir()
    pins = tmp_path / "code" / "requirements.txt"
    pins.write_text("# what we use\n\nown==1.0  # as yet\n")
    script = "import own\nprint('WL cpu=1 wall=1 check=' + own.V)\n"
    assert run(script, libraries="libs").check == "1.0"
    pins.write_text("own == 2.0\n")
    assert run(script, libraries="libs").check == "2.0"
    pins.write_text("own==3.0\n")
    with pytest.raises(PatchError, match=r"pins own==3\.0; expected .*own-3\.0, found none"):
        run(script, libraries="libs")
    pins.unlink()
    with pytest.raises(PatchError, match=r"expected requirements\.txt"):
        run(script, libraries="libs")


def test_inputs_are_chosen_by_variables(run, tmp_path):
    script = "import os\nprint('WL cpu=1 wall=1 check=' + os.environ.get('WL_INPUTS', 'usual'))\n"
    assert run(script).check == "usual"
    workload = Workload(("wl.py",), ())
    held_out = run_workload(workload, tmp_path, tmp_path, inputs={"WL_INPUTS": "held-out"})
    assert held_out.check == "held-out"


def test_the_functions_that_run_are_noted(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "mod.py").write_text(
        "class A:\n    def used(self):\n        return [f(x) for x in range(2)]\n\n"
        "    def unused(self):\n        pass\n\n\ndef f(x):\n    return x\n"
    )
    script = "import os, mod\nmod.A().used()\nprint('WL cpu=1 wall=1 check=1')\n"
    (tmp_path / "wl.py").write_text(script)
    trace = trace_workload(Workload(("wl.py",), ()), tmp_path, tmp_path / "code", {})
    seen = trace.functions
    assert {("mod.py", "A.used"), ("mod.py", "f")} <= seen
    assert ("mod.py", "A.unused") not in seen
    assert {file for file, _ in seen} == {"mod.py"}
    (tmp_path / "wl.py").write_text("raise ValueError('boom')")
    with pytest.raises(PatchError, match="boom"):
        trace_workload(Workload(("wl.py",), ()), tmp_path, tmp_path / "code", {})


def test_calls_are_counted_for_whom_they_are_made(tmp_path):
    (tmp_path / "mod.py").write_text(
        "import copy\n\n\ndef f(xs):\n    return [g(x) for x in xs]\n\n\ndef g(x):\n"
        "    return abs(x)\n\n\ndef h(x):\n    return copy.copy(x)\n"
    )
    (tmp_path / "test_mod.py").write_text(
        "import mod\n\n\ndef test_f():\n    assert mod.f([1, -2]) == [1, 2]\n"
        "    assert mod.f([1]) == [1]\n    assert mod.h([1]) == [1]\n"
    )
    workload = Workload(("wl.py",), (), tests=("-m", "pytest", "-q", "-p", "no:cacheprovider"))
    trace = trace_tests(workload, tmp_path, tmp_path, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert {("mod.py", "f"), ("mod.py", "g"), ("mod.py", "h")} <= trace.functions
    entries = {name for file, name in trace.calls if file == "mod.py"}
    assert "g" not in entries  # it is called by another of the folder
    assert sum(n for (file, _), n in trace.calls.items() if file == "test_mod.py") > 10
