"""What happened to orders, for those who want to know."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from depot.model import Order
from depot.views import order_view

Subscriber = Callable[[dict[str, Any]], None]


def snapshot(order: Order) -> dict[str, Any]:
    """Return an order as it is now; what becomes of it later does not show."""
    found: dict[str, Any] = json.loads(json.dumps(order_view(order)))
    return found


class Events:
    """Tells subscribers of events, and remembers how many of each kind there were."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []
        self.counts: dict[str, int] = {}

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell somebody of every event from now on."""
        self._subscribers.append(subscriber)

    def publish(self, kind: str, order: Order) -> None:
        """Tell all subscribers that something happened to an order."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        event = {"kind": kind, "order": snapshot(order)}
        for subscriber in self._subscribers:
            subscriber(event)
