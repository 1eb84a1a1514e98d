"""Scalene's JSON: what each line cost, and no stacks but those it may sample besides.

A row is a line of a file, in the function that `functions` says it is in; its values are as Scalene
tells them, CPU as a percentage of the program's (in Python, in native code, in the system) and
memory in megabytes.
"""

from __future__ import annotations

from bisect import bisect_right

from workbench.ingest.content import Content, Node
from workbench.profile import ProfileBuilder
from workbench.types import Profile, ValueType

COLUMNS = {
    "n_cpu_percent_python": ValueType("cpu_python", "percent"),
    "n_cpu_percent_c": ValueType("cpu_native", "percent"),
    "n_sys_percent": ValueType("cpu_system", "percent"),
    "n_gpu_percent": ValueType("gpu", "percent"),
    "n_malloc_mb": ValueType("alloc_space", "megabytes"),
    "n_peak_mb": ValueType("peak_space", "megabytes"),
    "n_copy_mb_s": ValueType("copy", "megabytes_per_second"),
}
CPU = ValueType("cpu", "percent")
"""The sum of the first three."""


def looks_like(content: Content) -> bool:
    """Tell whether the document has files with costs of lines."""
    return (
        content.is_json
        and "files" in content.json
        and ("elapsed_time_sec" in content.json or "max_footprint_mb" in content.json)
    )


def parse(content: Content) -> Profile:
    """Parse a document; one row a line that cost anything."""
    page = content.json
    builder = ProfileBuilder(CPU, *COLUMNS.values())
    for path in page["files"].object():
        file = page["files"][path]
        functions = sorted(_functions(file))
        starts = [start for start, _ in functions]
        for line in file["lines"]:
            values = [float(cell.number()) if (cell := line.get(n)) else 0.0 for n in COLUMNS]
            if not any(values):
                continue
            number = line["lineno"].integer(2**31)
            at = bisect_right(starts, number) - 1
            start, name = functions[at] if at >= 0 else (0, "<module>")
            location = builder.location(builder.function(name, path, start), number)
            builder.sample(builder.stack([location]), sum(values[:3]), *values)
    elapsed, begun = page.get("elapsed_time_sec"), page.get("start_time_absolute")
    return builder.build(
        duration_s=float(elapsed.number()) if elapsed else None,
        time_ns=round(begun.number() * 1e9) if begun and 0 < begun.number() < 9e9 else None,
    )


def _functions(file: Node) -> list[tuple[int, str]]:
    """Return where the functions of a file begin, and their names."""
    return [
        (node["lineno"].integer(2**31), node["line"].text()) for node in file.get("functions") or ()
    ]
