"""What a customer wants."""

from dataclasses import dataclass, field


class OrderError(ValueError):
    """An order that can not be priced."""


@dataclass
class Line:
    """So many of one product; `note` is printed on the parcel."""

    sku: str
    quantity: int
    note: str = ""


@dataclass
class Order:
    """The lines of an order, with the coupon if there is one."""

    customer: str
    country: str
    lines: list[Line] = field(default_factory=list)
    coupon: str | None = None


MAX_QUANTITY = 999


def check(order: Order) -> None:
    """Raise OrderError where an order makes no sense."""
    if not order.lines:
        raise OrderError("an order needs a line")
    for line in order.lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise OrderError(f"{line.sku}: a quantity is from 1 to {MAX_QUANTITY}")
