import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.ingest import read
from workbench.profile import CallGraph, ProfileBuilder
from workbench.signals import function_series
from workbench.store import Store, WindowProfile
from workbench.types import Function, ValueType

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def window(folded, at=NOON, service="svc", work=2.0):
    return WindowProfile(read(folded.encode(), format="folded"), service, "v1", at, work, 0.5)


def counts(recording):
    """The samples as {(window, names of the stack): count}."""
    triples = zip(
        recording.sample_windows, recording.sample_stacks, recording.sample_counts, strict=True
    )
    return {(int(w), tuple(f.name for f in recording.stack(s))): int(c) for w, s, c in triples}


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


# what is added is read back


def test_windows_are_read_back_in_order_of_time(store):
    later = window("a;b 3\na;b 2\na 1\n", NOON.replace(hour=13), work=math.nan)
    assert store.add_all([later, window("a;c 7\n")]) == 2
    recording = Store.open(store.folder).recording()
    assert counts(recording) == {(0, ("a", "c")): 7, (1, ("a", "b")): 5, (1, ("a",)): 1}
    assert recording.n_windows == 2
    assert recording.n_stacks == 3
    windows = recording.windows
    assert list(windows["n_samples"]) == [7, 6]
    assert list(windows["at"]) == [NOON, NOON.replace(hour=13)]
    assert list(windows["version"]) == ["v1", "v1"]
    assert list(windows["work"].isna()) == [False, True]
    assert list(windows["cpu_seconds"]) == [0.5, 0.5]


def test_segments_add_up(store):
    for hour in (15, 13, 14):
        store.add_all([window(f"a;b {hour}\n", NOON.replace(hour=hour))])
    assert counts(store.recording()) == {(n, ("a", "b")): 13 + n for n in range(3)}


def test_each_service_has_its_own_windows(store):
    store.add_all(
        [window("a 1\n"), window("a;b 2\n", service="other"), window("c 3\n", service="third")]
    )
    assert store.services() == ["other", "svc", "third"]
    assert counts(store.recording("other")) == {(0, ("a", "b")): 2}
    assert counts(store.recording("third")) == {(0, ("c",)): 3}
    assert store.recording("svc").functions == (Function("a"),)


def test_empty_stacks_and_windows_without_samples_are_kept(store):
    store.add_all([window(" 5\n"), window("", NOON.replace(hour=13))])
    recording = store.recording()
    assert counts(recording) == {(0, ()): 5}
    assert list(recording.windows["n_samples"]) == [5, 0]


STACKS = st.dictionaries(
    st.lists(st.sampled_from("abcdü"), max_size=4).map(tuple), st.integers(0, 2**40), max_size=5
)


