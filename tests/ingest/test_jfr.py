"""Java Flight Recorder, from chunks that a small writer here makes as the JDK's metadata asks."""

import struct
from collections import Counter
from contextlib import suppress
from functools import cached_property

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import jfr
from workbench.ingest.content import Content
from workbench.ingest.jfr_layout import Cursor, Layout, Stored
from workbench.types import Function

SYMBOL, CLASS, METHOD, FRAME_TYPE, FRAME, TRACE, THREAD, STATE = range(20, 28)
FIXED = {"byte": ">B", "boolean": ">?", "short": ">h", "char": ">H", "int": ">i", "long": ">q"}
FLOATS = {"float": ">f", "double": ">d"}
CLASSES = {
    1: ("long", []), 2: ("int", []), 3: ("java.lang.String", []), 4: ("boolean", []), 5: ("byte", []),
    6: ("short", []), 7: ("char", []), 8: ("float", []), 9: ("double", []),
    10: ("jdk.jfr.Timespan", [("value", 3)]),
    SYMBOL: ("jdk.types.Symbol", [("string", 3)]),
    CLASS: ("java.lang.Class", [("name", SYMBOL, "constant"), ("modifiers", 2)]),
    METHOD: ("jdk.types.Method", [("type", CLASS, "constant"), ("name", SYMBOL, "constant"), ("hidden", 4)]),
    FRAME_TYPE: ("jdk.types.FrameType", [("description", 3)]),
    FRAME: ("jdk.types.StackFrame", [("method", METHOD, "constant"), ("lineNumber", 2), ("type", FRAME_TYPE, "constant")]),
    TRACE: ("jdk.types.StackTrace", [("truncated", 4), ("frames", FRAME, "array")]),
    THREAD: ("java.lang.Thread", [("osName", 3), ("osThreadId", 1), ("javaName", 3)]),
    STATE: ("jdk.types.ThreadState", [("name", 3)]),
}  # fmt: skip
START = [("startTime", 1)]
WHO = [("eventThread", THREAD, "constant"), ("stackTrace", TRACE, "constant")]
KINDS = {
    100: ("jdk.ExecutionSample", [*START, ("sampledThread", THREAD, "constant"), WHO[1], ("state", STATE, "constant")]),
    101: ("jdk.NativeMethodSample", [*START, ("sampledThread", THREAD, "constant"), WHO[1], ("state", STATE, "constant")]),
    102: ("profiler.WallClockSample", [*START, ("sampledThread", THREAD, "constant"), WHO[1], ("samples", 2)]),
    103: ("jdk.ObjectAllocationInNewTLAB", [*START, *WHO, ("objectClass", CLASS, "constant"), ("allocationSize", 1), ("tlabSize", 1)]),
    104: ("jdk.ObjectAllocationOutsideTLAB", [*START, *WHO, ("objectClass", CLASS, "constant"), ("allocationSize", 1)]),
    105: ("jdk.ObjectAllocationSample", [*START, *WHO, ("objectClass", CLASS, "constant"), ("weight", 1)]),
    106: ("jdk.JavaMonitorEnter", [*START, ("duration", 1), *WHO, ("monitorClass", CLASS, "constant")]),
    107: ("jdk.ThreadPark", [*START, ("duration", 1, "MILLISECONDS"), *WHO, ("parkedClass", CLASS, "constant")]),
    108: ("profiler.LiveObject", [*START, *WHO, ("objectClass", CLASS, "constant"), ("allocationSize", 1)]),
    109: ("profiler.Malloc", [*START, *WHO, ("address", 1), ("size", 1)]),
    110: ("profiler.NativeLock", [*START, ("duration", 1), *WHO]),
    111: ("jdk.CPUTimeSample", [*START, WHO[1], WHO[0], ("failed", 4), ("samplingPeriod", 1, "TICKS")]),
}  # fmt: skip
ORDER = {name: number for number, (name, _) in KINDS.items()}


