"""pprof: the protobuf message `perftools.profiles.Profile`.

Specification: github.com/google/pprof, `proto/profile.proto`. Where `go tool pprof` drops samples
without a stack and adds up samples of equal stacks, every row is kept here as it was recorded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ParseError
from workbench.ingest.addresses import Mapping, bare_name
from workbench.ingest.content import Content
from workbench.ingest.pprof_scan import NO_FAULT, loops
from workbench.profile.build import check_sum, distinct_stacks
from workbench.profile.merge import unite
from workbench.profile.tables import FUNCTIONS, LABELS, LOCATIONS, make_table
from workbench.types import Profile, ValueType

Integers = npt.NDArray[np.int64]

_MASK = 2**64 - 1

# fields of the message Profile
SAMPLE_TYPE, SAMPLE, MAPPING, LOCATION, FUNCTION, STRING = 1, 2, 3, 4, 5, 6
TIME_NANOS, DURATION_NANOS, PERIOD_TYPE, DEFAULT_SAMPLE_TYPE = 9, 10, 11, 14
_WIRE_TYPES = dict.fromkeys((1, 2, 3, 4, 5, 6, 11), 2) | dict.fromkeys((7, 8, 9, 10, 12, 14, 15), 0)


def looks_like(content: Content) -> bool:
    """Tell whether the first fields are such as a profile has, and sample types hold numbers."""
    data = content.data[: 1 << 20]
    run = loops.plain
    fields, fault = run.index_fields(data, 0, len(data), 8)
    rows = fields.T.tolist()
    known = [_WIRE_TYPES.get(number, wire) == wire for number, wire, _, _ in rows]
    if not known or not all(known) or any(number > 15 for number, _, _, _ in rows):
        return False
    for number, _, begin, end in rows:
        if number == SAMPLE_TYPE:
            inner, inner_fault = run.index_fields(data, begin, end, 8)
            if inner_fault != NO_FAULT or inner[1].any():
                return False
    return fault == NO_FAULT or len(rows) > 2


def parse(content: Content) -> Profile:
    """Parse a pprof profile, one sample row for each sample.

    A location without symbols becomes a function named by its address, in the file of its
    mapping. A location with several lines becomes as many, all but the outermost `inlined`. The
    default value type is the one that is named, else the last; where no sample has any of that, it
    is the one of the period, or the first that has.
    """
    message = _Message(content.data)
    strings = message.strings()
    types = message.records(SAMPLE_TYPE, 3)
    names, units = _texts(strings, types[:, 1]), _texts(strings, types[:, 2])
    value_types = tuple(
        ValueType(name.as_py(), unit.as_py()) for name, unit in zip(names, units, strict=True)
    )
    if not value_types:
        raise ParseError("expected sample types, found none")
    functions, locations, line_starts, location_ids = _places(message, strings)
    most_id = _most_dense(location_ids)
    samples = message.samples(value_types, most_id)
    frames = samples.rows
    if not most_id or not np.array_equal(location_ids, np.arange(1, most_id + 1)):
        frames = _positions(location_ids, samples.rows + (most_id > 0), "location")
    starts, frames = message.expanded(samples.starts, frames, line_starts)
    starts, frames, stacks = distinct_stacks(starts, frames)
    values = tuple(np.ascontiguousarray(column) for column in samples.values.T)
    return Profile(
        functions=functions,
        locations=locations,
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=stacks,
        sample_values=values,
        value_types=value_types,
        labels=_labels(samples.labels, strings),
        default_value=_default_value(message, strings, value_types, values),
        time_ns=message.number(TIME_NANOS) or None,
        duration_s=message.number(DURATION_NANOS) / 1e9 or None,
    )


class _Samples(NamedTuple):
    """Samples as they are written."""

    starts: Integers
    rows: npt.NDArray[Any]
    """Location ids, less 1 where these are dense; (n_frames,), root first."""
    labels: Integers
    """Rows of sample, key, text, number and unit."""
    values: Integers


class _Message:
    """The bytes, their top-level fields, and the loops that read more of them."""

    def __init__(self, data: bytes) -> None:
        self.run = loops.over(len(data))
        self.data: Any = data if self.run is loops.plain else np.frombuffer(data, np.uint8)
        self.bytes = data
        samples, fields, fault = self.run.index_profile(self.data, SAMPLE)
        self.checked(None, fault)
        self.by_number: dict[int, Integers] = {}
        for number, kind in _WIRE_TYPES.items():
            found = self.by_number[number] = fields[1:, fields[0] == number]
            wrong = np.flatnonzero(found[0] != kind)
            if len(wrong):
                place = f"byte {found[2, wrong[0]]}"
                raise ParseError(f"expected wire type {kind} in field {number}", place=place)
        self.samples_at: Integers = samples

    def checked(self, result: Any, fault: int) -> Any:
        """Return a result; ParseError where a loop met a fault."""
        if fault != NO_FAULT:
            seen = self.bytes[fault : fault + 8].hex(" ")
            expected = "a protobuf field of a profile, and ids that are there"
            raise ParseError(f"expected {expected}, got {seen}", place=f"byte {fault}")
        return result

    def spans(self, number: int) -> Integers:
        """Return where the messages of a repeated field begin and end, (2, n)."""
        return self.by_number[number][1:]

    def number(self, number: int) -> int:
        """Return an integer field; the last where it stands twice, 0 where it does not."""
        contents = self.by_number[number][1]
        return int(contents[-1]) if len(contents) else 0

    def records(self, number: int, n_columns: int) -> Integers:
        """Return the integer fields of each message of a repeated field, by their number."""
        return self.numbers(self.spans(number), n_columns)

    def numbers(self, spans: Integers, n_columns: int) -> Integers:
        """Return the integer fields of some messages, (n, n_columns), by their number."""
        found = np.zeros((spans.shape[1], n_columns), np.int64)
        self.checked(None, self.run.read_numbers(self.data, spans, found))
        return found

    def nested(self, spans: Integers, number: int) -> Integers:
        """Return the messages within messages, (3, n): which outer one, begin, end."""
        nested: Integers = self.checked(*self.run.index_nested(self.data, spans, number))
        return nested

    def strings(self) -> pa.Array:
        """Return the string table; what is no UTF-8 becomes replacement characters."""
        spans = self.spans(STRING)
        offsets = np.concatenate(([0], np.cumsum(spans[1] - spans[0])))
        if offsets[-1] >= 2**31:
            raise ParseError(f"expected less than 2 GiB of strings, got {offsets[-1]} bytes")
        flat = b"".join([self.bytes[begin:end] for begin, end in spans.T.tolist()])
        buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(flat)]
        strings = pa.Array.from_buffers(pa.string(), spans.shape[1], buffers)
        try:
            strings.validate(full=True)
        except pa.ArrowInvalid:
            parts = (self.bytes[begin:end] for begin, end in spans.T.tolist())
            strings = pa.array([part.decode("utf-8", "replace") for part in parts], pa.string())
        if len(strings) and strings[0].as_py():
            raise ParseError(f"expected string 0 to be empty, got {strings[0].as_py()[:40]!r}")
        return strings

    def samples(self, value_types: tuple[ValueType, ...], most_id: int) -> _Samples:
        """Return stacks as CSR rows, values and labels; ids are 1 to `most_id`, or any if 0."""
        spans = self.samples_at
        n_rows = spans.shape[1]
        values = np.zeros((n_rows, len(value_types)), np.int64)
        starts, n_values = np.zeros(n_rows + 1, np.int64), np.zeros(n_rows, np.int64)
        # room for an id in every byte: what is not written to is not taken from the system
        most = int((spans[1] - spans[0]).sum())
        id_type = np.int32 if most_id else np.int64
        ids: Any = np.empty(most, id_type) if self.run is loops.compiled else [0] * most
        n_labels, fault = self.run.read_samples(
            self.data,
            spans,
            most_id,
            starts,
            ids,
            values,
            n_values,
        )
        self.checked(None, fault)
        labels = np.zeros((n_labels, 5), np.int64)
        if n_labels:
            self.checked(None, self.run.read_labels(self.data, spans, labels))
        first = int(starts[0])
        starts -= first
        wrong = np.flatnonzero(n_values != len(value_types))
        if len(wrong):
            place = f"byte {spans[0, wrong[0]]}"
            seen, expected = n_values[wrong[0]], len(value_types)
            raise ParseError(
                f"expected {expected} values, one a sample type, got {seen}", place=place
            )
        for kind, column in zip(value_types, values.T, strict=True):
            check_sum(int(np.abs(column.astype(np.float64)).sum()), kind)
        return _Samples(starts, np.asarray(ids[first:], id_type), labels, values)

    def expanded(
        self, starts: Integers, frames: npt.NDArray[np.int32], line_starts: Integers
    ) -> tuple[Integers, npt.NDArray[np.int32]]:
        """Return stacks of lines for stacks of locations."""
        n_lines = np.diff(line_starts)
        if (n_lines == 1).all():
            return starts, frames
        longer = np.empty(n_lines[frames].sum(), np.int32)
        out_starts = np.zeros_like(starts)
        self.run.expand_stacks(starts, frames, line_starts, out_starts, longer)
        return out_starts, longer


def _default_value(
    message: _Message, strings: pa.Array, kinds: tuple[ValueType, ...], values: tuple[Integers, ...]
) -> int:
    by_name = {kind.name: number for number, kind in enumerate(kinds)}
    named = _one_text(strings, message.number(DEFAULT_SAMPLE_TYPE))
    if named in by_name:
        return by_name[named]
    last = len(kinds) - 1
    if values[last].any():
        return last
    periods = message.records(PERIOD_TYPE, 3)[:1, 1]
    sampled = [by_name.get(name.as_py(), last) for name in _texts(strings, periods)]
    return next((n for n in (*sampled, *range(last)) if values[n].any()), last)


def _places(message: _Message, strings: pa.Array) -> tuple[pa.Table, pa.Table, Integers, Integers]:
    """Return functions, locations (one row a line), where each location's rows start, its id."""
    records = message.records(FUNCTION, 6)  # 1 id, 2 name, 3 system name, 4 file, 5 start line
    named = np.where(records[:, 2] != 0, records[:, 2], records[:, 3])
    columns = {"name": _texts(strings, named), "file": _texts(strings, records[:, 4])}
    functions = make_table(FUNCTIONS, {**columns, "line": np.maximum(records[:, 5], 0)})
    spans = message.spans(LOCATION)
    places = message.numbers(spans, 4)  # 1 id, 2 mapping, 3 address
    lines = message.nested(spans, 4)
    targets = message.numbers(lines[1:], 3)  # 1 function, 2 line
    n_lines = np.bincount(lines[0], minlength=len(places))
    bare = np.flatnonzero(n_lines == 0)
    rows = _positions(records[:, 1], targets[:, 1], "function")
    added, bare_rows = _unsymbolised(message, strings, places[bare], functions.num_rows)
    functions, (moved, _) = unite([pa.concat_tables([functions, added]), functions[:0]], FUNCTIONS)
    owners = np.concatenate((lines[0], bare))
    order = np.argsort(owners, kind="stable")
    owners = owners[order]
    is_outermost = np.append(owners[1:] != owners[:-1], True)[: len(owners)]
    table = {
        "function": moved[np.concatenate((rows, bare_rows))[order]],
        "line": np.concatenate((targets[:, 2], np.zeros(len(bare), np.int64)))[order],
        "address": places[owners, 3],
        "kind": pc.if_else(pa.array(is_outermost), "", "inlined"),
    }
    counts = np.bincount(owners, minlength=len(places))
    line_starts = np.concatenate(([0], np.cumsum(counts)))
    return functions, make_table(LOCATIONS, table), line_starts, places[:, 1]


