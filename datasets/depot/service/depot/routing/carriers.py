"""Carriers: who takes a parcel, for how much, and when it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from depot.model import Carrier
from depot.pricing.tariffs import Tariffs
from depot.routing.geo import DEPOT, distance_km

CARRIERS = (
    Carrier("post", "Yellow Post", "16:30", 2, 31_500),
    Carrier("swift", "Swift Parcel", "18:00", 1, 20_000),
    Carrier("north", "Nordlicht", "14:15", 3, 31_500),
    Carrier("night", "Night Star", "20:45", 1, 10_000),
    Carrier("alpen", "Alpenbote", "15:00", 2, 31_500),
    Carrier("cargo", "City Cargo", "17:15", 1, 31_500),
    Carrier("velo", "Velo Kurier", "19:00", 1, 12_000),
)


@dataclass(frozen=True)
class Offer:
    """What a carrier asks, and when the parcel would be there."""

    carrier: Carrier
    price: Decimal
    arrives: date


def leaves_on(carrier: Carrier, ready: datetime) -> date:
    """Return the day on which a carrier takes a parcel along; not on Sundays."""
    cutoff = datetime.strptime(carrier.cutoff, "%H:%M").time()
    day = ready.date() if ready.time() <= cutoff else ready.date() + timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == 6 else day


def arrives_on(carrier: Carrier, ready: datetime) -> date:
    """Return the working day on which a parcel is delivered."""
    day = leaves_on(carrier, ready)
    for _ in range(carrier.days):
        day += timedelta(days=2 if day.weekday() == 5 else 1)
    return day


def offers(tariffs: Tariffs, grams: int, town: str, ready: datetime) -> list[Offer]:
    """Return what carriers offer for a parcel, the cheapest first."""
    prices = tariffs.prices(grams, distance_km(DEPOT, town))
    found = [
        Offer(carrier, prices[carrier.code], arrives_on(carrier, ready))
        for carrier in CARRIERS
        if grams <= carrier.max_grams
    ]
    return sorted(found, key=lambda offer: (offer.price, offer.arrives, offer.carrier.code))


def best_and_others(found: Sequence[Offer]) -> tuple[Offer, list[str]]:
    """Return the offer to take, and the carriers of the others in order of price."""
    return found[0], [offer.carrier.code for offer in found[1:]]
