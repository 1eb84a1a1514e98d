"""What is peculiar to text: perf script, Austin, the forms before pprof."""

import pytest

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.types import Function


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


# perf script


@pytest.mark.parametrize(
    ("header", "labels", "totals"),
    [
        ("swapper     0 [002] 202513.231851:    1001001 cpu-clock: ",
         {"thread": "swapper", "pid": 0, "cpu": 2}, {"samples/count": 1, "cpu-clock/nanoseconds": 1001001}),
        ("java 24636/25607 4794564.109216: cycles:",
         {"thread": "java", "pid": 24636, "tid": 25607}, {"samples/count": 1}),
        ("V8 WorkerThread 25607 4794564.109216: 7 cycles:ppp:",
         {"thread": "V8 WorkerThread", "pid": 25607}, {"samples/count": 1, "cycles/count": 7}),
        ("            bash  8003 19455.444677:    2 task-clock:u: ",
         {"thread": "bash", "pid": 8003}, {"samples/count": 1, "task-clock/nanoseconds": 2}),
        ("perf 12 [001] 1.5: 1 sched:sched_switch: prev_comm=perf prev_pid=12 ==> next_comm=x",
         {"thread": "perf", "pid": 12, "cpu": 1}, {"samples/count": 1, "sched:sched_switch/count": 1}),
        ("a.out 7 cpu_core/cycles/u: ", {"thread": "a.out", "pid": 7}, {"samples/count": 1}),
    ],
)  # fmt: skip
def test_a_sample_begins_in_many_shapes(header, labels, totals):
    profile = read(f"{header}\n\t    401000 main+0x20 (/bin/app)\n\n".encode())
    assert profile.totals == totals
    told = {row["key"]: row["text"] or row["number"] or 0 for row in profile.labels.to_pylist()}
    assert told == labels
    assert stacks(profile) == [["main"]]


def test_frames_tell_symbol_binary_kind_and_address(examples):
    profile = read(examples["perf_script"].data)
    functions = [profile.function(n) for n in range(profile.functions.num_rows)]
    assert functions == [
        Function("do_work", "[kernel.kallsyms]"), Function("operator new(unsigned long)", "/bin/app"),
        Function("main", "/bin/app (deleted)"), Function("main", "/bin/app"),
    ]  # fmt: skip
    rows = profile.locations.to_pylist()
    assert [row["kind"] for row in rows] == ["kernel", "", "", ""]
    assert rows[0]["address"] == 0xFFFFFFFF81000010 - 2**64
    assert stacks(profile)[0] == ["main", "operator new(unsigned long)", "do_work"]
    assert profile.duration_s == pytest.approx(0.0001)


def test_inlined_jit_and_unknown_frames():
    text = """app 1 1.0: 5 cycles:
\t     100 [unknown] ([unknown])
\t     200 f (inlined)
  file.c:12
\t     200 g+0x4 (/bin/app)
\t     300 Lcom/A;::b+0x8 (/tmp/perf-1.map)
"""
    profile = read(text.encode())
    assert [row["kind"] for row in profile.locations.to_pylist()] == ["", "inlined", "", "jit"]
    assert profile.function(0) == Function("[unknown]")
    assert stacks(profile) == [["Lcom/A;::b", "g", "f", "[unknown]"]]


def test_a_stack_of_one_may_stand_on_the_line_and_a_sample_without_is_kept():
    text = "app 1 1.0: 5 cycles:  ffffffff82 page_fault+0xd7 ([kernel.kallsyms])\napp 1 2.0: 5 cycles: \n"
    assert stacks(read(text.encode())) == [["page_fault"], []]


def test_a_line_of_another_kind_is_named():
    with pytest.raises(ParseError, match="2: expected a sample or a frame, got 'hello'"):
        read(b"app 1 1.0: 5 cycles:\nhello\n", format="perf_script")


# Austin


def test_threads_are_labels_and_modes_are_columns(examples):
    profile = read(examples["austin"].data)
    assert stacks(profile) == [["<module>", "work"], [":GC:"]]
    assert profile.to_pandas()["thread"].tolist() == ["43", "43"]
    assert profile.duration_s == 0.002
    full = read(
        b"# austin: 3.7.0\n# mode: full\nP1;T0:2;a.py:f:3 100,0,64\nP1;T0:2;a.py:f:3 50,1,-64\n"
    )
    assert full.totals == {"time/microseconds": 150, "cpu/microseconds": 100, "space/bytes": 0}


def test_frames_with_columns_and_drives_are_taken_apart():
    profile = read(b"# austin: 4.0.0\nP1;T0:2;C:\\a.py:Cls.f:3:4:1:9 5\n")
    assert profile.function(0) == Function("Cls.f", "C:\\a.py")
    assert profile.locations["line"].to_pylist() == [3]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("P1;T0:2;a.py:f:3 1,2,3", "and a metric, got"), ("main;f 3", "expected P<pid>;T<thread>"),
     ("P1;T0:2;a.py:f:3 x", "expected P<pid>")],
)  # fmt: skip
def test_other_lines_are_named(line, complaint):
    with pytest.raises(ParseError, match=f"^2: .*{complaint}"):
        read(f"# austin: 3.7.0\n{line}\n".encode(), format="austin")


def test_mojo_holds_what_the_text_holds(examples):
    profile = read(examples["mojo"].data)
    assert profile.function(0) == Function("work", "/a.py")
    assert profile.locations["line"].to_pylist() == [9]
    assert profile.to_pandas()[["pid", "thread"]].values.tolist() == [[42, "T1"]]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"MOJ", "expected more of an event"),
        (b"MOJ\x04", "expected MOJO of version 1 to 3, got 4"),
        (b"MOJ\x03\x05\x01", "expected a stack before event 5"),
        (b"MOJ\x03\x02\x01\x00T\0\x05\x09", "expected a frame known by 9"),
        (b"MOJ\x03\x02\x01\x00T\0\x20", "expected an event up to 12, got 32"),
        (b"MOJ\x03\x0b\x01text", "expected more of an event"),
        (b"MOJ\x03\x02" + b"\xff" * 20, "expected an integer of 64 bits"),
    ],
)
def test_events_that_are_none_are_named(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data)
