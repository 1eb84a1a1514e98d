"""Dumps of cProfile, profile and the sampling profiler, and what marshal data may hold."""

import cProfile
import marshal
import profile as pure_python
import pstats
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import pstats as reader
from workbench.ingest import read
from workbench.ingest.marshal_reader import MOST_ODD_KEYS, load
from workbench.types import Function


def table(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def workload():
    return even(12), sorted(range(9), key=abs)


def rank_by_name(frame, column):
    return {(row.function, row.file, row.line): getattr(row, column) for row in frame.itertuples()}


@pytest.mark.parametrize("profiler", [cProfile.Profile, pure_python.Profile])
def test_a_dump_tells_what_pstats_tells_of_it(profiler, tmp_path):
    recorder = profiler()
    recorder.runcall(workload)
    recorder.dump_stats(tmp_path / "p")
    stats, found = pstats.Stats(str(tmp_path / "p")), read(tmp_path / "p")
    assert found.totals["calls/count"] == stats.total_calls
    assert found.totals["primitive_calls/count"] == stats.prim_calls
    assert found.totals["time/seconds"] == pytest.approx(stats.total_tt, rel=1e-12)
    builtin = {("~", 0): ("", 0)}
    for value_type, column, at in [
        ("calls", "self", 1),
        ("primitive_calls", "self", 0),
        ("time", "self", 2),
        ("time", "total", 3),
    ]:
        got = rank_by_name(found.top(value_type=value_type, by=column), column)
        for (file, line, name), row in stats.stats.items():
            place = builtin.get((file, line), (file, line))
            assert got.get((name, *place), 0) == pytest.approx(row[at])


def test_a_circle_of_calls_keeps_its_edges(tmp_path):
    recorder = cProfile.Profile()
    recorder.runcall(workload)
    recorder.dump_stats(tmp_path / "p")
    found = read(tmp_path / "p")
    assert dict(table(found.callers("odd", value_type="calls"), "function", "value")) == {"even": 6}
    assert dict(table(found.callers("even", value_type="calls"), "function", "value")) == {
        "odd": 6,
        "workload": 1,
    }


SAMPLED = {
    ("a.py", 3, "work"): (2, 3, 0.02, 0.03, {("a.py", 9, "main"): 3}),
    ("a.py", 4, "work"): (1, 2, 0.01, 0.02, {("a.py", 9, "main"): 1, ("a.py", 3, "work"): 1}),
    ("a.py", 9, "main"): (1, 4, 0.01, 0.04, {}),
    ("__sampled__",): True,
}


def test_what_was_sampled_is_told_by_functions_and_lines():
    found = read(marshal.dumps(SAMPLED))
    assert found.totals == {"samples/count": 4, "time/seconds": 0.04}
    assert found.n_samples == 3
    assert [row["line"] for row in found.locations.to_pylist()] == [3, 9, 4]
    top = found.top(value_type="samples", by="total")
    assert table(top, "function", "line", "self", "total") == [("work", 0, 3, 4), ("main", 0, 1, 4)]
    assert table(found.callers("work"), "function", "value") == [("main", 0.04), ("work", 0.01)]


def test_calls_that_were_not_counted_stay_what_they_are():
    found = read(marshal.dumps({("a.py", 1, "f"): (-1, -1, 0.5, 0.5, {})}))
    assert found.totals == {"calls/count": -1, "primitive_calls/count": -1, "time/seconds": 0.5}


def test_what_is_built_in_has_no_file_and_may_come_twice():
    stats = {("~", 0, "len"): (1, 1, 0.5, 0.5, {}), ("", 0, "len"): (2, 2, 0.25, 0.25, {})}
    found = read(marshal.dumps(stats), format="pstats")
    assert found.functions.num_rows == found.n_stacks == 1
    assert found.function(0) == Function("len")
    assert (found.n_samples, found.totals["time/seconds"]) == (2, 0.75)
    assert table(found.top(by="total"), "function", "total") == [("len", 0.75)]


def test_an_empty_dump_is_an_empty_profile():
    sampled = read(marshal.dumps({("__sampled__",): True}))
    assert sampled.totals == {"samples/count": 0, "time/seconds": 0}
    assert read(marshal.dumps({}), format="pstats").totals == {
        "calls/count": 0, "primitive_calls/count": 0, "time/seconds": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stats", "complaint"),
    [
        ({("a" * 10**6, 1, "f"): (1, 2)}, r"callers of \('a{39}, 1, 'f'\), got \(1, 2\)$"),
        ({("a", 1, "f"): (1, 1, 10**180, 0.1, {})}, r"numbers for \('a', 1, 'f'\), got \(1, 1, 1000"),
        ({("a", 1, "f"): (1, 1, True, 0.1, {})}, "expected numbers for"),
        ({("a", 1, "f"): (1, 1, 0.1, 0.1, {("a", 2, "g"): "x"})}, "4 numbers for the caller .*'x'"),
        ({("a", -1, "f"): (1, 1, 0.1, 0.1, {})}, r"expected a function as .*, got \('a', -1, 'f'\)"),
        ({("a", 2**31, "f"): (1, 1, 0.1, 0.1, {})}, "expected a function as"),
        ({("a", True, "f"): (1, 1, 0.1, 0.1, {})}, r"function as .*, got \('a', True, 'f'\)"),
        ({None: (1, 1, 0.1, 0.1, {})}, "expected a function as .*, got NoneType"),
        ({("a", 1, "f"): [1, 1, 0.1, 0.1, {}]}, "got list"),
    ],
    ids=["long", "huge", "truth", "caller", "line", "line too far", "true line", "no key", "a list"],
)  # fmt: skip
def test_what_no_profiler_writes_is_refused_in_a_line(stats, complaint):
    with pytest.raises(ParseError, match=complaint) as caught:
        read(marshal.dumps(stats), format="pstats")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("end", [1, 2, 20, 60])
def test_a_truncated_dump_is_refused(end):
    data = marshal.dumps(SAMPLED)[:end]
    with pytest.raises(ParseError, match=f"byte {end}: expected more bytes"):
        read(data, format="pstats")


# marshal


def text(letters):
    return b"z" + bytes([len(letters)]) + letters


def reference(number):
    return b"r" + struct.pack("<I", number)


def test_old_texts_and_their_references_are_read():
    """Python 2: interned texts, referred to by `R`; numbers as text; bytes are texts."""
    data = b"(\x06\0\0\0" + b"t\1\0\0\0a" + b"R\0\0\0\0" + b"s\1\0\0\0b" + b"u\2\0\0\0\xc3\xa9"
    assert load(data + b"f\x030.5" + b"I" + struct.pack("<q", -(2**40))) == (
        "a", "a", "b", "é", 0.5, -(2**40),
    )  # fmt: skip


def test_references_are_numbered_in_the_order_in_which_objects_begin():
    key = ("file.py", 1, "name")
    data = {key: (key, key, ("x", key))}
    for version in range(5):
        assert load(marshal.dumps(data, version)) == data


def hidden_depth(n):
    """A tuple of a tuple of a tuple, each told on its own and referred to by the next."""
    parts = [b"{", text(b"k") + b"\xa9\x01N"]
    parts += [text(b"k") + b"\xa9\x01" + reference(number) for number in range(n)]
    return b"".join(parts) + reference(n) + b"N0"


def test_references_do_not_multiply_what_they_refer_to():
    """Else the hash of a key takes as long as an exponential says, or more stack than there is."""
    wide = b"{" + text(b"k") + b"\xa9\x28" + b"N" * 40
    for data in (hidden_depth(3), hidden_depth(300_000), wide + text(b"l") + reference(0) + b"0"):
        with pytest.raises(
            ParseError, match="expected at most 8 plain items where an object comes"
        ):
            load(data)


def test_keys_that_could_be_made_to_collide_are_few():
    same_hash = [2**61 - 1] * MOST_ODD_KEYS
    odd_keys = {number * (k + 1): 0 for k, number in enumerate(same_hash)}
    assert load(marshal.dumps(odd_keys)) == odd_keys
    odd_keys |= {("f", (2**61 - 1) * 2**70, "n"): 0}
    with pytest.raises(ParseError, match="expected texts as keys, or at most 100 others"):
        load(marshal.dumps(odd_keys))
    keys = {("f", number, "n"): number for number in range(300)}
    assert load(marshal.dumps(keys)) == keys


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "byte 0: expected more bytes"),
        (b"{0extra", None),
        (b"0", "byte 0: expected plain data, got type '0'"),
        (b"{" + b"\xa9\x01N" + b"0", "got type '0'"),
        (b"{[\0\0\0\0N0", "expected keys that hold no list or dict"),
        (reference(0), "byte 5: expected more bytes"),
        (b"l" + struct.pack("<i", 41) + b"\0" * 82, "at most 600 bits"),
        (b"f\x03abc", "expected a number, got b'abc'"),
        (b"z\x05ab", "expected more bytes"),
        (b"y" + b"\0" * 16, "got type 'y'"),
    ],
)
def test_other_bytes_are_refused_with_their_place(data, complaint):
    if complaint is None:
        assert load(data) == {}
        return
    with pytest.raises(ParseError, match=complaint):
        load(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_data_or_a_parse_error(data):
    complaint = ""
    try:
        load(b"{" + data)
    except ParseError as error:
        complaint = str(error)
    assert len(complaint) < 300


def test_a_long_name_of_many_functions_is_refused(monkeypatch):
    monkeypatch.setattr(reader, "MOST_LETTERS", 100)
    name = "n" * 30
    rows = {("f.py", line, name): (1, 1, 0.0, 0.0, {}) for line in range(3)}
    with pytest.raises(ParseError, match="expected at most 100 letters of names"):
        read(marshal.dumps(rows))
