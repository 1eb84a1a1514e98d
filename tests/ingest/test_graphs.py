"""Formats that count calls and see no stacks: cProfile, callgrind."""

import cProfile
import marshal
import pstats

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.marshal_reader import load


def table(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def test_a_real_dump_adds_up_to_what_pstats_says(tmp_path):
    profiler = cProfile.Profile()
    profiler.runcall(lambda: (fib(12), sorted([3, 1, 2])))
    profiler.dump_stats(tmp_path / "p")
    profile, stats = read(tmp_path / "p"), pstats.Stats(str(tmp_path / "p"))
    assert profile.totals["calls/count"] == stats.total_calls
    assert profile.totals["primitive_calls/count"] == stats.prim_calls
    assert profile.totals["time/seconds"] == pytest.approx(stats.total_tt, rel=1e-12)
    assert profile.n_samples == len(stats.stats)
    top = profile.top(value_type="calls")
    assert table(top[top["function"] == "fib"], "self") == [(465,)]
    told = stats.stats[(__file__, fib.__code__.co_firstlineno, "fib")]
    found = profile.top(by="total").set_index("function").loc["fib"]
    assert found["total"] == pytest.approx(told[3])
    assert found["line"] == fib.__code__.co_firstlineno


def test_callers_are_edges(examples):
    profile = read(examples["pstats"].data)
    assert table(profile.callers("work"), "function", "value") == [("<module>", 1.5)]
    assert table(profile.callees("work"), "function", "value") == [
        ("<self>", 1.25), ("<built-in method len>", 0.25),
    ]  # fmt: skip
    assert profile.function(2).file == ""


def test_the_pure_python_profiler_counts_its_callers():
    stats = {("a.py", 1, "f"): (1, 1, 0.5, 0.5, {("a.py", 9, "main"): 3})}
    profile = read(marshal.dumps(stats))
    assert table(profile.callers("f", value_type="calls"), "function", "value") == [("main", 3)]


@pytest.mark.parametrize(
    ("stats", "complaint"),
    [
        ({"f": (1, 1, 0.1, 0.1, {})}, r"expected a function as \(file, line, name\), got 'f'"),
        ({("a", 1, "f"): (1, 1, 0.1, {})}, "expected 4 numbers and callers of"),
        ({("a", 1, "f"): (1, 1, "x", 0.1, {})}, "expected numbers for"),
        ({("a", 1, "f"): (1, 1, float("nan"), 0.1, {})}, "expected numbers for"),
        (
            {("a", 1, "f"): (1, 1, 0.1, 0.1, {("a", 2, "g"): (1, 2)})},
            "expected 4 numbers for the caller",
        ),
        ([1, 2], "expected a dict of functions, got list"),
    ],
)
def test_other_dumps_are_refused(stats, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(marshal.dumps(stats), format="pstats")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**200), 2**200) | st.floats(allow_nan=False) | st.text(max_size=6)
    | st.text("abü", min_size=256, max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.integers(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("version", range(5))
@given(value=PLAIN)
def test_plain_data_is_read_as_marshal_reads_it(version, value):
    assert load(marshal.dumps(value, version)) == value


def test_code_and_depth_are_refused():
    with pytest.raises(ParseError, match="expected plain data, got type 'c'"):
        load(marshal.dumps(fib.__code__))
    nested = ()
    for _ in range(50):
        nested = (nested,)
    with pytest.raises(ParseError, match="less deep"):
        load(marshal.dumps(nested))
    with pytest.raises(ParseError, match="expected less than 2147483647 items"):
        load(b"(\xff\xff\xff\x7f")


# callgrind


def test_self_costs_are_by_line_and_calls_are_edges(examples):
    profile = read(examples["callgrind"].data)
    assert table(profile.top(by="total"), "function", "file", "self", "total") == [
        ("main", "a.c", 20, 420), ("f", "a.c", 400, 400),
    ]  # fmt: skip
    assert table(profile.callees("main"), "function", "value") == [("f", 400), ("<self>", 20)]
    assert profile.locations["line"].to_pylist() == [16, 51]


CALLGRIND = """version: 1
creator: callgrind-3.19
positions: instr line
events: Ir Bc
ob=(1) /bin/app
fl=(1) a.c
fn=(1) main
0x401000 10 5 1
+4 +1 3
+4 * 2
fi=(2) inline.h
+4 7 1
fe=(1)
jfi=(9) other.h
jump=3 0x401020 12
0x401010 12
+0 -1 1
cob=(2) /lib/libc.so
cfi=(3) libc.c
cfn=(2) puts
calls=1 0x500000 40
* * 100 7

ob=(2)
fl=(3)
fn=(2)
0x500000 40 100 7
totals: 112 8
"""


def test_compressed_positions_inlined_files_and_jumps_are_read():
    profile = read(CALLGRIND.encode())
    assert profile.totals == {"Ir/count": 112, "Bc/count": 8}
    places = profile.locations.to_pylist()
    assert [(row["line"], row["kind"]) for row in places] == [
        (10, ""), (11, ""), (7, "inlined"), (40, ""),
    ]  # fmt: skip
    assert table(profile.callers("puts"), "function", "file", "value") == [("main", "a.c", 100)]
    assert profile.top(by="total").iloc[0]["total"] == 112


def test_parts_of_a_file_are_added_up():
    part = "events: Ir\nfn=(1) f\n1 10\n"
    assert read(f"version: 1\npart: 1\n{part}part: 2\n{part}".encode()).totals == {"Ir/count": 20}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("events: Ir\nfn=(3)\n1 2\n", r"2: expected a name for 'fn=\(3\)', which has none yet"),
        ("events: Ir\nfn=f\nhello\n", "3: expected a cost, a name or a header, got 'hello'"),
        ("events: Ir\nfn=f\n1 2 3\n", "3: expected 1 positions and up to 1 costs, got '1 2 3'"),
        ("events: Ir\nfn=f\n1 x\n", "3: expected 1 positions and up to 1 costs"),
        ("events: Ir\nevents: Dr\n", "expected the events .* again"),
        ("events: Ir\nfn=f\ncfn=g\ncalls=1 2\n", "expected the cost of a call, found the end"),
        ("version: 2\nevents: Ir\n", "expected version 1, got 2"),
        ("version: 1\nfn=f\n", "expected a line `events:`, found none"),
        ("events: Ir\npositions: column\n", "expected instr, bb or line"),
    ],
)
def test_what_the_format_does_not_have_is_named(text, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(text.encode(), format="callgrind")
