from datetime import UTC, datetime

import pytest

from workbench.errors import StoreError
from workbench.ingest import parse_folded
from workbench.store import Store, WindowProfile

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def window(folded: str, at: datetime = NOON, service: str = "svc") -> WindowProfile:
    return WindowProfile(parse_folded(folded.encode()), service, "v1", at, 2.0, 0.5)


def test_what_is_added_is_read_back_in_order_of_time(tmp_path):
    store = Store.create(tmp_path / "it's here")
    later = window("a;b 3\na;b 2\na 1\n", NOON.replace(hour=13))
    assert store.add([later, window("a;c 7\n")]) == 2
    recording = Store.open(store.folder).recording()
    assert list(recording.windows["n_samples"]) == [7, 6]
    counts = {
        (int(w), tuple(f.name for f in recording.stack(s))): int(c)
        for w, s, c in zip(
            recording.sample_windows, recording.sample_stacks, recording.sample_counts, strict=True
        )
    }
    assert counts == {(0, ("a", "c")): 7, (1, ("a", "b")): 5, (1, ("a",)): 1}


def test_adding_twice_changes_nothing(tmp_path):
    store = Store.create(tmp_path / "s")
    store.add([window("a 1\n")])
    assert store.add([window("a 1\n")]) == 0
    assert store.recording().n_windows == 1


def test_unfinished_segments_are_not_seen(tmp_path):
    store = Store.create(tmp_path / "s")
    store.add([window("a 1\n")])
    (store.folder / "segments" / ".half").mkdir()
    (store.folder / "segments" / ".half" / "windows.parquet").write_bytes(b"junk")
    assert store.recording().n_windows == 1


def test_a_failed_add_leaves_nothing(tmp_path):
    store = Store.create(tmp_path / "s")
    with pytest.raises(StoreError, match="expected a time zone"):
        store.add([window("a 1\n"), window("b 1\n", datetime(2026, 1, 1))])
    assert list((store.folder / "segments").iterdir()) == []


def test_errors_say_what_was_expected(tmp_path):
    with pytest.raises(StoreError, match=r"found no store\.json"):
        Store.open(tmp_path)
    store = Store.create(tmp_path / "s")
    with pytest.raises(StoreError, match="expected recorded windows, found none"):
        store.recording()
    store.add([window("a 1\n"), window("a 1\n", service="other")])
    with pytest.raises(StoreError, match="name one"):
        store.recording()
    (store.folder / "store.json").write_text('{"version": 99}')
    with pytest.raises(StoreError, match="expected version 1, found 99"):
        Store.open(store.folder)
    (store.folder / "store.json").write_text('{"version": 1}')
    for path in store.folder.rglob("windows.parquet"):
        path.write_bytes(b"junk")
    with pytest.raises(StoreError, match="damaged"):
        store.recording("svc")
