from collections.abc import Sequence
from typing import Any

import wirefmt

from feed.context import RequestContext
from feed.graphql.results import ObjectResult
from feed.serialize.fields import ENCODERS
from feed.serialize.schema import MANY, ONE, kinds_of


def encode_reply(context: RequestContext, result: ObjectResult) -> bytes:
    """Encode what was selected as JSON."""
    with context.trace.span("serialize.encode") as span:
        reply = encode_object(result)
        span.set("bytes", len(reply))
    return reply


def encode_object(result: ObjectResult) -> bytes:
    """Encode one object with what it holds."""
    return encode_objects([result])[0]


def encode_objects(results: Sequence[ObjectResult]) -> list[bytes]:
    """Encode several objects of which the same was selected; the schema is asked once."""
    if not results:
        return []
    kinds = kinds_of(results[0].type_name)
    columns = [(key, kinds.get(name)) for key, name in results[0].names.items()]
    keys = tuple(results[0].names)
    return [wirefmt.encode(encode_row(result.values, columns), keys) for result in results]


def encode_row(values: dict[str, Any], columns: Sequence[tuple[str, str | None]]) -> dict[str, Any]:
    """Encode an object's values after their kinds; nested objects become bytes."""
    row = {}
    for key, kind in columns:
        value = values[key]
        row[key] = value if kind is None or value is None else encode_field(kind, value)
    return row


def encode_field(kind: str, value: Any) -> Any:
    """Encode a value after its kind."""
    if kind == ONE:
        return encode_object(value)
    if kind == MANY:
        return wirefmt.join(encode_objects(value))
    return ENCODERS[kind](value)
