from typing import Any

from feed.telemetry.format import format_line
from feed.telemetry.sampling import Sampler
from feed.telemetry.sinks import MemorySink

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Logger:
    """Writes structured lines of the service."""

    def __init__(self, sink: MemorySink, sampler: Sampler, level: str) -> None:
        self.sink = sink
        self.sampler = sampler
        self.threshold = LEVELS[level]

    def bind(self, **fields: Any) -> "RequestLogger":
        """Return the logger of one request; `fields` are written with each of its lines."""
        return RequestLogger(self, fields)


class RequestLogger:
    """Writes the lines of one request."""

    __slots__ = ("_fields", "_logger", "_sampled")

    def __init__(self, logger: Logger, fields: dict[str, Any]) -> None:
        self._logger = logger
        self._fields = fields
        self._sampled = logger.sampler.is_sampled(str(fields.get("request_id", "")))

    @property
    def is_debug(self) -> bool:
        """Whether debug lines are written; ask before making costly fields."""
        return self._sampled and self._logger.threshold <= LEVELS["debug"]

    def debug(self, event: str, **fields: Any) -> None:
        """Write a line for whoever looks for a fault."""
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Write a line about what normally happens."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Write a line about what should not happen often; it is never sampled away."""
        self._write("warning", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        logger = self._logger
        if LEVELS[level] < logger.threshold:
            return
        if not logger.sampler.keeps(level, self._sampled):
            return
        logger.sink.write(format_line(level, event, {**self._fields, **fields}))
