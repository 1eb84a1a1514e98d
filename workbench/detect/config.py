"""What counts as a regression."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from workbench.errors import SignalError


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
    """Smallest change of a cost or gCPU, as a fraction of the service's."""
    service_watts: float | Mapping[str, float] | None = None
    """Power that a service draws, of all or by name."""
    min_watts: float = 0.0
    """Smallest change, in watts, where the power is known."""
    lower_is_worse: frozenset[str] = frozenset({"throughput"})
    """Metrics, or subjects, of which a fall is the regression; of all others a rise is."""
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

    def __post_init__(self) -> None:
        """Check it; SignalError where a value has no meaning."""
        lower: object = self.lower_is_worse
        if isinstance(lower, str) or not isinstance(lower, Iterable):
            raise SignalError(f"expected lower_is_worse as names of metrics, got {lower!r}")
        object.__setattr__(self, "lower_is_worse", frozenset(lower))
        for field in fields(self):
            if field.type == "float":
                _check_number(field.name, getattr(self, field.name))
        if not self.alerts_per_1000_series:
            raise SignalError("expected alerts_per_1000_series above 0, got 0")


def _check_number(name: str, value: object) -> None:
    is_number = isinstance(value, (int, float)) and math.isfinite(value)
    if not is_number or value < 0:  # type: ignore[operator]
        raise SignalError(f"expected {name} as a number of 0 or more, got {value!r}")
