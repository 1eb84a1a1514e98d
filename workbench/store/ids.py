"""Content hashes of 64 bits: of texts one by one, of columns all at once."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


@lru_cache(maxsize=1 << 18)
def hash_text(*parts: object) -> int:
    """Return the hash of some texts, as fits a signed column."""
    text = "\0".join(map(str, parts)).encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def hash_bytes(*parts: bytes) -> int:
    """Return the hash of some bytes, each with its length."""
    digest = blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return int.from_bytes(digest.digest(), "big", signed=True)


def hash_columns(*columns: npt.NDArray[np.int64]) -> Ids:
    """Return a hash for each row of some columns."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = _mix((mixed ^ column.astype(np.int64).view(np.uint64)) + _STEP)
    return mixed.view(np.int64)


def hash_rows(starts: npt.NDArray[np.int64], items: Ids) -> Ids:
    """Return a hash for each row of a CSR table, which knows the order and number of its items."""
    lengths = np.diff(starts)
    places = np.arange(len(items), dtype=np.int64) - np.repeat(starts[:-1], lengths)
    mixed = hash_columns(items, places).view(np.uint64)
    sums = np.zeros(len(lengths), np.uint64)
    is_filled = lengths > 0
    if len(items):
        sums[is_filled] = np.add.reduceat(mixed, starts[:-1][is_filled])
    return hash_columns(sums.view(np.int64), lengths)


_STEP = np.uint64(0x9E3779B97F4A7C15)


def _mix(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over all (the finalizer of splitmix64: Steele, Lea, Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


EMPTY_STACK = int(hash_rows(np.zeros(2, np.int64), np.zeros(0, np.int64))[0])
"""Id of the stack without frames."""