class Writer:
    """Writes chunks; values are as Python has them, constants are their keys."""

    def __init__(self, classes=None, is_compressed=True):
        self.classes = CLASSES | KINDS if classes is None else classes
        self.is_compressed = is_compressed

    def number(self, value, kind="long"):
        if not self.is_compressed or kind in ("byte", "boolean", *FLOATS):
            return struct.pack((FIXED | FLOATS)[kind], value)
        value &= 2**64 - 1
        out = bytearray()
        while value > 0x7F and len(out) < 8:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*out, value])

    def text(self, text, encoding=3):
        if text is None or not text:
            return b"\0" if text is None else b"\1"
        if isinstance(text, int):
            return b"\2" + self.number(text)
        if encoding == 4:
            units = struct.unpack(f">{len(text.encode('utf-16-be', 'surrogatepass')) // 2}H",
                                  text.encode("utf-16-be", "surrogatepass"))  # fmt: skip
            return (
                b"\4"
                + self.number(len(units), "int")
                + b"".join(self.number(u, "char") for u in units)
            )
        raw = text.encode("utf-8" if encoding == 3 else "latin-1")
        return bytes([encoding]) + self.number(len(raw), "int") + raw

    def value(self, class_id, value):
        name, fields = self.classes[class_id]
        if isinstance(value, bytes):
            return value
        if name == "java.lang.String":
            return self.text(value)
        if not fields:
            return self.number(value, name)
        assert len(fields) == len(value), name
        return b"".join(self.field(field, part) for field, part in zip(fields, value, strict=True))

    def field(self, field, value):
        _, class_id, *how = field
        if "array" in how:
            items = b"".join(
                self.field((*field[:2], *set(how) - {"array"}), item) for item in value
            )
            return self.number(len(value), "int") + items
        return self.number(value) if "constant" in how else self.value(class_id, value)

    def event(self, number, body):
        """An event; the size is padded to four bytes, as the JDK does."""
        body = self.number(number) + body
        size = 4 + len(body)
        if not self.is_compressed:
            return struct.pack(">i", size) + body
        return (
            bytes(
                [size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14 & 0x7F | 0x80, size >> 21]
            )
            + body
        )

    def of_class(self, number, *values):
        return self.event(number, self.value(number, values))

    def checkpoint(self, pools, delta=0):
        body = (
            b"".join(self.number(part) for part in (1, 2, delta))
            + b"\1"
            + self.number(len(pools), "int")
        )
        for class_id, pool in pools.items():
            body += self.number(class_id) + self.number(len(pool), "int")
            body += b"".join(
                self.number(key) + self.value(class_id, value) for key, value in pool.items()
            )
        return self.event(1, body)

    @cached_property
    def metadata(self):
        strings, elements = [], bytearray()

        def text(value):
            if value not in strings:
                strings.append(value)
            return self.number(strings.index(value), "int")

        def element(name, attributes, n_children):
            elements.extend(text(name) + self.number(len(attributes), "int"))
            for key, value in attributes.items():
                elements.extend(text(key) + text(value))
            elements.extend(self.number(n_children, "int"))

        element("root", {}, 2)
        element("metadata", {}, len(self.classes))
        for number, (name, fields) in self.classes.items():
            element("class", {"id": str(number), "name": name, "superType": "x"}, len(fields) + 2)
            element("annotation", {"class": "10", "value": "SECONDS"}, 0)
            for field, class_id, *how in fields:
                told = {"name": field, "class": str(class_id)}
                told |= {"constantPool": "true"} if "constant" in how else {}
                told |= {"dimension": "1"} if "array" in how else {}
                units = [unit for unit in how if unit.isupper()]
                element("field", told, len(units))
                for unit in units:
                    element("annotation", {"class": "10", "value": unit}, 0)
            element("setting", {"name": "enabled", "class": "3"}, 1)
            element("annotation", {"class": "10", "value": "SECONDS"}, 0)
        element("region", {"locale": "en_US", "gmtOffset": "0"}, 0)
        table = self.number(len(strings), "int") + b"".join(map(self.text, strings))
        return self.event(0, b"".join(map(self.number, (1, 2, 3))) + table + bytes(elements))

    def chunk(
        self,
        events=b"",
        checkpoints=(),
        start_ns=1_700_000_000_000_000_000,
        ticks=250_000_000,
        **header,
    ):
        """A chunk of events, checkpoints and metadata, with the header's offsets to the last two."""
        at, last = 68 + len(events), 0
        for checkpoint in checkpoints:
            last, at = at, at + len(checkpoint)
        body = events + b"".join(checkpoints) + self.metadata
        told = {"magic": b"FLR\0", "major": 2, "minor": 1, "size": 68 + len(body), "constants": last,
                "metadata": at, "start": start_ns, "duration": 10**9, "start_ticks": 0, "ticks": ticks,
                "features": int(self.is_compressed)} | header  # fmt: skip
        return struct.pack(">4sHHqqqqqqqI", *told.values()) + body


