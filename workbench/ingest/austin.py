"""Austin's text: folded stacks with metadata as `# key: value`, and its own frames and metrics.

Follows P403n1x87/austin: `P<pid>;T<interpreter>:<thread>;<file>:<function>:<line>;… <metric>`. The
metric is microseconds, bytes in memory mode, or in full mode time, whether idle, and bytes. Process
and thread are labels here, not frames; `:GC:` and `:INVALID:` are frames as they are. The `austinp`
variant has frames of native code, whose file is `native@<address>`, and of the kernel.
"""

from __future__ import annotations

import io
import re

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

TIME = ValueType("time", "microseconds")
CPU = ValueType("cpu", "microseconds")
SPACE = ValueType("space", "bytes")
COLUMNS = {"cpu": (CPU,), "memory": (SPACE,), "full": (TIME, CPU, SPACE)}
"""What is measured in each mode; else time. In full mode `cpu` is the time not idle."""

_LINE = re.compile(
    r"P(?P<pid>\d{1,10});T(?:(?P<interpreter>[0-9a-f]{1,16}):)?(?P<thread>[^;]*?)"
    r"(?:;(?P<frames>.*))? (?P<metric>-?\d{1,18}(?:,-?\d{1,18}){0,2})"
)
_OTHER_LINE = re.compile(r";L(\d{1,9})(?=;|$)")
_NUMBER = re.compile(r"[0-9]{1,9}")
_NATIVE = re.compile(r"native@([0-9a-f]{1,16})")


def looks_like(content: Content) -> bool:
    """Tell whether the text begins with Austin's name, or with lines as it writes them."""
    for line in io.BytesIO(content.data):
        if line.startswith(b"# austin:"):
            return True
        if line.strip() and not line.startswith(b"#"):
            text = line.rstrip().decode("utf-8", "replace")
            return text.startswith("P") and _LINE.fullmatch(text) is not None
    return False


def parse(content: Content) -> Profile:
    """Parse the text; one row a line."""
    builder: ProfileBuilder | None = None
    frames: dict[str, int] = {}
    told: dict[str, str] = {}
    lines = io.TextIOWrapper(io.BytesIO(content.data), "utf-8", "replace", newline="\n")
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if text.startswith("#"):
            key, _, value = text[1:].partition(":")
            told[key.strip()] = value.strip()
        elif text.strip():
            builder = builder or ProfileBuilder(*_columns(told.get("mode", ""), text))
            _add(text, number, builder, frames)
    return (builder or ProfileBuilder(TIME)).build(duration_s=duration_s(told))


def _columns(mode: str, line: str) -> tuple[ValueType, ...]:
    """Return what the lines of a file tell; `mojo2austin` leaves but the time of full mode."""
    if mode == "full" and "," not in line.rpartition(" ")[2]:
        return (TIME,)
    return COLUMNS.get(mode, (TIME,))


def duration_s(told: dict[str, str]) -> float | None:
    """Return the duration that metadata tell."""
    text = told.get("duration", "")
    is_known = text.isascii() and text.isdecimal() and len(text) < 16
    return int(text) / 1e6 if is_known else None


def _add(text: str, number: int, builder: ProfileBuilder, known: dict[str, int]) -> None:
    n_columns = len(builder.value_types)
    match = _LINE.fullmatch(text)
    metrics = [int(metric) for metric in match["metric"].split(",")] if match else []
    if match is None or len(metrics) != n_columns:
        expected = "P<pid>;T<thread>;frames and " + ("3 metrics" if n_columns > 1 else "a metric")
        raise ParseError(f"expected {expected}, got {text[:80]!r}", place=number)
    told = match["frames"] or ""
    if ";L" in told:  # the line stands apart, as `austin -a` has it
        told = _OTHER_LINE.sub(r":\1", told)
    stack = []
    for frame in filter(None, told.split(";")):
        if frame not in known:
            known[frame] = _frame(builder, frame)
        stack.append(known[frame])
    labels = labels_of(int(match["pid"]), int(match["interpreter"] or "0", 16), match["thread"])
    if n_columns > 1:
        time, idle, space = metrics
        metrics = [time, 0 if idle else time, space]
    builder.sample(builder.stack(stack), *metrics, labels=labels)


def labels_of(pid: int, interpreter: int, thread: str) -> dict[str, str | int]:
    """Return the labels of a sample; the interpreter where it is not the first."""
    labels: dict[str, str | int] = {"pid": pid, "thread": thread}
    return labels | {"interpreter": interpreter} if interpreter else labels


def add_location(builder: ProfileBuilder, file: str, name: str, line: int) -> int:
    """Return the location of a frame, of whatever kind; a line of native code is an offset."""
    if native := _NATIVE.fullmatch(file):
        address = int(native[1], 16)
        signed = address - 2**64 if address >= 2**63 else address
        return builder.location(builder.function(name), address=signed, kind="native")
    if file == "kernel" and not line:
        return builder.location(builder.function(name), kind="kernel")
    return builder.frame(name, file, line)


def _frame(builder: ProfileBuilder, text: str) -> int:
    """Return the location of `file:name:line`, maybe with end of line and columns after it."""
    pieces = text.rsplit(":", 5)
    n_numbers = 0
    while n_numbers < min(4, len(pieces)) and _NUMBER.fullmatch(pieces[-1 - n_numbers]):
        n_numbers += 1
    if not n_numbers:
        return builder.frame(text)
    numbers = pieces[-n_numbers:]
    rest = text[: -sum(len(number) + 1 for number in numbers)]
    at = rest.rfind(":")
    while at > 0 and rest[at - 1] == ":":  # a C++ name
        at = rest.rfind(":", 0, at - 1)
    if at < 0 or at == len(rest) - 1:
        return builder.frame(text)
    return add_location(builder, rest[:at], rest[at + 1 :], int(numbers[0]))
