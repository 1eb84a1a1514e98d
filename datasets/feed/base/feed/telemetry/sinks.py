from collections import deque


class MemorySink:
    """The last `capacity` encoded lines; a collector reads them from the process."""

    def __init__(self, capacity: int) -> None:
        self._lines: deque[bytes] = deque(maxlen=capacity)
        self.n_written = 0

    def write(self, line: bytes) -> None:
        """Append one line; the oldest falls out when there are too many."""
        self._lines.append(line)
        self.n_written += 1

    def lines(self) -> list[bytes]:
        """Copy the lines, oldest first."""
        return list(self._lines)
