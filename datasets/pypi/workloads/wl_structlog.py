"""Structured logging with bound context, rendered as JSON and key=value."""

import io
import json

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


def other():
    log = structlog.get_logger()
    said = []
    for i in range(8500):
        log.bind(job="j%d" % i).warning("took long", seconds=i / 4, tries=[1, 2], late=True)
        event = {"event": "gone é", "level": "error", "why": None, "at": (i, 0.5)}
        said.append(con(None, "error", event))
    return said


def whole(said):
    logged = [json.loads(line) for line in B.getvalue().splitlines()[-len(said) :]]
    stamps = {len(entry.pop("timestamp")) for entry in logged}
    return _wl.digest(said, logged, max(stamps))


_wl.run(_wl.pick(main, other), 1, check=_wl.pick(None, whole))
