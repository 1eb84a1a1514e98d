"""Serialise and deserialise task messages with the JSON codec."""

import datetime
import decimal
import uuid

import _wl
from kombu.utils.json import dumps, loads

D = _wl.pick(
    {
        "id": str(uuid.UUID(int=5)),
        "args": [1, 2, {"a": [1, 2, 3]}],
        "when": datetime.datetime(2020, 1, 2, 3, 4, 5),
        "d": decimal.Decimal("1.5"),
        "u": uuid.UUID(int=7),
        "items": [{"k": i, "v": "x%d" % i, "nested": {"p": i}} for i in range(40)],
    },
    {
        "task": "shop.bill",
        "retries": None,
        "kwargs": {"to": {"name": "Zoë", "lines": [[1.25, True], [0.5, False]]}},
        "chain": [{"task": "t%d" % i, "options": {"queue": {"name": "q"}}} for i in range(30)],
        "due": {"day": datetime.date(1999, 12, 31), "total": decimal.Decimal("-0.10")},
        "by": [uuid.UUID(int=2**99 + i) for i in range(2)],
    },
)


def main():
    n = 0
    for _ in range(900):
        s = dumps(D)
        n += len(loads(s))
    return n


def whole(n):
    back = loads(dumps(D))
    due, by = back.pop("due"), back.pop("by")
    # as text: the older release reads dates, decimals and UUIDs back as strings
    return _wl.digest(n, back, str(due["day"])[:10], str(due["total"]), [str(u) for u in by])


_wl.run(main, 1, check=_wl.pick(None, whole))
