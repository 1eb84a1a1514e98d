"""What a hostile command may do: nothing to anybody else, and not for long."""

import itertools
import os
import subprocess
import sys
import time
import uuid

import pytest

from workbench.errors import PatchError
from workbench.patch.verify import sandbox
from workbench.patch.verify.sandbox import (
    Command,
    OverLimitError,
    rooms,
    run_confined,
    run_in_turns,
)

KINDS = ("bubblewrap", "namespaces", "limits")
FORKS = "import os\nwhile True:\n    os.fork()\n"
FILLS = "n = 0\nwhile True:\n    open(f'f{n}', 'wb').write(bytes(1 << 22))\n    n += 1\n"


@pytest.fixture(params=KINDS)
def kind(request):
    """Each kind of room that this system has."""
    if request.param not in rooms():
        if request.param == "bubblewrap" and os.environ.get("WORKBENCH_BROWSER") == "required":
            pytest.fail("needs bubblewrap: apt-get install bubblewrap")
        pytest.skip(f"this system has no {request.param}")
    return request.param


def command(code, kind=None, **options):
    return Command([sys.executable, "-c", code], "it", kind=kind, **options)


def run(code, kind=None, **options):
    return run_confined(command(code, kind, **options))


def is_running(mark):
    """Whether a process with this mark among its arguments still runs, after a little while."""
    for _ in range(50):
        if subprocess.run(["pgrep", "-f", mark], capture_output=True, check=False).returncode:
            return False
        time.sleep(0.05)
    return True


def test_what_it_says_is_read(kind):
    done = run("import sys; print('out'); print('bad', file=sys.stderr); sys.exit(3)", kind)
    assert (done.exit_code, done.out, done.complaint) == (3, "out\n", "bad\n")
    assert 0 < done.cpu_seconds < 5
    assert done.peak_bytes > 1 << 20


def test_one_that_is_killed_says_by_what(kind):
    assert run("import os; os.kill(os.getpid(), 11)", kind).exit_code == -11


def test_a_fork_bomb_is_ended(kind, monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_PROCESSES", 20)
    mark = uuid.uuid4().hex
    if kind == "limits":  # its processes are found as long as they have their parent
        bomb = "import os, time\nfor _ in range(40):\n    os.fork() or time.sleep(9)\ntime.sleep(9)"
    else:
        bomb = FORKS
    began = time.monotonic()
    with pytest.raises(OverLimitError, match="it: started more than 20 processes"):
        run(f"'{mark}'\n{bomb}", kind, timeout_s=20)
    assert time.monotonic() - began < 15
    assert not is_running(mark)


def test_a_full_disk_is_not_ours(kind, monkeypatch):
    monkeypatch.setattr(sandbox, "HOME_BYTES", 64 << 20)
    began = time.monotonic()
    if kind == "bubblewrap":
        done = run(FILLS, kind, timeout_s=20)
        assert done.exit_code == 1
        assert "No space left on device" in done.complaint
    else:
        with pytest.raises(OverLimitError, match="wrote more than 64 MB"):
            run(FILLS, kind, timeout_s=20)
    assert time.monotonic() - began < 15


def test_what_others_write_meanwhile_is_not_its_own(kind, monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "HOME_BYTES", 64 << 20)
    script = f"open({str(tmp_path / 'x')!r}, 'wb').write(bytes(100 << 20))"
    with subprocess.Popen([sys.executable, "-c", f"import time; time.sleep(0.3); {script}"]):
        done = run("import time; time.sleep(1.5); print('done')", kind)
    assert done.out == "done\n"
    assert (tmp_path / "x").stat().st_size == 100 << 20


def test_a_large_file_is_refused(kind):
    done = run("open('big', 'wb').truncate(1 << 40)", kind)
    assert "File too large" in done.complaint


def test_much_memory_is_refused(kind):
    assert "MemoryError" in run("x = bytearray(8 << 30)", kind).complaint


def test_much_output_is_read_from_its_end(kind):
    done = run("for _ in range(400): print('x' * 9999)\nprint('last')", kind)
    assert done.out.endswith("x\nlast\n")
    assert len(done.out) == 1 << 20


@pytest.mark.parametrize("kind", ["bubblewrap"], indirect=True)
def test_it_cannot_write_outside_of_its_home(kind, tmp_path):
    (tmp_path / "code.py").write_text("x = 1\n")
    told = (
        "import pathlib, os\n"
        f"place = pathlib.Path({str(tmp_path)!r})\n"
        "for act in (lambda: (place / 'new').touch(), (place / 'code.py').unlink,\n"
        "            lambda: (place / 'code.py').write_text('x = 2'),\n"
        "            lambda: (place / 'code.py').chmod(0o777),\n"
        "            lambda: pathlib.Path('/dev/new').touch(),\n"
        "            lambda: pathlib.Path('/tmp/new-file-of-a-fix').touch()):\n"
        "    try:\n        act()\n        print('did it')\n"
        "    except OSError as error:\n        print(error.strerror)\n"
        "pathlib.Path('own').touch()\n"
    )
    done = run(told, kind)
    assert done.exit_code == 0
    assert set(done.out.splitlines()) == {"Read-only file system"}
    assert (tmp_path / "code.py").read_text() == "x = 1\n"


def test_it_writes_where_it_is_let(kind, tmp_path):
    inside, beside = tmp_path / "inside", tmp_path / "beside"
    inside.mkdir()
    run(f"open({str(inside / 'x')!r}, 'w').close()", kind, writable=[inside])
    assert (inside / "x").is_file()
    assert not beside.exists()


def test_its_home_goes_with_it(kind):
    script = "import os; open('left', 'w').close(); print(os.getcwd(), os.environ['TMPDIR'])"
    first, second = run(script, kind).out.split()
    assert first == second
    assert not os.path.exists(first)  # noqa: PTH110


def test_it_has_no_network(kind):
    if kind == "limits":
        pytest.skip("limits leave the network")
    script = (
        "import socket\n"
        "try:\n    socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
        "except OSError as error:\n    print(error.strerror)\n"
    )
    assert run(script, kind).out == "Network is unreachable\n"


def test_what_it_leaves_running_is_ended_and_counted(kind):
    mark = uuid.uuid4().hex
    left = f"import time; '{mark}'; time.sleep(60)"
    script = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {left!r}])\n"
    done = run(script, kind)
    assert done.exit_code == 0
    assert done.n_left == (0 if kind == "limits" else 1)
    assert not is_running(mark)


