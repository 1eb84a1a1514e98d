import struct

import pytest

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.jfr_chunks import read_chunks
from workbench.types import Function


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def test_events_are_rows_with_stacks_lines_kinds_and_threads(examples):
    profile = read(examples["jfr"].data)
    assert stacks(profile) == [["a.B.main", "a.B.run"], ["a.B.main", "a.B.run"], []]
    assert [(row["line"], row["kind"]) for row in profile.locations.to_pylist()] == [
        (30, "jit"),
        (7, "jit"),
    ]
    assert profile.function(0) == Function("a.B.main")
    assert profile.to_pandas()["thread"].fillna("").tolist() == ["worker", "worker", ""]
    assert profile.sample_values[2].tolist() == [0, 0, 250 * 4]  # ticks of 4 ns
    assert (profile.time_ns, profile.duration_s) == (1_700_000_000_000_000_000, 1.0)


def test_chunks_follow_each_other(examples):
    data = examples["jfr"].data
    profile = read(data * 3)
    assert profile.totals == {"samples/count": 6, "contentions/count": 3, "delay/nanoseconds": 3000}
    assert profile.n_stacks == 2


def with_header(data, place, value, form=">q"):
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


@pytest.mark.parametrize(
    ("place", "value", "form", "complaint"),
    [
        (0, 0x464C5300, ">I", "expected a format|expected one of|expected a chunk"),
        (4, 9, ">H", "expected a chunk of version 2, got .* version 9"),
        (8, 10**6, ">q", "expected a chunk of 1000000 bytes, found"),
        (8, -1, ">q", "expected a chunk of -1 bytes"),
        (16, 10**6, ">q", "expected an offset within the chunk"),
        (24, 68, ">q", "expected an event of type 0"),
        (16, 68, ">q", "expected an event of type 1"),
        (56, 0, ">q", "expected ticks per second above 0"),
    ],
)
def test_a_header_that_cannot_be_is_named(examples, place, value, form, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(with_header(examples["jfr"].data, place, value, form), format="jfr")


def test_a_truncated_chunk_is_named(examples):
    with pytest.raises(ParseError, match="expected a chunk of .* bytes, found"):
        read(examples["jfr"].data[:-1])
    with pytest.raises(ParseError, match="expected the header of a chunk, found the end"):
        read(examples["jfr"].data + b"FLR\0")


def test_an_event_of_no_size_does_not_go_on_for_ever(examples):
    data = bytearray(examples["jfr"].data)
    data[68] = 0
    with pytest.raises(ParseError, match="expected an event of at most"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\0", None),
        (b"\1", ""),
        (b"\3\2\xc3\xbc", "ü"),
        (b"\4\2\xe9\x01b", "éb"),
        (b"\5\1\xfc", "ü"),
    ],
)
def test_strings_have_many_encodings(examples, raw, text):
    (chunk,) = read_chunks(examples["jfr"].data)
    chunk.data, chunk.at, chunk.end = raw, 0, len(raw)
    assert chunk._string() == text


def test_integers_are_leb128_with_a_whole_ninth_byte_or_fixed(examples):
    (chunk,) = read_chunks(examples["jfr"].data)
    for raw, value in (
        (b"\x05", 5),
        (b"\x85\x01", 133),
        (b"\xff" * 9, -1),
        (b"\x80" * 8 + b"\x80", -(2**63)),
    ):
        chunk.data, chunk.at = raw, 0
        assert chunk._varint() == value
        assert chunk.at == len(raw)
    chunk.data, chunk.at, chunk.is_compressed = struct.pack(">ihq", -3, -2, -1), 0, False
    assert (chunk._small(), chunk._short(), chunk._long()) == (-3, -2, -1)
