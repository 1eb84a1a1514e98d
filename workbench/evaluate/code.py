"""Which code answered: results of two versions of it are not those of one experiment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from workbench.evaluate.bank.case import hash_of

_PACKAGE = Path(__file__).parents[1]
_SHOWING = (
    "board",
    "cli",
    "evaluate/tracking",
    "magics",
    "report",
    "studio.py",
    "views",
    "widgets",
)
"""What only shows, or tells of, what was answered."""
_MADE = {".pyc", ".so", ".pyd"}


@cache
def code_hash() -> str:
    """Return a hash of everything in the package that an answer or its score can come of."""
    shown = {_PACKAGE / name for name in _SHOWING}
    files = sorted(
        path
        for path in _PACKAGE.rglob("*")
        if path.is_file() and path.suffix not in _MADE and shown.isdisjoint({path, *path.parents})
    )
    told = (part for path in files for part in (str(path.relative_to(_PACKAGE)), path.read_bytes()))
    return hash_of(told)
