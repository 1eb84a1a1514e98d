"""Two runs of one program have the same functions, whatever its processes and threads are."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ingest import read
from workbench.ingest.threads import label_threads
from workbench.profile import ProfileBuilder, ValueType

FOLDED = b"""process 12:"python app.py";thread (4390): Main;main;f 3
process 12:"python app.py";thread (0x1f): pool-1;work 2
process 12:"python app.py" 1
main;thread (4390): Main 1
"""


def test_processes_and_threads_at_the_root_are_labels():
    profile = read(FOLDED)
    found = profile.to_pandas()
    assert found["stack"].tolist() == ["main;f", "work", "", "main;thread (4390): Main"]
    assert found["thread"].tolist()[:2] == ["Main", "pool-1"]
    assert found["tid"].tolist()[:2] == [4390, 31]
    assert found["pid"].tolist()[:3] == [12, 12, 12]
    names = profile.functions["name"].to_pylist()
    assert sorted(names) == ["f", "main", "thread (4390): Main", "work"]  # that is no root


def test_those_of_speedscope_are_too():
    frames = ["thread (7): Main", "main", "0x7fbb472a71f5"]
    threads = [
        {"type": "sampled", "name": f"Thread {n}", "unit": "none", "startValue": 0, "endValue": 3,
         "samples": [[0, 1], [0, 1, 2]][: n + 1], "weights": [1, 2][: n + 1]}
        for n in range(2)
    ]  # fmt: skip
    page = {"shared": {"frames": [{"name": name} for name in frames]}, "profiles": threads}
    profile = read(json.dumps(page).encode())
    assert profile.to_pandas()["stack"].tolist() == ["main", "main", "main;[unknown]"]
    assert profile.to_pandas()["tid"].tolist() == [7, 7, 7]
    assert profile.to_pandas()["thread"].tolist() == ["Thread 0", "Thread 1", "Thread 1"]
    assert profile.locations["address"].to_pylist()[-1] == 0x7FBB472A71F5


def test_those_of_a_trace_are_too():
    events = [
        {"name": name, "ph": phase, "pid": 1, "tid": 9, "ts": at}
        for at, phase, name in (
            (0, "B", "thread (7): Main"), (1, "B", "f"), (5, "E", "f"), (6, "E", "thread (7): Main"),
        )
    ]  # fmt: skip
    profile = read(json.dumps(events).encode())
    assert sorted(profile.to_pandas()["stack"]) == ["", "f"]
    assert profile.totals == {"slices/count": 2, "time/microseconds": 6}
    assert profile.to_pandas()["tid"].tolist() == [9, 9]  # the trace tells it itself
    assert profile.to_pandas()["thread"].tolist() == ["Main", "Main"]


@pytest.mark.parametrize(
    ("frame", "name", "file"),
    [
        ("0x7f8c84e4524a (libc.so.6)", "[unknown]", "libc.so.6"),
        ("0xffffffff81000000", "[unknown]", ""),
        ("0x401136 (a.out)", "0x401136", "a.out"),
        ("0x401136", "0x401136", ""),
    ],
)
def test_an_address_that_another_run_does_not_have_is_no_name(frame, name, file):
    function = read(f"main;{frame} 1\n".encode()).function(1)
    assert (function.name, function.file) == (name, file)


NAMES = ["f", "g", "thread (1): a", "thread (0x2)", 'process 3:"x;y"', "thread (x)"]


@given(st.lists(st.tuples(st.lists(st.sampled_from(NAMES), max_size=5), st.integers(1, 9))))
def test_stacks_begin_with_the_first_that_is_a_function(rows):
    builder = ProfileBuilder(ValueType("n", "count"))
    for stack, count in rows:
        builder.sample(builder.stack([builder.frame(name) for name in stack]), count)
    profile = label_threads(builder.build())
    frame = profile.to_pandas()
    assert frame["n/count"].tolist() == [count for _, count in rows]
    for (stack, _), found in zip(rows, frame.to_dict("records"), strict=True):
        is_root = [name in NAMES[2:5] for name in stack]
        cut = is_root.index(False) if False in is_root else len(stack)
        assert found["stack"] == ";".join(stack[cut:])
        told = {
            key: found[key]
            for key in ("tid", "pid", "thread")
            if key in found and not pd.isna(found[key])
        }
        last = {}
        for name in stack[:cut]:
            last |= {
                NAMES[2]: {"tid": 1, "thread": "a"},
                NAMES[3]: {"tid": 2},
                NAMES[4]: {"pid": 3},
            }[name]
        assert told == last
    used = {name for stack, _ in rows for name in stack}
    assert {*profile.functions["name"].to_pylist()} <= used