W = Writer()
POOLS = {
    SYMBOL: {1: ["a/B"], 2: ["run"], 3: ["main"], 4: ["[[I"], 5: ["[La/B$C;"], 6: ["libc.so"], 7: ["write"]},
    CLASS: {1: [1, 0], 4: [4, 0], 5: [5, 0], 6: [6, 0]},
    METHOD: {1: [1, 2, 0], 2: [1, 3, 0], 7: [6, 7, 0], 8: [1, 0, 0], 9: [0, 7, 0]},
    FRAME_TYPE: {i: [name] for i, name in enumerate(["Interpreted", "JIT compiled", "Inlined", "Native", "C++"])},
    TRACE: {1: [0, [[1, 7, 1], [2, 30, 0]]], 2: [1, [[2, -1, 2]]]},
    THREAD: {1: ["os", 42, "worker"], 2: ["GC Thread", 43, None]},
    STATE: {1: ["STATE_RUNNABLE"]},
}  # fmt: skip
ONE_OF_EACH = {
    "jdk.ExecutionSample": (5, 1, 1, 1),
    "jdk.NativeMethodSample": (5, 1, 1, 1),
    "profiler.WallClockSample": (5, 1, 1, 7),
    "jdk.ObjectAllocationInNewTLAB": (5, 1, 1, 1, 16, 4096),
    "jdk.ObjectAllocationOutsideTLAB": (5, 1, 1, 1, 500),
    "jdk.ObjectAllocationSample": (5, 1, 1, 1, 60_000),
    "jdk.JavaMonitorEnter": (5, 250, 1, 1, 1),
    "jdk.ThreadPark": (5, 3, 1, 1, 1),
    "profiler.LiveObject": (5, 1, 1, 1, 24),
    "profiler.Malloc": (5, 1, 1, 0x7FFF_0000_0000_0000, 640),
    "profiler.NativeLock": (5, 1, 1, 1),
    "jdk.CPUTimeSample": (5, 1, 1, 0, 2_500_000),
}
ALLOCATED, WAITED = (
    ("alloc_objects/count", "alloc_space/bytes"),
    ("contentions/count", "delay/nanoseconds"),
)
EXPECTED = {
    "jdk.ExecutionSample": {"samples/count": 1},
    "jdk.NativeMethodSample": {"native_samples/count": 1},
    "profiler.WallClockSample": {"wall_samples/count": 7},
    "jdk.ObjectAllocationInNewTLAB": dict(zip(ALLOCATED, (1, 4096), strict=True)),
    "jdk.ObjectAllocationOutsideTLAB": dict(zip(ALLOCATED, (1, 500), strict=True)),
    "jdk.ObjectAllocationSample": dict(zip(ALLOCATED, (1, 60_000), strict=True)),
    "jdk.JavaMonitorEnter": dict(zip(WAITED, (1, 1000), strict=True)),  # ticks of 4 ns
    "jdk.ThreadPark": dict(
        zip(WAITED, (1, 3_000_000), strict=True)
    ),  # the metadata says milliseconds
    "profiler.LiveObject": {"live_objects/count": 1, "live_space/bytes": 24},
    "profiler.Malloc": {"malloc_objects/count": 1, "malloc_space/bytes": 640},
    "profiler.NativeLock": dict(zip(WAITED, (1, 4), strict=True)),
    "jdk.CPUTimeSample": {"cpu_samples/count": 1, "cpu/nanoseconds": 10_000_000},
}


def parse(data):
    return jfr.parse(Content(data))


def sample(stack=1, thread=1, writer=W):
    return writer.of_class(100, 5, thread, stack, 1)


def recording(events=None, pools=POOLS, writer=W, **header):
    events = sample(writer=writer) if events is None else events
    return writer.chunk(events, [writer.checkpoint(pools)], **header)


def stacks(profile):
    return [[function.name for function in profile.stack(row)] for row in profile.sample_stacks]


def labels(profile, row=0):
    return {
        told["key"]: told["text"] for told in profile.labels.to_pylist() if told["sample"] == row
    }


# events


@pytest.mark.parametrize("name", EXPECTED)
def test_a_kind_of_event_fills_its_columns(name):
    profile = parse(recording(W.of_class(ORDER[name], *ONE_OF_EACH[name])))
    assert profile.totals == EXPECTED[name]
    assert stacks(profile) == [["a.B.main", "a.B.run"]]
    assert labels(profile)["thread"] == "worker"
    assert str(profile.value_types[profile.default_value]) == list(EXPECTED[name])[-1]


def test_every_kind_is_tested():
    assert set(EXPECTED) == set(jfr.EVENTS)


def test_kinds_together_fill_columns_of_their_own():
    events = [W.of_class(ORDER[name], *values) for name, values in ONE_OF_EACH.items()]
    profile = parse(recording(b"".join(events[::-1])))
    expected = Counter()
    for totals in EXPECTED.values():
        expected.update(totals)
    assert profile.totals == expected
    assert profile.n_samples == len(EXPECTED)
    assert profile.n_stacks == 1
    assert str(profile.value_types[profile.default_value]) == "samples/count"


