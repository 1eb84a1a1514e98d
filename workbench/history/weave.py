"""The weave: every line a file ever had between two revisions, with who added and who removed it.

With it each change is known by the lines of the first and the last revision that it touched, in one
pass over the history however many commits there are. The structure is that of SCCS (M. J. Rochkind,
"The Source Code Control System", IEEE TSE SE-1(4), 1975).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workbench.errors import HistoryError
from workbench.history.git import Commit, Hunk


@dataclass(slots=True)
class WovenLine:
    """A line, with the ids of the commits that added and removed it."""

    text: str
    added: str | None = None
    """None: it was there before the first commit."""
    removed: str | None = None
    """None: it is there still."""


class FileWeave:
    """All lines of one file over a range of commits."""

    def __init__(self, path: str, base_text: str | None) -> None:
        self.path = path
        self.lines = [WovenLine(text) for text in split_lines(base_text or "")]

    def weave(self, commit: str, hunk: Hunk, shift: int) -> None:
        """Add one hunk; `shift` is how far earlier hunks of the same commit moved its lines."""
        position = self._position(hunk.old_start + shift)
        for text in hunk.removed:
            while position < len(self.lines) and self.lines[position].removed is not None:
                position += 1
            line = self.lines[position] if position < len(self.lines) else None
            if line is None or line.text != text:
                raise HistoryError(f"{self.path}: commit {commit[:12]} removes an unseen line")
            line.removed = commit
            position += 1
        self.lines[position:position] = [WovenLine(text, added=commit) for text in hunk.added]

    def _position(self, alive_index: int) -> int:
        """Return where the n-th line that is now alive stands among all lines."""
        seen = 0
        for position, line in enumerate(self.lines):
            if line.removed is None:
                if seen == alive_index:
                    return position
                seen += 1
        return len(self.lines)

    def text(self) -> str:
        """Return the file at the last revision, empty where it is not there."""
        return "".join(line.text for line in self.lines if line.removed is None)

    def touched(self) -> Iterator[tuple[str, str, int]]:
        """Yield (commit id, "base", "head" or "between", 0-based line) for each line touched.

        Removed lines are counted in the first revision, added ones in the last; one that came and
        went stands "between" the line told, of the last revision, and the one before it.
        """
        n_base = n_head = 0
        for line in self.lines:
            if line.added is None:
                if line.removed:
                    yield line.removed, "base", n_base
                n_base += 1
            if line.removed is None:
                if line.added:
                    yield line.added, "head", n_head
                n_head += 1
            if line.added and line.removed:
                yield line.added, "between", n_head
                yield line.removed, "between", n_head


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
        for hunk in commit.hunks:
            if hunk.path not in files:
                files[hunk.path] = FileWeave(hunk.path, read_base(hunk.path))
            shift = shifts.get(hunk.path, 0)
            files[hunk.path].weave(commit.id, hunk, shift)
            shifts[hunk.path] = shift + len(hunk.added) - len(hunk.removed)
    return files
