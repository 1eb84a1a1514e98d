"""A differential flame graph as data: what each call path cost before and after a change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from workbench.errors import SignalError
from workbench.report.units import COST, SHARE
from workbench.types import FloatArray, Function, IntArray, Recording

COST_UNIT = COST.label
SHARE_UNIT = "fraction of CPU samples"

FAINTEST_LIMIT_RATIO = 0.05
"""Full colour stands for at least this much of the total, so that noise stays grey."""


@dataclass(frozen=True, slots=True)
class FunctionDelta:
    """Self cost of one function, over all its call paths, in the unit of its `FlameDiff`."""

    function: Function
    before: float
    after: float

    @property
    def absolute_delta(self) -> float:
        """Change of self cost."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, eq=False)
class FlameDiff:
    """The prefix tree of all stacks, with the inclusive cost of each node before and after.

    Node 0 is the root and stands for the whole service. Nodes are ordered by depth, then by name
    of function: a caller stands before its callees, and siblings stand as they are drawn.
    """

    service: str
    functions: tuple[Function, ...]
    parents: IntArray
    """(n_nodes,) the caller of each node; -1 for the root."""
    node_functions: IntArray
    """(n_nodes,) indices into `functions`; -1 for the root."""
    before: FloatArray
    """(n_nodes,) inclusive, in `unit`."""
    after: FloatArray
    """(n_nodes,) inclusive, in `unit`."""
    unit: str
    """`CPU ms per round` of work, or `fraction of CPU samples` where work was not measured."""

    @classmethod
    def from_recording(cls, recording: Recording, change_index: int) -> FlameDiff:
        """Merge the stacks of a recording, split into windows before and from `change_index`.

        A stack's cost in a window is its share of the window's samples times the CPU time per
        round; each side is the mean over its windows, those without samples left out.
        """
        if not 1 <= change_index < recording.n_windows:
            raise SignalError(
                f"change index {change_index}: expected 1 to {recording.n_windows - 1}, "
                f"with windows on both sides"
            )
        prices, unit = _price_samples(recording, change_index)
        is_after = np.arange(recording.n_windows) >= change_index
        parents, functions, leaves = _merge_prefixes(
            recording.stack_starts.tolist(), recording.stack_functions.tolist()
        )
        before, after = (
            _sum_upwards(parents, leaves, _stack_costs(recording, np.where(side, prices, 0.0)))
            for side in (~is_after, is_after)
        )
        order = _drawing_order(parents, functions, recording.functions)
        return cls(
            recording.service,
            recording.functions,
            _reordered_parents(np.array(parents), order),
            np.array(functions)[order],
            before[order],
            after[order],
            unit,
        )

    @property
    def n_nodes(self) -> int:
        """Number of nodes, the root included."""
        return len(self.parents)

    @property
    def total(self) -> float:
        """The greater of the two totals, in `unit`; deltas are judged against it."""
        return float(max(self.before[0], self.after[0]))

    @property
    def limit(self) -> float:
        """Delta shown in full colour, in `unit`: the largest one, or 5 % of the total."""
        largest = float(np.max(np.abs(self.after - self.before)))
        return max(largest, FAINTEST_LIMIT_RATIO * self.total)

    def pruned(self, min_ratio: float = 0.0005) -> FlameDiff:
        """Return the tree without nodes that stay below `min_ratio` of the total on both sides."""
        keep = np.maximum(self.before, self.after) >= max(min_ratio * self.total, 1e-300)
        keep[0] = True  # a callee never costs more than its caller, so callers of kept nodes stay
        order = np.flatnonzero(keep)
        used, node_functions = np.unique(self.node_functions[order[1:]], return_inverse=True)
        return FlameDiff(
            self.service,
            tuple(self.functions[f] for f in used),
            _reordered_parents(self.parents, order),
            np.concatenate([[-1], node_functions]).astype(np.int64),
            self.before[order],
            self.after[order],
            self.unit,
        )

    def largest_changes(self, n: int = 10) -> list[FunctionDelta]:
        """Return the functions whose self cost changed most, in either direction, most first."""
        sides = [self._function_costs(side) for side in (self.before, self.after)]
        order = np.argsort(-np.abs(sides[1] - sides[0]), kind="stable")[:n]
        return [
            FunctionDelta(self.functions[f], float(sides[0][f]), float(sides[1][f]))
            for f in order
            if abs(sides[1][f] - sides[0][f]) > 1e-9 * self.total
        ]

    @property
    def shown_scale(self) -> float:
        """Factor from `unit` to `shown_unit`: a fraction is shown in percent."""
        return SHARE.scale if self.unit == SHARE_UNIT else 1.0

    @property
    def shown_unit(self) -> str:
        """The unit that people read."""
        return SHARE.label if self.unit == SHARE_UNIT else self.unit

    def payload(self) -> dict[str, Any]:
        """Return what `flame.js` draws, as plain lists; every number is finite."""
        scale = self.shown_scale
        return {
            "root": self.service,
            "unit": self.shown_unit,
            "limit": self.limit * scale,
            "functions": [[function.name, function.file] for function in self.functions],
            "parents": self.parents.tolist(),
            "nodes": self.node_functions.tolist(),
            "before": [float(f"{value:.6g}") for value in self.before * scale],
            "after": [float(f"{value:.6g}") for value in self.after * scale],
        }

    def _function_costs(self, inclusive: FloatArray) -> FloatArray:
        """Return the self cost of each function; (n_functions,)."""
        own = inclusive.copy()
        np.subtract.at(own, self.parents[1:], inclusive[1:])
        own[np.abs(own) < 1e-9 * inclusive[0]] = 0.0  # what is left of rounding
        return np.bincount(
            self.node_functions[1:], weights=own[1:], minlength=len(self.functions)
        ).astype(np.float64)


