"""Loops over call trees; see `workbench.compiled` for what they may use."""

import numpy as np

from workbench.compiled import Loops

loops = Loops()


@loops
def level_order(parent, siblings, order):
    """Number the nodes level by level, callees of one caller side by side.

    `siblings` has all nodes but the root, grouped by caller, callers ascending; within a group
    they keep their order. Some may be missing, with all below them.
    """
    n = len(parent)
    firsts = np.zeros(n + 1, np.int64)
    for node in siblings:
        firsts[parent[node] + 1] += 1
    for node in range(n):
        firsts[node + 1] += firsts[node]
    order[0], end = 0, 1
    for at in range(len(order)):
        above = order[at]
        for place in range(firsts[above], firsts[above + 1]):
            order[end] = siblings[place]
            end += 1


@loops
def sum_upwards(parent, values):
    """Add what is below to what is above, (n_nodes, n_columns)."""
    for node in range(len(parent) - 1, 0, -1):
        above = parent[node]
        for at in range(values.shape[1]):
            values[above, at] += values[node, at]
