"""Anchors of headings, each only once in a page."""

import re

_OTHER = re.compile(r"[^a-z0-9]+")


class Slugs:
    """Hands out anchors; what was given before gets a number."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def make(self, title: str) -> str:
        """An anchor that no heading before has."""
        stem = _OTHER.sub("-", title.lower()).strip("-") or "section"
        number = self._given.get(stem, 0)
        self._given[stem] = number + 1
        return f"{stem}-{number}" if number else stem
