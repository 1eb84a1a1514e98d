"""Two runs of one program have the same functions, whatever its processes and threads are."""

import json

import pytest

from workbench.ingest import read

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
