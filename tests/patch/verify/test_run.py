import os
import subprocess
import time

import pytest

from workbench.errors import PatchError
from workbench.patch.verify.run import Run, _without_network, run_workload, workload_environment
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
    assert seen == Run(cpu_seconds=0.5, rounds=4, check="fine")
    assert seen.cost == pytest.approx(0.125)


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


def test_a_workload_that_takes_too_long_is_ended_with_all_it_started(run, tmp_path):
    started = time.monotonic()
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child.pid))\ntime.sleep(60)\n"
    )
    with pytest.raises(PatchError, match=r"wl\.py: did not finish in 1 s"):
        run(script, timeout_s=1)
    assert time.monotonic() - started < 10
    assert is_gone(int((tmp_path / "child").read_text()))


def is_gone(pid):
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        try:
            with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
                if stat.read().rpartition(")")[2].split()[0] == "Z":  # nobody here reaps it
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


def test_the_environment_is_clean(run, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("PYTHONSTARTUP", "x")
    script = "import os\nprint('WL cpu=1 wall=1 check=' + ' '.join(sorted(os.environ)))\n"
    names = set(run(script, env={"OWN": "1"}).check.split())
    assert "OWN" in names
    assert names <= {
        "HOME", "LANG", "LC_ALL", "LC_CTYPE", "OWN", "PATH", "PYTHONDONTWRITEBYTECODE",
        "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR", "TZ", "WL_REPEAT",
    }  # fmt: skip


def test_a_workload_cannot_change_what_is_measured(tmp_path):
    workload = Workload(("wl.py",), ("lib",), env={"PYTHONPATH": "elsewhere", "WL_REPEAT": "1"})
    environment = workload_environment(workload, tmp_path, tmp_path / "code", 5)
    assert environment["PYTHONPATH"] == f"{tmp_path / 'code'}{os.pathsep}{tmp_path / 'lib'}"
    assert environment["WL_REPEAT"] == "5"


def test_a_run_has_a_home_of_its_own_that_goes_with_it(run):
    script = "import os\nopen('left', 'w').close()\nprint(f'WL cpu=1 wall=1 check={os.getcwd()} {os.environ[\"HOME\"]}')\n"
    places = run(script).check.split()
    assert places[0] == places[1]
    assert not os.path.exists(places[0])  # noqa: PTH110
    assert run(script).check != " ".join(places)


def test_there_is_no_network_where_the_system_allows_it(run):
    if not _without_network():
        pytest.skip("this system lets nobody leave the network")
    script = (
        "import socket\n"
        "try:\n    socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
        "except OSError as error:\n    print(f'WL cpu=1 wall=1 check={error.strerror}')\n"
    )
    assert run(script).check == "Network is unreachable"


def test_a_prefix_runs_the_interpreter(run):
    script = "import os\nprint('WL cpu=1 wall=1 check=' + os.environ['MARK'])\n"
    assert run(script, prefix=("env", "MARK=seen")).check == "seen"


def test_nothing_is_left_running_after_a_run(run, tmp_path):
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],\n"
        "                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(f'WL cpu=1 wall=1 check={child.pid}')\n"
    )
    assert is_gone(int(run(script).check))
    assert subprocess.run(["pgrep", "-f", str(tmp_path)], check=False).returncode == 1