def test_kinds_that_share_columns_are_told_apart_by_a_label():
    shared = {"jdk.ObjectAllocationInNewTLAB", "jdk.ObjectAllocationSample", "jdk.ThreadPark"}
    for name, values in ONE_OF_EACH.items():
        told = labels(parse(recording(W.of_class(ORDER[name], *values)))).get("event")
        if name in shared:
            assert told == name
        assert told in (None, name)


def test_a_recording_without_known_events_is_an_empty_profile():
    profile = parse(Writer(CLASSES | {99: ("jdk.Other", START)}).chunk())
    assert (profile.totals, profile.n_samples, profile.default_value) == (
        {"samples/count": 0},
        0,
        0,
    )


def test_other_events_are_passed_by_their_size_whatever_they_hold():
    junk = W.event(99, b"\xff" * 300) + W.event(2**40, b"")
    assert parse(recording(junk + sample() + junk + sample())).totals == {"samples/count": 2}


def test_times_come_from_the_headers_of_all_chunks():
    first = recording(start_ns=1_700_000_000_000_000_000)
    second = recording(start_ns=1_700_000_003_000_000_000)
    profile = parse(second + first)
    assert (profile.time_ns, profile.duration_s) == (1_700_000_000_000_000_000, 4.0)
    assert parse(recording(start_ns=0)).time_ns is None
    assert parse(recording(duration=-5)).duration_s == 0.0


@given(st.integers(0, 10**12), st.integers(1000, 10**10))
def test_ticks_become_nanoseconds_exactly(ticks, per_second):
    data = recording(W.of_class(106, 5, ticks, 1, 1, 1), ticks=per_second)
    assert parse(data).totals["delay/nanoseconds"] == ticks * 10**9 // per_second


@pytest.mark.parametrize("value", [2**63 - 1, -1])
def test_sizes_are_kept_as_recorded(value):
    event = W.of_class(105, 5, 1, 1, 1, value)
    assert parse(recording(event)).totals["alloc_space/bytes"] == value


def test_sizes_that_do_not_add_up_are_refused():
    with pytest.raises(ParseError, match="expected values of alloc_space/bytes that add up"):
        parse(recording(3 * W.of_class(105, 5, 1, 1, 1, 2**62)))


# stacks


def test_a_stack_is_root_first_with_lines_and_kinds():
    profile = parse(recording())
    assert profile.locations.to_pylist() == [
        {"function": 0, "line": 30, "address": 0, "kind": "interpreted"},
        {"function": 1, "line": 7, "address": 0, "kind": "jit"},
    ]
    assert profile.function(0) == Function("a.B.main")
    assert stacks(profile) == [["a.B.main", "a.B.run"]]


def test_a_stack_that_was_cut_off_is_labelled_and_a_line_below_0_is_none():
    profile = parse(recording(sample(stack=2) + sample()))
    assert labels(profile, 0) == {
        "thread": "worker",
        "state": "STATE_RUNNABLE",
        "truncated": "true",
    }
    assert "truncated" not in labels(profile, 1)
    assert profile.locations.to_pylist()[0] | {"function": 0} == {
        "function": 0, "line": 0, "address": 0, "kind": "inlined"
    }  # fmt: skip


@pytest.mark.parametrize("stack", [0, 77])
def test_an_event_without_a_stack_counts(stack):
    profile = parse(recording(sample(stack) + sample()))
    assert stacks(profile) == [[], ["a.B.main", "a.B.run"]]
    assert profile.totals == {"samples/count": 2}


@pytest.mark.parametrize(
    ("method", "name"),
    [(1, "a.B.run"), (7, "libc.so.write"), (8, "a.B"), (9, "write"), (77, "<unknown>")],
)
def test_a_method_is_named_by_what_is_known(method, name):
    profile = parse(recording(pools=POOLS | {TRACE: {1: [0, [[method, 1, 3]]]}}))
    assert stacks(profile) == [[name]]
    assert profile.locations["kind"].to_pylist() == ["native"]  # a method of Java to the JDK


@pytest.mark.parametrize(("kind", "told"), [(3, "native"), (4, "native"), (5, "kernel")])
def test_the_class_of_native_code_is_its_library_where_kernel_frames_can_be(kind, told):
    types = POOLS[FRAME_TYPE] | {5: ["Kernel"]}
    profile = parse(
        recording(pools=POOLS | {FRAME_TYPE: types, TRACE: {1: [0, [[7, 0, kind], [1, 3, 0]]]}})
    )
    assert profile.stack(profile.sample_stacks[0]) == (
        Function("a.B.run"),
        Function("write", "libc.so"),
    )
    assert profile.locations["kind"].to_pylist() == ["interpreted", told]


def test_a_deep_stack_is_read():
    n = 100_000
    profile = parse(recording(pools=POOLS | {TRACE: {1: [0, [[1, 7, 1]] * n]}}))
    assert len(profile.stack_locations) == n
    assert profile.locations.num_rows == 1


