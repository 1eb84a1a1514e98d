"""Arguments that several tools take, and what is told of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from workbench.agent.tools.brief import clip, moment
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation

RegressionId = Annotated[str, Field(description="Id of a regression, R-…; list_regressions has it")]
AnyRegressionId = Annotated[str, Field(description="Id of a regression, R-…; empty for none")]
Limit = Annotated[int, Field(description="Rows to return at most", ge=1, le=50)]
Offset = Annotated[int, Field(description="Rows to skip: next_offset of the page before", ge=0)]
Start = Annotated[
    str, Field(description="First window, by number or ISO time; empty for the first there is")
]
End = Annotated[
    str,
    Field(description="Window to end before, by number or ISO time; empty to include the last"),
]
Revision = Annotated[
    str, Field(description="head (code of the last window), base (the first), a commit or tag")
]
Kind = Literal["", "commit", "flag", "config", "experiment", "dependency"]

NextOffset = Annotated[int | None, Field(description="Offset of the next page; null at the end")]
Total = Annotated[int, Field(description="Rows of all pages together")]
Name = Annotated[str, Field(description="Subject of a function, pkg.mod:Name")]
At = Annotated[str | None, Field(description="ISO time, UTC")]


def windows_between(investigation: Investigation, start: str, end: str) -> tuple[int, int]:
    """Return the first window that is meant, and the one after the last; at least one."""
    n_windows = investigation.recording.n_windows
    first = _window(investigation, "start", start) if start.strip() else 0
    last = _window(investigation, "end", end) if end.strip() else n_windows
    if first >= min(last, n_windows):
        raise ToolError(
            f"no windows from {clip(start, 40) or 'the first'} to before "
            f"{clip(end, 40) or 'the end'}: {_extent(investigation)}"
        )
    return first, min(last, n_windows)


def time_of(name: str, text: str) -> datetime | None:
    """Return a time; None for none. Without a zone it is UTC."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip()[:64])
    except ValueError:
        raise ToolError(
            f"expected {name} as an ISO time such as 2026-01-05T12:00Z, got {clip(text, 60)!r}"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _window(investigation: Investigation, name: str, text: str) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        at = time_of(name, text)
    except ToolError:
        raise ToolError(
            f"expected {name} as the number of a window or an ISO time, got {clip(text, 60)!r}: "
            f"{_extent(investigation)}"
        ) from None
    times = investigation.recording.windows["at"]
    return int((times < at).sum())  # the windows are in order of time


def _extent(investigation: Investigation) -> str:
    times = investigation.recording.windows["at"]
    last = len(times) - 1
    return f"there are windows 0 to {last}, {moment(times.iloc[0])} to {moment(times.iloc[last])}"