@settings(max_examples=10)
@given(st.lists(STACKS, min_size=1, max_size=4), st.booleans())
def test_any_recording_is_read_back(windows, in_one_segment):
    texts = ["".join(f"{';'.join(s)} {c}\n" for s, c in stacks.items()) for stacks in windows]
    profiles = [window(text, NOON + timedelta(hours=n)) for n, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(folder)
        for batch in [profiles] if in_one_segment else [[p] for p in profiles]:
            store.add_all(batch)
        recording = store.recording()
    assert counts(recording) == {(n, s): c for n, w in enumerate(windows) for s, c in w.items()}
    assert list(recording.windows["n_samples"]) == [sum(w.values()) for w in windows]


@pytest.mark.parametrize(
    "name", ["it's", 'a "b"', "run[1]", "a*b?", "{windows}", "service=other", "ü b", "[!x]"]
)
def test_a_store_works_in_a_folder_of_any_name(tmp_path, name):
    store = Store.create(tmp_path / name / "store")
    store.add_all([window("a 1\n")])
    assert store.services() == ["svc"]
    assert counts(store.recording()) == {(0, ("a",)): 1}


# adding again, and failing


def test_adding_twice_changes_nothing(store):
    windows = [window("a 1\n"), window("b 1\n", NOON.replace(hour=13))]
    assert store.add_all(windows) == 2
    assert store.add_all(windows) == 0
    store.add_all(windows[:1])  # the same window in another segment
    here = timezone(timedelta(hours=2))
    store.add_all([window("a 1\n", NOON.astimezone(here))])  # the same time, told otherwise
    assert counts(store.recording()) == {(0, ("a",)): 1, (1, ("b",)): 1}
    assert store.recording().n_windows == 2


def test_a_window_that_stands_twice_in_one_call_is_one(store):
    assert store.add_all([window("a 1\n"), window("a 1\n")]) == 1
    assert counts(store.recording()) == {(0, ("a",)): 1}


def test_a_profile_told_again_with_other_work_is_refused_and_stays_what_it_was(store):
    for work in (3.0, math.nan, 3.0):
        store.add_all([window("a 1\n", work=work)])
    complaint = r"svc: the profile of 2026-01-01 12:00.* is there with work=3: expected the same, g"
    with pytest.raises(StoreError, match=complaint):
        store.add_all([window("a 1\n", work=4.0), window("b 1\n")])
    recording = store.recording()
    assert list(recording.windows["work"]) == [3.0]
    assert counts(recording) == {(0, ("a",)): 1}


def test_adding_nothing_adds_nothing(store):
    assert store.add_all([]) == 0
    assert [path.name for path in store.folder.iterdir()] == ["store.json"]


def test_a_failed_add_leaves_nothing(store):
    with pytest.raises(
        StoreError, match="svc: expected at= as a datetime with a time zone, got datetime.datetime"
    ):
        store.add_all([window("a 1\n"), window("b 1\n", datetime(2026, 1, 1))])

    def interrupted():
        yield window("a 1\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add_all(interrupted())
    (store.folder / "segments").write_text("in the way")
    with pytest.raises(OSError, match="segments"):
        store.add_all([window("a 1\n")])
    assert sorted(path.name for path in store.folder.iterdir()) == ["segments", "store.json"]


def test_unfinished_segments_are_not_seen(store):
    store.add_all([window("a 1\n")])
    half = store.folder / "segments" / "00half"
    half.mkdir()
    (half / "profiles.parquet").write_bytes(b"junk")
    (half.parent / ".00half.json").write_text("{")
    assert store.recording().n_windows == 1


# stores that are none


def test_a_store_is_opened_where_one_is_and_made_where_none_is(tmp_path):
    first = Store.create(tmp_path / "deep" / "store")
    first.add_all([window("a 1\n")])
    again = Store.create(first.folder)
    assert again.recording().n_windows == 1
    assert repr(again) == f"Store.open({str(first.folder)!r})"


@pytest.mark.parametrize("make", [Path.touch, lambda path: (path.mkdir(), (path / "x").touch())])
def test_other_files_are_never_taken_for_a_store(tmp_path, make):
    make(tmp_path / "place")
    with pytest.raises(StoreError, match="place: expected an empty folder or a store"):
        Store.create(tmp_path / "place")
    with pytest.raises(StoreError, match=r"place: expected a store, found no store\.json"):
        Store.open(tmp_path / "place")


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [('{"version": 99}', "expected version 2, found 99"), ('{"version": "1"}', "found '1'"),
     ("{}", "expected {"), ("[]", "expected {"), ("junk", "expected {"), ("\x00", "expected {")],
)  # fmt: skip
def test_a_store_of_another_version_is_refused(store, marker, complaint):
    (store.folder / "store.json").write_text(marker)
    with pytest.raises(StoreError, match=complaint) as caught:
        Store.open(store.folder)
    assert "store.json" in str(caught.value)


def test_a_service_has_to_be_one_there_is(store):
    with pytest.raises(StoreError, match="expected recorded profiles, found none"):
        store.recording()
    store.add_all([window("a 1\n"), window("a 1\n", service="other")])
    with pytest.raises(
        StoreError, match=r"expected one service, found \['other', 'svc'\]: name one"
    ):
        store.recording()
    for wrong in ("nope", ""):
        with pytest.raises(StoreError, match=rf"expected one of \['other', 'svc'\], got '{wrong}'"):
            store.recording(wrong)


def scribble(path):
    """Write over all pages of a Parquet file but leave what tells of them."""
    data = path.read_bytes()
    size = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:4] + b"\xff" * (size - 4) + data[size:])


