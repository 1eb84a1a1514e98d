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
         {"thread": "swapper", "tid": 0, "cpu": 2}, {"samples/count": 1, "cpu-clock/nanoseconds": 1001001}),
        ("java 24636/25607 4794564.109216: cycles:",
         {"thread": "java", "pid": 24636, "tid": 25607}, {"samples/count": 1}),
        ("V8 WorkerThread 25607 4794564.109216: 7 cycles:ppp:",
         {"thread": "V8 WorkerThread", "tid": 25607}, {"samples/count": 1, "cycles/count": 7}),
        ("            bash  8003 19455.444677:    2 task-clock:u: ",
         {"thread": "bash", "tid": 8003}, {"samples/count": 1, "task-clock/nanoseconds": 2}),
        ("perf 12 [001] 1.5: 1 sched:sched_switch: prev_comm=perf prev_pid=12 ==> next_comm=x",
         {"thread": "perf", "tid": 12, "cpu": 1}, {"samples/count": 1, "sched:sched_switch/count": 1}),
        ("a.out 7 cpu_core/cycles/u: ", {"thread": "a.out", "tid": 7}, {"samples/count": 1}),
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
    rows = profile.locations.take(profile.stack_locations).to_pylist()
    functions = [profile.function(row["function"]) for row in rows]
    assert functions == [
        Function("main", "/bin/app (deleted)"), Function("operator new(unsigned long)", "/bin/app"),
        Function("do_work", "[kernel.kallsyms]"), Function("main", "/bin/app"),
    ]  # fmt: skip
    assert [row["kind"] for row in rows] == ["", "", "kernel", ""]
    assert rows[2]["address"] == 0xFFFFFFFF81000010 - 2**64
    assert stacks(profile)[0] == ["main", "operator new(unsigned long)", "do_work"]
    assert profile.duration_s == pytest.approx(0.0001)


def test_inlined_jit_and_unknown_frames():
    text = """app 1 1.0: 5 cycles:
\t     100 [unknown] ([unknown])
\t     200 f (inlined)
  file.c:12
\t     200 g+0x4 (/bin/app)
\t     300 Lcom/A;::b->c+0x8 (/tmp/perf-1.map)
"""
    profile = read(text.encode())
    rows = profile.locations.take(profile.stack_locations).to_pylist()
    assert [row["kind"] for row in rows] == ["jit", "inlined", "", "inlined", ""]
    assert [row["line"] for row in rows] == [0, 0, 0, 12, 0]
    assert stacks(profile) == [["Lcom/A;::b", "c", "g", "f", "[unknown]"]]
    files = [profile.function(row["function"]).file for row in rows]
    assert files[2:] == ["/bin/app", "file.c", ""]


@pytest.mark.parametrize(("frames", "told"), [
    ("\t  1b48 W<long>::run+0xb\n  v.cpp:7 (inlined)\n\t  1b48 main+0xb (/bin/a b)\n  m.cpp:9\n",
     [("main", "m.cpp", 9, ""), ("W<long>::run", "v.cpp", 7, "inlined")]),
    ("\t  1b48 main+0xb\n", [("main", "", 0, "")]),
    ("\tmain+0xb (/bin/app)\n", [("main", "/bin/app", 0, "")]),
    ("\tmain\n", [("main", "", 0, "")]),
    ("\t  1b48 main+0xb (/bin/app+0x2bbed)\n", [("main", "/bin/app", 0, "")]),
    ("\t  1b48 f (/boot/vmlinux-5.4.14)\n", [("f", "/boot/vmlinux-5.4.14", 0, "kernel")]),
    ("\t  1b48 f (/lib/m.ko.xz)\n", [("f", "/lib/m.ko.xz", 0, "kernel")]),
    ("\tffffffffc0 prog (bpf_prog_2b95)\n", [("prog", "bpf_prog_2b95", 0, "")]),
    ("\tffffffffc0000000 prog (bpf_prog_2b95)\n", [("prog", "bpf_prog_2b95", 0, "kernel")]),
])  # fmt: skip
@pytest.mark.parametrize("header", ["app 1 1.0: 5 cycles:", "app 1/2 1.0: ", "app 1"])
def test_frames_come_with_what_was_asked_for(header, frames, told):
    profile = read(f"{header}\n{frames}\n".encode(), format="perf_script")
    rows = profile.locations.take(profile.stack_locations).to_pylist()
    functions = [profile.function(row["function"]) for row in rows]
    assert [(f.name, f.file, row["line"], row["kind"]) for f, row in zip(functions, rows, strict=True)] == told  # fmt: skip
    assert profile.n_samples == 1


def test_records_of_other_kinds_are_left_out():
    text = """[ perf record: Woken up 1 times ]
perf 0 0.0: PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x1209988) @ 0]: x [kernel]_text
app 1 1.0: 5 cycles:
\t  1b48 main (/bin/app)

|6   int main() {
app 1 1.1: PERF_RECORD_EXIT(1:1):(1:1)
"""
    assert read(text.encode()).totals == {"samples/count": 1, "cycles/count": 5}


def test_of_several_events_that_of_the_cpu_is_the_default():
    text = "".join(
        f"app 1 1.0: {period} {event}: \n\t 1 f{n} (/bin/app)\n\n"
        for n, (period, event) in enumerate(
            [(7, "page-faults"), (100, "cycles:u"), (100, "cycles:u")]
        )
    )
    profile = read(text.encode())
    assert profile.totals == {"samples/count": 3, "page-faults/count": 7, "cycles/count": 200}
    assert profile.top()["self"].tolist() == [100, 100]
    no_periods = read(text.replace(" 7 ", " ").replace(" 100 ", " ").encode())
    assert no_periods.totals == {"samples/count": 3, "page-faults/count": 1, "cycles/count": 2}


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
