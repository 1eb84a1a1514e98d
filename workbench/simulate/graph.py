"""Call graphs: functions in modules and classes, and the stacks in which they are seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from workbench.types import FloatArray, Function, IntArray

_N_ENTRIES = 6
_DEEPEST = 9


@dataclass(frozen=True, slots=True, eq=False)
class CallGraph:
    """A tree of calls; each node is a function called in one place, and a stack that ends there."""

    functions: tuple[Function, ...]
    subjects: tuple[str, ...]
    depths: sparse.csr_array
    """(n_functions, n_stacks), as in `Stacks`."""
    weights: FloatArray
    """(n_stacks,) usual cost of each stack."""
    leaves: IntArray
    """(n_stacks,) function at the end of each stack."""
    entries: IntArray
    """(n_stacks,) entry point it is reached from."""
    parents: IntArray
    """(n_functions,) usual caller of each function; -1 of the root."""
    entry_rows: IntArray
    """(n_entries,) the function that is an entry point."""

    def function(self, subject: str) -> Function:
        """Return the function of a subject."""
        return self.functions[self.subjects.index(subject)]

    def entry_subject(self, entry: int) -> str:
        """Return the subject of an entry point."""
        return self.subjects[int(self.entry_rows[entry])]

    def draw_leaf(self, rng: np.random.Generator, taken: set[int]) -> int | None:
        """Return a function that is no entry point, and to which nothing has happened yet."""
        able = np.setdiff1d(np.unique(self.leaves), [*taken, 0, *self.entry_rows])
        return int(rng.choice(able)) if len(able) else None

    def draw_siblings(self, rng: np.random.Generator, taken: set[int]) -> tuple[int, int] | None:
        """Return two functions called by one other alone, to which nothing has happened yet."""
        once = np.flatnonzero(np.bincount(self.leaves) == 1)
        able = np.setdiff1d(once, [*taken, 0, *self.entry_rows])
        callers, n = np.unique(self.parents[able], return_counts=True)
        if not (n > 1).any():
            return None
        caller = rng.choice(callers[n > 1])
        first, second = rng.choice(able[self.parents[able] == caller], 2, replace=False)
        return int(first), int(second)


def draw_graph(rng: np.random.Generator, n_functions: int) -> CallGraph:
    """Return a random tree of calls, a few of its functions called in two places."""
    n_entries = min(_N_ENTRIES, max(1, n_functions // 4))
    parents = np.full(n_functions, -1)
    level = np.zeros(n_functions, np.int64)
    for i in range(1, n_functions):
        able = np.flatnonzero((level[:i] < _DEEPEST) & (np.arange(i) > 0))
        parents[i] = 0 if i <= n_entries else int(rng.choice(able))
        level[i] = level[parents[i]] + 1
    paths = [[i] for i in range(n_functions)]
    for i in range(1, n_functions):
        paths[i] = [*paths[parents[i]], i]
    stacks = paths[1:]
    for i in rng.choice(np.arange(n_entries + 1, n_functions), n_functions // 8, replace=False):
        other = int(rng.integers(1, n_functions))
        if i not in paths[other]:
            stacks.append([*paths[other], int(i)])
    rows = np.concatenate([np.array(stack) for stack in stacks])
    columns = np.repeat(np.arange(len(stacks)), [len(stack) for stack in stacks])
    places = np.concatenate([np.arange(1, len(stack) + 1) for stack in stacks])
    functions = tuple(_name(i, int(parents[i]), n_entries) for i in range(n_functions))
    return CallGraph(
        functions, tuple(function.subject for function in functions),
        sparse.csr_array((places, (rows, columns)), shape=(n_functions, len(stacks))),
        weights=rng.lognormal(0, 1.2, len(stacks)),
        leaves=np.array([stack[-1] for stack in stacks]),
        entries=np.array([stack[1] - 1 for stack in stacks]),
        parents=parents, entry_rows=np.arange(1, n_entries + 1),
    )  # fmt: skip


def _name(i: int, parent: int, n_entries: int) -> Function:
    if i == 0:
        return Function("main", "app/main.py")
    if i <= n_entries:
        return Function(f"handle_{i}", "app/endpoints.py")
    family = parent % 7
    name = f"Stage{parent}.step_{i}" if parent % 3 == 0 else f"step_{i}"
    return Function(name, f"app/part_{family}.py")
