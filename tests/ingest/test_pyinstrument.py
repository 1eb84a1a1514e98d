"""What is peculiar to pyinstrument's three dialects."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.types import Function


def parse(page):
    return read(json.dumps(page).encode(), format="pyinstrument")


def rows(profile):
    """Stack and time of each sample."""
    values = profile.values().tolist()
    stacks = (profile.stack(row) for row in profile.sample_stacks)
    return [
        (";".join(function.name for function in stack), value)
        for stack, value in zip(stacks, values, strict=True)
    ]


def frame(name, time, *children, attributes=None):
    """A frame of the HTML renderer's tree."""
    identifier = name if name.startswith("[") else f"{name}\0/app/{name}.py\x001"
    return {"identifier": identifier, "time": time, "attributes": attributes or {}, "children": list(children)}  # fmt: skip


def tree(root, duration=None):
    return {"session": {"start_time": 1.7e9, "duration": duration}, "frame_tree": root}


# classes and lines


def test_the_class_with_most_time_is_named_and_a_line_where_it_is_the_only_one():
    told = {"cBase": 0.5, "cJob": 1.5, "l7": 2.0, "h1": 2.0}
    found = parse(tree(frame("run", 2.0, attributes=told)))
    assert found.function(0) == Function("Job.run", "/app/run.py", 1)
    assert found.locations["line"].to_pylist() == [7]
    two_lines = frame("run", 2.0, attributes={"l7": 1.0, "l8": 1.0})
    assert parse(tree(two_lines)).locations["line"].to_pylist() == [0]


def test_a_method_has_the_same_name_in_each_dialect():
    records = [[["run\0/app/run.py\x001\x01cJob\x01l7"], 2.0]]
    rendered = {"function": "run", "file_path": "/app/run.py", "line_no": 1, "time": 2.0,
                "class_name": "Job", "children": []}  # fmt: skip
    pages = [
        {"duration": 2.0, "frame_records": records},
        tree(frame("run", 2.0, attributes={"cJob": 2.0, "l7": 2.0}), 2.0),
        {"duration": 2.0, "root_frame": rendered},
    ]
    assert {parse(page).function(0) for page in pages} == {Function("Job.run", "/app/run.py", 1)}


@pytest.mark.parametrize(
    ("identifier", "function", "line"),
    [
        ("f\0a.py\x003", Function("f", "a.py", 3), 0),
        ("f\0a.py\x003\x01l5\x01cJob\x01h1", Function("Job.f", "a.py", 3), 5),
        ("MainThread\0<thread>\x00140", Function("MainThread", "<thread>", 140), 0),
        ("[await]", Function("[await]"), 0),
        ("f\0a.py", Function("f", "a.py"), 0),
        ("f\0a.py\0x\x01l-1", Function("f", "a.py"), 0),
        ("f\0a.py\x0099999999999\x01", Function("f", "a.py"), 0),
        ("", Function(""), 0),
    ],
)
def test_an_identifier_tells_function_and_line(identifier, function, line):
    found = parse({"frame_records": [[[identifier], 1.0]]})
    assert found.function(0) == function
    assert found.locations["line"].to_pylist() == [line]


# time


def test_frames_in_brackets_stay_but_for_self():
    root = frame("main", 4.0, frame("[self]", 1.0), frame("[await]", 2.0), frame("f", 1.0))
    assert rows(parse(tree(root, 4.0))) == [("main", 1.0), ("main;[await]", 2.0), ("main;f", 1.0)]


def test_rounding_is_no_fault_and_more_is():
    rounded = frame("main", 0.3, frame("f", 0.100001), frame("g", 0.2))
    assert rows(parse(tree(rounded))) == [("main;f", 0.100001), ("main;g", 0.2)]
    with pytest.raises(
        ParseError, match=r"\$\.frame_tree\.time: expected a time of at least the 0.4"
    ):
        parse(tree(frame("main", 0.3, frame("f", 0.4))))
    with pytest.raises(ParseError, match=r"children\[0\]\.time: expected a time of at least the 0"):
        parse(tree(frame("main", 0.3, frame("f", -0.4))))


