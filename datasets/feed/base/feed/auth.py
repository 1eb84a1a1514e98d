import hmac
from dataclasses import dataclass

from feed.cache.keys import session_key
from feed.cache.lru import LruCache
from feed.data.graph import FollowGraph
from feed.data.users import User, UserStore
from feed.http import Request, Unauthorized

_SECRET = b"feed-session-1"
SCOPES = {
    "HomeTimeline": "read",
    "Profile": "read",
    "Search": "read",
    "Notifications": "read",
    "PostDetail": "read",
    "Compose": "write",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the account, whom it follows (closest first), and what it may do."""

    user: User
    following: tuple[int, ...]
    scopes: frozenset[str]
    session: str

    @property
    def id(self) -> int:
        """The account's id."""
        return self.user.id


class Authenticator:
    """Tells who asks, and remembers it for the next request."""

    def __init__(self, users: UserStore, graph: FollowGraph, sessions: LruCache) -> None:
        self._users = users
        self._graph = graph
        self._sessions = sessions

    def authenticate(self, request: Request) -> Viewer:
        """Return the viewer of a request, who must be allowed to do what it asks for."""
        viewer = self._sessions.get_or_make(
            session_key(request.user_id), lambda: self._open_session(request.user_id)
        )
        if SCOPES[request.operation] not in viewer.scopes:
            raise Unauthorized(f"user {request.user_id} may not do {request.operation}")
        return viewer

    def _open_session(self, user_id: int) -> Viewer:
        user = self._users.fetch(user_id)
        if user is None:
            raise Unauthorized(f"no user {user_id}")
        return Viewer(
            user=user,
            following=self._graph.following(user_id),
            scopes=frozenset({"read", "write"}),
            session=sign(user_id),
        )


def sign(user_id: int) -> str:
    """Return the signature of a user's session (32 hexadecimal digits)."""
    return hmac.new(_SECRET, str(user_id).encode(), "md5").hexdigest()
