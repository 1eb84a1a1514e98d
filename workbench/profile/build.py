"""Build a profile frame by frame; what the readers of text and JSON do, and tests."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.compiled import ENOUGH
from workbench.errors import ParseError
from workbench.profile.loops import loops
from workbench.profile.profile import CallGraph, Indices, Offsets, Profile, Values
from workbench.profile.tables import (
    LABELS,
    LOCATIONS,
    Function,
    ValueType,
    make_functions,
    make_table,
)

MOST = 2**63 - 1
MOST_FRAMES = 2**28
"""Frames of all stacks together; a gigabyte. More is a hostile file, or one to be cut."""


class FrameTable:
    """Functions, and locations within them, each with a number; equal ones are one."""

    def __init__(self) -> None:
        self._functions: dict[Function, int] = {}
        self._locations: dict[tuple[int, int, int, str], int] = {}

    def function(self, name: str, file: str = "", line: int = 0) -> int:
        """Return the number of a function."""
        return self._functions.setdefault(Function(name, file, line), len(self._functions))

    def location(self, function: int, line: int = 0, address: int = 0, kind: str = "") -> int:
        """Return the number of a place within a function."""
        key = (function, line, address, kind)
        return self._locations.setdefault(key, len(self._locations))

    def frame(self, name: str, file: str = "", line: int = 0) -> int:
        """Return the number of a line within a function that is known by name and file."""
        return self.location(self.function(name, file), line)

    def functions(self) -> pa.Table:
        """Return the functions, schema `FUNCTIONS`."""
        return make_functions(self._functions)

    def locations(self) -> pa.Table:
        """Return the locations, schema `LOCATIONS`."""
        columns = [*zip(*self._locations, strict=True)] or [(), (), (), ()]
        return _table(LOCATIONS, columns)


class ProfileBuilder(FrameTable):
    """Takes functions, locations, stacks and samples in, each by the number of the earlier.

    Equal functions, locations and stacks are one; samples stay as they come.
    """

    def __init__(self, *value_types: ValueType) -> None:
        super().__init__()
        self.value_types = list(value_types)
        self.labels: dict[str, list[Any]] = {name: [] for name in LABELS.names}
        self._starts = array("q", [0])
        self._frames = array("i")
        self._rows = array("q")
        self._values: list[list[int | float]] = [[] for _ in value_types]

    def value_type(self, kind: ValueType) -> int:
        """Return the column of a value type; a new one is 0 in the samples there are."""
        if kind not in self.value_types:
            self.value_types.append(kind)
            self._values.append([0] * len(self._rows))
        return self.value_types.index(kind)

    def stack(self, locations: Iterable[int]) -> int:
        """Add a stack of locations, root first, and return the number of its row."""
        self._frames.extend(locations)
        if len(self._frames) > MOST_FRAMES:
            raise ParseError(f"expected at most {MOST_FRAMES} frames in all stacks, got more")
        self._starts.append(len(self._frames))
        return len(self._starts) - 2

    def sample(
        self, stack: int, *values: int | float, labels: Mapping[str, str | int] | None = None
    ) -> None:
        """Add a sample at a stack with a value of each type; of those left out it has 0."""
        left_out = [0] * (len(self._values) - len(values))
        for column, value in zip(self._values, (*values, *left_out), strict=True):
            column.append(value)
        for key, text in (labels or {}).items():
            self.label(key, text)
        self._rows.append(stack)

    def samples(
        self,
        stacks: Sequence[int],
        *columns: Sequence[int | float],
        labels: Mapping[str, str | int],
    ) -> None:
        """Add a sample at each of some stacks, with a column of values of each type, and labels."""
        first, n = len(self._rows), len(stacks)
        self._rows.extend(stacks)
        for column, values in zip(self._values, columns, strict=True):
            column.extend(values)
        texts = [value if isinstance(value, str) else None for value in labels.values()]
        numbers = [None if isinstance(value, str) else value for value in labels.values()]
        rows = np.repeat(np.arange(first, first + n), len(labels)).tolist()
        cells: tuple[list[Any], ...] = (
            rows,
            [*labels] * n,
            texts * n,
            numbers * n,
            [""] * len(rows),
        )
        for cell, told in zip(self.labels.values(), cells, strict=True):
            cell.extend(told)

    def label(self, key: str, value: str | int, unit: str = "") -> None:
        """Add a label to the sample that comes next."""
        is_text = isinstance(value, str)
        row = (len(self._rows), key, value if is_text else None, None if is_text else value, unit)
        for column, cell in zip(self.labels.values(), row, strict=True):
            column.append(cell)

    def build(
        self,
        *,
        default_value: int | None = 0,
        time_ns: int | None = None,
        duration_s: float | None = None,
        graph: CallGraph | None = None,
    ) -> Profile:
        """Return the profile; ParseError where values are too large to be added up.

        Without a default value type it is the first of which samples have any.
        """
        if default_value is None:
            default_value = next((n for n, column in enumerate(self._values) if any(column)), 0)
        starts, frames, row_stacks = distinct_stacks(
            np.array(self._starts, np.int64), np.array(self._frames, np.int32)
        )
        return Profile(
            functions=self.functions(),
            locations=self.locations(),
            stack_starts=starts,
            stack_locations=frames,
            sample_stacks=row_stacks[np.array(self._rows, np.int64)],
            sample_values=tuple(
                value_column(values, kind)
                for values, kind in zip(self._values, self.value_types, strict=True)
            ),
            value_types=tuple(self.value_types),
            labels=_table(LABELS, self.labels.values()),
            default_value=default_value,
            time_ns=time_ns,
            duration_s=duration_s,
            graph=graph,
        )


class CallTree:
    """Stacks told as nodes with parents; the builder gets a stack once its node is sampled."""

    def __init__(self, builder: ProfileBuilder) -> None:
        self._builder = builder
        self._children: dict[tuple[int, int], int] = {}
        self._parents = array("q")
        self._locations = array("i")
        self._stacks: dict[int, int] = {}

    def child(self, parent: int, location: int) -> int:
        """Return the node for a location called from a node; -1 is the root's parent."""
        node = self._children.setdefault((parent, location), len(self._parents))
        if node == len(self._parents):
            self._parents.append(parent)
            self._locations.append(location)
        return node

    def stack(self, node: int) -> int:
        """Return the builder's number of the stack that ends with a node; -1 is the empty one."""
        if node not in self._stacks:
            path, at = [], node
            while at >= 0:
                path.append(self._locations[at])
                at = self._parents[at]
            self._stacks[node] = self._builder.stack(reversed(path))
        return self._stacks[node]


