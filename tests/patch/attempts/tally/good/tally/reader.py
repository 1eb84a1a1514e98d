"""Reads a log into a report."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable

from tally.entry import LineError, parse_line
from tally.report import Report

log = logging.getLogger(__name__)

METRICS: Counter[str] = Counter()
"""Lines read and rejected since the start; what the status page shows."""


def read(
    lines: Iterable[str],
    *,
    limit: int | None = None,
    on_reject: Callable[[int, str], None] | None = None,
) -> Report:
    """A report of these lines; `limit` is how many may be rejected before it gives up."""
    report = Report()
    rejected = 0
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        METRICS["read"] += 1
        try:
            report.add(parse_line(line))
        except LineError as error:
            METRICS["rejected"] += 1
            report.reject(error.reason)
            rejected += 1
            log.warning("line %d: %s", number, error.reason)
            if on_reject is not None:
                on_reject(number, error.reason)
            if limit is not None and rejected > limit:
                raise LineError(f"more than {limit} lines say nothing") from None
    return report
