"""A flame graph as data: every call path with what it cost, on one side or on two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ProfileError
from workbench.profile import Function
from workbench.types.arrays import FloatArray

Indices = npt.NDArray[np.int32]

SIGNIFICANT = 0.05
"""False discovery rate below which a change is believed."""
FAINTEST_LIMIT_RATIO = 0.05
"""Full colour stands for at least this much of the whole, so that noise stays grey."""
SHARE_UNIT = "share"
"""Of values that are fractions of the whole."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flame:
    """The prefix tree of all stacks, with the inclusive cost of each node.

    Node 0 is the root and stands for the whole. Nodes are in level order: a caller stands before
    its callees, callees of one caller stand side by side, the costliest first (ties by name).
    """

    title: str
    """What the root is called."""
    functions: tuple[Function, ...]
    function: Indices
    """(n_nodes,) indices into `functions`; -1 for the root."""
    parent: Indices
    """(n_nodes,) the caller of each node; -1 for the root."""
    after: FloatArray
    """(n_nodes,) inclusive, in `unit`; where there is one side, that."""
    unit: str
    """As value types have it (`nanoseconds`, `bytes`, `count`), `share`, or `CPU ms per round`."""
    before: FloatArray | None = None
    """(n_nodes,) inclusive, in `unit`; None where there is one side."""
    q_value: FloatArray | None = None
    """(n_nodes,) false discovery rate of the change; NaN where it was not tested."""
    kinds: tuple[str, ...] = ()
    """(n_functions,) `kernel`, `native`, `jit`, …; empty for a function of which none is told."""
    of: str = ""
    """What values are of, as value types have it (`cpu/nanoseconds`); empty where not known."""
    is_estimate: bool = False
    """Whether it was told from a graph of calls, by the assumption of gprof."""
    wholes: tuple[float, float] | None = None
    """Where values are shares: what each side adds up to, in the unit of `of`, before and after;
    the mean of its profiles."""
    n_profiles: tuple[int, int] = (1, 1)
    """Of each side, before and after."""

    def __repr__(self) -> str:
        """Return how large it is."""
        sides = "before and after" if self.is_diff else "one side"
        return f"Flame({self.title}: {self.n_nodes:,} nodes, {sides}, {self.unit})"

    @property
    def n_nodes(self) -> int:
        """Number of nodes, the root counted."""
        return len(self.parent)

    @property
    def is_diff(self) -> bool:
        """Whether it has two sides."""
        return self.before is not None

    @property
    def delta(self) -> FloatArray:
        """(n_nodes,) after less before, in `unit`; zeros where there is one side."""
        return np.zeros(self.n_nodes) if self.before is None else self.after - self.before

    @property
    def largest(self) -> FloatArray:
        """(n_nodes,) the greater of the two sides; siblings stand by it."""
        return self.after if self.before is None else np.maximum(self.before, self.after)

    @property
    def limit(self) -> float:
        """Delta shown in full colour, in `unit`: the largest one, or 5 % of the whole."""
        return max(float(np.max(np.abs(self.delta))), FAINTEST_LIMIT_RATIO * float(self.largest[0]))

    @property
    def is_significant(self) -> npt.NDArray[np.bool_]:
        """(n_nodes,) whether the change of a node is believed."""
        if self.q_value is None:
            return np.zeros(self.n_nodes, np.bool_)
        return np.asarray(self.q_value < SIGNIFICANT)

    def depths(self) -> Indices:
        """Return how deep each node stands, (n_nodes,); 0 for the root."""
        depths = np.zeros(self.n_nodes, np.int32)
        start, end = 0, 1
        while start < end:  # a level at a time: its callees are the next
            below = np.searchsorted(self.parent, [start, end])
            depths[end : below[1]] = depths[start] + 1
            start, end = end, int(below[1])
        return depths

    def own(self, side: FloatArray) -> FloatArray:
        """Return what each node of a side cost without what it called, (n_nodes,)."""
        own = side - np.bincount(self.parent[1:], side[1:], minlength=self.n_nodes)
        own[np.abs(own) < 1e-9 * side[0]] = 0.0  # what is left of rounding
        return np.asarray(own)

    def path(self, node: int) -> tuple[Function, ...]:
        """Return the functions from the root to a node."""
        frames = []
        while node > 0:
            frames.append(self.functions[self.function[node]])
            node = int(self.parent[node])
        return tuple(frames[::-1])

    def pruned(self, smallest: float = 0.0005) -> Flame:
        """Return the tree without nodes that stay below a share of the whole on both sides."""
        largest = self.largest
        keep = largest >= max(smallest * largest[0], 1e-300)
        keep[0] = True  # a callee never costs more than its caller, so callers of kept nodes stay
        order = np.flatnonzero(keep)
        used, function = np.unique(self.function[order[1:]], return_inverse=True)
        places = np.full(self.n_nodes + 1, -1, np.int32)
        places[order] = np.arange(len(order))
        return replace(
            self,
            functions=tuple(self.functions[f] for f in used),
            kinds=tuple(self.kinds[f] for f in used) if self.kinds else (),
            function=np.concatenate([[-1], function]).astype(np.int32),
            parent=places[self.parent[order]],  # the root's -1 reads the last place, which is -1
            after=self.after[order],
            before=None if self.before is None else self.before[order],
            q_value=None if self.q_value is None else self.q_value[order],
        )

    def table(self, nodes: Sequence[int] | Indices | None = None) -> pd.DataFrame:
        """Return one row a node.

        Parameters
        ----------
        nodes : sequence of int, optional
            Which. Default: all but the root.

        Returns
        -------
        pandas.DataFrame
            `node`, `function`, `file`, `depth`; `self` and `total` in the unit of the flame graph,
            `total_ratio` of the whole; of two sides these are of the later one, and `before`,
            `after`, `delta` (inclusive), `q_value` and `is_significant` besides; and `path`, the
            names from the root, joined by `;`.
        """
        rows = np.arange(1, self.n_nodes) if nodes is None else np.asarray(nodes, np.int64)
        if len(rows) and not (rows.min() >= 0 and rows.max() < self.n_nodes):
            seen = f"{rows.min()} to {rows.max()}"
            raise ProfileError(f"expected nodes from 0 to {self.n_nodes - 1}, got {seen}")
        if not len(rows):
            return self.table([0]).iloc[:0]  # a column has the type that it has with rows
        named = [self.functions[f] if f >= 0 else Function(self.title) for f in self.function[rows]]
        paths = [self.path(int(node)) for node in rows]
        columns: dict[str, Any] = {
            "node": rows,
            "function": [function.name for function in named],
            "file": [function.file for function in named],
            "depth": [len(path) for path in paths],
            "self": self._own_of(rows),
            "total": self.after[rows],
            "total_ratio": self.after[rows] / self.after[0] if self.after[0] else np.nan,
        }
        if self.before is not None:
            q_value = np.full(len(rows), np.nan) if self.q_value is None else self.q_value[rows]
            columns |= {
                "before": self.before[rows],
                "after": self.after[rows],
                "delta": self.after[rows] - self.before[rows],
                "q_value": q_value,
                "is_significant": q_value < SIGNIFICANT,
            }
        columns["path"] = [";".join(function.name for function in path) for path in paths]
        return pd.DataFrame(columns)

    def _own_of(self, rows: npt.NDArray[np.int64]) -> FloatArray:
        """Return what some nodes cost after without what they called; costs as many as these."""
        first, end = (np.searchsorted(self.parent, rows, side) for side in ("left", "right"))
        below = [self.after[i:j].sum() for i, j in zip(first, end, strict=True)]
        own = self.after[rows] - np.asarray(below, np.float64)
        own[np.abs(own) < 1e-9 * self.after[0]] = 0.0  # what is left of rounding
        return np.asarray(own)

    def largest_changes(self, n: int = 10) -> pd.DataFrame:
        """Return the functions whose own cost changed most, in either direction, most first.

        Returns
        -------
        pandas.DataFrame
            `subject`, `function`, `file`; `before`, `after` and `delta`, over all call paths, in
            `unit`.
        """
        before = self.after if self.before is None else self.before
        sides = [self._function_costs(side) for side in (before, self.after)]
        delta = sides[1] - sides[0]
        order = np.argsort(-np.abs(delta), kind="stable")[:n]
        order = order[np.abs(delta[order]) > 1e-9 * self.largest[0]]
        changed = [self.functions[f] for f in order]
        return pd.DataFrame(
            {
                "subject": [function.subject for function in changed],
                "function": [function.name for function in changed],
                "file": [function.file for function in changed],
                "before": sides[0][order],
                "after": sides[1][order],
                "delta": delta[order],
            }
        )

    def _function_costs(self, side: FloatArray) -> FloatArray:
        """Return the own cost of each function; (n_functions,)."""
        return np.bincount(
            self.function[1:], self.own(side)[1:], minlength=len(self.functions)
        ).astype(np.float64)
