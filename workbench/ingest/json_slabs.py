"""JsonSlabs (`.jslb`): JSON whose columns of numbers stand apart, as samply writes profiles.

Specification: `FORMAT.md` of mstange/json-slabs, version 1. A table of slabs follows the header;
`{"$s": n}` in a JSON slab stands for slab n, numbers or JSON again. Each is used once at most and
none overlap, as their writers have it: so a small file cannot stand for a large document.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node

MAGIC = bytes.fromhex("dcdf4a534c420100")

_HEADER = struct.Struct("<8sIII")  # magic, version, number of slabs, the root's
_ENTRY = struct.Struct("<III")  # type, where it begins, bytes
_NUMBERS = ("i1", "u1", "<i2", "<u2", "<i4", "<u4", "<f4", "<f8", "<i8", "<u8")
_JSON = len(_NUMBERS)

Slab = tuple[int, bytes | memoryview]


def read_slabs(data: bytes) -> Node:
    """Return the document of a file, its slabs put in their places."""
    slabs, root = _slabs(data)
    document = _value(slabs[root], root)
    used = {root}
    left: list[Any] = [document]
    while left:
        node = left.pop()
        for key, value in _items(node):
            number = value.get("$s") if isinstance(value, dict) and len(value) == 1 else None
            if type(number) is int:
                if not 0 <= number < len(slabs) or number in used:
                    seen = "one that is used already" if number in used else number
                    raise ParseError(f"expected one of {len(slabs)} slabs, got {seen}", place="$")
                used.add(number)
                node[key] = value = _value(slabs[number], number)
                if slabs[number][0] != _JSON:
                    continue
            if isinstance(value, dict | list):
                left.append(value)
    return Node(document, "$")


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    return iter(list(node.items())) if isinstance(node, dict) else enumerate(node)


def _slabs(data: bytes) -> tuple[list[Slab], int]:
    """Return the slabs, and which is the root."""
    if len(data) < _HEADER.size:
        raise ParseError(f"expected a header of {_HEADER.size} bytes", place=f"byte {len(data)}")
    magic, version, n, root = _HEADER.unpack_from(data)
    if magic != MAGIC or version != 1:
        raise ParseError(f"expected JsonSlabs of version 1, got {version}", place="byte 0")
    first = _HEADER.size + n * _ENTRY.size
    if first > len(data) or root >= n:
        raise ParseError(
            f"expected {n} slabs, the root among them, got the root {root} and {len(data)} bytes",
            place="byte 12",
        )
    slabs: list[Slab] = []
    view, left = memoryview(data), len(data) - first
    for number in range(n):
        kind, start, size = _ENTRY.unpack_from(data, _HEADER.size + number * _ENTRY.size)
        left -= size
        item_size = 1 if kind >= _JSON else np.dtype(_NUMBERS[kind]).itemsize
        if kind > _JSON or start + size > len(data) or left < 0 or size % item_size:
            raise ParseError(
                f"expected slab {number} within the file, got type {kind}, {size} bytes at {start}",
                place=f"byte {_HEADER.size + number * _ENTRY.size}",
            )
        slabs.append((kind, view[start : start + size]))
    if slabs[root][0] != _JSON:
        raise ParseError(f"expected JSON in slab {root}, the root", place="byte 16")
    return slabs, root


def _value(slab: Slab, number: int) -> Any:
    kind, data = slab
    if kind != _JSON:
        return np.frombuffer(data, _NUMBERS[kind]).tolist()
    try:
        return Content(bytes(data)).json.value
    except ParseError as error:
        raise ParseError(
            error.message, place=f"slab {number} {error.place or ''}".strip()
        ) from None
