"""What can be wrong."""

from typing import NamedTuple


class SchemaError(ValueError):
    """A schema that makes no sense."""


class Problem(NamedTuple):
    """What is wrong with the data, and where."""

    path: str
    message: str


Place = tuple["Place | None", str | int]
"""A place in the data: the one it is in, and its key there."""


def render_path(place: Place | None) -> str:
    """A place as people write it: `$.lines[3].sku`."""
    keys: list[str | int] = []
    while place is not None:
        place, key = place
        keys.append(key)
    parts = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in reversed(keys)]
    return "$" + "".join(parts)