DAMAGE = {
    "gone": lambda path: path.unlink(),
    "junk": lambda path: path.write_bytes(b"junk"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "scribbled": scribble,
    "other columns": lambda path: pq.write_table(pa.table({"z": [1]}), path),
    "no rows": lambda path: pq.write_table(pq.read_table(path).slice(0, 0), path),
}


READERS = {
    "profiles": Store.recording,
    "functions": Store.recording,
    "locations": Store.recording,
    "stacks": Store.recording,
    "cells": Store.recording,
    "samples": Store.profile,
    "labels": Store.profile,
    "incidence": Store.matrix,
}
CASES = [(table, damage) for table in READERS for damage in DAMAGE]
for table in ("samples", "labels"):  # a profile without any may be
    CASES.remove((table, "no rows"))


@pytest.mark.parametrize(("table", "damage"), CASES)
def test_damage_is_one_error_that_names_the_store(store, table, damage):
    builder = ProfileBuilder(ValueType("cpu", "nanoseconds"))
    for number in range(99):
        stack = builder.stack([builder.frame(f"f{number}"), builder.frame(f"g{number}")])
        builder.sample(stack, 3, labels={"thread": f"t{number}"})
    store.add(builder.build(), service="svc", at=NOON)
    DAMAGE[damage](next(store.folder.rglob(f"{table}.parquet")))
    with pytest.raises(StoreError) as caught:
        READERS[table](store)
    assert str(store.folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{}", '{"tables": 1, "profiles": [], "replaces": []}', "[1]"])
def test_a_damaged_manifest_is_one_error(store, text):
    store.add_all([window("a 1\n")])
    next(store.folder.glob("segments/*.json")).write_text(text)
    with pytest.raises(StoreError, match="expected the manifest of a segment"):
        Store.open(store.folder).services()


# many hands


WRITER = """
import os, sys
from datetime import UTC, datetime, timedelta
from workbench.ingest import read
from workbench.store import Store

def tell(*words):  # in one piece, also where output has no buffer
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def write(begin, end):
    store = Store.open(sys.argv[1])
    for n in range(begin, end):
        text = "".join(f"main;f{n};g{k} {n + 1}\\n" for k in range(20))
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
        store.add(read(text.encode(), format="folded"), service="svc", at=at)
        tell(n)
        store.compact(whole=False)

for line in sys.stdin:  # a process for each line, without the time to import
    pid = os.fork()
    if pid == 0:
        write(*map(int, line.split()))
        os._exit(0)
    tell("pid", pid)
    tell("end", os.waitpid(pid, 0)[1])
"""


class Writer:
    """A process that starts processes which add windows to a store."""

    def __init__(self, store):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", WRITER, str(store.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, begin, end):
        self.process.stdin.write(f"{begin} {end}\n")
        self.process.stdin.flush()

    def lines(self):
        """Give what is written: (`pid`, of the process), (`added`, window), (`end`, status)."""
        for line in self.process.stdout:
            words = line.split()
            yield (words[0], int(words[1])) if len(words) > 1 else ("added", int(line))
            if words[0] == "end":
                return


def times_of(store):
    """Which of the writer's windows are there, each of them whole."""
    if not any(store.folder.glob("segments/[!.]*.json")):
        return set()
    recording = store.recording()
    starts = [
        (at - datetime(2026, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)
        for at in recording.windows["at"]
    ]
    assert list(recording.windows["n_samples"]) == [20 * (n + 1) for n in starts]
    assert store.profile().totals == {"samples/count": sum(20 * (n + 1) for n in starts)}
    return {*starts}


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(4))
def test_a_writer_that_is_killed_leaves_what_it_had_added(store, turn):
    """Twenty-five kills at random points a turn; after each the store opens with whole windows."""
    rng = np.random.default_rng(turn)
    writer = Writer(store)
    done: set[int] = set()
    begin = 0
    for _ in range(25):
        writer.start(begin, begin + 50)
        told = {}
        for what, number in writer.lines():
            if what == "pid":
                time.sleep(rng.random() * 0.2)
                os.kill(number, signal.SIGKILL)
            told.setdefault(what, set()).add(number)
        assert told["end"] == {signal.SIGKILL}
        done |= told.get("added", set())
        found = times_of(store)
        assert done <= found
        assert len(found - done) <= 1  # what was added just before it could say so
        done |= found
        begin = max(found, default=-1) + 1
    writer.process.communicate()
    assert len(done) >= 5  # or the kills came before anything could be added
    store.compact()
    assert store.compact() == 0
    assert times_of(store) == done


@pytest.mark.slow
def test_two_writers_at_once_lose_nothing(store):
    writers = [Writer(store) for _ in range(3)]
    for writer, span in zip(writers, ((0, 40), (20, 60), (0, 40)), strict=True):
        writer.start(*span)
    for _ in range(20):
        store.compact()
        time.sleep(0.05)
    for writer in writers:
        assert ("end", 0) in writer.lines()
        writer.process.communicate()
    assert times_of(store) == {*range(60)}


def test_compacting_changes_nothing_that_is_read(store):
    for n in range(5):
        store.add_all([window(f"a;b {n + 1}\na;c 7\n", NOON + timedelta(hours=n))])
    before = counts(store.recording()), store.matrix().values.tolist(), store.profile().totals
    assert store.compact() == 5
    assert store.compact() == 0
    assert (
        counts(store.recording()),
        store.matrix().values.tolist(),
        store.profile().totals,
    ) == before
    store.add_all([window("a;b 1\na;c 7\n"), window("new 1\n", NOON + timedelta(hours=9))])
    assert store.recording().n_windows == 6  # the first was there already
    assert store.compact() == 2
    assert store.recording().n_windows == 6


@pytest.mark.slow
def test_large_segments_are_not_rewritten_for_small_ones(store):
    lines = "".join(f"a{n};b{n};c{n} {n + 1}\n" for n in range(20_000))
    store.add_all([window(lines)])
    large = {path.name for path in store.folder.glob("segments/*.json")}
    for hour in range(8):
        assert not store.compact(whole=False)
        store.add_all([window(f"small{hour} 1\n", NOON + timedelta(hours=hour + 1))])
    assert store.compact(whole=False) == 8
    left = {path.name for path in store.folder.glob("segments/*.json")}
    assert large < left
    assert store.matrix("total", subject="<service>").values.tolist() == [[sum(range(20_001)), *[1] * 8]]  # fmt: skip


# profiles and series


def mixed(thread, cpu, seconds):
    builder = ProfileBuilder(ValueType("samples", "count"), ValueType("time", "seconds"))
    main = builder.location(builder.function("main", "app.py", 3), 5)
    work = builder.location(builder.function("work", "app.py", 8), 9, kind="jit")
    builder.sample(builder.stack([main, work, main]), cpu, seconds, labels={"thread": thread})
    builder.sample(builder.stack([main]), 1, 0.25, labels={"size": 2**40})
    return builder.build(default_value=1, duration_s=60.0)


def test_a_profile_is_read_back_as_it_was_recorded(store):
    profile = mixed("t1", 2**60, 1.5)
    assert store.add(profile, service="svc", version="v1", at=NOON, host="h1")
    assert not store.add(profile, service="svc", version="v1", at=NOON, host="h1")
    again = store.profile()
    assert again.totals == profile.totals == {"samples/count": 2**60 + 1, "time/seconds": 1.75}
    assert (again.default_value, again.duration_s) == (1, 60.0)
    assert again.time_ns == int(NOON.timestamp()) * 10**9
    pd.testing.assert_frame_equal(again.to_pandas(), profile.to_pandas())
    assert again.locations.sort_by("line").select(["line", "kind"]) == profile.locations.select(
        ["line", "kind"]
    )
    assert {row["line"] for row in again.functions.to_pylist()} == {3, 8}


def test_profiles_of_a_span_of_time_are_merged(store):
    for hour, thread in ((12, "a"), (13, "b"), (14, "c")):
        store.add(mixed(thread, hour, 1.0), service="svc", at=NOON.replace(hour=hour))
    part = store.profile("svc", NOON.replace(hour=13), NOON.replace(hour=14))
    assert list(part.to_pandas()["thread"].dropna()) == ["b"]
    assert store.profile("svc", NOON.replace(hour=13)).totals["samples/count"] == 13 + 14 + 2
    assert store.profile().duration_s == 180.0
    with pytest.raises(StoreError, match="expected profiles from .* found none"):
        store.profile("svc", NOON.replace(hour=20))


def heap(count, hour):
    builder = ProfileBuilder(ValueType("inuse_space", "bytes"), ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("grow")]), count, 1)
    return builder.build()


