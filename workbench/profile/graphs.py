"""Graphs of calls: what edges tell of neighbours, of a part, and of a tree that might have been."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.errors import ProfileError
from workbench.profile.loops import loops
from workbench.profile.profile import CallGraph, Indices, Profile

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ROUNDING = 1e-6
"""Of sums of times that a profiler rounded, as a fraction of them."""
SMALLEST_SHARE = 1e-5
"""Of the whole; below it an estimated tree is not followed further."""
MOST_NODES = 300_000
"""Of an estimated tree: paths may be more than any graph has functions."""


class _Cycles(NamedTuple):
    """Functions that call each other in circles, each circle taken as one; most are alone."""

    number: Indices
    """(n_functions,) the cycle each is in."""
    is_between: Mask
    """(n_edges,) whether a call leaves its cycle."""
    did: Floats
    """(n_cycles,) what its members did, and had others do."""
    left_out: Floats
    """(n_cycles,) what they had others do that are not in this part of the graph."""
    outside: Floats
    """(n_functions,) what no call explains; of a cycle the largest member stands for it."""


def part_of_graph(graph: CallGraph, functions: Mask, totals: tuple[float, ...]) -> CallGraph:
    """Return some functions and the calls between them, each with all it called, as it was.

    Parameters
    ----------
    functions : ndarray
        (n_functions,) which to keep.
    totals : tuple of float
        Of each value type, all that the functions of `graph` did themselves.
    """
    edges = functions[graph.callers] & functions[graph.callees]
    return CallGraph(
        inclusive=tuple(np.where(functions, values, 0) for values in graph.inclusive),
        callers=graph.callers[edges],
        callees=graph.callees[edges],
        edge_values=tuple(values[edges] for values in graph.edge_values),
        part_of=totals if graph.part_of is None else graph.part_of,
    )


def group_values(graph: CallGraph, value_index: int, groups: Indices, n: int) -> Floats:
    """Return what groups of functions took with all they called, (n,).

    What one function of a group calls of another counts once, as far as edges can tell.
    """
    inclusive = np.asarray(graph.inclusive[value_index], np.float64)
    values = np.asarray(graph.edge_values[value_index], np.float64)
    nested = (groups[graph.callers] == groups[graph.callees]) & (graph.callers != graph.callees)
    sums = np.bincount(groups, inclusive, n)
    sums -= np.bincount(groups[graph.callees[nested]], values[nested], n)
    largest = np.zeros(n)
    np.maximum.at(largest, groups, inclusive)
    return np.maximum(sums, largest)


def graph_neighbours(
    graph: CallGraph, value_index: int, own: Floats, wanted: Mask, *, towards_root: bool
) -> tuple[Floats, float]:
    """Return what is at the other ends of edges, and what the wanted functions took in all.

    Parameters
    ----------
    own : ndarray
        (n_functions,) what each did itself.
    wanted : ndarray
        (n_functions,) whose neighbours to tell.

    Returns
    -------
    values : ndarray
        (n_functions + 1,); the last is what no edge explains: it began, or ended, at the function.
    whole : float
        Value of the wanted functions with all they called.
    """
    near, far = (graph.callees, graph.callers) if towards_root else (graph.callers, graph.callees)
    edges = wanted[near]
    values = np.zeros(len(own) + 1)
    np.add.at(values, far[edges], graph.edge_values[value_index][edges].astype(np.float64))
    whole = float(group_values(graph, value_index, wanted.astype(np.int32), 2)[1])
    if towards_root:
        begun = float(_begun(graph, value_index, own)[wanted].sum())
        values[-1] = begun if begun > ROUNDING * whole else 0.0
    else:
        values[-1] = own[wanted].sum()
    return values, whole


def unfold(
    profile: Profile, graph: CallGraph, value_index: int, own: Floats
) -> tuple[Indices, Indices, Floats]:
    """Unfold a graph into a tree, as if a function did the same for all its callers.

    The functions of a cycle are entered once for each call into it, by the shortest way.

    Returns
    -------
    parent, function : ndarray
        (n_nodes,) the first is the root, of no function (-1); `n_functions` stands for what is too
        small to be followed.
    self_values : ndarray
        (n_nodes,).

    Raises
    ------
    ProfileError
        Where edges have no cost, as of how often a function was called; for a part of a graph that
        lacks some of what its functions called.
    """
    values = np.asarray(graph.edge_values[value_index], np.float64)
    if _counts_calls(graph, value_index, own):
        kind = profile.value_types[value_index]
        raise ProfileError(f"expected a cost that callers have of their callees, got {kind}")
    cycles = _find_cycles(graph, value_index, own)
    if (cycles.left_out > ROUNDING * cycles.did).any():
        expected = "expected a graph with all that its functions called, found a part of one"
        raise ProfileError(f"{expected}: no tree of it can be told")
    n, n_cycles = len(own), len(cycles.did)  # the root is function n, and in a cycle of its own
    roots = np.flatnonzero(cycles.outside)
    between = cycles.is_between
    outer = _rows(
        n + 1,
        np.concatenate((graph.callers[between], np.full(len(roots), n))),
        np.concatenate((graph.callees[between], roots)),
        np.concatenate((values[between], cycles.outside[roots])),
    )
    inner = _rows(n + 1, graph.callers[~between], graph.callees[~between], values[~between])
    number = np.append(cycles.number, n_cycles).astype(np.int32)
    whole = cycles.outside.sum()
    into = np.bincount(number[outer[1]], outer[2], n_cycles + 1)
    sizes = np.bincount(cycles.number)
    entered = sizes[cycles.number[graph.callees[between]]]
    run = loops.over(50 * len(values) + int(entered[entered > 1].sum()))
    parent, function, kept = run.spread_graph(
        np.append(own, 0.0), np.maximum(np.append(cycles.did, whole), into), number,
        *outer, *inner[:2], SMALLEST_SHARE * whole, MOST_NODES,
    )  # fmt: skip
    function[0] = -1
    return parent, function, kept


def _counts_calls(graph: CallGraph, value_index: int, own: Floats) -> bool:
    """Tell whether values are how often functions were called: callers have nothing of them."""
    is_other = graph.callers != graph.callees
    is_called = graph.edge_values[value_index][is_other].any()
    return bool(is_called) and np.array_equal(graph.inclusive[value_index], own)


def _begun(graph: CallGraph, value_index: int, own: Floats) -> Floats:
    """Return what no call explains of each function, (n_functions,)."""
    if not _counts_calls(graph, value_index, own):
        return _find_cycles(graph, value_index, own).outside
    called = np.bincount(graph.callees, graph.edge_values[value_index], len(own))
    begun: Floats = np.maximum(own - called, 0.0)
    return begun


def _find_cycles(graph: CallGraph, value_index: int, own: Floats) -> _Cycles:
    """Return the strongly connected parts of a graph, and what each did."""
    from scipy import sparse

    n = len(own)
    values = np.asarray(graph.edge_values[value_index], np.float64)
    inclusive = np.asarray(graph.inclusive[value_index], np.float64)
    calls = sparse.coo_array((np.ones(len(values)), (graph.callers, graph.callees)), shape=(n, n))
    found = sparse.csgraph.connected_components(calls.tocsr(), connection="strong")
    n_cycles, number = found[0], np.asarray(found[1], np.int32)
    is_between = number[graph.callers] != number[graph.callees]
    given = values[is_between]
    did = np.bincount(number, own, n_cycles).astype(np.float64)
    did += np.bincount(number[graph.callers[is_between]], given, n_cycles)
    order = np.lexsort((-inclusive, number))
    largest = order[np.unique(number[order], return_index=True)[1]]
    left_out = np.zeros(n_cycles)
    if graph.part_of is not None:
        left_out = np.maximum(inclusive[largest] - did, 0.0)
    called = np.bincount(number[graph.callees[is_between]], given, n_cycles)
    outside = np.zeros(n)
    outside[largest] = np.maximum(did + left_out - called, 0.0)
    return _Cycles(number, is_between, did, left_out, outside)


def _rows(
    n: int, ends: npt.NDArray[Any], others: npt.NDArray[Any], values: Floats
) -> tuple[npt.NDArray[np.int64], Indices, Floats]:
    """Return edges as CSR rows by one end, the largest first."""
    order = np.lexsort((-values, ends))
    starts = np.searchsorted(ends[order], np.arange(n + 1))
    return starts, others[order].astype(np.int32), values[order]
