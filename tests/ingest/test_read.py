"""The contract that every reader keeps, over a small profile in each format."""

import gzip
import itertools
import json
import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import FORMATS, deep_json, read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.ingest.series import read_series
from workbench.types import Profile


def check(profile):
    """What must hold of any profile."""
    assert isinstance(profile, Profile)
    n = profile.n_samples
    assert profile.stack_starts[0] == 0
    assert (profile.stack_starts[1:] >= profile.stack_starts[:-1]).all()
    assert profile.stack_starts[-1] == len(profile.stack_locations)
    assert len(profile.sample_values) == len(profile.value_types) == len(profile.totals)
    assert all(len(column) == n for column in profile.sample_values)
    if n:
        assert 0 <= profile.sample_stacks.min() <= profile.sample_stacks.max() < profile.n_stacks
    if len(profile.stack_locations):
        assert profile.stack_locations.min() >= 0
        assert profile.stack_locations.max() < profile.locations.num_rows
        assert profile.stack_functions.max() < profile.functions.num_rows
    assert 0 <= profile.default_value < len(profile.value_types)
    assert set(profile.labels["sample"].to_pylist()) <= set(range(n))
    profile.top(3)
    profile.to_pandas()


def attempt(data, format=None):
    """Read bytes: a profile that holds, or a ParseError of one line."""
    complaint = ""
    try:
        check(read(data, format=format))
    except ParseError as error:
        complaint = str(error)
    assert "\n" not in complaint
    assert len(complaint) < 2000


# each format


def test_an_example_is_told_by_its_content_and_read_whole(example, tmp_path):
    assert find_format(Content(example.data)) == example.format
    path = tmp_path / "profile.xyz"
    path.write_bytes(example.data)
    for profile in (read(path), read(example.data), read(example.data, format=example.format)):
        check(profile)
        assert profile.totals == example.totals
        assert list(map(type, profile.totals.values())) == list(map(type, example.totals.values()))
        assert profile.n_samples == example.n_samples


def test_every_format_has_an_example(examples):
    assert {example.format for example in examples.values()} == {*FORMATS}


def test_gzip_and_zstd_are_unpacked(example, tmp_path):
    zstd = pa.compress(example.data, codec="zstd", asbytes=True)
    for data in (gzip.compress(example.data), zstd, gzip.compress(example.data) + b"\0" * 9):
        (tmp_path / "p").write_bytes(data)
        assert read(tmp_path / "p").totals == example.totals


def test_a_truncated_example_is_a_profile_or_a_parse_error(example):
    for end in range(0, len(example.data), max(1, len(example.data) // 60)):
        attempt(example.data[:end])
        attempt(example.data[:end], example.format)


@settings(max_examples=15)
@given(
    edits=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6
    )
)
def test_a_mutated_example_is_a_profile_or_a_parse_error(example, edits):
    data = bytearray(example.data)
    for place, byte in edits:
        data[int(place * len(data))] = byte
    attempt(bytes(data), example.format)


VALUES = [
    None,
    True,
    -1,
    3,
    2**63,
    -(2**70),
    1e308,
    0.5,
    "",
    "x",
    "\ud800",
    "\0" * 9,
    [],
    [[]],
    {},
    [1],
    {"a": 1},
]


def test_json_of_other_types_is_a_profile_or_a_parse_error(json_example):
    """Every value in a document is replaced by values of every type."""
    document = json.loads(json_example.data)
    for path, value in itertools.product(places(document), VALUES):
        attempt(json.dumps(replaced(document, path, value)).encode(), json_example.format)


def places(node, path=()):
    """Give the path of everything in a document."""
    yield path
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(node, path, value):
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


def test_no_format_takes_what_is_of_another(example):
    for name, format in FORMATS.items():
        if name != example.format and name != "folded":
            assert not format.looks_like(Content(example.data)), name


def test_any_format_refuses_what_is_of_another(example):
    for name in FORMATS:
        attempt(example.data, name)


@given(st.binary(max_size=200), st.sampled_from([None, *FORMATS]))
def test_any_bytes_are_a_profile_or_a_parse_error(data, format):
    attempt(data, format)


# what is no profile


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"# 3\n", b"{}", b"[]", b"hello", b"42", b"\0" * 99, b"\xff" * 99]
)
def test_what_is_no_profile_is_refused(tmp_path, data):
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(ParseError, match=r"p: expected a profile( \(jfr, .*folded\))?, got"):
        read(tmp_path / "p")


