"""One line of a log."""

import re
from datetime import datetime
from typing import NamedTuple

from tally.redact import redact

_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) "
    r"(?P<client>\S+) "
    r"(?P<method>GET|PUT|POST|DELETE) "
    r"(?P<path>/\S*) "
    r"(?P<status>\d{3}) "
    r"(?P<millis>\d+)ms"
    r"(?: (?P<note>.*))?$"
)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"
MAX_LENGTH = 500


class LineError(ValueError):
    """A line that says nothing; `reason` is short enough to be counted by."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Entry(NamedTuple):
    """What a line says."""

    time: datetime
    client: str
    method: str
    path: str
    status: int
    millis: int
    note: str


def parse_line(line: str) -> Entry:
    """What a line says; raises LineError."""
    if len(line) > MAX_LENGTH:
        raise LineError("too long")
    found = _LINE.match(line)
    if found is None:
        raise LineError("no entry")
    status = int(found["status"])
    if not 100 <= status <= 599:
        raise LineError("no such status")
    return Entry(
        parse_time(found["time"]),
        found["client"],
        found["method"],
        found["path"].partition("?")[0],
        status,
        int(found["millis"]),
        redact(found["note"] or ""),
    )


def parse_time(text: str) -> datetime:
    """The moment a line was written."""
    try:
        return datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        raise LineError("no such time") from None
