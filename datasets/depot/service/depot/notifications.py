"""Messages to customers."""

from __future__ import annotations

from typing import Any

SUBJECTS = {
    "placed": "We have your order {id}",
    "picked": "Your order {id} is being packed",
    "shipped": "Your order {id} is on its way",
    "cancelled": "Your order {id} was cancelled",
}


class Outbox:
    """Messages that wait to be sent."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def __call__(self, event: dict[str, Any]) -> None:
        """Write the message about an event, where customers are told of its kind."""
        subject = SUBJECTS.get(event["kind"])
        if subject is not None:
            order = event["order"]
            self.messages.append((subject.format(id=order["id"]), body_of(order)))


def body_of(order: dict[str, Any]) -> str:
    """Return the text of a message about an order."""
    lines = [
        f"{line['quantity']:>4} x {line['sku']:<10} {line['net']:>10}" for line in order["lines"]
    ]
    head = f"Dear {order['address']['name']},\n"
    tail = f"Shipping {order['shipping']}, total {order['total']}\n"
    return "\n".join([head, *lines, "", tail])