def test_what_takes_too_long_is_ended_with_all_it_started(kind):
    mark = uuid.uuid4().hex
    child = f"import time; '{mark}'; time.sleep(60)"
    script = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    with pytest.raises(OverLimitError, match="it: did not finish in 1 s"):
        run(script, kind, timeout_s=1)
    assert not is_running(mark)


def test_one_that_ends_its_supervisor_is_an_error(kind):
    script = "import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(9)"
    if kind in ("bubblewrap", "namespaces"):
        assert run(script, kind, timeout_s=30).exit_code == 0  # the first process cannot be killed
    else:
        with pytest.raises(PatchError, match="it: ended from outside"):
            run(script, kind)


def test_secrets_of_the_environment_stay_outside(kind, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    names = run("import os; print(*os.environ)", kind, env={"OWN": "1"}).out.split()
    assert "OWN" in names
    assert "SECRET_TOKEN" not in names


def test_the_first_room_is_the_safest():
    assert sandbox.isolation() == next(name for name in KINDS if name in rooms())


BUSY = "import time\nt = time.process_time()\nwhile time.process_time() - t < {}: pass\n"
STAMPS = (
    "import time\nout, end = [], time.process_time() + 0.3\n"
    "while time.process_time() < end:\n    out.append(time.monotonic())\n"
    "print(*(f'{t:.4f}' for t in out[::200]))\n"
)


def test_one_runs_at_a_time(kind):
    stamps = [done.out.split() for done in run_in_turns([command(STAMPS, kind)] * 3)]
    every = sorted((float(at), who) for who, told in enumerate(stamps) for at in told)
    changes = sum(one[1] != other[1] for one, other in itertools.pairwise(every))
    assert 10 < changes < 0.3 * len(every)  # whoever runs, runs for a while


def test_what_ends_early_leaves_the_others_their_turns(kind):
    short, long = run_in_turns([command("print('short')", kind), command(BUSY.format(0.3), kind)])
    assert short.out == "short\n"
    assert 0.3 <= long.cpu_seconds < 2
    assert short.wall_seconds < long.wall_seconds


def test_one_that_was_left_stopped_goes_on(kind):
    script = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); print('went on')"
    assert run(script, kind, timeout_s=10).out == "went on\n"


def test_waiting_is_told_from_having_no_processor(kind):
    busy = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(busy, start_new_session=True) for _ in range(2 * os.cpu_count())]
    try:
        works = run(BUSY.format(0.3), kind)
        sleeps = run("import time; time.sleep(0.5)\n" + BUSY.format(0.3), kind)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert works.wall_seconds > 0.4  # it shares the processors
    assert works.waiting_seconds < 0.3
    assert 0.5 <= sleeps.waiting_seconds < 0.5 + 0.3


def test_time_that_it_is_stopped_is_not_held_against_a_command(kind):
    busy = command(BUSY.format(0.5), kind, timeout_s=2.5)
    assert len(run_in_turns([busy] * 6)) == 6


def test_one_that_takes_too_long_ends_the_others(kind):
    mark = uuid.uuid4().hex
    others = command(f"'{mark}'\nimport time; time.sleep(60)", kind, timeout_s=60)
    with pytest.raises(OverLimitError, match="did not finish in 1 s"):
        run_in_turns([others, command("while True: pass", kind, timeout_s=1)])
    assert not is_running(mark)
