from collections.abc import Hashable
from typing import Any


class TtlCache:
    """Entries that are good for `ttl_seconds` after they were put, at most `capacity` of them.

    The time is handed in with each call: it is the request's, not the clock's.
    """

    def __init__(self, name: str, capacity: int, ttl_seconds: float) -> None:
        self.name = name
        self.capacity = capacity
        self.ttl_seconds = ttl_seconds
        self.n_hits = 0
        self.n_misses = 0
        self._entries: dict[Hashable, tuple[float, Any]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, now: float) -> Any | None:
        """Return the entry, or None where it is missing or out of date."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= now:
            self.n_misses += 1
            return None
        self.n_hits += 1
        return entry[1]

    def put(self, key: Hashable, value: Any, now: float) -> None:
        """Keep an entry until `now + ttl_seconds`."""
        if len(self._entries) >= self.capacity and key not in self._entries:
            self._evict(now)
        self._entries[key] = (now + self.ttl_seconds, value)

    def drop(self, key: Hashable) -> None:
        """Forget one entry, if it is there."""
        self._entries.pop(key, None)

    def _evict(self, now: float) -> None:
        stale = [key for key, (until, _) in self._entries.items() if until <= now]
        for key in stale or [next(iter(self._entries))]:
            del self._entries[key]
