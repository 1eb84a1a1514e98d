"""Chrome's JSON traces: how slices nest, who is labelled, CPU profiles, and real writers."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.types import Function


def trace(*events):
    return json.dumps([{"pid": 1, "tid": 2, **event} for event in events]).encode()


def x(name, ts, dur, **more):
    return {"ph": "X", "name": name, "ts": ts, "dur": dur, **more}


def begin(name, ts, **more):
    return {"ph": "B", "name": name, "ts": ts, **more}


def end(ts, name="", **more):
    return {"ph": "E", "name": name, "ts": ts, **more}


def rows(profile):
    """Stack and time of each slice."""
    names = [";".join(f.name for f in profile.stack(row)) for row in profile.sample_stacks]
    return list(zip(names, profile.values("time").tolist(), strict=True))


def labels(profile):
    """Labels of each sample, as dicts."""
    found = [{} for _ in range(profile.n_samples)]
    for row in profile.labels.to_pylist():
        found[row["sample"]][row["key"]] = row["number"] if row["text"] is None else row["text"]
    return found


# slices


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 9)), min_size=1, max_size=12))
def test_times_add_up_to_the_time_in_which_a_slice_was_open(spans):
    """Each unit of time is that of the slice which began last of those that are open."""
    profile = read(trace(*(x(str(n), ts, dur) for n, (ts, dur) in enumerate(spans))))
    order = sorted(range(len(spans)), key=lambda n: (spans[n][0], -spans[n][1]))
    expected = dict.fromkeys(map(str, order), 0)
    for at in range(30):
        inside = [n for n in order if spans[n][0] <= at < sum(spans[n])]
        if inside:
            last = max(inside, key=lambda n: (spans[n][0], -spans[n][1]))
            alike = {n for n in inside if spans[n] == spans[last]}
            expected[str(min(alike))] += 1
    times = {stack.rpartition(";")[2]: time for stack, time in rows(profile)}
    by_span = {}
    for n, span in enumerate(spans):  # of slices alike any may be the inner one
        told = by_span.setdefault(span, [0, 0])
        told[0] += times[str(n)]
        told[1] += expected[str(n)]
    assert all(got == wanted for got, wanted in by_span.values())
    assert sum(times.values()) == len({at for ts, dur in spans for at in range(ts, ts + dur)})


def test_slices_that_overlap_do_not_count_time_twice_further_out_either():
    profile = read(trace(x("a", 0, 100), x("b", 10, 10), x("c", 15, 15), x("d", 25, 15)))
    assert rows(profile) == [("a", 70), ("a;b", 5), ("a;b;c", 10), ("a;d", 15)]


def test_a_chain_of_slices_that_overlap_is_no_deep_stack():
    profile = read(trace(*(x("f", at, 5) for at in range(1000))))
    assert {stack for stack, _ in rows(profile)} == {"f", "f;f"}
    assert profile.totals["time/microseconds"] == 1004


def test_times_that_are_rounded_make_no_overlap():
    root = x("root", 81995229618.293, 37.17546827752647)
    first, second = x("f", 81995229623.615, 22.41688395185), x("g", 81995229646.0319, 9.43658432567)
    profile = read(trace(root, first, second))
    assert [stack for stack, _ in rows(profile)] == ["root", "root;f", "root;g"]
    assert profile.totals["time/microseconds"] == 37.17546827752647
    assert profile.duration_s == pytest.approx(37.17546827752647e-6)


def test_slices_alike_are_told_by_how_the_file_is_ordered():
    """Chrome writes the outer slice first, VizTracer the inner one."""
    chrome = trace(x("out", 0, 9), x("in", 1, 3), x("outer", 20, 5), x("inner", 20, 5))
    viztracer = trace(x("in", 1, 3), x("out", 0, 9), x("inner", 20, 5), x("outer", 20, 5))
    expected = ["out", "out;in", "outer", "outer;inner"]
    assert [stack for stack, _ in rows(read(chrome))] == expected
    assert [stack for stack, _ in rows(read(viztracer))] == expected


def test_an_end_closes_the_last_slice_of_its_name_with_all_within():
    profile = read(
        trace(begin("a", 0), begin("b", 2), begin("c", 3), end(5, "b"), end(6, "c"), end(7, "z"),
              end(9, "a"))
    )  # fmt: skip
    assert rows(profile) == [("a", 6), ("a;b", 1), ("a;b;c", 2)]


def test_what_begins_when_another_ends_follows_it():
    """Threads may report both in any order; an end that fits neither closes nothing."""
    profile = read(trace(begin("a", 0), begin("b", 4), end(4, "a"), end(9, "b"), end(9, "a")))
    assert rows(profile) == [("a", 4), ("b", 5)]
    nested = [begin("a", 0), begin("b", 4), begin("c", 4), end(4, "c"), end(4, "b"), end(4, "a")]
    assert [time for _, time in rows(read(trace(*nested)))] == [4, 0, 0]


def test_an_end_closes_a_slice_without_a_name():
    profile = read(trace(begin("", 0), begin("b", 2), end(3, "b"), end(5, "a")))
    assert rows(profile) == [("(unnamed)", 4), ("(unnamed);b", 1)]


def test_ends_stand_for_slices_of_their_thread_alone():
    profile = read(trace(begin("a", 0), end(3, tid=3), end(4, pid=9), end(8)))
    assert rows(profile) == [("a", 8)]


def test_a_slice_that_was_not_ended_lasts_as_long_as_what_is_around_it():
    profile = read(trace(x("task", 0, 10), begin("open", 4), x("next", 20, 5)))
    assert rows(profile) == [("task", 4), ("task;open", 6), ("next", 5)]


def test_a_slice_that_was_not_ended_lasts_to_the_last_event_of_the_trace():
    profile = read(trace(begin("open", 4), {"ph": "i", "name": "mark", "ts": 30, "s": "g"}))
    assert rows(profile) == [("open", 26)]
    assert profile.duration_s == pytest.approx(26e-6)


def test_events_may_come_in_any_order():
    events = [begin("a", 0), x("b", 1, 2), begin("c", 5), end(7, "c"), end(9, "a")]
    expected = [("a", 5), ("a;b", 2), ("a;c", 2)]
    assert rows(read(trace(*events))) == rows(read(trace(*reversed(events)))) == expected


def test_what_is_of_no_stack_is_left_out():
    told = [
        {"ph": phase, "name": "n", "ts": 1, "id": "0x1", "args": {"v": 1}}
        for phase in "bneSTFstfiIRCPONDv"
    ]
    profile = read(trace(*told, x("a", 0, 3)))
    assert rows(profile) == [("a", 3)]


def test_slices_may_be_deep():
    n = 1_000
    profile = read(trace(*(begin("f", at) for at in range(n)), *(end(n) for _ in range(n))))
    assert profile.totals == {"slices/count": n, "time/microseconds": n}


# who is labelled


def test_threads_are_labelled_by_metadata_and_ids():
    def named(kind, name, **more):
        return {"ph": "M", "name": kind, "ts": 0, "args": {"name": name}, **more}

    profile = read(
        trace(
            named("process_name", "app"),
            named("thread_name", "main"),
            x("a", 0, 1),
            x("b", 0, 1, tid=3),
        )
    )
    assert labels(profile) == [
        {"process": "app", "thread": "main", "pid": 1, "tid": 2},
        {"process": "app", "pid": 1, "tid": 3},
    ]  # fmt: skip


def test_processes_and_threads_may_be_told_by_name_alone():
    profile = read(trace(x("a", 0, 1, pid="Spans", tid="GPU 0"), x("b", 0, 1, pid=7.0, tid=None)))
    assert labels(profile) == [
        {"process": "Spans", "thread": "GPU 0"},
        {"pid": 7, "tid": 7},
    ]


def test_files_and_lines_stand_in_names_or_arguments():
    args = {"filename": "/lib/a.py", "line": 30}
    profile = read(
        trace(
            x("f (/lib/a.py:3)", 0, 9),
            x("g", 1, 2, cat="py-spy", args=args),
            x("h", 4, 1, args=args),
        )
    )
    assert [profile.function(n) for n in range(3)] == [
        Function("f", "/lib/a.py", 3),
        Function("g", "/lib/a.py"),
        Function("h"),
    ]
    assert profile.locations["line"].to_pylist() == [3, 30, 0]


# forms of the file


def test_an_empty_object_may_stand_at_the_end_and_times_in_quotes():
    data = b'{"traceEvents": [{"ph": "X", "ts": "5", "dur": "2.5", "pid": 1, "tid": 1, "name": "a"}, {}]}'
    assert rows(read(data)) == [("a", 2.5)]


def test_lengths_may_be_of_the_thread_or_missing():
    profile = read(trace({**x("a", 0, None), "tdur": 4}, x("b", 9, None)))
    assert rows(profile) == [("a", 4), ("b", 0)]


@pytest.mark.parametrize("tail", [b"", b",", b", \n", b"\n"])
def test_a_trace_that_was_cut_between_events_is_read(tail):
    data = trace(x("a", 0, 1), x("b", 2, 1)).rstrip(b"]") + tail
    assert find_format(Content(data)) == "chrome_trace"
    assert len(rows(read(data))) == 2


def test_a_trace_that_was_cut_within_an_event_is_refused():
    data = trace(x("a", 0, 1), x("b", 2, 1))[:-9]
    with pytest.raises(ParseError, match="expected JSON"):
        read(data)


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ({"ph": "X", "name": "a", "ts": "1e9"}, r'\$\[0\]\.ts: expected a number, got "1e9"'),
        ({"ph": "X", "name": "a", "ts": None}, r"\$\[0\]\.ts: expected a number, got null"),
        ({"ph": "B", "name": "a"}, r"\$\[0\]: expected 'ts'"),
        ({"ph": "X", "name": "a", "ts": 1, "dur": []}, r"\[0\]\.dur: expected a number"),
        ({"ph": "X", "name": "a", "ts": 0, "dur": 2**70}, "add up to at most"),
        ({"ph": 3}, r"\[0\]\.ph: expected a string"),
        ({"name": "a"}, r"\[0\]: expected 'ph'"),
    ],
)
def test_events_that_cannot_be_are_named(event, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(trace(event), format="chrome_trace")


# CPU profiles within


def sampled(name, ts, data, **more):
    return {"ph": "P", "name": name, "ts": ts, "id": "0x1", "args": {"data": data}, **more}


def node(number, name, parent=None):
    above = {} if parent is None else {"parent": parent}
    return {
        "id": number,
        "callFrame": {"functionName": name, "url": "a.js", "lineNumber": 9},
        **above,
    }


def test_chunks_are_put_in_order_and_are_of_the_thread_that_was_profiled():
    chunks = [
        sampled("ProfileChunk", 30, {"cpuProfile": {"samples": [2], "nodes": [node(2, "f", 1)]}, "timeDeltas": [20],
                                     "endTime": 1060}, tid=8),
        sampled("ProfileChunk", 20, {"cpuProfile": {"samples": [1], "nodes": [node(1, "(root)")]}, "timeDeltas": [10]},
                tid=8),
        sampled("Profile", 40, {"startTime": 1000}),
    ]  # fmt: skip
    name = {"ph": "M", "name": "thread_name", "args": {"name": "CrRendererMain"}}
    profile = read(trace(*chunks, name))
    assert rows(profile) == [("", 20), ("f", 30)]
    assert profile.to_pandas()["thread"].tolist() == ["CrRendererMain"] * 2
    assert profile.to_pandas()["tid"].tolist() == [2, 2]


def test_lines_that_ran_are_those_of_leaves():
    data = {"cpuProfile": {"samples": [2, 3, 3, 1], "nodes": [node(1, "(root)"), node(2, "f", 1), node(3, "g", 2)]},
            "timeDeltas": [1, 1, 1, 1], "lines": [12, 15, 0, 7]}  # fmt: skip
    profile = read(trace(sampled("ProfileChunk", 0, data)))
    lines = profile.locations["line"].to_pylist()
    starts, places = profile.stack_starts, profile.stack_locations
    stacks = [[lines[n] for n in places[starts[s] : starts[s + 1]]] for s in profile.sample_stacks]
    assert stacks == [[12], [10, 15], [10, 10], []]


def test_profiles_of_processes_and_ids_are_apart():
    def chunk(**more):
        data = {
            "cpuProfile": {"samples": [2], "nodes": [node(1, "(root)"), node(2, "f", 1)]},
            "timeDeltas": [1],
        }
        return sampled("ProfileChunk", 0, data, **more)

    local = chunk(id2={"local": "0x9"})
    del local["id"]
    profile = read(trace(chunk(), chunk(id="0x2"), chunk(pid=5), local))
    assert profile.n_samples == 4


def test_a_profile_may_stand_in_one_event():
    whole = {"nodes": [node(1, "(root)"), node(2, "f", 1)], "samples": [2, 1], "timeDeltas": [5, 10],
             "startTime": 100, "endTime": 150}  # fmt: skip
    event = {"ph": "I", "name": "CpuProfile", "ts": 0, "args": {"data": {"cpuProfile": whole}}}
    assert rows(read(trace(event, x("ignored", 0, 5)))) == [("f", 10), ("", 35)]


def test_slices_that_are_named_like_profiles_are_slices():
    events = [x("Profile", 0, 5), sampled("Profile", 0, {"startTime": 1})]
    assert rows(read(trace(*events))) == [("Profile", 5)]


def test_samples_of_no_node_are_named():
    data = {"cpuProfile": {"samples": [7], "nodes": [node(1, "(root)")]}, "timeDeltas": [1]}
    known = {**data, "cpuProfile": {**data["cpuProfile"], "samples": [1]}}
    place = r"\$\[1\]\.args\.data\.cpuProfile\.samples\[0\]"
    with pytest.raises(ParseError, match=f"{place}: expected the id of a node, got 7"):
        read(trace(sampled("ProfileChunk", 0, known), sampled("ProfileChunk", 1, data)))


# samples of the format itself


def hermes(samples, frames, *events):
    return json.dumps(
        {"traceEvents": list(events), "samples": samples, "stackFrames": frames}
    ).encode()


FRAMES = {"1": {"name": "[root]", "category": "root"}, "2": {"name": "main(a.js:1:2)", "parent": 1},
          "7": {"name": "work(a.js:9:2)", "category": "JS", "parent": "2"}}  # fmt: skip


def test_samples_name_the_innermost_frame_of_their_stacks():
    name = {"ph": "M", "name": "thread_name", "pid": 1, "tid": "5", "args": {"name": "js"}}
    samples = [
        {"cpu": "-1", "ts": "1000", "pid": 1, "tid": "5", "weight": "1", "sf": 7},
        {"cpu": "-1", "ts": "1030", "pid": 1, "tid": "5", "weight": "2", "sf": "2"},
        {"ts": 1040.5, "pid": 1, "tid": "5"},
    ]
    profile = read(hermes(samples, FRAMES, name, x("ignored", 0, 9)))
    assert find_format(Content(hermes(samples, FRAMES))) == "chrome_trace"
    assert rows(profile) == [
        ("[root];main(a.js:1:2);work(a.js:9:2)", 30),
        ("[root];main(a.js:1:2)", 10.5),
        ("", 0),
    ]
    assert profile.totals == {"samples/count": 4, "time/microseconds": 40.5}
    assert profile.to_pandas()["thread"].tolist() == ["js"] * 3


@pytest.mark.parametrize(
    ("samples", "frames", "complaint"),
    [
        ([{"ts": 1, "sf": 9}], FRAMES, r"\$\.samples\[0\].*: expected the id of a node"),
        ([{"ts": "x", "sf": 1}], FRAMES, r"\$\.samples\[0\]\.ts: expected a number"),
        ([{"sf": 1}], FRAMES, r"\$\.samples\[0\]: expected 'ts'"),
        ([3], FRAMES, r"\$\.samples\[0\]: expected an object"),
        ([{"ts": 1, "sf": 1}], {"1": {"name": "a", "parent": 1}}, "got a cycle"),
        ([{"ts": 1, "sf": 1}], {"1": {}}, r"\$\.stackFrames\.1: expected 'name'"),
        ([{"ts": 1, "sf": 1}], [], r"\$\.stackFrames: expected an object"),
    ],
)
def test_samples_of_other_forms_are_named(samples, frames, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(hermes(samples, frames))


# a real writer


def test_what_py_spy_writes_is_read_whole(tmp_path):
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    script = tmp_path / "work.py"
    script.write_text(
        "import time\n"
        "def spin():\n"
        "    end = time.monotonic() + 0.6\n"
        "    while time.monotonic() < end: sum(range(500))\n"
        "spin()\n"
    )
    out = tmp_path / "out.json"
    command = [
        spy,
        "record",
        "-r",
        "100",
        "-f",
        "chrometrace",
        "-o",
        out,
        "--",
        sys.executable,
        script,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if not out.is_file():
        pytest.skip(f"py-spy cannot trace here: {done.stderr[-200:]}")
    events = json.loads(out.read_bytes())
    profile = read(out)
    assert profile.totals["slices/count"] == sum(event["ph"] == "B" for event in events)
    spin = profile.top(by="total").set_index("function").loc["spin"]
    assert spin["file"] == str(script)
    assert spin["total"] > 200_000
