"""Structured logging with bound context, rendered as JSON and key=value."""

import io

import _wl
import structlog

B = io.StringIO()
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ],
    logger_factory=structlog.PrintLoggerFactory(B),
    wrapper_class=structlog.make_filtering_bound_logger(20),
)
con = structlog.dev.ConsoleRenderer(colors=True)


def main():
    log = structlog.get_logger()
    for i in range(9000):
        log.bind(request=i, user="u").info("event happened", path="/x", code=200)
        con(None, "info", {"event": "hello", "level": "info", "a": i, "b": "x y"})
    return 1


_wl.run(main, 1)
