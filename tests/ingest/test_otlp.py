import json

import pytest
from google.protobuf.json_format import MessageToJson

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.ingest.content import Content
from workbench.ingest.otlp import looks_like
from workbench.ingest.otlp_layouts import classes
from workbench.profile.protobuf import bytes_field, packed_field, varint_field
from workbench.types import Function


@pytest.fixture
def message(examples):
    newest, *_ = classes()
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


def test_the_layout_of_1_8_is_told_by_its_fields(examples):
    """In 1.8 a sample's values are field 2, and its attributes field 3."""
    newest, _, older = classes()
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


@pytest.mark.parametrize("release", [1, 2], ids=["1.9", "1.8"])
@pytest.mark.parametrize("times", [[], [1_700_000_000_000_000_001]], ids=["values", "and times"])
def test_values_are_not_taken_for_attributes(examples, release, times):
    """In 1.10 attributes are field 2, which was the values; nothing but sense tells them apart."""
    newest, *older = classes()
    message = older[release - 1]()
    tables = newest.FromString(examples["otlp"].data).dictionary
    message.dictionary.ParseFromString(tables.SerializeToString())
    profile = message.resource_profiles.add().scope_profiles.add().profiles.add()
    profile.sample_type.type_strindex, profile.sample_type.unit_strindex = 1, 2
    for value in (1000, 1):
        profile.samples.add(stack_index=1, values=[value], timestamps_unix_nano=times)
    profile.profile_id = b"p" * 16
    if release == 2:
        profile.comment_strindices.append(3)
    found = read(message.SerializeToString())
    assert found.totals == {"cpu/nanoseconds": 1001}
    assert found.labels.num_rows == 0


def test_attributes_are_not_taken_for_values(message):
    """As the profiler of OpenTelemetry writes them: no values, a time for each sample."""
    samples = message.resource_profiles[0].scope_profiles[0].profiles[0].samples
    del samples[0].values[:]
    samples[0].timestamps_unix_nano.extend([1_700_000_000_000_000_001] * 3)
    found = read(message.SerializeToString())
    assert found.values().tolist() == [3, 1]
    assert found.to_pandas()["thread.name"][0] == "worker"


def test_attributes_of_a_resource_may_refer_to_the_dictionary(message):
    """Since 1.10."""
    attribute = message.resource_profiles[0].resource.attributes[0]
    attribute.key, attribute.key_strindex = "", 5
    attribute.value.string_value_strindex = 4
    found = read(message.SerializeToString())
    assert list(found.to_pandas()["thread.name"]) == ["worker", "app.py"]


def test_labels_have_the_type_the_unit_and_the_say_of_the_narrowest(message):
    tables, resource = message.dictionary, message.resource_profiles[0]
    tables.string_table.extend(["size", "bytes", "tags"])
    tables.attribute_table.add(key_strindex=6, unit_strindex=7).value.int_value = 64
    tags = tables.attribute_table.add(key_strindex=8).value.array_value.values
    tags.add().string_value = "a"
    tags.add().int_value = 2
    for key, kind, value in [
        ("on", "bool_value", True),
        ("half", "double_value", 0.5),
        ("raw", "bytes_value", b"\x01\xff"),
        ("size", "string_value", "of the resource"),
    ]:
        setattr(resource.resource.attributes.add(key=key).value, kind, value)
    resource.resource.attributes.add(key="none")
    resource.resource.attributes.add(key="map").value.kvlist_value.values.add(key="k")
    profile = resource.scope_profiles[0].profiles[0]
    profile.attribute_indices.append(3)
    profile.samples[0].attribute_indices.append(2)
    found = read(message.SerializeToString()).labels.to_pylist()
    first = {row["key"]: row["text"] or row["number"] for row in found if row["sample"] == 0}
    assert first == {
        "service.name": "svc", "on": "True", "half": "0.5", "raw": "01ff", "size": 64,
        "tags": '["a", 2]', "thread.name": "worker",
    }  # fmt: skip
    assert [row["unit"] for row in found if row["number"] is not None] == ["bytes"]
    second = {row["key"]: row["text"] for row in found if row["sample"] == 1}
    assert second["size"] == "of the resource"


