"""Orders, by number and by customer."""

from __future__ import annotations

from collections import defaultdict

from depot.errors import Conflict, NotFound
from depot.model import Order

NEXT: dict[str, tuple[str, ...]] = {
    "open": ("picked", "cancelled"),
    "picked": ("shipped", "cancelled"),
    "shipped": ("delivered", "returned"),
}
"""What may follow a status."""


class Orders:
    """Keeps orders in the order in which they were placed."""

    def __init__(self) -> None:
        self._by_id: dict[str, Order] = {}
        self._by_customer: defaultdict[str, list[Order]] = defaultdict(list)

    def new_id(self) -> str:
        """Return the number of the next order."""
        return f"D{len(self._by_id) + 1:06d}"

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self._by_id[order.id] = order
        self._by_customer[order.customer].append(order)

    def get(self, order_id: str) -> Order:
        """Return an order; NotFound where there is none."""
        order = self._by_id.get(order_id)
        if order is None:
            raise NotFound(f"no order {order_id}")
        return order

    def of_customer(self, customer: str) -> list[Order]:
        """Return a customer's orders, the latest first."""
        return self._by_customer[customer][::-1]

    def with_status(self, status: str) -> list[Order]:
        """Return orders that have come so far, the oldest first."""
        return [order for order in self._by_id.values() if order.status == status]

    def advance(self, order: Order, status: str) -> None:
        """Move an order on; Conflict where it cannot go there."""
        if status not in NEXT.get(order.status, ()):
            raise Conflict(f"{order.id} is {order.status} and cannot be {status}")
        order.status = status
