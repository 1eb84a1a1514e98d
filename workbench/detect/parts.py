"""All series at once, or some at a time: what changed, and the series that it takes to judge it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background, check_fits, find_background
from workbench.detect.stages.changes import Changes, Funnel, costs_among, lasting_changes
from workbench.detect.stages.localise import Candidate
from workbench.errors import SignalError
from workbench.types import IntArray, SeriesParts
from workbench.types.signals import Signals, keys_of, read_signals

_N_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What changed, and the series in which it did."""

    signals: Signals
    """All series; or of those read in parts, the ones that changed, and the services' totals."""
    kept: list[Candidate]
    passed: list[Candidate]
    """What went away again."""
    funnel: Funnel
    n_series: int
    """Looked at."""
    background: Background
    parts: SeriesParts | None = None


def look_at_all(signals: Signals, config: DetectConfig, background: Background | None) -> Seen:
    """Find what lastingly changed in series."""
    check_fits(background, signals.n_windows)
    found = lasting_changes(signals, config, background, costs_among(signals.keys))
    n_series = len(signals.values)
    _check_any(found.n_judged)
    background = found.background or find_background(signals)
    return Seen(signals, found.kept, found.passed, found.funnel, n_series, background)


def look_at_parts(parts: SeriesParts, config: DetectConfig, background: Background | None) -> Seen:
    """Find what lastingly changed in series that are read some at a time, several parts at once.

    What they have in common is found in some of them. No more parts are in memory than processors
    judge, and two.
    """
    sample = parts.sample()
    check_fits(background, sample.shape[1])
    background = background or find_background(sample)
    _ = background.null, background.design.tables  # made once, not by each thread
    costs: set[tuple[str, str]] = set()
    if "metric" in sample.index.names:
        costs.update(*(costs_among(keys_of(names)) for names in parts.names()))
    funnel, needed = Funnel(), list[Signals]()
    kept, passed = list[Candidate](), list[Candidate]()
    n_series = n_judged = n_needed = 0
    for signals, found in _in_order(parts, config, background, costs):
        funnel.add(found.funnel)
        rows = _needed(signals, found)
        for some, of_part in ((kept, found.kept), (passed, found.passed)):
            some += [replace(c, row=n_needed + int(np.searchsorted(rows, c.row))) for c in of_part]
        needed.append(signals.take(rows))
        n_needed += len(rows)
        n_series += len(signals.values)
        n_judged += found.n_judged
    _check_any(n_judged)
    return Seen(_together(needed), kept, passed, funnel, n_series, background, parts)


def _in_order(
    parts: SeriesParts, config: DetectConfig, background: Background, costs: set[tuple[str, str]]
) -> Iterator[tuple[Signals, Changes]]:
    """Judge parts side by side, and return them in order."""

    def judge(frame: pd.DataFrame) -> tuple[Signals, Changes]:
        signals = read_signals(frame)
        return signals, lasting_changes(signals, config, background, costs)

    n_threads = min(os.cpu_count() or 1, _N_AT_ONCE)
    waiting: deque[Future[tuple[Signals, Changes]]] = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        for frame in parts.read():
            waiting.append(pool.submit(judge, frame))
            if len(waiting) > n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _needed(signals: Signals, found: Changes) -> IntArray:
    """Return the rows that changed, and those of services' totals."""
    rows = {c.row for c in (*found.kept, *found.passed)}
    return np.array(sorted(rows | {*signals.totals.values()}), np.int64)


def _together(parts: list[Signals]) -> Signals:
    keys = [one.keys for one in parts if one.keys is not None]
    names = [name for one in parts for name in one.ids]
    return Signals(
        np.concatenate([one.values for one in parts]),
        pd.Index(names, dtype=object, tupleize_cols=False),
        pd.concat(keys, ignore_index=True) if keys else None,
        parts[0].times,
    )


def _check_any(n_judged: int) -> None:
    if not n_judged:
        raise SignalError("expected a series with at least 10 values, found none")
