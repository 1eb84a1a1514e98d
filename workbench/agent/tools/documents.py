"""What people wrote: the repository's documents, and those of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, number, page
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.agent.library import Document

_PAGE_BYTES = 4000
_MAX_PATH_BYTES = 1000

DocumentPath = Annotated[str, Field(description="Path in the repository, or id in the store")]


class DocumentRow(TypedDict):
    """One document."""

    path: DocumentPath
    title: str
    at: At
    score: Annotated[float, Field(description="How well it fits (BM25); 0 where all are listed")]
    snippet: Annotated[str, Field(description="The line that fits best, and the next")]
    offset: Annotated[int, Field(description="Where it stands, for read_document")]


class Documents(TypedDict):
    """A page of documents."""

    documents: list[DocumentRow]
    total: Total
    next_offset: NextOffset


def search_documents(
    investigation: Investigation,
    query: Annotated[
        str, Field(description="Words to look for; empty lists all documents", max_length=500)
    ] = "",
    limit: Limit = 10,
    offset: Offset = 0,
) -> Documents:
    """Search runbooks, guidelines, design documents and incident reviews, of the repository and of
    the store, best match first.
    """
    library = investigation.library
    if query.strip():
        scores = library.index.scores(query)
        order = sorted(range(len(scores)), key=lambda n: -scores[n])
        chosen = [(library.documents[n], scores[n]) for n in order if scores[n] > 0]
    else:
        chosen = [(document, 0.0) for document in library.documents]

    def show(found: tuple[Document, float]) -> DocumentRow:
        document, score = found
        lines = document.text.split("\n")
        place = library.index.best_line(query, lines) if score else 0
        return {
            "path": clip(document.path, _MAX_PATH_BYTES),
            "title": clip(document.title),
            "at": document.at,
            "score": number(score, 4) or 0.0,
            "snippet": clip("\n".join(lines[place : place + 2]), 240),
            "offset": sum(len(line) + 1 for line in lines[:place]),
        }

    rows, next_offset = page(chosen, offset, limit, show)
    return {"documents": rows, "total": len(chosen), "next_offset": next_offset}


class DocumentPage(TypedDict):
    """A page of one document."""

    path: DocumentPath
    title: str
    text: str
    total: Annotated[int, Field(description="Characters of the document")]
    next_offset: Annotated[int | None, Field(description="offset of the next page; null: no more")]


def read_document(
    investigation: Investigation,
    path: Annotated[str, Field(description="Path or id as search_documents has it", min_length=1)],
    offset: Annotated[int, Field(description="First character to return, from 0", ge=0)] = 0,
) -> DocumentPage:
    """Read a page of one document (README, CHANGELOG, runbook, incident review)."""
    known = investigation.library.by_path
    document = known.get(path) or _as_shown(known, path)
    if document is None:
        raise ToolError(f"no document {clip(path)!r}: search_documents tells which there are")
    text = document.text[offset:] if offset <= len(document.text) else ""
    shown = clip(text, _PAGE_BYTES)
    end = offset + len(shown)
    return {
        "path": clip(document.path, _MAX_PATH_BYTES),
        "title": clip(document.title),
        "text": shown,
        "total": len(document.text),
        "next_offset": end if end < len(document.text) else None,
    }


def _as_shown(known: dict[str, Document], path: str) -> Document | None:
    """Return the document whose path is shown so: long ones are cut in replies."""
    if len(path) < _MAX_PATH_BYTES // 6:  # no path so short is cut
        return None
    return next((d for name, d in known.items() if clip(name, _MAX_PATH_BYTES) == path), None)
