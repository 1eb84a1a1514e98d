"""Parse source with tree-sitter, within a time limit, and keep what was found by content."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import tree_sitter

from workbench.attribute.code.grammars import BY_NAME, Language, grammar, language_of, query
from workbench.attribute.code.walk import Walk
from workbench.attribute.code.written import MOST_BYTES, MOST_DEPTH, is_written
from workbench.history import Span

MOST_SECONDS = 4.0
"""CPU time given to parsing one file."""
_MOST_ERROR_PARTS = 20_000
_CHUNK_BYTES = 65536
_HACK_TAG = re.compile(rb"\A<\?hh\b")


@contextmanager
def no_cycles_sought() -> Iterator[None]:
    """Pause the garbage collector: syntax trees have no cycles, and seeking some takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


_NOT_END = re.compile(rb"[^\n]")
_HACK_TYPES = re.compile(rb"<[\w\s,?\\:.()]*>|\basync\b")


def _without_hack_types(source: bytes) -> bytes:
    """Blank what Hack has over PHP before most functions: type arguments and `async`."""
    for _ in range(4):  # types within types
        source = _HACK_TYPES.sub(_blank, source)
    return source


_MACROS = re.compile(
    rb"(?<=class )\s*[A-Z][A-Z0-9_]*(?=\s+\w[\w:<>]*\s*(?:final\s*)?[:{])"
    rb"|(?<=struct )\s*[A-Z][A-Z0-9_]*(?=\s+\w[\w:<>]*\s*(?:final\s*)?[:{])"
    rb"|^[ \t]*\w*(?:BEGIN|END|OBJECT|NAMESPACE)\w*[ \t]*\r?$",
    re.MULTILINE,
)
"""What stands where the grammar of C++ expects no macro: exports, and lines of one word."""


def _blank(match: re.Match[bytes]) -> bytes:
    return _NOT_END.sub(b" ", match[0])


class Parsed(NamedTuple):
    """What was found in a text."""

    spans: list[Span]
    notes: list[tuple[int, int]]
    """First byte and end of each comment."""


_parsed: dict[tuple[bytes, str], Parsed] = {}
"""What was found in the latest texts, by their digests."""
_MOST_PARSED = 8192


def read_both(before: str, after: str, path: str) -> None:
    """Parse two versions of a file at once, which is quicker than one after the other.

    What is asked of either of them next is known by then.
    """
    language = BY_NAME.get(language_of(path) or "")
    sources = [text.encode("utf-8", "surrogateescape") for text in (before, after)]
    if language and before != after and all(map(is_written, sources)):
        with no_cycles_sought():
            _, tree = _parse_as(sources[0], language)
            if tree:
                _parse_as(sources[1], language, _edited(tree, *sources))


def parse(source: bytes, language: Language) -> Parsed:
    """Parse a text and search it, unless it is known; too slow for the time limit is empty."""
    known = _parsed.get((_digest(source), language.name))  # other threads may clear it
    return known or _parse_as(source, language)[0]


def _parse_as(
    source: bytes, language: Language, like: tree_sitter.Tree | None = None
) -> tuple[Parsed, tree_sitter.Tree | None]:
    """Parse a text as a language, quicker where an edited tree is alike, and keep what is found.

    The tree comes with it where it is that of the text as it is.
    """
    key = (_digest(source), language.name)
    if len(_parsed) >= _MOST_PARSED:
        _parsed.clear()
    if language.name in {"php", "cpp"} and _HACK_TAG.match(source):
        source, language, like = b"    " + source[4:], BY_NAME["hack"], None
    if language.name == "hack":
        source = _without_hack_types(source)
    elif language.name == "cpp":
        source = _MACROS.sub(_blank, source)
    tree = _tree(source, language, like)
    _parsed[key] = parsed = _searched(tree, language, source)
    return parsed, tree if language.name != "hack" else None


def _searched(tree: tree_sitter.Tree | None, language: Language, source: bytes) -> Parsed:
    """Return the functions and comments of a tree; nothing of one that would take too long."""
    if tree is None or not _is_worth_searching(tree.root_node):
        return Parsed([], [])
    cursor = tree_sitter.QueryCursor(query(language.name))
    cursor.set_max_start_depth(MOST_DEPTH)
    found = cursor.captures(tree.root_node)
    notes = sorted((node.start_byte, node.end_byte) for node in found.get("note", ()))
    return Parsed(Walk(language, source).spans(found), notes)


def _tree(
    source: bytes, language: Language, like: tree_sitter.Tree | None
) -> tree_sitter.Tree | None:
    limit = time.process_time() + MOST_SECONDS
    parser = tree_sitter.Parser(grammar(language.name))

    def read(at: int, _: object) -> bytes:
        return source[at : at + _CHUNK_BYTES]

    def is_late(_: int, __: bool) -> bool:
        return time.process_time() > limit

    with suppress(ValueError):  # it was stopped
        if like is None:
            return parser.parse(read, progress_callback=is_late)
        return parser.parse(read, like, progress_callback=is_late)
    return None


def _edited(tree: tree_sitter.Tree, before: bytes, after: bytes) -> tree_sitter.Tree:
    """Tell a tree of one text where another differs."""
    start = _n_alike(before, after)
    tail = _n_alike(before[start:][::-1], after[start:][::-1])
    ends = len(before) - tail, len(after) - tail
    tree.edit(
        start, *ends, _point(before, start), _point(before, ends[0]), _point(after, ends[1])
    )  # fmt: skip
    return tree


def _n_alike(some: bytes, others: bytes) -> int:
    """Return how many first bytes two texts share."""
    n_bytes = min(len(some), len(others))
    pair = (np.frombuffer(text, np.uint8, n_bytes) for text in (some, others) if n_bytes)
    differs = np.not_equal(*pair) if n_bytes else np.zeros(0, bool)
    return int(differs.argmax()) if differs.any() else n_bytes


def _point(source: bytes, at: int) -> tuple[int, int]:
    """Return the line and column of a byte."""
    return source.count(b"\n", 0, at), at - (source.rfind(b"\n", 0, at) + 1)


def _digest(source: bytes) -> bytes:
    return blake2b(source, digest_size=16).digest()


def _is_worth_searching(root: Any) -> bool:
    """Tell a text with some errors from one that is all error: a search of that would not end."""
    pending, n_seen = [root], 0
    while pending:
        node = pending.pop()
        if node.child_count > _MOST_ERROR_PARTS and node.is_error:
            return False
        n_seen += node.child_count
        if n_seen > MOST_BYTES // 4:
            return False
        pending += [child for child in node.children if child.has_error]
    return True
