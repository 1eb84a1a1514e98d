"""What CPU is worth: in servers, power, money and CO2, over time, and in what waits for a person.

assumptions   what is assumed of services, from one file
worth         a fraction of a service's CPU -> its worth, with its interval; sums of such
ledger        what solves are worth: recovered, confirmed, open
confirmation  whether later profiles show the gain of a fix
timeline      the ledger over time
plan          what waits, what that costs a week, and what it is worth
"""

from workbench.capacity.assumptions import (
    Assumptions,
    ServiceAssumptions,
    assumption_sentences,
    read_assumptions,
)
from workbench.capacity.confirmation import confirm, confirm_later
from workbench.capacity.ledger import capacity_ledger, cost_of, gain_of
from workbench.capacity.plan import capacity_plan
from workbench.capacity.timeline import capacity_timeline, opportunity_events
from workbench.capacity.worth import total, worth

__all__ = [
    "Assumptions",
    "ServiceAssumptions",
    "assumption_sentences",
    "capacity_ledger",
    "capacity_plan",
    "capacity_timeline",
    "confirm",
    "confirm_later",
    "cost_of",
    "gain_of",
    "opportunity_events",
    "read_assumptions",
    "total",
    "worth",
]
