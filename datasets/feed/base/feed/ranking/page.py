from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from feed.data.posts import Post


@dataclass(slots=True)
class RankedPost:
    """A post in its place; `score` is from 0 to 1, `reason` says why it is there."""

    post: Post
    score: float
    reason: str


def impressions(shown: Sequence[RankedPost]) -> list[tuple[int, float, str]]:
    """Say what is shown in the form that the log wants."""
    return [(item.post.id, item.score, item.reason) for item in shown]


def make_page(items: Sequence[RankedPost], size: int) -> dict[str, Any]:
    """Cut the first page of `size` items off."""
    shown = items[:size]
    return {"edges": shown, "pageInfo": page_info(shown, len(items) > size)}


def page_info(shown: Sequence[RankedPost], has_next: bool) -> dict[str, Any]:
    """Say where a page ends and whether more comes."""
    cursor = f"{shown[-1].post.id}.{shown[-1].post.created_at}" if shown else ""
    return {"hasNext": has_next, "cursor": cursor, "size": len(shown)}
