"""Encode rows field by field."""

from functools import lru_cache

from wirefmt.checks import check_field
from wirefmt.values import encode_value, encoder_of


@lru_cache(maxsize=512)
def plan_of(fields):
    """Return (name, encoded key, encoder) for each field."""
    return tuple(_plan(field) for field in fields)


def _plan(field):
    name, kind = _name_and_kind(field)
    return name, encode_value(name) + b":", encoder_of(kind)


def _name_and_kind(field):
    if isinstance(field, str):
        return field, ""
    if len(field) != 2:
        raise TypeError(f"expected a name or (name, kind), got {field!r}")
    return field


def encode(row, fields):
    """Return a row as a JSON object; fields that it does not have are left out."""
    parts = []
    for name, key, encoder in plan_of(tuple(fields)):
        if name in row:
            check_field(name, row[name])
            parts.append(key + encoder(row[name]))
    return b"{" + b",".join(parts) + b"}"


def encode_list(rows, fields):
    """Return rows as a JSON array of objects."""
    return join(encode(row, fields) for row in rows)


def join(parts):
    """Return values that are encoded already as a JSON array."""
    return b"[" + b",".join(parts) + b"]"