def cpu(count, hour):
    builder = ProfileBuilder(ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    builder.sample(builder.stack([builder.frame("work")]), count, count * 100)
    builder.sample(builder.stack([builder.frame("rest")]), 1, 100)
    return builder.build(default_value=1)


def test_profiles_of_cpu_and_of_memory_stay_apart(store):
    for hour in (12, 13):
        for make in (cpu, heap):
            at = NOON.replace(hour=hour)
            store.add(make(3 * hour, hour), service="svc", at=at, version="v1")
    assert store.matrix(subject="work").values.tolist() == [[36 / 37, 39 / 40]]
    assert not store.matrix(subject="grow").values.any()
    assert store.matrix("total", subject="grow", value_type="inuse_space/bytes").values.tolist() == [[36, 39]]  # fmt: skip
    assert store.profile().totals == {"samples/count": 77, "cpu/nanoseconds": 7700}
    assert store.profile(value_type="inuse_space/bytes").totals["inuse_space/bytes"] == 75
    both = store.profile(value_type="samples/count")
    assert (both.totals, both.default_value) == ({"samples/count": 79}, 0)
    assert store.recording().windows["n_samples"].tolist() == [3700, 4000]


def test_a_value_type_has_to_be_told_where_none_is_of_cpu(store):
    store.add(heap(1, 1), service="svc", at=NOON)
    store.add(read(b"a 1\n", format="folded"), service="svc", at=NOON.replace(hour=13))
    for ask in (store.profile, store.matrix, store.recording):
        with pytest.raises(StoreError, match="svc: expected a value_type, as .* of inuse_space/bytes, samples/count"):  # fmt: skip
            ask()
    assert store.matrix("total", subject="a", value_type="samples/count").values.tolist() == [
        [0, 1]
    ]


def test_series_are_shares_of_each_window(store):
    store.add_all(
        [
            window("main;f;f 3\nmain;g 1\n", NOON, work=10.0),
            window("main;f 1\nmain 1\n", NOON.replace(hour=13), work=math.nan),
        ]
    )
    found = {
        name: store.matrix(name).row("f", name).tolist() for name in ("gcpu", "self_gcpu", "total")
    }
    assert found == {"gcpu": [0.75, 0.5], "self_gcpu": [0.75, 0.5], "total": [3, 1]}
    np.testing.assert_allclose(store.matrix("cost").row("f", "cost"), [0.75 * 0.5 / 10, np.nan])
    assert store.matrix("total", subject="<service>").values.tolist() == [[4, 2]]
    tidy = store.series("gcpu", subject=["f", "g"])
    assert list(tidy.columns) == ["service", "metric", "subject", "at", "version", "value"]
    assert [(r.subject, r.at.hour, r.value) for r in tidy.itertuples()] == [
        ("f", 12, 0.75), ("f", 13, 0.5), ("g", 12, 0.25), ("g", 13, 0.0),
    ]  # fmt: skip


def test_series_are_of_the_functions_of_the_service_by_subject(store):
    profile = read(b"main;z 1\nmain;a 3\n", format="folded")
    store.add(profile, service="svc", at=NOON)
    store.add(read(b"other 1\n", format="folded"), service="other", at=NOON)
    assert store.matrix(service="svc").subjects == ("a", "main", "z")
    assert store.matrix(service="svc", subject=["main", "other"]).values.tolist() == [[1.0], [0.0]]


@pytest.mark.parametrize(("name", "file", "subject"), [
    ("ns::Widget<int>::run", "src/w.cc", "src/w.cc:ns::Widget<int>::run"),
    ("core::fmt", "", "core::fmt"),
    ("f", "C:\\py\\Lib\\site-packages\\pkg\\m.py", "pkg.m:f"),
])  # fmt: skip
def test_a_function_is_found_by_its_subject(store, name, file, subject):
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("main"), builder.frame(name, file)]), 1)
    profile = builder.build()
    store.add(profile, service="svc", at=NOON)
    assert store.matrix().subjects == tuple(sorted(["main", subject]))
    assert store.matrix(subject=subject).values.tolist() == [[1.0]]
    assert profile.callers(subject)["function"].tolist() == ["main"]


def test_functions_of_one_subject_are_one_series(store):
    builder = ProfileBuilder(ValueType("samples", "count"))
    here = builder.frame("f", "/a/lib/python3.11/site-packages/pkg/m.py")
    there = builder.frame("f", "/b/lib/python3.12/site-packages/pkg/m.py")
    for stack, count in (([here], 1), ([there], 2), ([here, there], 4), ([], 1)):
        builder.sample(builder.stack(stack), count)
    store.add(builder.build(), service="svc", at=NOON)
    for ask in (None, "pkg.m:f"):
        assert store.matrix("total", subject=ask).values.tolist() == [[7]]


