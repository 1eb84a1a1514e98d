"""speedscope files: laws, value types of one recording, and what py-spy writes."""

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
from workbench.profile import ProfileBuilder
from workbench.profile.save import to_speedscope
from workbench.types import Function, ValueType


def page(*profiles, frames=("a", "b", "c"), **more):
    told = [{"name": frame} if isinstance(frame, str) else frame for frame in frames]
    return json.dumps({"shared": {"frames": told}, "profiles": list(profiles), **more}).encode()


def sampled(samples, weights, unit="none", name="t"):
    return {"type": "sampled", "name": name, "unit": unit, "startValue": 0,
            "endValue": sum(weights), "samples": samples, "weights": weights}  # fmt: skip


def evented(events, start, end):
    return {"type": "evented", "name": "t", "unit": "none", "startValue": start, "endValue": end,
            "events": [{"type": kind, "frame": frame, "at": at} for kind, frame, at in events]}  # fmt: skip


def rows(profile):
    values = zip(*(column.tolist() for column in profile.sample_values), strict=True)
    names = [";".join(f.name for f in profile.stack(row)) for row in profile.sample_stacks]
    return [(stack, *row) for stack, row in zip(names, values, strict=True)]


# value types


def test_the_same_samples_in_other_units_are_one_recording():
    samples = [[0, 1], [], [0]]
    profile = read(
        page(sampled(samples, [0.5, 1.5, 2.0], "seconds", "wall"), sampled(samples, [1, 2, 3]),
             sampled(samples, [64, 0, 8], "bytes", "heap"), activeProfileIndex=1)
    )  # fmt: skip
    assert rows(profile) == [("a;b", 0.5, 1, 64), ("", 1.5, 2, 0), ("a", 2.0, 3, 8)]
    assert str(profile.value_types[profile.default_value]) == "samples/count"
    assert not profile.labels.num_rows


def test_the_same_samples_in_one_unit_are_threads():
    profile = read(page(sampled([[0]], [2], name="x"), sampled([[0]], [3], name="y")))
    assert rows(profile) == [("a", 2), ("a", 3)]
    assert profile.to_pandas()["thread"].tolist() == ["x", "y"]


def test_the_active_profile_tells_the_default_value():
    threads = sampled([[0]], [1], "bytes", "x"), sampled([[1]], [2], "seconds", "y")
    for told, expected in ((0, "space/bytes"), (1, "time/seconds"), (9, "space/bytes")):
        profile = read(page(*threads, activeProfileIndex=told))
        assert str(profile.value_types[profile.default_value]) == expected


@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 2), max_size=4), st.integers(0, 99), st.integers(0, 2**40)
        ),
        max_size=8,
    ),
    st.integers(0, 2),
)
def test_what_is_written_is_read_back(samples, default):
    kinds = (("alloc", "count"), ("cpu", "nanoseconds"), ("load", "percent"))
    builder = ProfileBuilder(*(ValueType(*kind) for kind in kinds))
    frames = [builder.frame(name, "a.py", line) for name, line in (("f", 1), ("g", 0), ("", 7))]
    for stack, count, time in samples:
        builder.sample(builder.stack([frames[n] for n in stack]), count, time, 3)
    before = builder.build(default_value=default)
    after = read(to_speedscope(before))
    assert after.totals == before.totals
    assert rows(after) == rows(before)
    assert after.value_types == before.value_types
    assert after.default_value == before.default_value


def test_a_file_in_our_name_whose_profiles_differ_is_one_of_threads():
    profile = read(
        page(sampled([[0]], [2], name="cpu/count"), sampled([[1]], [3], name="wall/count"),
             exporter="efficiency-workbench")
    )  # fmt: skip
    assert rows(profile) == [("a", 2), ("b", 3)]
    assert profile.totals == {"samples/count": 5}


# events


@st.composite
def nested_events(draw):
    """Events that nest, in order of time, and the stack that is open in each unit of time."""
    at, path, events, truth = 0, [], [], []
    for is_open, frame, gap in draw(
        st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(0, 3)), max_size=30)
    ):
        truth += [tuple(path)] * gap
        at += gap
        if is_open or not path:
            path.append(frame)
            events.append(("O", frame, at))
        else:
            events.append(("C", path.pop(), at))
    while path:
        events.append(("C", path.pop(), at))
    tail = draw(st.integers(0, 3))
    return events, at + tail, truth + [()] * tail


