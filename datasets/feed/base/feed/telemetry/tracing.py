from typing import Any

from feed.telemetry.format import format_line
from feed.telemetry.sinks import MemorySink


class Span:
    """One step of a request; used as a context manager."""

    __slots__ = ("attributes", "depth", "name", "trace")

    def __init__(self, trace: "Trace", name: str, depth: int) -> None:
        self.trace = trace
        self.name = name
        self.depth = depth
        self.attributes: dict[str, Any] = {}

    def __enter__(self) -> "Span":
        self.trace.depth += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self.trace.depth -= 1

    def set(self, name: str, value: Any) -> None:
        """Note something about the step, such as how many items it saw."""
        self.attributes[name] = value


class Trace:
    """The steps of one request, in the order in which they began."""

    __slots__ = ("depth", "request_id", "spans")

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.depth = 0
        self.spans: list[Span] = []

    def span(self, name: str) -> Span:
        """Begin a step."""
        span = Span(self, name, self.depth)
        self.spans.append(span)
        return span

    def export(self, sink: MemorySink) -> None:
        """Write one line a step."""
        for i, span in enumerate(self.spans):
            fields = {"trace": self.request_id, "i": i, "depth": span.depth, **span.attributes}
            sink.write(format_line("trace", span.name, fields))
