"""Words of names and texts: how alike two sets of them are, and how names are written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = (
    "ization",
    "ations",
    "ation",
    "ings",
    "ing",
    "ies",
    "ers",
    "er",
    "ed",
    "es",
    "s",
    "e",
    "y",
)
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = "[._ -]?"
_FEWEST_BEHIND = 2
_MIN_WORD = 2
_COMMON = frozenset(
    "the and for with from into that this not are was new use add fix its all per locals lambda "
    "module init self main test src lib in of to is it on at by or an as be no py".split()
)


def words_of(text: str) -> set[str]:
    """Return the words of a text, names cut at `_` and at capitals, without their endings."""
    words = (part.lower() for part in _PARTS.findall(text))
    return {_stem(word) for word in words if len(word) >= _MIN_WORD and word not in _COMMON}


def spellings(name: str) -> list[str]:
    """Return how code may write the name of a flag or a setting, as extended regular expressions.

    `a.b`, `a_b` and `a-b` are one name. What ends with two words of it or more, behind something
    that is filled in, may be it: `{kind}_cache_size`.
    """
    words = _WORD.findall(name)
    ends = [words[i:] for i in range(1, len(words) - _FEWEST_BEHIND + 1)]
    return [
        *([_BETWEEN.join(words)] if words else []),
        *("}[._-]" + _BETWEEN.join(end) for end in ends),
    ]


def likeness(said: Iterable[str], weights: Mapping[str, float]) -> float:
    """Return the cosine between a set of words and weighted ones, 0 to 1."""
    said = set(said)
    length = math.sqrt(sum(weight**2 for weight in weights.values())) * math.sqrt(len(said))
    return sum(weights.get(word, 0.0) for word in said) / length if length else 0.0


def _stem(word: str) -> str:
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) > _MIN_WORD), "")
    return word.removesuffix(ending)
