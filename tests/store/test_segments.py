"""Writers, readers and compaction beside each other; what killed ones leave."""

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from workbench.errors import StoreError
from workbench.ingest import read
from workbench.store import Store, WindowProfile
from workbench.store import segments as segments_module
from workbench.store.segments import Segments

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


@pytest.fixture
def at_once(monkeypatch):
    """Let what was replaced be removed by the next compaction."""
    monkeypatch.setattr(segments_module, "KEEP_S", 0)


def add(store, hour):
    profile = read(f"main;f{hour} {hour + 1}\n".encode(), format="folded")
    store.add_all([WindowProfile(profile, "svc", "v1", NOON + timedelta(hours=hour))])


def totals(store):
    return store.matrix("total", subject="<service>").values.tolist()


def folders(store):
    return [path for path in store.folder.glob("segments/*") if path.is_dir()]


def manifests(store):
    return [*store.folder.glob("segments/*.json")]


def test_what_was_replaced_stays_for_a_while(store, monkeypatch):
    for hour in range(3):
        add(store, hour)
    assert [store.compact(), store.compact()] == [3, 0]
    assert (len(folders(store)), len(manifests(store))) == (4, 4)
    monkeypatch.setattr(segments_module, "KEEP_S", 0)
    assert store.compact() == 0
    assert (len(folders(store)), len(manifests(store))) == (1, 1)
    assert totals(store) == [[1, 2, 3]]


def test_what_a_replaced_segment_replaced_goes_before_it(store, monkeypatch):
    """Else it would count again; here the later compaction is the older file."""
    add(store, 0)
    add(store, 1)
    store.compact()
    add(store, 2)
    store.compact()
    told = {path: json.loads(path.read_text())["replaces"] for path in manifests(store)}
    compactions = {path.stem for path, replaced in told.items() if replaced}
    (last,) = (path for path, replaced in told.items() if compactions & {*replaced})
    os.utime(last, (time.time() - segments_module.KEEP_S - 60,) * 2)
    again = Store.open(store.folder)
    removed = []
    remove = Segments._remove
    monkeypatch.setattr(
        Segments, "_remove", lambda self, name: (removed.append(name), remove(self, name))
    )
    again.compact()
    assert len(removed) == 2  # the third window; the first compaction still holds two back
    monkeypatch.setattr(segments_module, "KEEP_S", 0)
    again.compact()
    again.compact()
    assert len(manifests(store)) == len(folders(store)) == 1
    assert totals(again) == [[1, 2, 3]]


def test_who_reads_while_segments_are_replaced_and_removed_asks_again(store, at_once, monkeypatch):
    add(store, 0)
    add(store, 1)
    from workbench.store import store as module

    original, turns = module.read_recording, []

    def slow(query, *args, **options):
        query("SELECT * FROM {profiles}")
        if not turns:
            other = Store.open(store.folder)
            assert other.compact() == 2
            other.compact()
        turns.append(len(query.segments))
        return original(query, *args, **options)

    monkeypatch.setattr(module, "read_recording", slow)
    assert store.recording().n_windows == 2
    assert turns == [2, 1]


def test_a_segment_that_is_gone_though_it_counts_is_damage(store):
    add(store, 0)
    for path in folders(store)[0].iterdir():
        path.unlink()
    with pytest.raises(StoreError, match=r"store: expected segments that can be read, found a d"):
        store.recording()


def test_a_slow_writer_of_what_others_wrote_and_compacted_loses_nothing(store, at_once):
    add(store, 0)
    add(store, 1)
    slow, held = Store.open(store.folder), []

    class Slow(Segments):
        def put(self, path, data):
            if path.endswith(".json"):
                held.append((path, data))
            else:
                Segments.put(self, path, data)

        def live(self):
            return []

    slow._segments = Slow(str(store.folder))
    add(slow, 0)
    for hour in (2, 3):
        store.compact()
        add(store, hour)
    assert store.compact() == 2
    store.compact()
    for path, data in held:
        store._segments.put(path, data)
    assert totals(store) == totals(Store.open(store.folder)) == [[1, 2, 3, 4]]
    assert store.compact() == 2
    store.compact()
    assert totals(Store.open(store.folder)) == [[1, 2, 3, 4]]


