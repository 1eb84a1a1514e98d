"""Splits a note into blocks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from quill.errors import QuillError

_HEADING = re.compile(r"(#{1,6}) +(.+?)(?: +#+)?$")
_ITEM = re.compile(r"[-+] +(.*)$")


class Block(NamedTuple):
    """A block and the line it begins in."""

    kind: str
    line: int
    level: int
    lines: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    """Headings, lists, quotes, fenced code and paragraphs, in order."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        begin = at
        if line.startswith("```"):
            at += 1
            while at < len(lines) and lines[at] != "```":
                at += 1
            if at == len(lines):
                raise QuillError(begin + 1, "this fence is not closed")
            at += 1
            yield Block("code", begin + 1, 0, tuple(lines[begin + 1 : at - 1]))
        elif heading := _HEADING.match(line):
            at += 1
            yield Block("heading", begin + 1, len(heading[1]), (heading[2],))
        elif _ITEM.match(line):
            items = []
            while at < len(lines) and (item := _ITEM.match(lines[at])):
                items.append(item[1])
                at += 1
            yield Block("list", begin + 1, 0, tuple(items))
        elif line.startswith(">"):
            while at < len(lines) and lines[at].startswith(">"):
                at += 1
            quoted = tuple(part[1:].strip() for part in lines[begin:at])
            yield Block("quote", begin + 1, 0, quoted)
        else:
            while at < len(lines) and lines[at].strip() and not _starts_block(lines[at]):
                at += 1
            yield Block("paragraph", begin + 1, 0, tuple(lines[begin:at]))


def _starts_block(line: str) -> bool:
    return line.startswith(("```", ">")) or bool(_HEADING.match(line) or _ITEM.match(line))
