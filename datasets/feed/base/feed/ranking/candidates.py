from collections.abc import Iterable
from dataclasses import dataclass

from feed.cache.keys import pool_key
from feed.context import RequestContext
from feed.data.posts import Post

AUTHOR_LIMIT = 150
CLOSE_AUTHOR_LIMIT = 20
PER_CLOSE_AUTHOR_LIMIT = 2
PER_AUTHOR_LIMIT = 1
NETWORK_LIMIT = 16
POOL_LIMIT = 250


@dataclass(slots=True)
class Candidate:
    """A post that may be shown.

    `closeness` is from 0 to 1: 1 for who is first among those whom the viewer follows.
    """

    post: Post
    source: str
    closeness: float


def gather_candidates(context: RequestContext) -> list[Candidate]:
    """Collect the viewer's pool of candidates, or take it from the cache."""
    pools = context.services.caches.pools
    key = pool_key(context.viewer.id)
    pool = pools.get(key, context.now)
    if pool is None:
        with context.trace.span("candidates.gather") as span:
            pool = build_pool(context)
            span.set("n", len(pool))
        pools.put(key, pool, context.now)
        context.log.info("candidates.gathered", pool=len(pool), key=str(key))
    return pool


def build_pool(context: RequestContext) -> list[Candidate]:
    """Collect posts of those whom the viewer follows and of those whom they follow."""
    found = from_followed(context) + from_network(context)
    return drop_repeats(drop_own(found, context.viewer.id))[:POOL_LIMIT]


def from_followed(context: RequestContext) -> list[Candidate]:
    """Newest posts of those whom the viewer follows, more of the closest."""
    authors = context.viewer.following[:AUTHOR_LIMIT]
    step = 1 / max(1, len(authors))
    recent_of = context.services.posts.recent_of
    return [
        Candidate(post, "followed", 1 - i * step)
        for i, author_id in enumerate(authors)
        for post in recent_of(author_id, posts_wanted(i))
    ]


def posts_wanted(i: int) -> int:
    """How many posts are taken of the author who is `i`-th closest."""
    return PER_CLOSE_AUTHOR_LIMIT if i < CLOSE_AUTHOR_LIMIT else PER_AUTHOR_LIMIT


def from_network(context: RequestContext) -> list[Candidate]:
    """Newest posts of those whom the viewer's closest follow."""
    graph, posts = context.services.graph, context.services.posts
    known = set(context.viewer.following)
    found = []
    for friend_id in context.viewer.following[:4]:
        others = [o for o in graph.following(friend_id)[:12] if o not in known]
        found += [Candidate(post, "network", 0.2) for o in others for post in posts.recent_of(o, 1)]
    return found[:NETWORK_LIMIT]


def drop_own(candidates: Iterable[Candidate], viewer_id: int) -> list[Candidate]:
    """Leave out what the viewer wrote."""
    return [c for c in candidates if c.post.author_id != viewer_id]


def drop_repeats(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Keep the first candidate of each text: reposts and campaigns carry the same one."""
    seen: set[str] = set()
    kept = []
    for candidate in candidates:
        if candidate.post.text not in seen:
            seen.add(candidate.post.text)
            kept.append(candidate)
    return kept
