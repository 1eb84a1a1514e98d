"""What is peculiar to JSON: speedscope, traces of Chrome, V8, pyinstrument, Scalene, Firefox."""

import json

import pytest

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content, Node
from workbench.types import Function


def encoded(page):
    return json.dumps(page).encode()


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def rows(profile):
    """Stack and values of each sample."""
    values = zip(*(column.tolist() for column in profile.sample_values), strict=True)
    return [(";".join(stack), *row) for stack, row in zip(stacks(profile), values, strict=True)]


# places


def test_a_node_names_its_place():
    node = Content(b'{"a": [1, {"b": "x"}]}').json
    assert node["a"][0].integer() == 1
    for work, complaint in [
        (lambda: node["a"][1]["b"].number(), r'\$\.a\[1\]\.b: expected a number, got "x"'),
        (lambda: node["a"][5], r"\$\.a: expected an index below 2, got 5"),
        (lambda: node["c"], r"\$: expected 'c', found no such member"),
        (lambda: node["a"].object(), r"\$\.a: expected an object"),
        (lambda: Node(-1, "$").integer(), "expected an integer from 0"),
        (lambda: Node(1.5, "$").integer(), "expected an integer from 0"),
        (lambda: Node(float("nan"), "$").number(), "expected a number, got NaN"),
        (lambda: Node(True, "$").number(), "expected a number, got true"),
    ]:
        with pytest.raises(ParseError, match=complaint):
            work()


def test_halves_of_surrogate_pairs_are_replaced():
    assert Content(b'{"\\ud800a": ["\\udfff", "\\ud83d\\ude00"]}').json.value == {
        "\ufffda": ["\ufffd", "\U0001f600"]
    }


# speedscope


def speedscope(*profiles, frames=("a", "b")):
    return encoded(
        {"shared": {"frames": [{"name": name} for name in frames]}, "profiles": list(profiles)}
    )


def sampled(samples, weights, unit="seconds", name="t"):
    return {"type": "sampled", "name": name, "unit": unit, "startValue": 0, "endValue": 1,
            "samples": samples, "weights": weights}  # fmt: skip


def evented(*events, unit="none", start=0, end=10):
    told = [{"type": kind, "frame": frame, "at": at} for kind, frame, at in events]
    return {
        "type": "evented",
        "name": "t",
        "unit": unit,
        "startValue": start,
        "endValue": end,
        "events": told,
    }


def test_profiles_of_a_file_are_threads_and_units_are_columns():
    profile = read(
        speedscope(sampled([[0], []], [1, 2], name="x"), sampled([[0, 1]], [64], "bytes", "y"))
    )
    assert rows(profile) == [("a", 0, 1), ("", 0, 2), ("a;b", 64, 0)]
    assert profile.totals == {"space/bytes": 64, "time/seconds": 3}
    assert profile.to_pandas()["thread"].tolist() == ["x", "x", "y"]


