"""What was detected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, moment, number, page

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.types import Regression


class RegressionRow(TypedDict):
    """One regression."""

    regression_id: str
    service: str
    subject: Annotated[str, Field(description="Function pkg.mod:Name, or <service> for all of it")]
    metric: Annotated[str, Field(description="cost (CPU s a round), gcpu (fraction), or measured")]
    kind: Annotated[str, Field(description="step, or drift: a rise over weeks")]
    window: Annotated[int, Field(description="First window of the new level, from 0")]
    window_low: Annotated[int, Field(description="It began in this window at the earliest")]
    window_high: Annotated[int, Field(description="It began in this window at the latest")]
    at: At
    before: Annotated[float | None, Field(description="Level before, in the metric's unit")]
    after: Annotated[float | None, Field(description="Level after, in the metric's unit")]
    relative_delta: Annotated[
        float | None, Field(description="(after - before) / before; null for a new function")
    ]
    is_sure: Annotated[bool, Field(description="Whether the service's total moved beyond doubt")]
    n_merged: Annotated[int, Field(description="Callers and callees that moved with it")]


class Regressions(TypedDict):
    """A page of regressions."""

    regressions: list[RegressionRow]
    total: Total
    next_offset: NextOffset


def list_regressions(
    investigation: Investigation, limit: Limit = 20, offset: Offset = 0
) -> Regressions:
    """List the regressions that were detected, largest first: where each begins and how much it
    grew. Start here: the other tools take the ids.
    """
    found = investigation.detection.found

    def show(regression: Regression) -> RegressionRow:
        return _row(regression, regression.service or investigation.recording.service)

    rows, next_offset = page(found, offset, limit, show)
    return {"regressions": rows, "total": len(found), "next_offset": next_offset}


def _row(regression: Regression, service: str) -> RegressionRow:
    return {
        "regression_id": regression.id,
        "service": clip(service),
        "subject": clip(regression.subject),
        "metric": clip(regression.metric, 60),
        "kind": regression.kind,
        "window": regression.change_index,
        "window_low": regression.change_index_low,
        "window_high": regression.change_index_high,
        "at": moment(regression.at),
        "before": number(regression.before),
        "after": number(regression.after),
        "relative_delta": number(regression.relative_delta, 4),
        "is_sure": regression.is_sure,
        "n_merged": len(regression.merged),
    }
