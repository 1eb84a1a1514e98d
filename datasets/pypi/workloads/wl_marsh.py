"""Dump and load nested schemas."""

import datetime

import _wl
from marshmallow import Schema, fields, validate


class A(Schema):
    id = fields.Integer(required=True)
    name = fields.String(validate=validate.Length(min=1))
    when = fields.DateTime()
    v = fields.Float()
    tags = fields.List(fields.String())


class B(Schema):
    title = fields.String()
    kids = fields.List(fields.Nested(A))
    m = fields.Dict(keys=fields.String(), values=fields.Integer())


class Stop(Schema):
    place = fields.String(data_key="at", required=True)
    day = fields.Date()
    fare = fields.Decimal(places=2, as_string=True)
    marks = fields.Tuple((fields.Boolean(), fields.Integer()))
    seats = fields.List(fields.Integer(validate=validate.Range(min=0)))
    note = fields.String(allow_none=True)


class Trip(Schema):
    kids = fields.Nested(Stop, many=True)
    names = fields.Dict(keys=fields.Integer(), values=fields.List(fields.String()))
    who = fields.UUID()


S, O = _wl.pick(
    (
        B,
        {
            "title": "t",
            "kids": [
                {
                    "id": i,
                    "name": "n",
                    "when": datetime.datetime(2020, 1, 1),
                    "v": 1.5,
                    "tags": ["a", "b"],
                }
                for i in range(80)
            ],
            "m": {"k%d" % i: i for i in range(20)},
        },
    ),
    (
        Trip,
        {
            "kids": [
                {
                    "place": "stop %d" % i,
                    "day": datetime.date(2011, 1 + i % 12, 9),
                    "fare": i / 4,
                    "marks": (i % 2 == 0, -i),
                    "seats": [i, 3],
                    "note": None,
                }
                for i in range(60)
            ],
            "names": {i: ["x", "y%d" % i] for i in range(15)},
            "who": "12345678-1234-5678-1234-567812345678",
        },
    ),
)


def main():
    n = 0
    for _ in range(3):
        d = S().dump(O)
        r = S().load(d)
        n += len(r["kids"]) + len(d)
    return n


def whole(n):
    d = S().dump(O)
    faults = S().validate({"kids": [{"day": "x", "seats": [-1]}, {"at": 1}], "names": {"k": 0}})
    return _wl.digest(n, d, S().load(d), faults)


_wl.run(main, 5, check=_wl.pick(None, whole))
