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


O = {
    "title": "t",
    "kids": [
        {"id": i, "name": "n", "when": datetime.datetime(2020, 1, 1), "v": 1.5, "tags": ["a", "b"]}
        for i in range(80)
    ],
    "m": {"k%d" % i: i for i in range(20)},
}


def main():
    n = 0
    for _ in range(3):
        d = B().dump(O)
        r = B().load(d)
        n += len(r["kids"]) + len(d)
    return n


_wl.run(main, 5)