def test_a_stack_may_be_in_the_chunk_before_where_chunks_follow_each_other():
    first = recording(start_ns=10**18)
    events = sample(stack=1) + sample(stack=3)
    later = {THREAD: POOLS[THREAD], TRACE: {3: [0, []]}}
    follows = first + recording(events, later, start_ns=10**18 + 10**9)
    assert stacks(parse(follows)) == [["a.B.main", "a.B.run"]] * 2 + [[]]
    apart = first + recording(events, later, start_ns=10**18 + 10**9 + 1)
    assert stacks(parse(apart)) == [["a.B.main", "a.B.run"], [], []]


# labels


def test_a_thread_without_a_java_name_goes_by_that_of_the_system():
    profile = parse(recording(sample(thread=2) + sample(thread=77)))
    assert labels(profile, 0) == {"thread": "GC Thread", "state": "STATE_RUNNABLE"}
    assert labels(profile, 1) == {"state": "STATE_RUNNABLE"}


@pytest.mark.parametrize(("key", "name"), [(1, "a.B"), (4, "int[][]"), (5, "a.B$C[]"), (77, None)])
def test_classes_are_named_as_java_names_them(key, name):
    for event in (W.of_class(105, 5, 1, 1, key, 9), W.of_class(106, 5, 9, 1, 1, key)):
        assert labels(parse(recording(event))).get("class") == name


def test_hostile_names_are_names():
    names = ["\0\x1b[31m", "a\nb", "\U0001f600" * 5000]
    pools = POOLS | {SYMBOL: {i: [name] for i, name in enumerate(names, 1)} | {4: ["x"]}}
    profile = parse(recording(pools=pools | {THREAD: {1: ["", 0, names[0]]}}))
    assert stacks(profile) == [[f"{names[0]}.{names[2]}", f"{names[0]}.{names[1]}"]]
    assert labels(profile)["thread"] == names[0]


# the container


def test_chunks_follow_each_other_each_with_its_own_constants():
    other = POOLS | {SYMBOL: POOLS[SYMBOL] | {1: ["c/D"]}}
    profile = parse(recording() + recording(pools=other) + recording())
    assert profile.totals == {"samples/count": 3}
    assert [stack[0] for stack in stacks(profile)] == ["a.B.main", "c.D.main", "a.B.main"]


def test_a_chunk_may_have_metadata_of_its_own():
    moved = {
        number + 200 if number >= 100 else number: told
        for number, told in (CLASSES | KINDS).items()
    }
    writer = Writer(moved)
    events = writer.of_class(300, 5, 1, 1, 1)
    data = recording() + recording(events, writer=writer) + recording(events) + recording()
    assert parse(data).totals == {"samples/count": 3}  # the third chunk knows no class 300


def test_integers_may_be_of_fixed_width():
    events = {
        n: Writer(is_compressed=n).of_class(103, 5, 1, 1, 5, 16, 2**40) for n in (True, False)
    }
    profiles = [
        parse(
            recording(
                events[n] + sample(writer=Writer(is_compressed=n)), writer=Writer(is_compressed=n)
            )
        )
        for n in events
    ]
    assert profiles[0].totals == profiles[1].totals == {
        "alloc_objects/count": 1, "alloc_space/bytes": 2**40, "samples/count": 1
    }  # fmt: skip
    assert stacks(profiles[0]) == stacks(profiles[1])
    assert profiles[0].labels.equals(profiles[1].labels)
    assert labels(profiles[1])["class"] == "a.B$C[]"


def test_a_compressed_chunk_may_follow_one_that_is_not():
    fixed = Writer(is_compressed=False)
    data = recording() + recording(sample(writer=fixed), writer=fixed) + recording()
    assert parse(data).totals == {"samples/count": 3}


def test_classes_of_the_first_version_are_known_by_their_old_names():
    old = {
        number: (
            name.replace("jdk.types.", "com.oracle.jfr.types.").replace(
                "jdk.E", "com.oracle.jdk.E"
            ),
            fields,
        )
        for number, (name, fields) in (CLASSES | KINDS).items()
    }
    writer = Writer(old)
    profile = parse(recording(sample(writer=writer), writer=writer, major=1, minor=0))
    assert stacks(profile) == [["a.B.main", "a.B.run"]]


def test_constants_are_in_checkpoints_of_which_each_tells_the_next():
    half = {key: POOLS[key] for key in (SYMBOL, CLASS, METHOD)}
    first = W.checkpoint({key: POOLS[key] for key in set(POOLS) - set(half)})
    between = sample(stack=0)
    delta = -len(first) - len(between)
    second = W.checkpoint(half | {THREAD: {1: ["os", 1, "newest"]}}, delta)
    profile = parse(W.chunk(sample(), [first + between, second]))
    assert stacks(profile) == [["a.B.main", "a.B.run"], []]
    assert labels(profile)["thread"] == "newest"


