"""Where two ways to an answer part."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import zip_longest


def first_parting(before: Sequence[Hashable], after: Sequence[Hashable]) -> int:
    """Return the number of the first step at which two ways part, from 0; -1 where none does.

    A way of which no step was kept parts from none.
    """
    if not before or not after:
        return -1
    pairs = enumerate(zip_longest(before, after))
    return next((number for number, (one, other) in pairs if one != other), -1)
