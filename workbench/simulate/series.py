"""Series of gCPU, each by itself, in which one thing happened or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.simulate.noise import Noise
from workbench.types import FloatArray

_EVENTS = ("none", "step", "transient", "drift")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SimulatedSeries:
    """Series with their truth."""

    values: FloatArray
    """(n_series, n_windows) gCPU, a fraction."""
    truth: pd.DataFrame
    """One row a series: `event`, `change_index` (-1 for none), `end` (window after a transient, or
    at which a drift is done), `relative` and `absolute` size, `level` before."""

    def __repr__(self) -> str:
        """Return how large it is."""
        n_series, n_windows = self.values.shape
        return f"SimulatedSeries({n_series} series of {n_windows} windows)"


def simulate_series(
    n_series: int,
    *,
    n_windows: int = 1008,
    event: str = "none",
    relative: tuple[float, float] = (0.05, 0.05),
    absolute: float | None = None,
    length: tuple[int, int] = (2, 36),
    level: tuple[float, float] = (0.001, 0.1),
    place: tuple[float, float] = (0.1, 0.9),
    noise: Noise | None = None,
    seed: int = 0,
) -> SimulatedSeries:
    """Simulate gCPU series of ten-minute windows, a week by default.

    Parameters
    ----------
    n_series, n_windows : int
        How many, and how long.
    event : str
        What happens in each: `none`, `step`, `transient` (a step that goes away again), `drift`
        (a rise from its place to the end).
    relative : (float, float)
        Size as a fraction of the level, drawn uniformly.
    absolute : float, optional
        Size as a fraction of the service's CPU, instead.
    length : (int, int)
        Windows that a transient lasts, ends included.
    level : (float, float)
        gCPU before, drawn uniformly in its logarithm.
    place : (float, float)
        Where it happens, as fractions of the series.
    noise : Noise, optional
        What else moves them.

    Returns
    -------
    SimulatedSeries
        The same for the same seed.
    """
    if event not in _EVENTS:
        raise ValueError(f"expected an event among {', '.join(_EVENTS)}, got {event!r}")
    rng = np.random.default_rng(seed)
    noise = noise or Noise()
    levels = np.exp(rng.uniform(np.log(level[0]), np.log(level[1]), n_series))
    sizes = rng.uniform(*relative, n_series) if absolute is None else absolute / levels
    first = int(place[0] * n_windows)
    starts = rng.integers(first, max(int(place[1] * n_windows), first + 1), n_series)
    lengths = rng.integers(length[0], length[1] + 1, n_series)
    ends = {"transient": np.minimum(starts + lengths, n_windows)}.get(
        event, np.full(n_series, n_windows)
    )
    shares = levels[:, np.newaxis] * noise.draw(rng, n_series, n_windows)
    if event != "none":
        shares *= 1 + sizes[:, np.newaxis] * _course(event, starts, ends, n_windows)
    truth = pd.DataFrame(
        {"event": event, "change_index": starts, "end": ends, "relative": sizes,
         "absolute": sizes * levels, "level": levels}
    )  # fmt: skip
    if event == "none":
        truth = truth.assign(change_index=-1, end=-1, relative=0.0, absolute=0.0)
    return SimulatedSeries(noise.sample(rng, shares), truth)


def _course(event: str, starts: np.ndarray, ends: np.ndarray, n_windows: int) -> FloatArray:
    """Return how far an event has come, 0 to 1, (n_series, n_windows)."""
    window = np.arange(n_windows)
    first, last = starts[:, np.newaxis], ends[:, np.newaxis]
    if event == "drift":
        return np.asarray(np.clip((window - first) / np.maximum(last - first, 1), 0, 1))
    return ((window >= first) & (window < last)).astype(np.float64)
