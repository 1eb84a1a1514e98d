"""One recording, in columns; its questions are answered by the modules beside this one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from workbench.errors import ProfileError
from workbench.profile.tables import LABELS, Function, ValueType, column

if TYPE_CHECKING:
    import pandas as pd

    from workbench.profile.tree import Tree

Indices = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Values = npt.NDArray[np.int64] | npt.NDArray[np.float64]
Functions = str | Function
"""A function, or the name or subject (`pkg.mod:f`) of one or of several."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CallGraph:
    """Who called whom, where a profiler counted calls and saw no stacks."""

    inclusive: tuple[Values, ...]
    """For each value type (n_functions,): the function with all it called."""
    callers: Indices
    """(n_edges,) rows of `functions`."""
    callees: Indices
    """(n_edges,) rows of `functions`."""
    edge_values: tuple[Values, ...]
    """For each value type (n_edges,): the callee with all it called, on behalf of the caller."""
    part_of: tuple[float, ...] | None = None
    """For each value type, the total of the program of which this is a part; None for the whole."""

    def __repr__(self) -> str:
        """Return how large it is."""
        return f"CallGraph({len(self.callers)} pairs of caller and callee)"


@dataclass(frozen=True, eq=False, repr=False)
class Profile:
    """One recording: distinct stacks, and samples that say what was measured on them.

    Stacks are rows of a CSR table, root first: stack `s` stands at the locations
    `stack_locations[stack_starts[s]:stack_starts[s + 1]]`. A stack without frames is one too:
    a sample for which the profiler saw none still counts.

    A profiler that counts calls (`cProfile`, callgrind) writes a graph, not stacks. `graph` then
    holds it, each sample stands at one function alone, and what only stacks can tell (`tree`,
    `focus`) is refused.

    Arrays are taken over, not copied, and become read-only.
    """

    functions: pa.Table
    """Schema `FUNCTIONS`: name, file, line."""
    locations: pa.Table
    """Schema `LOCATIONS`: function, line, address, kind."""
    stack_starts: Offsets
    """(n_stacks + 1,) offsets into `stack_locations`; starts with 0."""
    stack_locations: Indices
    """(n_frames,) rows of `locations`, root first."""
    sample_stacks: Indices
    """(n_samples,) the stack of each sample row, as recorded."""
    sample_values: tuple[Values, ...]
    """For each value type a column (n_samples,)."""
    value_types: tuple[ValueType, ...]
    labels: pa.Table = field(default_factory=LABELS.empty_table)
    """Schema `LABELS`: sample, key, text, number, unit; one row a label of a sample."""
    default_value: int = 0
    """The value type that is asked for where none is named."""
    time_ns: int | None = None
    """Start of the recording, Unix time."""
    duration_s: float | None = None
    graph: CallGraph | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only; ProfileError where they do not fit each other."""
        _check(self)
        arrays = [self.stack_starts, self.stack_locations, self.sample_stacks, *self.sample_values]
        if self.graph is not None:
            graph = self.graph
            arrays += [*graph.inclusive, graph.callers, graph.callees, *graph.edge_values]
        for array in arrays:
            array.flags.writeable = False

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, for pickle and copy."""
        return {told.name: getattr(self, told.name) for told in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the fields back, as read-only as they were."""
        self.__dict__.update(state)
        self.__post_init__()

    def __repr__(self) -> str:
        """Return how much is in it."""
        totals = ", ".join(f"{kind}: {total}" for kind, total in self.totals.items())
        form = "stacks" if self.graph is None else "a graph"
        return f"Profile({self.n_samples} samples of {form}, {totals or 'no values'})"

    @property
    def n_samples(self) -> int:
        """Rows as recorded."""
        return len(self.sample_stacks)

    @property
    def n_stacks(self) -> int:
        """Number of distinct stacks."""
        return len(self.stack_starts) - 1

    @property
    def totals(self) -> dict[str, int | float]:
        """Exact sum of each value type, by `name/unit`."""
        sums = map(exact_sum, self.sample_values)
        return {str(kind): total for kind, total in zip(self.value_types, sums, strict=True)}

    @cached_property
    def stack_functions(self) -> Indices:
        """(n_frames,) rows of `functions`, root first."""
        functions: Indices = column(self.locations, "function")[self.stack_locations]
        functions.flags.writeable = False
        return functions

    @cached_property
    def leaves(self) -> Indices:
        """(n_stacks,) the function each stack ends with; -1 where it is empty."""
        if not len(self.stack_functions):
            return np.full(self.n_stacks, -1, np.int32)
        ends = self.stack_functions[self.stack_starts[1:] - 1]
        leaves = np.where(np.diff(self.stack_starts) > 0, ends, np.int32(-1)).astype(np.int32)
        leaves.flags.writeable = False
        return leaves

    def function(self, index: int) -> Function:
        """Return one row of `functions`."""
        row = self.functions.slice(int(index), 1).to_pylist()[0]
        return Function(row["name"], row["file"], row["line"])

    def stack(self, index: int) -> tuple[Function, ...]:
        """Return the functions of one stack, root first."""
        start, end = self.stack_starts[index], self.stack_starts[index + 1]
        return tuple(self.function(f) for f in self.stack_functions[start:end])

    def values(self, value_type: str | None = None) -> Values:
        """Return one column of values, (n_samples,).

        Parameters
        ----------
        value_type : str, optional
            `name/unit`, or the name where it is the only one. Default: `default_value`.
        """
        return self.sample_values[self.value_index(value_type)]

    def value_index(self, value_type: str | None = None) -> int:
        """Return which column holds a value type."""
        if value_type is None:
            return self.default_value
        found = [i for i, t in enumerate(self.value_types) if value_type in (str(t), t.name)]
        if len(found) != 1:
            known = ", ".join(map(str, self.value_types))
            raise ProfileError(f"expected a value type among {known}, got {value_type!r}")
        return found[0]

    def top(
        self, n: int | None = None, *, value_type: str | None = None, by: str = "self"
    ) -> pd.DataFrame:
        """Rank the functions by what they cost.

        Parameters
        ----------
        n : int, optional
            How many, 0 or more. Default: all that cost anything.
        value_type : str, optional
            As in `values`.
        by : {"self", "total"}
            What to order by, largest first.

        Returns
        -------
        pandas.DataFrame
            `function`, `file`, `line`; `self` (as the leaf) and `total` (anywhere in the stack,
            recursion counted once), in the unit of the value type; `self_ratio` and `total_ratio`
            of the whole profile.
        """
        from workbench.profile.views import rank_functions

        return rank_functions(self, n, self.value_index(value_type), by)

    def callers(self, function: Functions, *, value_type: str | None = None) -> pd.DataFrame:
        """Return who calls a function, most first: `function`, `file`, `value`, `ratio`.

        A stack counts once for each distinct caller; `<root>` stands for stacks that begin with
        the function, and in a part of a graph for callers that are not in it. `ratio` is of the
        function's total.
        """
        from workbench.profile.views import neighbours

        return neighbours(self, function, self.value_index(value_type), towards_root=True)

    def callees(self, function: Functions, *, value_type: str | None = None) -> pd.DataFrame:
        """Return whom a function calls, most first: `function`, `file`, `value`, `ratio`.

        As `callers`; `<self>` stands for stacks that end with the function.
        """
        from workbench.profile.views import neighbours

        return neighbours(self, function, self.value_index(value_type), towards_root=False)

    def tree(self, *, value_type: str | None = None, estimate: bool = False) -> Tree:
        """Return the calling-context tree.

        Parameters
        ----------
        value_type : str, optional
            As in `values`.
        estimate : bool
            Of a graph, give the tree that would be if what a function does were the same for all
            its callers (the assumption of gprof: Graham, Kessler, McKusick 1982). Functions that
            call each other in a circle are entered once for each call into the circle.
        """
        from workbench.profile.tree import build_tree, estimate_tree

        index = self.value_index(value_type)
        if self.graph is not None and not estimate:
            raise ProfileError(
                "expected stacks, found a graph of calls: no tree but an estimate=True can be told"
            )
        return build_tree(self, index) if self.graph is None else estimate_tree(self, index)

    def filter(
        self,
        function: str | None = None,
        *,
        without: str | None = None,
        file: str | None = None,
        labels: Mapping[str, str | int] | None = None,
    ) -> Profile:
        """Keep the samples that pass every test that is given.

        Of a graph of calls that is the functions that pass, with their own costs, and the calls
        between them; `total` is still with all that a function called, kept or not, and ratios are
        still of the whole program.

        Parameters
        ----------
        function, file : str, optional
            Regular expressions (RE2) to search for in a function's name and file: some frame must
            match both.
        without : str, optional
            Regular expression: no frame's name may match.
        labels : mapping, optional
            Labels the sample must carry.
        """
        from workbench.profile.views import keep_samples

        return keep_samples(self, function, without, file, labels or {})

    def focus(self, function: Functions) -> Profile:
        """Keep what goes on inside a function: its samples, their stacks cut to begin with it.

        Recursion is cut at the outermost call.
        """
        from workbench.profile.views import cut_stacks

        return cut_stacks(self, function)

    def by_function(self) -> Profile:
        """Forget lines, addresses and kinds: a stack is then its functions alone."""
        from workbench.profile.views import forget_lines

        return forget_lines(self)

    def merge(self, *others: Profile) -> Profile:
        """Put profiles together: every sample of each, over the union of functions and stacks."""
        from workbench.profile.merge import merge_profiles

        return merge_profiles([self, *others])

    def diff(
        self,
        after: Profile,
        *,
        value_type: str | None = None,
        before_replicates: Sequence[Profile] = (),
        after_replicates: Sequence[Profile] = (),
    ) -> pd.DataFrame:
        """Compare with a later profile, function by function: `Profile.diff(before, after)`.

        See `workbench.profile.compare.compare` for the columns and the statistics.
        """
        from workbench.profile.compare import compare

        befores, afters = [self, *before_replicates], [after, *after_replicates]
        return compare(befores, afters, value_type)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each sample: leaf, stack text, a column for each value and label."""
        from workbench.profile.views import sample_frame

        return sample_frame(self)

    def save(self, path: Path | str, *, format: str | None = None) -> Path:
        """Write the profile for other tools, whole or not at all.

        Parameters
        ----------
        path : path
            Its suffix tells the format: `.pprof`, `.pb` or `.pb.gz`; `.folded`, `.collapsed` or
            `.txt`; `.speedscope.json` or `.json`.
        format : {"pprof", "folded", "speedscope"}, optional
            The format, whatever the suffix.
        """
        from workbench.profile.save import save_profile

        return save_profile(self, Path(path), format)


def _check(profile: Profile) -> None:
    """Raise ProfileError where the tables and arrays of a profile do not fit each other."""
    kinds, n_samples = profile.value_types, profile.n_samples
    n_functions, n_locations = profile.functions.num_rows, profile.locations.num_rows
    if not 0 <= profile.default_value < len(kinds):
        seen = f"{profile.default_value} of {len(kinds)}"
        raise ProfileError(f"expected a default value type that there is, got {seen}")
    _check_columns("values", profile.sample_values, len(kinds), n_samples)
    starts, frames = profile.stack_starts, profile.stack_locations
    is_csr = len(starts) and starts[0] == 0 and starts[-1] == len(frames)
    if not is_csr or (starts[1:] < starts[:-1]).any():
        raise ProfileError(f"expected stack_starts that rise from 0 to {len(frames)}")
    _check_rows("sample_stacks", profile.sample_stacks, profile.n_stacks)
    _check_rows("stack_locations", frames, n_locations)
    _check_rows("functions of locations", column(profile.locations, "function"), n_functions)
    if profile.labels.schema.names != LABELS.names:
        seen = ", ".join(profile.labels.schema.names)
        raise ProfileError(f"expected labels of {', '.join(LABELS.names)}, got {seen}")
    _check_rows("samples of labels", column(profile.labels, "sample"), n_samples)
    if (graph := profile.graph) is not None:
        _check_columns("inclusive", graph.inclusive, len(kinds), n_functions)
        _check_columns("edge_values", graph.edge_values, len(kinds), len(graph.callers))
        _check_rows("callers", graph.callers, n_functions)
        _check_rows("callees", graph.callees, n_functions)
        if len(graph.callees) != len(graph.callers):
            seen = f"{len(graph.callers)} and {len(graph.callees)}"
            raise ProfileError(f"expected as many callers as callees, got {seen}")
        if graph.part_of is not None and len(graph.part_of) != len(kinds):
            raise ProfileError(f"expected part_of of {len(kinds)}, got {len(graph.part_of)}")


def _check_columns(name: str, columns: Sequence[Values], n_columns: int, n_rows: int) -> None:
    seen = [f"{values.shape} {values.dtype}" for values in columns]
    is_fit = all(
        values.shape == (n_rows,) and values.dtype in (np.int64, np.float64) for values in columns
    )
    if len(columns) != n_columns or not is_fit:
        expected = f"{n_columns} columns of {n_rows} int64 or float64"
        raise ProfileError(f"expected {name} in {expected}, got {', '.join(seen)}")
    with np.errstate(over="ignore", invalid="ignore"):
        if not all(np.isfinite(values.sum()) for values in columns if values.dtype.kind == "f"):
            raise ProfileError(f"expected {name} that are finite, and add up to a finite number")


def _check_rows(name: str, rows: npt.NDArray[Any], n: int) -> None:
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise ProfileError(f"expected {name} as a row of integers, got {rows.shape} {rows.dtype}")
    if len(rows) and not (rows.min() >= 0 and rows.max() < n):
        raise ProfileError(f"expected {name} of 0 to {n - 1}, got {rows.min()} to {rows.max()}")


def exact_sum(values: npt.NDArray[Any]) -> int | float:
    """Return a sum without overflow or rounding on the way."""
    if values.dtype.kind == "f":
        return math.fsum(values.tolist())
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())
