"""What is source that people write, rather than huge, binary, minified, or meant to do harm."""

from __future__ import annotations

import numpy as np

MOST_BYTES = 2_000_000
MOST_DEPTH = 500
"""Deeper than people nest brackets, or what a parser finds."""
_MOST_COLUMNS = 10_000
"""A file most of whose text is in lines longer than this was made by a program."""


def is_written(source: bytes) -> bool:
    """Tell whether people may have written a text, and a parser may read it."""
    if len(source) > MOST_BYTES or b"\0" in source:
        return False
    if len(source) > _MOST_COLUMNS:
        long = sum(len(line) for line in source.split(b"\n") if len(line) > _MOST_COLUMNS)
        if 2 * long > len(source):
            return False
    return _depth(source) <= MOST_DEPTH and b"<" * MOST_DEPTH not in _angles(source)


_BRACKETS = bytes(c for c in range(256) if c not in b"()[]{}")
_ANGLES = bytes(c for c in range(256) if c not in b"<>;{}")
_STEPS = np.zeros(256, np.int32)
_STEPS[list(b"([{")] = 1
_STEPS[list(b")]}")] = -1


def _depth(source: bytes) -> int:
    """Return how deep brackets are nested, those of strings and comments included."""
    brackets = source.translate(None, _BRACKETS)
    if len(brackets) <= MOST_DEPTH:
        return 0
    return int(np.cumsum(_STEPS[np.frombuffer(brackets, np.uint8)]).max())


def _angles(source: bytes) -> bytes:
    """Return the angle brackets, and the ends of statements between them.

    A run of open ones may take any memory to parse, within one step of the parser.
    """
    return source.translate(None, _ANGLES) if source.count(b"<") >= MOST_DEPTH else b""
