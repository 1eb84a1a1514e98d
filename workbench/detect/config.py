"""What counts as a regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DetectConfig:
    """What counts as a regression."""

    alerts_per_1000_series: float = 1.0
    """Budget of false alerts: of a thousand series in which nothing happened, this many are
    reported, regressions and improvements together."""
    min_absolute: float = 2e-5
    """Smallest change of a gCPU, as a fraction of the service's CPU."""
    min_relative: float = 0.005
    """Smallest change, as a fraction of the subject's level before."""
    min_share: float = 0.0
    """Smallest change of a cost, as a fraction of the service's."""
    service_watts: float | Mapping[str, float] | None = None
    """Power that a service draws, of all or by name."""
    min_watts: float = 0.0
    """Smallest change, in watts, where the power is known."""
    lower_is_worse: frozenset[str] = frozenset({"throughput"})
    """Metrics of which a fall is the regression."""
    min_total_ratio: float = 0.5
    """A step counts as real where what contains the function moved by at least this part of it,
    or the service moved beyond doubt, in the same direction; else cost only moved."""
    same_change: int | None = None
    """Change points this many windows apart are one change. Default: as exact as they are."""
    keep_open: bool = False
    """Whether to keep, as not sure, what the service's total is too noisy to confirm or refute:
    for who can find out by an experiment."""
    total_ratio: float | None = None
    """What an experiment told: the service's cost now as a multiple of that before."""
