"""Profiles of the Firefox profiler: each generation of the format, and JsonSlabs."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.json_slabs import MAGIC, read_slabs
from workbench.ingest.read import find_format
from workbench.types import Function


def encoded(page):
    return json.dumps(page).encode()


def stacks(profile):
    return [";".join(f.name for f in profile.stack(row)) for row in profile.sample_stacks]


def functions(profile):
    return [profile.function(row) for row in range(profile.functions.num_rows)]


# raw profiles of Gecko


def table(schema, *rows):
    return {"schema": {name: at for at, name in enumerate(schema.split())}, "data": list(rows)}


def raw(*places, **more):
    """A document with one thread, whose only stack has the places in it."""
    thread = {
        "name": "GeckoMain", "pid": 7, "tid": 8, "stringTable": ["(root)", "ion", "blinterp", *places],
        "samples": table("stack time", [len(places), 1.5]),
        "stackTable": table("prefix frame", *([n - 1 if n else None, n] for n in range(len(places) + 1))),
        "frameTable": table("location implementation line", [0], *([n + 3] for n in range(len(places)))),
        **more,
    }  # fmt: skip
    return {"meta": {"version": 34, "startTime": 1000.0}, "libs": [], "threads": [thread]}


@pytest.mark.parametrize(
    ("place", "expected", "line"),
    [
        ("f (a.js:3:4)", Function("f", "a.js", 3), 3),
        ("f (a.js:3)", Function("f", "a.js", 3), 3),
        ("next (self-hosted:1217)", Function("next", "self-hosted", 1217), 1217),
        ("f (http://x/(1).js:3:4)", Function("f", "http://x/(1).js", 3), 3),
        ("f (base.js -> real.js:3)", Function("f", "real.js", 3), 3),
        ("file:///a.js:12", Function("(root scope)", "file:///a.js", 12), 12),
        ("f (file:///a.html:2:13)[0]", Function("f", "file:///a.html", 2), 2),
        ("f (:2:13)[0]", Function("f", "source.js", 2), 2),
        ("resource://x/a.js[0]", Function("(root scope)", "resource://x/a.js"), 0),
        ("f (:2:13)[9]", Function("f", "", 2), 2),
        ("js::RunScript", Function("js::RunScript"), 0),
        ("operator() (int)", Function("operator() (int)"), 0),
        ("f(int) (in libxul.so) + 12", Function("f(int)", "libxul.so"), 0),
        ("f(int) (in libxul.so)", Function("f(int)", "libxul.so"), 0),
        ("0x1010", Function("0x1010", "libxul.so"), 0),
        ("0x2000", Function("0x2000"), 0),
        ("0xzz", Function("0xzz"), 0),
        ("f (a\n.js:3)", Function("f", "a\n.js", 3), 3),
        ("", Function(""), 0),
    ],
)  # fmt: skip
def test_a_place_is_taken_apart(place, expected, line):
    page = raw(place)
    page["libs"] = [{"start": 0x1000, "end": 0x2000, "name": "libxul.so"}, {"name": 3}, None]
    page["sources"] = table("id filename", ["uuid", "source.js"])
    profile = read(encoded(page))
    assert functions(profile) == [expected]
    assert profile.locations["line"].to_pylist() == [line]


def test_addresses_and_kinds_of_raw_frames():
    frames = table(
        "location implementation line category subcategory",
        [0],
        [3],
        [4, 1, 9],
        [5, 2],
        [6, None, None, 1, 1],
    )
    page = raw("0xffffffff81000010", "f (a.js:3)", "g (a.js:7)", "h", frameTable=frames)
    page["meta"]["categories"] = [
        {"name": "Other"},
        {"name": "JavaScript", "subcategories": ["Other", "JIT (ion)"]},
    ]
    rows = read(encoded(page)).locations.to_pylist()
    assert [row["kind"] for row in rows] == ["", "jit", "interpreted", "jit"]
    assert rows[0]["address"] == 0xFFFFFFFF81000010 - 2**64
    assert [row["line"] for row in rows] == [0, 9, 7, 0]


def test_a_process_tells_times_since_its_own_start():
    page, child = raw("f"), raw("g")
    child["meta"]["startTime"] = 1500.0
    profile = read(encoded({**page, "processes": [child]}))
    assert profile.duration_s == 0.5
    assert profile.time_ns == 10**9
    assert stacks(profile) == ["f", "g"]


def test_the_root_is_no_frame_but_one_of_its_name_further_down_is():
    assert stacks(read(encoded(raw("f", "(root)", "g")))) == ["f;(root);g"]


def test_hostile_places_take_no_time():
    for place in (
        " (" * 200_000,
        " (" * 200_000 + "\n)",
        "(" * 400_000 + ")",
        "]" * 400_000,
        ":1" * 200_000,
    ):
        assert len(functions(read(encoded(raw(place))))) == 1


# processed profiles


TABLES = {
    "stringArray": ["main", "work", "a.js", "libc.so", "0x10"],
    "stackTable": {"frame": [0, 1, 2], "prefix": [None, 0, 1], "length": 3},
    "frameTable": {"func": [0, 1, 2], "line": [None, 7, None], "address": [-1, -1, 16], "inlineDepth": [0, 1, 0],
                   "category": [0, 0, 1], "length": 3},
    "funcTable": {"name": [0, 1, 4], "isJS": [True, True, False], "resource": [-1, -1, 0],
                  "fileName": [2, 2, None], "lineNumber": [1, 5, None], "length": 3},
    "resourceTable": {"name": [3], "lib": [0], "type": [1], "length": 1},
}  # fmt: skip
SAMPLES = {"stack": [2, None, 1], "timeDeltas": [1.0, 2.0, 0.5], "weight": [1, 2, 4], "weightType": "samples",
           "threadCPUDelta": [None, 3, 5], "length": 3}  # fmt: skip
META = {"preprocessedProfileVersion": 53, "startTime": 2000.0, "interval": 1,
        "sampleUnits": {"time": "ms", "threadCPUDelta": "µs"},
        "categories": [{"name": "User"}, {"name": "Kernel"}]}  # fmt: skip


def thread(**more):
    return {
        "name": "worker",
        "processName": "app",
        "pid": "12",
        "tid": "34",
        "samples": SAMPLES,
        **more,
    }


def of_threads():
    """Version 53: tables in each thread."""
    return {"meta": META, "libs": [{"name": "libc.so"}], "threads": [thread(**TABLES)]}


def of_shared_strings():
    """Version 56: the strings are shared."""
    own = {name: value for name, value in TABLES.items() if name != "stringArray"}
    return {
        **of_threads(),
        "threads": [thread(**own)],
        "shared": {"stringArray": TABLES["stringArray"]},
    }


def of_shared_tables():
    """Version 60: everything is shared, files are told by a table of sources."""
    names = {name: value for name, value in TABLES["funcTable"].items() if name != "fileName"}
    shared = {**TABLES, "funcTable": {**names, "source": [0, 0, None]},
              "sources": {"id": [None], "filename": [2], "length": 1}}  # fmt: skip
    return {**of_threads(), "threads": [thread()], "shared": shared}


def of_flags():
    """Version 78: offsets for callers, flags for null, -1 for no stack, the binary of each frame."""
    shared = {
        "stringArray": TABLES["stringArray"],
        "stackTable": {"frame": [0, 1, 2], "prefixOffset": [0, 1, 1], "length": 3},
        "frameTable": {"flags": [4, 4 + 16 + 1, 4 + 2], "func": [0, 1, 2], "line": [0, 7, 0], "address": [0, 0, 16],
                       "lib": [0, 0, 0], "category": [0, 0, 1], "subcategory": [0, 0, 0], "length": 3},
        "funcTable": {"flags": [1 + 8 + 16, 1 + 8 + 16, 0], "name": [0, 1, 4], "resource": [0, 0, 0],
                      "source": [0, 0, 0], "lineNumber": [1, 5, 0], "length": 3},
        "resourceTable": {"name": {}, "length": 0},
        "sources": {"filename": [2], "length": 1},
    }  # fmt: skip
    samples = {**SAMPLES, "stack": [2, -1, 1]}
    return {**of_threads(), "threads": [thread(samples=samples)], "shared": shared}


GENERATIONS = [of_threads, of_shared_strings, of_shared_tables, of_flags]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_each_generation_tells_the_same(generation):
    profile = read(encoded(generation()))
    assert find_format(Content(encoded(generation()))) == "firefox"
    assert stacks(profile) == ["main;work;0x10", "", "main;work"]
    assert profile.totals == {"samples/count": 7, "cpu/nanoseconds": 8000}
    assert functions(profile) == [
        Function("main", "a.js", 1), Function("work", "a.js", 5), Function("0x10", "libc.so")
    ]  # fmt: skip
    rows = profile.locations.to_pylist()
    assert [(row["line"], row["address"], row["kind"]) for row in rows] == [
        (0, 0, ""), (7, 0, "inlined"), (0, 16, "kernel")
    ]  # fmt: skip
    first = profile.labels.to_pylist()[:4]
    assert [(row["key"], row["text"] or row["number"]) for row in first] == [
        ("thread", "worker"), ("process", "app"), ("pid", 12), ("tid", 34)
    ]  # fmt: skip
    assert profile.duration_s == 0.0025
    assert profile.time_ns == 2 * 10**9


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("ns", {"cpu/nanoseconds": 8}),
        ("µs", {"cpu/nanoseconds": 8000}),
        ("variable CPU cycles", {"cycles/count": 8}),
        ("weeks", {}),
    ],
)
def test_cpu_times_are_told_in_the_unit_of_the_file(unit, expected):
    page = of_threads()
    page["meta"] = {**META, "sampleUnits": {"threadCPUDelta": unit}}
    assert read(encoded(page)).totals == {"samples/count": 7, **expected}


def test_weights_may_be_of_time_or_space_and_below_zero():
    page = of_threads()
    plain = {name: SAMPLES[name] for name in ("stack", "weight", "timeDeltas")}
    page["threads"] = [
        thread(**TABLES, samples={**plain, "weightType": "tracing-ms", "weight": [0.5, -1.5, 4]}),
        thread(**TABLES, samples={**plain, "weightType": "bytes", "threadCPUDelta": [0, 1, 0]}),
        thread(**TABLES, samples={**plain, "weight": None}),
    ]
    profile = read(encoded(page))
    assert profile.totals == {
        "samples/count": 3, "time/milliseconds": 3.0, "space/bytes": 7, "cpu/nanoseconds": 1000
    }  # fmt: skip
    assert profile.n_samples == 9


def test_many_threads_of_shared_tables_take_no_more_time_than_one():
    page = of_shared_tables()
    n = 20_000
    page["shared"]["stackTable"] = {"frame": [0] * n, "prefix": [None, *range(n - 1)]}
    few = {"stack": [n - 1], "time": [1.0]}
    page["threads"] = [thread(name=str(number), samples=few) for number in range(500)]
    assert read(encoded(page)).n_samples == 500
    own = {name: value for name, value in TABLES.items() if name != "stringArray"}
    page["shared"]["sources"] = {"filename": [2] * n}
    page["meta"] = {**META, "categories": [{"name": "User", "subcategories": ["x"] * n}]}
    page["libs"] = [{"name": "libc.so"}] * n
    page["threads"] = [thread(**own, samples={"stack": [0]})] * 500
    assert read(encoded(page)).n_samples == 500


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("stackTable", {"prefix": [None, 0, 2]}, r"stackTable\.prefix\[2\]: expected an index below 2, got 2"),
        ("stackTable", {"prefixOffset": [0, 1, 3]}, r"prefixOffset\[2\]: expected an index below 3, got 3"),
        ("stackTable", {"frame": [0, None, 2]}, r"stackTable\.frame\[1\]: expected an index below 3, got null"),
        ("frameTable", {"func": [0, 1, "x"]}, r'frameTable\.func\[2\]: expected an index below 3, got "x"'),
        ("frameTable", {"lib": [0, 0, 1]}, r"frameTable\.lib\[2\]: expected an index below 1"),
        ("frameTable", {"flags": [0, "x", 1]}, r"frameTable\.flags: expected integers"),
        ("funcTable", {"name": [0, 1, 5]}, r"funcTable\.name\[2\]: expected an index below 5, got 5"),
        ("funcTable", {"fileName": [0, 1, -2]}, r"funcTable\.fileName\[2\]: expected an index below 5, got -2"),
        ("funcTable", {"source": [0, 1, 1]}, r"funcTable\.source\[0\]: expected an index below 0"),
        ("samples", {"stack": [0, 1, 3]}, r"threads\[0\]\.samples\.stack\[2\]: expected an index below 3"),
        ("samples", {"weight": [1]}, r"samples\.weight: expected 3 values"),
        ("samples", {"weight": [1, 2, "3"]}, r'samples\.weight\[2\]: expected a number, got "3"'),
        ("samples", {"threadCPUDelta": [0, 1, 1e308]}, r"threadCPUDelta\[2\]: expected a time"),
        ("samples", {"weight": [2**62, 2**62, 2**62]}, "add up to at most"),
        ("samples", {"stack": None}, r"samples\.stack: expected an array"),
        ("stringArray", ["main", 3, "a.js", "libc.so", "0x10"], "string 1: expected a string, got 3"),
    ],
)  # fmt: skip
def test_what_points_nowhere_is_named(name, change, complaint):
    page = json.loads(encoded(of_threads()))
    owner = page["threads"][0]
    owner[name] = {**owner[name], **change} if isinstance(change, dict) else change
    with pytest.raises(ParseError, match=complaint):
        read(encoded(page))


@pytest.mark.parametrize(
    "page",
    [
        {"threads": []},
        {"meta": {}, "threads": [{}]},
        {"meta": {}, "threads": 3},
        {"profile": {"threads": []}},
    ],
)
def test_what_has_no_samples_is_of_another_format(page):
    assert find_format(Content(encoded(page))) is None
    with pytest.raises(ParseError, match="expected threads with samples"):
        read(encoded(page), format="firefox")


# JsonSlabs


KINDS = ("i1", "u1", "<i2", "<u2", "<i4", "<u4", "<f4", "<f8", "<i8", "<u8")


def slabs(document, *arrays, root=None):
    """A file of arrays and of a document that points to them; bytes stand for JSON."""
    parts = [(KINDS.index(a.dtype.str.lstrip("|")), a.tobytes()) if not isinstance(a, bytes) else (10, a)
             for a in arrays]  # fmt: skip
    parts.append((10, json.dumps(document).encode()))
    at = 20 + 12 * len(parts)
    heads, body = b"", b""
    for kind, data in parts:
        body += b"\0" * (-(at + len(body)) % 8)
        heads += struct.pack("<III", kind, at + len(body), len(data))
        body += data
    root = len(parts) - 1 if root is None else root
    return MAGIC + struct.pack("<III", 1, len(parts), root) + heads + body


def test_a_profile_in_slabs_tells_what_it_tells_in_json():
    page = of_flags()
    shared, samples = page["shared"], page["threads"][0]["samples"]
    columns = [
        (shared["stackTable"], "frame", "<i4"), (shared["stackTable"], "prefixOffset", "<i4"),
        (shared["frameTable"], "flags", "u1"), (shared["frameTable"], "address", "<u4"),
        (samples, "stack", "<i4"), (samples, "timeDeltas", "<f8"), (samples, "weight", "<f8"),
    ]  # fmt: skip
    arrays = []
    for owner, name, kind in columns:
        arrays.append(np.array(owner[name], kind))
        owner[name] = {"$s": len(arrays) - 1}
    arrays.append(np.array([np.nan, 3, 5], "<f8"))
    samples["threadCPUDelta"] = {"$s": len(arrays) - 1}
    arrays.append(encoded(page["threads"][0]))
    data = slabs({**page, "threads": [{"$s": len(arrays) - 1}]}, *arrays)
    assert find_format(Content(data)) == "firefox"
    in_slabs, in_json = read(data), read(encoded(of_flags()))
    assert in_slabs.totals == in_json.totals
    assert stacks(in_slabs) == stacks(in_json)
    assert in_slabs.labels.equals(in_json.labels)


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.lists(st.integers(0, 127), max_size=5)), max_size=6
    )
)
def test_slabs_are_put_in_their_places(told):
    arrays = [np.array(values, kind) for kind, values in told]
    document = {
        "x": [{"$s": n} for n in range(len(arrays))],
        "y": {"$s": "text"},
        "z": {"$s": 0, "more": 1},
    }
    expected = {**document, "x": [values for _, values in told]}
    assert read_slabs(slabs(document, *arrays)).value == expected


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (MAGIC, "byte 8: expected a header of 20 bytes"),
        (MAGIC + struct.pack("<III", 2, 0, 0), "expected JsonSlabs of version 1, got 2"),
        (MAGIC + struct.pack("<III", 1, 9, 0), "byte 12: expected 9 slabs"),
        (MAGIC + struct.pack("<III", 1, 0, 0), "byte 12: expected 0 slabs"),
        (slabs({}, np.zeros(2), root=0), "byte 16: expected JSON in slab 0"),
        (slabs([{"$s": 1}], np.zeros(2)), "expected one of 2 slabs, got one that is used already"),
        (
            slabs([{"$s": 0}] * 2, np.zeros(2)),
            "expected one of 2 slabs, got one that is used already",
        ),
        (slabs([{"$s": 5}]), "expected one of 1 slabs, got 5"),
        (slabs([{"$s": -1}]), "expected one of 1 slabs, got -1"),
        (slabs([{"$s": 0}], b"[1"), "slab 0 line 1 column 3: expected JSON"),
        (slabs([1])[:-1], "byte 20: expected slab 0 within the file"),
        (slabs([{"$s": 0}], b'[{"$s": 0}]'), "one that is used already"),
    ],
)
def test_slabs_that_are_not_there_are_named(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data)


def test_slabs_may_not_stand_for_more_than_the_file_holds():
    data = bytearray(slabs([{"$s": 0}, {"$s": 1}], np.zeros(99), np.zeros(99)))
    data[32 + 4 : 32 + 8] = data[20 + 4 : 20 + 8]  # the second where the first is: allowed
    read_slabs(bytes(data))
    data = data[: 20 + 36] + data[20 + 36 :][: 99 * 8 + 60]
    with pytest.raises(ParseError, match="within the file"):
        read_slabs(bytes(data))
