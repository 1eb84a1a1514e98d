from collections.abc import Iterable
from dataclasses import dataclass

import shardmap


@dataclass(slots=True)
class User:
    """One account; times are seconds since 1970."""

    id: int
    handle: str
    name: str
    bio: str
    language: str
    joined_at: int
    is_verified: bool
    avatar_key: str


class UserStore:
    """Users, placed on shards by id."""

    def __init__(self, users: Iterable[User], n_shards: int) -> None:
        self.n_shards = n_shards
        self._shards: list[dict[int, User]] = [{} for _ in range(n_shards)]
        self._ids: dict[str, int] = {}
        for user in users:
            self._shards[self._place(user.id)][user.id] = user
            self._ids[user.handle] = user.id

    def __len__(self) -> int:
        return len(self._ids)

    def fetch(self, user_id: int) -> User | None:
        """Read one user from its shard."""
        return self._shards[self._place(user_id)].get(user_id)

    def fetch_many(self, user_ids: Iterable[int]) -> dict[int, User]:
        """Read several users, each once; who does not exist is left out."""
        found: dict[int, User] = {}
        for user_id in set(user_ids):
            user = self.fetch(user_id)
            if user is not None:
                found[user_id] = user
        return found

    def id_of(self, handle: str) -> int | None:
        """Return the id of a handle."""
        return self._ids.get(handle)

    def _place(self, user_id: int) -> int:
        return shardmap.place(f"user:{user_id}", self.n_shards)
