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


def usual(log, i):
    log.bind(request=i, user="u").info("event happened", path="/x", code=200)
    return con(None, "info", {"event": "hello", "level": "info", "a": i, "b": "x y"})


def other(log, i):
    log.bind(job="j%d" % i).warning("took long", seconds=i / 4, tries=[1, 2], late=True)
    return con(None, "error", {"event": "gone é", "level": "error", "why": None, "at": (i, 0.5)})


SAY, N = _wl.pick((usual, 9000), (other, 8500))


def main():
    log = structlog.get_logger()
    for i in range(N):
        SAY(log, i)
    return 1


def whole(value):
    said = [SAY(structlog.get_logger(), i) for i in range(N)]
    logged = [json.loads(line) for line in B.getvalue().splitlines()]
    stamps = {len(entry.pop("timestamp")) for entry in logged}
    return _wl.digest(value, said, logged[:N], logged[-N:], max(stamps))


_wl.run(main, 1, check=_wl.pick(None, whole))
