"""perf script: what versions and `-F` leave out or add."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.types import Function

FRAMES = "\t  401000 leaf+0x10 (/bin/app)\n\t  402000 main+0x20 (/bin/app)\n"


def functions(profile):
    return [profile.function(row) for row in range(profile.functions.num_rows)]


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def labels(profile):
    rows = profile.labels.to_pylist()
    return {row["key"]: row["number"] if row["text"] is None else row["text"] for row in rows}


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("a b 12/34 1.5: cycles:u: ", {"thread": "a b", "pid": 12, "tid": 34}),
        ("a b 12/34 1.5: ", {"thread": "a b", "pid": 12, "tid": 34}),
        ("a b 12/34 [003] ", {"thread": "a b", "pid": 12, "tid": 34, "cpu": 3}),
        ("a 7 12/34 [003] 1.5: 9 cycles: ", {"thread": "a 7", "pid": 12, "tid": 34, "cpu": 3}),
        ("perf 12/34 U   1.5: 9 cycles: ", {"thread": "perf", "pid": 12, "tid": 34}),
        ("  12/34 [003] 1.5: 9 cycles: ", {"thread": "", "pid": 12, "tid": 34, "cpu": 3}),
        ("x 12/34 1.5: 9 raw 0x1a: ", {"thread": "x", "pid": 12, "tid": 34}),
        ("kworker/0:1-eve 12/34 1.5: 9 mem:0x40:rw: ", {"thread": "kworker/0:1-eve", "pid": 12, "tid": 34}),
    ],
)  # fmt: skip
def test_a_sample_may_begin_with_less_or_more(header, told):
    text = f"{header}\n{FRAMES}\n{header}\n{FRAMES}\n"
    for data in (text.encode(), text.replace("\n", "\r\n").encode()):
        assert find_format(Content(data)) == "perf_script"
        profile = read(data)
        assert stacks(profile) == [["main", "leaf"]] * 2
        assert labels(profile) == told


def test_samples_of_one_line_are_apart_whatever_their_command_is():
    """Commands such as `dd` and `a b` could be addresses."""
    text = "".join(
        f"   {comm} 12 1.5:  7 cycles:  40{n}000 leaf+0x1 (/bin/app)\n"
        for n, comm in enumerate(["dd", "a b", "bc", "cc1"])
    )
    profile = read(text.encode())
    assert profile.totals == {"samples/count": 4, "cycles/count": 28}
    assert profile.to_pandas()["thread"].tolist() == ["dd", "a b", "bc", "cc1"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cycles", "sched:sched_switch", "L1-dcache-load-misses", "cpu/x=1/"]),
            st.integers(0, 10**12),
            st.lists(
                st.sampled_from(["f", "operator()", "g<int, a>(x const&)", "h;i"]), max_size=4
            ),
        ),
        min_size=1,
    )
)
def test_every_sample_is_a_row_with_its_period(samples):
    text = ""
    for n, (event, period, frames) in enumerate(samples):
        text += f"app 1/2 [000] {n}.000001: {period} {event}: \n"
        text += "".join(
            f"\t 40{place:x}0 {name}+0x1 (/bin/x)\n" for place, name in enumerate(frames)
        )
        text += "\n"
    profile = read(text.encode())
    totals = {"samples/count": len(samples)}
    for event, period, _ in samples:
        totals[f"{event}/count"] = totals.get(f"{event}/count", 0) + period
    assert profile.totals == totals
    assert stacks(profile) == [frames[::-1] for *_, frames in samples]
    assert profile.duration_s == len(samples) - 1


def test_several_events_without_periods_are_told_by_a_label():
    text = f"app 1 1.0: cycles:\n{FRAMES}\napp 1 1.1: faults:u:\n{FRAMES}\n"
    assert read(text.encode()).to_pandas()["event"].tolist() == ["cycles", "faults"]


def test_records_of_other_kinds_are_no_samples():
    text = f"""swapper     0     0.000000: PERF_RECORD_MMAP -1/0: [0x1(0x2) @ 0x3]: x [kernel.kallsyms]_text