def test_a_recording_of_seconds_keeps_their_fractions(store):
    builder = ProfileBuilder(ValueType("time", "seconds"))
    for name, seconds in (("f", 0.25), ("g", 0.3)):
        builder.sample(builder.stack([builder.frame(name)]), seconds)
    store.add(builder.build(), service="svc", at=NOON)
    recording = store.recording()
    assert sorted(recording.sample_counts.tolist()) == [250_000, 300_000]
    assert recording.windows["n_samples"].tolist() == [550_000]


@pytest.mark.parametrize(("told", "complaint"), [
    ({"service": ""}, "expected the name of a service, got ''"),
    ({"work": -5.0}, "svc: expected work= as a number of 0 or more, got -5.0"),
    ({"cpu_seconds": math.inf}, "svc: expected cpu_seconds= as a number of 0 or more, got inf"),
    ({"at": "2026-01-01"}, "svc: expected at= as a datetime with a time zone, got '2026-01-01'"),
    ({"at": datetime(1600, 1, 1, tzinfo=UTC)}, "svc: expected a time from 1678 to 2261, got 1600-01-01"),
])  # fmt: skip
def test_what_cannot_be_counted_is_not_added(store, told, complaint):
    profile = read(b"a 1\n", format="folded")
    with pytest.raises(StoreError, match=re.escape(complaint)):
        store.add(profile, **{"service": "svc", "at": NOON, **told})
    assert store.services() == []


@pytest.mark.parametrize(("start", "end", "complaint"), [
    ("monday", None, "expected start= as a datetime with a time zone, got 'monday'"),
    (None, datetime(2026, 1, 1), "expected end= as a datetime with a time zone"),
    (NOON, NOON, "expected start before end, got 2026-01-01 12:00:00"),
])  # fmt: skip
def test_a_span_of_time_has_to_be_one(store, start, end, complaint):
    store.add_all([window("a 1\n")])
    with pytest.raises(StoreError, match=re.escape(complaint)):
        store.profile("svc", start, end)


def test_an_idle_window_has_no_cost(store):
    store.add_all([window("a 1\n", work=0.0)])
    assert np.isnan(store.matrix("cost").values).all()


def test_hosts_and_lengths_of_time_make_windows(store):
    for minute, host, count in ((0, "a", 1), (0, "b", 3), (5, "a", 1), (12, "a", 7)):
        profile = read(f"f {count}\ng 1\n".encode(), format="folded")
        store.add(profile, service="svc", at=NOON + timedelta(minutes=minute), host=host)
    assert store.matrix(subject="f").values.tolist() == [[4 / 6, 0.5, 7 / 8]]
    ten = store.matrix(subject="f", every="10min")
    assert ten.values.tolist() == [[5 / 8, 7 / 8]]
    assert [at.minute for at in ten.windows["at"]] == [0, 10]
    with pytest.raises(StoreError, match="expected a length of time such as 5min, got 'soon'"):
        store.matrix(every="soon")
    with pytest.raises(StoreError, match="expected a length of time such as 5min, got '0min'"):
        store.matrix(every="0min")


def test_what_is_not_there_to_be_asked_for_is_named(store):
    store.add_all([window("a 1\n")])
    with pytest.raises(StoreError, match="expected a metric among gcpu, .*, got 'speed'"):
        store.series("speed")
    with pytest.raises(StoreError, match="expected functions of the store, got nope"):
        store.series(subject="nope")
    with pytest.raises(StoreError, match="expected a value type among samples/count, got 'cpu'"):
        store.series(value_type="cpu")


def test_series_match_those_of_the_recording(store):
    rng = np.random.default_rng(0)
    for n in range(4):
        lines = [
            ";".join(f"f{k}" for k in rng.integers(0, 6, rng.integers(1, 6))) for _ in range(30)
        ]
        store.add_all(
            [
                window(
                    "".join(f"{line} {k + 1}\n" for k, line in enumerate(lines)),
                    NOON + timedelta(hours=n),
                )
            ]
        )
    recording = function_series(store.recording())
    matrix = store.matrix()
    for subject in matrix.subjects:
        np.testing.assert_allclose(matrix.row(subject, "gcpu"), recording.row(subject, "gcpu"))


def test_a_graph_of_calls_is_refused(store):
    graph = CallGraph((np.ones(1),), np.empty(0, np.int32), np.empty(0, np.int32), (np.empty(0),))
    builder = ProfileBuilder(ValueType("time", "seconds"))
    builder.sample(builder.stack([builder.frame("f")]), 1.0)
    with pytest.raises(StoreError, match="expected stacks, got a graph of calls"):
        store.add(builder.build(graph=graph), service="svc", at=NOON)


def test_a_store_lies_on_any_file_system():
    store = Store.create("memory://fleet/store")
    store.add_all([window("a;b 3\n")])
    again = Store.open("memory://fleet/store")
    assert counts(again.recording()) == {(0, ("a", "b")): 3}
    assert again.matrix().row("b", "gcpu").tolist() == [1.0]


# records


def test_records_are_told_by_their_key_the_later_for_the_earlier(store):
    store.put("services", [{"service": "svc", "servers": 3, "watts": 400.0}])
    store.put("services", [{"service": "svc", "servers": 5}, {"service": "other", "servers": 1}])
    table = store.table("services")
    assert list(zip(table["service"], table["servers"], strict=True)) == [("svc", 5), ("other", 1)]
    assert store.table("documents").empty
    assert store.put("documents", []) == 0


