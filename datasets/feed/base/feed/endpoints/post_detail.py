from feed.context import RequestContext
from feed.data.posts import Post
from feed.endpoints.answer import answer
from feed.http import BadRequest, NotFound, page_size
from feed.ranking.blend import as_candidates
from feed.ranking.page import RankedPost
from feed.ranking.score import HOME_WEIGHTS, score_candidates
from feed.text.tokens import content_words

DEFAULT_SIZE = 10
SIZE_LIMIT = 40
REPLIES_LIMIT = 60
RELATED_LIMIT = 6
RELATED_SCAN_LIMIT = 30


def post_detail(context: RequestContext) -> bytes:
    """Serve a post with its answers and what else is about the same."""
    size = page_size(context.request, DEFAULT_SIZE, SIZE_LIMIT)
    post = requested_post(context)
    replies = context.services.posts.replies_to(post.id, REPLIES_LIMIT)
    candidates = as_candidates(replies, "reply", [0.5] * len(replies))
    ranked = score_candidates(context, candidates, HOME_WEIGHTS)
    related = related_posts(context, post)
    context.log.info("post.ranked", replies=len(replies), related=len(related))
    value = {"post": RankedPost(post, 1.0, "asked"), "replies": ranked[:size], "related": related}
    return answer(context, "postDetail", value)


def requested_post(context: RequestContext) -> Post:
    """Return the post that the request names."""
    post_id = context.request.variables.get("postId")
    if not isinstance(post_id, int):
        raise BadRequest(f"variables.postId: expected a whole number, got {post_id!r}")
    post = context.services.posts.fetch(post_id)
    if post is None:
        raise NotFound(f"no post {post_id}")
    return post


def related_posts(context: RequestContext, post: Post) -> list[RankedPost]:
    """Find the posts of the same topic that share the most words."""
    words = set(content_words(post.text))
    scored = [
        RankedPost(other, overlap(words, content_words(other.text)), "related")
        for other in context.services.posts.about(post.topic, RELATED_SCAN_LIMIT)
        if other.id != post.id
    ]
    return sorted(scored, key=lambda item: (-item.score, item.post.id))[:RELATED_LIMIT]


def overlap(words: set[str], others: list[str]) -> float:
    """Shared words over all words, from 0 to 1."""
    union = words.union(others)
    return len(words.intersection(others)) / len(union) if union else 0.0
