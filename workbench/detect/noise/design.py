"""What a series is compared with: a level, a season, and a step at each place.

Series are judged as means over blocks of windows: short noise averages out, and a scan over all
places of a step is one product with a matrix. For noise of a given autocorrelation the same is done
after whitening (generalised least squares), one matrix a degree of autocorrelation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from workbench.types import FloatArray

LEVELS = np.arange(0.0, 0.96, 0.05)
"""Autocorrelations of neighbouring blocks for which there are scans."""

_SEEN = 0.05
"""A step can be told from the season where this part of it is left beside it."""


@dataclass(frozen=True, eq=False)
class Layout:
    """How windows make blocks; the last block ends with the series."""

    n_windows: int
    block: int
    """Windows in a block."""
    edge: int
    """Fewest blocks on either side of a step."""

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return self.n_windows // self.block

    @property
    def start(self) -> int:
        """First window of the first block; those before it are in none."""
        return self.n_windows - self.n_blocks * self.block


@dataclass(frozen=True, eq=False)
class Tables:
    """Generalised least squares for noise of each autocorrelation in `LEVELS`."""

    bases: FloatArray
    """(n_levels, q, n_blocks), orthonormal rows: level and season, whitened."""
    inverse_lengths: FloatArray
    """(n_levels, n_blocks): what a step of 1 at each block, whitened and without what level and
    season explain of it, has to be divided by for unit length; 0 where none can be told."""


class Design:
    """Level, season and steps over the blocks of a series.

    Parameters
    ----------
    layout : Layout
        How windows make blocks.
    periods : tuple of float
        Of the sines that make up the season, in windows.
    """

    def __init__(self, layout: Layout, periods: tuple[float, ...]) -> None:
        self.layout, self.periods = layout, periods
        self._ramps: dict[int, FloatArray] = {}

    @cached_property
    def basis(self) -> FloatArray:
        """(n_blocks, q): ones, then the sines at the middles of the blocks."""
        layout = self.layout
        middles = layout.start + layout.block * (np.arange(layout.n_blocks) + 0.5) - 0.5
        return sines(np.asarray(middles), self.periods)

    @cached_property
    def season(self) -> FloatArray:
        """(n_windows, q - 1): the sines, as block means have them, at every window."""
        return sines(np.arange(self.layout.n_windows, dtype=np.float64), self.periods)[:, 1:]

    @property
    def dof(self) -> int:
        """Degrees of freedom of the noise beside level, season and one step."""
        return self.layout.n_blocks - 2 * len(self.periods) - 2

    @cached_property
    def tables(self) -> Tables:
        """What the scans need."""
        scans = [self._make_scan(level) for level in range(len(LEVELS))]
        return Tables(*(np.ascontiguousarray(part) for part in zip(*scans, strict=True)))

    def whitener(self, level: int) -> FloatArray:
        """Return what whitens noise of autocorrelation `LEVELS[level]`, (n_blocks, n_blocks)."""
        n, phi = self.layout.n_blocks, float(LEVELS[level])
        whitener = np.eye(n) - phi * np.eye(n, k=-1)
        whitener[0, 0] = np.sqrt(1 - phi**2)
        return whitener

    @cached_property
    def step_shapes(self) -> FloatArray:
        """Return steps of unit length, free of level and season, in white noise; row k begins at
        block k, (n_blocks, n_blocks).
        """
        basis, n = self.tables.bases[0], self.layout.n_blocks
        whole = np.tril(np.ones((n, n))).T
        left = whole - (whole @ basis.T) @ basis
        return np.asarray(left * self.tables.inverse_lengths[0][:, np.newaxis])

    @cached_property
    def ramps(self) -> list[tuple[int, int]]:
        """Rises that take time: block at which each begins, and at which it has ended."""
        n, stride = self.layout.n_blocks, max(1, self.layout.n_blocks // 42)
        shortest = 3 * self.layout.edge
        return [
            (first, last)
            for first in range(stride, n - shortest, stride)
            for last in range(first + shortest, n, stride)
        ]

    def ramp_shapes(self, level: int) -> FloatArray:
        """Return ramps whitened, of unit length, free of level and season, (n_blocks, n_ramps)."""
        if level not in self._ramps:
            place = np.arange(self.layout.n_blocks)[:, np.newaxis]
            first, last = np.array(self.ramps).T
            whole = self.whitener(level) @ np.clip((place - first) / (last - first), 0, 1)
            basis = self.tables.bases[level]
            shapes = whole - basis.T @ (basis @ whole)
            lengths = np.sqrt((shapes**2).sum(axis=0))
            is_told = lengths > _SEEN * np.sqrt((whole**2).sum(axis=0))
            unit = np.where(is_told, shapes / np.maximum(lengths, 1e-12), 0.0)
            self._ramps[level] = np.asfortranarray(unit)  # a ramp is read at a time
        return self._ramps[level]

    def _make_scan(self, level: int) -> tuple[FloatArray, FloatArray]:
        n, edge = self.layout.n_blocks, self.layout.edge
        whitener = self.whitener(level)
        basis = np.linalg.qr(whitener @ self.basis)[0]
        whole = whitener @ np.tril(np.ones((n, n)))
        steps = whole - basis @ (basis.T @ whole)
        lengths = np.sqrt((steps**2).sum(axis=0))
        place = np.arange(n)
        can = (place >= edge) & (place <= n - edge)
        can &= lengths > _SEEN * np.sqrt((whole**2).sum(axis=0))
        return basis.T, np.divide(1, lengths, out=np.zeros(n), where=can)


def whitened(columns: FloatArray, level: int) -> FloatArray:
    """Take autocorrelation `LEVELS[level]` out of columns, (n_blocks, n_columns)."""
    phi = float(LEVELS[level])
    white = np.array(columns, dtype=np.float64)
    white[1:] -= phi * columns[:-1]
    white[0] *= np.sqrt(1 - phi**2)
    return white


@lru_cache(maxsize=256)
def plain_design(n_blocks: int, edge: int) -> Design:
    """Return a design without season, of blocks of one window."""
    return Design(Layout(n_blocks, 1, edge), ())


def sines(at: FloatArray, periods: tuple[float, ...]) -> FloatArray:
    """Return ones, and a cosine and sine of each period, at places; (n, 1 + 2 n_periods)."""
    angles = 2 * np.pi * at[:, np.newaxis] / np.array(periods)
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=2).reshape(len(at), -1)
    return np.hstack([np.ones((len(at), 1)), waves])


def weights_of(shapes: FloatArray, values: FloatArray) -> FloatArray:
    """Fit columns to values by least squares, (n_columns,) or (n_columns, n_rows)."""
    inverse = np.linalg.pinv(shapes.T @ shapes, rcond=1e-10, hermitian=True)
    return np.asarray(inverse @ (shapes.T @ values))
