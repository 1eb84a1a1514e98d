"""A small profile in every format, made here, and what it adds up to."""

import json
import marshal
import struct
from types import MappingProxyType
from typing import NamedTuple

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.profiles.v1development.profiles_pb2 import ProfilesData

from workbench.ingest.content import Content
from workbench.profile import ProfileBuilder, ValueType
from workbench.profile.save import to_pprof, to_speedscope


class Example(NamedTuple):
    """A file, the format that it is told as, and its totals."""

    format: str
    data: bytes
    totals: dict
    n_samples: int


def _profile():
    builder = ProfileBuilder(ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
    main, work = builder.frame("main", "app.py", 3), builder.frame("work", "app.py", 9)
    builder.sample(builder.stack([main]), 1, 10_000_000, labels={"thread": "MainThread"})
    builder.sample(builder.stack([main, work]), 2, 20_000_000, labels={"size": 64})
    builder.sample(builder.stack([]), 1, 10_000_000)
    return builder.build(default_value=1, time_ns=1_700_000_000_000_000_000, duration_s=0.5)


def _words(form, *words):
    return struct.pack(f"{form[0]}{len(words)}{form[1]}", *words)


GPERFTOOLS = (
    _words("<Q", 0, 3, 0, 10_000, 0, 3, 2, 0x401000, 0x402000, 1, 1, 0x401000, 0, 1, 0)
    + b"00400000-00500000 r-xp 00000000 00:00 0 /bin/app\n"
)
HEAP = b"""heap profile:    2:   640 [  3:  960] @ heapprofile
     2:      640 [     3:      960] @ 0x401000 0x402000

MAPPED_LIBRARIES:
00400000-00500000 r-xp 00000000 00:00 0 /bin/app
"""
PERF = b"""# captured on    : Tue Jan  6 12:00:00 2026
my app  4242/4243 [001] 1000.000100:    1000000 cycles:ppp:
\tffffffff81000010 do_work+0x10 ([kernel.kallsyms])
\t          401000 operator new(unsigned long)+0x4 (/bin/app)
\t          400100 main+0x20 (/bin/app (deleted))

my app  4242/4243 [001] 1000.000200:    1000000 cycles:ppp:
\t          400100 main+0x20 (/bin/app)

"""
AUSTIN = b"""# austin: 3.7.0
# mode: wall

P42;T0:43;/a/app.py:<module>:1;/a/app.py:work:9 1500
P42;T0:43;:GC: 500

# duration: 2000
"""
MOJO = (
    b"MOJ\x03\x01mode\0wall\0"
    b"\x02\x2a\x00T1\0\x0b\x02/a.py\0\x0b\x03work\0\x03\x01\x02\x03\x09\x09\x00\x00\x05\x01\x09\x85\x01"
)
CALLGRIND = b"""# callgrind format
version: 1
events: Ir Dr
fl=(1) a.c
fn=(1) main
16 20 1
cfn=(2) f
calls=3 50
+2 400 8
fn=(2)
51 400 8
"""
PSTATS = marshal.dumps(
    {
        ("app.py", 1, "<module>"): (1, 1, 0.5, 2.0, {}),
        ("app.py", 3, "work"): (2, 4, 1.25, 1.5, {("app.py", 1, "<module>"): (4, 2, 1.25, 1.5)}),
        ("~", 0, "<built-in method len>"): (9, 9, 0.25, 0.25, {("app.py", 3, "work"): (9, 9, 0.25, 0.25)}),
    }
)  # fmt: skip
CPUPROFILE = {
    "nodes": [
        {"id": 1, "callFrame": {"functionName": "(root)", "url": "", "lineNumber": -1}, "children": [2]},
        {"id": 2, "callFrame": {"functionName": "main", "url": "a.js", "lineNumber": 0}, "children": [3]},
        {"id": 3, "callFrame": {"functionName": "", "url": "a.js", "lineNumber": 4}},
    ],
    "startTime": 1000, "endTime": 2000, "samples": [2, 3, 1], "timeDeltas": [100, 200, 300],
}  # fmt: skip
TRACE = {
    "traceEvents": [
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": 2, "ts": 0, "args": {"name": "main"}},
        {"ph": "X", "name": "inner (a.py:3)", "pid": 1, "tid": 2, "ts": 20, "dur": 30},
        {"ph": "X", "name": "outer", "pid": 1, "tid": 2, "ts": 10, "dur": 100},
        {"ph": "B", "name": "left open", "pid": 1, "tid": 3, "ts": 60},
        {"ph": "i", "name": "instant", "pid": 1, "tid": 3, "ts": 70},
    ]
}
PYINSTRUMENT = {
    "start_time": 1_700_000_000.5, "duration": 2.0, "sample_count": 4,
    "root_frame": {
        "function": "main", "file_path": "app.py", "line_no": 1, "time": 1.75,
        "children": [{"function": "run", "class_name": "Job", "file_path": "app.py", "line_no": 4,
                      "time": 1.25, "children": []}],
    },
}  # fmt: skip
SCALENE = {
    "elapsed_time_sec": 2.0,
    "files": {
        "app.py": {
            "functions": [{"line": "work", "lineno": 3}],
            "lines": [
                {"lineno": 4, "n_cpu_percent_python": 50.0, "n_cpu_percent_c": 25.0, "n_sys_percent": 5.0,
                 "n_malloc_mb": 1.5},
                {"lineno": 9, "n_cpu_percent_python": 0},
            ],
        }
    },
}  # fmt: skip
FIREFOX = {
    "meta": {"startTime": 1_700_000_000_000, "sampleUnits": {"threadCPUDelta": "ns"}},
    "threads": [
        {
            "name": "GeckoMain", "pid": 1, "tid": 2, "stringArray": ["(root)", "main", "a.js"],
            "samples": {"stack": [1, 0, None], "time": [1, 2, 3.5], "threadCPUDelta": [None, 900, 100]},
            "stackTable": {"frame": [0, 1], "prefix": [None, 0]},
            "frameTable": {"func": [0, 1], "line": [None, 7]},
            "funcTable": {"name": [0, 1], "fileName": [None, 2], "resource": [-1, -1], "lineNumber": [None, 5]},
            "resourceTable": {"name": []},
        }
    ],
}  # fmt: skip


def otlp_message():
    """A message with one profile of two samples."""
    message = ProfilesData()
    tables = message.dictionary
    tables.string_table.extend(["", "cpu", "nanoseconds", "main", "app.py", "thread.name"])
    for table in (
        "mapping_table",
        "location_table",
        "function_table",
        "attribute_table",
        "stack_table",
    ):
        getattr(tables, table).add()
    tables.function_table.add(name_strindex=3, filename_strindex=4, start_line=1)
    location = tables.location_table.add(address=4096)
    location.lines.add(function_index=1, line=7)
    tables.stack_table.add(location_indices=[1])
    tables.attribute_table.add(key_strindex=5).value.string_value = "worker"
    resource = message.resource_profiles.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "svc"
    profile = resource.scope_profiles.add().profiles.add(
        time_unix_nano=1_700_000_000_000_000_000, duration_nano=10**9
    )
    profile.sample_type.type_strindex, profile.sample_type.unit_strindex = 1, 2
    profile.samples.add(stack_index=1, values=[5, 7], attribute_indices=[1])
    profile.samples.add(stack_index=0, timestamps_unix_nano=[1_700_000_000_000_000_001])
    return message


class Jfr:
    """A writer of JFR chunks, as small as can be."""

    CLASSES = MappingProxyType({
        1: ("long", []), 2: ("int", []), 3: ("java.lang.String", []), 4: ("boolean", []),
        10: ("jdk.types.Symbol", [("string", 3, "")]),
        11: ("java.lang.Class", [("name", 10, "cp")]),
        12: ("jdk.types.Method", [("type", 11, "cp"), ("name", 10, "cp")]),
        13: ("jdk.types.FrameType", [("description", 3, "")]),
        14: ("jdk.types.StackFrame", [("method", 12, "cp"), ("lineNumber", 2, ""), ("type", 13, "cp")]),
        15: ("jdk.types.StackTrace", [("truncated", 4, ""), ("frames", 14, "array")]),
        16: ("java.lang.Thread", [("osName", 3, ""), ("javaName", 3, "")]),
        100: ("jdk.ExecutionSample", [("startTime", 1, ""), ("sampledThread", 16, "cp"), ("stackTrace", 15, "cp")]),
        101: ("jdk.ThreadPark", [("startTime", 1, ""), ("duration", 1, ""), ("stackTrace", 15, "cp")]),
        102: ("jdk.Unknown", [("startTime", 1, "")]),
    })  # fmt: skip

    @staticmethod
    def integer(value):
        """LEB128, as the ninth byte is never needed here."""
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*out, value])

    @classmethod
    def string(cls, text):
        return b"\3" + cls.integer(len(text)) + text.encode()

    @classmethod
    def event(cls, kind, *parts):
        body = cls.integer(kind) + b"".join(
            part if isinstance(part, bytes) else cls.integer(part) for part in parts
        )
        return cls.integer(len(body) + 1) + body if len(body) < 127 else cls._long_event(body)

    @classmethod
    def _long_event(cls, body):
        size = len(body) + 2
        assert size < 1 << 14
        return bytes([size & 0x7F | 0x80, size >> 7]) + body

    @classmethod
    def metadata(cls):
        strings, elements = [], bytearray()

        def text(value):
            if value not in strings:
                strings.append(value)
            return cls.integer(strings.index(value))

        def element(name, attributes, n_children):
            elements.extend(text(name) + cls.integer(len(attributes)))
            for key, value in attributes.items():
                elements.extend(text(key) + text(value))
            elements.extend(cls.integer(n_children))

        element("root", {}, 1)
        element("metadata", {}, len(cls.CLASSES))
        for number, (name, fields) in cls.CLASSES.items():
            element("class", {"id": str(number), "name": name}, len(fields))
            for field, kind, how in fields:
                told = {"name": field, "class": str(kind)}
                told |= {"constantPool": "true"} if how == "cp" else {}
                told |= {"dimension": "1"} if how == "array" else {}
                element("field", told, 0)
        table = cls.integer(len(strings)) + b"".join(map(cls.string, strings))
        return cls.event(0, 0, 0, 1, table + bytes(elements))

    @classmethod
    def chunk(cls):
        """Two samples in a.B.run called by main, and a wait of 250 ticks of 4 ns without a stack."""
        pools = {
            10: {1: cls.string("a/B"), 2: cls.string("run"), 3: cls.string("main")},
            11: {1: cls.integer(1)},
            12: {1: cls.integer(1) + cls.integer(2), 2: cls.integer(1) + cls.integer(3)},
            13: {1: cls.string("JIT compiled")},
            15: {1: b"\0" + b"\2" + bytes([1, 7, 1]) + bytes([2, 30, 1])},
            16: {1: b"\0" + cls.string("worker")},
        }
        body = b"".join(
            cls.integer(kind) + cls.integer(len(pool))
            + b"".join(cls.integer(key) + value for key, value in pool.items())
            for kind, pool in pools.items()
        )  # fmt: skip
        events = cls.event(100, 5, 1, 1) + cls.event(102, 6) + cls.event(100, 9, 1, 1)
        events += cls.event(101, 9, 250, 0)
        checkpoint = cls.event(1, 0, 0, 0, b"\1", len(pools), body)
        parts = events + checkpoint + cls.metadata()
        at = 68 + len(events)
        header = struct.pack(
            ">4sHHqqqqqqqI", b"FLR\0", 2, 1, 68 + len(parts), at, at + len(checkpoint),
            1_700_000_000_000_000_000, 10**9, 0, 250_000_000, 1,
        )  # fmt: skip
        return header + parts


