"""Per-function series from a recording: gCPU, self gCPU, and cost per unit of work."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from workbench.errors import SignalError
from workbench.types import SERVICE, BoolArray, FloatArray, Recording, SeriesMatrix, Stacks

_DISTURBED = 1.1


def incidence(recording: Recording) -> sparse.csr_array:
    """Return which stacks contain which functions, each counted once.

    Returns
    -------
    scipy.sparse.csr_array
        (n_functions, n_stacks) of 0 and 1; recursion counts once.
    """
    depths = np.diff(recording.stack_starts)
    stacks = np.repeat(np.arange(recording.n_stacks), depths)
    shape = (len(recording.functions), recording.n_stacks)
    ones = np.ones(len(stacks))
    matrix = sparse.csr_array((ones, (recording.stack_functions, stacks)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def depths(recording: Recording) -> sparse.csr_array:
    """Return how deep in each stack each function stands, where it is outermost.

    Returns
    -------
    scipy.sparse.csr_array
        (n_functions, n_stacks); the root is at 1, 0 is not in the stack.
    """
    counts = np.diff(recording.stack_starts)
    stacks = np.repeat(np.arange(recording.n_stacks), counts)
    places = np.arange(len(stacks)) - np.repeat(recording.stack_starts[:-1], counts) + 1
    pairs = recording.stack_functions * recording.n_stacks + stacks
    first = np.unique(pairs, return_index=True)[1]  # frames stand root first
    shape = (len(recording.functions), recording.n_stacks)
    return sparse.csr_array(
        (places[first], (recording.stack_functions[first], stacks[first])), shape=shape
    )


def stack_costs(recording: Recording) -> sparse.csr_array:
    """Return each stack in the unit that functions are judged by, (n_stacks, n_windows).

    CPU seconds per round of work where work is known, else the fraction of samples.
    """
    counts = _counts(recording)
    scale = 1 / np.asarray(counts.sum(axis=0)).ravel()
    costs = window_costs(recording)
    return sparse.csr_array(counts @ sparse.diags_array(scale if costs is None else scale * costs))


def stacks(recording: Recording) -> Stacks:
    """Return where cost can move: which stacks hold which functions, and what each stack cost."""
    subjects = tuple(function.subject for function in recording.functions)
    return Stacks(subjects, depths(recording), stack_costs(recording), recording.service)


def function_series(recording: Recording) -> SeriesMatrix:
    """Compute the series of every function, and of the service.

    gCPU is the fraction of a window's samples whose stack contains the function. Where one
    function holds nearly all samples its share cannot show a slow-down, so wherever windows have
    `work` and `cpu_seconds` there is also its cost: gCPU x CPU seconds / rounds of work.

    Returns
    -------
    SeriesMatrix
        Metrics `gcpu` (fraction, 0 to 1) and, where work is known, `cost` (CPU seconds per round);
        the subject `<service>` has the total cost.
    """
    if not recording.n_windows:
        raise SignalError(f"{recording.service}: expected windows, found none")
    counts = _counts(recording)
    totals = np.asarray(counts.sum(axis=0)).ravel()
    if not totals.all():
        empty = int(np.flatnonzero(totals == 0)[0])
        raise SignalError(f"{recording.service}: window {empty} has no samples")
    gcpu: FloatArray = (incidence(recording) @ counts).toarray() / totals
    subjects = tuple(function.subject for function in recording.functions)
    service_cost = window_costs(recording)
    if service_cost is None:
        return SeriesMatrix(
            subjects, ("gcpu",) * len(subjects), gcpu, recording.windows, recording.service
        )
    return SeriesMatrix(
        subjects=(*subjects, *subjects, SERVICE),
        metrics=("gcpu",) * len(subjects) + ("cost",) * (len(subjects) + 1),
        values=np.vstack([gcpu, gcpu * service_cost, service_cost]),
        windows=recording.windows,
        service=recording.service,
    )


def window_costs(recording: Recording) -> FloatArray | None:
    """Return CPU seconds per round of work, (n_windows,); None where any window lacks them."""
    work = recording.windows["work"].to_numpy(np.float64)
    cpu_seconds = recording.windows["cpu_seconds"].to_numpy(np.float64)
    known = np.isfinite(work).all() and np.isfinite(cpu_seconds).all() and (work > 0).all()
    return cpu_seconds / work if known else None


def quiet_windows(
    recording: Recording, change_index: int, start: int = 0, end: int | None = None
) -> BoolArray:
    """Return which windows from `start` up to `end` the machine left alone, (n_windows,).

    At least half on either side of a change.

    What else a machine does makes all functions look slower at once; such windows cost over a
    tenth more per round of work than the lower quartile of their side of a change. Where work is
    not known, all windows count as quiet.
    """
    quiet = np.zeros(recording.n_windows, dtype=np.bool_)
    quiet[start:end] = True
    costs = window_costs(recording)
    if costs is not None:
        for side in (slice(start, change_index), slice(change_index, end)):
            limit = max(_DISTURBED * np.quantile(costs[side], 0.25), np.median(costs[side]))
            quiet[side] = costs[side] <= limit
    return quiet


def _counts(recording: Recording) -> sparse.csr_array:
    """Return sample counts, (n_stacks, n_windows)."""
    counts = sparse.coo_array(
        (
            recording.sample_counts.astype(np.float64),
            (recording.sample_stacks, recording.sample_windows),
        ),
        shape=(recording.n_stacks, recording.n_windows),
    )
    return sparse.csr_array(counts)
