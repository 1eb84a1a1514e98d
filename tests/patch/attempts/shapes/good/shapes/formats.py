"""Formats of text."""

import re
from collections.abc import Callable
from datetime import date

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _is_date(text: str) -> bool:
    if len(text) != 10:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "mail": lambda text: _MAIL.fullmatch(text) is not None,
    "slug": lambda text: _SLUG.fullmatch(text) is not None,
}
