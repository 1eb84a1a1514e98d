"""What a function is part of, and which stacks hold it: callers, class and module, changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from workbench.detect.noise.design import Layout
from workbench.detect.stages.traffic import Traffic
from workbench.types import BoolArray, Change, FloatArray, IntArray, Stacks

_HOLDS = 0.95
"""A domain holds this part of a function's cost."""
_LARGER = 1.05
"""And costs this much more; else it says nothing new."""


class Scope(NamedTuple):
    """Something a function is part of."""

    name: str
    """In words: `a caller`."""
    stacks: BoolArray
    """(n_stacks,) those it is in."""
    members: IntArray
    """Functions in it, as rows."""


class StackCosts:
    """Which stacks hold what, and what they cost."""

    def __init__(self, stacks: Stacks, layout: Layout, changes: Sequence[Change]) -> None:
        depths = sparse.csr_array(stacks.depths, copy=True)
        depths.eliminate_zeros()
        stacks = replace(stacks, depths=depths)
        self.row = {subject: row for row, subject in enumerate(stacks.subjects)}
        self.service = stacks.service
        self.subjects, self.depths = stacks.subjects, stacks.depths
        self.holds = sparse.csr_array((stacks.depths > 0).astype(np.float64))
        self.within = stacks.depths.tocoo()
        self.costs = np.asarray(stacks.values.mean(axis=1)).ravel()
        self.blocks = block_means(stacks.values, layout)
        """(n_stacks, n_blocks) of costs."""
        self.traffic = Traffic(stacks, self.blocks)
        self.relative = self.traffic.taken_out(self.blocks)
        """(n_stacks, n_blocks) of costs per unit of traffic."""
        ends = self.traffic.ends
        told = np.flatnonzero(ends >= 0)
        self.ending = sparse.csr_array(
            (np.ones(len(told)), (ends[told], told)), shape=self.holds.shape
        )
        """(n_functions, n_stacks), 1 where a stack ends in a function."""
        touched = [[f.subject for f in change.functions] for change in changes]
        self.changed = [{*names} & {*self.row} for names in touched]

    def name(self, row: int) -> str:
        """Return the subject of a function; of none, the service."""
        return self.subjects[row] if row >= 0 else "the service"

    def by_entry(self, row: int) -> FloatArray:
        """Return what a function costs by the entry point it is reached from, (n_entries,)."""
        cost = self.holds[[row]].toarray().ravel() * self.costs
        entry = self.traffic.entry_of
        return np.asarray(np.bincount(entry, cost, len(self.traffic.entries)), np.float64)

    def around(self, row: int, *, is_share: bool) -> Iterator[Scope]:
        """Return what a function is part of, near before far.

        What holds nearly all of a service says nothing of shares.
        """
        own = self.depths[[row]].toarray().ravel()
        cost = float(self.costs[own > 0].sum())
        most = _HOLDS * float(self.costs.sum()) if is_share else np.inf
        for stacks in self._callers(own, cost, most):
            yield Scope("a caller", stacks, np.flatnonzero(self.holds @ stacks))
        subject = self.subjects[row]
        for prefix, name in _scopes(subject):
            rows = [r for s, r in self.row.items() if s.startswith(prefix)]
            yield from self._larger(f"the {name} {prefix[:-1]}", rows, cost)
        for subjects in self.changed:
            if subject in subjects and len(subjects) > 1:
                rows = [self.row[other] for other in sorted(subjects)]
                yield from self._larger("what one change touched", rows, cost)

    def without(self, stacks: BoolArray, row: int) -> sparse.csr_array:
        """Return, as a set of stacks, those that do not hold a function; (1, n_stacks)."""
        left = stacks & (self.holds[[row]].toarray().ravel() == 0)
        return sparse.csr_array(left[np.newaxis].astype(np.float64))

    def parts(
        self, members: IntArray, rest: sparse.csr_array, costs: FloatArray, least: float
    ) -> tuple[IntArray, sparse.csr_array]:
        """Return what functions hold of a set of stacks, and of that what ends in them.

        Parameters
        ----------
        members : IntArray
            Functions, as rows.
        rest : csr_array
            (1, n_stacks) the set.
        costs : FloatArray
            (n_stacks,) what stacks cost.
        least : float
            Parts that cost less are left out.

        Returns
        -------
        rows : IntArray
            (n_parts,) the function of each.
        sets : csr_array
            (n_parts, n_stacks).
        """
        pieces = [sparse.csr_array(h[members].multiply(rest)) for h in (self.holds, self.ending)]
        sets = sparse.csr_array(sparse.vstack(pieces))
        usual = sets @ self.costs
        is_part = (usual * _LARGER < float((rest @ self.costs)[0])) & (sets @ costs >= least)
        is_part &= usual > 0
        return np.tile(members, 2)[is_part], sets[np.flatnonzero(is_part)]

    def _callers(self, own: FloatArray, cost: float, most: float) -> Iterator[BoolArray]:
        above = self.within.data < own[self.within.col]  # 0 where it is not in the stack
        shared = np.bincount(
            self.within.row[above], self.costs[self.within.col[above]],
            minlength=self.depths.shape[0],
        )  # fmt: skip
        levels = self.holds @ self.costs
        is_larger = (levels >= _LARGER * cost) & (levels < most)
        found = np.flatnonzero((shared >= _HOLDS * cost) & is_larger)
        for row in found[np.argsort(levels[found], kind="stable")]:
            yield self.depths[[row]].toarray().ravel() > 0

    def _larger(self, name: str, rows: list[int], cost: float) -> Iterator[Scope]:
        stacks = np.asarray(self.holds[rows].sum(axis=0)).ravel() > 0
        if self.costs[stacks].sum() >= _LARGER * cost:
            yield Scope(name, stacks, np.array(rows))


def block_means(values: sparse.csr_array, layout: Layout) -> sparse.csr_array:
    """Return means of blocks, (n_rows, n_blocks), of values, (n_rows, n_windows)."""
    windows = np.arange(layout.start, layout.n_windows)
    places = windows, (windows - layout.start) // layout.block
    shape = layout.n_windows, layout.n_blocks
    shares = sparse.csr_array((np.full(len(windows), 1 / layout.block), places), shape=shape)
    return sparse.csr_array(values @ shares)


def _scopes(subject: str) -> Iterator[tuple[str, str]]:
    """Return what a subject `pkg.mod:Class.f` is defined in, as prefix and word."""
    module, colon, name = subject.rpartition(":")
    if "." in name:
        yield f"{module}{colon}{name.rpartition('.')[0]}.", "class"
    if module:
        yield f"{module}:", "module"
