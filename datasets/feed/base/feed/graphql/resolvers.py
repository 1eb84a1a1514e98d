"""Where the value of each field comes from."""

from collections.abc import Callable, Sequence
from typing import Any

from feed.cache.keys import card_key, insights_key
from feed.context import RequestContext
from feed.data.posts import Post
from feed.data.users import User
from feed.ranking.page import RankedPost
from feed.text.insights import Insights, read_insights
from feed.text.language import UNKNOWN
from feed.text.mentions import Entity

Arguments = dict[str, Any]
Resolver = Callable[[RequestContext, Any, Arguments], Any]
BatchResolver = Callable[[RequestContext, Sequence[Any], Arguments], list[Any]]


def from_key(name: str) -> Resolver:
    """Make a resolver that takes a value out of a dict."""
    return lambda context, source, arguments: source[name]


def from_attribute(name: str) -> Resolver:
    """Make a resolver that takes an attribute."""
    return lambda context, source, arguments: getattr(source, name)


def of_post(name: str) -> Resolver:
    """Make a resolver that takes an attribute of a ranked post's post."""
    return lambda context, source, arguments: getattr(source.post, name)


def authors(
    context: RequestContext, items: Sequence[RankedPost], arguments: Arguments
) -> list[Any]:
    """Authors of several posts, each read once."""
    cards = load_users(context, {item.post.author_id for item in items})
    return [cards.get(item.post.author_id) for item in items]


def load_users(context: RequestContext, user_ids: set[int]) -> dict[int, User]:
    """Read users by way of the cache of cards."""
    cache = context.services.caches.cards
    found, missing = {}, []
    for user_id in user_ids:
        user = cache.get(card_key(user_id))
        if user is None:
            missing.append(user_id)
        else:
            found[user_id] = user
    for user_id, user in context.services.users.fetch_many(missing).items():
        cache.put(card_key(user_id), user)
        found[user_id] = user
    return found


def viewer_has_liked(
    context: RequestContext, items: Sequence[RankedPost], arguments: Arguments
) -> list[bool]:
    """Whether the viewer liked each of several posts."""
    liked = context.services.graph.liked_by(context.viewer.id)
    return [item.post.id in liked for item in items]


def followed_by_viewer(
    context: RequestContext, users: Sequence[User], arguments: Arguments
) -> list[bool]:
    """Whether the viewer follows each of several users."""
    followed = set(context.viewer.following)
    return [user.id in followed for user in users]


def mutuals(context: RequestContext, user: User, arguments: Arguments) -> int:
    """How many people both the viewer and a user follow."""
    return len(context.services.graph.mutuals(context.viewer.id, user.id))


def entities(context: RequestContext, item: RankedPost, arguments: Arguments) -> list[Entity]:
    """Links in a post's text."""
    return post_insights(context, item.post).entities


def language(context: RequestContext, item: RankedPost, arguments: Arguments) -> str:
    """Language of a post's text, or what its author writes in where the text does not say."""
    found = post_insights(context, item.post).language
    return item.post.language if found == UNKNOWN else found


def is_sensitive(context: RequestContext, item: RankedPost, arguments: Arguments) -> bool:
    """Whether a client should ask before it shows a post."""
    return post_insights(context, item.post).is_spam


def post_insights(context: RequestContext, post: Post) -> Insights:
    """What a post's text says, found once."""
    return context.services.caches.insights.get_or_make(
        insights_key(post.id), lambda: read_insights(post.text)
    )


def stats(context: RequestContext, item: RankedPost, arguments: Arguments) -> dict[str, int]:
    """Numbers under a post."""
    post = item.post
    return {"likes": post.n_likes, "replies": post.n_replies, "reposts": post.n_reposts}


def media(context: RequestContext, item: RankedPost, arguments: Arguments) -> list[dict[str, Any]]:
    """Pictures of a post, in a size that fits the client."""
    width = arguments.get("width") or (320 if context.has_flag("compact_cards") else 640)
    post = item.post
    return [
        {"url": (post.id, i), "width": width, "height": width * (2 + i) // 4}
        for i in range(post.n_media)
    ]


def followers(context: RequestContext, user: User, arguments: Arguments) -> int:
    """How many follow a user."""
    return context.services.graph.n_followers(user.id)


def following(context: RequestContext, user: User, arguments: Arguments) -> int:
    """How many a user follows."""
    return len(context.services.graph.following(user.id))


RESOLVERS: dict[tuple[str, str], Resolver] = {
    **{
        ("Query", name): from_key(name)
        for name in ("homeTimeline", "profile", "search", "notifications", "postDetail", "compose")
    },
    **{("PostPage", name): from_key(name) for name in ("edges", "pageInfo")},
    **{("ProfilePage", name): from_key(name) for name in ("user", "posts", "pageInfo")},
    **{("NotificationPage", name): from_key(name) for name in ("groups", "unread")},
    **{("Thread", name): from_key(name) for name in ("post", "replies", "related")},
    **{("PageInfo", name): from_key(name) for name in ("hasNext", "cursor", "size")},
    **{("Stats", name): from_key(name) for name in ("likes", "replies", "reposts")},
    **{("Media", name): from_key(name) for name in ("url", "width", "height")},
    **{("Entity", name): from_attribute(name) for name in ("kind", "value", "start", "end")},
    **{
        ("NotificationGroup", name): from_key(name)
        for name in ("kind", "count", "latestAt", "post")
    },
    **{("Post", name): of_post(name) for name in ("id", "text", "topic")},
    ("Post", "createdAt"): of_post("created_at"),
    ("Post", "permalink"): of_post("id"),
    ("Post", "score"): from_attribute("score"),
    ("Post", "reason"): from_attribute("reason"),
    ("Post", "language"): language,
    ("Post", "isSensitive"): is_sensitive,
    ("Post", "entities"): entities,
    ("Post", "stats"): stats,
    ("Post", "media"): media,
    **{("User", name): from_attribute(name) for name in ("id", "name", "handle", "bio")},
    ("User", "avatarUrl"): from_attribute("avatar_key"),
    ("User", "isVerified"): from_attribute("is_verified"),
    ("User", "joinedAt"): from_attribute("joined_at"),
    ("User", "followers"): followers,
    ("User", "following"): following,
    ("User", "mutuals"): mutuals,
}


def actors(
    context: RequestContext, groups: Sequence[dict[str, Any]], arguments: Arguments
) -> list[list[User]]:
    """The first few people of several groups of notifications, each read once."""
    limit = arguments.get("first") or 3
    shown = [group["actors"][:limit] for group in groups]
    cards = load_users(context, {user_id for ids in shown for user_id in ids})
    return [[cards[user_id] for user_id in ids if user_id in cards] for ids in shown]


BATCH_RESOLVERS: dict[tuple[str, str], BatchResolver] = {
    ("Post", "author"): authors,
    ("Post", "viewerHasLiked"): viewer_has_liked,
    ("User", "followedByViewer"): followed_by_viewer,
    ("NotificationGroup", "actors"): actors,
}