def test_a_chunk_may_have_no_constants():
    profile = parse(W.chunk(sample()))
    assert (stacks(profile), labels(profile)) == ([[]], {})
    assert parse(W.chunk(sample(), [W.checkpoint({SYMBOL: {}})])).n_samples == 1


def test_values_of_all_types_are_passed_over():
    inner = [("s", 6), ("c", 7), ("f", 8), ("d", 9), ("b", 5)]
    classes = CLASSES | {
        40: ("Inner", inner), 41: ("Outer", [("inner", 40), ("list", 40, "array"), ("keys", CLASS, "constant", "array")]),
        42: ("Empty", []),
        100: ("jdk.ExecutionSample", [("outer", 41), ("many", 41, "array"), ("none", 42, "array"), ("text", 3), WHO[1]]),
    }  # fmt: skip
    part = [-1, 0xFFFF, 0.5, 1e300, 200]
    outer = [part, [part, part], [1, 2, 2**63 - 1]]
    for is_compressed in (True, False):
        writer = Writer(classes, is_compressed)
        event = writer.of_class(100, outer, [outer, outer], [b""] * 3, "text", 1)
        assert stacks(parse(recording(event * 2, writer=writer))) == [["a.B.main", "a.B.run"]] * 2


def test_fields_of_an_unfit_type_are_as_if_they_were_not_there():
    fields = [
        ("stackTrace", 3),
        ("sampledThread", 1),
        ("state", STATE, "constant", "array"),
        ("objectClass", 8),
    ]
    writer = Writer(CLASSES | {100: ("jdk.ExecutionSample", fields)})
    profile = parse(recording(writer.of_class(100, "text", 1, [1, 1], 0.5), writer=writer))
    assert (stacks(profile), labels(profile)) == ([[]], {})
    frames = {FRAME: ("jdk.types.StackFrame", [("method", 3), ("type", 8), ("lineNumber", 9)])}
    writer = Writer(CLASSES | KINDS | frames)
    pools = POOLS | {TRACE: {1: [0, [["text", 0.5, 0.5], ["more", 0.5, 0.5]]]}}
    assert stacks(parse(recording(pools=pools, writer=writer))) == [["<unknown>", "<unknown>"]]
    writer = Writer(CLASSES | KINDS | {FRAME: ("jdk.types.StackFrame", [])})
    pools = POOLS | {TRACE: {1: [0, [b"", b""]]}}
    assert stacks(parse(recording(pools=pools, writer=writer))) == [[]]


# texts and integers


TEXTS = [
    (None, 3, ""),
    ("", 3, ""),
    ("ü€", 3, "ü€"),
    ("ü", 5, "ü"),
    ("é€\U0001f600", 4, "é€\U0001f600"),
    ("\ud800x", 4, "\ufffdx"),
]


@pytest.mark.parametrize(("text", "encoding", "expected"), TEXTS)
@pytest.mark.parametrize("is_compressed", [True, False])
def test_strings_have_many_encodings(text, encoding, expected, is_compressed):
    writer = Writer(is_compressed=is_compressed)
    raw = writer.text(text, encoding) + writer.number(42) + writer.text(None)
    profile = parse(recording(pools=POOLS | {THREAD: {1: raw}}, writer=writer))
    assert labels(profile).get("thread", "") == expected


def test_a_string_may_be_a_constant():
    pools = POOLS | {
        THREAD: {1: [None, 0, 8], 2: [None, 0, 9], 3: [None, 0, 10]},
        3: {8: "shared", 9: 8},
    }
    profile = parse(recording(b"".join(sample(thread=i) for i in (1, 2, 3)), pools))
    assert [labels(profile, row).get("thread") for row in range(3)] == ["shared", None, None]


def test_a_class_of_strings_that_is_no_string_names_nothing():
    odd = {
        3: ("java.lang.String", [("nothing", 41)]),
        41: ("Empty", []),
        42: ("java.lang.String", []),
    }
    thread = {THREAD: ("java.lang.Thread", [("osName", 42), ("javaName", 42)])}
    writer = Writer(CLASSES | KINDS | odd | thread)
    pools = {THREAD: {1: b"\2\5\2\5"}, 3: {5: b""}}
    assert labels(parse(recording(pools=pools, writer=writer))) == {}


