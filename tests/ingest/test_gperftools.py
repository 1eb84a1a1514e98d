"""The forms that came before pprof's protobuf."""

import struct

import pytest

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.addresses import Mapping, parse_mapping
from workbench.types import Function


def stacks(profile):
    names = profile.functions["name"].to_pylist()
    frames = [names[f] for f in profile.stack_functions]
    starts = profile.stack_starts.tolist()
    return [frames[starts[s] : starts[s + 1]] for s in profile.sample_stacks]


@pytest.mark.parametrize("form", ["<I", ">I", "<Q", ">Q"])
def test_words_may_be_of_either_size_and_order(form):
    words = (0, 3, 0, 10_000, 0, 2, 2, 0x401000, 0x402000, 0, 1, 0)
    profile = read(struct.pack(f"{form[0]}{len(words)}{form[1]}", *words))
    assert profile.totals == {"samples/count": 2, "cpu/nanoseconds": 20_000_000}
    assert stacks(profile) == [["0x402000", "0x401000"]]


def test_a_java_profile_names_its_addresses():
    words = struct.pack("<11I", 0, 3, 1, 10_000, 0, 5, 2, 1, 2, 0, 1) + struct.pack("<I", 0)
    names = b" 0x00000001 com.example.A.run (A.java:12)\n 0x2 GC\n"
    profile = read(words + names)
    assert stacks(profile) == [["GC", "com.example.A.run"]]
    assert [profile.function(n) for n in range(2)] == [Function("GC"), Function("com.example.A.run", "A.java")]  # fmt: skip
    assert profile.locations["line"].to_pylist() == [0, 12]


def test_an_address_is_in_the_file_that_is_mapped_there(examples):
    profile = read(examples["gperftools"].data)
    assert {profile.function(n) for n in range(2)} == {
        Function("app+0x1000", "/bin/app"), Function("app+0x2000", "/bin/app"),
    }  # fmt: skip


def test_a_sampled_heap_is_scaled_to_what_was_there():
    text = "heap profile: 1: 1024 [ 1: 1024] @ heap_v2/524288\n  1: 1024 [ 1: 1024] @ 0x1\n"
    objects, space = read(text.encode()).totals.values()
    assert (objects, space) == (512, 524800)  # 1 / (1 - exp(-1024 / 524288))


def test_counts_contentions_and_java_heaps():
    counts = read(b"goroutine profile: total 7\n5 @ 0x1 0x2\n2 @ 0x3\n\n")
    assert counts.totals == {"goroutine/count": 7}
    waits = "--- contentionz 1 ---\ncycles/second = 2000000000\nsampling period = 10\n 400 3 @ 0x1\n--- Memory map: ---\n"
    assert read(waits.encode()).totals == {"contentions/count": 30, "delay/nanoseconds": 2000}
    heap = "--- heapz 1 ---\nformat = java\nresolution = bytes\n 1048576 1 @ 0x1\n 0x1 A.b (A.java:3)\n"
    profile = read(heap.encode())
    assert profile.totals == {"inuse_objects/count": 1, "inuse_space/bytes": 1212696}
    assert profile.function(0) == Function("A.b", "A.java")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (
            b"heap profile: 1: 2 [ 1: 2] @ heapprofile\nhello\n",
            "2: expected values @ addresses, got 'hello'",
        ),
        (b"--- heapz 1 ---\n0 0 @ 0\n", "expected addresses of 64 bits"),
        (b"--- heapz 1 ---\n8 0 @ 0x1\n", "expected bytes, then objects above 0"),
        (b"goroutine profile: total 7\n5 @ 0x\n", "expected values @ addresses"),
        (struct.pack("<7Q", 0, 3, 0, 1, 0, 5, 2**40), "expected a record, got a count of 5 and"),
        (struct.pack("<6Q", 0, 3, 0, 1, 0, 5), "expected a record or the end mark"),
    ],
)
def test_other_records_are_named(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data)


def test_a_heap_of_jemalloc_is_what_all_threads_have():
    text = """heap_v2/524288
  t*: 3: 3072 [0: 0]
  t0: 1: 1024 [0: 0]
  t1: 2: 2048 [0: 0]
@ 0x401010 0x401020
  t*: 1: 1024 [0: 0]
  t0: 1: 1024 [0: 0]
@ 0x401030
  t*: 2: 2048 [0: 0]
  t1: 2: 2048 [0: 0]

MAPPED_LIBRARIES:
00401000-00402000 r-xp 00001000 fe:00 1818753                    /bin/app
"""
    profile = read(text.encode())
    assert profile.totals == {"objects/count": 512 + 1025, "space/bytes": 524800 + 1049600}
    assert stacks(profile) == [["app+0x1020", "app+0x1010"], ["app+0x1030"]]


