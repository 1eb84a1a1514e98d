"""What people wrote: the repository's documents, and those of the store."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import At, Limit, NextOffset, Offset, Total
from workbench.agent.tools.brief import clip, moment, number, page
from workbench.agent.tools.relevance import TextIndex
from workbench.errors import ToolError

if TYPE_CHECKING:
    from workbench.agent.investigation import Investigation
    from workbench.history import Repository

_ENDINGS = (".md", ".rst", ".txt", ".adoc", "METADATA")
_PAGE_BYTES = 4000
_MAX_PATH_BYTES = 1000
_MOST_BYTES = 1_000_000  # of a document that is looked into
_MOST_DOCUMENTS = 2000

DocumentPath = Annotated[str, Field(description="Path in the repository, or id in the store")]


@dataclass(frozen=True)
class Document:
    """One document."""

    path: str
    """In the repository; or its id, where it is the store's."""
    title: str
    text: str
    at: str | None = None
    """When it was written, where that is told."""


@dataclass(frozen=True)
class Library:
    """All documents there are."""

    documents: tuple[Document, ...]

    @cached_property
    def by_path(self) -> dict[str, Document]:
        """Each by its path or id."""
        return {document.path: document for document in reversed(self.documents)}

    @cached_property
    def index(self) -> TextIndex:
        """Words of each, in order; those of titles and paths count thrice."""
        return TextIndex.of(f"{d.title} {d.path} " * 3 + d.text for d in self.documents)


def read_library(investigation: Investigation) -> Library:
    """Read the repository's documents at head, and those of the store."""
    found: list[Document] = []
    if investigation.repository is not None:
        found += _from_repository(investigation.repository, investigation.versions[-1])
    if investigation.records is not None:
        for row in investigation.records.documents.to_dict("records"):
            text = row["text"] if isinstance(row["text"], str) else ""
            found.append(Document(str(row["id"]), clip(row["title"], 500), text, moment(row["at"])))
    return Library(tuple(found))


def _from_repository(repository: Repository, revision: str) -> list[Document]:
    blobs = [
        blob
        for blob in repository.blobs(revision)
        if blob.path.endswith(_ENDINGS) and blob.n_bytes <= _MOST_BYTES
    ][:_MOST_DOCUMENTS]
    contents = repository.read_blobs(blob.id for blob in blobs)
    texts = [content.decode("utf-8", "replace") for content in contents]
    return [
        Document(blob.path, _title(text), text) for blob, text in zip(blobs, texts, strict=True)
    ]


def _title(text: str) -> str:
    """Return the first line that says something."""
    lines = (line.strip("#=-* \t") for line in text[:2000].split("\n"))
    return clip(next(filter(None, lines), ""), 200)


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
