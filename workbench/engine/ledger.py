"""What engines have to remember: one SQLite file, in which each step is one transaction.

A regression is `new` until its investigation is begun, `running` until that has come to an end,
and then `waiting` (for a review), `done` (nobody is accused), `set aside` (running the workload
shows no loss) or `failed`. What is to be posted is written in the transaction in which it came
about.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import RLock
from typing import Any

from workbench.errors import StoreError

_VERSION = 1
_TABLES = """
CREATE TABLE looks (
  store TEXT, service TEXT, n_windows INTEGER NOT NULL, PRIMARY KEY (store, service)
);
CREATE TABLE regressions (
  number INTEGER PRIMARY KEY, store TEXT NOT NULL, service TEXT NOT NULL, subject TEXT NOT NULL,
  subjects TEXT NOT NULL, low REAL NOT NULL, high REAL NOT NULL, told TEXT NOT NULL,
  snapshot TEXT NOT NULL, config TEXT NOT NULL, investigation TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'new', reason TEXT NOT NULL DEFAULT '',
  n_starts INTEGER NOT NULL DEFAULT 0, n_failures INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL DEFAULT 0
);
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY, regression INTEGER NOT NULL REFERENCES regressions,
  event TEXT NOT NULL, body TEXT NOT NULL, n_failures INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, UNIQUE (regression, event)
);
"""
_FOUND = "service, subject, subjects, low, high, told"


@dataclass(frozen=True, slots=True)
class Found:
    """A regression that a look found."""

    service: str
    subject: str
    subjects: frozenset[str]
    """With those that moved with it."""
    low: float
    """Unix time before which it did not begin."""
    high: float
    told: Mapping[str, Any]
    """What messages say of it, as JSON has it."""

    def is_same(self, other: Found) -> bool:
        """Whether this is the same change of the same series, be it placed or told otherwise."""
        return (
            self.service == other.service
            and (self.subject in other.subjects or other.subject in self.subjects)
            and self.low <= other.high and other.low <= self.high
        )  # fmt: skip

    def widened(self, other: Found) -> Found:
        """Return it as both tell of it, so that what is like either is known."""
        return replace(
            self, subjects=self.subjects | other.subjects, low=min(self.low, other.low),
            high=max(self.high, other.high),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A regression that is kept."""

    number: int
    found: Found
    snapshot: str
    """Folder of what the store was when it was found."""
    config: str
    """How it was looked at then."""
    investigation: str
    state: str
    reason: str
    """Why it failed, or was set aside."""
    n_starts: int
    """How often it was begun or gone on with."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be posted."""

    number: int
    body: str
    n_failures: int