def test_records_put_again_count_again_for_readers_that_are_open(store):
    reader = Store.open(store.folder)
    for owner in ("a", "b", "a", "a"):
        store.put("services", [{"service": "svc", "owner": owner}])
        assert reader.table("services")["owner"].tolist() == [owner]
    assert len(list(store.folder.glob("segments/*.json"))) == 3


def test_releases_without_times_stay_in_order(store):
    rows = [{"metric": "time", "subject": "f", "version": f"v{n}", "value": n} for n in (9, 10, 11)]
    store.put("measurements", pd.DataFrame(rows).assign(service="svc"))
    store.put("measurements", pd.DataFrame(rows[:1]).assign(service="svc", value=8.0))
    found = store.series("time")
    assert list(zip(found["version"], found["value"], strict=True)) == [("v9", 8), ("v10", 10), ("v11", 11)]  # fmt: skip


def test_changes_come_from_a_repository(store, make_repository):
    repository = make_repository({"a.py": "x = 1\n"}, {"a.py": "x = 2\n", "b c.py": ""})
    assert store.put_changes(repository.changes(), "svc") == 2
    assert store.put_changes(repository.changes(), "svc") == 0
    table = store.table("changes").sort_values("title")
    assert list(table["title"]) == ["c0", "c1"]
    assert [list(files) for files in table["files"]] == [["a.py"], ["a.py", "b c.py"]]
    assert set(table["service"]) == {"svc"}


@pytest.mark.parametrize(
    ("table", "rows", "complaint"),
    [
        ("nope", [{"id": 1}], "expected a table among changes"),
        ("changes", [{"title": "x"}], "changes: expected columns among .* with id; got title"),
        ("changes", [{"id": "1", "colour": "red"}], "got id, colour"),
        ("changes", [{"id": "1", "at": "soon"}], "changes.at: expected times in ISO 8601"),
        ("services", [{"service": "a", "servers": "many"}], "services.servers: expected double"),
    ],
)
def test_records_that_do_not_fit_are_refused(store, table, rows, complaint):
    with pytest.raises(StoreError, match=complaint):
        store.put(table, rows)
    assert not list(store.folder.glob("segments/*"))


def test_measured_series_are_series_too(store):
    rows = [
        {"service": "svc", "metric": "time", "subject": s, "at": f"2026-01-0{d}", "version": f"v{d}", "value": v}
        for s, d, v in (("a", 1, 1.0), ("a", 2, 2.0), ("b", 2, 5.0))
    ]  # fmt: skip
    store.put("measurements", pd.DataFrame(rows))
    matrix = store.matrix("time")
    np.testing.assert_array_equal(matrix.values, [[1.0, 2.0], [np.nan, 5.0]])
    assert list(matrix.windows["version"]) == ["v1", "v2"]
    assert list(store.series("time", subject="b")["value"].dropna()) == [5.0]


# stores of many row groups, which DuckDB reads with several threads


def numbered(rows, first=0):
    """A profile of which each row and its label tell the row."""
    builder = ProfileBuilder(ValueType("samples", "count"))
    frames = [builder.frame(f"f{n}", "m.py") for n in range(60)]
    for row in rows:
        stack = [frames[(row * k + 7 * k) % 60] for k in range(1, 2 + row % 5)]
        builder.sample(builder.stack(stack), first + row, labels={"row": first + row})
    return builder.build()


@pytest.mark.parametrize("is_compacted", [False, True])
def test_rows_and_labels_of_large_stores_stay_in_order(store, monkeypatch, is_compacted):
    monkeypatch.setattr("workbench.store.segments.ROW_GROUP", 2048)
    for hours in ([0, 1], [2]):
        store.add_all(
            WindowProfile(numbered(range(12_000), hour * 12_000), "svc", "v", NOON + timedelta(hours=hour))
            for hour in hours
        )  # fmt: skip
    if is_compacted:
        store.compact()
    for _ in range(3):
        frame = store.profile().to_pandas()
        assert frame["row"].tolist() == frame["samples/count"].tolist() == [*range(36_000)]


@pytest.mark.parametrize("metric", ["total", "self_gcpu"])
def test_some_functions_have_the_values_they_have_among_all(store, monkeypatch, metric):
    monkeypatch.setattr("workbench.store.segments.ROW_GROUP", 2048)
    builder = ProfileBuilder(ValueType("samples", "count"))
    frames = [builder.frame(f"f{n}", "m.py") for n in range(60)]
    rng = np.random.default_rng(0)
    for stack in rng.integers(0, 60, (30_000, 6)):
        builder.sample(builder.stack([frames[n] for n in stack]), 1)
    store.add(builder.build(), service="svc", at=NOON)
    every = store.matrix(metric)
    for first in range(0, 60, 12):
        some = store.matrix(metric, subject=[f"f{n}" for n in range(first, first + 12)])
        rows = [every.subjects.index(subject) for subject in some.subjects]
        assert some.values.tolist() == every.values[rows].tolist()