def test_time_between_events_is_that_of_what_is_open():
    profile = read(speedscope(evented(("O", 0, 1), ("O", 1, 1), ("C", 1, 4), ("C", 0, 9))))
    assert rows(profile) == [("", 1), ("a;b", 3), ("a", 5), ("", 1)]


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (
            speedscope(sampled([[0]], [1, 2])),
            r"profiles\[0\]\.weights: expected 1 weights, one a sample, got 2",
        ),
        (speedscope(sampled([[9]], [1])), r"samples\[0\]: expected frames, each an index below 2"),
        (speedscope(sampled([[0]], ["12ms"])), r'weights\[0\]: expected a number, got "12ms"'),
        (speedscope(sampled([[0]], [1], "fortnights")), "unit: expected one of none, bytes"),
        (speedscope(evented(("O", 0, 1))), "expected events that close all frames"),
        (
            speedscope(evented(("O", 0, 1), ("C", 1, 2))),
            "expected an event that opens a frame or closes the last",
        ),
        (speedscope(evented(("C", 0, 1))), "none is open"),
        (speedscope(evented(("O", 0, 5), ("C", 0, 2))), "at: expected no time before 5"),
        (
            speedscope({"type": "other", "unit": "none", "name": "x"}),
            "type: expected sampled or evented",
        ),
    ],
)
def test_what_speedscope_would_not_open_is_named(page, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(page)


# traces


def trace(*events):
    return encoded([{"pid": 1, "tid": 2, "name": name, **event} for name, event in events])


def x(ts, dur):
    return {"ph": "X", "ts": ts, "dur": dur}


def test_slices_nest_by_time_whatever_their_order():
    profile = read(
        trace(("child", x(10, 20)), ("next", x(30, 5)), ("outer", x(0, 50)), ("alone", x(60, 1)))
    )
    assert rows(profile) == [
        ("outer", 1, 25),
        ("outer;child", 1, 20),
        ("outer;next", 1, 5),
        ("alone", 1, 1),
    ]
    assert profile.duration_s == pytest.approx(61e-6)


def test_slices_that_begin_and_end_alike_are_told_from_the_inside():
    assert stacks(read(trace(("inner", x(0, 5)), ("outer", x(0, 5))))) == [
        ["outer"],
        ["outer", "inner"],
    ]


def test_begins_and_ends_are_slices_too():
    profile = read(
        trace(("a", {"ph": "B", "ts": 0}), ("b", {"ph": "B", "ts": 2}), ("", {"ph": "E", "ts": 5}),
              ("", {"ph": "E", "ts": 9}), ("", {"ph": "E", "ts": 9}), ("open", {"ph": "B", "ts": 10}),
              ("last", {"ph": "B", "ts": 14, "tid": 3}))
    )  # fmt: skip
    assert rows(profile) == [("a", 1, 6), ("a;b", 1, 3), ("open", 1, 4), ("last", 1, 0)]


def test_slices_that_overlap_take_nothing_from_each_other_twice():
    profile = read(trace(("a", x(0, 10)), ("b", x(5, 10))))
    assert rows(profile) == [("a", 1, 5), ("a;b", 1, 10)]


def test_the_closing_bracket_may_be_missing():
    data = trace(("a", x(0, 10)))[:-1]
    assert (
        read(data).totals
        == read(data + b",\n").totals
        == {"slices/count": 1, "time/microseconds": 10}
    )


def test_names_of_functions_and_threads_are_taken_apart(examples):
    profile = read(examples["chrome_trace"].data)
    assert profile.function(1) == Function("inner", "a.py", 3)
    assert profile.to_pandas()["thread"].fillna("").tolist() == ["main", "main", ""]


def test_cpu_profiles_in_a_trace_are_put_together():
    def chunk(data):
        return ("ProfileChunk", {"ph": "P", "ts": 1, "id": "0x2", "args": {"data": data}})

    node = {"callFrame": {"functionName": "f", "url": "a.js", "lineNumber": 3}}
    profile = read(
        trace(
            ("Profile", {"ph": "P", "ts": 0, "id": "0x2", "args": {"data": {"startTime": 100}}}),
            chunk({"cpuProfile": {"nodes": [{"id": 1, "callFrame": {"functionName": "(root)"}}], "samples": [1]},
                   "timeDeltas": [10]}),
            chunk({"cpuProfile": {"nodes": [{**node, "id": 2, "parent": 1}], "samples": [2, 2]},
                   "timeDeltas": [5, 7]}),
            ("ignored", x(0, 99)),
        )
    )  # fmt: skip
    assert rows(profile) == [("", 1, 5), ("f", 1, 7), ("f", 1, 0)]
    assert profile.function(0) == Function("f", "a.js", 4)


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([("a", x(0, -1))], r"\[0\]\.dur: expected a length of zero or more"),
        ([("a", {"ph": "X", "dur": 1})], r"\[0\]: expected 'ts'"),
        ([("a", x("now", 1))], r'\[0\]\.ts: expected a number, got "now"'),
        (
            [("ProfileChunk", {"ph": "P", "args": {"data": {"cpuProfile": {"samples": [1]}}}})],
            "expected 1 timeDeltas",
        ),
    ],
)
def test_events_that_cannot_be_are_named(events, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(trace(*events), format="chrome_trace")


# V8


def test_a_sample_lasts_until_the_next(examples):
    assert rows(read(examples["cpuprofile"].data)) == [
        ("main", 1, 200),
        ("main;(anonymous)", 1, 300),
        ("", 1, 400),
    ]


def test_samples_out_of_order_are_put_in_order():
    page = {"nodes": [{"id": 1, "callFrame": {"functionName": "f"}}], "startTime": 0, "samples": [1, 1, 1],
            "timeDeltas": [10, 20, -15]}  # fmt: skip
    assert [row[2] for row in rows(read(encoded(page)))] == [5, 15, 0]


def test_the_older_form_is_a_tree_with_times_in_seconds():
    leaf = {"id": 2, "functionName": "f", "url": "a.js", "lineNumber": 1, "children": []}
    page = {"head": {"id": 1, "functionName": "(root)", "children": [leaf]}, "startTime": 1.0, "endTime": 3.0,
            "samples": [2, 2], "timestamps": [1_000_000, 2_500_000]}  # fmt: skip
    assert rows(read(encoded(page))) == [("f", 1, 1_500_000), ("f", 1, 500_000)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"samples": [9, 9, 9]}, r"\$\.samples\[0\]: expected the id of a node, got 9"),
        ({"timeDeltas": [1]}, "expected 3 times, one a sample, got 1"),
        (
            {
                "nodes": [
                    {"id": n, "parent": 3 - n, "callFrame": {"functionName": "f"}} for n in (1, 2)
                ]
            },
            "got a cycle",
        ),
    ],
)
def test_nodes_that_are_no_tree_are_named(examples, change, complaint):
    page = json.loads(examples["cpuprofile"].data) | change
    with pytest.raises(ParseError, match=complaint):
        read(encoded(page))


