"""Call jsonschema.validate() (schema check included) on many small documents."""

import _wl
import jsonschema

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string", "maxLength": 20},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}
DOCS = [{"id": i, "name": "n%d" % i, "tags": ["a", "b"]} for i in range(120)]


def main():
    for d in DOCS:
        jsonschema.validate(d, SCHEMA)
    return len(DOCS)


_wl.run(main, 2)
