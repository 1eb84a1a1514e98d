"""Towns that are served, and distances between them."""

from __future__ import annotations

import math

from depot.errors import NotFound

EARTH_KM = 6371.0
DEPOT = "Kassel"
TOWNS: dict[str, tuple[float, float]] = {
    "Kassel": (51.3127, 9.4797), "Bremen": (53.0793, 8.8017), "Hannover": (52.3759, 9.7320),
    "Hamburg": (53.5511, 9.9937), "Berlin": (52.5200, 13.4050), "Leipzig": (51.3397, 12.3731),
    "Dresden": (51.0504, 13.7373), "Erfurt": (50.9848, 11.0299), "Fulda": (50.5558, 9.6808),
    "Marburg": (50.8021, 8.7668), "Gera": (50.8810, 12.0833), "Jena": (50.9271, 11.5892),
    "Dortmund": (51.5136, 7.4653), "Essen": (51.4556, 7.0116), "Bonn": (50.7374, 7.0982),
    "Aachen": (50.7753, 6.0839), "Trier": (49.7490, 6.6371), "Mainz": (49.9929, 8.2473),
    "Mannheim": (49.4875, 8.4660), "Karlsruhe": (49.0069, 8.4037), "Ulm": (48.4011, 9.9876),
    "Augsburg": (48.3705, 10.8978), "Bamberg": (49.8988, 10.9028), "Passau": (48.5665, 13.4312),
    "Goettingen": (51.5413, 9.9158), "Paderborn": (51.7189, 8.7575), "Hameln": (52.1040, 9.3562),
    "Celle": (52.6226, 10.0815), "Rostock": (54.0924, 12.0991), "Kiel": (54.3233, 10.1228),
}  # fmt: skip


def position(town: str) -> tuple[float, float]:
    """Return latitude and longitude of a town; NotFound where it is not served."""
    if town not in TOWNS:
        raise NotFound(f"{town} is not served")
    return TOWNS[town]


def distance_km(start: str, end: str) -> float:
    """Return how far it is between two towns as the crow flies."""
    (lat, lon), (other_lat, other_lon) = position(start), position(end)
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    half_lat = math.sin((other_phi - phi) / 2)
    half_lon = math.sin(math.radians(other_lon - lon) / 2)
    chord = half_lat**2 + math.cos(phi) * math.cos(other_phi) * half_lon**2
    return 2 * EARTH_KM * math.asin(math.sqrt(chord))
