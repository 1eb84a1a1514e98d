import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.profile import ProfileBuilder, ValueType
from workbench.profile.save import WRITERS

SIGNS = st.characters(categories=["L", "N", "P", "S"])
NAMES = st.text(SIGNS, min_size=1, max_size=6) | st.tuples(SIGNS, SIGNS).map(" ".join)
FRAMES = st.tuples(NAMES, st.sampled_from(["", "a.py", "b/c.py"]), st.integers(0, 99))
LABELS = st.dictionaries(
    st.sampled_from(["thread", "size"]),
    st.integers(-(2**63), 2**63 - 1) | st.text("abü", min_size=1), max_size=2,
)  # fmt: skip
VALUES = st.tuples(st.integers(-(2**40), 2**61 - 1), st.integers(0, 2**40))
SAMPLES = st.lists(st.tuples(st.lists(FRAMES, max_size=4), VALUES, LABELS), max_size=3)


def made(samples, *, time_ns=1_700_000_000_000_000_000, duration_s=2.5):
    builder = ProfileBuilder(ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    for frames, values, labels in samples:
        stack = builder.stack([builder.frame(*frame) for frame in frames])
        builder.sample(stack, *values, labels=labels)
    return builder.build(default_value=1, time_ns=time_ns, duration_s=duration_s)


def content(profile):
    locations = profile.locations.to_pylist()
    functions = profile.functions.to_pylist()
    stacks = [
        [(functions[locations[at]["function"]]["name"], functions[locations[at]["function"]]["file"],
          locations[at]["line"])
         for at in profile.stack_locations[profile.stack_starts[s] : profile.stack_starts[s + 1]]]
        for s in profile.sample_stacks
    ]  # fmt: skip
    values = [column.tolist() for column in profile.sample_values]
    return stacks, values, profile.labels.to_pylist(), profile.value_types, profile.default_value


@given(SAMPLES)
def test_pprof_is_read_back_as_it_was(samples):
    profile = made(samples)
    again = read(WRITERS["pprof"](profile), format="pprof")
    assert content(again) == content(profile)
    assert (again.time_ns, again.duration_s) == (profile.time_ns, profile.duration_s)


@given(SAMPLES)
def test_folded_stacks_keep_the_default_value(samples):
    profile = made([(f, (v[0], abs(v[1])), {}) for f, v, _ in samples])
    again = read(WRITERS["folded"](profile), format="folded")
    assert list(again.totals.values()) == [profile.totals["cpu/nanoseconds"]]
    assert again.n_samples == len(set(profile.sample_stacks.tolist()))


def seconds(*rows, unit="seconds"):
    builder = ProfileBuilder(ValueType("time", unit), ValueType("space", "bytes"))
    for name, time, space in rows:
        builder.sample(builder.stack([builder.frame(name)]), time, space)
    return builder.build()


def test_folded_counts_are_whole_one_line_a_stack():
    rows = [("f", 1e-6, 0), ("g", 0.25, 0), ("f", 0.5, 0)]
    assert WRITERS["folded"](seconds(*rows)) == b"f 500001000\ng 250000000\n"
    assert WRITERS["folded"](seconds(("f", 1e-7, 0), unit="percent")) == b"f 0.0000001\n"


def test_no_tool_reads_less_than_nothing():
    profile = seconds(("f", -0.5, 64), ("g", 1.5, -32))
    for name in ("folded", "speedscope"):
        with pytest.raises(ProfileError, match="expected time/seconds of 0 or more for"):
            WRITERS[name](profile)
    assert WRITERS["folded"](seconds(("f", -0.5, 0), ("f", 1.5, 0))) == b"f 1000000000\n"
    page = json.loads(WRITERS["speedscope"](seconds(("f", 0.5, -64))))
    assert [told["name"] for told in page["profiles"]] == ["time/seconds"]


@given(SAMPLES)
def test_speedscope_is_read_back_but_for_labels_and_times(samples):
    profile = made([(frames, tuple(map(abs, values)), {}) for frames, values, _ in samples])
    assert content(read(WRITERS["speedscope"](profile))) == content(profile)


def test_folded_text_tells_file_line_and_kind():
    builder = ProfileBuilder(ValueType("samples", "count"))
    kernel = builder.location(builder.function("do;idle\n"), kind="kernel")
    builder.sample(builder.stack([builder.frame("main", "a.py", 3), kernel]), 7)
    assert WRITERS["folded"](builder.build()) == b"main (a.py:3);do:idle _[k] 7\n"


def test_speedscope_has_a_profile_for_each_value_type():
    page = json.loads(
        WRITERS["speedscope"](made([([("f", "a.py", 3), ("g", "", 0)], (2, 640), {})]))
    )
    assert page["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert page["shared"]["frames"] == [{"name": "f", "file": "a.py", "line": 3}, {"name": "g"}]
    assert page["activeProfileIndex"] == 1
    assert page["profiles"] == [
        {"type": "sampled", "name": name, "unit": unit, "startValue": 0, "endValue": total,
         "samples": [[0, 1]], "weights": [total]}
        for name, unit, total in (("samples/count", "none", 2), ("cpu/nanoseconds", "nanoseconds", 640))
    ]  # fmt: skip


def test_seconds_are_nanoseconds_in_pprof_and_other_fractions_are_refused():
    def profile(unit, value):
        builder = ProfileBuilder(ValueType("time", unit))
        builder.sample(builder.stack([builder.frame("f")]), value)
        return builder.build()

    again = read(WRITERS["pprof"](profile("seconds", 1.5)))
    assert again.totals == {"time/nanoseconds": 1_500_000_000}
    assert read(WRITERS["pprof"](profile("bytes", 3.0))).totals == {"time/bytes": 3}
    with pytest.raises(ProfileError, match="expected whole values of time/bytes"):
        WRITERS["pprof"](profile("bytes", 1.5))


@pytest.mark.parametrize(
    ("name", "format"),
    [("p.pb.gz", "pprof"), ("p.pprof", "pprof"), ("p.pb", "pprof"), ("p.folded", "folded"),
     ("p.txt", "folded"), ("p.collapsed", "folded"), ("p.speedscope.json", "speedscope")],
)  # fmt: skip
def test_the_suffix_tells_the_format(tmp_path, name, format):
    profile = made([([("f", "", 0)], (1, 2), {})])
    path = profile.save(tmp_path / name)
    data = path.read_bytes()
    assert (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data) == WRITERS[format](profile)
    assert list(tmp_path.iterdir()) == [path]
    again = profile.save(tmp_path / "any", format=format)
    assert read(again).totals == read(path).totals


def test_a_suffix_that_tells_nothing_is_refused(tmp_path):
    with pytest.raises(ProfileError, match=r"p\.svg: expected a suffix among \.pb\.gz"):
        made([]).save(tmp_path / "p.svg")
    with pytest.raises(ProfileError, match="or format=pprof, folded, speedscope"):
        made([]).save(tmp_path / "p", format="svg")
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_written_exactly_or_not_at_all():
    builder = ProfileBuilder(ValueType("n", "count"))
    stack = builder.stack([builder.frame("f")])
    builder.sample(stack, 2**62 + 1)
    assert WRITERS["folded"](builder.build()) == f"f {2**62 + 1}\n".encode()
    for kind, value in ((ValueType("n", "count"), 1e19), (ValueType("t", "seconds"), 1e10)):
        builder = ProfileBuilder(kind)
        builder.sample(builder.stack([builder.frame("f")]), value)
        with pytest.raises(ProfileError, match="expected values of ./.* that fit 64 bits, got 1e"):
            WRITERS["pprof"](builder.build())
