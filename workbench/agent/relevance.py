"""Which texts are about what is asked: BM25 over words and the parts of names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_COMMON = frozenset(
    _WORD.findall(
        "a an and are as at be by for from has have how in is it its no not of on or that the this "
        "to was we were what when which who why will with"
    )
)
_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b of BM25: how soon a word said again counts less, and how much long texts are held
against them."""


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, singular; names also by their parts."""
    found = []
    for word in _WORD.findall(text):
        parts = [part.lower() for part in _PART.findall(word)] or [word]
        for part in {*parts, word.lower()}:
            if part not in _COMMON:
                found.append(_singular(part))
    return found


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@dataclass(frozen=True, eq=False, repr=False)
class TextIndex:
    """Words of texts."""

    counts: tuple[Counter[str], ...]
    """Of each text."""
    holders: Counter[str]
    """In how many texts each word is."""
    mean_length: float

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextIndex:
        """Return the index of texts."""
        counts = tuple(Counter(words_of(text)) for text in texts)
        holders = Counter(word for count in counts for word in count)
        length = sum(count.total() for count in counts) / max(1, len(counts))
        return cls(counts, holders, max(1.0, length))

    def weight(self, word: str) -> float:
        """Return how much a word tells: the rarer, the more."""
        n_texts, n_holders = len(self.counts), self.holders[word]
        return math.log(1 + (n_texts - n_holders + 0.5) / (n_holders + 0.5))

    def scores(self, query: str) -> list[float]:
        """Return how well each text fits; 0 where it shares no word."""
        asked = {word: self.weight(word) for word in words_of(query) if self.holders[word]}
        return [self._score(count, asked) for count in self.counts]

    def _score(self, count: Counter[str], asked: dict[str, float]) -> float:
        length = 1 - _LENGTH + _LENGTH * count.total() / self.mean_length
        return sum(
            weight * count[word] * (_SATURATION + 1) / (count[word] + _SATURATION * length)
            for word, weight in asked.items()
            if count[word]
        )

    def best_line(self, query: str, lines: Sequence[str]) -> int:
        """Return the line that says most of what is asked; the first where none does."""
        asked = {word: self.weight(word) for word in words_of(query)}
        gains = [sum(asked.get(word, 0.0) for word in {*words_of(line)}) for line in lines]
        return max(range(len(lines)), key=gains.__getitem__, default=0)
