"""Measure what planted and innocent changes cost by themselves, and write it into truth.json.

    python validate.py [ID …]     # causes by id, innocent changes by patch or id; default: all causes and decoys
    python validate.py --all      # every innocent change besides

Each is run before and after side by side, so that what else the machine does meets both, in the state in
which it was deployed and with it alone. Ends with an error where the interval of a planted cause includes 1, or a decoy costs more than 1.5 %.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from running import FOLDER, Checkouts, Load, serve

from workbench.evaluate.cases.timeline import (
    Effect,
    HiddenCause,
    InnocentChange,
    PlantedCause,
    Timeline,
    TimelineState,
    TimelineTruth,
    load_timeline,
    load_timeline_truth,
)
from workbench.types import FloatArray

N_RESAMPLES = 4000
MAX_INNOCENT = 0.015
PATIENCE = 3
"""Times as many pairs are run where the first ones say otherwise than the truth."""

Entry = PlantedCause | InnocentChange | HiddenCause


@dataclass(frozen=True, slots=True)
class Trial:
    """One change to be measured."""

    name: str
    before: TimelineState
    after: TimelineState
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """Measures trials."""

    checkouts: Checkouts
    n_pairs: int
    n_requests: int

    def measure(self, trial: Trial) -> Effect:
        """Run the state before and after, pair by pair."""
        costs = np.array([self._pair(trial, turn) for turn in range(self.n_pairs)])
        ratio, low, high = paired(costs[:, 0, 0], costs[:, 1, 0])
        told = {}
        if trial.endpoint:
            names = ("endpoint_ratio", "endpoint_low", "endpoint_high")
            told = dict(zip(names, paired(costs[:, 0, 1], costs[:, 1, 1]), strict=True))
        effect = Effect(ratio=ratio, low=low, high=high, n_pairs=self.n_pairs, **told)
        print(f"{trial.name}: {ratio:.3f} [{low:.3f}, {high:.3f}]", told or "", flush=True)
        return effect

    def measure_all(self, trials: dict[str, Trial]) -> dict[str, Effect]:
        """Measure several trials, one after the other."""
        return {name: self.measure(trial) for name, trial in trials.items()}

    def _pair(self, trial: Trial, turn: int) -> list[list[float]]:
        """Run both states at once; they start in either order alike."""
        load = Load(self.n_requests, seed=turn)
        states = [trial.before, trial.after][:: 1 if turn % 2 == 0 else -1]
        with ThreadPoolExecutor(2) as pool:
            costs = list(pool.map(lambda state: self._costs(state, load, trial.endpoint), states))
        return costs[:: 1 if turn % 2 == 0 else -1]

    def _costs(self, state: TimelineState, load: Load, endpoint: str) -> list[float]:
        """Return CPU seconds per request, of all and of those to the endpoint."""
        with tempfile.TemporaryDirectory(prefix="feed-validate-") as place:
            run, results = serve(self.checkouts, state, load, Path(place))
        part = results["operations"].get(endpoint, {"cpu_ms": float("nan")})
        return [run.cost, part["cpu_ms"] / 1e3]


def paired(before: FloatArray, after: FloatArray) -> tuple[float, float, float]:
    """Return the median ratio of pairs, with a 95 % bootstrap interval over pairs."""
    ratios = after / before
    chosen = np.random.default_rng(0).integers(len(ratios), size=(N_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[chosen], axis=1), (2.5, 97.5))
    return _short(np.median(ratios)), _short(low), _short(high)


def _short(number: float | np.floating[Any]) -> float:
    return round(float(number), 4)


def find_trials(timeline: Timeline, entries: Iterable[Entry]) -> dict[str, Trial]:
    """Return what is to be run for each entry of the truth, by its name."""
    return {name_of(entry): _trial(timeline, entry) for entry in entries}


def name_of(entry: Entry) -> str:
    return entry.change if isinstance(entry, InnocentChange) else entry.id


def _trial(timeline: Timeline, entry: Entry) -> Trial:
    if isinstance(entry, HiddenCause):
        places = [
            i for i, event in enumerate(timeline.events)
            if (event.window, event.key) == (entry.window, entry.key)
        ]  # fmt: skip
    else:
        names = entry.changes if isinstance(entry, PlantedCause) else (entry.change,)
        places = [i for i, event in enumerate(timeline.events) if event.change in names]
    if not places:
        raise SystemExit(f"{name_of(entry)}: expected an event of the timeline, found none")
    before, after = timeline.around(places[0], places[-1])
    endpoint = entry.endpoint if isinstance(entry, PlantedCause) else ""
    return Trial(name_of(entry), before, after, endpoint)


def chosen(truth: TimelineTruth, names: Sequence[str], every: bool) -> list[Entry]:
    """Return the entries to be measured."""
    entries: list[Entry] = [*truth.planted, *truth.innocent, *truth.hidden]
    if names:
        unknown = {*names} - {name_of(entry) for entry in entries}
        if unknown:
            raise SystemExit(f"expected names of the truth, got {', '.join(sorted(unknown))}")
        return [entry for entry in entries if name_of(entry) in names]
    innocent = [entry for entry in truth.innocent if every or entry.decoy_for]
    return [*truth.planted, *innocent, *truth.hidden]


def with_effects(truth: TimelineTruth, effects: dict[str, Effect]) -> TimelineTruth:
    """Return the truth with what was measured."""

    def told(entries: Sequence[Entry]) -> tuple[Entry, ...]:
        return tuple(
            entry.model_copy(update={"effect": effects.get(name_of(entry), entry.effect)})
            for entry in entries
        )

    parts = {name: told(getattr(truth, name)) for name in ("planted", "innocent", "hidden")}
    return truth.model_copy(update=parts)


def faults(entries: Iterable[Entry], effects: dict[str, Effect]) -> dict[str, str]:
    """Say of each entry that is not what the truth says of it, by name, what was expected."""
    found = {}
    for entry in entries:
        effect = effects[name_of(entry)]
        span = f"{effect.ratio:.3f} [{effect.low:.3f}, {effect.high:.3f}]"
        if isinstance(entry, InnocentChange):
            if entry.kind != "undo" and abs(effect.ratio - 1) > MAX_INNOCENT:
                found[name_of(entry)] = f"{name_of(entry)}: expected no cost, measured {span}"
        elif effect.low <= 1:
            found[name_of(entry)] = f"{name_of(entry)}: expected a cost, measured {span}"
    return found


def save_truth(truth: TimelineTruth, path: Path) -> None:
    """Write the truth, one entry a line."""
    lists = {
        name: [entry.model_dump(mode="json", exclude_none=True) for entry in getattr(truth, name)]
        for name in ("planted", "innocent", "hidden")
    }
    parts = [
        f' "{name}": [\n' + ",\n".join(f"  {json.dumps(entry)}" for entry in entries) + "\n ]"
        for name, entries in lists.items()
    ]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true", help="measure every innocent change")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--requests", type=int, default=1600, help="of a run; about two seconds")
    parser.add_argument("--scratch", type=Path, default=FOLDER / "out" / "recording")
    told = parser.parse_args()
    timeline, truth = load_timeline(FOLDER), load_timeline_truth(FOLDER)
    entries = chosen(truth, told.names, told.all)
    trials = find_trials(timeline, entries)
    bench = Bench(Checkouts(told.scratch), told.pairs, told.requests)
    effects = bench.measure_all(trials)
    doubtful = {name: trials[name] for name in faults(entries, effects)}
    effects |= replace(bench, n_pairs=PATIENCE * bench.n_pairs).measure_all(doubtful)
    save_truth(with_effects(truth, effects), FOLDER / "truth.json")
    found = faults(entries, effects).values()
    print(*found, sep="\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
