"""Products, and the prices that were agreed with single customers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal

from depot.errors import NotFound
from depot.model import Product
from depot.store.database import reading

_COLUMNS = "sku, name, price, grams, tax_class, substitutes"


class Catalog:
    """Reads and writes products."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._agreed: dict[tuple[str, str], Decimal] = {
            (customer, sku): Decimal(price)
            for customer, sku, price in connection.execute("SELECT * FROM agreed_price")
        }

    def add_all(self, products: Iterable[Product]) -> None:
        """Write products."""
        rows = [
            (p.sku, p.name, str(p.price), p.grams, p.tax_class, " ".join(p.substitutes))
            for p in products
        ]
        self._connection.executemany("INSERT INTO product VALUES (?, ?, ?, ?, ?, ?)", rows)

    def get(self, sku: str) -> Product:
        """Return a product; NotFound where there is none."""
        query = f"SELECT {_COLUMNS} FROM product WHERE sku = ?"
        with reading(self._connection) as cursor:
            row = cursor.execute(query, (sku,)).fetchone()
        if row is None:
            raise NotFound(f"no product {sku}")
        return _product(row)

    def get_many(self, skus: Sequence[str]) -> dict[str, Product]:
        """Return products by number; those that are not there are left out."""
        marks = ", ".join("?" * len(skus))
        query = f"SELECT {_COLUMNS} FROM product WHERE sku IN ({marks})"
        with reading(self._connection) as cursor:
            return {row[0]: _product(row) for row in cursor.execute(query, skus)}

    def all(self) -> list[Product]:
        """Return all products by number."""
        query = f"SELECT {_COLUMNS} FROM product ORDER BY sku"
        with reading(self._connection) as cursor:
            return [_product(row) for row in cursor.execute(query)]

    def agree(self, customer: str, sku: str, price: Decimal) -> None:
        """Note what a customer pays for a product."""
        row = (customer, sku, str(price))
        self._connection.execute("INSERT OR REPLACE INTO agreed_price VALUES (?, ?, ?)", row)
        self._agreed[customer, sku] = price

    def agreed_price(self, customer: str, sku: str) -> Decimal:
        """Return what was agreed with a customer; NotFound where nothing was."""
        try:
            return self._agreed[customer, sku]
        except KeyError:
            raise NotFound(f"no price of {sku} is agreed with {customer}") from None


def _product(row: tuple[str, str, str, int, str, str]) -> Product:
    sku, name, price, grams, tax_class, substitutes = row
    return Product(sku, name, Decimal(price), grams, tax_class, tuple(substitutes.split()))