def _json(page):
    return json.dumps(page).encode()


_BOTH = {"samples/count": 4, "cpu/nanoseconds": 40_000_000}
_OTLP = otlp_message().SerializeToString()
EXAMPLES = {
    "pprof": Example("pprof", to_pprof(_profile()), _BOTH, 3),
    "folded": Example("folded", b"main (app.py:3);work (app.py:9) 5\n# note\nmain_[k] 2\n 1\n",
                      {"samples/count": 8}, 3),
    "speedscope": Example("speedscope", to_speedscope(_profile()), _BOTH, 3),
    "speedscope, evented": Example(
        "speedscope",
        _json({"shared": {"frames": [{"name": "a"}, {"name": "b", "file": "b.js", "line": 3}]},
               "profiles": [{"type": "evented", "name": "t", "unit": "milliseconds", "startValue": 0,
                             "endValue": 10, "events": [
                                 {"type": "O", "frame": 0, "at": 1}, {"type": "O", "frame": 1, "at": 3},
                                 {"type": "C", "frame": 1, "at": 4.5}, {"type": "C", "frame": 0, "at": 9}]}]}),
        {"time/milliseconds": 10.0}, 5),
    "gperftools": Example("gperftools", GPERFTOOLS,
                          {"samples/count": 4, "cpu/nanoseconds": 40_000_000}, 2),
    "gperftools, heap": Example("gperftools", HEAP, {
        "alloc_objects/count": 3, "alloc_space/bytes": 960, "inuse_objects/count": 2, "inuse_space/bytes": 640}, 1),
    "perf_script": Example("perf_script", PERF, {"samples/count": 2, "cycles/count": 2_000_000}, 2),
    "austin": Example("austin", AUSTIN, {"time/microseconds": 2000}, 2),
    "mojo": Example("mojo", MOJO, {"time/microseconds": 69}, 1),
    "callgrind": Example("callgrind", CALLGRIND, {"Ir/count": 420, "Dr/count": 9}, 2),
    "pstats": Example("pstats", PSTATS, {
        "calls/count": 14, "primitive_calls/count": 12, "time/seconds": 2.0}, 3),
    "cpuprofile": Example("cpuprofile", _json(CPUPROFILE), {"samples/count": 3, "time/microseconds": 900}, 3),
    "chrome_trace": Example("chrome_trace", _json(TRACE), {"slices/count": 3, "time/microseconds": 150}, 3),
    "pyinstrument": Example("pyinstrument", _json(PYINSTRUMENT), {"time/seconds": 2.0}, 3),
    "pyinstrument, a page": Example("pyinstrument", b"<!DOCTYPE html>\n<script>const sessionData = "
        + _json(PYINSTRUMENT) + b";\nrender(sessionData)</script>", {"time/seconds": 2.0}, 3),
    "scalene": Example("scalene", _json(SCALENE), {
        "cpu/percent": 80.0, "cpu_python/percent": 50.0, "cpu_native/percent": 25.0, "cpu_system/percent": 5.0,
        "gpu/percent": 0.0, "alloc_space/megabytes": 1.5, "peak_space/megabytes": 0.0,
        "copy/megabytes_per_second": 0.0}, 1),
    "firefox": Example("firefox", _json(FIREFOX), {"samples/count": 3, "cpu/nanoseconds": 1000}, 3),
    "otlp": Example("otlp", _OTLP, {"cpu/nanoseconds": 13}, 2),
    "otlp, a series": Example("otlp", 2 * (len(_OTLP).to_bytes(4, "big") + _OTLP), {"cpu/nanoseconds": 26}, 4),
    "otlp, JSON": Example("otlp", MessageToJson(otlp_message()).encode(), {"cpu/nanoseconds": 13}, 2),
    "jfr": Example("jfr", Jfr.chunk(), {
        "samples/count": 2, "contentions/count": 1, "delay/nanoseconds": 1000}, 3),
}  # fmt: skip


def pytest_generate_tests(metafunc):
    """Give a test that asks for an `example` all of them, for a `json_example` those in JSON."""
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
    if "json_example" in metafunc.fixturenames:
        in_json = {name: each for name, each in EXAMPLES.items() if Content(each.data).is_json}
        metafunc.parametrize("json_example", in_json.values(), ids=in_json)


@pytest.fixture
def examples():
    """All examples by name."""
    return EXAMPLES
