"""How single values are written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from feed.serialize.links import avatar_link, media_link, post_link


def write_time(seconds: float) -> str:
    """Write seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_count(n: int) -> str:
    """Write a number as people read it: 950, 1.2k, 15k, 2.1m."""
    if n < 1_000:
        return str(n)
    if n < 1_000_000:
        return f"{n / 1_000:.1f}k" if n < 10_000 else f"{n // 1_000}k"
    return f"{n / 1_000_000:.1f}m"


def write_text(text: str) -> str:
    """Write a text on one line, without double spaces."""
    return " ".join(text.split())


def write_score(score: float) -> float:
    """Round a score to four places."""
    return round(score, 4)


ENCODERS: dict[str, Callable[[Any], Any]] = {
    "text": write_text,
    "time": write_time,
    "count": write_count,
    "score": write_score,
    "post_link": post_link,
    "avatar_link": avatar_link,
    "media_link": media_link,
}
