"""Code as it is at any revision."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Revision
from workbench.agent.tools.brief import clip, moment, take
from workbench.errors import HistoryError, ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.history import Repository

_MAX_PATH_BYTES = 1000
_MAX_LINE_BYTES = 400
_MOST_BYTES = 4_000_000  # of a file that is read
_TIMEOUT_S = 5.0
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./~^@+-]*")

Path = Annotated[str, Field(description="Path of a file in the repository", max_length=4000)]
PathPrefix = Annotated[
    str, Field(description="Search below this folder or in this file; empty: all", max_length=4000)
]
PathRow = Annotated[str, Field(description="In the repository")]
Line = Annotated[int, Field(description="From 1")]


class CodeLine(TypedDict):
    """A line that matched."""

    path: PathRow
    line: Line
    text: str


class Search(TypedDict):
    """Lines that matched."""

    revision: Annotated[str, Field(description="Commit that was searched")]
    lines: list[CodeLine]
    more: Annotated[bool, Field(description="Whether there are more: narrow the pattern or path")]


def search_code(
    investigation: Investigation,
    pattern: Annotated[
        str, Field(description="POSIX extended regular expression", min_length=1, max_length=200)
    ],
    revision: Revision = "head",
    path: PathPrefix = "",
    limit: Annotated[int, Field(description="Lines to return at most", ge=1, le=50)] = 10,
) -> Search:
    """Search the repository's files, at any revision, for lines that match a regular expression."""
    repository, at = at_revision(investigation, revision)
    if not pattern.replace("\t", " ").isprintable():
        raise ToolError("expected a regular expression of printable characters on one line")
    found = repository.search(pattern, at, limit + 1, path=_literal(path))
    if path and not found and not _is_there(repository, path, at):
        raise ToolError(f"no file or folder {clip(path, 100)!r} at {at[:12]}")
    rows: list[CodeLine] = [
        {"path": clip(p, _MAX_PATH_BYTES), "line": n, "text": clip(t)} for p, n, t in found[:limit]
    ]
    lines = take(rows)
    return {"revision": at[:12], "lines": lines, "more": len(lines) < len(found)}


class Code(TypedDict):
    """Lines of a file."""

    path: PathRow
    revision: Annotated[str, Field(description="Commit that was read")]
    start_line: Line
    end_line: Annotated[int, Field(description="Last line returned; before start_line for none")]
    text: Annotated[str, Field(description="The lines; long ones are cut")]
    total: Annotated[int, Field(description="Lines of the file")]
    next_offset: Annotated[int | None, Field(description="start_line of the next page, or null")]


def read_code(
    investigation: Investigation,
    path: Path,
    revision: Revision = "head",
    start_line: Annotated[int, Field(description="First line to return, from 1", ge=1)] = 1,
    n_lines: Annotated[int, Field(description="Lines to return at most", ge=1, le=200)] = 80,
) -> Code:
    """Read lines of one file of the repository at any revision."""
    repository, at = at_revision(investigation, revision)
    lines = read_text(repository, checked_path(path), at).split("\n")
    if lines[-1] == "":  # what ends with a line end has no line after it
        lines.pop()
    chosen = [clip(line, _MAX_LINE_BYTES) for line in lines[start_line - 1 :][:n_lines]]
    shown = take(chosen)
    end = start_line + len(shown) - 1
    return {
        "path": clip(path, _MAX_PATH_BYTES),
        "revision": at[:12],
        "start_line": start_line,
        "end_line": end,
        "text": "\n".join(shown),
        "total": len(lines),
        "next_offset": end + 1 if end < len(lines) else None,
    }


class Symbol(TypedDict):
    """Where a function is defined."""

    name: Annotated[str, Field(description="Qualified name within its module")]
    path: PathRow
    start_line: Line
    end_line: Annotated[int, Field(description="Last line")]
    language: str


class Symbols(TypedDict):
    """Definitions, the best match first."""

    revision: Annotated[str, Field(description="Commit that was searched")]
    n_functions: Annotated[int, Field(description="Functions that the code has")]
    definitions: list[Symbol]
    more: bool


