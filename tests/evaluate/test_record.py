import pytest

from workbench.errors import CaseError, PatchError
from workbench.evaluate.cases.record import calibrate, timed_part
from workbench.ingest import read
from workbench.types import Workload

PROFILE = (
    b"<module> (wl.py:1);run (/case/workload/_wl.py:9);main (wl.py:3);work (pkg/m.py:2) 30\n"
    b"<module> (wl.py:1);run (/case/workload/_wl.py:9) 5\n"
    b"<module> (wl.py:1);_load (importlib/_bootstrap.py:9) 70\n"
    b"<module> (wl.py:1);run (pkg/other.py:9) 11\n"
)


def test_only_the_timed_part_is_kept():
    kept = timed_part(read(PROFILE, format="folded"))
    assert kept.totals == {"samples/count": 35}
    leaves = {kept.stack(int(stack))[-1].name for stack in kept.sample_stacks}
    assert leaves == {"work", "run"}


def test_all_is_kept_of_a_workload_that_times_itself():
    profile = read(b"<module> (wl.py:1);main (wl.py:3) 3\n")
    kept = timed_part(profile)
    assert kept is profile


def workload(tmp_path, cpu, rounds=1):
    (tmp_path / "w.py").write_text(
        "import os, c\nn = int(os.environ['WL_REPEAT'])\n"
        f"print(f'WL cpu={{n * {cpu} * c.FACTOR}} wall=1 check=1')\n"
    )
    for name, factor in (("before", 1), ("after", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "c.py").write_text(f"FACTOR = {factor}\n")
    made = Workload(("w.py",), (), rounds)
    return made, tmp_path, tmp_path / "before", tmp_path / "after"


@pytest.mark.parametrize(
    ("cpu", "rounds", "wanted"),
    [
        (0.1, 1, 10),  # until a window of the faster release is a second long
        (0.1, 30, 30),  # a spec may ask for more
        (0.1, 99, 40),  # but the slower release's not above eight seconds
        (5.0, 1, 1),
        (50.0, 3, 1),
    ],
)
def test_rounds_make_a_window_long_enough_on_both(tmp_path, cpu, rounds, wanted):
    assert calibrate(*workload(tmp_path, cpu, rounds)).rounds == wanted


def test_a_workload_that_crashes_is_told(tmp_path):
    made, folder, before, after = workload(tmp_path, 1)
    (after / "c.py").write_text("raise RuntimeError('no such thing')\n")
    with pytest.raises(PatchError, match=r"w\.py failed: RuntimeError: no such thing"):
        calibrate(made, folder, before, after)


def test_no_profiler_is_told(tmp_path, monkeypatch):
    from workbench.evaluate.cases import record

    made, folder, before, _ = workload(tmp_path, 1)
    monkeypatch.setattr(record.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CaseError, match="expected py-spy"):
        record.record(made, folder, before)


def test_the_rate_reaches_the_profiler(tmp_path, monkeypatch):
    """A stand-in for py-spy, which notes how it was called and runs what it was to record."""
    from workbench.evaluate.cases import record

    spy = tmp_path / "py-spy"
    spy.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > {tmp_path}/called\n'
        'while [ "$1" != "--output" ]; do shift; done\n'
        'echo "run (_wl.py:1);f (m.py:2) 3" > "$2"\n'
        "shift 3\n"
        'exec "$@"\n'
    )
    spy.chmod(0o755)
    made, folder, before, _ = workload(tmp_path, 1)
    (tmp_path / "python").symlink_to(record.sys.executable)
    monkeypatch.setattr(record.sys, "executable", str(tmp_path / "python"))
    profile, run = record.record(made, folder, before, rate_hz=100)
    assert "--rate=100" in (tmp_path / "called").read_text().split()
    assert (profile.totals, run.cpu_seconds) == ({"samples/count": 3}, 1.0)
