"""Python's marshal format, as far as plain data goes: what a stranger's bytes may be trusted with.

`marshal.loads` may crash or run away on bytes that were not made by `marshal.dumps`, and makes code
objects. This reads numbers, texts, tuples, lists and dicts of versions 0 to 5 and refuses the rest
(CPython, Python/marshal.c). What it makes is never larger than a few times the bytes read, and
never takes longer to hash or compare: an object may be referred to again only where it is small
and holds no others, and the keys of a dict are such that nobody can make many of them collide.
"""

from __future__ import annotations

from struct import Struct, unpack_from
from struct import error as StructError
from typing import Any

from workbench.errors import ParseError

MOST_DEPTH = 16
MOST_REPEATED = 8
"""Items of a tuple that may be referred to again."""
MOST_ODD_KEYS = 100
"""Keys of one dict that could be made to collide."""

_FLAG_REF = 0x80
_INT, _FLOAT, _REF = 0x69, 0x67, 0x72  # i g r
_SMALL, _LARGE, _LIST, _DICT, _NULL = 0x29, 0x28, 0x5B, 0x7B, 0x30  # ) ( [ { 0
_CONSTANTS = {0x4E: None, 0x46: False, 0x54: True}  # N F T
_SHORT_TEXTS = frozenset(b"zZ")
_LONG_TEXTS = frozenset(b"stuaA")
_OPENING = frozenset((_SMALL, _LARGE, _LIST, _DICT))
_UNNUMBERED = frozenset((0x52, *_CONSTANTS))
"""Kinds to which nothing refers, whatever their flag."""
_ROOT, _ENDLESS = -1, -1

_int32, _uint32 = Struct("<i").unpack_from, Struct("<I").unpack_from
_double = Struct("<d").unpack_from
_UNREADABLE = object()
"""What a reference finds of an object that is not whole yet, or too large to be had again."""


def load(data: bytes) -> Any:
    """Return the value that bytes hold; ParseError where they hold none of plain data."""
    try:
        return _load(data)
    except (StructError, IndexError) as error:
        raise ParseError("expected more bytes", place=f"byte {len(data)}") from error


def _load(data: bytes) -> Any:
    """Read object after object; what opens a container is read on within it."""
    at, refs, interned, opened = 0, [], [], []  # type: ignore[var-annotated]
    items: list[Any] = []
    n, inside, own_ref = 1, _ROOT, -1
    while True:
        code = data[at]
        begin, at = at, at + 1
        kind = code & 0x7F
        if kind == _REF:
            value = refs[_uint32(data, at)[0]]
            at += 4
            if value is _UNREADABLE:
                expected = f"at most {MOST_REPEATED} plain items where an object comes again"
                raise ParseError(f"expected {expected}, got more", place=f"byte {begin}")
            items.append(value)
        elif kind == _INT:
            value = _int32(data, at)[0]
            at += 4
            items.append(value)
            if code & _FLAG_REF:
                refs.append(value)
        elif kind == _FLOAT:
            value = _double(data, at)[0]
            at += 8
            items.append(value)
            if code & _FLAG_REF:
                refs.append(value)
        elif kind in _OPENING:
            opened.append((items, n, inside, own_ref))
            n, at = _count(kind, data, at, len(opened))
            items, inside, own_ref = [], kind, -1
            if code & _FLAG_REF:
                own_ref = len(refs)
                refs.append(_UNREADABLE)
        elif kind == _NULL and inside == _DICT and len(items) % 2 == 0:
            n = len(items)
        else:
            value, at = _scalar(kind, data, at, interned)
            items.append(value)
            if code & _FLAG_REF and kind not in _UNNUMBERED:
                refs.append(value)
        while len(items) == n:
            if inside == _ROOT:
                return items[0]
            value = tuple(items) if inside == _SMALL else _closed(inside, items, begin)
            if own_ref >= 0 and _is_small(value):
                refs[own_ref] = value
            items, n, inside, own_ref = opened.pop()
            items.append(value)


def _count(kind: int, data: bytes, at: int, depth: int) -> tuple[int, int]:
    """Return how many items a container has, and where they begin."""
    if kind == _DICT:
        n, begin = _ENDLESS, at
    elif kind == _SMALL:
        n, begin = data[at], at + 1
    else:
        n, begin = _uint32(data, at)[0], at + 4
    if depth > MOST_DEPTH or n > len(data) - begin:
        raise ParseError(f"expected less than {n} items, or less deep", place=f"byte {at}")
    return n, begin


def _closed(kind: int, items: list[Any], at: int) -> Any:
    """Return a container of items."""
    if kind == _LIST:
        return items
    if kind != _DICT:
        return tuple(items)
    keys = items[::2]
    if len(keys) > MOST_ODD_KEYS and sum(not _is_safe(key) for key in keys) > MOST_ODD_KEYS:
        expected = f"texts as keys, or at most {MOST_ODD_KEYS} others"
        raise ParseError(f"expected {expected}, got more", place=f"byte {at}")
    try:
        return dict(zip(keys, items[1::2], strict=True))
    except TypeError as error:
        raise ParseError("expected keys that hold no list or dict", place=f"byte {at}") from error


def _is_safe(key: Any) -> bool:
    """Tell whether the hash of a key depends on a text, and on one short number at most."""
    if type(key) is not tuple:
        return type(key) is str
    return (
        len(key) == 3
        and type(key[0]) is type(key[2]) is str
        and type(key[1]) is int
        and -(2**63) <= key[1] < 2**63
    )


def _is_small(value: Any) -> bool:
    if len(value) > MOST_REPEATED or type(value) is not tuple:
        return not value
    return not any(isinstance(item, tuple | list | dict) for item in value)


def _scalar(kind: int, data: bytes, at: int, interned: list[str]) -> tuple[Any, int]:
    """Return a value that holds no others, of the kinds that are texts or rare, and its end."""
    if kind in _SHORT_TEXTS:
        end = at + 1 + data[at]
        return _slice(data, at + 1, end).decode("latin-1"), end
    if kind in _LONG_TEXTS:
        end = at + 4 + _uint32(data, at)[0]
        text = _slice(data, at + 4, end).decode("utf-8", "replace")
        if kind == 0x74:  # t
            interned.append(text)
        return text, end
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], at
    if kind == 0x49:  # I
        return unpack_from("<q", data, at)[0], at + 8
    if kind == 0x6C:  # l
        return _long(data, at)
    if kind == 0x66:  # f
        return _text_float(data, at)
    if kind == 0x52:  # R
        return interned[_uint32(data, at)[0]], at + 4
    raise ParseError(f"expected plain data, got type {chr(kind)!r}", place=f"byte {at - 1}")


def _long(data: bytes, at: int) -> tuple[int, int]:
    """Return an integer of digits of 15 bits."""
    n = _int32(data, at)[0]
    end = at + 4 + 2 * abs(n)
    if abs(n) > 40:
        raise ParseError("expected an integer of at most 600 bits", place=f"byte {at - 1}")
    digits = unpack_from(f"<{abs(n)}H", _slice(data, at + 4, end))
    value = sum(digit << (15 * place) for place, digit in enumerate(digits))
    return (-value if n < 0 else value), end


def _text_float(data: bytes, at: int) -> tuple[float, int]:
    end = at + 1 + data[at]
    text = _slice(data, at + 1, end)
    try:
        return float(text), end
    except ValueError as error:
        raise ParseError(f"expected a number, got {text!r:.40}", place=f"byte {at - 1}") from error


def _slice(data: bytes, begin: int, end: int) -> bytes:
    if end > len(data):
        raise IndexError
    return data[begin:end]
