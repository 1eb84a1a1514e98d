"""A day at the depot, as measured: orders come in, are picked, shipped and looked at.

DEPOT_SEED chooses the requests; the same seed asks the same, in the same order.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections import Counter
from datetime import datetime, timedelta

from depot.api.app import App
from depot.routing.geo import TOWNS

from bench.goods import CUSTOMERS, KINDS, NAMES, SKUS, STREETS, WORDS, open_depot

N_STEPS = 48
MORNING = datetime(2026, 3, 2, 6, 30)


class Day:
    """Asks and notes the replies."""

    def __init__(self, app: App, chance: random.Random) -> None:
        self._app = app
        self.chance = chance
        self._now = MORNING
        self._digest = hashlib.sha256()
        self.statuses: Counter[int] = Counter()
        self.n_characters = 0

    def ask(self, method: str, target: str, **body: object) -> dict[str, object]:
        """Return what the service replies."""
        status, text = self._app.handle(method, target, json.dumps(body) if body else "")
        self._digest.update(text.encode())
        self.statuses[status] += 1
        self.n_characters += len(text)
        told: dict[str, object] = json.loads(text)
        return told

    def now(self) -> str:
        """Return the time, a few minutes after the last."""
        self._now += timedelta(minutes=self.chance.randint(4, 19))
        return self._now.isoformat()

    def results(self) -> tuple[str, int, dict[int, int]]:
        """Return what tells whether any reply was another."""
        return self._digest.hexdigest(), self.n_characters, dict(sorted(self.statuses.items()))


def begin() -> Day:
    """Return a day in a depot of its own."""
    chance = random.Random(int(os.environ.get("DEPOT_SEED", "7")))
    return Day(App(open_depot(chance)), chance)


def step(day: Day, number: int) -> None:
    """Do what is done between one order and the next."""
    place(day, day.chance)
    look(day, day.chance, number)


def run() -> tuple[str, int, dict[int, int]]:
    """Do a day's work."""
    day = begin()
    for number in range(N_STEPS):
        step(day, number)
    return day.results()


def place(day: Day, chance: random.Random) -> None:
    """Order something; most of it is picked, some of that shipped."""
    told = day.ask("POST", "/orders", customer=chance.choice(CUSTOMERS), at=day.now(),
                   address=address(chance), lines=lines(chance))  # fmt: skip
    order = told.get("order")
    if isinstance(order, dict) and chance.random() < 0.9:
        day.ask("POST", f"/orders/{order['id']}/pick")
        if chance.random() < 0.7:
            day.ask("POST", f"/orders/{order['id']}/ship", at=day.now())


def look(day: Day, chance: random.Random, number: int) -> None:
    """Ask for what people look at between."""
    customer = chance.choice(CUSTOMERS)
    day.ask("GET", f"/orders?customer={customer}&limit=3")
    day.ask("GET", f"/orders/D{chance.randint(215, 225 + number):06d}")
    word = chance.choice([*WORDS, *KINDS])
    day.ask("GET", f"/products?customer={customer}&search={word[:3]}")
    if number % 6 == 0:
        quantity = chance.randint(1, 40)
        day.ask("GET", f"/products/{chance.choice(SKUS)}/substitute?quantity={quantity}")
    if number % 15 == 7:
        factor = chance.choice([0.5, 1.0, 1.3])
        day.ask("POST", f"/standing/{customer}", factor=factor, at=day.now())
    if number % 15 == 9:
        day.ask("POST", "/tours", day="2026-03-02")
    if number % 20 == 11:
        day.ask("POST", f"/orders/D{chance.randint(220, 220 + number):06d}/cancel")


def address(chance: random.Random) -> dict[str, str]:
    """Return where somebody lives, as people write it."""
    return {
        "name": f"{chance.choice(['', '', 'dr. '])}{chance.choice(NAMES)} {chance.choice(NAMES)}",
        "street": f"{chance.choice(STREETS)}  {chance.randint(1, 140)}",
        "postcode": f"{chance.randint(10000, 99999)}",
        "town": chance.choice(list(TOWNS)[1:]).upper(),
    }


def lines(chance: random.Random) -> list[dict[str, object]]:
    """Return what somebody wants."""
    wanted = chance.sample(SKUS, chance.randint(5, 14))
    return [{"sku": sku, "quantity": chance.choice([1, 1, 2, 3, 5, 10, 12])} for sku in wanted]