@given(nested_events(), st.integers(-5, 5))
def test_each_unit_of_time_goes_to_the_stack_that_is_open(drawn, start):
    events, end, truth = drawn
    moved = [(kind, frame, at + start) for kind, frame, at in events]
    profile = read(page(evented(moved, start, end + start)))
    assert profile.totals == {"samples/count": end}
    spread = [stack for stack, weight in rows(profile) for _ in range(weight)]
    assert spread == [";".join("abc"[frame] for frame in stack) for stack in truth]
    assert all(weight > 0 for _, weight in rows(profile))


def test_stacks_may_be_deep():
    n = 100_000
    events = [("O", 0, 0) for _ in range(n)] + [("C", 0, 2) for _ in range(n)]
    profile = read(page(evented(events, 0, 3)))
    assert profile.stack_starts.tolist() == [0, n, n]
    assert profile.totals == {"samples/count": 3}


# frames and what is left out


def test_frames_tell_file_and_line_where_they_have_them():
    frames = [
        {"name": "f", "file": "a.py", "line": 3, "col": 9},
        {"name": "", "file": None, "line": None, "col": None},
        {"name": "g\0\n", "line": -1},
    ]
    profile = read(page(sampled([[0, 1, 2]], [1]), frames=frames, version="0.0.1"))
    assert profile.stack(0) == (Function("f", "a.py"), Function(""), Function("g\0\n"))
    assert profile.locations["line"].to_pylist() == [3, 0, 0]


def test_a_file_without_profiles_is_an_empty_one():
    profile = read(page())
    assert profile.totals == {"samples/count": 0}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (page(sampled([[0]], [1]), frames=[{"file": "a"}]), r"frames\[0\]: expected 'name'"),
        (page(sampled([[0]], [1]), frames=[{"name": 3}]), r"frames\[0\]\.name: expected a string"),
        (
            page(sampled([[-1]], [1])),
            r"profiles\[0\]\.samples\[0\]: expected frames, each an index",
        ),
        (page(sampled([[True]], [1])), "each an index below 3, got"),
        (page(sampled([0], [1])), r"samples\[0\]: expected frames"),
        (page(sampled([[0]], [1]), {**sampled([[0]], [1]), "name": 3}), r"\[1\]\.name: expected a"),
        (page(sampled([[0]], [1e308]), sampled([[1]], [1e308])), "expected finite values"),
        (page(sampled([[0]], [2**62]), sampled([[1]], [2**62])), "add up to at most"),
        (
            page(evented([("O", 3, 0)], 0, 1)),
            r"events\[0\]\.frame: expected an integer from 0 to 2",
        ),
        (page(evented([("O", 0, 1)], 2, 3)), r"events\[0\]\.at: expected no time before 2"),
        (page(evented([("X", 0, 1)], 0, 3)), r"events\[0\]: expected an event that opens a frame"),
    ],
)
def test_what_is_not_of_the_format_is_named(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data)


# a real writer


def test_what_py_spy_writes_is_a_profile_of_threads(tmp_path):
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    script = tmp_path / "work.py"
    script.write_text(
        "import threading, time\n"
        "def spin():\n"
        "    end = time.monotonic() + 0.6\n"
        "    while time.monotonic() < end: sum(range(500))\n"
        "thread = threading.Thread(target=spin, name='worker')\n"
        "thread.start()\nspin()\nthread.join()\n"
    )
    out = tmp_path / "out.json"
    done = subprocess.run(
        [spy, "record", "-r", "100", "-f", "speedscope", "-o", out, "--", sys.executable, script],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if not out.is_file():
        pytest.skip(f"py-spy cannot trace here: {done.stderr[-200:]}")
    page = json.loads(out.read_bytes())
    profile = read(out)
    assert find_format(Content(out.read_bytes())) == "speedscope"
    assert profile.n_samples == sum(len(told["samples"]) for told in page["profiles"])
    weights = [weight for told in page["profiles"] for weight in told["weights"]]
    assert profile.totals["time/seconds"] == pytest.approx(sum(weights))
    assert profile.filter("^spin$", file=r"work\.py").n_samples > 10