def _unsymbolised(
    message: _Message, strings: pa.Array, places: Integers, n_functions: int
) -> tuple[pa.Table, Integers]:
    """Return a function for each location without lines, and their rows."""
    records = message.records(MAPPING, 6)  # 1 id, 2 start, 4 offset, 5 file
    files = np.append(records[:, 5], 0)
    known = places[:, 2] != 0
    mapping = np.full(len(places), len(records))
    mapping[known] = _positions(records[:, 1], places[known, 2], "mapping")
    told = _texts(strings, files[mapping])
    starts, offsets = (np.append(records[:, k], 0)[mapping].tolist() for k in (2, 4))
    rows = zip(places[:, 3].tolist(), starts, offsets, told.to_pylist(), strict=True)
    names = [
        bare_name(address & _MASK, Mapping(start & _MASK, _MASK, offset & _MASK, file))
        for address, start, offset, file in rows
    ]
    columns = {"name": names, "file": told}
    table = make_table(FUNCTIONS, {**columns, "line": np.zeros(len(names), np.int64)})
    return table, n_functions + np.arange(len(names))


def _labels(records: Integers, strings: pa.Array) -> pa.Table:
    is_text = records[:, 2] != 0
    number = pa.array(records[:, 3], mask=is_text)
    return make_table(
        LABELS,
        {
            "sample": records[:, 0],
            "key": _texts(strings, records[:, 1]),
            "text": pc.if_else(pa.array(is_text), _texts(strings, records[:, 2]), None),
            "number": number,
            "unit": _texts(strings, records[:, 4]),
        },
    )


