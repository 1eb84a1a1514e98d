"""What a linter says of an edit and did not say before it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping

from pyflakes import checker, messages

_STYLE = (messages.UnusedImport, messages.UnusedVariable, messages.ImportStarUsed)
"""What a revert may leave behind, and harms nobody."""


def new_complaints(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> list[str]:
    """Return what pyflakes says of the Python files as edited, and not as they were.

    Parameters
    ----------
    before, after : mapping of path to text
        None for a file that is not there.
    """
    found = []
    for path in sorted(after):
        if path.endswith(".py"):
            had, has = (_complaints(texts.get(path), path) for texts in (before, after))
            found += [f"{path}: {told}" for told in sorted((has - had).elements())]
    return found


def _complaints(text: str | None, path: str) -> Counter[str]:
    """Count what is said, without the lines, which move."""
    try:
        told = checker.Checker(ast.parse(text or ""), filename=path).messages
    except (SyntaxError, ValueError):
        return Counter()
    return Counter(m.message % m.message_args for m in told if not isinstance(m, _STYLE))
