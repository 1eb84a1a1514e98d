"""Prices, taxes and weights of what is ordered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from depot.errors import NotFound
from depot.model import Line, Product
from depot.pricing.money import to_cents
from depot.pricing.tax import rates_on
from depot.store.catalog import Catalog

REBATES = ((100, Decimal("0.90")), (25, Decimal("0.95")), (10, Decimal("0.98")))


def unit_price(catalog: Catalog, customer: str, product: Product, quantity: int) -> Decimal:
    """Return what a customer pays for a piece: the agreed price, else the list's less rebate."""
    try:
        return catalog.agreed_price(customer, product.sku)
    except NotFound:
        pass
    for least, factor in REBATES:
        if quantity >= least:
            return to_cents(product.price * factor)
    return product.price


def price_ladder(catalog: Catalog, customer: str, product: Product) -> dict[int, Decimal]:
    """Return what a customer pays for a piece, by the quantity from which on it holds."""
    steps = [1, *sorted(least for least, _ in REBATES)]
    return {least: unit_price(catalog, customer, product, least) for least in steps}


def price_lines(
    catalog: Catalog, customer: str, wanted: Sequence[tuple[str, int]], day: date
) -> list[Line]:
    """Return lines with prices and taxes of a day."""
    products = catalog.get_many([sku for sku, _ in wanted])
    lines = []
    for sku, quantity in wanted:
        if sku not in products:
            raise NotFound(f"no product {sku}")
        product = products[sku]
        price = unit_price(catalog, customer, product, quantity)
        rate = rates_on(day)[product.tax_class]
        lines.append(Line(sku, quantity, price, to_cents(price * quantity * rate)))
    return lines


def goods_value(lines: Sequence[Line]) -> Decimal:
    """Return the value of goods without tax."""
    return sum((line.net for line in lines), Decimal(0))


def weight_of(catalog: Catalog, lines: Sequence[Line]) -> int:
    """Return what the goods of an order weigh with their wrapping, in grams."""
    goods = 0
    for line in lines:
        goods += catalog.get(line.sku).grams * line.quantity
    return goods + 90 + goods // 25
