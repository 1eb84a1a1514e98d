"""Layouts of OpenTelemetry's profiles: which of them a message is in, though it does not tell.

The signal is in development, and its releases number fields anew: 1.9 dropped a field of a profile,
1.10 changed the order of those of a sample. A message is read in the newest layout that has all its
fields and in which its samples are as the specification wants them: values or timestamps, as many
of the one as of the other where they have both, and attributes that exist and differ. Where no
layout makes them so, that is for the reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.json_format import ParseDict
from google.protobuf.json_format import ParseError as JsonError
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.profiles.v1development import profiles_pb2

from workbench.errors import ParseError

LAYOUTS = "a layout of opentelemetry.proto.profiles.v1development, 1.8 to 1.10"

_PACKAGE = "opentelemetry.proto.profiles.v1development"
_SAMPLE_1_9 = {"values": 2, "attribute_indices": 3, "link_index": 4}
_PROFILE_1_8 = {
    "profile_id": 8, "dropped_attributes_count": 9, "original_payload_format": 10,
    "original_payload": 11, "attribute_indices": 12,
}  # fmt: skip
_NUMBERS: dict[str, dict[str, dict[str, int]]] = {
    "1_9": {"Sample": _SAMPLE_1_9},
    "1_8": {"Sample": _SAMPLE_1_9, "Profile": _PROFILE_1_8},
}
"""Of the fields that were numbered otherwise in a release."""


@cache
def classes() -> tuple[Any, ...]:
    """Return the class of a message in each layout, the newest first."""
    return profiles_pb2.ProfilesData, *map(_older_class, _NUMBERS)


def _older_class(release: str) -> Any:
    file = descriptor_pb2.FileDescriptorProto()
    profiles_pb2.DESCRIPTOR.CopyToProto(file)
    file.name, file.package = f"workbench/otlp_{release}.proto", f"workbench.otlp_{release}"
    for message in file.message_type:
        numbers = _NUMBERS[release].get(message.name, {})
        for field in message.field:
            field.number = numbers.get(field.name, field.number)
            if field.type_name:
                field.type_name = field.type_name.replace(f".{_PACKAGE}.", f".{file.package}.")
        if numbers is _PROFILE_1_8:
            message.field.add(name="comment_strindices", number=7, label=3, type=5)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"{file.package}.ProfilesData")
    )


def decode_json(document: dict[str, Any]) -> Any:
    """Return a message that is told in JSON, by the names of the newest layout."""
    try:
        return ParseDict(document, profiles_pb2.ProfilesData(), max_recursion_depth=50)
    except (JsonError, ValueError, TypeError) as error:
        complaint = str(error).partition("\n")[0][:200]
        raise ParseError(f"expected {LAYOUTS}: {complaint}", place="$") from error


def decode(data: bytes, begin: int) -> Any:
    """Return a message in the newest layout that it fits."""
    unknown, fitting = [], []
    for layout in classes():
        try:
            message = layout.FromString(data)
        except DecodeError as error:
            raise ParseError(f"expected {LAYOUTS}: {error}", place=f"byte {begin}") from error
        unknown.append(_unknown_field(message))
        if not unknown[-1]:
            if _is_plausible(message):
                return message
            fitting.append(message)
    if fitting:
        return fitting[0]
    seen = f"{unknown[0]}, which it has not"
    raise ParseError(f"expected {LAYOUTS}, got {seen}", place=f"byte {begin}")


def _profiles(message: Any) -> Iterator[Any]:
    for resource in message.resource_profiles:
        for scope in resource.scope_profiles:
            yield from scope.profiles


def _unknown_field(message: Any) -> str:
    """Return a field that the layout does not have; empty for none."""
    profiles, tables = [*_profiles(message)], message.dictionary
    samples = (sample for profile in profiles for sample in profile.samples)
    entries = chain(tables.stack_table, tables.location_table, tables.attribute_table)
    for part in chain((message, tables), profiles, samples, entries):
        for field in UnknownFieldSet(part):
            return f"field {field.field_number} of {part.DESCRIPTOR.name}"
    return ""


def _is_plausible(message: Any) -> bool:
    """Tell whether all samples have what the specification says that they have."""
    tables = message.dictionary
    n_stacks, n_attributes = len(tables.stack_table), len(tables.attribute_table)
    n_links = max(len(tables.link_table), 1)
    for profile in _profiles(message):
        for sample in profile.samples:
            n_values, n_times = len(sample.values), len(sample.timestamps_unix_nano)
            attributes = sample.attribute_indices
            if (
                not (n_values or n_times)
                or (n_values and n_times and n_values != n_times)
                or not 0 <= sample.stack_index < n_stacks
                or not 0 <= sample.link_index < n_links
                or (attributes and not 0 < min(attributes) <= max(attributes) < n_attributes)
                or len({*attributes}) != len(attributes)
            ):
                return False
    return True
