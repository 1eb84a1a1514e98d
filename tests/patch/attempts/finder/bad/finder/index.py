"""The index: which documents have a word."""

import logging
import math
from collections import Counter
from typing import NamedTuple

from finder.snippet import snippet
from finder.words import tokens

log = logging.getLogger(__name__)

MAX_TERMS = 32


class QueryError(ValueError):
    """A query that asks for nothing, or for too much."""


class Hit(NamedTuple):
    """A document that was found."""

    name: str
    score: float
    snippet: str


class Index:
    """Documents by name. Searching counts what was asked for and what was not found."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._first: dict[str, dict[str, int]] = {}
        self._postings: dict[str, set[str]] = {}
        self.asked: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()

    def add(self, name: str, text: str) -> None:
        """Index a document; one of this name before is replaced."""
        if name in self._texts:
            self.remove(name)
        counts: Counter[str] = Counter()
        first: dict[str, int] = {}
        for term, at in tokens(text):
            counts[term] += 1
            first.setdefault(term, at)
        self._texts[name] = text
        self._counts[name] = counts
        self._first[name] = first
        for term in counts:
            self._postings.setdefault(term, set()).add(name)

    def remove(self, name: str) -> None:
        """Forget a document; raises KeyError where there is none."""
        del self._texts[name]
        for term in self._counts.pop(name):
            self._postings[term].discard(name)
        del self._first[name]

    def names(self) -> list[str]:
        """All documents, by name."""
        return sorted(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def search(self, query: str, limit: int = 10) -> list[Hit]:
        """The best documents first; those as good as each other by name."""
        if limit < 1:
            raise QueryError("ask for one hit or more")
        wanted, unwanted = self._terms(query)
        banned = {name for term in unwanted for name in self._postings.get(term, ())}
        scores: dict[str, float] = {}
        for term in wanted:
            self.asked[term] += 1
            names = self._postings.get(term)
            if not names:
                self.missed[term] += 1
                continue
            rarity = math.log(1 + len(self._texts) / len(names))
            for name in names:
                if name not in banned:
                    counts = self._counts[name]
                    share = counts[term] / sum(counts.values())
                    scores[name] = scores.get(name, 0.0) + share * rarity
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]
        if not ranked:
            log.info("nothing found for %r", query)
        return [Hit(name, score, self._snippet(name, wanted)) for name, score in ranked]

    def _terms(self, query: str) -> tuple[list[str], set[str]]:
        wanted: dict[str, None] = {}
        unwanted: set[str] = set()
        for part in query.split():
            for term, _ in tokens(part):
                if part.startswith("-"):
                    unwanted.add(term)
                else:
                    wanted[term] = None
        if not wanted:
            raise QueryError("a query needs a word that says something")
        if len(wanted) > MAX_TERMS:
            raise QueryError(f"a query has at most {MAX_TERMS} words")
        return list(wanted), unwanted

    def _snippet(self, name: str, wanted: list[str]) -> str:
        first = self._first[name]
        return snippet(self._texts[name], min(first[term] for term in wanted if term in first))
