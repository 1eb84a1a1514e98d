"""What the service refuses, each with the status of the reply that tells it."""

from __future__ import annotations


class DepotError(Exception):
    """Something that a caller can do something about."""

    status = 400


class Invalid(DepotError):
    """A request that makes no sense."""

    status = 422


class NotFound(DepotError):
    """What was asked for is not there."""

    status = 404


class Conflict(DepotError):
    """What was asked for cannot be done in the present state."""

    status = 409