def test_errors_name_file_and_place(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes(b"a;b 1\nnot a count\n")
    with pytest.raises(ParseError, match=r"p\.txt @ 2: expected 'frame;frame count', got 'not a"):
        read(path)


def test_a_missing_file_and_an_unknown_format_are_named(tmp_path):
    for place, seen in ((tmp_path / "none", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(ParseError, match=f"expected a profile, found {seen}"):
            read(place)
    with pytest.raises(ParseError, match="expected a format among .*folded.*, got 'nope'"):
        read(b"a 1", format="nope")


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda d: pa.compress(d, codec="zstd", asbytes=True)]
)
def test_a_bomb_is_not_unpacked(pack):
    data = pack(b"main;f 1\n" * 200_000)
    with pytest.raises(ParseError, match="expected at most 1000000 bytes when unpacked, got more"):
        read(data, most_bytes=1_000_000)
    assert read(data, most_bytes=2_000_000).n_samples == 200_000


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda d: pa.compress(d, codec="zstd", asbytes=True)]
)
def test_a_damaged_archive_is_one_error(pack):
    packed = pack(b"main;f 1\n" * 1000)
    for end in range(4, len(packed)):
        attempt(packed[:end])
    with pytest.raises(ParseError, match="gzip|zstd"):
        read(packed[:20])


def test_brackets_that_nest_too_deeply_are_one_error():
    with pytest.raises(ParseError):
        read(b'{"profiles": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", format="speedscope")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_mark_of_the_encoding_is_no_part_of_the_text(encoding):
    text = "a;ü 1\na 2\n".encode(encoding)
    if encoding == "utf-16-be":
        text = b"\xfe\xff" + text
    profile = read(gzip.compress(text))
    assert profile.functions["name"].to_pylist() == ["a", "ü"]
    assert profile.totals == {"samples/count": 3}


@pytest.mark.parametrize(("data", "seen"), [
    (b"PERFILE2\x01\x02", "a recording of perf: write it as text with `perf script`"),
    (b'{"head": {"callFrame": {}, "selfSize": 1}}', "a heap profile of V8"),
    (b'{"benchmarks": []}', "results of benchmarks, not a profile"),
    (b"PK\x03\x04rest", "a zip archive: unpack it first"),
    (b"PK\x03\x04a;b 1\nc;d 2\0\n", "a zip archive: unpack it first"),
    (b"a.folded".ljust(257, b"\0") + b"ustar".ljust(255, b"\0") + b"a;b 1\nc;d 2\n",
     "a tar archive: unpack it first"),
    (gzip.compress(gzip.compress(b"a;b 1\n", mtime=0), mtime=0), "gzip within gzip: unpack it first"),
    (b"\x04\x22\x4d\x18rest", "LZ4, as of recordings of memray, which are for its own reports"),
    (b"time,parse\n2026-01-01,3\n",
     "a table of series (CSV), which workbench.ingest.series.read_series reads"),
    (b"", "an empty file"),
])  # fmt: skip
def test_what_is_no_profile_is_called_what_it_is(data, seen):
    with pytest.raises(ParseError, match=f"^expected a profile, got {re.escape(seen)}$"):
        read(data)


@pytest.mark.parametrize("wrong", [None, 3, ["a.folded"]])
def test_what_is_neither_path_nor_content_is_refused(wrong):
    with pytest.raises(ParseError, match="expected the path of a profile, or its content, got "):
        read(wrong)
    with pytest.raises(ParseError, match="expected the path of series, or their content, got "):
        read_series(wrong)


def test_of_what_is_not_known_the_beginning_is_told():
    with pytest.raises(
        ParseError,
        match=r"expected a profile \(jfr, .*folded\), got text that begins 'what is this'$",
    ):
        read(b"what is this")


@pytest.mark.parametrize(("data", "complaint"), [
    (b'{"profiles": [', "line 1 column 15: expected JSON: Expecting value"),
    (b'{"a": 1} {"a": 2}', "line 1 column 10: expected JSON: Extra data"),
    (b"[" * 2000, "line 1 column 2001: expected JSON: Expecting value"),
    (b"[" * 30_000, "expected JSON: brackets nest too deeply"),
])  # fmt: skip
def test_json_that_is_damaged_says_where(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data)


DEEP = {"a": 1.5, "b": [[], {}, "ü\n", True, False, None, -2, 1e-3, {"c": {"d": ""}}], "": 12}


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
))  # fmt: skip
@example(DEEP)
def test_deep_json_is_read_as_the_library_reads_it(value):
    for indent in (None, 2):
        text = json.dumps(value, indent=indent)
        assert deep_json.loads(text) == json.loads(text)


@given(st.text('[]{}",:1.e-tfn \\u0', max_size=12))
def test_damaged_json_is_refused_as_the_library_refuses_it(text):
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises(json.JSONDecodeError):
            deep_json.loads(text)
    else:
        assert repr(deep_json.loads(text)) == repr(value)
