import math
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.ingest import read
from workbench.profile import ProfileBuilder
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
        [window("a 1\n"), window("a;b 2\n", service="other"), window("c 3\n", service="")]
    )
    assert store.services() == ["", "other", "svc"]
    assert counts(store.recording("other")) == {(0, ("a", "b")): 2}
    assert counts(store.recording("")) == {(0, ("c",)): 3}
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


def test_a_profile_told_again_with_other_work_stays_what_it_was(store):
    for work in (3.0, math.nan, 4.0):
        store.add_all([window("a 1\n", work=work)])
    recording = store.recording()
    assert list(recording.windows["work"]) == [3.0]
    assert counts(recording) == {(0, ("a",)): 1}


def test_adding_nothing_adds_nothing(store):
    assert store.add_all([]) == 0
    assert [path.name for path in store.folder.iterdir()] == ["store.json"]


def test_a_failed_add_leaves_nothing(store):
    with pytest.raises(
        StoreError, match="window of svc at 2026-01-01 00:00:00: expected a time zone"
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
    assert Store.create(first.folder).recording().n_windows == 1


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


DAMAGE = {
    "gone": lambda path: path.unlink(),
    "junk": lambda path: path.write_bytes(b"junk"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "scribbled": lambda path: path.write_bytes(b"PAR1" + b"\xff" * 60 + path.read_bytes()[64:]),
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
for table in ("cells", "samples", "labels"):  # a recording without any may be
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
