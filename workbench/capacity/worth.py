"""What a fraction of a service's CPU is worth: servers, watts, energy, money, CO2 and homes.

Servers are the fraction times those that the service has; watts are servers times what one draws,
times the PUE of the site; energy is a year of that. Money is energy at its price, and a year of
the servers where that is told; homes are those that use as much electricity. What is not told is
not known, and so is what follows from it.

Intervals are carried by the law of propagation for independent inputs (JCGM 100:2008, "Guide to the
expression of uncertainty in measurement", 5.1.2), each end by itself: the distance of an end from
the value is the root of the sum of squares of the distance that was measured and of what the value
moves by when one assumption after the other is put at the end of its range.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from workbench.capacity.assumptions import ServiceAssumptions
from workbench.types import Amount, Worth
from workbench.types.ledger import QUANTITIES, Shift
from workbench.types.planning import HOURS_PER_YEAR


def worth(fraction: float, low: float, high: float, assumptions: ServiceAssumptions) -> Worth:
    """Return what a fraction of a service's CPU is worth.

    Parameters
    ----------
    fraction, low, high : float
        Of the service's CPU, 0 to 1, with its 95 % interval; NaN where it is not known.
    assumptions : ServiceAssumptions
        Of the service; what is told as a range widens the interval, all else is taken as exact.
    """
    told = assumptions
    exact = _wholes(told)
    moved = [
        (
            one.source,
            _wholes(told.having(one.key, one.low)),
            _wholes(told.having(one.key, one.high)),
        )
        for one in told.ranges
    ]
    amounts = {}
    for at, (name, whole) in enumerate(zip(QUANTITIES, exact, strict=True)):
        shifts = [
            Shift(source, fraction * (least[at] - whole), fraction * (most[at] - whole))
            for source, least, most in moved
        ]
        below, above = (fraction - low) * whole, (high - fraction) * whole
        amounts[name] = amount_of(fraction * whole, below, above, shifts)
    return Worth(**amounts, currency=told.currency)


def total(worths: Iterable[Worth]) -> Worth:
    """Return the sum of what is known of each, and how many are not in it.

    What was measured adds as independent measurements do: the distance of each end from the value
    is the root of the sum of squares. What an assumption moves that several share adds up.
    Money of several currencies has no sum.
    """
    parts = list(worths)
    currencies = {part.currency for part in parts if part.money_per_year.is_known}
    sums = {name: _sum([getattr(part, name) for part in parts]) for name in QUANTITIES}
    if len(currencies) > 1:
        sums["money_per_year"] = Amount(n_unknown=len(parts))
    return Worth(**sums, currency=currencies.pop() if len(currencies) == 1 else "")


def amount_of(
    value: float, below: float, above: float, shifts: Sequence[Shift] = (), n_unknown: int = 0
) -> Amount:
    """Return a value with its interval: how far its ends are by measurement, and by assumptions."""
    kept = tuple(
        s for s in shifts if math.isfinite(s.at_low + s.at_high) and (s.at_low or s.at_high)
    )
    low = value - math.hypot(below, *(_below(shift) for shift in kept))
    high = value + math.hypot(above, *(_above(shift) for shift in kept))
    return Amount(value, low, high, n_unknown, kept)


def _wholes(told: ServiceAssumptions) -> tuple[float, ...]:
    """Return the whole service in each of `QUANTITIES`."""
    watts = told.servers * told.watts_per_server * told.pue
    kwh = watts / 1e3 * HOURS_PER_YEAR
    parts = [kwh * told.price_per_kwh, told.servers * told.server_cost_per_year]
    known = [part for part in parts if math.isfinite(part)]
    money = sum(known) if known else math.nan
    return told.servers, watts, kwh, money, kwh * told.kg_co2_per_kwh, kwh / told.kwh_per_home_year


def _sum(amounts: list[Amount]) -> Amount:
    known = [amount for amount in amounts if amount.is_known]
    n_unknown = sum(one.n_unknown if one.is_known else max(one.n_unknown, 1) for one in amounts)
    if amounts and not known:
        return Amount(n_unknown=n_unknown)
    ends: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for shift in (shift for amount in known for shift in amount.shifts):
        ends[shift.source][0] += shift.at_low
        ends[shift.source][1] += shift.at_high
    value = math.fsum(amount.value for amount in known)
    measured = [_measured(amount) for amount in known]
    below, above = (math.hypot(*(pair[side] for pair in measured)) for side in (0, 1))
    shifts = [Shift(name, *both) for name, both in ends.items()]
    return amount_of(value, below, above, shifts, n_unknown)


def _measured(amount: Amount) -> tuple[float, float]:
    """Return how far the ends of an interval are without what assumptions add."""
    below = (amount.value - amount.low) ** 2 - sum(_below(shift) ** 2 for shift in amount.shifts)
    above = (amount.high - amount.value) ** 2 - sum(_above(shift) ** 2 for shift in amount.shifts)
    return tuple(math.sqrt(part) if not part < 0 else 0.0 for part in (below, above))  # type: ignore[return-value]  # two


def _below(shift: Shift) -> float:
    return max(0.0, -min(shift.at_low, shift.at_high))


def _above(shift: Shift) -> float:
    return max(0.0, shift.at_low, shift.at_high)
