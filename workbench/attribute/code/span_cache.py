"""What was found in each file, kept by its content, so that no content is parsed twice.

A cache that cannot be used (no place, locked, damaged) is passed by or begun anew: it is never an
error.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import platformdirs

from workbench.history import Span

T = TypeVar("T")
Key = tuple[str, str]
"""Id of a content, and the language it was read as."""

FORMAT = f"2-{sys.version_info.major}.{sys.version_info.minor}"
"""What is found may differ by this: the rules, and the Python whose parser reads Python."""
_MOST_BYTES = 512_000_000
_CHUNK = 500
_PATIENCE_S = 2.0
_TABLE = """
CREATE TABLE IF NOT EXISTS spans (
    format TEXT, blob TEXT, language TEXT, spans TEXT, PRIMARY KEY (format, blob, language)
) WITHOUT ROWID
"""


def cache_folder() -> Path:
    """Return where code maps are kept between runs."""
    return platformdirs.user_cache_path("efficiency-workbench")


class SpanCache:
    """Functions of files by content id and language, in one SQLite file."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.path = Path(folder or cache_folder()) / "codemap.sqlite"

    def get(self, keys: Iterable[Key]) -> dict[Key, list[Span]]:
        """Return what is known of some contents."""
        wanted = set(keys)
        return self._attempt(lambda connection: dict(_select(connection, wanted)), {})

    def put(self, found: Mapping[Key, list[Span]]) -> None:
        """Keep what was found."""
        if found:
            self._attempt(lambda connection: _insert(connection, found), None)

    def _attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the file, where it can be used."""
        try:
            with closing(self._connect()) as connection:
                return work(connection)
        except sqlite3.OperationalError:  # locked, or nowhere to write
            return otherwise
        except sqlite3.DatabaseError:  # damaged, or no database
            self._begin_anew()
            return otherwise
        except OSError:
            return otherwise

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > _MOST_BYTES:
            self._begin_anew()
        connection = sqlite3.connect(self.path, timeout=_PATIENCE_S)
        try:
            connection.execute("PRAGMA synchronous = OFF")  # what is lost is made again
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _begin_anew(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _select(connection: sqlite3.Connection, wanted: set[Key]) -> Iterator[tuple[Key, list[Span]]]:
    ids = sorted({blob for blob, _ in wanted})
    for at in range(0, len(ids), _CHUNK):
        some = ids[at : at + _CHUNK]
        marks = ",".join("?" * len(some))
        rows = connection.execute(
            f"SELECT blob, language, spans FROM spans WHERE format = ? AND blob IN ({marks})",
            (FORMAT, *some),
        )
        for blob, language, text in rows:
            spans = _load(text)
            if (blob, language) in wanted and spans is not None:
                yield (blob, language), spans


def _insert(connection: sqlite3.Connection, found: Mapping[Key, list[Span]]) -> None:
    rows = [(FORMAT, *key, json.dumps(spans)) for key, spans in found.items()]
    with connection:
        connection.executemany("INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?)", rows)


def _load(text: object) -> list[Span] | None:
    """Read one row; None for one that is damaged."""
    try:
        return [Span(str(name), int(start), int(end)) for name, start, end in json.loads(str(text))]
    except (ValueError, TypeError):
        return None
