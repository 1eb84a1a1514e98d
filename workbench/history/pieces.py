"""Cut two versions of a file into pieces that follow its functions.

A line diff aligns whatever lines are equal, and so mixes one function that went with another that
came. Here functions are matched by their qualified names first and lines are compared only within a
match, so that a piece never straddles two functions and each can be had in either version. Outside
of functions whole statements are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from workbench.history.spans import function_spans, statement_starts
from workbench.history.weave import split_lines


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of lines that differs between two versions, or (`same`) one that does not."""

    part: str
    """Qualified name of the innermost function or class it is in; empty outside of any."""
    before: str
    after: str
    before_line: int
    """0-based line of the earlier version at which it starts, or would stand."""
    after_line: int

    @property
    def same(self) -> bool:
        """Whether both versions agree."""
        return self.before == self.after


def cut(before: str, after: str, *, python: bool = True) -> tuple[Piece, ...]:
    """Cut two versions of a text into pieces, in the order of the later version.

    Parameters
    ----------
    before, after : str
        The versions.
    python : bool
        Whether to follow functions; else all differences are of one part.

    Returns
    -------
    tuple of Piece
        Joined, their `before` texts are the earlier version and their `after` texts the later one.
    """
    labels = (_labels if python else _no_labels)(before), (_labels if python else _no_labels)(after)
    old, new = _runs(before, labels[0]), _runs(after, labels[1])
    matcher = SequenceMatcher(None, [r[0] for r in old], [r[0] for r in new], autojunk=False)
    pieces: list[Piece] = []
    at_old = at_new = 0
    starts = (statement_starts(before), statement_starts(after)) if python else (set(), set())
    whole = {run[0] for run in (*old, *new)} - {
        s.name for t in (before, after) for s in function_spans(t)
    }
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = [(*o, n[1]) for o, n in zip(old[i:i_end], new[j:j_end], strict=True)]
        else:
            pairs = [(part, lines, []) for part, lines in old[i:i_end]]
            pairs += [(part, [], lines) for part, lines in new[j:j_end]]
        for part, removed, added in pairs:
            if python and part in whole:
                removed = _statements(removed, at_old, starts[0])
                added = _statements(added, at_new, starts[1])
            for piece in _compare(part, removed, added, at_old, at_new):
                pieces.append(piece)
                at_old += piece.before.count("\n")
                at_new += piece.after.count("\n")
    return tuple(pieces)


def _compare(
    part: str, old: Sequence[str], new: Sequence[str], at_old: int, at_new: int
) -> Iterator[Piece]:
    """Compare the lines, or the statements, of one part."""
    for _, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[i:i_end]), "".join(new[j:j_end])
        yield Piece(part, before, after, at_old, at_new)
        at_old, at_new = at_old + before.count("\n"), at_new + after.count("\n")


def _statements(lines: Sequence[str], first: int, starts: Collection[int]) -> list[str]:
    """Join the lines that are one statement outside of functions, with the comments above it."""
    chunks: list[str] = []
    for number, line in enumerate(lines, start=first):
        if number in starts or not chunks:
            chunks.append("")
        chunks[-1] += line
    return chunks


def _labels(source: str) -> list[str]:
    """Return for each line the function or class it is in; comments above one belong to it."""
    lines = split_lines(source)
    labels = [""] * len(lines)
    for span in function_spans(source, with_classes=True):  # outer before inner
        start = span.start
        while start and lines[start - 1].strip()[:1] in {"", "#"}:
            start -= 1
        labels[start : span.end] = [span.name] * (span.end - start)
    return labels


def _no_labels(source: str) -> list[str]:
    return [""] * len(split_lines(source))


def _runs(source: str, labels: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return (part, lines) of the runs of lines that belong together."""
    runs: list[tuple[str, list[str]]] = []
    for line, label in zip(split_lines(source), labels, strict=True):
        if not runs or runs[-1][0] != label:
            runs.append((label, []))
        runs[-1][1].append(line)
    return runs