@given(st.integers(-(2**63), 2**63 - 1), st.booleans())
def test_integers_are_read_as_written(value, is_compressed):
    raw = Writer(is_compressed=is_compressed).number(value)
    cursor = Cursor(raw, 0, len(raw), is_compressed=is_compressed)
    assert (cursor.read_long(), cursor.at) == (value, len(raw))
    assert len(raw) <= 9


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_a_layout_reads_records_into_one_list(values):
    raw = b"".join(map(W.number, values)) + b"\7"
    cursor = Cursor(raw, 0, len(raw), is_compressed=True)
    assert cursor.read_values(Layout("", [Stored.VARINT]), len(values)) == values
    assert cursor.read_values(Layout("", [Stored.BYTE])) == [7]


# what is no recording


def test_a_recording_is_told_by_its_magic():
    lz4 = b"\x04\x22\x4d\x18\x64\x40\xa7\x00\x00\x00\x05\x5d\xf0FLR\0\0\2\0\1"
    assert all(jfr.looks_like(Content(data)) for data in (recording(), b"FLR\0", lz4))
    assert not any(
        jfr.looks_like(Content(data)) for data in (b"", b"FLR", b"FLR1", lz4[:13], b"\0FLR\0")
    )
    with pytest.raises(
        ParseError, match="expected a recording, got one in LZ4, which must be unpacked"
    ):
        parse(lz4)


