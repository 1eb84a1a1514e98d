from collections import Counter
from dataclasses import dataclass

from feed.context import RequestContext


@dataclass(frozen=True, slots=True)
class Interests:
    """What a viewer cares for: share of likes by topic and by author, and the language read."""

    topics: dict[str, float]
    authors: dict[int, float]
    language: str


def viewer_interests(context: RequestContext) -> Interests:
    """Derive a viewer's interests from what they liked."""
    services = context.services
    liked = services.posts.fetch_many(services.graph.liked_by(context.viewer.id))
    return Interests(
        topics=shares(Counter(post.topic for post in liked)),
        authors=shares(Counter(post.author_id for post in liked)),
        language=context.viewer.user.language,
    )


def shares(counts: Counter) -> dict:
    """Divide counts by their total."""
    total = sum(counts.values()) or 1
    return {key: n / total for key, n in counts.items()}
