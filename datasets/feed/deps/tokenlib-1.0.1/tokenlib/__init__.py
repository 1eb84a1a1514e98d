"""Text as tokens: words, numbers, #tags and @names, in lower case.

Since 1.0 text is brought to a normal form first, so that composed and decomposed letters, and
letters of full width, give the same tokens. ASCII is in normal form already.
"""

import re

from tokenlib.scan import scan

__version__ = "1.0.1"
__all__ = ["count", "split"]

_TOKEN = re.compile(r"[#@]?\w+(?:'\w+)?")


def split(text):
    """Return the tokens of a text in order."""
    return _TOKEN.findall(text.lower()) if text.isascii() else list(scan(text))


def count(text):
    """Return how many tokens a text has."""
    return len(split(text))
