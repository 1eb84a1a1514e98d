"""One module for each operation."""

from collections.abc import Callable

from feed.context import RequestContext
from feed.endpoints.compose import compose
from feed.endpoints.home_timeline import home_timeline
from feed.endpoints.notifications import notifications
from feed.endpoints.post_detail import post_detail
from feed.endpoints.profile import profile
from feed.endpoints.search import search

HANDLERS: dict[str, Callable[[RequestContext], bytes]] = {
    "HomeTimeline": home_timeline,
    "Profile": profile,
    "Search": search,
    "Notifications": notifications,
    "PostDetail": post_detail,
    "Compose": compose,
}
