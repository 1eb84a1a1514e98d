"""What each stack cost before and after a change point, and how well that is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from workbench.history import enclosing_function
from workbench.types import SERVICE, BoolArray, FloatArray, Function, IntArray, Recording

_ABSENT = 0.02
"""What has at most this part of the samples it would have was not there."""
_MIN_EXPECTED = 6.0
"""Of something with so many expected samples none is by chance in one of 400 places."""


@dataclass(frozen=True, eq=False, repr=False)
class Growth:
    """The stacks of a service with their cost on either side of a change point."""

    recording: Recording
    before: FloatArray
    """(n_stacks,) cost, such as CPU seconds per round of work."""
    after: FloatArray
    n_before: FloatArray
    """(n_stacks,) samples."""
    n_after: FloatArray
    subject: str = SERVICE
    """What regressed: a function's subject, or the service."""
    renamed: Mapping[Function, Function] = field(default_factory=dict)
    """Functions that run under another name now; both count as the later one."""

    def __repr__(self) -> str:
        """Return what it is of."""
        return f"Growth({self.subject}: {self.total:+.4g} of {self.before.sum():.4g})"

    @cached_property
    def delta(self) -> FloatArray:
        """(n_stacks,) growth; negative for what was lost."""
        return self.after - self.before

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """The recorded functions; lambdas and the like as what they stand in, each once."""
        return self._known[0]

    @cached_property
    def frames(self) -> IntArray:
        """Function of every frame of every stack, as an index into `functions`."""
        return self._known[1][self.recording.stack_functions]

    @cached_property
    def stacks_of(self) -> sparse.csr_array:
        """(n_functions, n_stacks) of 0 and 1: which stacks hold which of `functions`."""
        rows = self.stack_of_frame
        shape = (len(self.functions), self.recording.n_stacks)
        matrix = sparse.csr_array((np.ones(len(rows)), (self.frames, rows)), shape=shape)
        matrix.sum_duplicates()
        matrix.data[:] = 1.0
        return matrix

    @cached_property
    def regressed(self) -> BoolArray:
        """(n_stacks,) which stacks hold what regressed: all of them for the service."""
        everything = np.ones(self.recording.n_stacks, np.bool_)
        if self.subject == SERVICE:
            return everything
        rows = [i for i, f in enumerate(self.recording.functions) if f.subject == self.subject]
        inside = self.through({int(self._known[1][row]) for row in rows})
        return inside if inside.any() else everything

    @cached_property
    def total(self) -> float:
        """Growth of what regressed."""
        return float(self.delta[self.regressed].sum())

    @cached_property
    def error(self) -> FloatArray:
        """(n_stacks,) standard error of `delta`, by the number of samples."""
        parts = ((self.before, self.n_before), (self.after, self.n_after))
        return np.sqrt(sum(level**2 / np.maximum(n, 1) for level, n in parts))

    @cached_property
    def costs(self) -> tuple[FloatArray, FloatArray]:
        """Cost of each of `functions` before and after, each stack counted once."""
        return self.stacks_of @ self.before, self.stacks_of @ self.after

    @cached_property
    def is_new(self) -> BoolArray:
        """(n_functions,) which functions did not run before."""
        return self.came(self.stacks_of)

    @cached_property
    def is_gone(self) -> BoolArray:
        """(n_functions,) which functions run no more."""
        n_before, n_after = self.stacks_of @ self.n_before, self.stacks_of @ self.n_after
        return _came(n_after, n_before * _ratio(self.n_after, self.n_before))

    def came(self, sets: sparse.csr_array) -> BoolArray:
        """Return which sets of stacks, (n_sets, n_stacks) of 0 and 1, did not run before."""
        return _came(sets @ self.n_before, sets @ self.n_after * self._exposure)

    @cached_property
    def _exposure(self) -> float:
        return _ratio(self.n_before, self.n_after)

    def through(self, functions: Collection[int]) -> BoolArray:
        """Return which stacks hold any of some functions, (n_stacks,)."""
        if not functions:
            return np.zeros(self.recording.n_stacks, np.bool_)
        rows = self.stacks_of[sorted(functions)]
        inside = np.zeros(self.recording.n_stacks, np.bool_)
        inside[rows.indices] = True
        return inside

    @cached_property
    def _known(self) -> tuple[tuple[Function, ...], IntArray]:
        known: dict[Function, int] = {}
        rows = []
        for recorded in self.recording.functions:
            function = recorded._replace(name=enclosing_function(recorded.name))
            rows.append(known.setdefault(self.renamed.get(function, function), len(known)))
        return tuple(known), np.array(rows, np.int64)

    @cached_property
    def leaves(self) -> IntArray:
        """(n_stacks,) function in which each stack ends."""
        return np.asarray(self.frames[self.recording.stack_starts[1:] - 1])

    @cached_property
    def stack_of_frame(self) -> IntArray:
        """Stack of every frame."""
        lengths = np.diff(self.recording.stack_starts)
        return np.repeat(np.arange(self.recording.n_stacks), lengths)


def _ratio(first: FloatArray, second: FloatArray) -> float:
    """Return how many samples there were on one side for each on the other."""
    return float(first.sum() / max(second.sum(), 1.0))


def _came(seen: FloatArray, expected: FloatArray) -> BoolArray:
    """Tell which numbers of samples are of what was not there, and not by chance."""
    return np.asarray((seen <= _ABSENT * expected) & (expected >= _MIN_EXPECTED))


def measure_growth(
    recording: Recording,
    values: sparse.csr_array,
    subject: str,
    before: Sequence[int] | npt.NDArray[np.intp],
    after: Sequence[int] | npt.NDArray[np.intp],
) -> Growth:
    """Compare the mean cost of each stack over some windows with that over others.

    Parameters
    ----------
    recording : Recording
        Names the stacks.
    values : sparse array
        (n_stacks, n_windows) cost of each stack.
    subject : str
        What regressed: the subject of a function, or `<service>`.
    before, after : sequence of int
        Windows on either side; neither may be empty.
    """
    counts = sparse.csr_array(
        (
            recording.sample_counts.astype(np.float64),
            (recording.sample_stacks, recording.sample_windows),
        ),
        shape=values.shape,
    )
    levels = [np.asarray(values[:, list(w)].mean(axis=1)).ravel() for w in (before, after)]
    samples: list[FloatArray] = [
        np.asarray(counts[:, list(w)].sum(axis=1)).ravel() for w in (before, after)
    ]
    return Growth(recording, levels[0], levels[1], samples[0], samples[1], subject)