class Ledger:
    """What the engine of one store remembers.

    Parameters
    ----------
    path : Path
        SQLite; made where it is not there. Engines of other stores may share it.
    store : str
        Which one it is of.
    posts : bool
        Whether anybody is to be told what happens.
    """

    def __init__(self, path: Path, store: str, *, posts: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store, self._posts, self._lock = store, posts, RLock()
        self._file = sqlite3.connect(
            path, isolation_level=None, timeout=30.0, check_same_thread=False
        )
        try:
            with self._transaction() as file:
                (version,) = file.execute("PRAGMA user_version").fetchone()
                (n_tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
                if version != _VERSION and n_tables:
                    raise sqlite3.DatabaseError(f"found another one, of version {version}")
                if not n_tables:
                    for statement in _TABLES.split(";")[:-1]:
                        file.execute(statement)
                    file.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.Error as error:
            self._file.close()
            raise StoreError(f"{path}: expected the file of an engine: {error}") from error

    def __enter__(self) -> Ledger:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all of it or, whatever happens meanwhile, nothing."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield self._file
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")

    def n_looked_at(self, service: str) -> int:
        """Return how many windows of a service were there at the last look; 0 before the first."""
        with self._transaction() as file:
            row = file.execute(
                "SELECT n_windows FROM looks WHERE store = ? AND service = ?",
                (self._store, service),
            ).fetchone()
        return int(row[0]) if row else 0

    def take(
        self, service: str, n_windows: int, found: Iterable[Found], snapshot: str, config: str
    ) -> list[Entry]:
        """Remember a look at a service; return what was not known before.

        Parameters
        ----------
        service : str
            What was looked at.
        n_windows : int
            How many there were.
        found : iterable of Found
            What there is. What is known already is widened by it.
        snapshot : str
            Folder of what the store was.
        config : str
            How it was looked at, as `DetectConfig` in JSON.
        """
        numbers = []
        with self._transaction() as file:
            known = {entry.number: entry.found for entry in self._entries("")}
            for one in found:
                same = [number for number, other in known.items() if one.is_same(other)]
                for number in same:
                    known[number] = known[number].widened(one)
                    file.execute(
                        "UPDATE regressions SET subjects = ?, low = ?, high = ? WHERE number = ?",
                        (_names(known[number]), known[number].low, known[number].high, number),
                    )
                if not same:
                    number = self._add(one, snapshot, config)
                    known[number] = one
                    numbers.append(number)
            file.execute(
                "INSERT OR REPLACE INTO looks VALUES (?, ?, ?)", (self._store, service, n_windows)
            )
            return [entry for entry in self._entries("") if entry.number in numbers]

    def _add(self, found: Found, snapshot: str, config: str) -> int:
        (number,) = self._file.execute(
            f"INSERT INTO regressions (store, {_FOUND}, snapshot, config, investigation) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            (
                self._store, found.service, found.subject, _names(found), found.low, found.high,
                json.dumps(found.told), snapshot, config, f"{slug(found.service)}-{token_hex(4)}",
            ),
        ).fetchone()  # fmt: skip
        self._tell(number, "regression.found", {"regression": found.told})
        return int(number)

    def _tell(self, number: int, event: str, body: Mapping[str, Any]) -> None:
        """Have something posted, once."""
        if self._posts:
            at = datetime.now(UTC).isoformat(timespec="seconds")
            message = {"event": event, "at": at, "store": self._store, **body}
            self._file.execute(
                "INSERT OR IGNORE INTO outbox (regression, event, body) VALUES (?, ?, ?)",
                (number, event, json.dumps(message, allow_nan=False)),
            )

    def entries(self) -> list[Entry]:
        """Return every regression of the store that was ever found, the first first."""
        with self._transaction():
            return self._entries("")

    def due(self, now: float) -> list[Entry]:
        """Return what is to be investigated now; what ended an engine before comes last."""
        with self._transaction():
            where = "AND state IN ('new', 'running') AND due <= ?"
            return self._entries(f"{where} ORDER BY n_starts, number", now)

    def _entries(self, where: str, *values: object) -> list[Entry]:
        rows = self._file.execute(
            f"SELECT {_FOUND}, number, snapshot, config, investigation, state, reason, n_starts "
            f"FROM regressions WHERE store = ? {where or 'ORDER BY number'}",
            (self._store, *values),
        )
        return [_entry(*row) for row in rows.fetchall()]

    def begin(self, number: int) -> None:
        """Remember that an investigation is begun, or gone on with."""
        with self._transaction():
            self._set(number, "state = 'running', n_starts = n_starts + 1")

    def end(
        self, number: int, state: str, reason: str, messages: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Remember what came of an investigation, and have that posted: event -> what of it."""
        with self._transaction():
            self._set(number, "state = ?, reason = ?", state, reason)
            for event, body in messages.items():
                self._tell(number, event, body)

    def fail(self, number: int, reason: str, retry_s: Sequence[float]) -> str:
        """Remember that an investigation failed; return its state: `new` again, or `failed`.

        It is tried again as often as `retry_s` has seconds to let it be before that.
        """
        with self._transaction() as file:
            (n_failures,) = file.execute(
                "UPDATE regressions SET n_failures = n_failures + 1 WHERE number = ? "
                "RETURNING n_failures", (number,),
            ).fetchone()  # fmt: skip
            state = "new" if n_failures <= len(retry_s) else "failed"
            due = time.time() + retry_s[n_failures - 1] if state == "new" else 0.0
            self._set(number, "state = ?, reason = ?, due = ?", state, reason, due)
        return state

    def _set(self, number: int, what: str, *values: object) -> None:
        self._file.execute(f"UPDATE regressions SET {what} WHERE number = ?", (*values, number))

    def to_post(self, now: float) -> list[Message]:
        """Return what is to be posted, in the order in which it came about.

        Nothing before the first of it is due again: who did not take that will not take the rest.
        """
        with self._transaction() as file:
            rows = file.execute(
                "SELECT outbox.number, body, outbox.n_failures, outbox.due FROM outbox "
                "JOIN regressions ON regressions.number = regression "
                "WHERE store = ? AND sent = 0 ORDER BY outbox.number",
                (self._store,),
            ).fetchall()
        is_due = all(due <= now for *_, due in rows[:1])
        return [Message(*row) for *row, _ in rows] if is_due else []

    def posted(self, number: int) -> None:
        """Remember that something was posted."""
        with self._transaction() as file:
            file.execute("UPDATE outbox SET sent = 1 WHERE number = ?", (number,))

    def not_posted(self, number: int, due: float) -> None:
        """Remember that nobody took something, and when to try again."""
        with self._transaction() as file:
            file.execute(
                "UPDATE outbox SET n_failures = n_failures + 1, due = ? WHERE number = ?",
                (due, number),
            )


def slug(name: str) -> str:
    """Return a name as paths, and words of a command line, can have it."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "service"


def _entry(
    service: str, subject: str, subjects: str, low: float, high: float, told: str, *rest: Any
) -> Entry:
    names = frozenset(json.loads(subjects))
    found = Found(service, subject, names, low, high, json.loads(told))
    number, *others = rest
    return Entry(number, found, *others)


def _names(found: Found) -> str:
    return json.dumps(sorted(found.subjects))
