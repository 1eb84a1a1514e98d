"""What cost is worth in servers and in watts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId
from workbench.agent.tools.brief import clip, number
from workbench.agent.tools.profile import find_function
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation

_Z = 1.959964  # of a 95 % interval
_LATEST = 0.25
"""Part of the windows, the latest, that tell what a function costs now."""


class Worth(TypedDict):
    """A value with its 95 % interval."""

    value: float | None
    low: Annotated[float | None, Field(description="Lower end; null where not known")]
    high: Annotated[float | None, Field(description="Upper end; null where not known")]


class CapacityCost(TypedDict):
    """What a regression's growth, or a function, is worth."""

    subject: str
    fraction: Annotated[Worth, Field(description="Of the service's CPU as it is now, 0 to 1")]
    servers: Annotated[Worth, Field(description="Servers that this keeps busy")]
    watts: Annotated[Worth | None, Field(description="Watts; null where power is not known")]
    n_servers: Annotated[float, Field(description="Servers of the whole service")]
    watts_per_server: float | None
    assumptions: Annotated[list[str], Field(description="What has to hold for this")]


class _Fraction(NamedTuple):
    value: float
    low: float
    high: float


def capacity_cost(
    investigation: Investigation,
    regression_id: AnyRegressionId = "",
    function: Annotated[
        str, Field(description="Subject pkg.mod:Name, in place of a regression")
    ] = "",
) -> CapacityCost:
    """Tell what a regression's growth, or all that a function costs, is worth in servers and watts,
    with an interval and the assumptions that are made.
    """
    if bool(regression_id) == bool(function):
        raise ToolError("expected regression_id or function, one of the two")
    n_servers, watts = _fleet(investigation)
    if regression_id:
        subject, fraction, how = _of_regression(investigation, regression_id)
    else:
        subject, fraction, how = _of_function(investigation, function)
    assumptions = [
        how,
        f"the service has {n_servers:g} servers now, and needs as many as its CPU asks for",
        "load, and the headroom that servers are planned with, stay as they are",
    ]
    if watts is None:
        assumptions.append("the power of a server is not known")
    else:
        assumptions.append(f"a server draws {watts:g} W, in proportion to how many there are")
    return {
        "subject": clip(subject),
        "fraction": _worth(fraction, 1.0),
        "servers": _worth(fraction, n_servers),
        "watts": None if watts is None else _worth(fraction, n_servers * watts),
        "n_servers": n_servers,
        "watts_per_server": watts,
        "assumptions": assumptions,
    }


def _fleet(investigation: Investigation) -> tuple[float, float | None]:
    """Return the service's servers and the watts of one; ToolError where there is no knowing."""
    records = investigation.records
    rows = [] if records is None else records.services.to_dict("records")
    told = rows[0] if rows else {}
    n_servers, watts = (_positive(told.get(name)) for name in ("servers", "watts"))
    if n_servers is None:
        service = clip(investigation.recording.service, 80)
        raise ToolError(
            f"the store does not tell how many servers {service!r} has: put a row with servers and "
            "watts into its table services"
        )
    return n_servers, watts


def _positive(value: object) -> float | None:
    is_known = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if is_known else None  # type: ignore[arg-type]  # checked just above


def _of_regression(investigation: Investigation, regression_id: str) -> tuple[str, _Fraction, str]:
    regression = investigation.regression(regression_id)
    if regression.metric not in ("cost", "gcpu"):
        raise ToolError(
            f"{regression_id} is of the metric {clip(regression.metric, 60)!r}, which says nothing "
            "of CPU: expected a regression of cost or gcpu"
        )
    whole = 1.0
    how = "growth is the difference of the function's share of samples before and after"
    if regression.metric == "cost":
        _, after = investigation.sides(regression.change_index)
        whole = float(investigation.window_values[after].mean())
        how = "growth is CPU time per round of work, as a fraction of the service's after it"
    delta = regression.absolute_delta / whole
    low, high = regression.delta_low / whole, regression.delta_high / whole
    return regression.subject, _Fraction(delta, low, high), how


def _of_function(investigation: Investigation, function: str) -> tuple[str, _Fraction, str]:
    place = find_function(investigation, function)
    n_latest = max(1, math.ceil(_LATEST * investigation.recording.n_windows))
    shares = (investigation.total_values[place] / investigation.window_values)[-n_latest:]
    mean = float(shares.mean())
    error = float(shares.std(ddof=1) / np.sqrt(n_latest)) if n_latest > 1 else math.nan
    how = f"its cost, with all it calls, is its share of samples in the latest {n_latest} windows"
    fraction = _Fraction(mean, max(0.0, mean - _Z * error), mean + _Z * error)
    return investigation.calls.subjects[place], fraction, how


def _worth(fraction: _Fraction, each: float) -> Worth:
    value, low, high = (number(part * each, 4) for part in fraction)
    return {"value": value, "low": low, "high": high}
