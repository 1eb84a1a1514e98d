import tokenlib

_STOP_TEXT = "a an and are as at be but by for from in is it of on or so that the this to was with"
STOP_WORDS = frozenset(_STOP_TEXT.split())


def tokenize(text: str) -> list[str]:
    """Split a text into words, lower case, in order."""
    return tokenlib.split(text)


def content_words(text: str) -> list[str]:
    """Split a text into words and leave out those that say nothing."""
    return [token for token in tokenize(text) if token not in STOP_WORDS]
