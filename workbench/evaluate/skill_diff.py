"""How the skills of two variants differ."""

from __future__ import annotations

import difflib
from pathlib import Path


def diff_skills(before: Path | None, after: Path | None) -> dict[str, str]:
    """Return what differs between two folders of skills.

    Parameters
    ----------
    before, after : Path or None
        None for no skills at all, as a floor has.

    Returns
    -------
    dict of str to str
        Path of each file that differs -> its unified diff.
    """
    sides = _texts(before), _texts(after)
    found = {}
    for path in sorted({*sides[0], *sides[1]}):
        one, other = (side.get(path, "") for side in sides)
        if one != other:
            lines = difflib.unified_diff(
                one.splitlines(keepends=True), other.splitlines(keepends=True),
                f"before/{path}", f"after/{path}",
            )  # fmt: skip
            found[path] = "".join(lines)
    return found


def _texts(folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
