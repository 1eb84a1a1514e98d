"""Windows in which nothing was wrong, drawn anew, and what is made of them from a moment on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from workbench.evaluate.attribution import RecordedTimeline
from workbench.types import BoolArray, FloatArray, Function, Recording

BEFORE, AFTER = 24, 12
"""Windows on either side of the moment."""
_FEWEST = 6
"""Quiet windows of one version that are drawn from, at least."""

Rename = Callable[[Function], Sequence[Function]]
"""A function -> the frames that stand in its place."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Windows of one version in which nothing was wrong."""

    version: str
    windows: tuple[int, ...]


def quiet_stretches(timeline: RecordedTimeline) -> list[Quiet]:
    """Return the stretches in which no cause was in force and nothing was deployed."""
    truth, n = timeline.truth, timeline.recording.n_windows
    is_quiet = np.ones(n, dtype=bool)
    spans = [(c.window, c.end_window) for c in truth.planted]
    spans += [(c.window, c.end_window) for c in truth.hidden]
    for start, end in spans:
        is_quiet[start : end or n] = False
    versions = [str(version) for version in timeline.recording.windows["version"]]
    stretches: list[list[int]] = [[]]
    for window, known in enumerate(is_quiet):
        follows = stretches[-1] and versions[stretches[-1][-1]] == versions[window]
        if not known or not follows:
            stretches.append([])
        if known:
            stretches[-1].append(window)
    return [Quiet(versions[s[0]], tuple(s)) for s in stretches if len(s) >= _FEWEST]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Windows drawn anew: the same cost before a moment and after it."""

    recording: Recording
    picks: tuple[int, ...]
    """Window that each was drawn from."""

    @classmethod
    def of(cls, whole: Recording, quiet: Quiet, rng: np.random.Generator) -> Drawn:
        """Draw windows with replacement, and the samples of each as often as chance has it."""
        picks = rng.choice(quiet.windows, BEFORE + AFTER)
        parts = [np.flatnonzero(whole.sample_windows == pick) for pick in picks]
        where = np.concatenate(parts)
        at = np.repeat(np.arange(len(picks)), [len(part) for part in parts])
        counts = rng.poisson(whole.sample_counts[where])
        seen = counts > 0
        windows = whole.windows.iloc[picks].reset_index(drop=True)
        step = whole.windows["at"].diff().median()
        start = whole.windows["at"].iloc[quiet.windows[0]] - BEFORE * step
        windows["at"] = [start + i * step for i in range(len(picks))]
        windows["n_samples"] = np.bincount(at, weights=counts, minlength=len(picks)).astype(int)
        recording = replace(
            whole, windows=windows, sample_windows=at[seen],
            sample_stacks=whole.sample_stacks[where][seen], sample_counts=counts[seen],
        )  # fmt: skip
        return cls(recording, tuple(int(pick) for pick in picks))

    def shares(self) -> FloatArray:
        """Return the part of all samples that each function has, with what it calls."""
        weights = np.bincount(
            self.recording.sample_stacks, weights=self.recording.sample_counts,
            minlength=self.recording.n_stacks,
        )  # fmt: skip
        n_functions = len(self.recording.functions)
        inside = np.zeros(n_functions)
        for stack, (start, end) in enumerate(pairwise(self.recording.stack_starts)):
            inside[np.unique(self.recording.stack_functions[start:end])] += weights[stack]
        shares: FloatArray = inside / weights.sum()
        return shares

    def holding(self, function: int) -> BoolArray:
        """Tell which stacks a function is in."""
        starts = self.recording.stack_starts[:-1]
        return np.add.reduceat(self.recording.stack_functions == function, starts) > 0

    def by_other_names(self, rename: Rename) -> Recording:
        """Let cost go by other names from the moment on."""
        recording = self.recording
        functions = [*recording.functions]
        number = {function: i for i, function in enumerate(functions)}
        starts, flat = [*recording.stack_starts], [*recording.stack_functions]
        other = np.arange(recording.n_stacks)
        for stack in range(recording.n_stacks):
            frames = recording.stack(stack)
            new = [named for frame in frames for named in rename(frame)]
            if new == [*frames]:
                continue
            for frame in new:
                if frame not in number:
                    number[frame] = len(functions)
                    functions.append(frame)
            other[stack] = len(starts) - 1
            flat += [number[frame] for frame in new]
            starts.append(len(flat))
        late = recording.sample_windows >= BEFORE
        return replace(
            recording, functions=tuple(functions), stack_starts=np.array(starts),
            stack_functions=np.array(flat),
            sample_stacks=np.where(late, other[recording.sample_stacks], recording.sample_stacks),
        )  # fmt: skip

    def scaled(self, factors: FloatArray, rng: np.random.Generator) -> Recording:
        """Let each stack have so many times the samples, from the moment on."""
        recording = self.recording
        late = recording.sample_windows >= BEFORE
        wanted = recording.sample_counts * np.where(late, factors[recording.sample_stacks], 1.0)
        counts = np.where(late, rng.poisson(wanted), recording.sample_counts)
        n = recording.n_windows
        windows = recording.windows.copy()
        grown = [
            np.bincount(recording.sample_windows, weights=weights, minlength=n)
            for weights in (wanted, recording.sample_counts)
        ]
        windows["cpu_seconds"] *= grown[0] / grown[1]
        windows["n_samples"] = np.bincount(
            recording.sample_windows, weights=counts, minlength=n
        ).astype(int)
        seen = counts > 0
        return replace(
            recording, windows=windows, sample_windows=recording.sample_windows[seen],
            sample_stacks=recording.sample_stacks[seen], sample_counts=counts[seen],
        )  # fmt: skip
