"""What cProfile and profile dump: a graph of calls, not stacks.

The file is a marshalled dict of `(file, line, name)` to `(primitive calls, calls, own time, time
with callees, callers)`; callers map the same keys to calls, primitive calls and both times, or, as
`profile` writes them, to a count of calls alone (CPython, Lib/pstats.py). A call is primitive where
it was not made by recursion.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.marshal_reader import load
from workbench.profile import CallGraph, ProfileBuilder
from workbench.types import Profile, ValueType

VALUE_TYPES = (
    ValueType("calls", "count"),
    ValueType("primitive_calls", "count"),
    ValueType("time", "seconds"),
)


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin as a marshalled dict of tuples."""
    head = content.data[:2]
    return len(head) == 2 and head[0] & 0x7F == ord("{") and head[1] & 0x7F in b"()0"


def parse(content: Content) -> Profile:
    """Parse a dump; one row a function, with its calls and own time."""
    stats = load(content.data)
    if not isinstance(stats, dict):
        raise ParseError(f"expected a dict of functions, got {type(stats).__name__}")
    builder = ProfileBuilder(*VALUE_TYPES)
    numbers: dict[Any, int] = {}
    inclusive: list[tuple[int, _Values]] = []
    edges: list[tuple[int, int, _Values]] = []
    for key, row in stats.items():
        if not isinstance(row, tuple) or len(row) != 5 or not isinstance(row[4], dict):
            raise ParseError(f"expected 4 numbers and callers of {key!r}, got {row!r:.60}")
        primitive, calls, own, whole = _numbers(key, row[:4])
        number = _number(key, numbers, builder)
        builder.sample(builder.stack([builder.location(number)]), calls, primitive, own)
        inclusive.append((number, (calls, primitive, whole)))
        for caller, told in row[4].items():
            edges.append((_number(caller, numbers, builder), number, _edge(caller, told)))
    return builder.build(default_value=2, graph=_graph(len({*numbers.values()}), inclusive, edges))


_Values = tuple[float, ...]


def _number(key: Any, numbers: dict[Any, int], builder: ProfileBuilder) -> int:
    """Return the number of a function; what is built in has neither file nor line."""
    if key in numbers:
        return numbers[key]
    match key:
        case (str() as file, int() as line, str() as name) if 0 <= line < 2**31:
            place = ("", 0) if file == "~" else (file, line)
            numbers[key] = builder.function(name, *place)
            return numbers[key]
    raise ParseError(f"expected a function as (file, line, name), got {key!r:.80}")


def _numbers(key: Any, row: tuple[Any, ...]) -> _Values:
    for value in row:
        if type(value) not in (int, float) or not -1e15 < value < 1e15:
            raise ParseError(f"expected numbers for {key!r:.60}, got {value!r:.40}")
    return row


def _edge(caller: Any, told: Any) -> _Values:
    """Return calls, primitive calls and time that a function took on behalf of a caller."""
    if isinstance(told, int):  # profile counts calls only
        told = (told, told, 0.0, 0.0)
    if not isinstance(told, tuple) or len(told) != 4:
        raise ParseError(f"expected 4 numbers for the caller {caller!r:.60}, got {told!r:.60}")
    calls, primitive, _, whole = _numbers(caller, told)
    return calls, primitive, whole


def _graph(
    n: int, inclusive: list[tuple[int, _Values]], edges: list[tuple[int, int, _Values]]
) -> CallGraph:
    whole = np.zeros((len(VALUE_TYPES), n))
    for number, values in inclusive:
        whole[:, number] += values
    told = np.array([values for _, _, values in edges], np.float64).reshape(-1, len(VALUE_TYPES))
    return CallGraph(
        inclusive=tuple(whole),
        callers=np.array([caller for caller, _, _ in edges], np.int32),
        callees=np.array([callee for _, callee, _ in edges], np.int32),
        edge_values=tuple(told.T.copy()),
    )
