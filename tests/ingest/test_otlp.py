import json

import pytest
from google.protobuf.json_format import MessageToJson

from workbench.errors import ParseError
from workbench.ingest import otlp, read
from workbench.profile.protobuf import bytes_field, packed_field, varint_field
from workbench.types import Function


@pytest.fixture
def message(examples):
    newest, _ = otlp._classes()
    return newest.FromString(examples["otlp"].data)


def test_a_sample_has_its_stack_its_values_and_attributes(message):
    profile = read(message.SerializeToString())
    assert profile.values().tolist() == [12, 1]  # the sum of values; one for each timestamp
    assert profile.stack(profile.sample_stacks[0]) == (Function("main", "app.py", 1),)
    assert profile.stack(profile.sample_stacks[1]) == ()
    assert profile.locations.to_pylist() == [
        {"function": 0, "line": 7, "address": 4096, "kind": ""}
    ]
    frame = profile.to_pandas()
    assert list(frame["service.name"]) == ["svc", "svc"]
    assert frame["thread.name"][0] == "worker"
    assert (profile.time_ns, profile.duration_s) == (1_700_000_000_000_000_000, 1.0)


def test_lines_of_a_location_are_frames_the_outermost_first(message):
    tables = message.dictionary
    tables.function_table.add(name_strindex=4)
    tables.location_table[1].lines.add(function_index=2, line=3)
    profile = read(message.SerializeToString())
    assert [function.name for function in profile.stack(profile.sample_stacks[0])] == [
        "app.py",
        "main",
    ]
    assert profile.locations["kind"].to_pylist() == ["", "inlined"]


def test_an_address_without_lines_is_named_by_it_in_its_binary(message):
    tables = message.dictionary
    tables.mapping_table.add(filename_strindex=4)
    tables.location_table.add(address=255, mapping_index=1)
    tables.stack_table.add(location_indices=[2])
    message.resource_profiles[0].scope_profiles[0].profiles[0].samples.add(
        stack_index=2, values=[1]
    )
    profile = read(message.SerializeToString())
    assert profile.stack(profile.sample_stacks[2]) == (Function("0xff", "app.py"),)


def test_the_layout_before_is_told_by_its_fields(examples):
    """In 1.8 a sample's values are field 2, and its attributes field 3."""
    newest, older = otlp._classes()
    message = older()
    message.dictionary.ParseFromString(
        newest.FromString(examples["otlp"].data).dictionary.SerializeToString()
    )
    profile = (
        message.resource_profiles.add().scope_profiles.add().profiles.add(profile_id=b"x" * 16)
    )
    profile.sample_type.type_strindex, profile.sample_type.unit_strindex = 1, 2
    profile.samples.add(stack_index=1, values=[2**40], attribute_indices=[1])
    again = read(message.SerializeToString())
    assert again.totals == {"cpu/nanoseconds": 2**40}
    assert list(again.to_pandas()["thread.name"]) == ["worker"]


def test_another_layout_is_refused_by_name(message):
    """In 1.7 a sample said where its locations start, and values were field 3."""
    sample = varint_field(1, 0) + varint_field(2, 2) + packed_field(3, [5]) + bytes_field(7, b"?")
    profile = bytes_field(1, varint_field(1, 1)) + bytes_field(2, sample)
    data = bytes_field(1, bytes_field(2, bytes_field(2, profile)))
    data += bytes_field(2, message.dictionary.SerializeToString())
    with pytest.raises(
        ParseError,
        match=r"expected a layout of .*v1development, 1\.8 or 1\.9, got field . of Sample",
    ):
        read(data, format="otlp")


def test_json_with_unknown_members_is_refused_by_name(message):
    page = json.loads(MessageToJson(message))
    page["resourceProfiles"][0]["colour"] = "red"
    with pytest.raises(ParseError, match='has no field named "colour"'):
        read(json.dumps(page).encode())


@pytest.mark.parametrize(
    "table", ["stack_table", "location_table", "function_table", "attribute_table"]
)
def test_an_index_beyond_a_table_is_named(message, table):
    del getattr(message.dictionary, table)[1:]
    with pytest.raises(ParseError, match=f"expected an index into {table}, got 1 of 1"):
        read(message.SerializeToString())


def test_messages_in_a_series_are_one_profile(message):
    data = message.SerializeToString()
    series = b"".join(len(part).to_bytes(4, "big") + part for part in (data, data, data))
    profile = read(series)
    assert (profile.n_samples, profile.n_stacks, profile.totals) == (6, 2, {"cpu/nanoseconds": 39})
    with pytest.raises(ParseError):
        read(series[:-1], format="otlp")
