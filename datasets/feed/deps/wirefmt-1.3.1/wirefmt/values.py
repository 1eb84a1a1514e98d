"""Encode single values."""

import json
from json.encoder import encode_basestring_ascii

_CONSTANTS = {None: b"null", True: b"true", False: b"false"}


def encode_text(value):
    """Return text as a JSON string."""
    return encode_basestring_ascii(value).encode("ascii")


def encode_int(value):
    """Return a whole number."""
    return b"%d" % value


def encode_float(value):
    """Return a number in its shortest form."""
    return repr(value).encode("ascii")


def encode_bool(value):
    """Return true or false."""
    return b"true" if value else b"false"


def encode_json(value):
    """Return any JSON value without white space."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def encode_raw(value):
    """Return bytes that are encoded already."""
    return value


def encode_value(value):
    """Return a value encoded after its type."""
    kind = type(value)
    if kind is str:
        return encode_text(value)
    if kind is int:
        return encode_int(value)
    if kind is bytes:
        return value
    if value is None or kind is bool:
        return _CONSTANTS[value]
    if kind is float:
        return encode_float(value)
    return encode_json(value)


_ENCODERS = {
    "": encode_value,
    "text": encode_text,
    "int": encode_int,
    "float": encode_float,
    "bool": encode_bool,
    "json": encode_json,
    "raw": encode_raw,
}


def encoder_of(kind):
    """Return the function that encodes values of a kind; the value's type decides where None comes."""
    try:
        encoder = _ENCODERS[kind]
    except KeyError:
        known = ", ".join(filter(None, _ENCODERS))
        raise ValueError(f"expected a kind among {known}, got {kind!r}") from None
    return lambda value: b"null" if value is None else encoder(value)
