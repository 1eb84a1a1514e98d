"""What may go on the wire: clients in JavaScript have to read it."""

import math
import re

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MAX_SAFE_INT = 2**53 - 1


def check_row(row):
    """Raise ValueError for a row with a field that a client could not read back."""
    for name, value in row.items():
        check_field(name, value)


def check_field(name, value):
    """Raise ValueError for a field that a client could not read back."""
    if not _NAME.match(name):
        raise ValueError(f"field {name!r}: expected letters, digits and _")
    check_value(name, value)


def check_value(path, value):
    """Raise ValueError for a value, or one inside it, that a client could not read back."""
    if isinstance(value, str):
        check_text(path, value)
    elif isinstance(value, bytes):
        check_text(path, value.decode("utf-8"))
    elif isinstance(value, bool) or value is None:
        pass
    elif isinstance(value, int):
        if abs(value) > _MAX_SAFE_INT:
            raise ValueError(f"{path}: {value} is beyond 2**53")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path}: {value} is no JSON number")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_value(f"{path}.{key}", item)
    else:
        for i, item in enumerate(value):
            check_value(f"{path}[{i}]", item)


def check_text(path, text):
    """Raise ValueError for control characters and for halves of surrogate pairs."""
    if _CONTROL.search(text):
        raise ValueError(f"{path}: text with control characters")
    text.encode("utf-8")
