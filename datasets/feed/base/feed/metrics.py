from collections import defaultdict
from threading import Lock


class Metrics:
    """Counters and histograms of the process."""

    BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, int] = defaultdict(int)
        self._histograms: dict[str, list[int]] = {}

    def increment(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counts[name] += by

    def observe(self, name: str, value: float) -> None:
        """Count a value in the histogram's bucket: the first whose bound it does not exceed."""
        with self._lock:
            buckets = self._histograms.setdefault(name, [0] * (len(self.BOUNDS) + 1))
            buckets[self._bucket(value)] += 1

    def count(self, name: str) -> int:
        """Return a counter's value."""
        return self._counts.get(name, 0)

    def snapshot(self) -> dict[str, int]:
        """Copy all counters."""
        with self._lock:
            return dict(self._counts)

    def _bucket(self, value: float) -> int:
        for i, bound in enumerate(self.BOUNDS):
            if value <= bound:
                return i
        return len(self.BOUNDS)
