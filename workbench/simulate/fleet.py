"""A fleet: services with call graphs, deploys of many changes, and what some of them did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from workbench.simulate.graph import CallGraph, draw_graph
from workbench.simulate.noise import Noise, autocorrelated, seasons
from workbench.types import BoolArray, Change, FloatArray, SeriesMatrix, Stacks

_START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
_KINDS = ("regression", "improvement", "cost shift", "transient", "drift", "traffic shift")


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """How large a fleet is, and what happens in each of its services."""

    n_services: int = 1
    n_functions: int = 120
    n_windows: int = 1008
    window: timedelta = timedelta(minutes=10)
    n_deploys: int = 12
    changes_per_deploy: tuple[int, int] = (3, 12)
    regressions: int = 3
    improvements: int = 1
    cost_shifts: int = 3
    transients: int = 3
    drifts: int = 1
    traffic_shifts: int = 1
    relative: tuple[float, float] = (0.05, 0.3)
    """Size of an event, as a fraction of what its function costs itself, callees apart."""
    noise: Noise = field(default_factory=Noise)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Service:
    """One service of a fleet: what would be recorded of it."""

    name: str
    series: SeriesMatrix
    """gCPU of every function."""
    stacks: Stacks
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fleet:
    """Services with their truth."""

    services: tuple[Service, ...]
    truth: pd.DataFrame
    """One row an event: `service`, `kind` (regression, improvement, cost shift, transient, drift,
    traffic shift), `subject` (of a cost shift, where cost went to), `other` (where it came from),
    `change_index`, `end`, `relative` (to the subject's level), `absolute` (fraction of the
    service's CPU), `change_id` of the change that did it."""

    def __repr__(self) -> str:
        """Return how large it is."""
        return f"Fleet({len(self.services)} services, {len(self.truth)} events)"


def simulate_fleet(config: FleetConfig | None = None, *, seed: int = 0) -> Fleet:
    """Simulate services whose stacks are sampled, and whose changes sometimes cost CPU.

    Each stack has a cost by window: its weight, times the season of the entry point it is reached
    from, times autocorrelated noise and spikes of its leaf, times what events did to it. Samples
    of a window are multinomial over the stacks' shares, so that what grows makes all else a smaller
    part.

    Parameters
    ----------
    config : FleetConfig, optional
        How large it is.
    seed : int
        The same fleet for the same seed.
    """
    config = config or FleetConfig()
    if not 1 <= config.n_deploys <= len(_places(config)) or config.n_functions < 4:
        raise ValueError(
            f"expected 1 to {len(_places(config))} deploys in {config.n_windows} windows, and 4 "
            f"functions, got {config.n_deploys} and {config.n_functions}"
        )
    services, truth = [], []
    for number, stream in enumerate(np.random.SeedSequence(seed).spawn(config.n_services)):
        service, events = _service(np.random.default_rng(stream), f"service-{number}", config)
        services.append(service)
        truth += events
    return Fleet(tuple(services), pd.DataFrame(truth, columns=_TRUTH))


_TRUTH = ["service", "kind", "subject", "other", "change_index", "end", "relative", "absolute",
          "change_id"]  # fmt: skip


def _service(
    rng: np.random.Generator, name: str, config: FleetConfig
) -> tuple[Service, list[dict[str, Any]]]:
    graph = draw_graph(rng, config.n_functions)
    costs = graph.weights[:, np.newaxis] * _factors(rng, graph, config)
    deploys = np.sort(rng.choice(_places(config), config.n_deploys, replace=False))
    planned = [kind for kind, n in zip(_KINDS, _numbers(config), strict=True) for _ in range(n)]
    deploy_of = rng.permutation(np.resize(deploys, len(planned)))
    culprits: dict[int, list[tuple[str, ...]]] = {int(at): [] for at in deploys}
    events = []
    taken: set[int] = set()
    for kind, at in zip(planned, deploy_of, strict=True):
        event = _happen(rng, kind, int(at), graph, costs, taken, config)
        if event is None:
            continue
        touched = tuple(name for name in (event["subject"], event["other"]) if name)
        is_change = kind in {"regression", "improvement", "cost shift"}
        event["change_id"] = f"{name}-{at}-{len(culprits[int(at)])}" if is_change else ""
        if is_change:
            culprits[int(at)].append(touched)
        events.append(event | {"service": name})
    shares = costs / costs.sum(axis=0)
    counts = _sampled(rng, shares, config.noise.n_samples)
    times = [_START + config.window * i for i in range(config.n_windows)]
    changes = _changes(rng, name, graph, culprits, times, config)
    holds = (graph.depths > 0).astype(np.float64)
    total = counts.sum(axis=0)
    series = SeriesMatrix(
        graph.subjects, ("gcpu",) * len(graph.subjects), np.asarray(holds @ counts) / total,
        pd.DataFrame({"at": pd.to_datetime(times, utc=True)}), name,
    )  # fmt: skip
    stacks = Stacks(graph.subjects, graph.depths, sparse.csr_array(counts / total), name)
    return Service(name, series, stacks, changes), events


def _numbers(config: FleetConfig) -> tuple[int, ...]:
    return (config.regressions, config.improvements, config.cost_shifts, config.transients,
            config.drifts, config.traffic_shifts)  # fmt: skip


def _places(config: FleetConfig) -> np.ndarray:
    return np.arange(config.n_windows // 8, config.n_windows * 7 // 8)


def _factors(rng: np.random.Generator, graph: CallGraph, config: FleetConfig) -> FloatArray:
    """Return what load does to each stack, (n_stacks, n_windows): seasons and noise."""
    noise, n = config.noise, config.n_windows
    n_entries, n_functions = int(graph.entries.max()) + 1, len(graph.subjects)
    traffic = 1 + seasons(rng, n_entries, n, noise.windows_per_day, noise.day)
    traffic += seasons(rng, n_entries, n, 7 * noise.windows_per_day, noise.week)
    phi = rng.uniform(*noise.autocorrelation, n_functions)
    size = rng.uniform(*noise.load, n_functions)[:, np.newaxis]
    own = 1 + size * autocorrelated(rng, phi, n)
    noise.add_spikes(rng, own)
    return np.asarray(traffic[graph.entries] * own[graph.leaves])


def _happen(
    rng: np.random.Generator, kind: str, at: int, graph: CallGraph, costs: FloatArray,
    taken: set[int], config: FleetConfig,
) -> dict[str, Any] | None:  # fmt: skip
    """Let one thing happen to the costs of stacks; None where the graph has no place for it."""
    n = config.n_windows
    size = float(rng.uniform(*config.relative))
    end, other = n, ""
    course = np.ones(n - at)
    if kind == "traffic shift":
        entry = int(rng.integers(0, graph.entries.max() + 1))
        subject = graph.entry_subject(entry)
        added = _scale(costs, graph.entries == entry, at, size * course)
    elif kind == "cost shift":
        pair = graph.draw_siblings(rng, taken)
        if pair is None:
            return None
        taken |= {*pair}
        to, source = pair
        subject, other = graph.subjects[to], graph.subjects[source]
        usual = [costs[graph.leaves == leaf].mean(axis=1).sum() for leaf in pair]
        moved = min(size * usual[0], 0.8 * usual[1])
        _scale(costs, graph.leaves == source, at, -moved / usual[1] * course)
        added = _scale(costs, graph.leaves == to, at, moved / usual[0] * course)
    else:
        leaf = graph.draw_leaf(rng, taken)
        if leaf is None:
            return None
        taken.add(leaf)
        subject = graph.subjects[leaf]
        if kind == "transient":
            end = min(at + int(rng.integers(2, 37)), n)
            course[end - at :] = 0
        elif kind == "drift":
            course = np.linspace(0, 1, n - at)
        sign = -1 if kind == "improvement" else 1
        added = _scale(costs, graph.leaves == leaf, at, sign * size * course)
    holds = graph.depths[[graph.subjects.index(subject)]].toarray().ravel() > 0
    own, all_ = graph.weights[holds].sum(), graph.weights.sum()
    total = all_ if kind == "cost shift" else all_ + added
    before, after = own / all_, (own + added) / total
    return {
        "kind": kind, "subject": subject, "other": other, "change_index": at, "end": end,
        "relative": after / before - 1, "absolute": after - before,
    }  # fmt: skip


def _scale(costs: FloatArray, stacks: BoolArray, at: int, change: FloatArray) -> float:
    """Change costs of stacks from a window on by a fraction; return what the most of it adds."""
    costs[stacks, at:] *= 1 + change
    usual = float(np.median(costs[stacks, :at], axis=1).sum())
    return usual * float(change[np.argmax(np.abs(change))])


def _sampled(rng: np.random.Generator, shares: FloatArray, n_samples: int | None) -> FloatArray:
    if n_samples is None:
        return shares
    return rng.multinomial(n_samples, (shares / shares.sum(axis=0)).T).T.astype(np.float64)


def _changes(
    rng: np.random.Generator, name: str, graph: CallGraph,
    culprits: dict[int, list[tuple[str, ...]]], times: list[datetime], config: FleetConfig,
) -> tuple[Change, ...]:  # fmt: skip
    """Return what was deployed: what did something, among others that did nothing."""
    changes = []
    fewest, most = config.changes_per_deploy
    for at, guilty in culprits.items():
        others = [
            tuple(graph.subjects[i] for i in rng.choice(len(graph.subjects), rng.integers(1, 4)))
            for _ in range(int(rng.integers(fewest, most + 1)))
        ]
        for number, touched in enumerate([*guilty, *others]):
            changes.append(
                Change(
                    id=f"{name}-{at}-{number}", title=f"Change {touched[0]}",
                    author="Ada Keller", email="ada@example.invalid", at=times[at],
                    functions=tuple(graph.function(subject) for subject in touched),
                )
            )  # fmt: skip
    return tuple(changes)
