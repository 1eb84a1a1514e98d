"""gperftools' forms: values as pprof scales them, names from wherever they are told."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.types import Function

ADDRESSES = st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=5)


def functions(profile):
    return [profile.function(row) for row in range(profile.functions.num_rows)]


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def labels(profile):
    return [(row["key"], row["text"] or row["number"]) for row in profile.labels.to_pylist()]


# binary


@given(
    st.lists(st.tuples(st.integers(1, 1000), ADDRESSES)),
    st.sampled_from(["<I", ">I", "<Q", ">Q"]),
)
def test_every_record_of_a_cpu_profile_is_a_row(records, form):
    words = [0, 3, 0, 4000, 0]
    for count, addresses in records:
        words += [count, len(addresses), *addresses]
    words += [0, 1, 0]
    profile = read(struct.pack(f"{form[0]}{len(words)}{form[1]}", *words))
    n = sum(count for count, _ in records)
    assert profile.totals == {"samples/count": n, "cpu/nanoseconds": n * 4_000_000}
    assert stacks(profile) == [[f"0x{a:x}" for a in reversed(found)] for _, found in records]


def test_a_cpu_profile_without_its_end_mark_was_cut_off():
    with pytest.raises(ParseError, match="byte 56: expected a record or the end mark"):
        read(struct.pack("<7Q", 0, 3, 0, 4000, 0, 1, 0), format="gperftools")


@pytest.mark.parametrize(
    ("line", "name", "file"),
    [
        (
            "00401000-00403000 r-xp 00000000 08:01 99 /bin/an app (deleted)",
            "an app+0x1000",
            "/bin/an app",
        ),
        ("401000-403000 r-xp 0 00:00 0", "0x402000", ""),
        ("  00401000-00403000: app", "app+0x1000", "app"),
        ("  00401000-00403000: /bin/app (deleted)", "app+0x1000", "/bin/app"),
        ("0x401000 0x403000 r-xp app 2a00", "app+0x1000", "app"),
        ("0x401000-0x403000 /bin/app (@1000) abcdef12", "app+0x2000", "/bin/app"),
        (
            "W1220 15:07:15.2 8272 log.cc:12] 0x401000-0x403000 /bin/app (@4)",
            "app+0x1004",
            "/bin/app",
        ),
        ("build=/here\n401000-403000 r-xp 00000000 00:00 0 $build/app", "app+0x1000", "/here/app"),
        ("00401000-00403000 r--p 00000000 08:01 99 /bin/app", "0x402000", ""),
        ("00402001-00403000 r-xp 00000000 08:01 99 /bin/app", "0x402000", ""),
    ],
)
def test_memory_maps_have_many_shapes(line, name, file):
    words = struct.pack("<11Q", 0, 3, 0, 10_000, 0, 2, 1, 0x402000, 0, 1, 0)
    assert functions(read(words + f"{line}\n".encode())) == [Function(name, file)]


@pytest.mark.parametrize(
    ("text", "function", "line"),
    [
        ("A.run (A.java:12)", Function("A.run", "A.java"), 12),
        ("A.run (A.java:-2)", Function("A.run", "A.java"), 0),
        ("f(int) (/lib/libjvm.so)", Function("f(int)", "/lib/libjvm.so"), 0),
        ("generated stub/JIT", Function("STUB"), 0),
        ("GC", Function("GC"), 0),
    ],
)
def test_java_names_its_addresses_in_many_shapes(text, function, line):
    words = struct.pack("<11Q", 0, 3, 1, 10_000, 0, 2, 1, 7, 0, 1, 0)
    profile = read(words + f" 0x0007 {text}\n".encode())
    assert functions(profile) == [function]
    assert profile.locations["line"].to_pylist() == [line]


# heaps


@pytest.mark.parametrize(
    ("kind", "totals"),
    [
        ("heapprofile", (3, 3000)), ("growth", (3, 3000)), ("growthz", (3, 3000)),
        ("heap_v2/1", (3, 3000)), ("heapz_v2/524288", (1574, 1574364)),
        ("heap/1048576", (1574, 1574364)),
    ],
)  # fmt: skip
def test_a_heap_is_scaled_by_its_rate(kind, totals):
    text = f"heap profile:  3:  3000 [  3: 3000] @ {kind}\n  3: 3000 [ 3: 3000] @ 0x1 0x2\n"
    profile = read(text.encode())
    assert profile.totals == dict(zip(("objects/count", "space/bytes"), totals, strict=True))
    assert labels(profile) == [("bytes", 1000)]


def test_what_is_freed_has_the_size_of_what_was_allocated():
    text = "heap profile: 1: 8 [ 5: 80] @ heapprofile\n 0: 0 [ 4: 40] @ 0x1\n 1: 8 [1: 8] @ 0x2\n"
    profile = read(text.encode())
    assert [*profile.totals.values()] == [5, 48, 1, 8]
    assert labels(profile) == [("bytes", 10), ("bytes", 8)]
    assert profile.value_types[profile.default_value].name == "inuse_space"


def test_a_heap_of_jemalloc_has_a_row_for_each_thread():
    text = """heap_v2/1
  t*: 6: 600 [0: 0]
  t1: 6: 600 [0: 0]
