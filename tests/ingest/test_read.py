import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import FORMATS, read


@pytest.mark.parametrize("format", [None, "folded"])
def test_a_file_is_read_whatever_it_is_called(tmp_path, format):
    path = tmp_path / "profile.json"
    path.write_bytes(b"a;b 3\n")
    assert read(path, format=format).totals == read(str(path)).totals == {"samples/count": 3}


@pytest.mark.parametrize(
    "data",
    [
        b"a;b 1\n",
        b" 2\na 1\n",
        b"# py-spy\n\n\na 1",
        b";".join([b"frame (file.py:1)"] * 9000) + b" 1\n",
    ],
    ids=["plain", "empty stack first", "comment first", "deep stack first"],
)
def test_folded_stacks_are_told_by_their_content(data):
    assert read(data).totals["samples/count"] in {1, 3}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# 3\n", b"{}", b"\x1f\x8b\x08", b"hello", b"42"])
def test_what_is_no_profile_is_refused(tmp_path, data):
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(ParseError, match=r"p: expected .*"):
        read(tmp_path / "p")


def test_errors_name_file_and_line(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes(b"a;b 1\nnot a count\n")
    with pytest.raises(ParseError, match=r"p\.txt @ 2: expected 'frame;frame count', got 'not a"):
        read(path)


def test_a_missing_file_and_an_unknown_format_are_named(tmp_path):
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(ParseError, match="found no such file"):
            read(place)
    with pytest.raises(ParseError, match="expected a format among .*folded.*, got 'nope'"):
        read(b"a 1", format="nope")


@given(st.binary(max_size=200), st.sampled_from([None, *FORMATS]))
def test_any_bytes_are_a_profile_or_a_parse_error(data, format):
    try:
        read(data, format=format)
    except ParseError:
        pass
