from collections.abc import Iterable, Iterator, Sequence

from feed.context import RequestContext
from feed.ranking.candidates import Candidate
from feed.ranking.interests import viewer_interests
from feed.ranking.page import RankedPost

DISCOVERY_EVERY = 6
DISCOVERY_LIMIT = 8
DISCOVERY_SCAN_LIMIT = 24


def discovery_posts(context: RequestContext, shown: Iterable[RankedPost]) -> list[RankedPost]:
    """Find posts on the viewer's favourite topics from people whom they do not follow."""
    topics = viewer_interests(context).topics
    favourites = sorted(topics, key=lambda topic: (-topics[topic], topic))[:2]
    skipped = {item.post.id for item in shown}
    followed = set(context.viewer.following)
    return [
        RankedPost(post, topics[topic], "discovery")
        for topic in favourites
        for post in context.services.posts.about(topic, DISCOVERY_SCAN_LIMIT)
        if post.id not in skipped and post.author_id not in followed
    ][:DISCOVERY_LIMIT]


def blend(main: Sequence[RankedPost], extra: Sequence[RankedPost], every: int) -> list[RankedPost]:
    """Put one of `extra` after each `every - 1` of `main`, as long as there are any."""
    return list(_interleave(main, iter(extra), every))


def _interleave(
    main: Sequence[RankedPost], extra: Iterator[RankedPost], every: int
) -> Iterator[RankedPost]:
    for i, item in enumerate(main, start=1):
        yield item
        if i % (every - 1) == 0:
            following = next(extra, None)
            if following is not None:
                yield following


def as_candidates(posts: Iterable, source: str, closeness: Iterable[float]) -> list[Candidate]:
    """Make candidates of posts that were found otherwise."""
    return [Candidate(post, source, near) for post, near in zip(posts, closeness, strict=True)]
