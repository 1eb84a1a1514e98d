"""The null distribution of a scan for steps: what noise alone does to a design, by simulation.

A step's statistic is the largest of many, and rests on an estimated autocorrelation. So for every
design noise without any step goes through the very same steps: it tells how far autocorrelation is
underestimated beside a season and a step that is always found, and how many independent tests the
places of a step amount to. Those without season are in a table (`tabulate` makes it
again); the others are simulated when they are first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from scipy import signal, special

from workbench.detect.noise.design import Design, Layout
from workbench.detect.noise.fit import fit_rows, scan_rows
from workbench.types import FloatArray

AUTOCORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96)
"""Of the noise that is simulated."""
_N_BIAS, _N_TESTS = 2_000, 40_000
_LENGTHS = [*map(int, np.unique(np.round(np.geomspace(10, 170, 25))))]
_EDGES = (4, 5)
"""Blocks, and their fewest on either side of a step, for which there is a table; what is longer
has blocks of several windows."""
_TABLE = "nulls.csv"
_TAIL = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_DOFS = np.round(np.geomspace(2, 200, 40), 1)


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """What noise alone does to a design."""

    seen: FloatArray
    """Autocorrelation estimated, by true one."""
    spread: FloatArray
    """Deviation of Fisher's z of one estimate, by true autocorrelation."""
    n_tests: float
    """Independent tests that a scan amounts to."""
    dof: float
    """Degrees of freedom of Student's t that has the tail of one."""


def null_of(design: Design) -> Null:
    """Return the null distribution of a design, the same every time.

    Without a season that of a slightly shorter series serves: lengths differ by less than it does.
    """
    layout = design.layout
    is_plain = not design.periods and layout.edge in _EDGES
    if is_plain and _LENGTHS[0] <= layout.n_blocks <= _LENGTHS[-1]:
        length = max(length for length in _LENGTHS if length <= layout.n_blocks)
        return _tabulated()[layout.edge, length]
    return simulate_null(layout.n_windows, layout.block, layout.edge, design.periods)


@lru_cache(maxsize=64)
def simulate_null(n_windows: int, block: int, edge: int, periods: tuple[float, ...]) -> Null:
    """Find the null distribution of a design by simulation, once."""
    design = Design(Layout(n_windows, block, edge), periods)
    rng = np.random.default_rng(0)
    n = design.layout.n_blocks
    noise = rng.standard_normal((_N_BIAS, n + 100))
    medians, spreads = [], []
    for phi in AUTOCORRELATIONS:
        rows = signal.lfilter([1.0], [1.0, -phi], noise, axis=1)[:, 100:]
        estimates = fit_rows(design, np.ascontiguousarray(rows)).phi
        medians.append(float(np.median(estimates)))
        spreads.append(float(estimates.std()))
    seen = np.maximum.accumulate(np.array(medians))
    seen += 1e-6 * np.arange(len(seen))  # strictly rising
    slopes = np.gradient(seen, np.arctanh(AUTOCORRELATIONS))
    white = fit_rows(design, rng.standard_normal((_N_TESTS, n)))
    statistic = scan_rows(design, white.alone, np.zeros(_N_TESTS, np.int64)).statistic
    spread = np.array(spreads) / np.maximum(slopes, 1e-3)
    return Null(seen, spread, *_tail(np.abs(statistic)))


def _tail(statistic: FloatArray) -> tuple[float, float]:
    """Fit n tests of Student's t with some degrees of freedom to the tail of a statistic."""
    at = np.quantile(statistic, 1 - np.array(_TAIL))
    fits = []
    for dof in _DOFS:
        log_tests = np.log(np.array(_TAIL) / (2 * special.stdtr(dof, -at)))
        fits.append((float(np.std(log_tests)), float(np.exp(np.mean(log_tests))), float(dof)))
    return min(fits)[1:]


@lru_cache(maxsize=1)
def _tabulated() -> dict[tuple[int, int], Null]:
    rows = np.loadtxt(str(files(__package__) / _TABLE), delimiter=",", comments="#")
    n = len(AUTOCORRELATIONS)
    return {
        (int(row[0]), int(row[1])): Null(row[2 : n + 2], row[n + 2 : -2], row[-2], row[-1])
        for row in rows
    }


def tabulate() -> str:
    """Make the table anew; it takes minutes."""
    rows = ["# edge, blocks, autocorrelation seen, its spread, tests, degrees of freedom"]
    for edge in _EDGES:
        for length in _LENGTHS:
            null = simulate_null(length, 1, edge, ())
            numbers = [*null.seen, *null.spread, null.n_tests, null.dof]
            rows.append(",".join([str(edge), str(length), *(f"{n:.5g}" for n in numbers)]))
    return "\n".join(rows) + "\n"