app     1     0.000000: PERF_RECORD_COMM: app:1/1
app     1     0.000000: PERF_RECORD_COMM exec: a b:1/1
app 1 1.0: 5 cycles:
{FRAMES}
"""
    assert read(text.encode()).totals == {"samples/count": 1, "cycles/count": 5}


def test_a_header_longer_than_a_page_tells_when():
    header = "# captured on    : Wed Nov 25 21:28:12 2026\n" + "# cpuid : x\n" * 1000
    profile = read(f"{header}app 1 1.000000001: 5 cycles:\n{FRAMES}\n".encode())
    assert profile.time_ns == 1_795_642_092 * 10**9
    assert profile.duration_s == 0.0
    assert read(f"# captured on : soon\napp 1 1.0: 5 cycles:\n{FRAMES}".encode()).time_ns is None


# frames


@pytest.mark.parametrize(
    ("frame", "function", "kind"),
    [
        ("401000 f() const+0x1 (/bin/app+0x1000)", Function("f() const", "/bin/app"), ""),
        ("401000 std::function<void (int)>::operator()+0x1 (/bin/app (deleted))",
         Function("std::function<void (int)>::operator()", "/bin/app (deleted)"), ""),
        ("401000 f", Function("f"), ""),
        ("401000", Function("0x401000"), ""),
        ("f (/bin/app)", Function("f", "/bin/app"), ""),
        ("ffffffff81000010 f+0x1 (/usr/lib/debug/vmlinux)", Function("f", "/usr/lib/debug/vmlinux"), "kernel"),
        ("ffffffffa0000010 f+0x1 ([nf_tables])", Function("f", "[nf_tables]"), "kernel"),
        ("ffffffffff600000 f ([vsyscall])", Function("f", "[vsyscall]"), ""),
        ("7f00 L;a.B::c (/proc/7/root/tmp/perf-7.map)", Function("L;a.B::c", "/proc/7/root/tmp/perf-7.map"), "jit"),
        ("7f00 c (/home/u/.debug/jit/x/jitted-7-1.so)", Function("c", "/home/u/.debug/jit/x/jitted-7-1.so"), "jit"),
    ],
)  # fmt: skip
def test_frames_have_many_shapes(frame, function, kind):
    profile = read(f"app 1 1.0: 5 cycles:\n\t{frame}\n".encode())
    assert functions(profile) == [function]
    assert profile.locations["kind"].to_pylist() == [kind]


def test_what_is_inlined_is_in_the_binary_of_its_caller():
    text = """app 1 1.0: 5 cycles:
\t  401000 f (inlined)
             g (inlined)
\t  401000 h+0x1 (/bin/app)

app 1 2.0: 5 cycles:
\t  402000 f+0x1 (/bin/app)
"""
    profile = read(text.encode())
    assert functions(profile) == [Function(name, "/bin/app") for name in "fgh"]
    assert profile.locations["kind"].to_pylist() == ["inlined", "inlined", "", ""]


def test_source_lines_give_functions_their_file():
    text = """app 1 1.0: 5 cycles:
\t  401000 leaf+0x10 (/bin/app)
  a.c:7
\t  402000 main+0x20 (/bin/app)
  a.c:20 (discriminator 3)
\t  27000 start+0x1 (/bin/a b)
  a b[27000]

app 1 2.0: 5 cycles:
\t  401010 leaf+0x20 (/bin/app)
  math.h:99
\t  401020 leaf+0x30 (/bin/app)
  a.c:8
\t  401030 leaf+0x40 (/bin/app)
  ??:0
"""
    profile = read(text.encode())
    assert functions(profile) == [
        Function("leaf", "a.c"),
        Function("main", "a.c"),
        Function("start", "/bin/a b"),
    ]
    assert profile.locations["line"].to_pylist() == [7, 20, 0, 0, 8, 0]


# what is wrong


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"app 1 1.0: 5 cycles:\n{FRAMES}\napp 1\n{FRAMES}", "^5: expected a sample or a frame, got 'app 1'"),
        (f"app 1 1.0: 5 cycles:\n{FRAMES}\napp 1 2.0: !\n", "^5: expected a sample or a frame, got 'app 1 2.0"),
        (f"app 1 1.0: 5 cycles:\n\n{FRAMES}", "^3: expected a sample or a frame, got '.t  401000 leaf"),
    ],
)  # fmt: skip
def test_lines_that_are_none_of_this_are_named(text, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(text.encode(), format="perf_script")


@pytest.mark.parametrize("line", ["a" + " " * 100_000 + "b", "a " * 50_000, "a 1 " + ":a" * 50_000])
def test_long_lines_are_refused_soon(line):
    with pytest.raises(ParseError, match="^1: expected a sample"):
        read(line.encode(), format="perf_script")
