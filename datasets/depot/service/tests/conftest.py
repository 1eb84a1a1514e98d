"""A small depot to try things with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from depot.model import Batch, Product


@pytest.fixture
def products() -> list[Product]:
    return [
        Product("NUT", "brass nut", Decimal("0.20"), 8, "standard", ("BOLT",)),
        Product("BOLT", "steel bolt", Decimal("1.35"), 30, "standard", ("NUT", "BOOK")),
        Product("BOOK", "paper book", Decimal("24.00"), 600, "reduced"),
    ]


@pytest.fixture
def batches() -> list[Batch]:
    return [
        Batch("B-010-1", "BOLT", "L2", date(2026, 1, 5), 10),
        Batch("A-003-2", "BOLT", "L1", date(2026, 1, 5), 40),
        Batch("C-001-1", "BOLT", "L3", date(2025, 11, 2), 5),
        Batch("A-030-1", "BOOK", "L4", date(2026, 2, 1), 3),
        Batch("B-020-1", "NUT", "L5", date(2026, 2, 1), 500),
    ]


@pytest.fixture
def connection() -> Iterator[object]:
    from depot.store.database import connect

    opened = connect()
    yield opened
    opened.close()
