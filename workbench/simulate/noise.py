"""What makes series of profiles noisy: sampling, load, seasons, incidents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.types import FloatArray

_WARM_UP = 200
"""Windows in which autocorrelated noise forgets how it began."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What makes series noisy; sizes are relative, and pairs are the ends of a uniform draw."""

    n_samples: int | None = 200_000
    """Stack samples in a window; None for none, the shares themselves."""
    load: tuple[float, float] = (0.005, 0.005)
    """Standard deviation of what load and machines do."""
    autocorrelation: tuple[float, float] = (0.5, 0.95)
    """Of that, between neighbouring windows."""
    windows_per_day: float = 144.0
    day: tuple[float, float] = (0.0, 0.08)
    """Amplitude of the season of the day."""
    week: tuple[float, float] = (0.0, 0.04)
    """Amplitude of the season of the week."""
    spikes_per_1000_windows: float = 3.0
    spike: tuple[float, float] = (0.05, 0.5)
    """Size of a spike of one or two windows."""

    def draw(self, rng: np.random.Generator, n_series: int, n_windows: int) -> FloatArray:
        """Return factors on levels, sampling apart, (n_series, n_windows); 1 on average."""
        factors = 1 + seasons(rng, n_series, n_windows, self.windows_per_day, self.day)
        factors += seasons(rng, n_series, n_windows, 7 * self.windows_per_day, self.week)
        sizes = rng.uniform(*self.load, n_series)[:, np.newaxis]
        phi = rng.uniform(*self.autocorrelation, n_series)
        factors *= 1 + sizes * autocorrelated(rng, phi, n_windows)
        self.add_spikes(rng, factors)
        return factors

    def sample(self, rng: np.random.Generator, shares: FloatArray) -> FloatArray:
        """Return shares as so many samples show them."""
        shares = np.clip(shares, 0, 1)
        if self.n_samples is None:
            return shares
        return np.asarray(rng.binomial(self.n_samples, shares) / self.n_samples)

    def add_spikes(self, rng: np.random.Generator, factors: FloatArray) -> None:
        """Add short spikes to factors, in place."""
        n_series, n_windows = factors.shape
        numbers = rng.poisson(self.spikes_per_1000_windows * n_windows / 1000, n_series)
        rows = np.repeat(np.arange(n_series), numbers)
        starts = rng.integers(0, n_windows, len(rows))
        sizes, lengths = rng.uniform(*self.spike, len(rows)), rng.integers(1, 3, len(rows))
        for later in range(2):
            is_in = (lengths > later) & (starts + later < n_windows)
            factors[rows[is_in], starts[is_in] + later] *= 1 + sizes[is_in]


def seasons(
    rng: np.random.Generator, n_series: int, n_windows: int, period: float,
    amplitude: tuple[float, float],
) -> FloatArray:  # fmt: skip
    """Return a sine of random amplitude and phase a series, (n_series, n_windows)."""
    phase = rng.uniform(0, 2 * np.pi, (n_series, 1))
    size = rng.uniform(*amplitude, (n_series, 1))
    return np.asarray(size * np.sin(2 * np.pi * np.arange(n_windows) / period + phase))


def autocorrelated(rng: np.random.Generator, phi: FloatArray, n_windows: int) -> FloatArray:
    """Return Gaussian AR(1) noise of standard deviation 1, (n_series, n_windows)."""
    shocks = rng.standard_normal((n_windows + _WARM_UP, len(phi))) * np.sqrt(1 - phi**2)
    values = np.empty_like(shocks)
    values[0] = shocks[0] / np.sqrt(1 - phi**2)
    for t in range(1, len(shocks)):
        values[t] = phi * values[t - 1] + shocks[t]
    return np.asarray(values[_WARM_UP:].T)
