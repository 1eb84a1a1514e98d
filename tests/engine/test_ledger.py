import sqlite3
from dataclasses import replace

import pytest

from workbench.engine.ledger import Found, Ledger, slug
from workbench.errors import StoreError

FOUND = Found("svc", "app:main", frozenset({"app:main", "app:outer"}), 100.0, 200.0, {"id": "R-1"})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "watch.db"


def opened(path, store="/fleet", posts=True):
    return Ledger(path, store, posts=posts)


SAME = {
    "placed elsewhere within the interval": ({"low": 180.0, "high": 220.0}, True),
    "placed before it": ({"low": 10.0, "high": 99.0}, False),
    "placed after it": ({"low": 201.0, "high": 300.0}, False),
    "told of a caller": ({"subject": "app:outer", "subjects": frozenset({"app:outer"})}, True),
    "told of a callee": ({"subject": "app:inner", "subjects": frozenset({"app:inner", "app:main"})}, True),
    "beside it, under the same root": (
        {"subject": "app:rest", "subjects": frozenset({"app:rest", "app:outer"})}, False),
    "of another service": ({"service": "other"}, False),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "is_same"), SAME.values(), ids=SAME)
def test_what_is_the_same_change_is_taken_once(path, changed, is_same):
    with opened(path) as ledger:
        assert len(ledger.take("svc", 20, [FOUND], "one", "{}")) == 1
        assert len(ledger.take("svc", 21, [replace(FOUND, **changed)], "two", "{}")) == (
            not is_same
        )
        assert len(ledger.to_post(0.0)) == 2 - is_same
        assert ledger.entries()[0].snapshot == "one"


def test_a_change_that_wanders_as_windows_come_is_the_same_one(path):
    for step in range(5):
        with opened(path) as ledger:
            moved = replace(FOUND, low=100.0 + 80 * step, high=200.0 + 80 * step)
            assert len(ledger.take("svc", 20 + step, [moved], "s", "{}")) == (step == 0)
    with opened(path) as ledger:
        assert ledger.take("svc", 30, [FOUND], "s", "{}") == []
        assert ledger.n_looked_at("svc") == 30
        assert ledger.n_looked_at("other") == 0


def test_stores_that_share_a_file_know_nothing_of_each_other(path):
    with opened(path) as one, opened(path, "/other") as other:
        (entry,) = one.take("svc", 20, [FOUND], "s", "{}")
        (beside,) = other.take("svc", 20, [FOUND], "s", "{}")
        assert entry.investigation != beside.investigation
        assert [e.number for e in one.due(0.0)] == [entry.number]
        assert len(other.to_post(0.0)) == 1


def test_nothing_is_kept_to_be_posted_where_nobody_is_told(path):
    with opened(path, posts=False) as ledger:
        ledger.take("svc", 20, [FOUND], "s", "{}")
    with opened(path) as ledger:
        assert ledger.to_post(0.0) == []


def test_what_fails_is_tried_again_twice_each_time_later(path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1000.0)
    with opened(path) as ledger:
        (entry,) = ledger.take("svc", 20, [FOUND], "s", "{}")
        for wait, state in ((60.0, "new"), (600.0, "new"), (0.0, "failed")):
            ledger.begin(entry.number)
            assert ledger.fail(entry.number, "no luck", (60.0, 600.0)) == state
            assert ledger.due(1000.0 + wait - 1) == []
            assert len(ledger.due(1000.0 + wait)) == (state == "new")
        (kept,) = ledger.entries()
        assert (kept.state, kept.reason, kept.n_starts) == ("failed", "no luck", 3)


def test_what_was_begun_more_often_comes_last(path):
    with opened(path) as ledger:
        other = replace(FOUND, subject="b", subjects=frozenset("b"))
        first, second = ledger.take("svc", 20, [FOUND, other], "s", "{}")
        ledger.begin(first.number)
        assert [e.number for e in ledger.due(0.0)] == [second.number, first.number]


def test_what_was_ended_is_told_once(path):
    with opened(path) as ledger:
        (entry,) = ledger.take("svc", 20, [FOUND], "s", "{}")
        for _ in range(2):
            ledger.end(entry.number, "waiting", "", {"diagnosis.ready": {"x": 1}})
        assert len(ledger.to_post(0.0)) == 2
        assert ledger.due(0.0) == []


def test_half_of_a_step_is_none(path):
    with opened(path) as ledger:
        bad = replace(FOUND, subject="b", subjects=frozenset("b"), told={"id": float("nan")})
        with pytest.raises(ValueError, match="JSON"):
            ledger.take("svc", 20, [FOUND, bad], "s", "{}")
        assert (ledger.entries(), ledger.n_looked_at("svc"), ledger.to_post(0.0)) == ([], 0, [])


def test_another_file_is_refused_and_stays(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match="expected the file of an engine"):
        opened(path)
    path.unlink()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (x)")
    file.close()
    with pytest.raises(StoreError, match="expected the file of an engine: found another"):
        opened(path)


@pytest.mark.parametrize(
    ("name", "word"), [("check out/7", "check-out-7"), ("-x", "x"), ("../..", "service")]
)
def test_a_service_is_named_in_paths_and_words(name, word):
    assert slug(name) == word
