import sys
import time

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import workbench
from workbench.errors import ProfileError
from workbench.magics import PROFILERS, choose_profiler
from workbench.widgets import FlameGraph, RegressionBoard

USABLE = [profiler for profiler in PROFILERS if not profiler.why_not()]


@pytest.fixture
def shell():
    shell = InteractiveShell()
    shell.display_pub.publish = lambda *args, **kwargs: None
    workbench.load_ipython_extension(shell)
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def spin(seconds: float) -> int:
    ends, n = time.perf_counter() + seconds, 0
    while time.perf_counter() < ends:
        n += 1
    return n


def test_at_least_one_profiler_can_be_used_wherever_it_runs():
    assert "cProfile" in {profiler.name for profiler in USABLE}
    profiler, reasons = choose_profiler()
    assert profiler is USABLE[0]
    assert len(reasons) == PROFILERS.index(profiler)


@pytest.mark.parametrize("profiler", USABLE, ids=lambda profiler: profiler.name)
def test_each_profiler_sees_where_the_time_went(profiler):
    profile = profiler.record(lambda: (spin(0.3), time.sleep(0.01)))
    top = profile.top(by="total")
    seen = top[top.function == "spin"]
    assert len(seen) == 1
    assert seen.total_ratio.iloc[0] > 0.7


@pytest.mark.parametrize("profiler", USABLE, ids=lambda profiler: profiler.name)
def test_what_the_cell_raises_goes_on(profiler):
    with pytest.raises(ZeroDivisionError):
        profiler.record(lambda: 1 / 0)
    assert profiler.why_not() == ""  # and it can be used again


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is of Python 3.12")
def test_recursion_and_generators_are_told_apart_by_path():
    def walk(n):
        if n:
            yield from walk(n - 1)
        yield n

    (monitoring,) = [profiler for profiler in PROFILERS if profiler.name == "sys.monitoring"]
    profile = monitoring.record(lambda: list(walk(30)))
    depths = [len(profile.stack(s)) for s in range(profile.n_stacks)]
    assert max(depths) >= 30


@pytest.mark.parametrize("name", ["gprof", ""])
def test_a_profiler_of_another_name_is_refused(name):
    with pytest.raises(ProfileError, match="expected a profiler of py-spy, sys.monitoring, cProf"):
        choose_profiler(name or " ")


def test_a_cell_is_profiled_and_its_profile_kept(shell, capsys):
    shell.user_ns["spin"] = spin
    shell.run_cell_magic("profile", "--with cProfile --as seen", "x = spin(0.05)\nx + 1")
    assert shell.user_ns["x"] > 0
    assert "spin" in set(shell.user_ns["seen"].top().function)
    assert "cProfile: Profile(" in capsys.readouterr().out


@pytest.mark.skipif(USABLE[0].name != "py-spy", reason="py-spy may not trace this process")
def test_of_samples_only_what_went_on_in_the_cell_is_kept(shell):
    shell.user_ns["spin"] = spin
    shell.run_cell_magic("profile", "--with py-spy --as seen --quiet", "spin(0.4)")
    flame = FlameGraph(shell.user_ns["seen"]).flame
    assert {flame.path(node)[0].name for node in range(1, flame.n_nodes)} == {"<cell>"}


@pytest.mark.parametrize(
    ("line", "cell", "said"),
    [
        ("--as 3x", "1", "expected the name of a variable after --as, got '3x'"),
        ("--with gprof", "1", "invalid choice"),
        ("", "await x", "expected Python that runs at once"),
        ("", "x = = 3", "expected Python that runs at once"),
    ],
    ids=["name", "profiler", "await", "syntax"],
)
def test_a_cell_that_cannot_be_profiled_says_why(shell, line, cell, said, capsys):
    with pytest.raises((UsageError, SystemExit)) as caught:
        shell.run_cell_magic("profile", line, cell)
    assert said in f"{caught.value}{capsys.readouterr().err}"


def test_an_error_in_the_cell_is_the_cells_own(shell):
    with pytest.raises(ZeroDivisionError):
        shell.run_cell_magic("profile", "--with cProfile", "1 / 0")


def test_flame_shows_a_file_or_two(shell, tmp_path):
    for name, n in (("before.folded", 5), ("after file.folded", 9)):
        (tmp_path / name).write_text(f"main;a {n}\nmain;b 3\n", encoding="utf-8")
    one = shell.run_line_magic("flame", f"'{tmp_path / 'before.folded'}'")
    assert (one.flame.title, one.flame.after[0]) == ("before.folded", 8)
    two = shell.run_line_magic("flame", f"{tmp_path}/before.folded '{tmp_path}/after file.folded'")
    assert two.flame.is_diff
    shell.user_ns["kept"] = USABLE[-1].record(lambda: spin(0.01))
    assert shell.run_line_magic("flame", "kept").flame.is_estimate


@pytest.mark.parametrize("line", ["", "a b c", "not-there.folded"])
def test_flame_says_what_it_expected(shell, line):
    with pytest.raises(UsageError, match="expected one file|not-there"):
        shell.run_line_magic("flame", line)


def test_regressions_shows_those_of_a_store(shell, make_store, tmp_path):
    make_store({"main;a": 3.0, "main;b": 1.0}, {"main;a": 3.0, "main;b": 3.0})
    board = shell.run_line_magic("regressions", str(tmp_path / "store"))
    assert isinstance(board, RegressionBoard)
    assert "b" in board.detection.regressions.subject.iloc[0]


@pytest.mark.parametrize("line", ["", "no-store", "a b c"])
def test_regressions_says_what_it_expected(shell, line):
    with pytest.raises(UsageError, match="expected a store|no-store"):
        shell.run_line_magic("regressions", line)
