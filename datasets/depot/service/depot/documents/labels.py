"""Labels, in the language of the printers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from depot.model import Order

TEMPLATE = Path(__file__).with_name("label.txt").read_text(encoding="utf-8")


def check_digit(digits: str) -> str:
    """Return the digit that makes a code safe against slips: weights 3 and 1 from the right."""
    weighed = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(digits[::-1]))
    return str(-weighed % 10)


def tracking_code(order: Order) -> str:
    """Return the code under which a parcel is followed."""
    digits = f"00340{order.address.postcode}{order.id[1:]}"
    return digits + check_digit(digits)


def render_label(order: Order, carrier: str, arrives: date) -> str:
    """Return the label of an order's parcel."""
    return TEMPLATE.format(
        carrier=carrier,
        name=order.address.name,
        street=order.address.street,
        postcode=order.address.postcode,
        town=order.address.town.upper(),
        code=tracking_code(order),
        order=order.id,
        weight=f"{order.grams / 1000:.1f}",
        arrives=arrives.strftime("%d.%m."),
    )