@ 0x401000 0x402000
  t*: 3: 300 [0: 0]
  t1: 2: 200 [0: 0] a name
  t2: 1: 100 [0: 0]
@ 0x401000
  t*: 3: 300 [0: 0]

MAPPED_LIBRARIES:
00400000-00500000 r-xp 00000000 00:00 0 /bin/app
"""
    profile = read(text.encode())
    assert profile.totals == {"objects/count": 6, "space/bytes": 600}
    assert stacks(profile) == [["app+0x2000", "app+0x1000"]] * 2 + [["app+0x1000"]]
    assert [text for key, text in labels(profile) if key == "thread"] == ["1", "2"]
    assert functions(profile)[0].file == "/bin/app"


# contentions


@pytest.mark.parametrize(
    ("header", "totals"),
    [
        ("--- contention:\ncycles/second=2000000000", {"contentions/count": 3, "delay/nanoseconds": 200}),
        ("--- mutex:\ncycles/second=1000000000\nsampling period=5", {"contentions/count": 15, "delay/nanoseconds": 2000}),
        ("--- contentionz 1 ---\nsampling period = 5", {"contentions/count": 15, "delay/nanoseconds": 400}),
        ("--- contentionz 1 ---\ncycles/second = 9\nsampling period = 0", {"contentions/count": 3, "delay/nanoseconds": 400}),
        ("--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 5",
         {"contentions/count": 15, "delay/microseconds": 2000}),
    ],
)  # fmt: skip
def test_contentions_are_scaled_by_clock_and_period(header, totals):
    text = f"{header}\nms since reset = 1500\n\n  400   3 @ 0x1 0x2\n--- Memory map: ---\n"
    profile = read(text.encode())
    assert profile.totals == totals
    assert profile.duration_s == 1.5


# what Go tells beside addresses


def test_comments_of_go_name_calls_and_labels():
    text = """goroutine profile: total 3
2 @ 0x10 0x20 0x30
# labels: {"job":"a \\"b\\"", "id":"7"}
#\t0x1f\tmain.inner+0x3\t\t/src/a.go:5
#\t0x1f\tmain.(*T).outer+0x9\t/src/a.go:8
#\t0x2f\tmain.main+0x4\t\t/src/a.go:20

