from typing import Any

from feed.context import RequestContext
from feed.graphql.documents import load_document
from feed.graphql.executor import execute
from feed.serialize.encode import encode_reply


def answer(context: RequestContext, name: str, value: Any) -> bytes:
    """Take out of an endpoint's value what the query asks for, and encode it."""
    result = execute(context, load_document(context), {name: value})
    return encode_reply(context, result)
