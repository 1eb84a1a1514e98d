from collections import defaultdict
from collections.abc import Iterable, Mapping

_NOBODY: tuple[int, ...] = ()


class FollowGraph:
    """Who follows whom, and who liked what.

    Parameters
    ----------
    following : mapping
        User id to the ids whom the user follows, closest first.
    likes : mapping
        User id to the ids of the posts that the user liked, latest first.
    """

    def __init__(
        self, following: Mapping[int, tuple[int, ...]], likes: Mapping[int, tuple[int, ...]]
    ) -> None:
        self._following = dict(following)
        self._following_sets = {user: frozenset(ids) for user, ids in following.items()}
        self._likes = {user: frozenset(ids) for user, ids in likes.items()}
        self._followers = self._invert(following)
        self._likers = self._invert(likes)

    def following(self, user_id: int) -> tuple[int, ...]:
        """Ids whom a user follows, closest first."""
        return self._following.get(user_id, _NOBODY)

    def followers(self, user_id: int, limit: int) -> list[int]:
        """Ids of a user's followers."""
        return self._followers.get(user_id, [])[:limit]

    def n_followers(self, user_id: int) -> int:
        """How many follow a user."""
        return len(self._followers.get(user_id, _NOBODY))

    def follows(self, user_id: int, other_id: int) -> bool:
        """Tell whether a user follows another."""
        return other_id in self._following_sets.get(user_id, frozenset())

    def mutuals(self, user_id: int, other_id: int) -> frozenset[int]:
        """Ids whom both follow."""
        sets = self._following_sets
        return sets.get(user_id, frozenset()) & sets.get(other_id, frozenset())

    def liked_by(self, user_id: int) -> frozenset[int]:
        """Ids of the posts that a user liked."""
        return self._likes.get(user_id, frozenset())

    def likers(self, post_id: int, limit: int) -> list[int]:
        """Ids of those who liked a post."""
        return self._likers.get(post_id, [])[:limit]

    @staticmethod
    def _invert(edges: Mapping[int, Iterable[int]]) -> dict[int, list[int]]:
        inverse: dict[int, list[int]] = defaultdict(list)
        for source, targets in edges.items():
            for target in targets:
                inverse[target].append(source)
        return dict(inverse)