SIZE = len(recording())


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ({"magic": b"FLR\1"}, r"byte 0: expected a chunk, got b'FLR\x01'"),
        ({"major": 0, "minor": 9}, "byte 0: expected a chunk of version 1 or 2, got version 0.9"),
        ({"major": 3}, "byte 0: expected a chunk of version 1 or 2, got version 3.1"),
        ({"size": 0}, "byte 0: expected a chunk that is finished, got one without size or metadata"),
        ({"metadata": 0}, "byte 0: expected a chunk that is finished, got one without size or metadata"),
        ({"size": 10**6}, f"byte 0: expected a chunk of 1000000 bytes, found {SIZE}"),
        ({"size": -1}, f"byte 0: expected a chunk of -1 bytes, found {SIZE}"),
        ({"size": 67}, f"byte 0: expected a chunk of 67 bytes, found {SIZE}"),
        ({"ticks": 0}, "byte 0: expected ticks per second above 0, got 0"),
        ({"metadata": 67}, "byte 0: expected an event of type 0, found its offset outside the chunk"),
        ({"metadata": SIZE}, "byte 0: expected an event of type 0, found its offset outside the chunk"),
        ({"metadata": 68}, "byte 74: expected an event of type 0, got type 100"),
        ({"constants": -(2**63)}, "byte 0: expected an event of type 1, found its offset outside the chunk"),
        ({"constants": 68}, "byte 74: expected an event of type 1, got type 100"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_is_named(header, complaint):
    header.setdefault("magic", b"FLR\0")
    with pytest.raises(ParseError) as caught:
        parse(recording(W.event(100, b"\5\1\1\1"), **header))
    assert str(caught.value) == complaint.replace("74", "73")


def test_what_is_missing_is_named():
    with pytest.raises(ParseError, match="^expected a recording, found no chunk$"):
        parse(b"")
    data = recording()
    with pytest.raises(ParseError, match=f"^byte 0: expected a chunk of {len(data)} bytes, found"):
        parse(data[:-1])
    with pytest.raises(
        ParseError, match=f"^byte {len(data)}: expected the 68 bytes of a header, found 4"
    ):
        parse(data + b"FLR\0")


def test_an_event_that_overruns_is_named():
    empty = bytes([0x80, 0x80, 0x80, 0]) + b"\0" * 9
    with pytest.raises(
        ParseError, match="^byte 68: expected an event of 1 to [0-9]+ bytes, got 0$"
    ):
        parse(recording(empty))
    with pytest.raises(ParseError, match="^byte 74: expected the end of an event, found more$"):
        parse(recording(W.event(100, b"\5") + sample()))
    with pytest.raises(
        ParseError, match="^byte 68: expected an event of 1 to [0-9]+ bytes, got 2097151"
    ):
        parse(recording(b"\xff\xff\x7f\1"))


@pytest.mark.parametrize("event", [b"\5\x64\5\1\1", b"\x84\x80\x80"])
def test_values_that_end_with_the_file_are_named(event):
    data = recording() + event
    data = data[:8] + struct.pack(">q", len(data)) + data[16:]
    with pytest.raises(ParseError, match=f"^byte {len(data)}: expected (more bytes|an event)"):
        parse(data)


def test_constants_that_cannot_be_are_named():
    with pytest.raises(
        ParseError, match="expected constants of a class in the metadata, got class 99"
    ):
        parse(W.chunk(b"", [W.event(1, b"\1\1\0\1\1\x63\0")]))
    with pytest.raises(ParseError, match="expected a count of at most [0-9]+, got 268435455"):
        parse(W.chunk(b"", [W.event(1, b"\1\1\0\1\xff\xff\xff\x7f")]))
    with pytest.raises(ParseError, match="expected an encoding of strings from 0 to 5, got 6"):
        parse(recording(pools={SYMBOL: {1: b"\6"}}))
    with pytest.raises(ParseError, match="expected a count of at most [0-9]+, got -1"):
        parse(recording(pools={SYMBOL: {1: b"\3" + b"\xff" * 9}}))
    with pytest.raises(ParseError, match="expected the end of an event, found more"):
        parse(W.chunk(b"", [W.event(1, b"\1\1\0\1\1" + bytes([SYMBOL]) + b"\1\1\3\x20")]))


def test_metadata_that_cannot_be_is_named():
    with pytest.raises(ParseError, match="expected a number as id, got 'x'"):
        parse(recording().replace(W.text("1"), W.text("x")))
    with pytest.raises(ParseError, match="expected an index below 2, got 9"):
        parse(with_metadata(b"\2" + W.text("root") + W.text("a") + b"\0\1\1\x09"))
    with pytest.raises(ParseError, match="expected a count of at most [0-9]+, got 127"):
        parse(with_metadata(b"\x7f"))
    unknown = Writer(CLASSES | {100: ("jdk.ExecutionSample", [("startTime", 999), WHO[1]])})
    with pytest.raises(
        ParseError, match="expected class 999 for jdk.ExecutionSample, found no such class"
    ):
        parse(unknown.chunk())


def with_metadata(body):
    writer = Writer()
    writer.metadata = writer.event(0, b"\1\1\1" + body)
    return writer.chunk()


# what is hostile


def test_structs_within_themselves_are_refused():
    itself = {40: ("Loop", [("a", 40), ("b", 40)]), 100: ("jdk.ExecutionSample", [("loop", 40)])}
    with pytest.raises(
        ParseError, match="expected structs that do not repeat, got jdk.ExecutionSample"
    ):
        parse(Writer(CLASSES | itself).chunk())
    doubled = {40 + i: (f"C{i}", [(f"f{j}", 41 + i) for j in range(30)]) for i in range(7)} | {
        47: ("Empty", [])
    }
    doubled[100] = "jdk.ExecutionSample", [("wide", 40)]
    with pytest.raises(
        ParseError, match="expected structs that do not repeat, got jdk.ExecutionSample"
    ):
        parse(Writer(CLASSES | doubled).chunk())


def test_arrays_within_arrays_are_read_to_a_depth():
    writer = Writer(
        CLASSES
        | {40: ("Tree", [("children", 40, "array")]), 100: ("jdk.ExecutionSample", [("tree", 40)])}
    )
    for depth, is_read in ((3, True), (5, True), (9, False), (200_000, False)):
        data = writer.chunk(writer.event(100, b"\1" * depth + b"\0"))
        if is_read:
            assert parse(data).totals == {"samples/count": 1}
        else:
            with pytest.raises(ParseError, match="expected arrays within arrays at most 8 deep"):
                parse(data)


def test_arrays_of_nothing_take_no_time():
    writer = Writer(
        CLASSES | {40: ("Empty", []), 100: ("jdk.ExecutionSample", [("none", 40, "array")] * 8)}
    )
    event = writer.event(100, writer.number(500_000) * 8)
    assert parse(writer.chunk(event * 1000 + W.event(99, b"\0" * 600_000))).totals == {
        "samples/count": 1000
    }


def test_checkpoints_that_go_round_are_refused():
    pools = {SYMBOL: {i: ["x" * 50] for i in range(100)}}
    back = len(W.checkpoint(pools, delta=9000))
    with pytest.raises(ParseError, match="expected checkpoints that do not overlap"):
        parse(W.chunk(b"", [W.checkpoint(pools, delta=back), W.checkpoint(pools, delta=-back)]))


def test_one_long_name_for_many_methods_is_refused():
    many = {
        METHOD: {i: [1, 2, 0] for i in range(2000)},
        TRACE: {1: [0, [[i, 1, 1] for i in range(2000)]]},
    }
    with pytest.raises(ParseError, match="^byte 0: expected shorter names"):
        parse(recording(pools=POOLS | many | {SYMBOL: {1: ["x" * 100_000], 2: ["y"]}}))


@given(st.data())
def test_a_chunk_with_other_bytes_is_a_profile_or_a_parse_error(data):
    raw = bytearray(recording())
    for place in data.draw(st.lists(st.integers(68, len(raw) - 1), min_size=1, max_size=4)):
        raw[place] = data.draw(st.integers(0, 255))
    with suppress(ParseError):
        assert parse(bytes(raw)).n_samples <= 5