# pyinstrument, Scalene


def test_pyinstrument_rows_are_what_frames_took_for_themselves(examples):
    profile = read(examples["pyinstrument"].data)
    assert rows(profile) == [("main", 0.5), ("main;Job.run", 1.25), ("", 0.25)]
    assert (profile.time_ns, profile.duration_s) == (1_700_000_000_500_000_000, 2.0)


def test_pyinstrument_sessions_and_trees_of_identifiers():
    session = {"start_time": 1.7e9, "duration": 3.0, "frame_records": [
        [["MainThread\0<thread>\0001", "f\0a.py\0003\x01l5\x01cJob"], 1.0], [["f\0a.py\0003\x01l6"], 2.0]]}  # fmt: skip
    profile = read(encoded(session))
    assert rows(profile) == [("MainThread;Job.f", 1.0), ("f", 2.0)]
    assert [row["line"] for row in profile.locations.to_pylist()] == [0, 5, 6]
    tree = {"identifier": "f\0a.py\0003", "time": 2.0, "attributes": {"l5": 2.0},
            "children": [{"identifier": "[self]", "time": 0.5, "attributes": {}, "children": []}]}  # fmt: skip
    profile = read(encoded({"session": {"duration": 2.0}, "frame_tree": tree}))
    assert rows(profile) == [("f", 1.5), ("f", 0.5)]
    assert profile.locations["line"].to_pylist() == [5]


def test_scalene_lines_are_in_their_functions(examples):
    profile = read(examples["scalene"].data)
    assert profile.function(0) == Function("work", "app.py", 3)
    assert profile.locations["line"].to_pylist() == [4]
    assert profile.duration_s == 2.0


# Firefox


def test_firefox_stacks_are_chains_of_prefixes(examples):
    profile = read(examples["firefox"].data)
    assert rows(profile) == [("main", 1, 0), ("", 1, 900), ("", 1, 100)]
    assert profile.function(0) == Function("main", "a.js", 5)
    assert profile.locations["line"].to_pylist() == [7]
    assert profile.duration_s == 0.0025


def test_tables_may_be_shared_and_weights_told(examples):
    page = json.loads(examples["firefox"].data)
    thread = page["threads"][0]
    page["shared"] = {name: thread.pop(name) for name in
                      ("stringArray", "stackTable", "frameTable", "funcTable", "resourceTable")}  # fmt: skip
    thread["samples"] = {
        "stack": [1, 1],
        "timeDeltas": [1, 2],
        "weight": [64, -8],
        "weightType": "bytes",
    }
    profile = read(encoded(page))
    assert rows(profile) == [("main", 0, 64), ("main", 0, -8)]
    assert profile.totals == {"samples/count": 0, "space/bytes": 56}


def test_raw_tables_and_processes_of_gecko():
    def thread(name):
        return {
            "name": name, "stringTable": ["(root)", "f (a.js:3:4)", "0x7f"],
            "samples": {"schema": {"stack": 0, "time": 1}, "data": [[1, 5.0], [2, 6.5], [None, 7]]},
            "stackTable": {"schema": {"prefix": 0, "frame": 1}, "data": [[None, 0], [0, 1], [1, 2]]},
            "frameTable": {"schema": {"location": 0, "line": 3}, "data": [[0], [1, None, None, 9], [2]]},
        }  # fmt: skip

    page = {
        "meta": {"startTime": 1000},
        "threads": [thread("a")],
        "processes": [{"threads": [thread("b")]}],
    }
    profile = read(encoded({"profile": page}))
    assert [row[0] for row in rows(profile)] == ["f", "f;0x7f", ""] * 2
    assert profile.function(0) == Function("f", "a.js", 3)
    assert profile.locations["line"].to_pylist() == [9, 0]
    assert profile.time_ns == 10**9


@pytest.mark.parametrize(
    ("table", "column", "values", "complaint"),
    [
        ("stackTable", "prefix", [None, 1], "expected an index below 1, got 1"),
        ("stackTable", "frame", [0, 9], "expected an index below 2, got 9"),
        ("funcTable", "name", [0, 7], "expected an index below 3, got 7"),
        ("samples", "stack", [5, 0, 0], "expected an index below 2, got 5"),
        ("frameTable", "line", [1], "line: expected 2 values"),
    ],
)
def test_indices_beyond_tables_are_named(examples, table, column, values, complaint):
    page = json.loads(examples["firefox"].data)
    page["threads"][0][table][column] = values
    with pytest.raises(ParseError, match=complaint):
        read(encoded(page))
