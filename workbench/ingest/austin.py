"""Austin's text: folded stacks with metadata as `# key: value`, and its own frames and metrics.

Follows P403n1x87/austin: `P<pid>;T<interpreter>:<thread>;<file>:<function>:<line>;… <metric>`. The
metric is microseconds, bytes in memory mode, or in full mode time, whether idle, and bytes. Process
and thread are labels here, not frames; `:GC:` and `:INVALID:` are frames as they are.
"""

from __future__ import annotations

import re

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

TIME = ValueType("time", "microseconds")
CPU = ValueType("cpu", "microseconds")
SPACE = ValueType("space", "bytes")
COLUMNS = {"memory": (SPACE,), "full": (TIME, CPU, SPACE)}
"""What is measured in each mode; else time. In full mode `cpu` is the time not idle."""

_LINE = re.compile(
    r"P(?P<pid>\d{1,10});T(?:(?P<interpreter>\d{1,10}):)?(?P<thread>[^;]*?)(?:;(?P<frames>.*))? "
    r"(?P<metric>-?\d{1,18}(?:,-?\d{1,18}){0,2})"
)
_FRAME = re.compile(r"(?P<file>.*):(?P<name>[^:\d][^:]*):(?P<line>\d{1,9})(?::\d{1,9}){0,3}")


def looks_like(content: Content) -> bool:
    """Tell whether the text begins with Austin's name, or with lines as it writes them."""
    for line in content.head.split("\n")[:50]:
        if line.startswith("# austin:"):
            return True
        if line.strip() and not line.startswith("#"):
            return _LINE.fullmatch(line.rstrip("\r")) is not None
    return False


def parse(content: Content) -> Profile:
    """Parse the text; one row a line."""
    builder: ProfileBuilder | None = None
    told: dict[str, str] = {}
    for number, line in enumerate(content.text.split("\n"), start=1):
        text = line.rstrip("\r")
        if text.startswith("#"):
            key, _, value = text[1:].partition(":")
            told[key.strip()] = value.strip()
        elif text.strip():
            columns = COLUMNS.get(told.get("mode", ""), (TIME,))
            builder = builder or ProfileBuilder(*columns)
            _add(text, number, builder, len(columns))
    duration = told.get("duration", "")
    return (builder or ProfileBuilder(TIME)).build(
        duration_s=int(duration) / 1e6 if duration.isdecimal() and len(duration) < 16 else None
    )


def _add(text: str, number: int, builder: ProfileBuilder, n_columns: int) -> None:
    match = _LINE.fullmatch(text)
    metrics = [int(metric) for metric in match["metric"].split(",")] if match else []
    if match is None or len(metrics) != n_columns:
        expected = "P<pid>;T<thread>;frames and " + ("3 metrics" if n_columns > 1 else "a metric")
        raise ParseError(f"expected {expected}, got {text[:80]!r}", place=number)
    frames = [add_frame(builder, frame) for frame in (match["frames"] or "").split(";") if frame]
    labels: dict[str, str | int] = {"pid": int(match["pid"]), "thread": match["thread"]}
    if n_columns > 1:
        time, idle, space = metrics
        metrics = [time, 0 if idle else time, space]
    builder.sample(builder.stack(frames), *metrics, labels=labels)


def add_frame(builder: ProfileBuilder, text: str) -> int:
    """Return the location of a frame as Austin writes it."""
    match = _FRAME.fullmatch(text)
    if match is None:
        return builder.frame(text)
    return builder.frame(match["name"], match["file"], int(match["line"]))
