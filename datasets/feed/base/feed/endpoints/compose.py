from zlib import crc32

from feed.cache.keys import pool_key
from feed.context import RequestContext
from feed.data.posts import Post
from feed.endpoints.answer import answer
from feed.http import BadRequest
from feed.ranking.page import RankedPost
from feed.text.language import guess_language
from feed.text.mentions import find_hashtags, find_mentions
from feed.text.spam import is_spam
from feed.text.tokens import content_words, tokenize

LENGTH_LIMIT = 500
FANOUT_LIMIT = 50
DEFAULT_TOPIC = "life"


def compose(context: RequestContext) -> bytes:
    """Take in a new post and show it to those who wait for it."""
    text = checked_text(context)
    post = make_post(context, text)
    context.services.posts.publish(post)
    context.services.index.add(post, content_words(text))
    n_reached = refresh_pools(context)
    n_mentioned = count_mentioned(context, text)
    context.log.info("post.published", post=post.id, reached=n_reached, mentioned=n_mentioned)
    return answer(context, "compose", RankedPost(post, 1.0, "own"))


def checked_text(context: RequestContext) -> str:
    """Return the new post's text, which must be neither empty, nor too long, nor spam."""
    text = context.request.variables.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRequest(f"variables.text: expected a text, got {text!r}")
    if len(text) > LENGTH_LIMIT:
        raise BadRequest(f"variables.text: {len(text)} characters, at most {LENGTH_LIMIT} allowed")
    if is_spam(text):
        raise BadRequest("variables.text: this looks like spam")
    return text.strip()


def make_post(context: RequestContext, text: str) -> Post:
    """Make the post; its id derives from the request's, so that a repeated request makes no other."""
    number = 500 + crc32(context.request.request_id.encode()) % 500
    tags = find_hashtags(text)
    return Post(
        id=context.viewer.id * 1_000 + number,
        author_id=context.viewer.id,
        text=text,
        topic=tags[0].value.lower() if tags else DEFAULT_TOPIC,
        language=guess_language(tokenize(text)),
        created_at=int(context.now),
        n_likes=0,
        n_replies=0,
        n_reposts=0,
        n_media=0,
        reply_to=0,
    )


def refresh_pools(context: RequestContext) -> int:
    """Let followers gather anew; returns how many were reached."""
    services = context.services
    followers = services.graph.followers(context.viewer.id, FANOUT_LIMIT)
    for follower_id in followers:
        services.caches.pools.drop(pool_key(follower_id))
    return len(followers)


def count_mentioned(context: RequestContext, text: str) -> int:
    """How many of the names in a text are accounts."""
    handles = {entity.value for entity in find_mentions(text)}
    return sum(context.services.users.id_of(handle) is not None for handle in handles)