def test_a_function_without_a_name_is_named_by_its_address(message):
    message.dictionary.function_table[1].name_strindex = 0
    found = read(message.SerializeToString())
    assert found.stack(found.sample_stacks[0]) == (Function("0x1000", "app.py", 1),)


def test_kernel_and_native_frames_are_marked(message):
    tables = message.dictionary
    tables.string_table.append("profile.frame.type")
    tables.attribute_table.add(key_strindex=6).value.string_value = "kernel"
    tables.location_table[1].attribute_indices.append(2)
    assert read(message.SerializeToString()).locations["kind"].to_pylist() == ["kernel"]


def test_profiles_of_several_types_are_columns(message):
    other = message.resource_profiles[0].scope_profiles[0].profiles.add()
    other.samples.add(stack_index=1, values=[9])
    found = read(message.SerializeToString())
    assert found.totals == {"cpu/nanoseconds": 13, "samples/count": 9}
    assert [column.tolist() for column in found.sample_values] == [[12, 1, 0], [0, 0, 9]]


def test_a_message_of_many_resources_is_told_too(message):
    for _ in range(200):
        message.resource_profiles.add().scope_profiles.add().profiles.add()
    assert read(message.SerializeToString()).n_samples == 2


def test_layouts_before_the_dictionary_are_refused_by_name():
    """Until 1.5 the tables were in the profile: of mappings in field 3, of functions in field 6."""
    profile = bytes_field(1, varint_field(1, 1)) + bytes_field(3, varint_field(1, 1))
    data = bytes_field(
        1, bytes_field(2, bytes_field(2, profile + bytes_field(6, varint_field(1, 1))))
    )
    with pytest.raises(ParseError, match=r"expected a layout of .*, got field 3 of Profile"):
        read(data)


def test_what_begins_as_pprof_does_is_none(message):
    """Types of values, then more samples than are looked at."""
    samples = bytes_field(2, packed_field(1, [1]) + packed_field(2, [5])) * 5000
    types = bytes_field(1, varint_field(1, 1) + varint_field(2, 2))
    for data in (types + samples, bytes_field(1, b"") + samples):
        assert not looks_like(Content(data))
    for _ in range(5000):
        message.resource_profiles.add()
    assert looks_like(Content(message.SerializeToString()))


def test_times_that_no_clock_tells_are_refused(message):
    profile = message.resource_profiles[0].scope_profiles[0].profiles[0]
    profile.duration_nano = 2**63
    with pytest.raises(ParseError, match="expected times below 9223372036854775808 ns, got"):
        read(message.SerializeToString())


def test_what_a_message_says_once_may_not_come_up_without_end(message):
    """Lines of a location times locations of a stack; attributes of a resource times samples."""
    deep = type(message).FromString(message.SerializeToString())
    for _ in range(2000):
        deep.dictionary.location_table[1].lines.add(function_index=1)
    deep.dictionary.stack_table[1].location_indices.extend([1] * 2000)
    resource = message.resource_profiles[0]
    for number in range(1000):
        resource.resource.attributes.add(key=str(number)).value.int_value = 1
    for _ in range(9000):
        resource.scope_profiles[0].profiles[0].samples.add(values=[1])
    for data in (deep.SerializeToString(), message.SerializeToString()):
        with pytest.raises(ParseError, match="expected at most 32 frames and labels a byte"):
            read(data)


def test_another_layout_is_refused_by_name(message):
    """In 1.7 a sample said where its locations start, and values were field 3."""
    sample = varint_field(1, 0) + varint_field(2, 2) + packed_field(3, [5]) + bytes_field(7, b"?")
    profile = bytes_field(1, varint_field(1, 1)) + bytes_field(2, sample)
    data = bytes_field(1, bytes_field(2, bytes_field(2, profile)))
    data += bytes_field(2, message.dictionary.SerializeToString())
    with pytest.raises(
        ParseError,
        match=r"expected a layout of .*v1development, 1\.8 to 1\.10, got field . of Sample",
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