def value_column(values: Sequence[int | float] | npt.NDArray[np.int64], kind: ValueType) -> Values:
    """Return values as integers where all are, else as floats; they must be fit to add up."""
    if isinstance(values, array | np.ndarray):
        integers = np.array(values, np.int64)
        check_sum(float(np.abs(integers.astype(np.float64)).sum()), kind)
        return integers
    if all(issubclass(kind, int | np.integer) for kind in {*map(type, values)}):
        values = [int(value) for value in values]
        check_sum(sum(abs(value) for value in values), kind)
        return np.array(values, dtype=np.int64)
    try:
        column = np.array(values, dtype=np.float64)
    except OverflowError:  # an integer of hundreds of digits
        column = np.array([np.inf])
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(column).sum()):
            raise ParseError(f"expected finite values of {kind}, got one that is not, or too large")
    return column


def check_sum(total: float, kind: ValueType) -> None:
    """Refuse values whose sum no 64-bit integer holds."""
    if total > MOST:
        raise ParseError(f"expected values of {kind} that add up to at most {MOST}, got {total}")


def distinct_stacks(starts: Offsets, frames: Indices) -> tuple[Offsets, Indices, Indices]:
    """Drop stacks that are there already.

    Parameters
    ----------
    starts, frames : ndarray
        Stacks as CSR rows, (n_rows + 1,) and (n_frames,).

    Returns
    -------
    starts, frames : ndarray
        The distinct ones, in order of their first row; what was given where all are.
    stacks : ndarray
        (n_rows,) which of them each row is.
    """
    n_rows = len(starts) - 1
    if len(frames) < ENOUGH:
        rows = [frames[i:j].tobytes() for i, j in pairwise(starts.tolist())]
        numbers: dict[bytes, int] = {}
        stacks = np.array([numbers.setdefault(row, len(numbers)) for row in rows], np.int32)
        firsts = np.unique(stacks, return_index=True)[1].astype(np.int32)
        return *take_rows(starts, frames, firsts), stacks
    stacks, firsts = np.empty(n_rows, np.int32), np.empty(n_rows, np.int32)
    hashes = np.empty(n_rows, np.int64)
    table = np.full(1 << (2 * n_rows + 1).bit_length(), -1, np.int32)
    run = loops.compiled
    run.hash_rows(starts, frames, hashes)
    n = run.number_distinct(starts, frames, hashes, table, stacks, firsts)
    if n == n_rows:
        return starts, frames, stacks
    return *take_rows(starts, frames, firsts[:n]), stacks


def take_rows(starts: Offsets, frames: Indices, rows: Indices) -> tuple[Offsets, Indices]:
    """Return some rows of a CSR table as one."""
    taken = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(np.diff(starts)[rows], out=taken[1:])
    out = np.empty(taken[-1], frames.dtype)
    if len(out) < ENOUGH:
        shifts = np.repeat(starts[rows] - taken[:-1], np.diff(taken))
        out[:] = frames[shifts + np.arange(len(out))]
    else:
        loops.compiled.copy_rows(starts, frames, rows, taken, out)
    return taken, out


def _table(schema: pa.Schema, columns: Iterable[Any]) -> pa.Table:
    return make_table(schema, dict(zip(schema.names, map(list, columns), strict=True)))
