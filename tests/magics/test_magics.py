import inspect
import linecache
import re
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

import workbench
from workbench.errors import ProfileError
from workbench.magics import PROFILERS, choose_profiler
from workbench.magics.profilers import too_few
from workbench.magics.recorded import own_stacks
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
    profile = profiler.record(lambda: (spin(0.3), time.sleep(0.01))).profile
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
    profile = monitoring.record(lambda: list(walk(30))).profile
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


@pytest.mark.slow
@pytest.mark.alone  # who runs tests side by side has threads of its own
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


@pytest.mark.parametrize("profiler", USABLE, ids=lambda profiler: profiler.name)
@pytest.mark.parametrize("error", [ZeroDivisionError, ProfileError, KeyboardInterrupt, SystemExit])
def test_an_error_in_the_cell_is_the_cells_own_and_its_profile_is_kept(shell, profiler, error):
    shell.user_ns |= {"spin": spin, "Mine": error}
    with pytest.raises(error, match="mine") as caught:
        shell.run_cell_magic(
            "profile", f"--with {profiler.name} --as seen", "spin(0.2)\nraise Mine('mine')"
        )
    assert "spin" in set(shell.user_ns["seen"].top().function)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.name, last.line) == ("<cell>", "raise Mine('mine')")


def test_lines_are_counted_as_in_the_notebook_and_stay_there(shell):
    shell.run_cell_magic("profile", "--with cProfile --quiet", "def f():\n    return 1 / 0\n")
    shell.run_cell_magic("profile", "--with cProfile --quiet", "def g():\n    return 2 / 0\n")
    linecache.checkcache()
    for name, line in (("f", "    return 1 / 0\n"), ("g", "    return 2 / 0\n")):
        made = shell.user_ns[name]
        assert inspect.getsource(made).splitlines(keepends=True)[1] == line
        assert made.__code__.co_firstlineno == 2  # below the magic
        assert re.fullmatch(r"<cell \d+(\.\d+)?>", made.__code__.co_filename)


def test_a_cell_is_compiled_as_the_notebook_compiles(shell):
    shell.run_cell_magic(
        "profile", "--with cProfile", "def f(x: int): ...\nkind = f.__annotations__['x']"
    )
    assert shell.user_ns["kind"] is int
    shell.run_cell("from __future__ import annotations")
    shell.run_cell_magic(
        "profile", "--with cProfile", "def f(x: int): ...\nkind = f.__annotations__['x']"
    )
    assert shell.user_ns["kind"] == "int"


@pytest.mark.parametrize(
    ("cell", "n_shown"), [("41 + 1", 1), ("41 + 1;", 0), ("41 + 1 # x;", 1), ("None", 0)]
)
def test_the_last_value_is_shown_where_no_semicolon_ends_it(shell, cell, n_shown, capsys):
    shell.run_cell_magic("profile", "--with cProfile --quiet", cell)
    assert capsys.readouterr().out.count("42\n") == n_shown


def test_the_graph_of_calls_begins_with_the_cell(shell):
    shell.user_ns["spin"] = spin
    shell.run_cell_magic("profile", "--with cProfile --as seen --quiet", "spin(0.02)\nspin(0.01)")
    seen = shell.user_ns["seen"].top(by="total")
    assert seen.function.iloc[0] == "<cell>"
    assert not seen.file.str.contains("workbench/magics").any()
    assert not seen.function.str.contains("exec|eval|disable").any()


THREADED = """
from concurrent.futures import ThreadPoolExecutor
def inner(seconds):
    return spin(seconds)
with ThreadPoolExecutor(2) as pool:
    parts = [pool.submit(inner, 0.4) for _ in range(2)]
    spin(0.2)
    sums = [part.result() for part in parts]
"""
THREAD_PROFILERS = [profiler for profiler in USABLE if profiler.name != "cProfile"]


@pytest.mark.parametrize("profiler", THREAD_PROFILERS, ids=lambda profiler: profiler.name)
def test_threads_that_a_cell_begins_are_part_of_it(shell, profiler):
    shell.user_ns["spin"] = spin
    shell.run_cell_magic("profile", f"--with {profiler.name} --as seen --quiet", THREADED)
    profile = shell.user_ns["seen"]
    roots = {profile.stack(row)[0].name for row in range(profile.n_stacks)}
    assert roots == {"<cell>", "<threads>"}
    total = profile.top(by="total").set_index("function").total_ratio
    assert total["<threads>"] > 0.3
    assert total["inner"] > 0.3
    assert total["<cell>"] < 0.7


