"""Which code answered: results of two versions of it are not those of one experiment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from workbench.evaluate.bank.case import hash_of

_PACKAGE = Path(__file__).parents[1]
_AFTERWARDS = (
    *("board", "cli", "magics", "report", "studio.py", "views", "widgets"),
    *(f"evaluate/{name}" for name in ("compare.py", "skill_diff.py", "statistics.py")),
    *("evaluate/summary.py", "evaluate/tracking"),
)
"""What only shows, compares, or tells of, what was answered."""
_SOURCES = {".py", ".json", ".csv", ".md"}
"""No other file says anything: what is compiled, or kept of it, comes and goes."""


@cache
def code_hash() -> str:
    """Return a hash of everything in the package that an answer or its score can come of."""
    left_out = {_PACKAGE / name for name in _AFTERWARDS}
    files = sorted(
        path
        for path in _PACKAGE.rglob("*")
        if path.suffix in _SOURCES and left_out.isdisjoint({path, *path.parents})
    )
    told = (part for path in files for part in (str(path.relative_to(_PACKAGE)), path.read_bytes()))
    return hash_of(told)
