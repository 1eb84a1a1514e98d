"""What can be wrong."""

from typing import NamedTuple


class SchemaError(ValueError):
    """A schema that makes no sense."""


class Problem(NamedTuple):
    """What is wrong with the data, and where."""

    path: str
    message: str


Place = tuple[str | int, ...]
"""A place in the data: the keys that lead to it."""


def render_path(place: Place) -> str:
    """A place as people write it: `$.lines[3].sku`."""
    path = "$"
    for key in place:
        path += f"[{key}]" if isinstance(key, int) else f".{key}"
    return path
