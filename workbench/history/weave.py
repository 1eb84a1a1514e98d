"""The weave: every line a file ever had between two revisions, with who added and who removed it.

With it any set of changes can be left out of a file exactly, whatever their order, and each change
is known by the lines of the first and the last revision that it touched. The structure is that of
SCCS (M. J. Rochkind, "The Source Code Control System", IEEE TSE SE-1(4), 1975).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from workbench.errors import HistoryError
from workbench.history.git import Commit, Hunk


class Delta(NamedTuple):
    """One hunk of one commit: the unit in which changes can be left out."""

    commit: str
    path: str
    hunk: int


@dataclass(slots=True)
class WovenLine:
    """A line with its first and last moment."""

    text: str
    added: Delta | None = None
    """None: it was there before the first commit."""
    removed: Delta | None = None
    """None: it is there still."""


class FileWeave:
    """All lines of one file over a range of commits."""

    def __init__(self, path: str, base_text: str | None) -> None:
        self.path = path
        self.in_base = base_text is not None
        self.lines = [WovenLine(text) for text in split_lines(base_text or "")]
        self.deltas: list[Delta] = []
        self.deleted_by: Delta | None = None

    def weave(self, delta: Delta, hunk: Hunk, shift: int) -> None:
        """Add one hunk; `shift` is how far earlier hunks of the same commit moved its lines."""
        self.deltas.append(delta)
        self.deleted_by = delta if hunk.deletes else None
        position = self._position(hunk.old_start + shift)
        for text in hunk.removed:
            while self.lines[position].removed is not None:
                position += 1
            line = self.lines[position]
            if line.text != text:
                raise HistoryError(f"{self.path}: commit {delta.commit[:12]} removes an unseen line")
            line.removed = delta
            position += 1
        self.lines[position:position] = [WovenLine(text, added=delta) for text in hunk.added]

    def _position(self, alive_index: int) -> int:
        """Return where the n-th line that is now alive stands among all lines."""
        seen = 0
        for position, line in enumerate(self.lines):
            if line.removed is None:
                if seen == alive_index:
                    return position
                seen += 1
        return len(self.lines)

    def text(self, without: Collection[Delta] = ()) -> str | None:
        """Return the file at the last revision, with some changes left out.

        None means that the file would not exist.
        """
        kept = [line.text for line in self.lines if self._is_kept(line, without)]
        deleted = self.deleted_by is not None and self.deleted_by not in without
        return "".join(kept) if kept or (self.in_base and not deleted) else None

    def near(self, without: Collection[Delta], line: int, reach: int = 3) -> set[Delta]:
        """Return the changes around a 0-based line of the text that is left without some others."""
        found: set[Delta] = set()
        number = 0
        for woven in self.lines:
            if abs(number - line) <= reach:
                found |= {delta for delta in (woven.added, woven.removed) if delta}
            number += self._is_kept(woven, without)
        return found

    @staticmethod
    def _is_kept(line: WovenLine, without: Collection[Delta]) -> bool:
        return line.added not in without and (line.removed is None or line.removed in without)

    def touched(self) -> Iterator[tuple[Delta, str, int]]:
        """Yield (delta, "base" or "head", 0-based line) for each line that a change touched.

        Removed lines are counted in the first revision, added ones in the last; a line that came
        and went in between is in neither.
        """
        base = (line for line in self.lines if line.added is None)
        for number, line in enumerate(base):
            if line.removed:
                yield line.removed, "base", number
        head = (line for line in self.lines if line.removed is None)
        for number, line in enumerate(head):
            if line.added:
                yield line.added, "head", number


def split_lines(text: str) -> list[str]:
    """Split as git does, at newlines alone (`str.splitlines` knows eight more)."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def weave_files(
    commits: Iterable[Commit], read_base: Callable[[str], str | None]
) -> dict[str, FileWeave]:
    """Weave all commits of a range, oldest first.

    Parameters
    ----------
    commits : iterable of Commit
        The range, complete and in order.
    read_base : callable
        Path -> text before the first commit, None where there was no such file.

    Returns
    -------
    dict of str to FileWeave
        One weave for every file that any commit touched.
    """
    files: dict[str, FileWeave] = {}
    for commit in commits:
        shifts: dict[str, int] = {}
        for number, hunk in enumerate(commit.hunks):
            if hunk.path not in files:
                files[hunk.path] = FileWeave(hunk.path, read_base(hunk.path))
            shift = shifts.get(hunk.path, 0)
            files[hunk.path].weave(Delta(commit.id, hunk.path, number), hunk, shift)
            shifts[hunk.path] = shift + len(hunk.added) - len(hunk.removed)
    return files