def _price_samples(recording: Recording, change_index: int) -> tuple[FloatArray, str]:
    """Return what one sample of each window adds to the mean of its side, and the unit."""
    n_windows = recording.n_windows
    n_samples = np.bincount(
        recording.sample_windows, weights=recording.sample_counts, minlength=n_windows
    )
    worth, unit = _window_costs(recording, n_samples > 0, change_index)
    usable = (n_samples > 0) & np.isfinite(worth)
    prices = np.zeros(n_windows)
    for side in (slice(None, change_index), slice(change_index, None)):
        chosen = np.flatnonzero(usable[side]) + (side.start or 0)
        prices[chosen] = worth[chosen] / n_samples[chosen] / max(len(chosen), 1)
    return prices, unit


def _window_costs(
    recording: Recording, is_sampled: np.ndarray, change_index: int
) -> tuple[FloatArray, str]:
    """Return the CPU ms per round of each window, or ones where a side has none measured."""
    windows = recording.windows
    if {"cpu_seconds", "work"} <= set(windows.columns):
        cpu_seconds, work = (
            windows[name].to_numpy(dtype=np.float64, na_value=np.nan)
            for name in ("cpu_seconds", "work")
        )
        cost_ms = np.full(len(windows), np.nan)
        np.divide(1e3 * cpu_seconds, work, out=cost_ms, where=work > 0)
        measured = is_sampled & np.isfinite(cost_ms)
        if measured[:change_index].any() and measured[change_index:].any():
            return cost_ms, COST_UNIT
    return np.ones(len(windows)), SHARE_UNIT


def _stack_costs(recording: Recording, prices: FloatArray) -> FloatArray:
    weights = recording.sample_counts * prices[recording.sample_windows]
    return np.bincount(
        recording.sample_stacks, weights=weights, minlength=recording.n_stacks
    ).astype(np.float64)


def _merge_prefixes(starts: list[int], frames: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Return the caller and the function of each node, and the node at which each stack ends."""
    parents, functions, leaves = [-1], [-1], []
    callees: dict[tuple[int, int], int] = {}
    for start, end in pairwise(starts):
        node = 0
        for function in frames[start:end]:
            callee = callees.setdefault((node, function), len(parents))
            if callee == len(parents):
                parents.append(node)
                functions.append(function)
            node = callee
        leaves.append(node)
    return parents, functions, leaves


def _sum_upwards(parents: list[int], leaves: list[int], stack_costs: FloatArray) -> FloatArray:
    """Return the inclusive cost of each node; callers stand before callees."""
    costs = [0.0] * len(parents)
    for leaf, cost in zip(leaves, stack_costs.tolist(), strict=True):
        costs[leaf] += cost
    for node in range(len(parents) - 1, 0, -1):
        costs[parents[node]] += costs[node]
    return np.array(costs)


def _drawing_order(
    parents: list[int], node_functions: list[int], functions: tuple[Function, ...]
) -> IntArray:
    depths = [0] * len(parents)
    for node in range(1, len(parents)):
        depths[node] = depths[parents[node]] + 1
    ranks = _ranks(functions)
    keys = [-1 if function < 0 else ranks[function] for function in node_functions]
    return np.lexsort((keys, depths)).astype(np.int64)


def _ranks(functions: Iterable[Function]) -> list[int]:
    names = list(functions)
    ranks = [0] * len(names)
    for rank, index in enumerate(sorted(range(len(names)), key=names.__getitem__)):
        ranks[index] = rank
    return ranks


def _reordered_parents(parents: IntArray, order: IntArray) -> IntArray:
    """Return the callers of the nodes in `order`, numbered by their place in it."""
    places = np.full(len(parents) + 1, -1)
    places[order] = np.arange(len(order))
    return places[parents[order]]  # the root's -1 reads the last place, which holds -1
