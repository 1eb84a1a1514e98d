"""Calls that began: which call brought each stack about that did not run before, and what it added.

A profile does not say why a stack is new. The call that nothing made before is what must have been
written, or switched on; but a call that was only written anew, as into a function of its own,
brings the whole of what is beneath it along, and that may have become dearer of itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from workbench.attribute.growth import Growth
from workbench.types import BoolArray, FloatArray, Function, IntArray

_CONSTRUCTORS = {"__init__", "__new__", "constructor", "<init>", "__construct"}
_IN_PLACE = 0.2
"""New calls are in place of others that lost this part of what they gained,"""
_GONE = 0.5
"""or this part of what they had, where that was more than a trace."""
_TRACE = 0.02


@dataclass(frozen=True, eq=False, repr=False)
class NewCalls:
    """The calls that began, by the stacks that they brought about."""

    growth: Growth

    @cached_property
    def callers(self) -> IntArray:
        """(n_stacks,) what made the call; -1 where none began.

        That is what must have changed, or what a flag or a setting told it. What stands further up
        in the stack, too, was called on its own behalf: as what it handed to another.
        """
        frames, starts = self.growth.frames, self.growth.recording.stack_starts
        callers = self._where_begun(np.maximum(self._begins - 1, starts[:-1]))
        for stack in np.flatnonzero(self._begins >= 0).tolist():
            place = self._begins[stack]
            if frames[place] in frames[starts[stack] : place]:
                callers[stack] = frames[place]
        return callers

    @cached_property
    def callees(self) -> IntArray:
        """(n_stacks,) what it called, and may be the cause where it is new; -1 where none began."""
        return self._where_begun(self._begins)

    @cached_property
    def begun(self) -> dict[tuple[Function, Function], IntArray]:
        """Caller and callee of the calls that added something -> the stacks they brought about."""
        functions, pairs = self.growth.functions, dict[tuple[Function, Function], list[int]]()
        for stack in np.flatnonzero(self.added > 0).tolist():
            pair = functions[self.callers[stack]], functions[self.callees[stack]]
            pairs.setdefault(pair, []).append(stack)
        return {pair: np.array(stacks) for pair, stacks in pairs.items()}

    @cached_property
    def n_named(self) -> Counter[str]:
        """How many recorded functions code calls by each name."""
        return Counter(map(called_as, self.growth.functions))

    @cached_property
    def added(self) -> FloatArray:
        """(n_stacks,) growth in new calls, less what the same code lost where it was called before.

        Calls that only moved, as into a function of their own, add nothing.
        """
        growth, is_new = self.growth, self._begins >= 0
        leaves = growth.leaves
        gain = np.where(is_new, np.maximum(growth.delta, 0), 0.0)
        gained = np.bincount(leaves, gain)
        lost = np.maximum(-np.bincount(leaves, np.where(is_new, 0.0, growth.delta)), 0)
        left = 1 - np.minimum(lost / np.maximum(gained, 1e-300), 1.0)
        return np.where(growth.regressed, gain * left[leaves], 0.0)

    @cached_property
    def added_in_place(self) -> FloatArray:
        """(n_stacks,) that of calls which are in place of others that are gone.

        Whether such a call is made more often, or what it calls became dearer, does not show.
        """
        return np.where(self._found[1], self.added, 0.0)

    @property
    def _begins(self) -> IntArray:
        """(n_stacks,) frame of the callee; -1 where no call began."""
        return self._found[0]

    def _where_begun(self, frames: IntArray) -> IntArray:
        return np.where(self._begins >= 0, self.growth.frames[frames], -1)

    @cached_property
    def _found(self) -> tuple[IntArray, BoolArray]:
        """(n_stacks,) frame of the callee, or -1; and whether the call is only in place of others.

        That is the first call that nothing made before, beneath those that are in place of others.
        Where each was made before, though not by way of all those around it, it is the first that
        was not by way of those before it.
        """
        stacks, places = self._edges
        n, none = self.growth.recording.n_stacks, len(self.growth.frames)
        replaced = self._is_in_place[self.growth.frames[places]]
        last = np.full(n, -1)
        np.maximum.at(last, stacks[replaced], places[replaced])
        inner, outer = np.full((2, n), none)
        beneath = places > last[stacks]
        np.minimum.at(inner, stacks[beneath], places[beneath])
        np.minimum.at(outer, stacks, places)
        is_in_place = (inner == none) & (outer < none)
        begins = np.minimum(inner, np.where(is_in_place, outer, none))
        return np.where(begins < none, begins, self._first_of_new_path), is_in_place

    @cached_property
    def _edges(self) -> tuple[IntArray, IntArray]:
        """(n_edges,) stack and frame of every callee that its caller had never called before."""
        growth = self.growth
        is_callee = np.ones(len(growth.frames), np.bool_)
        is_callee[growth.recording.stack_starts[:-1]] = False
        places = np.flatnonzero(is_callee)
        stacks = growth.stack_of_frame[places]
        pairs = growth.frames[places - 1] * len(growth.functions) + growth.frames[places]
        _, calls = np.unique(pairs, return_inverse=True)
        is_new = growth.came(_sets(calls, stacks, growth.recording.n_stacks))[calls]
        return stacks[is_new], places[is_new]

    @cached_property
    def _is_in_place(self) -> BoolArray:
        """(n_functions,) whether new calls of each took the place of others that are gone.

        So do those of a new function that calls much of what others called before: it was taken
        out of them.
        """
        growth, (stacks, places) = self.growth, self._edges
        n = len(growth.functions)
        newly = _sets(growth.frames[places], stacks, growth.recording.n_stacks, n)
        otherwise = sparse.csr_array(growth.stacks_of - newly)
        gained = newly @ growth.delta
        lost = -(otherwise @ growth.delta) - np.sqrt(otherwise @ growth.error**2)
        is_gone = (lost > _IN_PLACE * gained) | (
            (lost > _GONE * (otherwise @ growth.before)) & (lost > _TRACE * gained)
        )
        is_in_place = np.asarray((gained > 0) & is_gone)
        last = np.full(growth.recording.n_stacks, -1)
        which = is_in_place[growth.frames[places]]
        np.maximum.at(last, stacks[which], places[which])
        above = np.flatnonzero(np.arange(len(growth.frames)) < last[growth.stack_of_frame])
        moved = _sets(growth.frames[above], growth.stack_of_frame[above], len(last), n)
        taken = moved @ growth.after > _IN_PLACE * (growth.stacks_of @ growth.after)
        return np.asarray(is_in_place | (growth.is_new & taken))

    @cached_property
    def _first_of_new_path(self) -> IntArray:
        """(n_stacks,) frame of the first callee that never ran by the calls down to it; or -1."""
        growth = self.growth
        starts = growth.recording.stack_starts
        lengths, n = np.diff(starts), growth.recording.n_stacks
        path = np.zeros(n, np.int64)  # number of the path from the root down to here
        found = np.full(n, -1)
        for depth in range(int(lengths.max(initial=0))):
            deep = np.flatnonzero(lengths > depth)
            frames = growth.frames[starts[deep] + depth]
            _, path[deep] = np.unique(
                path[deep] * len(growth.functions) + frames, return_inverse=True
            )
            is_first = growth.came(_sets(path[deep], deep, n))[path[deep]] & (found[deep] < 0)
            found[deep[is_first]] = starts[deep[is_first]] + depth
        return found


def called_as(function: Function) -> str:
    """Return the name by which code calls a function: a class by its own."""
    owner, _, name = function.name.rpartition(".")
    return owner.rpartition(".")[2] if name in _CONSTRUCTORS else name


def _sets(rows: IntArray, stacks: IntArray, n_stacks: int, n_rows: int = 0) -> sparse.csr_array:
    """Return sets of stacks, 1 where a stack is in one."""
    shape = (max(n_rows, int(rows.max(initial=-1)) + 1), n_stacks)
    sets = sparse.csr_array((np.ones(len(rows)), (rows, stacks)), shape=shape)
    sets.sum_duplicates()
    sets.data[:] = 1.0
    return sets
