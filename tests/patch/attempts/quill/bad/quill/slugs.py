"""Anchors of headings, each only once in a page."""

import re

_OTHER = re.compile(r"[^a-z0-9]+")


class Slugs:
    """Hands out anchors; what was given before gets a number."""

    def __init__(self) -> None:
        self._given: list[str] = []

    def make(self, title: str) -> str:
        """An anchor that no heading before has."""
        stem = _OTHER.sub("-", title.lower()).strip("-") or "section"
        number = len([given for given in self._given if given == stem])
        self._given.append(stem)
        return f"{stem}-{number}" if number else stem

    def __len__(self) -> int:
        return len(self._given)