@pytest.mark.parametrize("profiler", THREAD_PROFILERS, ids=lambda profiler: profiler.name)
def test_what_went_on_in_earlier_threads_is_left_out_and_told(profiler):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(spin, 0.0).result()
        seen = profiler.record(lambda: [pool.submit(spin, 0.3).result() for _ in range(2)])
    profile = seen.profile
    names = {f.name for row in range(profile.n_stacks) for f in profile.stack(row)}
    assert "spin" not in names
    assert re.search(
        r"\d+% of the (samples|calls) were in threads that were there before", seen.note
    )


def test_cprofile_tells_what_it_does_not_see():
    def work():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(spin, 0.3).result()

    (profiler,) = [profiler for profiler in PROFILERS if profiler.name == "cProfile"]
    assert re.match(r"\d+% of the CPU time was in other threads", profiler.record(work).note)
    assert profiler.record(lambda: spin(0.3)).note == ""


@pytest.mark.skipif(USABLE[0].name != "py-spy", reason="py-spy may not trace this process")
def test_a_cell_that_is_too_short_says_so_and_shows_no_empty_graph(shell, capsys):
    shown = []
    shell.display_pub.publish = lambda data, **kwargs: shown.append(data)
    shell.run_cell_magic("profile", "--with py-spy", "x = 1")
    assert (
        "too short to tell: 0 samples at 200 a second; repeat the work" in capsys.readouterr().out
    )
    assert shown == []


def test_stacks_of_py_spy_are_cut_to_the_call():
    folded = "\n".join([
        "thread (7): MainThread;<module> (app.py);record (workbench/magics/profilers.py);make_call (workbench/magics/recorded.py);__call__ (workbench/magics/cell.py);<cell> (<cell 3>);f (m.py) 5",
        "thread (7): MainThread;record (workbench/magics/profilers.py);__exit__ (contextlib.py) 2",
        "thread (7): MainThread;<module> (app.py);record (workbench/magics/profilers.py) 2",
        "thread (7): MainThread;<module> (app.py);elsewhere (app.py) 2",
        "thread (8): Beat;Thread._bootstrap (threading.py);beat (kernel.py) 3",
        "thread (0x9);Thread._bootstrap (threading.py);Thread.run (threading.py);g (m.py) 4",
        "thread (10): Thread-1 (listen);Thread._bootstrap (threading.py);listen (workbench/magics/profilers.py) 6",
    ])  # fmt: skip
    stacks, n_samples, n_elsewhere = own_stacks(folded, {7}, {7, 8, 10})
    assert stacks == "<cell> (<cell 3>);f (m.py) 5\n<threads>;g (m.py) 4\n"
    assert (n_samples, n_elsewhere) == (9, 3)


def test_flame_shows_a_file_or_two(shell, tmp_path):
    for name, n in (("before.folded", 5), ("after file.folded", 9)):
        (tmp_path / name).write_text(f"main;a {n}\nmain;b 3\n", encoding="utf-8")
    one = shell.run_line_magic("flame", f"'{tmp_path / 'before.folded'}'")
    assert (one.flame.title, one.flame.after[0]) == ("before.folded", 8)
    two = shell.run_line_magic("flame", f"{tmp_path}/before.folded '{tmp_path}/after file.folded'")
    assert two.flame.is_diff
    shell.user_ns["kept"] = USABLE[-1].record(lambda: spin(0.01)).profile
    assert shell.run_line_magic("flame", "kept").flame.is_estimate


def test_flame_compares_replicates(shell, tmp_path):
    for name, n in (("a1", 50), ("a2", 52), ("b1", 90), ("b2", 91)):
        (tmp_path / f"{name}.folded").write_text(f"main;a {n}\nmain;b 30\n", encoding="utf-8")
    names = [f"{tmp_path}/{name}.folded" for name in ("a1", "a2", "b1", "b2")]
    shown = shell.run_line_magic("flame", f"{' '.join(names[:2])} --after {' '.join(names[2:])}")
    assert shown.flame.title == "a1.folded, a2.folded → b1.folded, b2.folded"
    expected = ((50 / 80) + (52 / 82)) / 2
    (at,) = [n for n, f in enumerate(shown.flame.function) if shown.flame.functions[f].name == "a"]
    assert shown.flame.before[at] / shown.flame.before[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "arguments are required: before"),
        (
            "a b c",
            "expected one file, or two to compare, got 3; replicates are told apart by --aft",
        ),
        ("a --after", "--after: expected at least one argument"),
        ("not-there.folded", "not-there"),
        ("'not-closed", "expected words, quotes in pairs"),
    ],
)
def test_flame_says_what_it_expected(shell, line, said):
    with pytest.raises(UsageError, match=said):
        shell.run_line_magic("flame", line)


