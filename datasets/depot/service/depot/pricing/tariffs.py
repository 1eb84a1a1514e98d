"""What carriers ask, by weight and distance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from depot.errors import Invalid
from depot.pricing.money import to_cents
from depot.settings import Settings

NEAR_KM, REGION_KM = 60.0, 220.0


def band(km: float) -> str:
    """Return the column of the tariff that a distance is in."""
    if km <= NEAR_KM:
        return "near"
    return "region" if km <= REGION_KM else "far"


class Tariffs:
    """The tariff in force."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def current(self) -> dict[str, Any]:
        """Return the tariff as operators have set it."""
        return self._settings.section("tariffs")

    def prices(self, grams: int, km: float) -> dict[str, Decimal]:
        """Return what each carrier asks for a parcel; Invalid where it is too heavy for all."""
        tariff = self.current()
        column = band(km)
        for step in tariff["steps"]:
            if grams <= step["up_to_grams"]:
                amount = Decimal(tariff["base"][column]) + Decimal(step[column])
                factors = tariff["factors"].items()
                return {code: to_cents(amount * Decimal(factor)) for code, factor in factors}
        raise Invalid(f"no carrier takes {grams} g")

    def is_free(self, goods: Decimal) -> bool:
        """Return whether goods of a value are sent for nothing."""
        return goods >= Decimal(self._settings.value("tariffs", "free_from"))
