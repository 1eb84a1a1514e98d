"""What the metrics of the workbench are measured in, for all that show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import SignalError

UNITS: Mapping[str, str] = {"cost": "seconds", "gcpu": "share", "self_gcpu": "share"}
"""Of the metrics that `signals.function_series` makes; of others it has to be told."""
QUANTITIES: Mapping[str, str] = {
    "cost": "CPU time per unit of work",
    "gcpu": "of CPU samples",
    "self_gcpu": "of CPU samples, by itself",
}
"""What their values are, to be said after the unit."""


def units_of(metrics: Iterable[str], unit: str | Mapping[str, str] = "") -> list[str]:
    """Return the unit of each metric, empty where none is known.

    Parameters
    ----------
    metrics : iterable of str
        Names; one may be there more than once.
    unit : str or mapping of str to str
        Of all of them, or of some by name; the others have those of `UNITS`.
    """
    if isinstance(unit, str):
        return [unit or UNITS.get(metric, "") for metric in metrics]
    if not isinstance(unit, Mapping):
        raise SignalError(f"unit: expected a text, or one for each metric, got {unit!r:.80}")
    for metric, told in unit.items():
        if not isinstance(told, str):
            raise SignalError(f"unit of {metric}: expected a text, got {told!r:.80}")
    known = {**UNITS, **unit}
    return [known.get(metric, "") for metric in metrics]
