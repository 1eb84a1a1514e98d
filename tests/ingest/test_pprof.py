import numpy as np
import pytest

from workbench import compiled
from workbench.errors import ParseError
from workbench.ingest import pprof_scan, read
from workbench.profile import ProfileBuilder, ValueType, build
from workbench.profile.protobuf import bytes_field, packed_field, varint, varint_field
from workbench.profile.save import to_pprof
from workbench.types import Function

STRINGS = [
    "",
    "samples",
    "count",
    "main",
    "app.go",
    "inlined",
    "thread",
    "worker",
    "/bin/app",
    "size",
    "bytes",
]


def message(*parts, strings=STRINGS):
    return b"".join([*parts, *(bytes_field(6, text.encode()) for text in strings)])


def sample_type(name=1, unit=2):
    return bytes_field(1, varint_field(1, name) + varint_field(2, unit))


def sample(*parts):
    return bytes_field(2, b"".join(parts))


def function(number, name=3, file=4, start=0):
    fields = ((1, number), (2, name), (4, file), (5, start))
    return bytes_field(5, b"".join(varint_field(*field) for field in fields))


def location(number, *lines, address=0, mapping=0):
    fields = varint_field(1, number) + varint_field(2, mapping) + varint_field(3, address)
    told = (bytes_field(4, varint_field(1, of) + varint_field(2, line)) for of, line in lines)
    return bytes_field(4, fields + b"".join(told))


def frames(profile, stack=0):
    """Name, line and kind of each frame, root first."""
    names, places = profile.functions["name"].to_pylist(), profile.locations.to_pylist()
    rows = profile.stack_locations[profile.stack_starts[stack] : profile.stack_starts[stack + 1]]
    return [(names[places[at]["function"]], places[at]["line"], places[at]["kind"]) for at in rows]


@pytest.mark.parametrize(
    "told",
    [
        packed_field(1, [2, 1]) + packed_field(2, [7]),
        varint_field(1, 2) + varint_field(1, 1) + varint_field(2, 7),
        varint_field(1, 2) + packed_field(1, [1]) + varint_field(2, 7) + bytes_field(15, b"new"),
    ],
    ids=["packed", "alone", "both, and a field to come"],
)
def test_repeated_numbers_may_be_packed_or_not(told):
    data = message(
        sample_type(),
        sample(told),
        function(1),
        function(2, name=5),
        location(1, (1, 3)),
        location(2, (2, 9)),
    )
    profile = read(data)
    assert profile.totals == {"samples/count": 7}
    assert frames(profile) == [("main", 3, ""), ("inlined", 9, "")]


def test_lines_of_a_location_are_frames_the_last_of_which_is_not_inlined():
    data = message(
        sample_type(), sample(packed_field(1, [9]), packed_field(2, [1])), function(4), function(7, name=5),
        location(9, (7, 20), (4, 10), address=4096),
    )  # fmt: skip
    assert frames(read(data)) == [("main", 10, ""), ("inlined", 20, "inlined")]


def test_an_address_without_symbols_is_named_by_it_in_its_binary():
    start = varint_field(2, 2**64 - 8192)
    mapping = bytes_field(3, varint_field(1, 5) + start + varint_field(4, 64) + varint_field(5, 8))
    data = message(
        sample_type(), mapping, location(1, address=2**64 - 4096, mapping=5),
        sample(packed_field(1, [1]), packed_field(2, [1])),
    )  # fmt: skip
    profile = read(data)
    assert profile.function(0) == Function("app+0x1040", "/bin/app")
    assert profile.locations["address"].to_pylist() == [-4096]


@pytest.mark.parametrize("ids", [(2**63 + 11, 40), (2**64 - 1, 2**63), (2, 1), (3, 1)])
def test_ids_may_be_any_number_in_any_order(ids):
    first, second = ids
    data = message(
        sample_type(), sample(packed_field(1, ids), packed_field(2, [1])),
        location(first, (3, 1)), function(900), location(second, (900, 2)), function(3, name=5),
    )  # fmt: skip
    assert frames(read(data)) == [("main", 2, ""), ("inlined", 1, "")]


def test_values_are_64_bits_with_a_sign():
    data = message(sample_type(), sample(packed_field(2, [-1])), sample(packed_field(2, [2**62])))
    assert read(data).values().tolist() == [-1, 2**62]


def test_labels_are_texts_or_numbers_with_units():
    labels = [
        varint_field(1, 6) + varint_field(2, 7),
        varint_field(1, 9) + varint_field(3, 512) + varint_field(4, 10),
    ]
    told = b"".join(bytes_field(3, label) for label in labels)
    profile = read(
        message(sample_type(), sample(packed_field(2, [1])), sample(packed_field(2, [1]), told))
    )
    assert profile.labels.to_pylist() == [
        {"sample": 1, "key": "thread", "text": "worker", "number": None, "unit": ""},
        {"sample": 1, "key": "size", "text": None, "number": 512, "unit": "bytes"},
    ]


