"""Real series: what people say of them, and what becomes of changes as more is measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workbench.ingest.series import read_series

MARGIN = 5
"""Points by which a change may be off."""
N_APPENDED = 50
_FEWEST, _N_HISTORIES = 30, 400


def padded(series: Sequence[np.ndarray]) -> np.ndarray:
    """Return series as rows of one array, NaN after the end."""
    rows = np.full((len(series), max(map(len, series))), np.nan)
    for row, values in zip(rows, series, strict=True):
        row[: len(values)] = values
    return rows


def load_histories(path: Path) -> list[np.ndarray]:
    """Return some of the series of a file that are long enough to be cut, oldest value first."""
    table = read_series(path).dropna(subset="value").sort_values(["at"], kind="stable")
    names = [name for name in ("service", "metric", "subject", "host") if name in table]
    series = [rows["value"].to_numpy() for _, rows in table.groupby(names, dropna=False)]
    enough = [values for values in series if len(values) >= N_APPENDED + _FEWEST]
    return enough[:: max(1, len(enough) // _N_HISTORIES)][:_N_HISTORIES]


def lost(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> float:
    """Return how many changes were gone, or had moved, when more was measured; in %."""
    is_gone = [
        not any(abs(place - other) <= MARGIN for other in later)
        for places, later in zip(before, after, strict=True)
        for place in places
    ]
    return 100 * float(np.mean(is_gone))


class Annotated(NamedTuple):
    """A real series, and where people say that it changes."""

    values: np.ndarray
    annotations: list[list[int]]


def load_annotated(folder: Path) -> list[Annotated]:
    """Load series of one dimension, as the Turing change point dataset has them."""
    annotations = json.loads((folder / "annotations.json").read_text())
    series = []
    for name in sorted(annotations):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        told = json.loads(path.read_text())["series"]
        if len(told) == 1:
            values = np.array(told[0]["raw"], dtype=np.float64)
            series.append(Annotated(values, list(annotations[name].values())))
    return series


def f1_score(annotations: list[list[int]], places: Sequence[int]) -> float:
    """Return F1 as van den Burg and Williams (2020) define it: index 0 counts as found."""
    told = [{0, *one} for one in annotations]
    mine = {0, *places}
    precision = n_matched(set().union(*told), mine) / len(mine)
    recall = float(np.mean([n_matched(one, mine) / len(one) for one in told]))
    return 2 * precision * recall / (precision + recall)


def n_matched(told: set[int], mine: set[int]) -> int:
    """Count those told that have one of mine for themselves within the margin."""
    left = set(mine)
    for true in sorted(told):
        near = [(abs(true - i), i) for i in left if abs(true - i) <= MARGIN]
        if near:
            left.remove(min(near)[1])
    return len(mine) - len(left)


def covering(annotations: list[list[int]], places: Sequence[int], n: int) -> float:
    """Return how well segments cover those of the annotators, on average (ibid.)."""
    mine = segments(places, n)
    return float(
        np.mean(
            [
                sum(len(one) * max(overlap(one, other) for other in mine) for one in told) / n
                for told in (segments(one, n) for one in annotations)
            ]
        )
    )


def segments(places: Iterable[int], n: int) -> list[range]:
    edges = sorted({0, n, *places})
    return [range(first, last) for first, last in pairwise(edges)]


def overlap(one: range, other: range) -> float:
    both = max(min(one.stop, other.stop) - max(one.start, other.start), 0)
    return both / (len(one) + len(other) - both)
