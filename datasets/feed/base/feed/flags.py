from collections.abc import Mapping
from zlib import crc32

from feed.settings import load_defaults

_BUCKETS = 10_000


def bucket_of(name: str, user_id: int) -> int:
    """Return the bucket (0 to 9,999) of a user for a flag or an experiment; it never changes."""
    return crc32(f"{name}:{user_id}".encode()) % _BUCKETS


class Flags:
    """Feature flags, each on for a fraction of users."""

    def __init__(self, fractions: Mapping[str, float]) -> None:
        merged = {**load_defaults("flags"), **fractions}
        self._limits = {name: round(share * _BUCKETS) for name, share in merged.items()}

    def is_on(self, name: str, user_id: int) -> bool:
        """Tell whether a user has a flag; a flag that nobody knows is off."""
        limit = self._limits.get(name, 0)
        if limit in (0, _BUCKETS):
            return limit == _BUCKETS
        return bucket_of(name, user_id) < limit

    def enabled(self, user_id: int) -> list[str]:
        """Names of the flags that a user has, in order of the alphabet."""
        return sorted(name for name in self._limits if self.is_on(name, user_id))
