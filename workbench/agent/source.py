"""What the tools ask of a repository, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from workbench.errors import HistoryError
from workbench.history import Repository, function_spans, run_git


class Definition(NamedTuple):
    """Where a function is defined; 0-based, end exclusive."""

    name: str
    path: str
    start: int
    end: int
    language: str


@dataclass(frozen=True)
class CodeMap:
    """Functions of one revision."""

    definitions: tuple[Definition, ...]

    @classmethod
    def build(cls, repository: Repository, revision: str) -> CodeMap:
        """Read it."""
        found = []
        chosen = [b for b in blobs(repository, revision) if b[0].endswith(".py")]
        texts = read_blobs(repository, [blob for _, blob, _ in chosen])
        for (path, _, _), text in zip(chosen, texts, strict=True):
            for span in function_spans(text.decode("utf-8", "surrogateescape")):
                found.append(Definition(span.name, path, span.start, span.end, "python"))
        return cls(tuple(found))

    @property
    def n_functions(self) -> int:
        """Number of functions."""
        return len(self.definitions)

    def find(self, name: str, limit: int = 20) -> list[Definition]:
        """Return definitions of a name, the best first."""
        ranks = []
        for one in self.definitions:
            parts = (
                one.name == name,
                one.name.endswith(f".{name}"),
                name.lower() in one.name.lower(),
            )
            if any(parts):
                ranks.append((parts.index(True), one))
        return [one for _, one in sorted(ranks)][:limit]


def size(repository: Repository, path: str, revision: str) -> int:
    """Return how many bytes a file has."""
    listed = run_git(repository.folder, "ls-tree", "-l", "-z", revision, "--", path)
    head = listed.split("\t")[0].split()
    if head[1:2] != ["blob"]:
        raise HistoryError(f"{repository.folder}: no file {path!r} at {revision}")
    return int(head[3])


def search(
    repository: Repository, pattern: str, revision: str, limit: int, path: str
) -> list[tuple[str, int, str]]:
    """Search."""
    found = repository.search(pattern, revision, 100_000 if path else limit)
    inside = [row for row in found if not path or row[0] == path or row[0].startswith(path + "/")]
    return inside[:limit]


def blobs(repository: Repository, revision: str) -> list[tuple[str, str, int]]:
    """Return (path, id, size)."""
    out = run_git(repository.folder, "ls-tree", "-r", "-l", "-z", revision)
    rows = []
    for entry in filter(None, out.split("\0")):
        head, path = entry.split("\t", 1)
        _, kind, blob, n_bytes = head.split()
        if kind == "blob":
            rows.append((path, blob, int(n_bytes)))
    return rows


def read_blobs(repository: Repository, ids: Sequence[str]) -> Iterator[bytes]:
    """Yield the content of blobs."""
    for blob in ids:
        yield run_git(repository.folder, "cat-file", "blob", blob).encode(
            "utf-8", "surrogateescape"
        )


@lru_cache(maxsize=64)
def blame(
    repository: Repository, path: str, revision: str, start: int, end: int
) -> list[tuple[int, str, str, datetime, str]]:
    """Return (line from 1, commit, author, time, text)."""
    out = run_git(
        repository.folder, "blame", "--line-porcelain", "-L", f"{start},{end}", revision, "--", path
    )
    rows, author, at = [], "", datetime.now(UTC)
    line, commit = 0, ""
    for row in out.split("\n"):
        if row.startswith("\t"):
            rows.append((line, commit, author, at, row[1:]))
        elif row.startswith("author "):
            author = row[7:]
        elif row.startswith("author-time "):
            at = datetime.fromtimestamp(int(row[12:]), UTC)
        elif len(row.split(" ")[0]) == 40:
            commit, _, number = row.split(" ")[:3]
            line = int(number)
    return rows
