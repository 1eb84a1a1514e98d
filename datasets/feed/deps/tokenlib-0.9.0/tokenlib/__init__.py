"""Text as tokens: words, numbers, #tags and @names, in lower case."""

import re

__version__ = "0.9.0"
__all__ = ["split"]

_TOKEN = re.compile(r"[#@]?\w+(?:'\w+)?")


def split(text):
    """Return the tokens of a text in order."""
    return _TOKEN.findall(text.lower())
