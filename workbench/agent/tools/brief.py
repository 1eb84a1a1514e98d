"""Keep what goes to a model short: names, texts and lists of foreign origin have no bound."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any, TypeVar

MAX_NAME_BYTES = 160
MAX_LIST_BYTES = 6000

_SURROGATES = re.compile("[\ud800-\udfff]")

Row = TypeVar("Row")
Item = TypeVar("Item")


def json_bytes(value: object) -> int:
    """Return how many bytes a value takes in a reply."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def clip(text: object, limit: int = MAX_NAME_BYTES) -> str:
    """Return the longest beginning of a text that takes at most `limit` bytes in a reply.

    Bytes that were not UTF-8 are shown as U+FFFD, one each. What is no text, such as a value that a
    table lacks, is empty.
    """
    if not isinstance(text, str):
        return ""
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


def page(
    items: Sequence[Item], offset: int, limit: int, show: Callable[[Item], Row],
    limit_bytes: int = MAX_LIST_BYTES,
) -> tuple[list[Row], int | None]:  # fmt: skip
    """Return the rows of one page, and the offset of the next; None at the end.

    A page has fewer rows than asked for where they would take too many bytes, but never none
    before the end.
    """
    rows = [show(item) for item in items[offset : offset + limit]]
    rows = take(rows, limit_bytes) or rows[:1]
    end = offset + len(rows)
    return rows, end if end < len(items) else None


def number(value: float | None, digits: int = 5) -> float | None:
    """Return a number to so many digits that count; None for what is no number or infinite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def moment(at: Any) -> str | None:
    """Return a time as ISO 8601 in UTC, to the second; None where there is none."""
    if at is None or at != at:  # NaT is not itself
        return None
    if at.tzinfo is not None:
        at = at.astimezone(UTC)
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat(timespec='seconds')}Z"
