"""Text as tokens: words, numbers, #tags and @names, in lower case.

Since 1.0 text is brought to a normal form first, so that composed and decomposed letters, and
letters of full width, give the same tokens.
"""

from tokenlib.scan import scan

__version__ = "1.0.0"
__all__ = ["count", "split"]


def split(text):
    """Return the tokens of a text in order."""
    return list(scan(text))


def count(text):
    """Return how many tokens a text has."""
    return len(split(text))
