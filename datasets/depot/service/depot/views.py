"""What replies and events tell of things, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from depot.model import Line, Order, Pick, Product
from depot.pricing.money import render


def line_view(line: Line) -> dict[str, Any]:
    """Return a line of an order."""
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": render(line.unit_price),
        "net": render(line.net),
        "tax": render(line.tax),
    }


def order_view(order: Order) -> dict[str, Any]:
    """Return an order with its lines."""
    address = order.address
    return {
        "id": order.id,
        "customer": order.customer,
        "status": order.status,
        "placed": order.placed.isoformat(),
        "address": {
            "name": address.name,
            "street": address.street,
            "postcode": address.postcode,
            "town": address.town,
        },
        "lines": [line_view(line) for line in order.lines],
        "carrier": order.carrier,
        "shipping": render(order.shipping),
        "total": render(order.total),
        "grams": order.grams,
    }


def pick_views(picks: Sequence[Pick]) -> list[dict[str, Any]]:
    """Return picks in the order in which they are walked."""
    return [{"bin": p.bin, "sku": p.sku, "lot": p.lot, "pieces": p.pieces} for p in picks]


def ladder_view(prices: Mapping[int, Decimal]) -> dict[str, Any]:
    """Return prices by quantity."""
    return {"prices": {str(least): render(price) for least, price in prices.items()}}


def product_view(product: Product) -> dict[str, Any]:
    """Return a product."""
    return {"sku": product.sku, "name": product.name, "price": render(product.price)}
