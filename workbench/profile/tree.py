"""The calling-context tree: every distinct path from the root, with what it cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from workbench.errors import ProfileError
from workbench.profile.graphs import unfold
from workbench.profile.loops import loops
from workbench.profile.profile import Indices, Profile
from workbench.profile.tables import (
    LOCATIONS,
    Function,
    ValueType,
    make_functions,
    make_table,
    with_column,
)
from workbench.profile.views import function_values, stack_values

Floats = npt.NDArray[np.float64]

OTHERS = "<others>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tree:
    """A tree in columns; node 0 is the root and has no function, a parent stands before its child.

    Recursion makes nodes of its own here, as each is another context.
    """

    functions: pa.Table
    """The functions of the profile; `function` holds rows of it. Of an estimate the last is
    `<others>`: callees, put together, that are too small to be followed."""
    function: Indices
    """(n_nodes,); -1 for the root."""
    parent: Indices
    """(n_nodes,); -1 for the root."""
    depth: Indices
    """(n_nodes,); 0 for the root."""
    self_values: Floats
    """(n_nodes,) what the node cost as the leaf, in the unit of the value type."""
    total_values: Floats
    """(n_nodes,) with all that is below it."""
    value_type: ValueType
    is_estimate: bool = False
    """Whether it was told from a graph of calls, by the assumption of gprof."""

    def __repr__(self) -> str:
        """Return how large it is."""
        estimate = ", an estimate" if self.is_estimate else ""
        total = f"{self.value_type}: {self.total_values[0]:g}"
        return f"Tree({self.n_nodes} nodes, {total}{estimate})"

    @property
    def n_nodes(self) -> int:
        """Number of nodes, the root counted."""
        return len(self.parent)

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a node: `node`, `parent`, `depth`, `function`, `file`, `self`, `total`."""
        rows = pa.array(self.function, mask=self.function < 0)
        frame = pd.DataFrame({"node": np.arange(self.n_nodes), "parent": self.parent})
        frame["depth"] = self.depth
        frame["function"] = self.functions["name"].take(rows).fill_null("").to_pandas()
        frame["file"] = self.functions["file"].take(rows).fill_null("").to_pandas()
        frame["self"], frame["total"] = self.self_values, self.total_values
        return frame

    def flame(self, *, smallest: float = 0.0) -> pa.Table:
        """Lay the tree out as rectangles, parents before children.

        Parameters
        ----------
        smallest : float
            Share of the whole below which a node, and all below it, is left out.

        Returns
        -------
        pyarrow.Table
            `node`, `function` (row of `functions`), `depth`, `x` and `width` (shares of the
            whole; siblings stand side by side by falling cost), `self` (share of the whole).

        Raises
        ------
        ProfileError
            Where a node cost less than nothing, as in what one profile has more than another.
        """
        if (self.self_values < 0).any():
            seen = f"{self.self_values.min():g}"
            raise ProfileError(f"expected {self.value_type} of 0 or more to lay out, got {seen}")
        whole = self.total_values[0]
        # siblings together, the costliest first; within a level children follow their parents
        order = np.lexsort((-self.total_values, self.parent)).astype(np.int32)
        offsets = np.zeros(self.n_nodes)
        loops.over(self.n_nodes).lay_out(order, self.parent, self.total_values, offsets)
        kept = np.flatnonzero(self.total_values >= smallest * whole)
        scale = 1 / whole if whole else 0.0
        return pa.table(
            {
                "node": kept.astype(np.int32),
                "function": self.function[kept],
                "depth": self.depth[kept],
                "x": offsets[kept] * scale,
                "width": self.total_values[kept] * scale,
                "self": self.self_values[kept] * scale,
            }
        )


def build_tree(profile: Profile, value_index: int) -> Tree:
    """Answer `Profile.tree` from stacks."""
    weights = stack_values(profile, value_index)
    run = loops.over(len(profile.stack_functions))
    parent, function, leaves = run.grow_tree(profile.stack_starts, profile.stack_functions)
    own = np.bincount(leaves, weights, minlength=len(parent)).astype(np.float64)
    return _tree(profile, value_index, parent, function, own)


def estimate_tree(profile: Profile, value_index: int) -> Tree:
    """Answer `Profile.tree` from a graph of calls."""
    graph = profile.graph
    assert graph is not None
    own, _ = function_values(profile, stack_values(profile, value_index))
    parent, function, kept = unfold(profile, graph, value_index, own)
    functions = pa.concat_tables([profile.functions, make_functions([Function(OTHERS)])])
    tree = _tree(profile, value_index, parent, function, kept)
    return replace(tree, functions=functions.combine_chunks(), is_estimate=True)


def _tree(
    profile: Profile,
    value_index: int,
    parent: Indices,
    function: Indices,
    own: Floats,
) -> Tree:
    depth = np.zeros(len(parent), np.int32)
    total = own.astype(np.float64)
    loops.over(len(parent)).add_up(parent, depth, total)
    kind = profile.value_types[value_index]
    return Tree(profile.functions, function, parent, depth, own, total, kind)


def as_stacks(profile: Profile, value_type: str | None = None) -> Profile:
    """Return one value type of a profile as stacks of functions that have a name and a file only.

    Sample rows stay as they are; of a graph of calls there is one for each node of its estimated
    tree, on the stack that leads there.
    """
    index = profile.value_index(value_type)
    bare = by_name(profile.functions)
    if profile.graph is None:
        flat = profile.by_function()
        return replace(
            flat,
            functions=bare,
            value_types=(profile.value_types[index],),
            sample_values=(profile.sample_values[index],),
            default_value=0,
        )
    tree = estimate_tree(profile, index)
    nodes = np.flatnonzero(tree.self_values)
    starts = np.concatenate([[0], np.cumsum(tree.depth[nodes], dtype=np.int64)])
    frames = np.empty(starts[-1], np.int32)
    loops.over(len(frames)).path_frames(tree.parent, tree.function, nodes, starts, frames)
    n = tree.functions.num_rows
    nothing = np.zeros(n, np.int64)
    return Profile(
        functions=by_name(tree.functions),
        locations=make_table(
            LOCATIONS,
            {"function": np.arange(n), "line": nothing, "address": nothing, "kind": [""] * n},
        ),
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=np.arange(len(nodes), dtype=np.int32),
        sample_values=(tree.self_values[nodes],),
        value_types=(profile.value_types[index],),
    )


def by_name(functions: pa.Table) -> pa.Table:
    """Return functions without the line that they begin at."""
    return with_column(functions, "line", np.zeros(functions.num_rows, np.int64))