@pytest.mark.parametrize("form", ["3: 96 [7: 224] @{} ", "{}"])
def test_names_of_go_are_told_below_the_record(form):
    header = "heap profile: 3: 96 [7: 224] @ heap/2\n" if "[" in form else "x profile: total 5\n"
    record = form.format(" 0x4319 0x42ce 0x9") if "[" in form else "5 @ 0x4319 0x42ce 0x9"
    text = f"""{header}{record}
#\t0x4318\tmain.alloc+0x98\t\t/src/main.go:5
#\t0x4200\tmain.(*T).into+0x10\t/src/main.go:7
#\t0x42cd\tmain.main+0x4d\t\t/src/main.go:10

"""
    profile = read(text.encode())
    assert stacks(profile) == [["0x9", "main.main", "main.(*T).into", "main.alloc"]]
    rows = profile.locations.take(profile.stack_locations)
    assert rows["line"].to_pylist() == [0, 10, 7, 5]
    assert rows["kind"].to_pylist() == ["", "", "", "inlined"]
    assert profile.callers("main.alloc")["file"].tolist() == ["/src/main.go"]


@pytest.mark.parametrize(("told", "totals"), [
    ("cycles/second=2000000000", {"contentions/count": 3, "delay/nanoseconds": 500}),
    ("cycles/second=2000000000\nsampling period=10", {"contentions/count": 30, "delay/nanoseconds": 5000}),
    ("format = java\nresolution = microseconds\nsampling period = 10", {"contentions/count": 30, "delay/microseconds": 10000}),
])  # fmt: skip
def test_delays_are_in_the_unit_of_the_clock(told, totals):
    text = f"--- contention:\n{told}\n1000 3 @ 0x1\n"
    assert read(text.encode()).totals == totals


def test_a_thread_may_be_where_the_one_before_it_is():
    text = """--- threadz 1 ---

--- Thread 7eff (name: main/25376) stack: ---
  PC: 0x10 0x20
    0x30
--- Thread 7efe (name: two/1) stack: ---
 [same as previous thread]
--- Memory map: ---
  00000000-00001000: /bin/app
"""
    profile = read(text.encode())
    assert profile.totals == {"thread/count": 2}
    assert stacks(profile) == [["app+0x30", "app+0x20", "app+0x10"]] * 2


@pytest.mark.parametrize(("line", "told"), [
    ("  00400000-00fcb000: /foo/bin", Mapping(0x400000, 0xFCB000, 0, "/foo/bin")),
    ("  00400000-00fcb000: /foo/bin (@2a00)", Mapping(0x400000, 0xFCB000, 0x2A00, "/foo/bin")),
    ("  00400000-00fcb000: /foo/bin (deleted)", Mapping(0x400000, 0xFCB000, 0, "/foo/bin")),
    ("0x400000 0xfcb000 r-xp bin 2a00", Mapping(0x400000, 0xFCB000, 0, "bin")),
    ("0x400000-0xfcb000 /foo/bin (@4000) deadbeef", Mapping(0x400000, 0xFCB000, 0x4000, "/foo/bin")),
    ("W1220 15:07:15.201776 8272 logger.cc:12033] 0x400000-0xfcb000 /foo/bin (@4000)", Mapping(0x400000, 0xFCB000, 0x4000, "/foo/bin")),
    ("7f00-7fff r-xp 00001000 fe:00 181 /my app (deleted)", Mapping(0x7F00, 0x7FFF, 0x1000, "/my app")),
    ("7f00-7fff r--p 00001000 fe:00 181 /data", None),
    ("MAPPED_LIBRARIES:", None),
    ("", None),
])  # fmt: skip
def test_memory_maps_come_in_many_forms(line, told):
    assert parse_mapping(line) == told


@pytest.mark.parametrize(("text", "complaint"), [
    ("heap_v2/4096\n  t*: 1: 2 [0: 0]\nnonsense\n", "3: expected @ addresses, or values, got 'nonsense'"),
    ("heap_v2/4096\n@ xyz\n", "2: expected @ addresses, or values, got '@ xyz'"),
    ("--- threadz 1 ---\n0x1\n", "2: expected --- Thread"),
    ("--- threadz 1 ---\n--- Thread 1 stack: ---\n PC: what\n", "3: expected addresses"),
])  # fmt: skip
def test_other_lines_of_records_are_named(text, complaint):
    with pytest.raises(ParseError, match=f"^{complaint}"):
        read(text.encode())