def test_a_session_without_frames_lasted_all_the_same():
    for page in (tree(None, 2.5), {"root_frame": None, "duration": 2.5}):
        assert rows(parse(page)) == [("", 2.5)]
    assert rows(parse({"frame_records": [], "duration": 2.5})) == []
    assert rows(parse({"frame_records": [[[], 0.5]], "duration": 0.5})) == [("", 0.5)]


def test_stacks_may_be_deep():
    deep = [f"f{number}\0a.py\x001" for number in range(100_000)]
    found = parse({"frame_records": [[deep, 1.0], [deep, 2.0]]})
    assert (found.n_stacks, len(found.stack_locations)) == (1, 100_000)
    root = frame("f", 1.0)
    for _ in range(150):
        root = frame("f", 1.0, root)
    assert len(parse(tree(root)).stack(0)) == 151


FRAMES = st.recursive(
    st.integers(1, 10**6).map(lambda time: frame("leaf", time / 1e6)),
    lambda inner: st.tuples(st.sampled_from("fgh"), st.lists(inner, max_size=3), st.integers(0, 10**6)).map(
        lambda parts: frame(parts[0], parts[2] / 1e6 + math.fsum(c["time"] for c in parts[1]), *parts[1])
    ),
    max_leaves=12,
)  # fmt: skip


@given(FRAMES, st.floats(0, 2))
def test_times_add_up_to_what_the_session_lasted(root, more):
    found = parse(tree(root, root["time"] + more))
    assert found.totals["time/seconds"] == pytest.approx(root["time"] + more, abs=1e-9)
    assert max(found.top(by="total")["total"], default=0) <= root["time"] + more + 1e-9


# what is none


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ({"frame_records": [[["f\0a\x001", 3], 1.0]]}, r"\$\.frame_records\[0\]\[0\]\[1\]: expected a string, got 3"),
        ({"frame_records": [[["f"], "1"]]}, r'\$\.frame_records\[0\]\[1\]: expected a number, got "1"'),
        ({"frame_records": [[["f"]]]}, r"\$\.frame_records\[0\]: expected an index below 1, got 1"),
        ({"frame_records": [["f", 1]]}, r"\$\.frame_records\[0\]\[0\]: expected an array"),
        (tree({"identifier": "f"}), r"\$\.frame_tree: expected 'time', found no such member"),
        (tree(frame("f", 1, {"time": 1})), r"children\[0\]: expected 'function', found no such"),
        (tree(frame("f", 1, attributes={"cA": "x"})), r"attributes\.cA: expected a number"),
        ({"root_frame": [], "duration": 1}, r"\$\.root_frame: expected an object"),
        ({"frame_records": [], "duration": []}, r"\$\.duration: expected a number"),
    ],
)  # fmt: skip
def test_what_is_no_session_is_named_with_its_place(page, complaint):
    with pytest.raises(ParseError, match=complaint):
        parse(page)


@pytest.mark.parametrize("name", ["sessionData", "window.profileSession"])
def test_a_page_holds_what_its_session_holds(examples, name):
    session = examples["pyinstrument"].data
    page = b"\xef\xbb\xbf<html><script>const a = {};</script><script>" + name.encode()
    found = read(page + b" = " + session + b"\n</script></html>")
    assert found.totals == read(session).totals
    assert found.top().equals(read(session).top())


def test_a_page_that_was_cut_off_is_no_profile(examples):
    page = b"<html><script>const sessionData = " + examples["pyinstrument"].data
    for data in (page[:-40], b"<html><p>hello"):
        with pytest.raises(ParseError, match="got a page of HTML"):
            read(data)


def test_a_page_on_one_line_or_of_many_beginnings_is_read_in_no_time(examples):
    session = examples["pyinstrument"].data
    page = b"<html><script>const sessionData = " + session + b"; render(sessionData, {});</script>"
    assert read(page).totals == read(session).totals
    with pytest.raises(ParseError, match="got a page of HTML"):
        read(b"<html>" + b"const sessionData = {" * 200_000)