def test_stacks_that_are_alike_count_once(store):
    twice = mixed("t", 2, 1.0)
    both = twice.merge(twice)
    alike = replace(
        both,
        locations=pa.concat_tables([twice.locations] * 2),
        stack_starts=np.concatenate([twice.stack_starts, twice.stack_starts[1:] + len(twice.stack_locations)]),
        stack_locations=np.concatenate([twice.stack_locations, twice.stack_locations + twice.locations.num_rows]),
        sample_stacks=np.concatenate([twice.sample_stacks, twice.sample_stacks + twice.n_stacks]),
    )  # fmt: skip
    store.add(alike, service="svc", at=NOON)
    assert store.matrix("total", subject="main").values.tolist() == [[2.5]]
    assert store.matrix("total", subject="main", value_type="samples/count").values.tolist() == [
        [6]
    ]
    assert store.profile().totals == both.totals


def test_a_function_that_moves_stays_one_in_a_recording(store):
    for version, line in enumerate((1, 9)):
        builder = ProfileBuilder(ValueType("samples", "count"))
        builder.sample(builder.stack([builder.location(builder.function("f", "a.py", line))]), 2)
        at = NOON + timedelta(hours=version)
        store.add(builder.build(), service="svc", version=f"v{version}", at=at)
    recording = store.recording()
    assert recording.functions == (Function("f", "a.py"),)
    assert counts(recording) == {(0, ("f",)): 2, (1, ("f",)): 2}


def test_slashes_in_value_types_stay(store):
    kinds = ValueType("cpu/cycles/", "count"), ValueType("a", "b/c")
    builder = ProfileBuilder(*kinds)
    builder.sample(builder.stack([builder.frame("f")]), 1, 2)
    store.add(builder.build(), service="svc", at=NOON)
    assert store.profile().value_types == kinds


def test_values_too_large_to_be_counted_in_fractions_are_refused(store):
    store.add_all([WindowProfile(read(b"a 15000000000000.5\n"), "svc", "v", NOON)])
    with pytest.raises(
        StoreError, match=r"svc: expected values of samples/count up to 4\.6.*e.12, got 1.5e.13"
    ):
        store.recording()


def test_a_change_may_be_of_several_services(store):
    for service in ("a", "b", "a"):
        store.put("changes", [{"id": "c1", "kind": "commit", "service": service, "title": service}])
    assert store.table("changes")[["id", "service"]].values.tolist() == [["c1", "a"], ["c1", "b"]]


# what a store does not take, and what it makes of what it takes


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"version": None}, "'svc': expected version= as text that is valid Unicode, got None"),
        ({"host": 5}, "'svc': expected host= as text that is valid Unicode, got 5"),
        ({"service": "s\udcff"}, "expected service= as text that is valid Unicode"),
    ],
)
def test_labels_are_text(store, told, complaint):
    profile = read(b"a 1\n")
    with pytest.raises(StoreError, match=complaint):
        store.add(profile, **{"service": "svc", "at": NOON, **told})
    assert store.services() == []


def test_a_profile_without_a_date_is_known_again_at_another(store):
    profile = read(b"a;b 3\n")
    later = NOON + timedelta(hours=1)
    assert store.add(profile, service="svc", at=NOON, is_dated=False)
    assert not store.add(profile, service="svc", at=later, is_dated=False)
    assert store.windows()["at"].tolist() == [NOON]
    assert store.add(profile, service="svc", at=later)


def test_a_value_type_may_be_told_by_its_name_alone(store):
    store.add_all([window("a;b 3\n")])
    assert store.matrix(value_type="samples").values.tolist() == [[1], [1]]
    with pytest.raises(StoreError, match="expected a value type among samples/count, got 'sampl'"):
        store.matrix(value_type="sampl")


@pytest.mark.parametrize("values", [(2**60, 3, -(2**60), 2**30), (1e9 + 0.1, 0.3, -1e9 - 0.1)])
def test_values_that_cancel_each_other_out_are_no_damage(store, values):
    builder = ProfileBuilder(ValueType("space", "bytes"))
    for number, value in enumerate(values):
        builder.sample(builder.stack([builder.frame(f"f{number}")]), value)
    store.add(builder.build(), service="svc", at=NOON)
    assert store.matrix("total").values.shape == (len(values), 1)
    assert store.recording().n_windows == 1


def measured(**told):
    return {
        "service": "svc",
        "metric": "latency",
        "subject": "api",
        "value": 1.0,
        "at": NOON,
    } | told


def test_hosts_are_averaged_in_one_unit_and_over_what_they_measured(store):
    rows = [measured(host="a"), measured(host="b", value=3.0), measured(host="c", value=math.nan)]
    store.put("measurements", rows)
    assert store.matrix("latency").values.tolist() == [[2.0]]
    store.put("measurements", [measured(host="d", unit="ms")])
    with pytest.raises(StoreError, match="latency: expected measurements in one unit, found , ms"):
        store.matrix("latency")


def test_a_measured_metric_may_have_the_name_of_a_computed_one(store):
    store.put("measurements", [measured(metric="cost", value=7.0)])
    assert store.matrix("cost").values.tolist() == [[7.0]]
    store.add_all([window("a;b 1\n", service="other")])
    assert store.matrix("cost", service="svc").values.tolist() == [[7.0]]
    assert store.matrix("cost", service="other").subjects == ("a", "b")
    with pytest.raises(StoreError, match=r"expected one of \['other'\], got 'none'"):
        store.matrix("gcpu", service="none")


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([measured(at=1_700_000_000)], "measurements.at: expected times in ISO 8601, got numbers"),
        (
            pd.DataFrame([["a", "b"]], columns=["metric", "metric"]),
            "expected each column once, got metric, metric",
        ),
    ],
)
def test_records_that_could_mean_anything_are_refused(store, rows, complaint):
    with pytest.raises(StoreError, match=complaint):
        store.put("measurements", rows)


