"""References from one part of a schema to another."""

from typing import Any

from shapes.problems import SchemaError

Schema = dict[str, Any]
MAX_HOPS = 16


def look_up(root: Schema, reference: str) -> Schema:
    """The part of a schema that `#/a/b` names; raises SchemaError."""
    if not reference.startswith("#"):
        raise SchemaError(f"{reference}: only references into the schema itself are known")
    part: Any = root
    for piece in reference[1:].split("/")[1:]:
        name = piece.replace("~1", "/").replace("~0", "~")
        if not isinstance(part, dict) or name not in part:
            raise SchemaError(f"{reference}: there is no {name!r}")
        part = part[name]
    if not isinstance(part, dict):
        raise SchemaError(f"{reference}: is no schema")
    return part


def follow(root: Schema, schema: Schema) -> Schema:
    """A schema with its reference replaced by what it names."""
    hops = 0
    while "$ref" in schema:
        hops += 1
        if hops > MAX_HOPS:
            raise SchemaError(f"{schema['$ref']}: leads nowhere")
        own = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**look_up(root, schema["$ref"]), **own}
    return schema
