"""Scan text character by character, after the classes that Unicode gives them."""

import unicodedata

_PREFIXES = "#@"
_WORD_CLASSES = ("L", "N", "M", "Pc")


def is_word(character):
    """Tell whether a character is part of a word."""
    return unicodedata.category(character).startswith(_WORD_CLASSES)


def normalise(text):
    """Return text in compatibility form and lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def scan(text):
    """Yield tokens in order."""
    token = ""
    for character in normalise(text):
        if is_word(character) or (character == "'" and token and token[-1] not in _PREFIXES):
            token += character
            continue
        if token.strip("#@'"):
            yield token.rstrip("'")
        token = character if character in _PREFIXES else ""
    if token.strip("#@'"):
        yield token.rstrip("'")
