"""The depot: everything that is kept, and what can be done with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from depot.addresses import read_address
from depot.documents.labels import render_label
from depot.documents.manifest import write_manifest
from depot.errors import Invalid, NotFound
from depot.events import Events
from depot.model import Order, Parcel, Pick, Product
from depot.notifications import Outbox
from depot.picking.bins import Picker
from depot.pricing.quotes import goods_value, price_ladder, price_lines, weight_of
from depot.pricing.tariffs import Tariffs
from depot.routing.carriers import best_and_others, offers
from depot.routing.ramps import Ramps
from depot.routing.tours import nearest_first, untangle
from depot.routing.vans import Van, load
from depot.settings import Settings
from depot.standing import Standing
from depot.store.catalog import Catalog
from depot.store.database import connect
from depot.store.orders import Orders
from depot.store.stock import Stock


class Depot:
    """One depot, from its settings and an empty database on."""

    def __init__(self, settings: Settings | None = None) -> None:
        connection = connect()
        self.settings = settings or Settings()
        self.catalog = Catalog(connection)
        self.stock = Stock(connection)
        self.orders = Orders()
        self.picker = Picker(self.stock)
        self.tariffs = Tariffs(self.settings)
        self.ramps = Ramps()
        self.standing = Standing()
        self.outbox = Outbox()
        self.events = Events()
        self.events.subscribe(self.outbox)

    def place(self, told: Mapping[str, Any]) -> tuple[Order, list[str]]:
        """Take an order; return it, and the carriers that were not chosen."""
        address = read_address(told.get("address", {}))
        wanted = [(str(line["sku"]), int(line["quantity"])) for line in told.get("lines", ())]
        if not wanted or any(quantity < 1 for _, quantity in wanted):
            raise Invalid("an order needs lines with quantities")
        placed = read_time(told)
        lines = price_lines(self.catalog, told["customer"], wanted, placed.date())
        order = Order(self.orders.new_id(), told["customer"], address, placed, lines)
        order.grams = weight_of(self.catalog, lines)
        best, others = best_and_others(offers(self.tariffs, order.grams, address.town, placed))
        order.carrier = best.carrier.code
        free = self.tariffs.is_free(goods_value(lines))
        order.shipping = Decimal("0.00") if free else best.price
        self.orders.add(order)
        self.events.publish("placed", order)
        return order, others

    def pick(self, order: Order) -> list[Pick]:
        """Take what an order has out of the bins."""
        picks = self.picker.pick(order.lines)
        self.orders.advance(order, "picked")
        self.events.publish("picked", order)
        return picks

    def ship(self, order: Order, ready: datetime) -> tuple[str, datetime]:
        """Weigh an order and hand it to its carrier; return the label, and when it is loaded."""
        order.grams = weight_of(self.catalog, order.lines)
        found = offers(self.tariffs, order.grams, order.address.town, ready)
        offer = next(offer for offer in found if offer.carrier.code == order.carrier)
        self.orders.advance(order, "shipped")
        self.events.publish("shipped", order)
        label = render_label(order, offer.carrier.name, offer.arrives)
        return label, self.ramps.book(ready)

    def cancel(self, order: Order) -> None:
        """Give an order up."""
        self.orders.advance(order, "cancelled")
        self.events.publish("cancelled", order)

    def plan_tours(self, day: str) -> tuple[list[Van], list[list[str]], str]:
        """Return vans with the parcels that are picked, their tours, and the manifest."""
        picked = self.orders.with_status("picked")
        parcels = [Parcel(o.id, o.address.town, o.grams, o.placed.hour // 6) for o in picked]
        vans = load(parcels, self.settings.value("tours", "van_grams"))
        tours = [untangle(nearest_first(p.town for p in van.parcels)) for van in vans]
        return vans, tours, write_manifest(day, vans, tours)

    def search(self, words: str, products: Sequence[Product]) -> list[Product]:
        """Return products whose names have all words, in any order."""
        needed = [re.compile(rf"\b{re.escape(word)}", re.IGNORECASE) for word in words.split()]
        return [p for p in products if all(pattern.search(p.name) for pattern in needed)]

    def prices(self, customer: str, product: Product) -> dict[int, Decimal]:
        """Return what a customer pays for a piece of a product, by the least quantity."""
        return price_ladder(self.catalog, customer, product)

    def substitute(self, sku: str, quantity: int) -> Product:
        """Return the first product of which there is enough, and which can stand in for one."""
        for other in self.catalog.get(sku).substitutes:
            product = self.catalog.get(other)
            if self.stock.available(other) >= quantity:
                return product
        raise NotFound(f"nothing stands in for {quantity} of {sku}")


def read_time(told: Mapping[str, Any]) -> datetime:
    """Return the moment that a request tells of."""
    try:
        return datetime.fromisoformat(told["at"])
    except (KeyError, TypeError, ValueError):
        raise Invalid("a request needs the time, as in 2026-03-02T09:30:00") from None
