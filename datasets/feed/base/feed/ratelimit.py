from dataclasses import dataclass
from threading import Lock

from feed.http import TooManyRequests

COSTS = {"Search": 2.0, "Compose": 5.0}


@dataclass(slots=True)
class Bucket:
    """Tokens that a user has left, and when they were counted (seconds since 1970)."""

    tokens: float
    counted_at: float


class RateLimiter:
    """A token bucket for each user.

    Parameters
    ----------
    rate_per_second : float
        Tokens that come back.
    burst : float
        Tokens that a full bucket has.
    """

    def __init__(self, rate_per_second: float, burst: float) -> None:
        self.rate_per_second = rate_per_second
        self.burst = burst
        self._buckets: dict[int, Bucket] = {}
        self._lock = Lock()

    def check(self, user_id: int, operation: str, now: float) -> None:
        """Take the operation's tokens, or refuse."""
        cost = COSTS.get(operation, 1.0)
        with self._lock:
            bucket = self._buckets.setdefault(user_id, Bucket(self.burst, now))
            self._refill(bucket, now)
            if bucket.tokens < cost:
                raise TooManyRequests(f"user {user_id}: {operation} needs {cost} tokens")
            bucket.tokens -= cost

    def _refill(self, bucket: Bucket, now: float) -> None:
        elapsed = max(0.0, now - bucket.counted_at)
        bucket.tokens = min(self.burst, bucket.tokens + elapsed * self.rate_per_second)
        bucket.counted_at = max(now, bucket.counted_at)
