from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class LruCache:
    """The most recently used entries, at most `capacity` of them.

    Parameters
    ----------
    name : str
        Appears in metrics and in the runbook.
    capacity : int
        Entries kept; 0 keeps none.
    """

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self.n_hits = 0
        self.n_misses = 0
        self._entries: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> Any | None:
        """Return the entry and mark it as used, or None."""
        entry = self._entries.get(key)
        if entry is None:
            self.n_misses += 1
            return None
        self.n_hits += 1
        self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, value: Any) -> None:
        """Keep an entry, and drop the one that was not used for longest if there are too many."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self.capacity:
                self._entries.popitem(last=False)

    def get_or_make(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the entry, made by `make()` and kept where it is missing."""
        entry = self.get(key)
        if entry is None:
            entry = make()
            self.put(key, entry)
        return entry

    def drop(self, key: Hashable) -> None:
        """Forget one entry, if it is there."""
        self._entries.pop(key, None)
