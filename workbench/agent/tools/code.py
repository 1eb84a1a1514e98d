"""Code and documents, as they are at a revision."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.agent.investigation import Investigation
from workbench.agent.tools.brief import clip, take
from workbench.errors import ToolError
from workbench.history import Repository

_DOCUMENT_ENDINGS = (".md", ".rst", ".txt", "METADATA")
_PAGE_BYTES = 4000
_MAX_PATH_BYTES = 1000


def search_code(
    investigation: Investigation,
    pattern: Annotated[str, Field(description="Extended regular expression", max_length=200)],
    revision: Annotated[str, Field(description="head (now) or base (before the deploy)")] = "head",
    limit: Annotated[int, Field(description="How many lines", ge=1, le=30)] = 10,
) -> dict[str, Any]:
    """Search the repository's files for lines that match a regular expression."""
    repository, at = _at(investigation, revision)
    if not pattern.replace("\t", " ").isprintable():
        raise ToolError("expected a regular expression of printable characters on one line")
    found = repository.search(pattern, at, limit + 1)
    rows = [
        {"path": clip(p, _MAX_PATH_BYTES), "line": n, "text": clip(t)} for p, n, t in found[:limit]
    ]
    lines = take(rows)
    return {"lines": lines, "more": len(lines) < len(found)}


def read_document(
    investigation: Investigation,
    path: Annotated[str, Field(description="Path in the repository; empty lists them")] = "",
    offset: Annotated[int, Field(description="First character to return", ge=0)] = 0,
) -> dict[str, Any]:
    """Read a page of one of the repository's documents (README, CHANGELOG, docs), or list them."""
    repository, at = _at(investigation, "head")
    documents = [f for f in repository.files(at) if f.endswith(_DOCUMENT_ENDINGS)]
    if not path:
        listed = take(documents[:50])
        return {"documents": listed, "more": len(listed) < len(documents)}
    if path not in documents:
        raise ToolError(f"no document {clip(path)!r}; list them with an empty path")
    text = repository.read(path, at)
    page = clip(text[offset:], _PAGE_BYTES)
    more = offset + len(page) < len(text)
    return {"path": clip(path, _MAX_PATH_BYTES), "text": page, "more": more}


def _at(investigation: Investigation, revision: str) -> tuple[Repository, str]:
    if investigation.repository is None:
        raise ToolError("this store came without a repository: no code to read")
    named = {"head": investigation.head, "base": investigation.base}
    if revision not in named:
        raise ToolError(f"expected revision head or base, got {clip(revision)!r}")
    return investigation.repository, named[revision]