def find_symbol(
    investigation: Investigation,
    name: Annotated[
        str,
        Field(description="Name of a function, qualified or not", min_length=1, max_length=4000),
    ],
    revision: Revision = "head",
    limit: Annotated[int, Field(description="Definitions to return", ge=1, le=30)] = 10,
) -> Symbols:
    """Find where functions of a name are defined, in any language the code is written in: those of
    exactly this name, else those that end with it, else those that contain it.
    """
    _, at = at_revision(investigation, revision)
    code = investigation.code_map(at)
    found = code.find(name, limit + 1)
    rows: list[Symbol] = [
        {
            "name": clip(one.name),
            "path": clip(one.path, _MAX_PATH_BYTES),
            "start_line": one.start + 1,
            "end_line": one.end,
            "language": one.language,
        }
        for one in found[:limit]
    ]
    shown = take(rows)
    return {
        "revision": at[:12],
        "n_functions": code.n_functions,
        "definitions": shown,
        "more": len(shown) < len(found),
    }


class BlameLine(TypedDict):
    """Who wrote a line."""

    line: Line
    change_id: Annotated[str, Field(description="Commit that wrote it; get_change knows it")]
    author: str
    at: At
    text: str


class Blame(TypedDict):
    """Who wrote lines of a file."""

    path: PathRow
    revision: Annotated[str, Field(description="Commit that was read")]
    lines: list[BlameLine]
    next_offset: Annotated[int | None, Field(description="start_line of the next page, or null")]


def blame(
    investigation: Investigation,
    path: Path,
    start_line: Annotated[int, Field(description="First line, from 1", ge=1)] = 1,
    n_lines: Annotated[int, Field(description="Lines to return at most", ge=1, le=60)] = 20,
    revision: Revision = "head",
) -> Blame:
    """Tell which commit wrote each line of a file, who made it and when."""
    repository, at = at_revision(investigation, revision)
    path = checked_path(path)
    _check_size(repository, path, at)
    found = repository.blame(path, at, start_line - 1, start_line + n_lines, timeout_s=_TIMEOUT_S)
    rows: list[BlameLine] = [
        {
            "line": number,
            "change_id": commit[:12],
            "author": clip(author, 80),
            "at": moment(when),
            "text": clip(text),
        }
        for number, commit, author, when, text in found
    ]
    shown = take(rows[:n_lines])
    return {
        "path": clip(path, _MAX_PATH_BYTES),
        "revision": at[:12],
        "lines": shown,
        "next_offset": start_line + len(shown) if len(shown) < len(rows) else None,
    }


def at_revision(investigation: Investigation, revision: str) -> tuple[Repository, str]:
    """Return the repository, and the id of the commit that a revision names."""
    repository = investigation.code()
    named = {"head": -1, "base": 0}
    if revision in named:
        return repository, investigation.versions[named[revision]]
    shown = clip(revision, 80)
    expected = "expected head, base, a commit id or a tag"
    if not _REVISION.fullmatch(revision) or ".." in revision or len(revision) > 200:
        raise ToolError(f"no revision {shown!r}: {expected}")
    try:
        return repository, repository.resolve(revision)
    except HistoryError:
        raise ToolError(f"no revision {shown!r}: {expected}") from None


def checked_path(path: str) -> str:
    """Return a path within the repository; ToolError for any other."""
    parts = path.split("/")
    if not path or path.startswith(("/", "\\", "~")) or "\0" in path or ".." in parts:
        raise ToolError(f"expected a path relative to the repository's top, got {clip(path)!r}")
    return "/".join(part for part in parts if part not in ("", "."))


def _literal(path: str) -> str:
    """Return a checked path as what git takes for a pattern: an empty one for all."""
    return re.sub(r"([*?\[\\])", r"\\\1", checked_path(path)) if path else ""


def _is_there(repository: Repository, path: str, at: str) -> bool:
    """Tell whether a path is a file or a folder with files."""
    wanted = checked_path(path)
    return not wanted or any(f"{b.path}/".startswith(f"{wanted}/") for b in repository.blobs(at))


def read_text(repository: Repository, path: str, at: str) -> str:
    """Return a file's text; ToolError where it is not there or too large."""
    _check_size(repository, path, at)
    text = repository.read(path, at, max_bytes=_MOST_BYTES)
    if "\0" in text[:8000]:
        raise ToolError(f"{clip(path)!r} is no text")
    return text


def _check_size(repository: Repository, path: str, at: str) -> None:
    try:
        n_bytes = repository.size(path, at)
    except HistoryError:
        raise ToolError(
            f"no file {clip(path)!r} at {at[:12]}: search_code and find_symbol tell paths"
        ) from None
    if n_bytes > _MOST_BYTES:
        raise ToolError(
            f"{clip(path)!r} has {n_bytes:,} bytes, and at most {_MOST_BYTES:,} are read: "
            "use search_code"
        )
