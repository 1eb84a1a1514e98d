"""Validate documents against a schema with many local $refs (one long-lived validator)."""

import _wl
from jsonschema import Draft7Validator

ORDER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "http://example.invalid/order.json",
    "definitions": {
        "money": {
            "type": "object", "required": ["amount", "currency"],
            "properties": {"amount": {"type": "number", "minimum": 0},
                           "currency": {"$ref": "#/definitions/currency"}},
        },
        "currency": {"type": "string", "enum": ["EUR", "USD", "GBP", "CHF"]},
        "address": {
            "type": "object", "properties": {
                "street": {"type": "string", "maxLength": 80},
                "zip": {"type": "string", "pattern": "^[0-9]{5}$"},
                "country": {"type": "string", "minLength": 2}},
        },
        "line": {
            "type": "object", "required": ["sku", "qty", "price"],
            "properties": {
                "sku": {"type": "string"}, "qty": {"type": "integer", "minimum": 1},
                "price": {"$ref": "#/definitions/money"},
                "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
                "kind": {"enum": ["a", "b", "c", "d"]},
            },
        },
    },
    "type": "object", "required": ["id", "lines"],
    "properties": {
        "id": {"type": "integer"},
        "ship": {"$ref": "#/definitions/address"}, "bill": {"$ref": "#/definitions/address"},
        "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}},
        "total": {"$ref": "#/definitions/money"},
    },
}  # fmt: skip
PLAN = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": {
        "units": {"definitions": {
            "mm": {"type": "number", "maximum": 9000},
            "box": {"items": {"$ref": "#/definitions/units/definitions/mm"}, "minItems": 2}}},
        "text": {"minLength": 1, "maxLength": 12}, "side": {"enum": ["north", "east", None]},
        "room": {"required": ["name"], "properties": {
            "name": {"$ref": "#/definitions/text"}, "door": {"$ref": "#/definitions/side"},
            "rooms": {"items": {"$ref": "#/definitions/room"}},
            "size": {"$ref": "#/definitions/units/definitions/box"},
            "look": {"anyOf": [{"const": "new"}, {"type": "object", "minProperties": 2}]}}},
        "plan": {"additionalProperties": {"$ref": "#/definitions/room"}}},
    "type": "array", "items": {"$ref": "#/definitions/plan"},
}  # fmt: skip


def doc(i):
    return {
        "id": i,
        "ship": {"street": "Main %d" % i, "zip": "12345", "country": "DE"},
        "bill": {"street": "Side %d" % i, "zip": "54321", "country": "FR"},
        "total": {"amount": i * 1.5, "currency": "EUR"},
        "lines": [
            {"sku": "S%d" % k, "qty": k + 1, "price": {"amount": 2.5 * k, "currency": "USD"},
             "tags": ["x", "y", "z%d" % k], "kind": "abcd"[k % 4]} for k in range(20)
        ],
    }  # fmt: skip


def plan(i, name="hall"):
    inner = [{"name": "r%d" % k, "size": [i * 5, k * 10], "door": None} for k in range(7)]
    return [{"k%d" % k: {"name": name, "rooms": inner, "door": "east"}} for k in range(5)]


SCHEMA, DOCS = _wl.pick((ORDER, [doc(i) for i in range(20)]), (PLAN, [plan(i) for i in range(14)]))
V = Draft7Validator(SCHEMA)


def main():
    n = 0
    for _ in range(2):
        for d in DOCS:
            n += sum(1 for _e in V.iter_errors(d))
    return n


def whole(n):
    bad = [{}, [{"": {}}], plan(2000), plan(1, "a" * 13), [{"x": {"name": "", "look": {}}}]]
    errors = [e for d in bad for e in V.iter_errors(d)]
    return _wl.digest(n, sorted(repr((e.message, e.path, e.schema_path)) for e in errors))


_wl.run(main, 2, check=_wl.pick(None, whole))
