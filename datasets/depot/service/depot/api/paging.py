"""Pages of long lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from depot.errors import Invalid
from depot.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """So many items from a place on."""

    offset: int
    limit: int

    def cut(self, items: Sequence[T]) -> list[T]:
        """Return the items that are on the page."""
        return list(items[self.offset : self.offset + self.limit])


def read_page(settings: Settings, query: Mapping[str, str]) -> Page:
    """Return the page that a query asks for."""
    usual, most = settings.value("page", "limit"), settings.value("page", "max_limit")
    try:
        offset, limit = int(query.get("offset", "0")), int(query.get("limit", usual))
    except ValueError:
        raise Invalid("offset and limit are numbers") from None
    if offset < 0 or limit < 1:
        raise Invalid("offset and limit are not negative")
    return Page(offset, min(limit, most))
