"""What lies in the bins, and what may not be sent out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date

from depot.errors import Conflict
from depot.model import Batch, Pick


class Stock:
    """Reads and writes batches."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def receive(self, batches: Iterable[Batch]) -> None:
        """Write batches that came in."""
        rows = [(b.bin, b.sku, b.lot, b.received.isoformat(), b.pieces) for b in batches]
        self._connection.executemany("INSERT INTO batch VALUES (?, ?, ?, ?, ?)", rows)

    def batches(self, sku: str) -> list[Batch]:
        """Return the batches of a product that have pieces, by bin."""
        query = "SELECT * FROM batch WHERE sku = ? AND pieces > 0 ORDER BY bin, lot"
        rows = self._connection.execute(query, (sku,))
        return [Batch(b, s, lot, date.fromisoformat(at), n) for b, s, lot, at, n in rows]

    def available(self, sku: str) -> int:
        """Return how many pieces of a product there are."""
        query = "SELECT COALESCE(SUM(pieces), 0) FROM batch WHERE sku = ?"
        found: tuple[int] = self._connection.execute(query, (sku,)).fetchone()
        return found[0]

    def take(self, pick: Pick) -> None:
        """Take pieces out of a bin; Conflict where there are not as many."""
        query = (
            "UPDATE batch SET pieces = pieces - ?1 "
            "WHERE bin = ?2 AND sku = ?3 AND lot = ?4 AND pieces >= ?1"
        )
        done = self._connection.execute(query, (pick.pieces, pick.bin, pick.sku, pick.lot))
        if not done.rowcount:
            raise Conflict(f"{pick.bin} has no {pick.pieces} pieces of {pick.sku}")

    def recall(self, lots: Iterable[str], reason: str) -> None:
        """Keep lots from being sent out."""
        rows = [(lot, reason) for lot in lots]
        self._connection.executemany("INSERT OR IGNORE INTO recall VALUES (?, ?)", rows)

    def recalled(self) -> list[str]:
        """Return the lots that may not be sent out, by number."""
        rows = self._connection.execute("SELECT lot FROM recall ORDER BY lot")
        return [lot for (lot,) in rows]
