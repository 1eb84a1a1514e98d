"""Ramps at which carriers load, and the times at which they are free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from depot.errors import Conflict

N_RAMPS = 2
STEP = timedelta(minutes=15)
DAYS_AHEAD = 7
HOURS: dict[int, tuple[time, time]] = {
    **dict.fromkeys(range(4), (time(6, 0), time(21, 0))),
    4: (time(6, 0), time(18, 0)),
    5: (time(7, 0), time(12, 0)),
}
"""From when to when ramps are staffed, by day of the week; not at all on Sundays."""


def slots(ready: datetime) -> Iterator[datetime]:
    """Return the times at which loading may begin, from a moment on, for some days."""
    midnight = datetime.combine(ready.date(), time())
    for number in range(DAYS_AHEAD):
        day = midnight + timedelta(days=number)
        if day.weekday() in HOURS:
            opens, closes = HOURS[day.weekday()]
            at, end = datetime.combine(day, opens), datetime.combine(day, closes)
            while at < end:
                if at >= ready:
                    yield at
                at += STEP


class Ramps:
    """Books ramps."""

    def __init__(self) -> None:
        self._booked: Counter[datetime] = Counter()

    def book(self, ready: datetime) -> datetime:
        """Return when a parcel that is ready is loaded; Conflict where all ramps are taken."""
        free = [slot for slot in slots(ready) if self._booked[slot] < N_RAMPS]
        if not free:
            raise Conflict(f"all ramps are taken for {DAYS_AHEAD} days")
        self._booked[free[0]] += 1
        return free[0]
