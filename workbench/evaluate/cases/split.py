"""Split the difference of two releases into many small changes, one function or hunk group each.

A changed file is cut into equal runs and pieces. Each piece belongs to one change and stands either
as it was or as it became, so the changes can be applied in any order and every state in between
is well defined.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from workbench.history import Hunk, function_spans
from workbench.history.weave import split_lines


class ChangeKey(NamedTuple):
    """What one change is about."""

    path: str
    part: str
    """Qualified name of a function or class, `<module> n` for the n-th hunk outside of any,
    or empty for a whole file."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines that is one text before its change and another after it."""

    key: ChangeKey | None
    """None: the same before and after."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SplitFile:
    """A file as the sequence of its pieces; None stands for a file that is not there."""

    path: str
    pieces: tuple[Piece, ...]
    in_before: bool
    in_after: bool

    def text(self, applied: Collection[ChangeKey]) -> str | None:
        """Return the file with some changes applied; None where it does not exist."""
        whole = ChangeKey(self.path, "")  # only a file that comes or goes has this key alone
        if not (self.in_after if whole in applied else self.in_before):
            return None
        return "".join(p.after if p.key in applied else p.before for p in self.pieces)


def split_file(path: str, before: str | None, after: str | None, hunks: Sequence[Hunk]) -> SplitFile:
    """Cut one changed file into pieces.

    Parameters
    ----------
    path : str
        A `.py` file is cut by function; any other, and one that comes or goes, is one change.
    before, after : str or None
        Its texts; None where it does not exist.
    hunks : sequence of Hunk
        The difference without context, in order.
    """
    whole = ChangeKey(path, "")
    if before is None or after is None or not path.endswith(".py"):
        piece = Piece(whole, before or "", after or "")
        return SplitFile(path, (piece,), before is not None, after is not None)
    old_labels, new_labels = _labels(before), _labels(after)
    old_lines = split_lines(before)
    pieces: list[Piece] = []
    at, shift = 0, 0
    for number, hunk in enumerate(hunks):
        same = "".join(old_lines[at : hunk.old_start])
        pieces.append(Piece(None, same, same))
        new_start = hunk.old_start + shift
        removed = _runs(hunk.removed, old_labels[hunk.old_start :])
        added = _runs(hunk.added, new_labels[new_start:])
        pieces.extend(_pair(path, number, removed, added))
        at = hunk.old_start + len(hunk.removed)
        shift += len(hunk.added) - len(hunk.removed)
    rest = "".join(old_lines[at:])
    return SplitFile(path, (*pieces, Piece(None, rest, rest)), True, True)


def change_order(files: Mapping[str, SplitFile]) -> list[ChangeKey]:
    """Return the distinct changes, by path and place."""
    keys = (p.key for _, file in sorted(files.items()) for p in file.pieces if p.key)
    return list(dict.fromkeys(keys))


def _labels(source: str) -> list[str]:
    """Return for each line the function or class it belongs to, empty outside of any.

    Comments and blank lines above a function belong to it.
    """
    lines = split_lines(source)
    labels = [""] * len(lines)
    for span in function_spans(source, with_classes=True):  # outer before inner
        start = span.start
        while start and lines[start - 1].strip()[:1] in {"", "#"}:
            start -= 1
        labels[start : span.end] = [span.name] * (span.end - start)
    return labels


def _runs(lines: Sequence[str], labels: Sequence[str]) -> list[tuple[str, str]]:
    """Return (label, text) of the runs of lines with the same label."""
    runs: list[tuple[str, str]] = []
    for line, label in zip(lines, labels, strict=False):
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1] + line)
        else:
            runs.append((label, line))
    return runs


def _pair(
    path: str, number: int, removed: list[tuple[str, str]], added: list[tuple[str, str]]
) -> Iterator[Piece]:
    """Set the runs of one hunk against each other by what they belong to."""

    def key(label: str) -> ChangeKey:
        return ChangeKey(path, label or f"<module> {number + 1}")

    matcher = SequenceMatcher(None, [r[0] for r in removed], [a[0] for a in added], autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            for old, new in zip(removed[i:i_end], added[j:j_end], strict=True):
                yield Piece(key(old[0]), old[1], new[1])
        else:
            yield from (Piece(key(label), text, "") for label, text in removed[i:i_end])
            yield from (Piece(key(label), "", text) for label, text in added[j:j_end])
