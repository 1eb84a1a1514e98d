"""Split the difference of two releases into many small changes, one function or hunk group each.

Each piece of a changed file belongs to one change and stands either as it was or as it became, so
the changes can be applied in any order and every state in between is well defined.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from workbench.history import Piece, cut


class ChangeKey(NamedTuple):
    """What one change is about."""

    path: str
    part: str
    """Qualified name of a function or class, `<module> n` for the n-th difference outside of any,
    or empty for a whole file."""


@dataclass(frozen=True, slots=True)
class SplitFile:
    """A file as the sequence of its pieces, each with the change it belongs to (None: the same)."""

    path: str
    pieces: tuple[tuple[ChangeKey | None, Piece], ...]
    in_before: bool
    in_after: bool

    def text(self, applied: Collection[ChangeKey]) -> str | None:
        """Return the file with some changes applied; None where it does not exist."""
        whole = ChangeKey(self.path, "")  # only a file that comes or goes has this key alone
        if not (self.in_after if whole in applied else self.in_before):
            return None
        return "".join(p.after if key in applied else p.before for key, p in self.pieces)


def split_file(path: str, before: str | None, after: str | None) -> SplitFile:
    """Cut one changed file; None stands for a file that is not there.

    A `.py` file is cut by function; any other, and one that comes or goes, is one change.
    """
    if before is None or after is None or not path.endswith(".py"):
        piece = Piece("", before or "", after or "", 0, 0)
        whole = ChangeKey(path, "")
        return SplitFile(path, ((whole, piece),), before is not None, after is not None)
    pieces: list[tuple[ChangeKey | None, Piece]] = []
    for number, piece in enumerate(cut(before, after), start=1):
        key = ChangeKey(path, piece.part or f"<module> {number}")
        pieces.append((None if piece.same else key, piece))
    return SplitFile(path, tuple(pieces), True, True)


def change_order(files: Mapping[str, SplitFile]) -> list[ChangeKey]:
    """Return the distinct changes, by path and place."""
    keys = (key for _, file in sorted(files.items()) for key, _ in file.pieces if key)
    return list(dict.fromkeys(keys))
