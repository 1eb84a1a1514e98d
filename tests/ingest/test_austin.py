"""Austin, text and MOJO: its modes and variants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.types import Function

FRAMES = st.lists(st.sampled_from(["f", "<module>", "C.f", "g.<locals>.h"]), max_size=5)
METRICS = st.integers(-(10**12), 10**12)


def functions(profile):
    return [profile.function(row) for row in range(profile.functions.num_rows)]


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def labels(profile):
    rows = profile.labels.to_pylist()
    return [(row["key"], row["number"] if row["text"] is None else row["text"]) for row in rows]


def number(value):
    """Write an integer as MOJO does."""
    first, value = (0x40 if value < 0 else 0) | (abs(value) & 0x3F), abs(value) >> 6
    written = [first]
    while value:
        written[-1] |= 0x80
        written.append(value & 0x7F)
        value >>= 7
    return bytes(written)


def mojo(*events, mode="wall", version=3):
    return b"MOJ" + number(version) + f"\1mode\0{mode}\0".encode() + b"".join(events)


def stack(thread="2b", pid=42, interpreter=0):
    return b"\2" + number(pid) + number(interpreter) + thread.encode() + b"\0"


def frame(key, file, name, line):
    strings = b"\x0b" + number(2 * key + 2) + file.encode() + b"\0"
    strings += b"\x0b" + number(2 * key + 3) + name.encode() + b"\0"
    keys = (key, 2 * key + 2, 2 * key + 3, line, 0, 0, 0)
    return strings + b"\3" + b"".join(map(number, keys))


def reference(key):
    return b"\5" + number(key)


# text


@pytest.mark.parametrize(
    ("mode", "metric", "totals"),
    [
        ("wall", "7", {"time/microseconds": 7}),
        ("cpu", "7", {"cpu/microseconds": 7}),
        ("memory", "-4096", {"space/bytes": -4096}),
        ("full", "7,1,-4096", {"time/microseconds": 7, "cpu/microseconds": 0, "space/bytes": -4096}),
        ("full", "7", {"time/microseconds": 7}),
    ],
)  # fmt: skip
def test_a_mode_says_what_is_measured(mode, metric, totals):
    text = f"# austin: 3.7.0\n# mode: {mode}\n\nP1;T0:2;a.py:f:3 {metric}\n"
    assert read(text.encode()).totals == totals


@given(st.lists(st.tuples(FRAMES, METRICS)))
def test_every_line_is_a_row(samples):
    text = "# austin: 3.7.0\n# mode: memory\n"
    for names, metric in samples:
        text += ";".join(["P1;T0:2", *(f"/a b.py:{name}:3" for name in names)]) + f" {metric}\n"
    profile = read(text.encode())
    assert profile.n_samples == len(samples)
    assert stacks(profile) == [names for names, _ in samples]
    assert sum(profile.totals.values()) == sum(metric for _, metric in samples)


@pytest.mark.parametrize(
    ("text", "function", "line", "kind"),
    [
        ("/a.py:C.f:3", Function("C.f", "/a.py"), 3, ""),
        ("/a.py:C.f;L3", Function("C.f", "/a.py"), 3, ""),
        ("C:\\a.py:f:3", Function("f", "C:\\a.py"), 3, ""),
        ("/a.py:f:3:4:1:9", Function("f", "/a.py"), 3, ""),
        ("<frozen site>:<module>:616", Function("<module>", "<frozen site>"), 616, ""),
        ("/x.cc:std::f::g:7", Function("std::f::g", "/x.cc"), 7, ""),
        ("native@7fc0871278ec:_PyEval_Vector:208", Function("_PyEval_Vector"), 0, "native"),
        ("kernel:do_syscall_64:0", Function("do_syscall_64"), 0, "kernel"),
        (":GC:", Function(":GC:"), 0, ""),
        (":INVALID:", Function(":INVALID:"), 0, ""),
    ],
)
def test_frames_have_many_shapes(text, function, line, kind):
    profile = read(f"# austin: 3.7.0\nP1;T0:2;{text} 5\n".encode())
    assert functions(profile) == [function]
    assert (profile.locations["line"][0].as_py(), profile.locations["kind"][0].as_py()) == (
        line,
        kind,
    )


def test_a_place_of_native_code_is_its_address():
    profile = read(b"P1;T0:2;native@ffffffff00000000:f:208;native@10:f:9 5\n")
    assert functions(profile) == [Function("f")]
    assert profile.locations["address"].to_pylist() == [0xFFFFFFFF00000000 - 2**64, 0x10]


def test_another_interpreter_is_a_label():
    profile = read(b"P1;T0:2 5\nP1;T1f:2 6\nP1;T7 7\n")
    assert labels(profile)[2:] == [
        ("pid", 1), ("thread", "2"), ("interpreter", 31), ("pid", 1), ("thread", "7"),
    ]  # fmt: skip


def test_text_is_told_from_folded_stacks():
    deep = "P1;T0:2;" + ";".join(["/a.py:f:3"] * 10_000) + " 5\n"
    assert find_format(Content(deep.encode())) == "austin"
    for text in ("main;f 3\n", "P1;f 3\n", "Process 1;T1;f 3\n", "# a comment\nmain;f 3\n"):
        assert find_format(Content(text.encode())) == "folded"


# MOJO


@given(st.lists(st.tuples(st.lists(st.integers(0, 300), max_size=5), METRICS)))
def test_every_stack_of_mojo_is_a_row(samples):
    told = stack() + b"".join(frame(key, "/a.py", f"f{key}", key) for key in range(301))
    events = [told, b"\x0a", number(1)]
    for keys, metric in samples:
        events += [stack(), *map(reference, keys), b"\x0a", number(metric)]
    profile = read(mojo(*events, mode="memory"))
    assert profile.totals == {"space/bytes": 1 + sum(metric for _, metric in samples)}
    assert stacks(profile) == [[], *([f"f{key}" for key in keys] for keys, _ in samples)]


def test_a_thread_has_the_number_that_text_has():
    profile = read(mojo(stack("24bf"), b"\x09\5", stack("main", interpreter=2), b"\x09\6"))
    assert labels(profile) == [
        ("pid", 42), ("thread", "9407"), ("pid", 42), ("thread", "main"), ("interpreter", 2),
    ]  # fmt: skip


def test_a_mode_told_too_late_changes_no_columns():
    profile = read(mojo(stack(), b"\x09\5", stack(), b"\1mode\0full\0", b"\x09\6"))
    assert profile.totals == {"time/microseconds": 11}


def test_keys_are_those_of_a_process():
    one, other = frame(1, "/a.py", "f", 3), frame(1, "/b.py", "g", 4)
    events = (
        stack(pid=1),
        one,
        reference(1),
        stack(pid=2),
        other,
        reference(1),
        stack(pid=1),
        reference(1),
    )
    assert stacks(read(mojo(*events))) == [["f"], ["g"], ["f"]]


def test_mojo_has_frames_of_other_kinds():
    native = frame(1, "native@10", "f", 208)
    profile = read(mojo(stack(), native, reference(1), b"\6do_syscall\0", b"\x09\5"))
    assert functions(profile) == [Function("f"), Function("do_syscall")]
    assert profile.locations["kind"].to_pylist() == ["native", "kernel"]


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        (stack() + frame(1, "a", "f", 3) + reference(1) + reference(9), "^byte 41: expected a frame known by 9"),
        (stack() + b"\5\xff\xff", "^byte 24: expected more of an event"),
        (stack() + b"\5" + b"\xff" * 20, "expected an integer of 64 bits"),
    ],
)  # fmt: skip
def test_references_to_nothing_are_named(events, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(mojo(events))
