import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

OPERATIONS = ("HomeTimeline", "Profile", "Search", "Notifications", "PostDetail", "Compose")


class RequestError(Exception):
    """What the client is told instead of data; `status` as in HTTP."""

    status = 500


class BadRequest(RequestError):
    """The request says something that cannot be served."""

    status = 400


class Unauthorized(RequestError):
    """The request's user is unknown or may not do this."""

    status = 401


class NotFound(RequestError):
    """What the request asks for is not there."""

    status = 404


class TooManyRequests(RequestError):
    """The user asked too often."""

    status = 429


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; `at` is in seconds since 1970, or None where it was not given."""

    operation: str
    query: str
    user_id: int
    request_id: str
    variables: dict[str, Any] = field(default_factory=dict)
    at: float | None = None


def parse_request(body: bytes) -> Request:
    """Read a request's body and check that it has all its parts."""
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"body: expected JSON, got {body[:40]!r}") from error
    if not isinstance(fields, dict):
        raise BadRequest(f"body: expected an object, got {type(fields).__name__}")
    operation = require(fields, "operation", (str,))
    if operation not in OPERATIONS:
        raise BadRequest(f"body.operation: expected one of {OPERATIONS}, got {operation!r}")
    return Request(
        operation=operation,
        query=require(fields, "query", (str,)),
        user_id=require(fields, "user", (int,)),
        request_id=str(fields.get("request_id", "")),
        variables=fields.get("variables") or {},
        at=fields.get("at"),
    )


def require(fields: dict[str, Any], name: str, kinds: Iterable[type]) -> Any:
    """Return a field of the body."""
    value = fields.get(name)
    if not isinstance(value, tuple(kinds)):
        raise BadRequest(f"body.{name}: expected {[k.__name__ for k in kinds]}, got {value!r}")
    return value


def page_size(request: Request, default: int, limit: int) -> int:
    """Return how many items the client wants, between 1 and `limit`."""
    size = request.variables.get("first", default)
    if not isinstance(size, int):
        raise BadRequest(f"variables.first: expected a whole number, got {size!r}")
    return max(1, min(size, limit))


def respond(data: bytes) -> bytes:
    """Wrap what an endpoint encoded."""
    return b'{"data":' + data + b"}"


def respond_error(error: RequestError, request_id: str) -> bytes:
    """Tell the client what went wrong."""
    reply = {"error": {"status": error.status, "message": str(error), "requestId": request_id}}
    return json.dumps(reply, separators=(",", ":")).encode()
