"""Who calls whom: the stacks of a recording, by the subjects that people know functions by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse

from workbench.types import FloatArray, IntArray, Recording

Direction = Literal["callers", "callees"]


@dataclass(frozen=True, eq=False, repr=False)
class Calls:
    """Which subjects stand where in which stacks; functions of one subject are one.

    Matrices are (n_subjects, n_stacks) of 0 and 1: times the cost of each stack, they are the cost
    of each subject.
    """

    subjects: tuple[str, ...]
    frames: IntArray
    """(n_frames,) subject at each frame, stack by stack, root first."""
    stacks: IntArray
    """(n_frames,) stack of each frame."""
    n_stacks: int

    @classmethod
    def of(cls, recording: Recording) -> Calls:
        """Return the calls of a recording."""
        told = [function.subject for function in recording.functions]
        names = list(dict.fromkeys(told))
        place = {name: number for number, name in enumerate(names)}
        of_function = np.array([place[name] for name in told], np.int64)
        depths = np.diff(recording.stack_starts)
        stacks = np.repeat(np.arange(recording.n_stacks), depths)
        return cls(tuple(names), of_function[recording.stack_functions], stacks, recording.n_stacks)

    @cached_property
    def places(self) -> dict[str, int]:
        """Number of each subject."""
        return {name: number for number, name in enumerate(self.subjects)}

    @cached_property
    def depths(self) -> IntArray:
        """(n_frames,) how many frames stand above each."""
        starts = np.searchsorted(self.stacks, self.stacks)
        return np.arange(len(self.stacks)) - starts

    @cached_property
    def holding(self) -> sparse.csr_array:
        """Which stacks contain which subjects."""
        return self.matrix(self.frames, self.stacks)

    @cached_property
    def leaves(self) -> sparse.csr_array:
        """Which subject each stack ends with."""
        last = np.append(self.stacks[1:] != self.stacks[:-1], True)[: len(self.stacks)]
        return self.matrix(self.frames[last], self.stacks[last])

    def matrix(self, subjects: IntArray, stacks: IntArray) -> sparse.csr_array:
        """Return pairs of a subject and a stack as a matrix, each pair once."""
        shape = (len(self.subjects), self.n_stacks)
        found = sparse.csr_array((np.ones(len(stacks)), (subjects, stacks)), shape=shape)
        found.sum_duplicates()
        found.data[:] = 1.0
        return found

    def stacks_with(self, subject: int) -> IntArray:
        """Return the stacks that contain a subject."""
        return np.asarray(self.holding.indices[slice(*self.holding.indptr[subject : subject + 2])])

    def below(self, subject: int) -> sparse.csr_array:
        """Return which stacks contain which subjects at or below a subject."""
        is_it = self.frames == subject
        first = np.full(self.n_stacks, np.iinfo(np.int64).max)
        np.minimum.at(first, self.stacks[is_it], self.depths[is_it])
        chosen = self.depths >= first[self.stacks]
        return self.matrix(self.frames[chosen], self.stacks[chosen])

    def leaves_of(self, subject: int) -> sparse.csr_array:
        """Return which subject each stack that contains a subject ends with."""
        within = np.zeros(self.n_stacks)
        within[self.stacks_with(subject)] = 1.0
        return sparse.csr_array(self.leaves @ sparse.diags_array(within))

    def next_to(self, subject: int, direction: Direction) -> sparse.csr_array:
        """Return which stacks contain which callers or callees of a subject, itself left out."""
        same = self.stacks[1:] == self.stacks[:-1]
        near, far = (1, 0) if direction == "callers" else (0, 1)
        pairs = np.stack([self.frames[:-1], self.frames[1:]])[:, same]
        chosen = (pairs[near] == subject) & (pairs[far] != subject)
        return self.matrix(pairs[far][chosen], self.stacks[1:][same][chosen])

    def entry_points(self, costs: FloatArray, *, most: float) -> sparse.csr_array:
        """Return which stacks are under which entry point.

        From the root down, as long as one subject has `most` of the cost, so that what every stack
        begins with (a main loop, a server's layers) is passed over.

        Parameters
        ----------
        costs : ndarray
            (n_stacks,) cost of each stack.
        """
        within = np.ones(self.n_stacks, dtype=bool)
        found = self.matrix(self.frames[:0], self.stacks[:0])
        for depth in range(int(self.depths.max(initial=-1)) + 1):
            level = (self.depths == depth) & within[self.stacks]
            frames, stacks = self.frames[level], self.stacks[level]
            if not len(frames):
                break
            found = self.matrix(frames, stacks)
            shares = np.bincount(frames, costs[stacks], minlength=len(self.subjects))
            if shares.max() < most * costs.sum():
                break
            within = np.zeros(self.n_stacks, dtype=bool)
            within[stacks[frames == shares.argmax()]] = True
        return found
