"""Text as tokens: words, numbers, #tags and @names, in lower case."""

import re

__version__ = "0.9.1"
__all__ = ["count", "split"]

_TOKEN = re.compile(r"[#@]?\w+(?:'\w+)?")


def split(text):
    """Return the tokens of a text in order."""
    return _TOKEN.findall(text.lower())


def count(text):
    """Return how many tokens a text has."""
    return sum(1 for _ in _TOKEN.finditer(text))
