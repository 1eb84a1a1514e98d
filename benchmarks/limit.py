"""How many small steps could be found at all: by one who knows the noise of each series exactly.

Generalised least squares with the true covariance of simulated gCPU (sampling, autocorrelated load;
no spikes) of a week, level and seasons fitted beside a step at every window; the threshold is that
of null series made alike. Takes about four minutes.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, solve_triangular, toeplitz

from workbench.simulate import Noise
from workbench.simulate.noise import autocorrelated

N_SERIES, N_WINDOWS, NEAR, STEP = 500, 1008, 12, 0.02
FALSE = 0.02
"""Part of null series that may step, up or down: 10 of 1,000 each way."""
WINDOWS = np.arange(N_WINDOWS)


def best_step(rng: np.random.Generator, size: float, periods: list[float]) -> tuple[float, bool]:
    """Return the height of the likeliest step of a series, in errors, and whether it is right."""
    noise = Noise()
    samples, load = noise.n_samples or 0, noise.load[0]
    level = np.exp(rng.uniform(np.log(0.001), np.log(0.1)))
    phi = rng.uniform(*noise.autocorrelation)
    at = int(rng.integers(N_WINDOWS // 10, N_WINDOWS * 9 // 10))
    factors = 1 + load * autocorrelated(rng, np.array([phi]), N_WINDOWS)[0]
    factors *= 1 + size * (at <= WINDOWS)
    values = rng.binomial(samples, level * factors) / samples / level
    covariance = toeplitz(load**2 * phi**WINDOWS)
    covariance[WINDOWS, WINDOWS] += (1 - level) / level / samples
    angles = 2 * np.pi * WINDOWS[:, np.newaxis] / np.array(periods)
    basis = np.hstack([np.ones((N_WINDOWS, 1)), np.cos(angles), np.sin(angles)])
    steps = (WINDOWS[:, np.newaxis] >= WINDOWS).astype(np.float64)
    whitener = cholesky(covariance, lower=True)
    white = solve_triangular(whitener, np.hstack([values[:, np.newaxis], basis, steps]), lower=True)
    known = np.linalg.qr(white[:, 1 : 1 + basis.shape[1]])[0]
    left, shapes = white[:, 0], white[:, 1 + basis.shape[1] :]
    whole = (shapes**2).sum(axis=0)
    shapes = shapes - known @ (known.T @ shapes)
    lengths = np.sqrt((shapes**2).sum(axis=0))
    can = (lengths**2 > 1e-3 * whole) & (WINDOWS >= NEAR) & (WINDOWS < N_WINDOWS - NEAR)
    heights = np.divide(shapes.T @ left, lengths, out=np.zeros(N_WINDOWS), where=can)
    chance = np.exp((heights**2 - (heights**2).max()) / 2)
    middle = int(np.convolve(chance, np.ones(2 * NEAR + 1), "same").argmax())
    return float(heights[np.abs(heights).argmax()]), abs(middle - at) <= NEAR


def main() -> None:
    """Print what could be found, with a season of the week to fit and without."""
    print(f"steps of {STEP:.0%} in {N_SERIES} series, at 10 false regressions of 1,000")
    for name, periods in {"day": [144.0], "day and week": [144.0, 1008.0]}.items():
        nulls = [best_step(np.random.default_rng(s), 0.0, periods)[0] for s in range(N_SERIES)]
        least = float(np.quantile(np.abs(nulls), 1 - FALSE))
        seeds = range(N_SERIES, 2 * N_SERIES)
        found = [best_step(np.random.default_rng(s), STEP, periods) for s in seeds]
        seen = np.mean([height > least for height, _ in found])
        placed = np.mean([height > least and is_near for height, is_near in found])
        print(f"{name}: {seen:.1%} seen, {placed:.1%} within {NEAR} windows of their place")


if __name__ == "__main__":
    main()