def _texts(strings: pa.Array, indices: Integers) -> pa.Array:
    """Return rows of the string table."""
    outside = np.flatnonzero((indices < 0) | (indices >= max(len(strings), 1)))
    if len(outside):
        seen = int(indices[outside[0]])
        raise ParseError(f"expected an index into {len(strings)} strings, got {seen}")
    return strings.take(pa.array(indices)) if len(strings) else pa.array([""] * len(indices))


def _one_text(strings: pa.Array, index: int) -> str:
    return str(_texts(strings, np.array([index]))[0].as_py())


def _most_dense(ids: Integers) -> int:
    """Return the largest id where a table may be as long, else 0."""
    most = int(ids.max(initial=0))
    return most if most <= 4 * len(ids) and ids.min(initial=1) > 0 else 0


def _positions(ids: Integers, wanted: npt.NDArray[Any], what: str) -> npt.NDArray[np.int32]:
    """Return where ids stand; ParseError for one that is not there."""
    n, most = len(ids), _most_dense(ids)
    if most:
        table = np.full(most + 2, -1, np.int32)  # the last for ids beyond
        table[ids] = np.arange(n, dtype=np.int32)
        places = table[np.where((wanted > 0) & (wanted <= most), wanted, most + 1)]
        missing = np.flatnonzero(places < 0)
    elif n:
        order = np.argsort(ids, kind="stable").astype(np.int32)
        places = order[np.minimum(np.searchsorted(ids[order], wanted), n - 1)]
        missing = np.flatnonzero(ids[places] != wanted)
    else:
        places = np.zeros(len(wanted), np.int32)
        missing = np.arange(len(wanted))
    if len(missing):
        seen = int(wanted[missing[0]]) & (2**64 - 1)
        place = f"reference {missing[0] + 1} to a {what}"
        raise ParseError(f"expected the id of a {what}, got {seen}", place=place)
    return places
