"""A deep tree of calls, the same every time."""

from __future__ import annotations

import numpy as np

from workbench.profile import Function, Tree, ValueType
from workbench.profile.tables import make_functions

N_FUNCTIONS = 8000
CHAIN_RATIO = 0.8
"""Of the calls go on from the last one; the others begin anywhere."""


def deep_tree(n_nodes: int, seed: int = 11) -> Tree:
    """Make a tree of call paths, some hundred deep, whose costs differ by orders of magnitude."""
    rng = np.random.default_rng(seed)
    at = np.arange(n_nodes)
    anywhere = (rng.random(n_nodes) ** 2 * at).astype(np.int64)  # rather high up
    parent = np.where(rng.random(n_nodes) < CHAIN_RATIO, at - 1, anywhere)
    parent[0] = -1
    depth = np.zeros(n_nodes, np.int32)
    own = np.floor(rng.pareto(1.1, n_nodes) * 1000)
    own[0] = 0
    total = own.copy()
    for node in range(1, n_nodes):
        depth[node] = depth[parent[node]] + 1
    for node in range(n_nodes - 1, 0, -1):
        total[parent[node]] += total[node]
    function = rng.integers(0, N_FUNCTIONS, n_nodes).astype(np.int32)
    function[0] = -1
    functions = [
        Function(
            f"package_{n % 40}.module_{n % 500}.function_{n}", f"package_{n % 40}/{n % 500}.py"
        )
        for n in range(N_FUNCTIONS)
    ]
    return Tree(
        make_functions(functions), function, parent.astype(np.int32), depth, own, total,
        ValueType("cpu", "nanoseconds"),
    )  # fmt: skip
