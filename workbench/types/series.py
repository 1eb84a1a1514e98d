"""Recorded samples, and the series made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.errors import SignalError
from workbench.profile import Function
from workbench.types.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Recording:
    """The stack samples of one service over consecutive windows, oldest first.

    The distinct stacks are CSR rows as in `Profile`; the samples are (window, stack, count)
    triples, summed so that each pair stands once.
    """

    service: str
    windows: pd.DataFrame
    """One row a window: `at` (time), `version`, `work` (rounds of work done), `cpu_seconds`
    (CPU time the work took; NaN where not measured), `n_samples`."""
    functions: tuple[Function, ...]
    stack_starts: IntArray
    stack_functions: IntArray
    sample_windows: IntArray
    sample_stacks: IntArray
    sample_counts: IntArray

    def __repr__(self) -> str:
        """Return how large it is."""
        return f"Recording({self.service}: {self.n_windows} windows, {self.n_stacks} stacks)"

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.windows)

    @property
    def n_stacks(self) -> int:
        """Number of distinct stacks."""
        return len(self.stack_starts) - 1

    def between(self, start: int, end: int) -> Recording:
        """Return the windows from `start` up to, not including, `end` as a recording of their own.

        Stacks keep their numbers, also those that no window of these has.
        """
        inside = (self.sample_windows >= start) & (self.sample_windows < end)
        return replace(
            self,
            windows=self.windows.iloc[start:end].reset_index(drop=True),
            sample_windows=self.sample_windows[inside] - start,
            sample_stacks=self.sample_stacks[inside],
            sample_counts=self.sample_counts[inside],
        )

    def stack(self, index: int) -> tuple[Function, ...]:
        """Return the functions of one stack, root first."""
        start, end = self.stack_starts[index], self.stack_starts[index + 1]
        return tuple(self.functions[f] for f in self.stack_functions[start:end])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SeriesMatrix:
    """Many series over the same windows; row `i` is one metric of one subject."""

    subjects: tuple[str, ...]
    metrics: tuple[str, ...]
    """`gcpu` (fraction of samples), `self_gcpu`, `cost` (CPU seconds per unit of work), `total`."""
    values: FloatArray
    """(n_series, n_windows), oldest first."""
    windows: pd.DataFrame = field(default_factory=pd.DataFrame)
    """One row a window, where known: `at`, `version`, `work`, `cpu_seconds`, `n_samples`."""
    service: str = ""

    def __repr__(self) -> str:
        """Return how large it is."""
        n_series, n_windows = self.values.shape
        return f"SeriesMatrix({n_series} series of {n_windows} windows)"

    def row(self, subject: str, metric: str) -> FloatArray:
        """Return one series; KeyError where there is none."""
        for key, values in zip(
            zip(self.subjects, self.metrics, strict=True), self.values, strict=True
        ):
            if key == (subject, metric):
                return np.asarray(values)
        raise KeyError(f"no series {metric} of {subject}")

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame with one row a series, indexed by (subject, metric)."""
        index = pd.MultiIndex.from_arrays(
            [list(self.subjects), list(self.metrics)], names=["subject", "metric"]
        )
        return pd.DataFrame(self.values, index=index)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SeriesParts:
    """Series over the same windows that are read some at a time, as memory does not hold all.

    Each function begins anew when it is called.
    """

    read: Callable[[], Iterator[pd.DataFrame]]
    """Return frames of one row a series; columns are the windows, the same in each, oldest first,
    and the index names the series, each once (levels `service`, `metric`, `subject`, or an id)."""
    sample: Callable[[], pd.DataFrame]
    """Return some of the series, from all over, as such a frame."""
    names: Callable[[], Iterator[pd.Index[Any]]]
    """Return the index of every series, in order, without their values."""


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """Which stacks hold which functions, and what each stack cost: where cost can move."""

    subjects: tuple[str, ...]
    """(n_functions,) subject of each function, as series have it."""
    depths: sparse.csr_array
    """(n_functions, n_stacks) how deep each function stands in each stack, the root at 1; 0 where
    it does not."""
    values: sparse.csr_array
    """(n_stacks, n_windows) of the metric judged."""
    service: str = ""
    """That they are of; empty where all series are of one."""

    def __post_init__(self) -> None:
        """Check that they fit together; SignalError where they do not."""
        if not all(hasattr(part, "tocoo") for part in (self.depths, self.values)):
            raise SignalError("expected depths and values of stacks as sparse arrays")
        n_functions, n_stacks = len(self.subjects), self.values.shape[0]
        if self.depths.shape != (n_functions, n_stacks):
            raise SignalError(
                f"expected depths of {n_functions} functions in {n_stacks} stacks, got "
                f"shape {self.depths.shape}"
            )
        if not np.isfinite(self.values.data).all():
            raise SignalError("expected finite values of stacks, got NaN or infinity")
