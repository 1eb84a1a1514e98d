"""Addresses of code without names, and the files that are mapped there.

An address differs from run to run where code is loaded at random places; its distance from where
its file is mapped, counted from the beginning of the file, does not. So a function without a name
is called `libc.so.6+0x2724a`, by which profiles of other runs and hosts can be compared. Where
nothing tells what is mapped, an address that may be another one next time is no name.
"""

from __future__ import annotations

import re
from typing import NamedTuple

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


UNKNOWN = "[unknown]"
_ADDRESS = re.compile(r"0x0*([0-9a-fA-F]{1,16})")
_FIXED = 1 << 32
"""Programs that are not moved lie below."""


class Mapping(NamedTuple):
    """A part of a file, and where it is in memory."""

    begin: int
    end: int
    offset: int
    file: str


def bare_name(address: int, mapping: Mapping | None) -> str:
    """Return what a function without a name is called: by its place in its file."""
    if mapping is None or not mapping.file or not mapping.begin <= address:
        return f"0x{address:x}" if address < _FIXED else UNKNOWN
    file = re.split(r"[/\\]", mapping.file)[-1]
    return f"{file}+0x{address - mapping.begin + mapping.offset:x}"


def part_address(name: str) -> tuple[str, int]:
    """Return a name, and the address that stands for it where it is nothing but one, else 0."""
    match = _ADDRESS.fullmatch(name)
    if match is None or int(match[1], 16) < _FIXED:
        return name, 0
    address = int(match[1], 16)
    return UNKNOWN, address - (address >> 63 << 64)


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