@pytest.mark.slow
def test_readers_and_writers_that_compact_do_not_disturb_each_other(store, at_once):
    add(store, 99)
    failures, done = [], threading.Event()

    def write(first):
        try:
            mine = Store.open(store.folder)
            for hour in range(first, first + 12):
                add(mine, hour)
                mine.compact()
        except Exception as error:
            failures.append(error)

    def look():
        try:
            while not done.is_set():
                found = Store.open(store.folder).windows()
                assert found["at"].is_unique
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(first,)) for first in (0, 6, 12)]
    readers = [threading.Thread(target=look) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    assert totals(store) == [[*range(1, 25), 100]]


def test_what_a_killed_create_left_is_in_nobodys_way(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / ".0123456789abcdef").write_text('{"ver')
    add(Store.create(folder), 0)
    assert totals(Store.create(folder)) == [[1]]


def test_many_may_create_a_store_at_once(tmp_path):
    failures = []
    gate = threading.Barrier(6)

    def create():
        gate.wait()
        try:
            add(Store.create(tmp_path / "store"), 0)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert totals(Store.open(tmp_path / "store")) == [[1]]


def test_a_manifest_that_is_listed_but_not_there_is_one_error(store):
    add(store, 0)
    (store.folder / "segments" / "0123.json").symlink_to("nowhere")
    with pytest.raises(StoreError, match=r"0123\.json: expected the manifest of a segment, found"):
        Store.open(store.folder).windows()


def test_what_killed_writers_left_is_removed_after_a_day(store):
    add(store, 0)
    segments = store.folder / "segments"
    for name, age in (("old", segments_module.ABANDONED_S + 60), ("new", 60)):
        (segments / name).mkdir()
        (segments / name / "cells.parquet").write_bytes(b"PAR1")
        (segments / f".{name}").write_bytes(b"half")
        for path in (segments / name / "cells.parquet", segments / name, segments / f".{name}"):
            os.utime(path, (time.time() - age,) * 2)
    store.compact()
    left = {path.name for path in segments.iterdir()}
    assert {"new", ".new"} < left
    assert left.isdisjoint({"old", ".old"})
    assert totals(store) == [[1]]


# records


def changes(store):
    return store.table("changes")[["id", "title"]].to_numpy().tolist()


def test_records_are_put_together_too(store, at_once):
    for number in range(9):
        store.put("changes", [{"id": "same", "title": f"t{number}"}, {"id": f"c{number}"}])
        store.put("services", [{"service": "svc", "servers": float(number), "watts": 1.0}])
    before = changes(store), store.table("services").to_dict("list")
    assert before[0][0] == ["same", "t8"]
    assert store.compact() == 18
    store.compact()
    assert len(manifests(store)) == 2
    again = Store.open(store.folder)
    assert (changes(again), again.table("services").to_dict("list")) == before
    store.put("changes", [{"id": "same", "title": "later"}])
    assert changes(Store.open(store.folder))[0] == ["same", "later"]


def test_large_tables_of_records_are_not_rewritten_for_small_ones(store):
    random = Random(0)
    store.put(
        "documents", [{"id": f"d{n}", "text": random.randbytes(200).hex()} for n in range(2000)]
    )
    for turn in range(8):
        assert store.compact(whole=False) == 0
        store.put("documents", [{"id": f"d{turn}", "text": "new"}])
    large = max(folders(store), key=lambda folder: sum(p.stat().st_size for p in folder.iterdir()))
    assert store.compact(whole=False) == 8
    found = Store.open(store.folder).table("documents")
    assert large.with_suffix(".json").exists()
    assert (found["text"] == "new").tolist() == [n < 8 for n in range(2000)]


def test_a_record_that_is_written_while_others_are_compacted_is_not_overruled(store, monkeypatch):
    store.put("changes", [{"id": "c", "title": "old"}])
    write = Segments.put
    turns = []

    def slow(self, path, data):
        if self is store._segments and not turns:
            turns.append(path)
            other = Store.open(store.folder)
            other.put("changes", [{"id": "other"}])
            assert other.compact() == 2
        write(self, path, data)

    monkeypatch.setattr(Segments, "put", slow)
    assert store.put("changes", [{"id": "c", "title": "new"}]) == 1
    assert turns
    assert dict(changes(Store.open(store.folder)))["c"] == "new"
    store.compact()
    assert dict(changes(Store.open(store.folder)))["c"] == "new"


def test_a_compaction_of_small_segments_makes_no_row_newer_than_it_is(store):
    random = Random(1)
    store.put("documents", [{"id": "a", "text": "first"}])
    rows = [{"id": f"d{n}", "text": random.randbytes(400).hex()} for n in range(2000)]
    store.put("documents", [{"id": "a", "text": "second"}, *rows])
    for n in range(8):
        store.put("documents", [{"id": f"e{n}"}])
    before = store.table("documents")
    assert store.compact(whole=False) == 9  # all but the large one, which is between them
    after = Store.open(store.folder).table("documents")
    assert after["text"][0] == "second"
    assert after.equals(before)
    store.compact()
    assert Store.open(store.folder).table("documents").equals(before)


def test_what_is_put_later_counts_whatever_the_clocks_say(store, monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 4 * 10**18)  # a host whose clock is ahead
    store.put("changes", [{"id": "c", "title": "old"}])
    monkeypatch.undo()
    assert store.put("changes", [{"id": "c", "title": "new"}]) == 1
    assert changes(store) == [["c", "new"]]


def test_a_folder_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a::b", "it's [x]*?", "{profiles}", "$1"):
        add(Store.create(tmp_path / "in" / name), 0)
        assert totals(Store.open(f"in/{name}")) == [[1]]
    assert {path.name for path in (tmp_path / "in").iterdir()} == {
        "a::b",
        "it's [x]*?",
        "{profiles}",
        "$1",
    }
    assert {path.name for path in tmp_path.iterdir()} == {"in"}
