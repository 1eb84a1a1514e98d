"""Measure what each reference fix saves by itself, and write it into truth.json.

    python validate.py [ID …]      # default: all

The service at its last commit and the same with one fix each live in one process and serve the same requests in turn
(`serving.py`), so that what else the machine does meets all alike. A saving is CPU with the fix over CPU without it,
the median of pairs of runs with its 95 % bootstrap interval; `held_out` is the same with other requests. `control` is another copy
of the service without any fix: what is measured of it is the error of the method. Ends with an error where a reply
differs, or where a fix does not surely save what it should.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from building import FEED, LATER, LaterCheckouts
from running import pinned

from workbench.evaluate.cases.timeline import load_timeline
from workbench.types import FloatArray

SEEDS = {"saving": 11_000, "held_out": 23_000}
N_RESAMPLES = 4000
MAX_RATIO, MAX_ENDPOINT_RATIO = 0.995, 0.985
"""What the whole intervals must be below: of all requests, or of those of the endpoint."""

Cost = dict[str, float]
"""CPU seconds by operation."""


def serve(codes: list[Path], seed: int, told: argparse.Namespace) -> list[Cost]:
    """Let versions serve the same requests in a process; return CPU seconds by operation of each."""
    paths = [FEED, *(FEED / path for path in pinned(codes[0]))]
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    order = {
        "runtime": dict(load_timeline(FEED).initial), "seed": seed,
        "n_requests": told.requests, "n_times": told.times,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(LATER / "serving.py"), *map(str, codes)],
        env=environment, input=json.dumps(order), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    costs: list[Cost] = json.loads(done.stdout)
    return costs


def serve_shuffled(codes: list[Path], seed: int, told: argparse.Namespace) -> list[Cost]:
    """The same, with versions started in another order each time: the first ones lie better in memory."""
    places = np.random.default_rng(seed).permutation(len(codes))
    costs = serve([codes[i] for i in places], seed, told)
    return [cost for _, cost in sorted(zip(places, costs, strict=True), key=lambda pair: pair[0])]


def measure(
    checkouts: LaterCheckouts, entries: list[dict[str, Any]], seed: int, told: argparse.Namespace
) -> list[dict[str, Any]]:
    """Return what each fix saves, and last what the control does."""
    plain = checkouts.last()
    fixed = [checkouts.fixed([entry["id"]]) for entry in entries]
    runs = []
    for turn in range(told.pairs):
        *costs, second, control = serve_shuffled([plain, *fixed, plain, plain], seed + turn, told)
        costs[0] = {name: (cost + second[name]) / 2 for name, cost in costs[0].items()}
        runs.append([*costs, control])
        print(f"run {seed + turn}", flush=True)
    endpoints = [*(entry["endpoint"] for entry in entries), ""]
    return [
        summary([(run[0], run[i]) for run in runs], endpoint)
        for i, endpoint in enumerate(endpoints, start=1)
    ]


def summary(pairs: list[tuple[Cost, Cost]], endpoint: str) -> dict[str, Any]:
    """Return the ratio of all requests, and of those of an endpoint."""
    totals = np.array([[sum(cost.values()) for cost in costs] for costs in pairs])
    told = dict(zip(("ratio", "low", "high"), paired(*totals.T), strict=True))
    if endpoint:
        parts = np.array([[cost[endpoint] for cost in costs] for costs in pairs])
        names = ("endpoint_ratio", "endpoint_low", "endpoint_high")
        told |= dict(zip(names, paired(*parts.T), strict=True))
    return {**told, "n_pairs": len(pairs)}


def paired(before: FloatArray, after: FloatArray) -> list[float]:
    """Return the median ratio of pairs, with a 95 % bootstrap interval over pairs."""
    ratios = after / before
    chosen = np.random.default_rng(0).integers(len(ratios), size=(N_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[chosen], axis=1), (2.5, 97.5))
    return [round(float(number), 4) for number in (np.median(ratios), low, high)]


def is_saved(told: dict[str, Any]) -> bool:
    """Tell whether a fix saves enough, and surely."""
    return told["high"] < MAX_RATIO or told.get("endpoint_high", 1) < MAX_ENDPOINT_RATIO


def save_truth(truth: dict[str, Any], path: Path) -> None:
    """Write the truth, one entry a line."""
    parts = [
        f' "{name}": [\n' + ",\n".join(f"  {json.dumps(entry)}" for entry in truth[name]) + "\n ]"
        for name in ("opportunities", "doubtful", "decoys")
    ]
    parts.append(f' "control": {json.dumps(truth["control"])}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--requests", type=int, default=120, help="of a run")
    parser.add_argument("--times", type=int, default=4, help="each is asked")
    parser.add_argument("--scratch", type=Path)
    told = parser.parse_args()
    truth = json.loads((LATER / "truth.json").read_text(encoding="utf-8"))
    entries = [e for e in truth["opportunities"] if not told.names or e["id"] in told.names]
    with tempfile.TemporaryDirectory(prefix="feed-later-") as place:
        checkouts = LaterCheckouts(told.scratch or Path(place))
        for name, seed in SEEDS.items():
            *found, control = measure(checkouts, entries, seed, told)
            for entry, saved in zip(entries, found, strict=True):
                entry[name] = saved
                print(name, entry["id"], saved, flush=True)
            print(name, "control", control, flush=True)
            truth["control"][name] = control
            save_truth(truth, LATER / "truth.json")
    small = [e["id"] for e in entries if not (is_saved(e["saving"]) and is_saved(e["held_out"]))]
    if small:
        raise SystemExit(f"save less than they should: {', '.join(small)}")


if __name__ == "__main__":
    main()
