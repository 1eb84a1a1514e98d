"""Reading profiles, and asking them, beside what one would use instead."""

from __future__ import annotations

import io
import pstats
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from measure import Row, cpu_seconds, peak_mb

from workbench import compiled
from workbench.ingest import read
from workbench.profile import Function, Profile, ValueType, build
from workbench.profile.build import distinct_stacks
from workbench.profile.save import to_folded, to_pprof
from workbench.profile.tables import LOCATIONS, make_functions, make_table

HERE = Path(__file__).parent
CPROFILE_MODULES = "sklearn.linear_model, mlflow, langgraph.graph, matplotlib.pyplot, ruptures"


def made(n_functions: int, n_stacks: int, seed: int = 0) -> Profile:
    """Make a profile of random stacks, 8 to 31 deep, a few functions in most of them."""
    rng = np.random.default_rng(seed)
    starts = np.concatenate(([0], np.cumsum(rng.integers(8, 32, n_stacks))))
    frames = (rng.zipf(1.3, starts[-1]) % n_functions).astype(np.int32)
    starts, frames, stacks = distinct_stacks(starts, frames)
    functions = [
        Function(f"function_{n}", f"package/module_{n % 500}.py", n) for n in range(n_functions)
    ]
    zeros = np.zeros(n_functions, np.int64)
    rows = {"function": np.arange(n_functions), "line": zeros, "address": zeros,
            "kind": [""] * n_functions}  # fmt: skip
    counts = rng.integers(1, 50, n_stacks)
    return Profile(
        functions=make_functions(functions),
        locations=make_table(LOCATIONS, rows),
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=stacks,
        sample_values=(counts, counts * 10_000_000),
        value_types=(ValueType("samples", "count"), ValueType("cpu", "nanoseconds")),
        default_value=1,
    )


def pprof_rows() -> list[Row]:
    """Read pprof to columns: compiled, as plain Python, and by protobuf classes in a loop."""
    data = to_pprof(made(8000, 400_000))
    small = to_pprof(made(2000, 8_000))
    message = _protobuf_class()

    def with_protobuf(raw: bytes) -> object:
        profile = message.FromString(raw)
        stacks = {id(s): tuple(s.location_id) for s in profile.sample}
        return stacks, [list(s.value) for s in profile.sample], list(profile.string_table)

    read(data)  # compiles
    ours, peer = cpu_seconds(lambda: read(data)), cpu_seconds(lambda: with_protobuf(data), 1)
    plain = cpu_seconds(lambda: _as_plain(lambda: read(small)))
    small_peer = cpu_seconds(lambda: with_protobuf(small))
    name = "protobuf classes, Python loop"
    return [
        Row(f"pprof, {_rate(data, ours)}", ours, f"{name}, {_rate(data, peer)}", peer),
        Row(f"pprof, plain Python, {_rate(small, plain)}", plain, name, small_peer),
    ]


def folded_rows() -> list[Row]:
    """Read folded stacks to ids, beside pandas; memory in multiples of the ids."""
    rng = np.random.default_rng(0)
    names = [f"function_{i} (package/module_{i % 40}.py:{i})" for i in range(400)]
    lines = [
        ";".join(names[i] for i in rng.integers(0, 400, rng.integers(5, 30))) + f" {count}"
        for count in rng.integers(1, 50, 60_000)
    ]
    data = "\n".join(lines).encode()

    def with_pandas() -> object:
        frame = pd.read_csv(io.BytesIO(data), sep="\t", header=None, names=["line"])
        parts = frame["line"].str.rsplit(" ", n=1, expand=True)
        return parts[0].str.split(";").explode().astype("category"), parts[1].astype(int)

    ours = cpu_seconds(lambda: read(data, format="folded"))
    tracemalloc.start()
    ids = read(data, format="folded").stack_locations.nbytes
    memory = tracemalloc.get_traced_memory()[1] / ids
    tracemalloc.stop()
    name = f"folded, {_rate(data, ours)}, peak memory {memory:.1f} x the ids"
    return [Row(name, ours, "pandas", cpu_seconds(with_pandas, 1))]


def cprofile_rows() -> list[Row]:
    """Everything one asks of a real cProfile dump, beside what pstats does of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "imports.pstats"
        code = f"import cProfile; cProfile.run('import {CPROFILE_MODULES}', {str(path)!r})"
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

        def ours() -> int:
            profile = read(path)
            top = profile.top(50)
            profile.callers(top["function"][0])
            profile.callees(top["function"][0])
            tree = profile.tree(estimate=True)
            profile.filter(file="site-packages")
            profile.diff(profile)
            _arrow_bytes(tree.flame())
            return profile.functions.num_rows

        def with_pstats() -> object:
            stats = pstats.Stats(str(path), stream=io.StringIO())
            stats.sort_stats("tottime").print_stats(50)
            stats.print_callers(50)
            return stats.print_callees(50)

        n = ours()
        what = f"cProfile of {n} functions: load, filter, query, tree, diff, flame payload"
        return [
            Row(what, cpu_seconds(ours), "pstats: load, top, callers", cpu_seconds(with_pstats))
        ]


def million_rows() -> list[Row]:
    """Ask a profile of a million distinct stacks, in a process of its own for its memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.folded"
        made(20_000, 1_000_000).save(path)
        command = [sys.executable, "-c", f"import profiles; profiles.print_million({str(path)!r})"]
        done = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True)
    told = (line.rsplit("|", 1) for line in done.stdout.splitlines())
    return [Row(what, float(seconds)) for what, seconds in told]


def print_million(path: str) -> None:
    """Print a line for each question: what it was, and CPU seconds."""
    read(to_folded(made(100, 30_000))).tree()  # compiles
    size = Path(path).stat().st_size / 1e6
    kept: list[Profile] = []
    questions: dict[str, Callable[[], object]] = {
        f"load, {size:.0f} MB folded": lambda: kept.append(read(path)),
        "filter": lambda: kept[0].filter("^function_7$"),
        "diff": lambda: kept[0].diff(kept[0]),
        "tree": lambda: kept[0].tree(),
    }
    for name, question in questions.items():
        seconds = cpu_seconds(question, 1)
        print(f"1,000,000 stacks: {name}, peak memory {peak_mb():.0f} MB|{seconds:.3f}")


def _as_plain(work: Callable[[], object]) -> object:
    """Do something with no loop compiled."""
    enough = compiled.ENOUGH
    compiled.ENOUGH = build.ENOUGH = 1 << 60
    try:
        return work()
    finally:
        compiled.ENOUGH = build.ENOUGH = enough


def _rate(data: bytes, seconds: float) -> str:
    return f"{len(data) / 1e6:.1f} MB, {len(data) / 1e6 / seconds:.3g} MB/CPU-s"


def _arrow_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _protobuf_class() -> type:
    """Return a class for pprof as protobuf generates it: what of it takes time."""
    file = descriptor_pb2.FileDescriptorProto(name="pprof.proto", package="bench", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    many = field.LABEL_REPEATED
    sample = file.message_type.add(name="Sample")
    sample.field.add(name="location_id", number=1, type=field.TYPE_UINT64, label=many)
    sample.field.add(name="value", number=2, type=field.TYPE_INT64, label=many)
    told = file.message_type.add(name="Profile")
    told.field.add(name="string_table", number=6, type=field.TYPE_STRING, label=many)
    of_samples = told.field.add(name="sample", number=2, type=field.TYPE_MESSAGE, label=many)
    of_samples.type_name = ".bench.Sample"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.Profile"))
