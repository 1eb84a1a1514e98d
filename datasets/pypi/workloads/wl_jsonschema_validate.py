"""Call jsonschema.validate() (schema check included) on many small documents."""

import _wl
import jsonschema

SCHEMA = _wl.pick(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string", "maxLength": 20},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    },
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "array",
        "minItems": 2,
        "items": {
            "type": "object",
            "additionalProperties": {"type": ["number", "null"], "minimum": -5},
        },
    },
)
DOCS = _wl.pick(
    [{"id": i, "name": "n%d" % i, "tags": ["a", "b"]} for i in range(120)],
    [[{"x%d" % i: i / 2, "y": None}, {}] for i in range(110)],
)


def main():
    for d in DOCS:
        jsonschema.validate(d, SCHEMA)
    return len(DOCS)


def whole(n):
    faults = []
    for d in ([], {}, [{"x": -9}, {}], [{}, {"y": "no"}], [{"a": 1, "b": []}, 3]):
        try:
            jsonschema.validate(d, SCHEMA)
        except jsonschema.ValidationError as error:
            faults.append((error.message, list(error.path), list(error.schema_path)))
    return _wl.digest(n, faults)


_wl.run(main, 2, check=_wl.pick(None, whole))
