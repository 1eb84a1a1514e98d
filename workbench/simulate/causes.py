"""Regressions with known causes: what was recorded, what was deployed then, and which of it did it.

The recordings are of call trees whose stacks are sampled; the changes are of every kind, with lines
of code, titles and authors; some of them did nothing, touch what regressed and look worse than the
culprit. In some cases nobody known did it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from workbench.history import Commit
from workbench.simulate.call_trees import CallTree, draw_tree, near, strike
from workbench.simulate.changes import START, ChangeMaker, Rerouted
from workbench.types import Change, FloatArray, Function, Recording


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What was drawn, whoever knows of it: what code of the service has to agree with."""

    at: int
    """Window in which it happened."""
    is_release: bool
    acted_on: Function
    guilty: Change | None
    """What did it, known or not; None where no change did."""
    commits: Mapping[str, Commit]
    """Lines of every commit, by its id."""
    new_call: tuple[Function, Function] | None
    """Caller and callee of a call that nothing made before."""
    had_call: bool
    """Whether that call had been written before."""
    rerouted: tuple[Rerouted, ...]
    """Calls that were written anew, in the order in which they were."""
    n_stacks: int
    """Stacks of the recording that there were before those."""
    struck: FloatArray
    """Cost of each of these, after it happened and before any call was written anew."""
    before: FloatArray
    """Cost of each stack of the recording, before it happened."""
    after: FloatArray
    """The same in the end."""


