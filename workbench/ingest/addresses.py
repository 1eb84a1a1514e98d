"""Addresses of code -> functions: by a memory map, by names that a profile tells itself.

An address differs from run to run where code is loaded at random places; its distance from where
its file is mapped, counted from the beginning of the file, does not. So a function without a name
is called `libc.so.6+0x2724a`, by which profiles of other runs and hosts can be compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from workbench.profile.build import FrameTable

_HEX = r"(?:0x)?([0-9a-fA-F]{1,16})"
_LOG = re.compile(r"[^\[\]]+:\d+\]\s")
_PROC_MAPS = re.compile(
    rf"\s*{_HEX}[\s-]\s*{_HEX}:?\s+(?P<flags>[-rwxps]+)\s+(?P<offset>[0-9a-f]{{1,16}})"
    r"\s+[0-9a-f]+:[0-9a-f]+\s+\d+(?:\s+(?P<file>\S.*?))?(?:\s+\(deleted\))?\s*"
)
_BRIEF = re.compile(
    rf"\s*{_HEX}[\s-]\s*{_HEX}:?(?:\s+(?P<flags>[-rwxp]+(?=\s)))?(?:\s+(?P<file>(?!\(@)\S+))?"
    r"(?:\s+\(@(?P<offset>[0-9a-fA-F]{1,16})\))?(?:\s+\(deleted\))?(?:\s+[0-9a-fA-F]+)?\s*"
)


class Mapping(NamedTuple):
    """A part of a file, and where it is in memory."""

    begin: int
    end: int
    offset: int
    file: str


class Frame(NamedTuple):
    """A function at a place, as a profile tells it."""

    name: str
    file: str = ""
    line: int = 0


class Symbols:
    """What is known of addresses; gives each its locations, the outermost first."""

    def __init__(
        self, mappings: Iterable[Mapping], names: dict[int, list[Frame]], table: FrameTable
    ) -> None:
        self._mappings = sorted(mappings)
        self._begins = [mapping.begin for mapping in self._mappings]
        self._names = names
        self._table = table
        self._known: dict[int, list[int]] = {}

    def locations(self, address: int) -> list[int]:
        """Return the locations at an address: more than one where calls were inlined."""
        if address not in self._known:
            self._known[address] = self._find(address)
        return self._known[address]

    def _find(self, address: int) -> list[int]:
        table, signed = self._table, signed_address(address)
        if named := self._names.get(address):
            functions = [table.function(frame.name, frame.file) for frame in named]
            kinds = ["inlined"] * (len(named) - 1) + [""]
            told = zip(functions, named, kinds, strict=True)
            return [table.location(f, frame.line, signed, kind) for f, frame, kind in told][::-1]
        at = bisect_right(self._begins, address) - 1
        mapping = self._mappings[at] if at >= 0 and address < self._mappings[at].end else None
        file = mapping.file if mapping else ""
        return [table.location(table.function(bare_name(address, mapping), file), address=signed)]


def bare_name(address: int, mapping: Mapping | None) -> str:
    """Return what a function without a name is called: by its place in its file."""
    if mapping is None or not mapping.file or not mapping.begin <= address:
        return f"0x{address:x}"
    file = re.split(r"[/\\]", mapping.file)[-1]
    return f"{file}+0x{address - mapping.begin + mapping.offset:x}"


def signed_address(address: int) -> int:
    """Return an address of 64 bits as an integer with a sign."""
    return address - 2**64 if address >= 2**63 else address


def parse_mapping(line: str) -> Mapping | None:
    """Parse a line of a memory map (`/proc/PID/maps`, or shorter); None for other lines.

    Memory that is not to be run is none. The forms are those that `go tool pprof` reads.
    """
    line = _LOG.sub("", line, count=1)
    match = _PROC_MAPS.fullmatch(line) or _BRIEF.fullmatch(line)
    if match is None or "x" not in (match["flags"] or "x"):
        return None
    begin, end = int(match[1], 16), int(match[2], 16)
    return Mapping(begin, end, int(match["offset"] or "0", 16), match["file"] or "")
