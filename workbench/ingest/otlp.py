"""OpenTelemetry's profiles (OTLP), as the signal is in `v1development` since release 1.8.

Read by the generated classes of `opentelemetry-proto`: one `ProfilesData` (an export request is the
same), a series of them each after its length in 4 bytes (big-endian), or the JSON mapping. What is
laid out otherwise than in the releases that `otlp_layouts` knows is refused by name.

A sample without values counts one for each of its timestamps. Labels are the attributes of the
resource, the profile and the sample, of which the last has the say; lists are told as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from opentelemetry.proto.profiles.v1development import profiles_pb2

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.otlp_layouts import LAYOUTS, decode, decode_json
from workbench.ingest.pprof_scan import NO_FAULT, loops
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

MOST_PER_BYTE = 32
"""Frames and labels that a byte of a file may stand for; real ones have less than 8."""
MOST = 2**27
"""Frames and labels of a file; some gigabytes."""
MOST_LETTERS = 2**30
"""Of all names of functions, and of the labels of all samples."""

_KINDS = {"kernel": "kernel", "native": "native"}


def parse(content: Content) -> Profile:
    """Parse a file; one row a sample, with labels."""
    sink = _Sink(len(content.data))
    starts, ends = [], []
    for message in _messages(content):
        for profile in _Message(message, sink).add():
            if profile.time_unix_nano:
                starts.append(profile.time_unix_nano)
                ends.append(profile.time_unix_nano + profile.duration_nano)
    if max(ends, default=0) >= 2**63:
        raise ParseError(f"expected times below {2**63} ns, got {max(ends)}")
    duration_s = (max(ends) - min(starts)) / 1e9 if starts else None
    if not sink.builder.value_types:
        sink.builder.value_type(ValueType("samples", "count"))
    return sink.builder.build(time_ns=min(starts, default=None), duration_s=duration_s)


def looks_like(content: Content) -> bool:
    """Tell whether the first message has resources and a dictionary, and nothing else.

    Of older layouts without a dictionary, the resources must have what theirs have. What sets a
    message apart from pprof, which has the same numbers first, is that a resource holds no numbers.
    """
    if content.is_json:
        return "resourceProfiles" in content.json or "resource_profiles" in content.json
    data = content.data
    spans = _series(data)
    begin, end = spans[0] if spans else (0, len(data))
    fields = _first_fields(data, begin, end)
    if not fields or not _are_messages(fields, 2):
        return False
    resource, tables = (next((row for row in fields if row[0] == n), None) for n in (1, 2))
    resource_fields = _first_fields(data, *resource[2:]) if resource else None
    if resource_fields and not _are_messages(resource_fields, 3):
        return False
    if tables is None or tables[2] == tables[3] or fields[-1][3] != end:
        return _has_profile(data, resource_fields or [])
    inner = _first_fields(data, *tables[2:]) or []
    return _are_messages(inner, 7) and (spans is not None or len(inner) > 1)


def _are_messages(fields: list[tuple[int, ...]], most: int) -> bool:
    """Tell whether all fields hold bytes, and are of numbers up to `most`."""
    return all(number <= most and wire == 2 for number, wire, _, _ in fields)


def _has_profile(data: bytes, fields: list[tuple[int, ...]]) -> bool:
    """Tell whether a resource of such fields has a scope that has a profile."""
    for _ in ("scopes", "profiles"):
        inner = next((row[2:] for row in fields if row[0] == 2), (0, 0))
        if not _are_messages(fields, 3) or inner[0] == inner[1]:
            return False
        fields = _first_fields(data, *inner) or []
    return bool(fields)


def _first_fields(data: bytes, begin: int, end: int) -> list[tuple[int, ...]] | None:
    """Return number, wire type, begin and end of the first fields; None where one is faulty."""
    fields, fault = loops.plain.index_fields(data, begin, end, 512)
    return [tuple(row) for row in fields.T.tolist()] if fault == NO_FAULT else None


def _messages(content: Content) -> Iterator[Any]:
    data = content.data
    if content.is_json:
        yield decode_json(content.json.object())
        return
    spans = _series(data)
    for begin, end in spans if spans is not None else [(0, len(data))]:
        yield decode(data[begin:end], begin)


def _series(data: bytes) -> list[tuple[int, int]] | None:
    """Return where the messages of a series are; None where it is none."""
    spans, at = [], 0
    while at + 4 <= len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or end == at + 4:
            return None
        spans.append((at + 4, end))
        at = end
    return spans if spans and at == len(data) else None


class _Label(NamedTuple):
    """One label; either a text or a number."""

    key: str
    text: str | None
    number: int | None
    unit: str


class _Labels(NamedTuple):
    """Those of a sample, in columns: keys, texts, numbers, units."""

    cells: tuple[tuple[Any, ...], ...]
    n_letters: int


class _Sink:
    """The builder, and what may still go into it: a message can tell once what comes up often."""

    def __init__(self, n_bytes: int) -> None:
        self.builder = ProfileBuilder()
        self.n_samples = 0
        self.left = min(MOST_PER_BYTE * n_bytes, MOST)
        self.letters_left = MOST_LETTERS

    def sample(self, stack: int, values: list[int], labels: _Labels) -> None:
        """Add a sample."""
        columns = self.builder.labels
        n = len(labels.cells[0])
        self.spend(n, labels.n_letters)
        columns["sample"].extend([self.n_samples] * n)
        for name, cells in zip(("key", "text", "number", "unit"), labels.cells, strict=True):
            columns[name].extend(cells)
        self.builder.sample(stack, *values)
        self.n_samples += 1

    def function(self, name: str, file: str, start: int) -> int:
        """Add a function."""
        self.spend(1, len(name) + len(file))
        return self.builder.function(name, file, start)

    def spend(self, n: int, n_letters: int = 0) -> None:
        """Refuse what would become too large."""
        self.left -= n
        self.letters_left -= n_letters
        if self.left < 0 or self.letters_left < 0:
            expected = f"at most {MOST_PER_BYTE} frames and labels a byte, {MOST} in all"
            raise ParseError(f"expected {expected} and {MOST_LETTERS} letters, found more")


class _Message:
    """One message: its dictionary, and what is in the builder already."""

    def __init__(self, message: Any, sink: _Sink) -> None:
        self.message, self.sink = message, sink
        self.dictionary = message.dictionary
        self.frames: dict[int, list[int]] = {}
        self.stacks: dict[int, int] = {}
        self.labels: dict[int, _Label | None] = {}

    def add(self) -> Iterator[Any]:
        """Add all samples; give each profile."""
        for resource in self.message.resource_profiles:
            shared = self._resource_labels(resource.resource.attributes)
            for scope in resource.scope_profiles:
                for profile in scope.profiles:
                    own = self._labels(profile.attribute_indices)
                    self._samples(profile, [*shared, *own])
                    yield profile

    def _samples(self, profile: Any, shared: list[_Label]) -> None:
        name, unit = profile.sample_type.type_strindex, profile.sample_type.unit_strindex
        kind = ValueType(self._text(name) or "samples", self._text(unit) or "count")
        zeros = [0] * self.sink.builder.value_type(kind)
        known: dict[tuple[int, ...], _Labels] = {}
        for sample in profile.samples:
            value = sum(sample.values) if sample.values else len(sample.timestamps_unix_nano)
            attributes = tuple(sample.attribute_indices)
            if attributes not in known:
                self.sink.spend(len(shared) + len(attributes))
                known[attributes] = _columns([*shared, *self._labels(attributes)])
            self.sink.sample(self._stack(sample.stack_index), [*zeros, value], known[attributes])

    def _stack(self, index: int) -> int:
        if index not in self.stacks:
            locations = self._entry("stack_table", index).location_indices
            frames = [self._frames(at) for at in reversed(locations)]
            self.sink.spend(sum(map(len, frames)))
            self.stacks[index] = self.sink.builder.stack(chain.from_iterable(frames))
        return self.stacks[index]

    def _frames(self, index: int) -> list[int]:
        """Return the lines of a location, the outermost first."""
        if index not in self.frames:
            location = self._entry("location_table", index)
            told = {label.key: label.text for label in self._labels(location.attribute_indices)}
            kind = _KINDS.get(told.get("profile.frame.type") or "", "")
            mapped = location.mapping_index
            mapping = self._entry("mapping_table", mapped) if mapped else None
            binary = self._text(mapping.filename_strindex) if mapping else ""
            lines = location.lines or [profiles_pb2.Line()]
            self.frames[index] = [
                self._frame(line, location.address, binary, "inlined" if number else kind)
                for number, line in enumerate(reversed(lines))
            ]
        return self.frames[index]

    def _frame(self, line: Any, address: int, binary: str, kind: str) -> int:
        """Return a frame, by its address where the function has no name."""
        name, file, start = "", "", 0
        if line.function_index:
            function = self._entry("function_table", line.function_index)
            name = self._text(function.name_strindex or function.system_name_strindex)
            file, start = self._text(function.filename_strindex), max(function.start_line, 0)
        number = self.sink.function(name or f"0x{address:x}", file or binary, start)
        signed = address - 2**64 if address >= 2**63 else address
        return self.sink.builder.location(number, max(line.line, 0), signed, kind)

    def _resource_labels(self, attributes: Iterable[Any]) -> list[_Label]:
        """Return the attributes of a resource, which may refer to the dictionary or not."""
        found = ((a.key or self._text(a.key_strindex), self._value(a.value)) for a in attributes)
        return [_label(key, value, "") for key, value in found if key and value is not None]

    def _labels(self, indices: Iterable[int]) -> list[_Label]:
        for index in indices:
            if index not in self.labels:
                entry = self._entry("attribute_table", index)
                key, unit = self._text(entry.key_strindex), self._text(entry.unit_strindex)
                value = self._value(entry.value)
                is_label = key and value is not None
                self.labels[index] = _label(key, value, unit) if is_label else None
        return [label for index in indices if (label := self.labels[index])]

    def _value(self, value: Any) -> str | int | None:
        """Return what an attribute holds; None for maps and nothing."""
        if value.WhichOneof("value") == "array_value":
            return json.dumps([self._scalar(item) for item in value.array_value.values])
        return self._scalar(value)

    def _scalar(self, value: Any) -> str | int | None:
        kind = value.WhichOneof("value")
        if kind in ("string_value", "int_value"):
            told: str | int = getattr(value, kind)
            return told
        if kind == "string_value_strindex":
            return self._text(value.string_value_strindex)
        if kind == "bytes_value":
            return str(value.bytes_value.hex())
        if kind in ("bool_value", "double_value"):
            return str(getattr(value, kind))
        return None

    def _entry(self, table: str, index: int) -> Any:
        entries = getattr(self.dictionary, table)
        if not 0 <= index < len(entries):
            seen = f"{index} of {len(entries)}"
            raise ParseError(f"expected an index into {table}, got {seen} ({LAYOUTS})")
        return entries[index]

    def _text(self, index: int) -> str:
        strings = self.dictionary.string_table
        if index and not 0 <= index < len(strings):
            raise ParseError(f"expected an index into {len(strings)} strings, got {index}")
        return str(strings[index]) if index else ""


def _label(key: str, value: str | int | None, unit: str) -> _Label:
    if isinstance(value, str):
        return _Label(key, value, None, unit)
    return _Label(key, None, value, unit)


def _columns(labels: list[_Label]) -> _Labels:
    """Return labels in columns; of those with one key the last counts."""
    keys = [label.key for label in labels]
    if len({*keys}) < len(keys):
        labels = [*dict(zip(keys, labels, strict=True)).values()]
    cells = (*zip(*labels, strict=True),) or ((), (), (), ())
    return _Labels(cells, sum(map(len, chain(cells[0], filter(None, cells[1]), cells[3]))))
