"""What the addresses of gperftools' forms stand for: files that are mapped, and names told aside.

A memory map follows the samples of most forms (`/proc/self/maps`, or shorter). Java tells the names
of its addresses in its place; Go tells the calls of each stack in comments, where functions that
were inlined share an address, innermost first.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.addresses import Mapping, bare_name, parse_mapping
from workbench.profile import ProfileBuilder
from workbench.profile.build import MOST_FRAMES
from workbench.types import Profile, ValueType

_GIVEN = re.compile(r"\s*(\w+)=(\S+)\s*")
_NAMED = re.compile(r"\s*0x([0-9a-f]{1,16})\s+(\S.*)", re.I)
_LINE = re.compile(r"-?\d{1,9}")
_HEX = re.compile(r"0x[0-9a-f]{1,16}")


class Row(NamedTuple):
    """One record: values, and addresses with the leaf first."""

    values: tuple[int, ...]
    addresses: array[int]
    labels: dict[str, str | int]


class Call(NamedTuple):
    """What an address is called."""

    name: str
    file: str = ""
    line: int = 0
    kind: str = ""


Names = dict[int, list[Call]]
"""The calls at an address, innermost first."""


def build_profile(
    kinds: tuple[ValueType, ...],
    rows: Iterable[Row],
    tail: list[str],
    names: Names | None = None,
    *,
    default_value: int = 0,
    duration_s: float | None = None,
) -> Profile:
    """Return a profile of records, given the lines that follow them and names known otherwise."""
    builder = ProfileBuilder(*kinds)
    frames = _Frames(builder, tail, names or {})
    stack, standing = -1, None
    for row in rows:
        if row.addresses is not standing:  # threads may share a stack
            standing = row.addresses
            if sum(len(frames[address]) for address in standing) > MOST_FRAMES:
                raise ParseError(f"expected at most {MOST_FRAMES} frames in a stack, got more")
            root_first = (reversed(frames[address]) for address in reversed(standing))
            stack = builder.stack(chain.from_iterable(root_first))
        builder.sample(stack, *row.values, labels=row.labels)
    return builder.build(default_value=default_value, duration_s=duration_s)


def calls_of_comments(lines: list[str], addresses: Iterable[int]) -> Names:
    """Return what Go tells in comments of one stack, by the addresses that it recorded.

    They are those that calls return to; a comment has the address before.
    """
    names: Names = {}
    recorded = set(addresses)
    for line in lines:
        words = [*filter(None, line.split("\t"))]
        if len(words) == 4 and words[0] == "#" and _HEX.fullmatch(words[1]):
            told = int(words[1], 16)
            address = told + 1 if told + 1 in recorded else told
            name, plus, offset = words[2].rpartition("+")
            name = name if plus and _HEX.fullmatch(offset) else words[2]
            names.setdefault(address, []).append(Call(name, *_place(words[3])))
    for calls in names.values():
        calls[:-1] = [call._replace(kind="inlined") for call in calls[:-1]]
    return names


def is_named(line: str) -> bool:
    """Tell whether a line says what an address is called."""
    return _NAMED.fullmatch(line) is not None


class _Frames(dict[int, list[int]]):
    """Address -> its locations, innermost first."""

    def __init__(self, builder: ProfileBuilder, tail: list[str], names: Names) -> None:
        self.builder = builder
        self.names = names or _java_names(tail)
        self.mapped = _mappings(tail)
        self.begins = [mapping.begin for mapping in self.mapped]

    def __missing__(self, address: int) -> list[int]:
        mapping = self.mapping(address)
        calls = self.names.get(address) or [Call(bare_name(address, mapping))]
        signed = address - 2**64 if address >= 2**63 else address
        self[address] = found = []
        for name, file, line, kind in calls:
            function = self.builder.function(name, file or (mapping.file if mapping else ""))
            found.append(self.builder.location(function, line, signed, kind))
        return found

    def mapping(self, address: int) -> Mapping | None:
        """Return what is mapped at an address."""
        at = bisect_right(self.begins, address) - 1
        return self.mapped[at] if at >= 0 and address < self.mapped[at].end else None


def _mappings(lines: list[str]) -> list[Mapping]:
    """Return what is mapped to run, in order.

    A line `build=/directory` says what `$build` means in files.
    """
    found = []
    given: dict[str, str] = {}
    for line in lines:
        if assigned := _GIVEN.fullmatch(line):
            given["$" + assigned[1]] = assigned[2]
        elif mapping := parse_mapping(line):
            variable, slash, rest = mapping.file.partition("/")
            file = given.get(variable, variable) + slash + rest
            found.append(mapping._replace(file=file))
    return sorted(found)


def _java_names(lines: list[str]) -> Names:
    matches = filter(None, map(_NAMED.fullmatch, lines))
    return {int(match[1], 16): [_java_call(match[2].strip())] for match in matches}


def _java_call(text: str) -> Call:
    name, parenthesis, place = text.rpartition(" (")
    if parenthesis and place.endswith(")"):
        return Call(name, *_place(place[:-1]))
    if "generated stub/JIT" in text:
        return Call("STUB", kind="jit")
    return Call(text)


def _place(text: str) -> tuple[str, int]:
    """Take `file:line` apart; Java tells what has no line by one below 0."""
    file, _, line = text.rpartition(":")
    return (file, max(int(line), 0)) if file and _LINE.fullmatch(line) else (text, 0)
