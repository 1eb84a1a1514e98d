"""The edits between two revisions: what each defines, uses, and stands in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from workbench.history import FileWeave, Piece, cut, function_spans
from workbench.types import Function

_DEFINITION = re.compile(
    r"\s*(?:async\s+)?(?:def|class)\s+(\w+)"
    r"|(?:\s*self\.)?(\w+)\s*(?::[^=]+)?=(?!=)"
    r"|\s*(?:from\s+[\w.]+\s+)?import\s+(.+)"
)
_IMPORT_LINE = re.compile(r"(?:from|import)\s.*|\s+[\w.]+(?: as \w+)?,?\s*(?:#.*)?|\)?")
_WORD = re.compile(r"[A-Za-z_]\w*")


class Edit(NamedTuple):
    """One piece of one file that differs between the revisions."""

    path: str
    number: int


class EditMap:
    """All edits between two revisions.

    Parameters
    ----------
    base, head : mapping of path to text
        The files of each revision; only those that differ, and all Python files.
    weaves : mapping of path to FileWeave
        Which commit touched which line.
    """

    def __init__(
        self, base: Mapping[str, str], head: Mapping[str, str], weaves: Mapping[str, FileWeave]
    ) -> None:
        self.base, self.head = base, head
        self.commits: dict[Edit, set[str]] = {}
        """The commits that made an edit."""
        self.of_commit: dict[str, list[Edit]] = defaultdict(list)
        self.users: dict[str, set[Edit]] = defaultdict(set)
        """Name -> edits that began to use it."""
        self.removers: dict[str, set[Edit]] = defaultdict(set)
        """Name -> edits that took its definition away."""
        self.new: dict[Edit, set[str]] = {}
        """Names that an edit defines and that its file did not define before."""
        self.additions: set[Edit] = set()
        """Edits that only add what was not there: functions, imports, constants, files."""
        self.modules = {_dotted(p): p for p in (*base, *head) if p.endswith(".py")}
        """Dotted name -> path of every module there is or was."""
        self._pieces: dict[str, tuple[Piece, ...]] = {}
        self._within: dict[Function, set[Edit]] = defaultdict(set)
        for path in sorted(base.keys() | head.keys()):
            if base.get(path) != head.get(path):
                self._map_file(path, weaves.get(path))

    def _map_file(self, path: str, weave: FileWeave | None) -> None:
        before, after = self.base.get(path), self.head.get(path)
        if before is None or after is None:
            pieces: tuple[Piece, ...] = (Piece("", before or "", after or "", 0, 0),)
        else:
            pieces = tuple(_part_imports(cut(before, after, python=path.endswith(".py"))))
        self._pieces[path] = pieces
        touched = {(side, line): commit for commit, side, line in weave.touched()} if weave else {}
        spans = function_spans(before or "", with_classes=True)
        known = {span.name for span in spans}
        classes = known - {span.name for span in function_spans(before or "")}
        defined = _defined(before or "")
        for number, piece in enumerate(pieces):
            if piece.same:
                continue
            edit = Edit(path, number)
            self.commits[edit] = _makers(piece, touched)
            for commit in self.commits[edit]:
                self.of_commit[commit].append(edit)
            self.new[edit] = _defined(piece.after) - defined
            for word in set(_WORD.findall(piece.after)) - set(_WORD.findall(piece.before)):
                self.users[word].add(edit)
            for name in _defined(piece.before) - _defined(piece.after):
                self.removers[name].add(edit)
            if piece.part:
                self._within[Function(piece.part, path)].add(edit)
            outside = not piece.part or piece.part in classes
            if before is None or not piece.before and (outside or piece.part not in known):
                self.additions.add(edit)

    def function(self, edit: Edit) -> Function:
        """Return the function that an edit is in; its name is empty outside of any."""
        return Function(self._pieces[edit.path][edit.number].part, edit.path)

    def of_file(self, path: str) -> set[Edit]:
        """Return the edits of one file."""
        return {Edit(path, n) for n, piece in enumerate(self._pieces[path]) if not piece.same}

    def whole(self, edits: Iterable[Edit]) -> frozenset[Edit]:
        """Return edits with all others of the functions they are in, so that none is half of each."""
        found = set(edits)
        for edit in list(found):
            found |= self._within.get(self.function(edit), set()) - self.additions
        return frozenset(found)

    def files(self, reverted: Collection[Edit]) -> dict[str, str | None]:
        """Return the texts of the files that differ from the head once some edits are taken back."""
        texts: dict[str, str | None] = {}
        for path in sorted({edit.path for edit in reverted}):
            pieces = self._pieces[path]
            if path not in self.base:
                texts[path] = None
            else:
                texts[path] = "".join(
                    piece.before if Edit(path, number) in reverted else piece.after
                    for number, piece in enumerate(pieces)
                )
        return texts


def _part_imports(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Part a change of imports into what came and what went: the one can stay, the other return."""
    for piece in pieces:
        lines = [*piece.before.split("\n"), *piece.after.split("\n")]
        if piece.part or piece.same or not all(map(_IMPORT_LINE.fullmatch, lines)):
            yield piece
        else:
            yield replace(piece, before="")
            yield replace(piece, after="")


def _makers(piece: Piece, touched: Mapping[tuple[str, int], str]) -> set[str]:
    """Return the commits that touched the lines of a piece."""
    n_before, n_after = piece.before.count("\n") + 1, piece.after.count("\n") + 1
    places = [("base", piece.before_line + i) for i in range(n_before if piece.before else 0)]
    places += [("head", piece.after_line + i) for i in range(n_after if piece.after else 0)]
    return {touched[place] for place in places if place in touched}


def _defined(source: str) -> set[str]:
    """Return the names that lines of Python define, locals of a function left out."""
    names: set[str] = set()
    for line in source.split("\n"):
        if match := _DEFINITION.match(line):
            *single, imported = match.groups()
            names |= set(_WORD.findall(imported)) if imported else {n for n in single if n}
    return names


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
