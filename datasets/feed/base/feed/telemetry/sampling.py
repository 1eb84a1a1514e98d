from zlib import crc32

ALWAYS = frozenset({"warning", "error"})


class Sampler:
    """Keeps whole requests: all lines of a request are kept, or none.

    Parameters
    ----------
    rate : float
        Share of requests whose lines are kept (0 to 1). Warnings and errors are kept always.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._limit = int(rate * 0xFFFFFFFF)

    def is_sampled(self, request_id: str) -> bool:
        """Tell whether a request's lines are kept."""
        return crc32(request_id.encode()) <= self._limit

    def keeps(self, level: str, sampled: bool) -> bool:
        """Tell whether a line is kept."""
        return sampled or level in ALWAYS
