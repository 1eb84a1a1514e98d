"""OpenTelemetry's profiles (OTLP), as the signal is in `v1development` since release 1.8.

Read by the generated classes of `opentelemetry-proto`: one `ProfilesData`, a series of them each
after its length in 4 bytes (big-endian), or the JSON mapping. The signal is in development:
release 1.9 numbered the fields of a sample anew, and what is laid out otherwise than these two is
refused by name. A sample without values counts one for each of its timestamps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import ParseDict
from google.protobuf.json_format import ParseError as JsonError
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.profiles.v1development import profiles_pb2

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.pprof_scan import NO_FAULT, loops
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

LAYOUTS = "a layout of opentelemetry.proto.profiles.v1development, 1.8 or 1.9"

_KINDS = {"kernel": "kernel", "native": "native"}
_PACKAGE = "opentelemetry.proto.profiles.v1development"
_NUMBERS_1_8 = {
    "Sample": {"values": 2, "attribute_indices": 3, "link_index": 4},
    "Profile": {
        "profile_id": 8, "dropped_attributes_count": 9, "original_payload_format": 10,
        "original_payload": 11, "attribute_indices": 12,
    },
}  # fmt: skip


@cache
def _classes() -> tuple[Any, ...]:
    """Return the class of a message in each layout, the newest first."""
    file = descriptor_pb2.FileDescriptorProto()
    profiles_pb2.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = "workbench/otlp_1_8.proto", "workbench.otlp_1_8"
    for message in file.message_type:
        for field in message.field:
            numbers = _NUMBERS_1_8.get(message.name, {})
            field.number = numbers.get(field.name, field.number)
            if field.type_name:
                field.type_name = field.type_name.replace(f".{_PACKAGE}.", f".{file.package}.")
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    old = pool.FindMessageTypeByName(f"{file.package}.ProfilesData")
    return profiles_pb2.ProfilesData, message_factory.GetMessageClass(old)


def parse(content: Content) -> Profile:
    """Parse a file; one row a sample, its attributes and those of the resource as labels."""
    builder = ProfileBuilder()
    starts, ends = [], []
    for message in _messages(content):
        for profile in _Message(message, builder).add():
            if profile.time_unix_nano:
                starts.append(profile.time_unix_nano)
                ends.append(profile.time_unix_nano + profile.duration_nano)
    duration_s = (max(ends) - min(starts)) / 1e9 if starts else None
    if not builder.value_types:
        builder.value_type(ValueType("samples", "count"))
    return builder.build(time_ns=min(starts, default=None), duration_s=duration_s)


def looks_like(content: Content) -> bool:
    """Tell whether the first message has resources and a dictionary, and nothing else."""
    if content.is_json:
        return "resourceProfiles" in content.json or "resource_profiles" in content.json
    data = content.data
    spans = _series(data)
    begin, end = spans[0] if spans else (0, len(data))
    fields, fault = loops.plain.index_fields(data, begin, end, 64)
    kinds = {*zip(*fields[:2].tolist(), strict=True)}
    if fault != NO_FAULT or not kinds or not kinds <= {(1, 2), (2, 2)} or fields[3, -1] != end:
        return False
    inner = [tuple(row) for row in fields[:, fields[0] == 2].T.tolist()] or [(0, 0, begin, begin)]
    tables, fault = loops.plain.index_fields(data, inner[0][2], inner[0][3], 64)
    return (
        fault == NO_FAULT
        and {*tables[0].tolist()} <= {1, 2, 3, 4, 5, 6, 7}
        and (spans is not None or len(tables[0]) > 1)
    )


def _messages(content: Content) -> Iterator[Any]:
    data = content.data
    if content.is_json:
        try:
            made = profiles_pb2.ProfilesData()
            yield ParseDict(content.json.object(), made, max_recursion_depth=50)
        except (JsonError, ValueError, TypeError) as error:
            complaint = str(error).partition("\n")[0][:200]
            raise ParseError(f"expected {LAYOUTS}: {complaint}", place="$") from error
        return
    spans = _series(data)
    for begin, end in spans if spans is not None else [(0, len(data))]:
        yield _decoded(data[begin:end], begin)


def _decoded(data: bytes, begin: int) -> Any:
    """Return a message in the newest layout that knows all its fields."""
    unknown = []
    for layout in _classes():
        try:
            message = layout.FromString(data)
        except DecodeError as error:
            raise ParseError(f"expected {LAYOUTS}: {error}", place=f"byte {begin}") from error
        unknown.append(_unknown_field(message))
        if not unknown[-1]:
            return message
    seen = f"{unknown[0]}, which it has not"
    raise ParseError(f"expected {LAYOUTS}, got {seen}", place=f"byte {begin}")


def _unknown_field(message: Any) -> str:
    """Return a field that the layout does not have; empty for none."""
    profiles = [p for r in message.resource_profiles for s in r.scope_profiles for p in s.profiles]
    samples = (sample for profile in profiles for sample in profile.samples)
    for part in (message, message.dictionary, *profiles, *samples):
        for field in UnknownFieldSet(part):
            return f"field {field.field_number} of {part.DESCRIPTOR.name}"
    return ""


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


class _Message:
    """One message: its dictionary, and what is in the builder already."""

    def __init__(self, message: Any, builder: ProfileBuilder) -> None:
        self.message, self.builder = message, builder
        self.dictionary = message.dictionary
        self.frames: dict[int, list[int]] = {}
        self.stacks: dict[int, int] = {}

    def add(self) -> Iterator[Any]:
        """Add all samples; give each profile."""
        for resource in self.message.resource_profiles:
            shared = {a.key: _value(a.value) for a in resource.resource.attributes}
            for scope in resource.scope_profiles:
                for profile in scope.profiles:
                    self._samples(profile, {k: v for k, v in shared.items() if v is not None})
                    yield profile

    def _samples(self, profile: Any, shared: dict[str, str | int]) -> None:
        name, unit = profile.sample_type.type_strindex, profile.sample_type.unit_strindex
        kind = ValueType(self._text(name) or "samples", self._text(unit) or "count")
        zeros = [0] * self.builder.value_type(kind)
        for sample in profile.samples:
            value = sum(sample.values) if sample.values else len(sample.timestamps_unix_nano)
            labels = shared | self._attributes(sample.attribute_indices)
            self.builder.sample(self._stack(sample.stack_index), *zeros, value, labels=labels)

    def _stack(self, index: int) -> int:
        if index not in self.stacks:
            locations = self._entry("stack_table", index).location_indices
            frames = [frame for at in reversed(locations) for frame in self._frames(at)]
            self.stacks[index] = self.builder.stack(frames)
        return self.stacks[index]

    def _frames(self, index: int) -> list[int]:
        """Return the lines of a location, the outermost first."""
        if index not in self.frames:
            location = self._entry("location_table", index)
            kind = self._attributes(location.attribute_indices).get("profile.frame.type", "")
            signed = location.address - 2**64 if location.address >= 2**63 else location.address
            mapped = location.mapping_index
            mapping = self._entry("mapping_table", mapped) if mapped else None
            binary = self._text(mapping.filename_strindex) if mapping else ""
            found: list[int] = []
            for line in reversed(location.lines):
                function = self._entry("function_table", line.function_index)
                name = self._text(function.name_strindex or function.system_name_strindex)
                file = self._text(function.filename_strindex) or binary
                number = self.builder.function(name, file, max(function.start_line, 0))
                told = "inlined" if found else _KINDS.get(str(kind), "")
                found.append(self.builder.location(number, max(line.line, 0), signed, told))
            if not found:
                number = self.builder.function(f"0x{location.address:x}", binary)
                found.append(self.builder.location(number, 0, signed, _KINDS.get(str(kind), "")))
            self.frames[index] = found
        return self.frames[index]

    def _attributes(self, indices: Any) -> dict[str, str | int]:
        entries = [self._entry("attribute_table", index) for index in indices]
        pairs = ((self._text(entry.key_strindex), _value(entry.value)) for entry in entries)
        return {key: value for key, value in pairs if key and value is not None}

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


def _value(value: Any) -> str | int | None:
    """Return what an attribute holds, where that is a text, a number or a truth."""
    kind = value.WhichOneof("value")
    if kind in ("string_value", "int_value"):
        told: str | int = getattr(value, kind)
        return told
    if kind in ("bool_value", "double_value"):
        return str(getattr(value, kind))
    return None
