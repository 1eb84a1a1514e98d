"""CPU profiles of V8: both forms, what they leave out, and what Node writes."""

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.types import Function

ROOT = {"id": 1, "callFrame": {"functionName": "(root)", "url": "", "lineNumber": -1}}


def node(number, name, parent=None, **more):
    frame = {"functionName": name, "scriptId": "7", "url": "file:///a.js", "lineNumber": number}
    above = {} if parent is None else {"parent": parent}
    return {"id": number, "callFrame": frame, **above, **more}


def page(*nodes, **more):
    return json.dumps({"nodes": [ROOT, *nodes], "startTime": 100, **more}).encode()


def rows(profile):
    values = zip(*(column.tolist() for column in profile.sample_values), strict=True)
    names = [";".join(f.name for f in profile.stack(row)) for row in profile.sample_stacks]
    return [(stack, *row) for stack, row in zip(names, values, strict=True)]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(-50, 200)), max_size=20), st.integers(0, 99)
)
def test_times_add_up_to_what_passed_since_the_first_sample(samples, more):
    times = [100]
    for _, delta in samples:
        times.append(times[-1] + delta)
    end = max(times) + more
    nodes = [node(2, "f", 1), node(3, "g", 2), node(4, "(idle)", 1)]
    profile = read(
        page(
            *nodes, samples=[s for s, _ in samples], timeDeltas=[d for _, d in samples], endTime=end
        )
    )
    expected = end - min(times[1:]) if samples else 0
    assert profile.totals == {"samples/count": len(samples), "time/microseconds": expected}
    assert all(time >= 0 for _, _, time in rows(profile))
    assert profile.duration_s == (end - 100) / 1e6


def test_parents_may_be_told_by_their_children_or_by_themselves():
    up = page(node(2, "f", 1), node(3, "g", 2), samples=[3], timeDeltas=[5])
    down = json.dumps({
        "nodes": [node(3, "g"), node(2, "f", children=[3]), {**ROOT, "children": [2]}],
        "startTime": 100, "samples": [3], "timeDeltas": [5],
    }).encode()  # fmt: skip
    assert rows(read(up)) == rows(read(down)) == [("f;g", 1, 0)]


def test_the_root_is_no_frame_but_one_of_its_name_further_down_is():
    profile = read(page(node(2, "f", 1), node(3, "(root)", 2), samples=[1, 3], timeDeltas=[0, 1]))
    assert [row[0] for row in rows(profile)] == ["", "f;(root)"]


def test_lines_count_from_one_in_both_forms():
    newer = read(page(node(2, "f", 1), samples=[2], timeDeltas=[1]))
    leaf = {"id": 2, "functionName": "f", "url": "file:///a.js", "lineNumber": 3, "hitCount": 1}
    head = {"id": 1, "functionName": "(root)", "url": "", "lineNumber": 0, "children": [leaf]}
    older = read(
        json.dumps({"head": head, "startTime": 1.25, "endTime": 1.5, "samples": [2],
                    "timestamps": [1_250_100]}).encode()
    )  # fmt: skip
    assert newer.function(0) == older.function(0) == Function("f", "file:///a.js", 3)
    assert rows(older) == [("f", 1, 249_900)]
    assert older.duration_s == 0.25


def test_without_times_there_are_samples_alone():
    profile = read(page(node(2, "f", 1), samples=[2, 1, 2]))
    assert profile.totals == {"samples/count": 3}
    assert [row[0] for row in rows(profile)] == ["f", "", "f"]


def test_without_samples_there_is_a_row_for_each_node_that_was_hit():
    nodes = [node(2, "f", 1, hitCount=3), node(3, "g", 2, hitCount=0), node(4, "h", 3, hitCount=2)]
    profile = read(page(*nodes, endTime=300))
    assert rows(profile) == [("f", 3), ("f;g;h", 2)]
    assert profile.totals == {"samples/count": 5}


@pytest.mark.slow
def test_trees_may_be_deep():
    n = 100_000
    nodes = [node(number, "f", number - 1) for number in range(2, n)]
    profile = read(page(*reversed(nodes), samples=[n - 1] * 3, timeDeltas=[1, 1, 1]))
    assert profile.stack_starts.tolist() == [0, n - 2]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (page(samples=[1, 2], timeDeltas=[1, 1]), r"\$\.samples\[1\]: expected the id of a node, got 2"),
        (page(samples=[True], timeDeltas=[1]), "expected the id of a node, got true"),
        (page(samples=[[]], timeDeltas=[1]), r"expected the id of a node, got \[\]"),
        (page(samples=[1], timeDeltas=["1"]), r"\$\.timeDeltas\[0\]: expected a number"),
        (page(samples=[1], timeDeltas=[]), r"\$\.samples: expected 1 times, one a sample, got 0"),
        (page(node(2, "f", 2), samples=[2], timeDeltas=[1]), r"\$\.nodes\[1\]: .*got a cycle"),
        (page({"id": 2}, samples=[1], timeDeltas=[1]), r"nodes\[1\]: expected 'functionName'"),
        (page({"id": -2}, samples=[1], timeDeltas=[1]), r"nodes\[1\]\.id: expected an integer"),
        (page(node(2, "f", 1, hitCount=-1)), r"nodes\[1\]\.hitCount: expected an integer"),
        (page(samples=[1], timeDeltas=[1], endTime="x"), r"\$\.endTime: expected a number"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_format_is_named(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data, format="cpuprofile")


def test_what_node_writes_is_read_whole(tmp_path):
    if (program := shutil.which("node")) is None:
        pytest.skip("Node is not installed")
    script = tmp_path / "work.js"
    script.write_text(
        "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }\n"
        "const work = () => { for (let i = 0; i < 30; i++) fib(24) }\nwork()\n"
    )
    command = [
        program,
        "--cpu-prof",
        "--cpu-prof-interval=200",
        "--cpu-prof-name=out.cpuprofile",
        script,
    ]
    subprocess.run(command, check=True, cwd=tmp_path, timeout=60)
    data = (tmp_path / "out.cpuprofile").read_bytes()
    page, profile = json.loads(data), read(data)
    assert find_format(Content(data)) == "cpuprofile"
    assert profile.totals == {
        "samples/count": len(page["samples"]),
        "time/microseconds": page["endTime"] - page["startTime"] - page["timeDeltas"][0],
    }
    top = profile.top(by="total").set_index("function")
    assert top.loc["fib", "file"].endswith("work.js")
    assert top.loc["fib", "line"] == 1
    assert top.loc["fib", "total"] > 0
