"""What people wrote: documents of a repository and of a store, and past cases, by their words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.agent.relevance import TextIndex
from workbench.agent.tools.brief import clip, moment

if TYPE_CHECKING:
    import pandas as pd

    from workbench.history import Repository
    from workbench.types import Records

_ENDINGS = (".md", ".rst", ".txt", ".adoc", "METADATA")
_MOST_BYTES = 1_000_000  # of a document that is looked into
_MOST_DOCUMENTS = 2000
_OF_CASES = ("subject", "title", "category", "cause", "mitigation")


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


def read_library(repository: Repository | None, revision: str, records: Records | None) -> Library:
    """Read a repository's documents at a revision, and those of a store.

    Parameters
    ----------
    repository : Repository or None
        None where there is none to read.
    revision : str
        At which it is read.
    records : Records or None
        With the store's documents.
    """
    found = [] if repository is None else _from_repository(repository, revision)
    if records is not None:
        for row in records.documents.to_dict("records"):
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


def index_cases(past_cases: pd.DataFrame) -> tuple[list[dict[str, Any]], TextIndex]:
    """Return past cases as rows, and what they are found by."""
    cases: list[Any] = past_cases.to_dict("records")
    return cases, TextIndex.of(" ".join(_text(case, name) for name in _OF_CASES) for case in cases)


def _text(case: dict[str, Any], name: str) -> str:
    return case[name] if isinstance(case[name], str) else ""
