"""What cost is worth in servers and in watts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import AnyRegressionId
from workbench.agent.tools.brief import clip, number, take
from workbench.agent.tools.profile import find_function
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.capacity import ServiceAssumptions
    from workbench.types import Amount

_Part = tuple[float, float, float]
"""A fraction of the service's CPU, with its interval."""
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
    watts: Annotated[
        Worth | None, Field(description="Watts of the site, PUE included; null: not known")
    ]
    kwh_per_week: Annotated[Worth | None, Field(description="Lost in a week; null: not known")]
    money_per_week: Annotated[Worth | None, Field(description="In `currency`; null: not known")]
    currency: str
    n_servers: Annotated[float, Field(description="Servers of the whole service")]
    assumptions: Annotated[list[str], Field(description="What has to hold for this")]


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
    from workbench.capacity import assumption_sentences, worth  # not before it is asked for
    from workbench.types import Amount, WeekCost

    if bool(regression_id) == bool(function):
        raise ToolError("expected regression_id or function, one of the two")
    told = _assumed(investigation)
    if regression_id:
        subject, part, how = _of_regression(investigation, regression_id)
    else:
        subject, part, how = _of_function(investigation, function)
    whole = worth(*part, told)
    week = WeekCost.of(whole)
    return {
        "subject": clip(subject),
        "fraction": _told(Amount(*part)),
        "servers": _told(whole.servers),
        "watts": _told(whole.watts) if whole.watts.is_known else None,
        "kwh_per_week": _told(week.kwh) if week.kwh.is_known else None,
        "money_per_week": _told(week.money) if week.money.is_known else None,
        "currency": clip(told.currency, 20),
        "n_servers": told.servers,
        "assumptions": [how, *take([clip(line, 300) for line in assumption_sentences([told])])],
    }


def _assumed(investigation: Investigation) -> ServiceAssumptions:
    """Return what is assumed of the service; ToolError where its servers are not known."""
    from workbench.capacity import read_assumptions

    service, records = investigation.recording.service, investigation.records
    told = read_assumptions()
    if records is not None:
        told = told.with_records(records.services.assign(service=service))
    if not told.of(service).servers > 0:
        raise ToolError(
            f"it is not told how many servers {clip(service, 80)!r} has: put a row with servers "
            "and watts into the store's table services, or name a file in WORKBENCH_ASSUMPTIONS"
        )
    return told.of(service)


def _of_regression(investigation: Investigation, regression_id: str) -> tuple[str, _Part, str]:
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
    return regression.subject, (delta, low, high), how


def _of_function(investigation: Investigation, function: str) -> tuple[str, _Part, str]:
    place = find_function(investigation, function)
    n_latest = max(1, math.ceil(_LATEST * investigation.recording.n_windows))
    shares = (investigation.total_values[place] / investigation.window_values)[-n_latest:]
    mean = float(shares.mean())
    error = float(shares.std(ddof=1) / np.sqrt(n_latest)) if n_latest > 1 else math.nan
    how = f"its cost, with all it calls, is its share of samples in the latest {n_latest} windows"
    part = (mean, max(0.0, mean - _Z * error), mean + _Z * error)
    return investigation.calls.subjects[place], part, how


def _told(amount: Amount) -> Worth:
    value, low, high = (number(part, 4) for part in (amount.value, amount.low, amount.high))
    return {"value": value, "low": low, "high": high}
