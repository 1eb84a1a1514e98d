"""Keep what goes to a model short: names, texts and lists of foreign origin have no bound."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

MAX_NAME_BYTES = 160
MAX_LIST_BYTES = 6000

_SURROGATES = re.compile("[\ud800-\udfff]")

Row = TypeVar("Row")


def json_bytes(value: object) -> int:
    """Return how many bytes a value takes in a reply."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def clip(text: str, limit: int = MAX_NAME_BYTES) -> str:
    """Return the longest beginning of a text that takes at most `limit` bytes in a reply.

    Bytes that were not UTF-8 are shown as U+FFFD, one each.
    """
    text = _SURROGATES.sub("\ufffd", text[:limit])
    if json_bytes(text) - 2 <= limit:
        return text
    sizes = range(len(text) + 1)
    return text[: bisect_right(sizes, limit, key=lambda n: json_bytes(text[:n]) - 2) - 1]


def take(rows: Sequence[Row], limit: int = MAX_LIST_BYTES) -> list[Row]:
    """Return the first rows, as many as take at most `limit` bytes in a reply."""
    taken: list[Row] = []
    for row in rows:
        limit -= json_bytes(row) + 2
        if limit < 0:
            break
        taken.append(row)
    return taken
