"""Rates of tax, as they were over the years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Rate:
    """What is due on a class of goods, from a day on."""

    tax_class: str
    since: date
    percent: Decimal


RATES = (
    Rate("standard", date(1968, 7, 1), Decimal(11)),
    Rate("standard", date(1978, 1, 1), Decimal(12)),
    Rate("standard", date(1979, 7, 1), Decimal(13)),
    Rate("standard", date(1983, 7, 1), Decimal(14)),
    Rate("standard", date(1993, 1, 1), Decimal(15)),
    Rate("standard", date(1998, 4, 1), Decimal(16)),
    Rate("standard", date(2007, 1, 1), Decimal(19)),
    Rate("standard", date(2020, 7, 1), Decimal(16)),
    Rate("standard", date(2021, 1, 1), Decimal(19)),
    Rate("reduced", date(1968, 7, 1), Decimal("5.5")),
    Rate("reduced", date(1978, 1, 1), Decimal(6)),
    Rate("reduced", date(1979, 7, 1), Decimal("6.5")),
    Rate("reduced", date(1983, 7, 1), Decimal(7)),
    Rate("reduced", date(2020, 7, 1), Decimal(5)),
    Rate("reduced", date(2021, 1, 1), Decimal(7)),
    Rate("books", date(1968, 7, 1), Decimal("5.5")),
    Rate("books", date(1983, 7, 1), Decimal(7)),
    Rate("books", date(2020, 7, 1), Decimal(5)),
    Rate("books", date(2021, 1, 1), Decimal(7)),
    Rate("plants", date(1979, 7, 1), Decimal("6.5")),
    Rate("plants", date(1983, 7, 1), Decimal(7)),
    Rate("free", date(1968, 7, 1), Decimal(0)),
)


def rates_on(day: date) -> dict[str, Decimal]:
    """Return the rate of each class that was due on a day, as a share of the price."""
    found: dict[str, Decimal] = {}
    for rate in sorted(RATES, key=lambda rate: rate.since):
        if rate.since <= day:
            found[rate.tax_class] = rate.percent / 100
    return found
