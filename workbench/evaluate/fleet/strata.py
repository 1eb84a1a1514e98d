"""What kinds of cases the generated ones are, kept in a table: to draw one takes a moment."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.simulate import CauseCase, simulate_cause
from workbench.simulate.commits import can_be_written, drawn_of

FIRST_SEED = 5_000_000
"""Weights of the ranker are fitted to seeds from 100,000 on, and told of with those from 0."""
TABLE = Path(__file__).with_name("strata.csv")


class Strata(NamedTuple):
    """One case, before it is made."""

    seed: int
    category: str
    """What happened: `own`, `calls`, `new call`, `indirect`, `traffic`, `data`."""
    kind: str
    """Of the change that did it; `none` where no known one did."""
    ratio: float
    """What the service costs after, to what it cost before."""
    noise: float
    """How far its windows are from their median before, as a fraction."""


def measure_strata(seed: int) -> Strata | None:
    """Return of which kind a case is; None where it cannot be written as code."""
    case = simulate_cause(seed)
    return strata_of(case, seed) if can_be_written(case) else None


def strata_of(case: CauseCase, seed: int) -> Strata:
    """Return of which kind a case is."""
    drawn = drawn_of(case)
    costs = case.recording.windows["cpu_seconds"].to_numpy()[: drawn.at]
    noise = float(np.median(np.abs(costs / np.median(costs) - 1)))
    kinds = {change.kind for change in case.changes if change.id in case.culprits}
    ratio = float(drawn.after.sum() / drawn.before.sum())
    return Strata(seed, case.kind, min(kinds, default="none"), round(ratio, 3), round(noise, 4))


@lru_cache(maxsize=1)
def read_strata() -> tuple[Strata, ...]:
    """Return the kinds of all cases, in order of their numbers."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Strata(int(row["seed"]), row["category"], row["kind"], float(row["ratio"]),
                   float(row["noise"]))
            for row in csv.DictReader(file)
        )  # fmt: skip


def write_strata(n_cases: int, table: Path = TABLE) -> None:
    """Measure the first cases that can be written, and keep of which kinds they are."""
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Strata._fields)
        seed, n_left = FIRST_SEED, n_cases
        while n_left:
            if (found := measure_strata(seed)) is not None:
                writer.writerow(found)
                n_left -= 1
            seed += 1
