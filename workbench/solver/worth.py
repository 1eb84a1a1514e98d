"""What a regression costs: as a part of the service, and in servers, watts and money."""

from __future__ import annotations

import math

from workbench.capacity import Assumptions, assumption_sentences, worth
from workbench.types import Recording, Records, Regression, Worth


def added_fraction(regression: Regression, recording: Recording) -> tuple[float, float, float]:
    """Return which fraction of the service's CPU a regression adds, with its 95 % interval.

    Of a share of samples it is the difference of shares; of cost, the growth over what the service
    costs after it. NaN where the metric says nothing of CPU.
    """
    whole = 1.0
    if regression.metric == "cost":
        windows = recording.windows.iloc[regression.change_index :]
        work = float(windows["work"].sum())
        whole = float(windows["cpu_seconds"].sum()) / work if work else math.nan
    elif regression.metric != "gcpu":
        whole = math.nan
    told = (regression.absolute_delta, regression.delta_low, regression.delta_high)
    value, low, high = (part / whole for part in told)
    return value, low, high


def worth_of_loss(
    regression: Regression, recording: Recording, records: Records, assumptions: Assumptions
) -> tuple[Worth, tuple[str, ...]]:
    """Return what all of a regression costs, and what has to hold for that, a sentence each."""
    part = added_fraction(regression, recording)
    return _worth(part, recording.service, records, assumptions)


def worth_of_service(
    service: str, records: Records, assumptions: Assumptions
) -> tuple[Worth, tuple[str, ...]]:
    """Return what all of a service costs, and what has to hold for that, a sentence each."""
    whole, told = _worth((1.0, 1.0, 1.0), service, records, assumptions)
    return whole, (*told, "What the workload does is what the service does, in the same parts.")


def _worth(
    part: tuple[float, float, float], service: str, records: Records, assumptions: Assumptions
) -> tuple[Worth, tuple[str, ...]]:
    """Return what a part of a service costs.

    What the assumptions do not say of servers and of their power is taken from the records.
    """
    rows = records.services.assign(service=service)
    told = assumptions.with_records(rows).of(service)
    known = [line for line in assumption_sentences([told]) if not line.endswith("not known.")]
    sure = "Intervals are 95 %, of what was measured and of what is assumed as a range."
    return worth(*part, told), (*known, sure)


def owner_of(records: Records) -> str:
    """Return who owns the service, as the records tell; empty for nobody."""
    told = [row for row in records.services["owner"] if isinstance(row, str)]
    return told[0].strip() if told else ""
