"""What a regression costs: as a part of the service, and in servers, watts and money."""

from __future__ import annotations

import math
from dataclasses import replace

from workbench.capacity import USUAL_PUE, Assumptions, ServiceAssumptions, worth
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
    """Return what all of a regression costs, and what has to hold for that, a sentence each.

    What the assumptions do not say of servers and of their power is taken from the records.
    """
    told = _with_records(assumptions.of(recording.service), records)
    return worth(*added_fraction(regression, recording), told), _sentences(told)


def owner_of(records: Records) -> str:
    """Return who owns the service, as the records tell; empty for nobody."""
    told = [row for row in records.services["owner"] if isinstance(row, str)]
    return told[0].strip() if told else ""


def _with_records(told: ServiceAssumptions, records: Records) -> ServiceAssumptions:
    known = (records.services.to_dict("records") or [{}])[0]
    servers, watts = (_positive(known.get(name)) for name in ("servers", "watts"))
    return replace(
        told,
        servers=servers if math.isnan(told.servers) else told.servers,
        watts_per_server=watts if math.isnan(told.watts_per_server) else told.watts_per_server,
    )


def _positive(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else math.nan


def _sentences(told: ServiceAssumptions) -> tuple[str, ...]:
    """Say what is assumed of a service, as far as it is known."""
    pue = f" ({USUAL_PUE} is what operators told the Uptime Institute in 2024)"
    lines = [
        ("A service needs servers in proportion to its CPU; load and headroom stay as they are", 0),
        (f"The service has {told.servers:,g} servers", told.servers),
        (f"A server draws {told.watts_per_server:,g} W, and the site {told.pue:g} W for each of "
         f"these{pue if told.pue == USUAL_PUE else ''}", told.watts_per_server),
        (f"A kWh costs {told.price_per_kwh:,g} {told.currency}".rstrip(), told.price_per_kwh),
        (f"A server costs {told.server_cost_per_year:,g} {told.currency}".rstrip()
         + " in a year besides its energy", told.server_cost_per_year),
        ("Intervals are 95 %, of what was measured; what is assumed is taken as exact", 0),
    ]  # fmt: skip
    return tuple(f"{line}." for line, value in lines if not math.isnan(value))
