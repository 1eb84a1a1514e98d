"""The depot of the measured day: its goods and bins, customers and prices."""

from __future__ import annotations

import functools
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from depot.model import Address, Batch, Order, Product
from depot.picking.floor import AISLES
from depot.routing.geo import TOWNS
from depot.service import Depot

WORDS = "anchor barrel candle drill easel funnel garden hammer inlet jacket kettle ladder".split()
KINDS = "steel oak brass paper glass clay linen rubber amber cotton".split()
SKUS = [f"{word[:2].upper()}-{kind[:3].upper()}" for word in WORDS for kind in KINDS]
NAMES = "anna bela carl dora emil frida gustav hanna ivo jule konrad lena moritz nora".split()
STREETS = [
    "Lange Str.", "Markt pl.", "Prof. Gauss Str.", "Lindenal.", "An der Alten Br.", "Gr. Gs.",
    "Kl. Muehlenwg.", "Dr. Koch Str.", "St. Anna Pl.", "Hafenuf.", "Berliner Ch.", "Am Mkt.",
]  # fmt: skip
CUSTOMERS = [f"K{number:03d}" for number in range(4)]


def open_depot(chance: random.Random) -> Depot:
    """Return a depot with goods in its bins."""
    depot = Depot()
    products, received = goods()
    depot.catalog.add_all(products)
    depot.stock.receive(received)
    depot.stock.recall((f"L{chance.randint(1000, 1999)}" for _ in range(40)), "label is wrong")
    depot.picker.refresh()
    for customer in CUSTOMERS:
        for sku in chance.sample(SKUS, 4):
            depot.catalog.agree(customer, sku, Decimal(chance.randint(150, 900)) / 100)
        lines = [{"sku": sku, "quantity": 4} for sku in chance.sample(SKUS, 5)]
        depot.standing.put(customer, {"customer": customer, "address": HOME, "lines": lines})
    for number in range(220):
        depot.orders.add(yesterday(number, chance))
    return depot


def yesterday(number: int, chance: random.Random) -> Order:
    """Return an order that was picked yesterday, and is to be driven today."""
    town = chance.choice(list(TOWNS)[1:])
    home = Address("The Shop", f"Lange Strasse {number}", "34117", town)
    placed = datetime(2026, 3, 1, 8, 0) + timedelta(minutes=2 * number)
    grams = chance.randint(400, 9000)
    return Order(
        f"Y{number:06d}", f"H{number % 30:03d}", home, placed, status="picked", grams=grams
    )


@functools.cache
def goods() -> tuple[list[Product], list[Batch]]:
    """Return all products, and what there is of them."""
    chance = random.Random(20260302)
    products = [product(i, sku, chance) for i, sku in enumerate(SKUS)]
    return products, [batch for sku in SKUS for batch in batches(sku, chance)]


HOME = {"name": "the shop", "street": "Lange Str. 4", "postcode": "34117", "town": "fulda"}


def product(number: int, sku: str, chance: random.Random) -> Product:
    """Return a product that can be had in other kinds."""
    word, kind = WORDS[number // len(KINDS)], KINDS[number % len(KINDS)]
    others = tuple(SKUS[(number + step) % len(SKUS)] for step in (1, 2, 3))
    return Product(
        sku, f"{kind} {word}", Decimal(chance.randint(120, 4900)) / 100,
        chance.randint(20, 400), chance.choice(["standard", "standard", "reduced", "free"]), others,
    )  # fmt: skip


def batches(sku: str, chance: random.Random) -> list[Batch]:
    """Return what there is of a product."""
    return [
        Batch(
            f"{chance.choice(AISLES)}-{chance.randint(1, 60):03d}-{chance.randint(1, 4)}",
            sku,
            f"L{1000 + 25 * i + chance.randint(0, 24)}",
            date(2025, 6, 1) + timedelta(days=chance.randint(0, 200)),
            chance.randint(6, 60),
        )
        for i in range(chance.randint(8, 24))
    ]