@dataclass(frozen=True, slots=True, eq=False)
class CauseCase:
    """A regression, the changes that could have caused it, and the truth."""

    recording: Recording
    subject: str
    """What regressed."""
    windows: tuple[int, int, int]
    """First window of the new level as it would be detected: lower end, itself, upper end."""
    changes: tuple[Change, ...]
    commits: tuple[Commit, ...]
    """With what they changed, for those of the changes that are commits; sometimes unknown."""
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where none of them did."""
    kind: str
    """What happened: `own`, `calls`, `new call`, `indirect`, `traffic`, `data`."""
    texts: dict[Function, str] = field(default_factory=dict)
    """Text of each function now."""
    texts_before: dict[Function, str] = field(default_factory=dict)
    """The same before: without a call that was written."""
    arms: dict[str, float] = field(default_factory=dict)
    """Experiment -> fraction of the cost that its arms add."""
    authors: dict[str, dict[str, int]] = field(default_factory=dict)
    """Author -> file -> earlier changes."""
    lines: dict[str, float] | None = None
    """Commit -> growth through its own lines; None where lines were not recorded."""
    mix: float | None = None
    """Growth of the cost by another mix of requests alone; None where that was not measured."""
    drawn: Drawn | None = None


def simulate_cause(seed: int) -> CauseCase:
    """Draw one regression with its candidates; the same for the same seed."""
    rng = np.random.default_rng(seed)
    tree = draw_tree(rng)
    kind = str(rng.choice(["own", "calls", "new call", "indirect", "traffic", "data"],
                          p=[0.34, 0.2, 0.2, 0.08, 0.1, 0.08]))  # fmt: skip
    acted_on, subject = strike(rng, tree, kind)
    n_stacks, struck = len(tree.stacks), tree.after.copy()
    n_windows = 2 * int(rng.integers(8, 25))
    at = n_windows // 2
    is_release = rng.random() < 0.35  # everything was deployed at once
    index = at + int(np.rint(rng.normal(0, 0.6)))
    width = int(rng.integers(0, 3))
    windows = (index - width, index, index + width) if not is_release else (at, at, at)
    makers = ChangeMaker(rng, tree, windows, at, is_release)
    n_candidates = int(np.clip(rng.lognormal(3.6 if is_release else 2.1, 0.8), 2, 400))
    made = [makers.innocent() for _ in range(n_candidates)]
    around = near(tree, acted_on)
    made += [makers.decoy(around) for _ in range(rng.binomial(3, 0.5))]
    culprits: frozenset[str] = frozenset()
    guilty: tuple[Change, Commit | None] | None = None
    if kind not in {"traffic", "data"}:
        guilty = makers.guilty(acted_on)
        if rng.random() < 0.65:  # else it is not among those that are known
            made.append(guilty)
            culprits = frozenset({guilty[0].id})
    lines = {commit.id: commit for _, commit in [*made, *([guilty] if guilty else [])] if commit}
    made = [made[i] for i in rng.permutation(len(made))]
    gain = float(tree.after.sum() / tree.before.sum() - 1)
    steps = next((c.rollout for c, _ in made if c.id in culprits and c.rollout), ((at, 1.0),))
    if steps[0][1] > steps[-1][1]:  # turned down: what it saved is missing then
        steps = tuple((window, 1 - reach) for window, reach in steps)
    recording = _record(rng, tree, n_windows, steps)
    arms = {
        change.key: gain * (rng.normal(1, 0.3) if change.id in culprits else rng.normal(0, 0.1))
        for change, _ in made
        if change.kind == "experiment" and rng.random() < 0.7
    }
    commits = () if rng.random() < 0.12 else tuple(commit for _, commit in made if commit)
    caller = None if tree.new_call is None else tree.functions[tree.new_call[0]]
    drawn = Drawn(
        at, is_release, tree.functions[acted_on], None if guilty is None else guilty[0], lines,
        None if tree.new_call is None else (
            tree.functions[tree.new_call[0]], tree.functions[tree.new_call[1]]
        ),
        caller is not None and makers.texts[caller] == makers.texts_before[caller],
        tuple(makers.rerouted), n_stacks, struck, tree.before, tree.after,
    )  # fmt: skip
    return CauseCase(
        recording, subject, windows, tuple(c for c, _ in made), commits, culprits, kind,
        makers.texts, makers.texts_before, arms, makers.authors,
        _lines(rng, tree, made, culprits, makers.rewrote, kind), _mix(rng, gain, kind), drawn,
    )  # fmt: skip


def _mix(rng: np.random.Generator, gain: float, kind: str) -> float | None:
    """Return what another mix of requests would add to the cost, in half of the cases."""
    if rng.random() < 0.5:
        return None
    part = rng.normal(1, 0.2) if kind == "traffic" else rng.normal(0, 0.15)
    return float(gain * part)


def _lines(
    rng: np.random.Generator, tree: CallTree, made: Sequence[tuple[Change, Commit | None]],
    culprits: frozenset[str], rewrote: Set[str], kind: str,
) -> dict[str, float] | None:  # fmt: skip
    """Return the growth through the lines of each commit, in half of the cases."""
    if rng.random() < 0.5:
        return None
    gain = float(tree.after.sum() - tree.before.sum())
    found = {}
    for change, commit in made:
        if commit is None or change.kind != "commit":
            continue
        numbers = {tree.functions.index(f) for f in change.functions}
        inside = [bool(numbers & set(stack)) for stack in tree.stacks]
        through = float((tree.after - tree.before)[inside].sum()) if any(inside) else 0.0
        wrote = change.id in culprits and kind != "indirect" and rng.random() < 0.85
        if wrote or change.id in rewrote:
            part = float(rng.beta(8, 1.5))
        else:  # what others wrote is where the growth is where they wrote the call to it anew
            part = float(rng.beta(3, 1.5)) if rng.random() < 0.3 else 0.0
        noise = rng.normal(0, 0.03) if any(inside) else 0.0
        found[change.id] = part * through + noise * gain
    return found


def _record(
    rng: np.random.Generator, tree: CallTree, n_windows: int, steps: Sequence[tuple[int, float]]
) -> Recording:
    """Sample the stacks in windows; `steps` are the windows from which a part of it is as after."""
    reach = np.zeros(n_windows)
    for window, part in steps:
        reach[window:] = part
    n_samples = int(rng.integers(250, 1500))
    jitter = np.exp(rng.normal(0, 0.05, (len(tree.stacks), n_windows)))
    level = (tree.before[:, None] * (1 - reach) + tree.after[:, None] * reach) * jitter
    counts = rng.poisson(level * n_samples)
    totals = np.maximum(counts.sum(axis=0), 1)
    cost = level.sum(axis=0) * np.exp(rng.normal(0, 0.01, n_windows))
    stacks, windows = np.nonzero(counts)
    return Recording(
        service="svc",
        windows=pd.DataFrame({
            "at": [START + timedelta(hours=i) for i in range(n_windows)],
            "version": "", "work": 1.0, "cpu_seconds": cost, "n_samples": totals,
        }),
        functions=tuple(tree.functions),
        stack_starts=np.cumsum([0, *map(len, tree.stacks)]),
        stack_functions=np.array([f for stack in tree.stacks for f in stack]),
        sample_windows=windows, sample_stacks=stacks, sample_counts=counts[stacks, windows],
    )  # fmt: skip
