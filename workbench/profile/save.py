"""Write a profile for other tools: pprof, folded stacks, speedscope."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import numpy as np

from workbench.errors import ProfileError
from workbench.profile.profile import Profile
from workbench.profile.protobuf import bytes_field, packed_field, varint_field
from workbench.profile.tables import LOCATIONS, ValueType, column

EXPORTER = "efficiency-workbench"
"""What speedscope files of ours name as their writer."""

SUFFIXES = {
    ".pb.gz": "pprof",
    ".pprof": "pprof",
    ".pb": "pprof",
    ".folded": "folded",
    ".collapsed": "folded",
    ".txt": "folded",
    ".json": "speedscope",
}
_NANOSECONDS = {"nanoseconds": 1, "microseconds": 10**3, "milliseconds": 10**6, "seconds": 10**9}
_SPEEDSCOPE_UNITS = {*_NANOSECONDS, "bytes"}
_SUFFIX_OF_KIND = {"kernel": "k", "jit": "j", "inlined": "i", "interpreted": "0", "c1": "1"}


def save_profile(profile: Profile, path: Path, format: str | None) -> Path:
    """Answer `Profile.save`."""
    if format is None:
        format = next((f for suffix, f in SUFFIXES.items() if path.name.endswith(suffix)), "")
    if format not in WRITERS:
        suffixes, formats = ", ".join(SUFFIXES), ", ".join(WRITERS)
        raise ProfileError(f"{path}: expected a suffix among {suffixes}; or format={formats}")
    if profile.graph is not None:
        raise ProfileError(f"{path}: expected stacks to write, found a graph of calls")
    if not path.parent.is_dir():
        raise ProfileError(f"{path}: expected a folder to write into, found none")
    data = WRITERS[format](profile)
    if format == "pprof" and path.suffix != ".pb":
        data = gzip.compress(data, 6, mtime=0)
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def to_pprof(profile: Profile) -> bytes:
    """Encode as pprof's `perftools.profiles.Profile`.

    It knows integers only: fractions of a second become nanoseconds, other fractions are refused.
    What kind of frame a location is has no place in it.
    """
    strings: dict[str, int] = {"": 0}

    def text(value: str) -> int:
        return strings.setdefault(value, len(strings))

    columns, kinds = zip(*map(_integers, profile.sample_values, profile.value_types), strict=True)
    types = [varint_field(1, text(kind.name)) + varint_field(2, text(kind.unit)) for kind in kinds]
    chunks = [bytes_field(1, kind) for kind in types]
    chunks += _samples(profile, columns, text)
    functions = column(profile.locations, "function").tolist()
    lines = column(profile.locations, "line").tolist()
    addresses = column(profile.locations, "address").tolist()
    for number, (function, line, address) in enumerate(
        zip(functions, lines, addresses, strict=True), start=1
    ):
        where = varint_field(1, function + 1) + varint_field(2, line)
        chunks.append(
            bytes_field(
                4, varint_field(1, number) + varint_field(3, address) + bytes_field(4, where)
            )
        )
    for number, row in enumerate(profile.functions.to_pylist(), start=1):
        # no system name (3): pprof would take one that is equal to the name apart as C++
        fields = ((1, number), (2, text(row["name"])), (4, text(row["file"])), (5, row["line"]))
        chunks.append(bytes_field(5, b"".join(varint_field(*field) for field in fields)))
    default = text(kinds[profile.default_value].name)
    chunks += [bytes_field(6, value.encode()) for value in strings]
    chunks.append(varint_field(9, profile.time_ns or 0))
    chunks.append(varint_field(10, round((profile.duration_s or 0) * 1e9)))
    chunks.append(varint_field(14, default))
    return b"".join(chunks)


def to_folded(profile: Profile) -> bytes:
    """Write one line a stack: frames root first, then the sum of the default value.

    Counts are whole: fractions of a second become nanoseconds; other fractions stay, which few
    tools read. A `;` or a line break in a name, which would end the frame, becomes a `:` or a
    space; a line that would begin with `#`, a comment, begins with an empty frame.
    """
    kind = profile.value_types[profile.default_value]
    values = profile.values()
    if values.dtype.kind == "f" and kind.unit in _NANOSECONDS:
        values = np.array(_integers(values, kind)[0], np.int64)
    sums = np.zeros(profile.n_stacks, values.dtype)
    np.add.at(sums, profile.sample_stacks, values)
    if (sums < 0).any():
        raise ProfileError(f"expected {kind} of 0 or more for folded stacks, found {sums.min()}")
    texts, lines = _frame_texts(profile), io.BytesIO()
    for stack in np.unique(profile.sample_stacks).tolist():
        begin, end = profile.stack_starts[stack : stack + 2]
        text = ";".join([texts[n] for n in profile.stack_locations[begin:end].tolist()])
        text = f";{text}" if text.startswith("#") else text
        total = sums[stack].item()
        count = (
            str(total) if isinstance(total, int) else np.format_float_positional(total, trim="-")
        )
        lines.write(f"{text} {count}\n".encode())
    return lines.getvalue()


def to_speedscope(profile: Profile) -> bytes:
    """Write speedscope's file format, one `sampled` profile for each value type.

    It takes no negative values: a type that has some, such as memory given back, is left out.
    """
    whole = [
        number for number, column in enumerate(profile.sample_values) if not (column < 0).any()
    ]
    if profile.default_value not in whole:
        kind = profile.value_types[profile.default_value]
        raise ProfileError(f"expected {kind} of 0 or more for speedscope, found less")
    functions = profile.functions.to_pylist()
    frames = []
    for row in profile.locations.to_pylist():
        function = functions[row["function"]]
        frame = {"name": function["name"], "file": function["file"], "line": row["line"]}
        frames.append({key: value for key, value in frame.items() if value or key == "name"})
    starts, locations = profile.stack_starts.tolist(), profile.stack_locations.tolist()
    samples = [locations[starts[s] : starts[s + 1]] for s in profile.sample_stacks.tolist()]
    totals = list(profile.totals.values())
    kinds, columns = profile.value_types, profile.sample_values
    profiles = [
        {
            "type": "sampled",
            "name": str(kinds[number]),
            "unit": unit if (unit := kinds[number].unit) in _SPEEDSCOPE_UNITS else "none",
            "startValue": 0,
            "endValue": totals[number],
            "samples": samples,
            "weights": columns[number].tolist(),
        }
        for number in whole
    ]
    page = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": EXPORTER,
        "activeProfileIndex": whole.index(profile.default_value),
        "shared": {"frames": frames},
        "profiles": profiles,
    }
    return json.dumps(page, separators=(",", ":")).encode()


WRITERS: dict[str, Callable[[Profile], bytes]] = {
    "pprof": to_pprof,
    "folded": to_folded,
    "speedscope": to_speedscope,
}


def _integers(values: object, kind: ValueType) -> tuple[list[int], ValueType]:
    """Return values that pprof can hold, with their type."""
    array = np.asarray(values)
    if array.dtype.kind == "i":
        return array.tolist(), kind
    if kind.unit in _NANOSECONDS:
        array, kind = np.rint(array * _NANOSECONDS[kind.unit]), ValueType(kind.name, "nanoseconds")
    if not np.array_equal(array, np.rint(array)):
        raise ProfileError(f"expected whole values of {kind}: pprof holds no fractions but of time")
    most = np.abs(array).max(initial=0)
    if most >= 2**63:
        raise ProfileError(f"expected values of {kind} that fit 64 bits, got {most:g}")
    return [int(v) for v in array.tolist()], kind


def _samples(
    profile: Profile, columns: tuple[list[int], ...], text: Callable[[str], int]
) -> list[bytes]:
    """Encode samples: location numbers from the leaf, values, labels."""
    starts, locations = profile.stack_starts.tolist(), profile.stack_locations.tolist()
    stacks = [
        packed_field(1, [location + 1 for location in reversed(locations[start:end])])
        for start, end in pairwise(starts)
    ]
    labels: dict[int, bytes] = {}
    for row in profile.labels.to_pylist():
        fields = varint_field(1, text(row["key"]))
        if row["number"] is None:
            fields += varint_field(2, text(row["text"]))
        else:
            fields += varint_field(3, row["number"]) + varint_field(4, text(row["unit"]))
        labels[row["sample"]] = labels.get(row["sample"], b"") + bytes_field(3, fields)
    return [
        bytes_field(2, stacks[stack] + packed_field(2, list(values)) + labels.get(number, b""))
        for number, (stack, *values) in enumerate(
            zip(profile.sample_stacks.tolist(), *columns, strict=True)
        )
    ]


def _frame_texts(profile: Profile) -> list[str]:
    """Return each location as folded text: `name (file:line)_[k]`, where these are known."""
    names = profile.functions["name"].to_pylist()
    files = profile.functions["file"].to_pylist()
    texts = []
    for row in profile.locations.select(LOCATIONS.names).to_pylist():
        text, file = names[row["function"]], files[row["function"]]
        if file:
            has_line = row["line"] or "." not in file  # without one it has to look like a file
            text = f"{text} ({file}:{row['line']})" if has_line else f"{text} ({file})"
        suffix = _SUFFIX_OF_KIND.get(row["kind"])
        text = text.replace(";", ":").replace("\n", " ").replace("\r", " ")
        texts.append(f"{text}_[{suffix}]" if suffix else text)
    return texts
