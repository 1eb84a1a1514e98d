"""A unified diff as lines with their numbers, for showing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff; `kind` is `file`, `hunk`, `context`, `added` or `removed`."""

    kind: str
    text: str
    before_line: int | None = None
    after_line: int | None = None


def parse_diff(text: str) -> Iterator[DiffLine]:
    """Yield the lines of a unified diff; what stands outside its hunks is of kind `file`."""
    before_line = after_line = 0
    n_before = n_after = 0  # lines still owed by the hunk
    for line in text.splitlines():
        if n_before <= 0 and n_after <= 0:
            hunk = _HUNK.match(line)
            if hunk:
                before_line, after_line = int(hunk[1]), int(hunk[3])
                n_before, n_after = int(hunk[2] or 1), int(hunk[4] or 1)
            yield DiffLine("hunk" if hunk else "file", line)
        elif line.startswith("+"):
            yield DiffLine("added", line, None, after_line)
            after_line, n_after = after_line + 1, n_after - 1
        elif line.startswith("-"):
            yield DiffLine("removed", line, before_line, None)
            before_line, n_before = before_line + 1, n_before - 1
        elif line.startswith("\\"):
            yield DiffLine("context", line)
        else:
            yield DiffLine("context", line, before_line, after_line)
            before_line, after_line = before_line + 1, after_line + 1
            n_before, n_after = n_before - 1, n_after - 1
