"""Prices a day of orders; prints what the timed part cost and a digest of all prices."""

import hashlib
import os
import random
import time

from basket import Audit, Catalogue, Line, Order, OrderError, Pricer, Product, Quote

HELD_OUT = os.environ.get("WL_INPUTS") == "held-out"
GROUPS = ("food", "book", "garden", "toy", "tool")


def make_products(rng: random.Random, prefix: str, count: int) -> list[Product]:
    """A catalogue of so many products."""
    return [
        Product(
            f"{prefix}{number:04}",
            f"Product {number}",
            rng.randint(50, 20_000),
            rng.choice(GROUPS),
            rng.randint(0, 3_000),
        )
        for number in range(count)
    ]


def make_orders(rng: random.Random, products: list[Product], count: int) -> list[Order]:
    """Orders of these products."""
    orders = []
    for number in range(count):
        chosen = rng.choices(products, k=rng.randint(1, 9))
        lines = [
            Line(product.sku, rng.choice((1, 1, 2, 3, 12, 60)), rng.choice(("", "gift")))
            for product in chosen
        ]
        if rng.random() < 0.3:
            lines.append(Line(lines[0].sku, 2))
        coupon = rng.choice((None, None, "SPRING", "READ", "ALL5", "OLD"))
        orders.append(
            Order(f"c{number % 40}", rng.choice(("DE", "DE", "FR", "SE", "CH")), lines, coupon)
        )
    return orders


def make_inputs() -> tuple[list[Product], list[Order]]:
    """Products and orders."""
    if not HELD_OUT:
        rng = random.Random(21)
        products = make_products(rng, "A", 300)
        return products, make_orders(rng, products, 260)
    rng = random.Random(700_001)
    products = make_products(rng, "ZQ-", 330)
    products += [
        Product("ZQ-0003", "Twice", 1, "toy"),
        Product("", "Nameless", 0, "food"),
        Product("ß", "Sharp", 99_999, "book", 19_999),
        Product("half", "Half", 50, "tool", 1),
    ]
    orders = make_orders(rng, products, 300)
    orders += [
        Order("x", "DE"),
        Order("x", "DE", [Line("ZQ-0001", 0)]),
        Order("x", "DE", [Line("ZQ-0001", 1000)]),
        Order("x", "DE", [Line("ZQ-0001", 999), Line("ZQ-0001", 999)]),
        Order("x", "DE", [Line("ZQ-0001", 1), Line("gone", 1)]),
        Order("x", "NO", [Line("ZQ-0001", 1)]),
        Order("x", "NO", [Line("gone", 1)]),
        Order("x", "DE", [Line("gone", -1)]),
        Order("x", "FR", [Line("half", 1)]),
        Order("x", "SE", [Line("", 1), Line("ß", 100)], "READ"),
        Order("", "DE", [Line("ZQ-0002", 49), Line("ZQ-0002", 1)], "spring"),
    ]
    rng.shuffle(orders)
    return products, orders


def main() -> None:
    products, orders = make_inputs()
    repeat = int(os.environ.get("WL_REPEAT", "20"))
    catalogue = Catalogue(products)
    rounds: list[list[Quote | OrderError]] = []
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        rounds.append(Pricer(catalogue, Audit()).quote_all(orders))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    digest = hashlib.sha256()
    for results in rounds:
        for result in results:
            if isinstance(result, OrderError):
                digest.update(f"! {result}".encode())
            else:
                row = (result.customer, result.rows, result.shipping, result.total)
                digest.update(repr(row).encode())
    print(f"WL cpu={cpu:.6f} wall={wall:.6f} check={digest.hexdigest()[:16]}")


if __name__ == "__main__":
    main()