1 @ 0x20 0x40
"""
    profile = read(text.encode())
    assert stacks(profile) == [
        ["main.main", "main.(*T).outer", "main.inner", "0x10"],
        ["0x40", "main.(*T).outer", "main.inner"],
    ]
    places = {profile.function(row["function"]).name: row for row in profile.locations.to_pylist()}
    assert places["main.inner"]["kind"] == "inlined"
    assert (places["main.(*T).outer"]["line"], places["main.(*T).outer"]["kind"]) == (8, "")
    assert places["main.main"]["address"] == 0x30
    assert Function("main.main", "/src/a.go") in functions(profile)
    assert labels(profile) == [("job", 'a "b"'), ("id", "7")]


def test_a_record_without_addresses_is_kept():
    profile = read(b"threadcreate profile: total 5\n5 @\n#\t0x0\n\n")
    assert (profile.totals, stacks(profile)) == ({"threadcreate/count": 5}, [[]])


def test_labels_that_are_no_json_are_kept_as_they_are():
    profile = read(b'goroutine profile: total 1\n1 @ 0x1\n# labels: {"a":"\\x00"}\n')
    assert labels(profile) == [("labels", '{"a":"\\x00"}')]


# threads


def test_every_thread_is_a_row():
    text = """--- threadz 1 ---

--- Thread 7f79ab (name: main/14748) stack: ---
  PC: 0x00401000: helper(arg *)
      0x00402000: main
--- Thread 7f79ac (name: a worker/14751) stack: ---
  [same as previous thread]
--- Thread 7f79ad (name: raw/14752) stack: ---
  0x00403000 0x00402000
--- Memory map: ---
  00400000-00500000: app
"""
    profile = read(text.encode())
    assert profile.totals == {"thread/count": 3}
    assert stacks(profile) == [["main", "helper(arg *)"]] * 2 + [["main", "app+0x3000"]]
    assert {function.file for function in functions(profile)} == {"app"}
    assert labels(profile)[2:4] == [("thread", "a worker"), ("tid", 14751)]


# what is wrong


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("heap profile: 1: 2 [1: 2] @ heapprofile\n1: 2 [1: 2] @ 0x1\n  1: 2 [1: x\n1: 2 [1: 2] @ 0x1\n",
         "^3: expected values @ addresses, got '  1: 2 "),
        ("heap profile: 1: 2 [1: 2] @ heapprofile\n\n0: 2 [1: 2] @ 0x1\n", "^3: expected objects for 2 bytes, got 0"),
        ("heap profile: 1: 2 [1: 2] @ heap_v2/100000\n-1: 999999999999999999 [1: 2] @ 0x1\n2: 2 [2: 2] @ 0x11111111111111111\n",
         "^3: expected addresses of 64 bits"),
        ("heap profile: 1: 2 [1: 2] @ heap_v2/999999999999999\n9999999999999999: 1 [1: 1] @ 0x1\n",
         "^2: expected sizes that a period of 999999999999999 finds"),
        ("heap_v2/9\n@ 0x1\n t1: 0: 5 [0: 0]\n", "^3: expected objects for 5 bytes"),
        ("heap_v2/9\n@ 0x1\n hello\n", "^3: expected '@ addresses' or 't1: values', got ' hello'"),
        ("--- mutex:\ncycles/second=x9\n1 1 @ 0x1\n", "^2: expected a number of cycles/second"),
        ("--- heapz 1 ---\nformat = java\n8 0 @ 0x1\n", "^3: expected bytes, then objects above 0"),
        ("--- threadz 1 ---\n--- Thread 1 (name: a/1) stack: ---\nhello\n", "^3: expected a thread or an address"),
    ],
)  # fmt: skip
def test_lines_that_are_no_records_are_named(text, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(text.encode())


def test_calls_at_one_address_do_not_multiply_without_bound():
    calls = "#\t0x1\tf+0x1\t/a.go:1\n" * 30_000
    text = f"goroutine profile: total 1\n1 @{' 0x2' * 30_000}\n{calls}"
    with pytest.raises(ParseError, match="frames in a stack, got more"):
        read(text.encode())


@pytest.mark.parametrize("first", ["--- mutex.py\t2020", "--- a/heapz.c", "heap profile"])
def test_a_patch_is_none_of_these_forms(first):
    with pytest.raises(ParseError, match="expected a profile"):
        read(f"{first}\n+++ b\n".encode())
