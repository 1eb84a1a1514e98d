"""What a parser is given: bytes that are unpacked, and JSON that knows where it stands."""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from workbench.errors import ParseError
from workbench.ingest import deep_json

MOST_BYTES = 1 << 30
"""What a compressed file may grow to; beyond it is taken for a bomb."""

_CHUNK = 1 << 20
_MOST_NUMBER = 10**300  # what a float holds, with room to add up
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MISSING = object()


@dataclass(frozen=True)
class Content:
    """The bytes of one file, and what more than one parser asks of them."""

    data: bytes

    @cached_property
    def head(self) -> str:
        """The first 4 kB as text, whatever they are."""
        return self.data[:4096].decode("utf-8", "replace")

    @cached_property
    def first_line(self) -> str:
        """The first line as text, however long, up to 4 MB."""
        return self.data[: 1 << 22].partition(b"\n")[0].decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """All of it as text; what is no UTF-8 becomes replacement characters."""
        return self.data.decode("utf-8", "replace")

    @property
    def is_json(self) -> bool:
        """Whether it reads as JSON."""
        return not isinstance(self._document, ParseError)

    @property
    def json(self) -> Node:
        """The document; ParseError where there is none."""
        if isinstance(self._document, ParseError):
            raise self._document
        return Node(self._document, "$")

    @cached_property
    def _document(self) -> Any:
        if self.data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
            return ParseError("expected JSON, an object or an array", place="byte 0")
        try:
            document = _loads(self.data.decode("utf-8-sig", "replace"))
            return _without_surrogates(document) if _SURROGATE.search(self.data) else document
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} column {error.colno}"
            return ParseError(f"expected JSON: {error.msg}", place=place)
        except ValueError as error:  # an integer of thousands of digits
            return ParseError(f"expected JSON: {error}")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value with its place in the document, so that a complaint can name it."""

    value: Any
    place: str

    def __getitem__(self, key: str | int) -> Node:
        """Return a member of an object or array; ParseError where it is not there."""
        if isinstance(key, str):
            found = self.object().get(key, _MISSING)
            if found is _MISSING:
                raise ParseError(f"expected {key!r}, found no such member", place=self.place)
            return Node(found, f"{self.place}.{key}")
        items = self.array()
        if not 0 <= key < len(items):
            raise ParseError(f"expected an index below {len(items)}, got {key}", place=self.place)
        return Node(items[key], f"{self.place}[{key}]")

    def get(self, key: str) -> Node | None:
        """Return a member of an object; None where it is missing or null."""
        found = self.object().get(key)
        return None if found is None else Node(found, f"{self.place}.{key}")

    def __contains__(self, key: str) -> bool:
        """Whether this is an object with a member of that name."""
        return isinstance(self.value, dict) and key in self.value

    def __iter__(self) -> Iterator[Node]:
        """Give the items of an array."""
        for number, item in enumerate(self.array()):
            yield Node(item, f"{self.place}[{number}]")

    def object(self) -> dict[str, Any]:
        """Return the members, which must be there."""
        if not isinstance(self.value, dict):
            raise self.unlike("an object")
        return self.value

    def array(self) -> list[Any]:
        """Return the items, which must be there."""
        if not isinstance(self.value, list):
            raise self.unlike("an array")
        return self.value

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.unlike("a string")
        return self.value

    def number(self) -> int | float:
        """Return a number that is finite."""
        if type(self.value) is int and -_MOST_NUMBER < self.value < _MOST_NUMBER:
            return self.value
        if type(self.value) is not float or self.value - self.value != 0.0:
            raise self.unlike("a number")
        return self.value

    def integer(self, most: int = 2**63 - 1) -> int:
        """Return an integer from 0 to `most`; one that is written 3.0 too."""
        value = self.number()
        if value != value // 1 or not 0 <= value <= most:
            raise self.unlike(f"an integer from 0 to {most}")
        return int(value)

    def unlike(self, expected: str) -> ParseError:
        """Return the complaint that something else was expected here."""
        try:
            seen = json.dumps(self.value)
        except RecursionError:
            seen = f"a deep {type(self.value).__name__}"
        return ParseError(f"expected {expected}, got {seen[:60]}", place=self.place)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        return deep_json.loads(text)


def _without_surrogates(document: Any) -> Any:
    """Return a document whose texts are Unicode: halves of pairs become replacement characters."""
    holder = [document]
    left: list[Any] = [holder]
    while left:
        node = left.pop()
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            if isinstance(value, str):
                value = _valid(value)
            elif isinstance(value, dict | list):
                left.append(value)
            if isinstance(key, str) and key != _valid(key):
                del node[key]
                key = _valid(key)
            node[key] = value
    return holder[0]


def _valid(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unpack(data: bytes, most_bytes: int = MOST_BYTES) -> bytes:
    """Undo gzip or zstd, told by their first bytes; ParseError for a damaged or endless one.

    Text with a mark of its encoding, UTF-8 or UTF-16, becomes UTF-8 without one.
    """
    if data[:2] == b"\x1f\x8b":
        data = b"".join(_gunzip(data, most_bytes))
    elif data[:4] == b"\x28\xb5\x2f\xfd":
        data = b"".join(_unzstd(data, most_bytes))
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(codecs.BOM_UTF8)


def _gunzip(data: bytes, most_bytes: int) -> Iterator[bytes]:
    """Decompress all members of a gzip file; zeros after the last are padding."""
    left, n = data, 0
    while left.strip(b"\0"):
        member = zlib.decompressobj(31)
        try:
            while not member.eof:
                chunk = member.decompress(left, _CHUNK)
                left = member.unconsumed_tail
                n += len(chunk)
                if n > most_bytes:
                    raise _bomb(most_bytes)
                yield chunk
                if not chunk and not left and not member.eof:
                    raise ParseError("expected a whole gzip file, found a truncated one")
        except zlib.error as error:
            raise ParseError(f"expected gzip: {error}") from error
        left = member.unused_data


def _unzstd(data: bytes, most_bytes: int) -> Iterator[bytes]:
    n = 0
    try:
        with pa.input_stream(pa.py_buffer(data), compression="zstd") as stream:
            while chunk := stream.read(_CHUNK):
                n += len(chunk)
                if n > most_bytes:
                    raise _bomb(most_bytes)
                yield chunk
    except (OSError, pa.ArrowException) as error:
        raise ParseError(f"expected zstd: {error}") from error


def _bomb(most_bytes: int) -> ParseError:
    return ParseError(f"expected at most {most_bytes} bytes when unpacked, got more")
