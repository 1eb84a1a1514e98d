"""The protobuf wire format, as far as writing a profile needs it."""

from __future__ import annotations

from collections.abc import Iterable


def varint(value: int) -> bytes:
    """Encode an integer of 64 bits; a negative one as its two's complement."""
    value &= 0xFFFFFFFFFFFFFFFF
    if value < 0x80:
        return bytes((value,))
    encoded = bytearray()
    while value > 0x7F:
        encoded.append((value & 0x7F) | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def varint_field(number: int, value: int) -> bytes:
    """Encode a field that is an integer; nothing for 0, the default."""
    return varint(number << 3) + varint(value) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """Encode a field that is a message, text or packed numbers."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def packed_field(number: int, values: Iterable[int]) -> bytes:
    """Encode a repeated field of integers; nothing where there are none."""
    packed = b"".join(map(varint, values))
    return bytes_field(number, packed) if packed else b""
