"""The nouns of the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """Something that is kept in stock."""

    sku: str
    name: str
    price: Decimal
    grams: int
    tax_class: str
    substitutes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """Where an order goes, in the spelling of the post."""

    name: str
    street: str
    postcode: str
    town: str


@dataclass(frozen=True)
class Line:
    """So many of a product, at the price that was agreed."""

    sku: str
    quantity: int
    unit_price: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        return self.unit_price * self.quantity


@dataclass
class Order:
    """What a customer wants, and how far it has come."""

    id: str
    customer: str
    address: Address
    placed: datetime
    lines: list[Line] = field(default_factory=list)
    status: str = "open"
    carrier: str = ""
    shipping: Decimal = Decimal(0)
    grams: int = 0

    @property
    def total(self) -> Decimal:
        return sum((line.net + line.tax for line in self.lines), self.shipping)


@dataclass(frozen=True)
class Batch:
    """Pieces of one product in one bin that came in together."""

    bin: str
    sku: str
    lot: str
    received: date
    pieces: int


@dataclass(frozen=True)
class Pick:
    """Take so many pieces out of a bin."""

    bin: str
    sku: str
    lot: str
    pieces: int


@dataclass(frozen=True)
class Carrier:
    """Who drives for the depot, and until when parcels are taken."""

    code: str
    name: str
    cutoff: str
    days: int
    max_grams: int


@dataclass(frozen=True)
class Parcel:
    """A picked order on its way to a town."""

    order: str
    town: str
    grams: int
    priority: int = 5
