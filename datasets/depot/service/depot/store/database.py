"""The database and its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

SCHEMA = """
CREATE TABLE product (
    sku TEXT PRIMARY KEY, name TEXT, price TEXT, grams INTEGER, tax_class TEXT, substitutes TEXT
);
CREATE TABLE agreed_price (
    customer TEXT, sku TEXT, price TEXT, PRIMARY KEY (customer, sku)
);
CREATE TABLE batch (
    bin TEXT, sku TEXT, lot TEXT, received TEXT, pieces INTEGER, PRIMARY KEY (bin, sku, lot)
);
CREATE INDEX batch_sku ON batch (sku);
CREATE TABLE recall (lot TEXT PRIMARY KEY, reason TEXT);
"""


def connect(path: str = ":memory:") -> sqlite3.Connection:
    """Open a database that has all tables."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SCHEMA)
    return connection


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    """Give a cursor that sees one state of the database, whatever others write meanwhile."""
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    try:
        yield cursor
    finally:
        cursor.execute("COMMIT")
        cursor.close()
