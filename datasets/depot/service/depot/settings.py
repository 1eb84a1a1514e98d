"""What operators may change: one document of settings, read when the service starts."""

from __future__ import annotations

import copy
from typing import Any

DEFAULTS: dict[str, Any] = {
    "tariffs": {
        "base": {"near": "3.90", "region": "4.90", "far": "6.40"},
        "steps": [
            {"up_to_grams": 1000, "near": "0.00", "region": "0.00", "far": "0.00"},
            {"up_to_grams": 2000, "near": "0.40", "region": "0.60", "far": "0.90"},
            {"up_to_grams": 3500, "near": "0.80", "region": "1.10", "far": "1.60"},
            {"up_to_grams": 5000, "near": "1.30", "region": "1.80", "far": "2.60"},
            {"up_to_grams": 7500, "near": "1.90", "region": "2.60", "far": "3.70"},
            {"up_to_grams": 12000, "near": "2.60", "region": "3.60", "far": "5.10"},
            {"up_to_grams": 20000, "near": "3.30", "region": "4.60", "far": "6.40"},
            {"up_to_grams": 31500, "near": "4.20", "region": "5.80", "far": "7.90"},
        ],
        "free_from": "120.00",
        "factors": {
            "post": "1.00", "swift": "1.18", "north": "0.96", "night": "1.65",
            "alpen": "1.07", "cargo": "1.31", "velo": "1.42",
        },
    },
    "picking": {"max_bins": 40, "trace": False},
    "tours": {"van_grams": 160_000, "max_stops": 40},
    "page": {"limit": 10, "max_limit": 50},
}  # fmt: skip


class Settings:
    """The settings in force; what is handed out may be changed without harm to others."""

    def __init__(self, changes: dict[str, Any] | None = None) -> None:
        self._document = copy.deepcopy(DEFAULTS)
        for section, values in (changes or {}).items():
            self._document[section].update(values)

    def section(self, name: str) -> dict[str, Any]:
        """Return a section, for the caller to keep."""
        return copy.deepcopy(self._document[name])

    def value(self, section: str, key: str) -> Any:
        """Return one value; not for those that are lists or tables."""
        return self._document[section][key]
