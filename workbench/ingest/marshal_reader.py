"""Python's marshal format, as far as plain data goes: what a stranger's bytes may be trusted with.

`marshal.loads` may crash or run away on bytes that were not made by `marshal.dumps`, and makes code
objects. This reads numbers, texts, tuples, lists and dicts of versions 0 to 5 and refuses the rest
(CPython, Python/marshal.c). What it makes is never larger than a few times the bytes read.
"""

from __future__ import annotations

from struct import error as StructError
from struct import unpack_from
from typing import Any

from workbench.errors import ParseError

MOST_DEPTH = 16
_FLAG_REF = 0x80
_NULL = object()


def load(data: bytes) -> Any:
    """Return the value that bytes hold; ParseError where they hold none of plain data."""
    reader = _Reader(data)
    try:
        return reader.read(0)
    except (StructError, IndexError) as error:
        raise ParseError("expected more bytes", place=f"byte {len(data)}") from error
    except (ValueError, TypeError) as error:  # no UTF-8, no number, a list as the key of a dict
        raise ParseError(f"expected marshal data: {error}", place=f"byte {reader.at}") from error


class _Reader:
    """Bytes, a place in them, and the objects that later ones may refer to."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.refs: list[Any] = []
        self.interned: list[Any] = []

    def read(self, depth: int) -> Any:
        """Read one object."""
        begin = self.at
        code = self.data[begin]
        self.at = begin + 1
        kind = code & 0x7F
        if code & _FLAG_REF:
            number = len(self.refs)
            self.refs.append(None)
            self.refs[number] = value = self._content(kind, depth, begin)
            return value
        return self._content(kind, depth, begin)

    def _content(self, kind: int, depth: int, begin: int) -> Any:
        data, at = self.data, self.at
        if kind in _SHORT:  # a text of up to 255 bytes
            end = at + 1 + data[at]
            self.at = end
            return self._bytes(at + 1, end).decode("latin-1")
        if kind == 0x69:  # i
            self.at = at + 4
            return unpack_from("<i", data, at)[0]
        if kind == 0x67:  # g
            self.at = at + 8
            return unpack_from("<d", data, at)[0]
        if kind == 0x72:  # r
            self.at = at + 4
            return self.refs[unpack_from("<I", data, at)[0]]
        if kind == 0x29:  # )
            self.at = at + 1
            return self._items(data[at], depth)
        if kind in _LONG_TEXTS:
            end = at + 4 + unpack_from("<I", data, at)[0]
            self.at = end
            text = self._bytes(at + 4, end).decode("utf-8", "replace")
            if kind == 0x74:  # t
                self.interned.append(text)
            return text
        if kind == 0x28:  # (
            self.at = at + 4
            return self._items(unpack_from("<I", data, at)[0], depth)
        if kind == 0x5B:  # [
            self.at = at + 4
            return list(self._items(unpack_from("<I", data, at)[0], depth))
        if kind == 0x7B:  # {
            return self._dict(depth)
        return self._rare(kind, begin)

    def _rare(self, kind: int, begin: int) -> Any:
        data, at = self.data, self.at
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == 0x49:  # I
            self.at = at + 8
            return unpack_from("<q", data, at)[0]
        if kind == 0x6C:  # l: digits of 15 bits
            n = unpack_from("<i", data, at)[0]
            end = at + 4 + 2 * abs(n)
            raw = self._bytes(at + 4, end)
            self.at = end
            digits = unpack_from(f"<{abs(n)}H", raw)
            if abs(n) > 40:
                raise ParseError("expected an integer of at most 600 bits", place=f"byte {begin}")
            value = sum(digit << (15 * place) for place, digit in enumerate(digits))
            return -value if n < 0 else value
        if kind == 0x66:  # f
            end = at + 1 + data[at]
            self.at = end
            return float(self._bytes(at + 1, end))
        if kind == 0x52:  # R
            self.at = at + 4
            return self.interned[unpack_from("<I", data, at)[0]]
        raise ParseError(f"expected plain data, got type {chr(kind)!r}", place=f"byte {begin}")

    def _bytes(self, begin: int, end: int) -> bytes:
        if end > len(self.data):
            raise IndexError
        return self.data[begin:end]

    def _items(self, n: int, depth: int) -> tuple[Any, ...]:
        if depth >= MOST_DEPTH or n > len(self.data) - self.at:
            raise ParseError(f"expected less than {n} items, or less deep", place=f"byte {self.at}")
        read, below = self.read, depth + 1
        return tuple([read(below) for _ in range(n)])

    def _dict(self, depth: int) -> dict[Any, Any]:
        if depth >= MOST_DEPTH:
            raise ParseError("expected data less deep", place=f"byte {self.at}")
        found: dict[Any, Any] = {}
        read, below = self.read, depth + 1
        while (key := read(below)) is not _NULL:
            found[key] = read(below)
        return found


_CONSTANTS = {0x30: _NULL, 0x4E: None, 0x46: False, 0x54: True}  # 0 N F T
_SHORT = frozenset((0x7A, 0x5A))  # z Z
_LONG_TEXTS = frozenset((0x73, 0x74, 0x75, 0x61, 0x41))  # s t u a A