def test_the_last_value_type_is_the_default_unless_one_is_named():
    types = sample_type() + sample_type(9, 10)
    assert read(message(types)).default_value == 1
    assert read(message(types, varint_field(14, 1))).default_value == 0


def test_a_default_of_which_there_is_nothing_is_none():
    types = sample_type() + sample_type(9, 10) + sample_type(3, 2)
    rows = sample(packed_field(2, [5, 0, 0])), sample(packed_field(2, [0, 7, 0]))
    period = bytes_field(11, varint_field(1, 9) + varint_field(2, 10))
    assert read(message(types, *rows)).default_value == 0
    assert read(message(types, *rows, period)).default_value == 1
    assert read(message(types, *rows, period, varint_field(14, 3))).default_value == 2


def test_strings_that_are_no_utf8_are_replaced():
    data = message(
        sample_type(),
        function(1),
        location(1, (1, 0)),
        sample(packed_field(1, [1]), packed_field(2, [1])),
    )
    profile = read(data.replace(b"main", b"ma\xffn"))
    assert profile.function(0).name == "ma\ufffdn"


def test_samples_without_a_stack_and_equal_ones_stay_rows():
    rows = [sample(packed_field(2, [n])) for n in (1, 2, 3)]
    profile = read(message(sample_type(), *rows))
    assert (profile.n_samples, profile.n_stacks, profile.totals) == (3, 1, {"samples/count": 6})


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (message(sample_type(), sample(packed_field(2, [1, 2]))), "expected 1 values, one a sample type, got 2"),
        (message(sample_type(), sample()), "expected 1 values, one a sample type, got 0"),
        (message(sample_type(), sample(packed_field(1, [3]), packed_field(2, [1]))), "reference 1 to a location: expected the id of a location, got 3"),
        (message(sample_type(), sample(packed_field(1, [2]), packed_field(2, [1])), location(1, (1, 2)), function(1)), "ids that are there"),
        (message(sample_type(), location(1, (4, 2))), "expected the id of a function, got 4"),
        (message(sample_type(), location(1, address=9, mapping=4)), "expected the id of a mapping, got 4"),
        (message(sample_type(name=99)), "expected an index into 11 strings, got 99"),
        (message(sample_type(), strings=["x", "samples", "count"]), "expected string 0 to be empty, got 'x'"),
        (message(sample(packed_field(2, [1]))), "expected sample types, found none"),
        (message(sample_type(), varint_field(9, 5))[:-3], "byte .*: expected a protobuf field"),
        (message(sample_type(), varint(2 << 3) + varint(7)), "expected wire type 2 in field 2"),
        (message(sample_type(), *[sample(packed_field(2, [2**62]))] * 2), "add up to at most"),
        (message(sample_type(), sample(bytes_field(2, b"\xff" * 11))), "expected a protobuf field"),
    ],
)  # fmt: skip
def test_what_is_no_profile_is_named_with_its_place(data, complaint):
    with pytest.raises(ParseError, match=complaint):
        read(data, format="pprof")


def large_profile(n=6000):
    rng = np.random.default_rng(0)
    builder = ProfileBuilder(ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    places = [builder.frame(f"f{k}", f"m{k % 7}.py", k) for k in range(300)]
    for row in range(n):
        stack = builder.stack([places[k] for k in rng.integers(0, 300, rng.integers(0, 25))])
        builder.sample(stack, 1, int(rng.integers(0, 2**40)), labels={"thread": f"t{row % 5}"})
    return builder.build()


def test_machine_code_reads_what_plain_python_reads(monkeypatch):
    profile = large_profile()
    data = to_pprof(profile)
    monkeypatch.setattr(compiled, "ENOUGH", len(data))
    monkeypatch.setattr(build, "ENOUGH", 1)
    fast = read(data)
    monkeypatch.setattr(compiled, "ENOUGH", len(data) + 1)
    monkeypatch.setattr(build, "ENOUGH", 1 << 60)
    slow = read(data)
    assert pprof_scan.loops.over(len(data) + 1) is pprof_scan.loops.compiled
    for name in ("stack_starts", "stack_locations", "sample_stacks"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(slow, name))
    assert fast.functions == slow.functions
    assert fast.locations == slow.locations
    assert fast.labels == slow.labels == profile.labels
    assert fast.totals == slow.totals == profile.totals


@pytest.mark.parametrize("end", [2, 4, 7])
def test_machine_code_refuses_what_plain_python_refuses(monkeypatch, end):
    data = to_pprof(large_profile(50))
    for enough in (1, 1 << 60):
        monkeypatch.setattr(compiled, "ENOUGH", enough)
        with pytest.raises(ParseError, match="byte"):
            read(data[: len(data) * end // 8], format="pprof")
