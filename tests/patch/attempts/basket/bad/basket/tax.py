"""Taxes of the countries we send to."""

from decimal import ROUND_HALF_UP, Decimal

from basket.order import OrderError

RATES: dict[str, dict[str, Decimal]] = {
    "DE": {"food": Decimal("0.07"), "book": Decimal("0.07"), "": Decimal("0.19")},
    "FR": {"food": Decimal("0.055"), "book": Decimal("0.055"), "": Decimal("0.20")},
    "SE": {"food": Decimal("0.12"), "book": Decimal("0.06"), "": Decimal("0.25")},
    "CH": {"food": Decimal("0.026"), "book": Decimal("0.026"), "": Decimal("0.081")},
}


def rate(country: str, group: str) -> Decimal:
    """The share of the price that is tax."""
    rates = RATES.get(country)
    if rates is None:
        raise OrderError(f"{country}: not sent there")
    return rates.get(group, rates[""])


def tax_of(cents: int, country: str, group: str) -> int:
    """The tax on a price, in cents; half a cent is rounded up."""
    exact = Decimal(cents) * rate(country, group)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
