from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from feed.context import RequestContext
from feed.endpoints.answer import answer
from feed.http import page_size
from feed.ranking.page import RankedPost

DEFAULT_SIZE = 20
SIZE_LIMIT = 40
POSTS_LIMIT = 20
PER_POST_LIMIT = 12
FOLLOWERS_LIMIT = 30


@dataclass(slots=True)
class Event:
    """Somebody did something: liked or answered a post (`post_id`), or followed (0)."""

    kind: str
    actor_id: int
    post_id: int
    at: int


def notifications(context: RequestContext) -> bytes:
    """Serve what happened around a viewer, like things together."""
    size = page_size(context.request, DEFAULT_SIZE, SIZE_LIMIT)
    events = gather_events(context)
    groups = group_events(context, events)
    context.log.info("notifications.grouped", events=len(events), groups=len(groups))
    return answer(context, "notifications", {"groups": groups[:size], "unread": len(events)})


def gather_events(context: RequestContext) -> list[Event]:
    """Collect likes and answers of the viewer's posts, and new followers; latest first."""
    events = []
    for post in context.services.posts.recent_of(context.viewer.id, POSTS_LIMIT):
        events += likes_of(context, post.id, post.created_at)
        events += replies_to(context, post.id)
    events += follows_of(context)
    return sorted(events, key=lambda event: (-event.at, event.actor_id))


def likes_of(context: RequestContext, post_id: int, created_at: int) -> list[Event]:
    """Who liked a post; the time of a like is not stored, so they follow the post in order."""
    likers = context.services.graph.likers(post_id, PER_POST_LIMIT)
    return [Event("like", actor, post_id, created_at + 60 * i) for i, actor in enumerate(likers)]


def replies_to(context: RequestContext, post_id: int) -> list[Event]:
    """Who answered a post."""
    replies = context.services.posts.replies_to(post_id, PER_POST_LIMIT)
    return [Event("reply", reply.author_id, post_id, reply.created_at) for reply in replies]


def follows_of(context: RequestContext) -> list[Event]:
    """Who follows the viewer; the time is not stored, so the account's own stands in for it."""
    services, viewer = context.services, context.viewer
    ids = services.graph.followers(viewer.id, FOLLOWERS_LIMIT)
    return [
        Event("follow", user.id, 0, user.joined_at)
        for user in services.users.fetch_many(ids).values()
    ]


def group_events(context: RequestContext, events: Iterable[Event]) -> list[dict[str, Any]]:
    """Put events of one kind about one post together, in the order of their latest."""
    groups: dict[tuple[str, int], dict[str, Any]] = {}
    for event in events:
        group = groups.setdefault((event.kind, event.post_id), new_group(context, event))
        group["count"] += 1
        group["actors"].append(event.actor_id)
    return list(groups.values())


def new_group(context: RequestContext, event: Event) -> dict[str, Any]:
    """Make the group that an event begins."""
    post = context.services.posts.fetch(event.post_id) if event.post_id else None
    return {
        "kind": event.kind,
        "count": 0,
        "latestAt": event.at,
        "actors": [],
        "post": RankedPost(post, 0.0, "own") if post else None,
    }
