"""What counts as a regression."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real

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
    """Metrics of which a fall is the regression, or subjects where the metric says nothing (it is
    `value`, or empty); of all others a rise is."""
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

    def is_worse(self, rise: float, metric: str, subject: str) -> bool:
        """Tell whether a change is a regression by its direction."""
        name = subject if metric in {"", "value"} else metric
        return (rise > 0) != (name in self.lower_is_worse)

    def __post_init__(self) -> None:
        """Check it; SignalError where a value has no meaning."""
        lower: object = self.lower_is_worse
        is_names = not isinstance(lower, str) and isinstance(lower, Iterable)
        if not is_names or not all(isinstance(name, str) for name in self.lower_is_worse):
            raise SignalError(f"expected lower_is_worse as names of metrics, got {lower!r}")
        watts = self.service_watts
        if isinstance(watts, Mapping):
            watts = {k: _number("service_watts", v) for k, v in watts.items()}
        elif watts is not None:
            watts = _number("service_watts", watts)
        checked: dict[str, object] = {
            "lower_is_worse": frozenset(self.lower_is_worse), "service_watts": watts
        }  # fmt: skip
        for name in ("alerts_per_1000_series", "min_absolute", "min_relative", "min_share",
                     "min_watts", "min_total_ratio", "total_ratio", "same_change"):  # fmt: skip
            value = getattr(self, name)
            if value is not None or name not in {"total_ratio", "same_change"}:
                checked[name] = _number(name, value)
        if self.same_change is not None:
            checked["same_change"] = int(self.same_change)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if not self.alerts_per_1000_series:
            raise SignalError("expected alerts_per_1000_series above 0, got 0")


def _number(name: str, value: object) -> float:
    if not isinstance(value, Real) or not math.isfinite(value) or value < 0:
        raise SignalError(f"expected {name} as a number of 0 or more, got {value!r}")
    return float(value)
