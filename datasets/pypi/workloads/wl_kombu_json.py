"""Serialise and deserialise task messages with the JSON codec."""

import datetime
import decimal
import uuid

import _wl
from kombu.utils.json import dumps, loads

D = {
    "id": str(uuid.UUID(int=5)),
    "args": [1, 2, {"a": [1, 2, 3]}],
    "when": datetime.datetime(2020, 1, 2, 3, 4, 5),
    "d": decimal.Decimal("1.5"),
    "u": uuid.UUID(int=7),
    "items": [{"k": i, "v": "x%d" % i, "nested": {"p": i}} for i in range(40)],
}


def main():
    n = 0
    for _ in range(900):
        s = dumps(D)
        n += len(loads(s))
    return n


_wl.run(main, 1)