def test_numbers_too_large_for_their_column_are_refused(store):
    row = {"experiment": "e", "arm": "a", "metric": "m", "n": 10**20}
    with pytest.raises(StoreError, match="experiment_results.n: expected int64"):
        store.put("experiment_results", [row])
    with pytest.raises(StoreError, match="changes: expected rows, got int"):
        store.put("changes", 5)


def test_times_that_no_calendar_has_are_refused(store):
    profile = replace(read(b"a 1\n"), time_ns=2**70)
    with pytest.raises(StoreError, match="svc: expected a time from 1678 to 2261, got 1180591620"):
        store.add(profile, service="svc")
    with pytest.raises(StoreError, match="svc: expected work= as a number of 0 or more, got 'x'"):
        store.add(profile, service="svc", at=NOON, work="x")


def test_the_same_records_again_are_no_news(store):
    assert store.put("measurements", [measured()]) == 1
    assert store.put("measurements", [measured()]) == 0
    assert store.put("measurements", [measured(value=2.0)]) == 1
    assert store.put("measurements", [measured()]) == 1
    assert store.matrix("latency").values.tolist() == [[1.0]]


def test_the_profile_of_a_version_is_of_its_windows_alone(store):
    for number, version in enumerate(("v1", "v2", "v1")):
        at = NOON + timedelta(hours=number)
        store.add(read(f"f {number + 1}\n".encode()), service="svc", version=version, at=at)
    assert store.profile(version="v1").totals == {"samples/count": 4}
    assert store.profile("svc", NOON + timedelta(hours=1), version="v1").totals == {
        "samples/count": 3
    }
    with pytest.raises(StoreError, match="svc: expected profiles of version v3 from None to None"):
        store.profile(version="v3")


def test_a_subject_that_is_not_there_is_told_with_those_close_to_it(store):
    store.add_all([window("handler;render 1\n")])
    with pytest.raises(StoreError, match="got rendr; close to it: render"):
        store.series(subject="rendr")


def test_questions_in_the_wrong_words_are_one_error(store):
    store.add_all([window("a 1\n")])
    with pytest.raises(StoreError, match="expected a length of time such as 5min, got 5"):
        store.matrix(every=5)
    for subject in ("a\udcff", ["a", 5]):
        with pytest.raises(
            StoreError, match="expected a subject as text that is valid Unicode, got"
        ):
            store.matrix(subject=subject)
    with pytest.raises(StoreError, match="changes: expected text that is valid Unicode"):
        store.put("changes", [{"id": "c\udcff"}])


def test_work_may_be_any_number_and_is_the_same_within_one_call(store):
    one = window("a 1\n", work=np.int64(7))
    assert store.add_all([one, one._replace(work=np.float32(7))]) == 1
    with pytest.raises(StoreError, match="is there with work=7: expected the same, got 8"):
        store.add_all([one, one._replace(work=8)])
    later = window("b 1\n", work=math.nan)._replace(cpu_seconds=math.nan)
    store.add_all([later])
    with pytest.raises(StoreError, match="is there without work=: expected the same, got 5"):
        store.add_all([later._replace(work=5.0)])
    with pytest.raises(StoreError, match="expected version= as text that is valid Unicode, got 41"):
        store.profile(version=41)


def test_a_change_of_a_kind_that_there_is_none_of_is_refused(store):
    row = {"id": "F-1", "kind": "flga", "at": "2026-01-01T00:00Z", "key": "fast"}
    with pytest.raises(StoreError, match=r"changes\.kind: expected one of commit, .*got 'flga'"):
        store.put("changes", [row])
    assert store.put("changes", [row | {"kind": "flag"}]) == 1


@pytest.mark.parametrize("has_links", [True, False], ids=["links", "copies"])
def test_a_snapshot_is_what_was_there_and_stays_it(tmp_path, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(1, "no")))
    store = Store.create(tmp_path / "store")
    store.add_all([window("a;b 3\n"), window("a;c 4\n", NOON + timedelta(hours=1), "other")])
    store.put("services", [{"service": "svc", "servers": 2.0}])
    snapshot = store.snapshot(tmp_path / "kept" / "one")
    before = counts(snapshot.recording("svc"))
    store.add_all([window("a;b 9\n", NOON + timedelta(hours=2))])
    store.compact()
    for path in (tmp_path / "store" / "segments").rglob("*.parquet"):
        path.unlink()
    again = Store.open(tmp_path / "kept" / "one")
    assert counts(again.recording("svc")) == before == {(0, ("a", "b")): 3}
    assert again.services() == ["other", "svc"]
    assert again.table("services")["servers"].tolist() == [2.0]
    assert again.origin.folder == store.folder
    assert store.origin is store


def test_a_snapshot_is_whole_or_not_there(tmp_path, monkeypatch):
    store = Store.create(tmp_path / "store")
    store.add_all([window("a;b 3\n")])
    (tmp_path / "there").mkdir()
    with pytest.raises(StoreError, match="there: expected a new folder, something is there"):
        store.snapshot(tmp_path / "there")
    next((tmp_path / "store" / "segments").rglob("*.parquet")).unlink()
    monkeypatch.setattr(Path, "rename", None)
    with pytest.raises(TypeError):
        store.snapshot(tmp_path / "kept")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store", "there"]