def test_regressions_shows_those_of_a_store(shell, make_store, tmp_path):
    make_store({"main;a": 3.0, "main;b": 1.0}, {"main;a": 3.0, "main;b": 3.0})
    board = shell.run_line_magic("regressions", str(tmp_path / "store"))
    assert isinstance(board, RegressionBoard)
    assert "b" in board.detection.regressions.subject.iloc[0]


def test_regressions_shows_those_of_a_file_of_series(shell, tmp_path):
    rows = [
        f"2026-01-{day:02},{(9 if day < 15 else 12) + day % 3 / 9},{5 + day % 2 / 9}"
        for day in range(1, 29)
    ]
    (tmp_path / "latency.csv").write_text("\n".join(["time,parse,read", *rows]), encoding="utf-8")
    board = shell.run_line_magic("regressions", str(tmp_path / "latency.csv"))
    assert [one.subject for one in board.detection.found] == ["parse"]
    assert "series" in board._told["rows"][0]
    with pytest.raises(UsageError, match="expected a service of none, as it names none, got 'web'"):
        shell.run_line_magic("regressions", f"{tmp_path / 'latency.csv'} web")


def test_regressions_may_be_falls_and_has_a_budget(shell, tmp_path):
    rows = [f"2026-01-{day:02},{(9 if day < 15 else 6) + day % 3 / 9}" for day in range(1, 29)]
    (tmp_path / "load.csv").write_text("\n".join(["time,rps", *rows]), encoding="utf-8")
    path = str(tmp_path / "load.csv")
    assert not shell.run_line_magic("regressions", path).detection.found
    board = shell.run_line_magic("regressions", f"{path} --lower-is-worse rps --budget 2")
    assert [one.subject for one in board.detection.found] == ["rps"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "arguments are required: path"),
        ("no-store", "no-store"),
        ("a b c", "unrecognized arguments: c"),
        ("a --nope", "unrecognized arguments: --nope"),
        ("a --budget 0", "expected alerts_per_1000_series above 0, got 0"),
        ('"not-closed', "expected words, quotes in pairs"),
    ],
)
def test_regressions_says_what_it_expected(shell, line, said):
    with pytest.raises(UsageError, match=said):
        shell.run_line_magic("regressions", line)


def test_magics_are_taken_away_again_and_those_of_others_stay(shell):
    known = shell.magics_manager.magics
    before = {kind: set(names) for kind, names in known.items()}
    shell.register_magic_function(len, "line", "regressions")
    workbench.unload_ipython_extension(shell)
    after = {kind: set(names) for kind, names in known.items()}
    assert before["cell"] - after["cell"] == {"profile"}
    assert before["line"] - after["line"] == {"flame"}
    workbench.load_ipython_extension(shell)
    assert "profile" in known["cell"]


def test_regressions_shows_those_of_a_case_too(shell, make_store, tmp_path):
    make_store({"main;a": 3.0, "main;b": 1.0}, {"main;a": 3.0, "main;b": 3.0})
    (tmp_path / "case.json").write_text("{}", encoding="utf-8")
    board = shell.run_line_magic("regressions", str(tmp_path))
    assert len(board.detection.found) == 1
    assert repr(board.detection).startswith("Detection(1 regression, 0 improvements in ")


def test_threads_of_the_kernel_are_nothing_to_speak_of():
    folded = (
        "thread (0x1);make_call (workbench/magics/recorded.py);work (a.py) 50\n"
        "thread (0x2);run (threading.py);_event_pipe_gc (ipykernel/iostream.py) 40\n"
        "thread (0x3);run (threading.py);mine (worker.py) 10\n"
    )
    assert own_stacks(folded, {1}, {2, 3}) == ("work (a.py) 50\n", 50, 10)


def test_a_cell_with_next_to_no_samples_is_told_why():
    assert too_few(40, 0.2) == ""
    assert too_few(3, 0.02).startswith("too short to tell: 3 samples at 200 a second; repeat")
    assert too_few(3, 2.0) == (
        "it took 2.0 s, and next to no CPU time: it waits; --with cProfile tells for what"
    )
