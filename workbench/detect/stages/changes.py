"""What lastingly changed in each series: the stages of the funnel up to `seasonality`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.detect.config import DetectConfig
from workbench.detect.noise.background import Background, find_background
from workbench.detect.noise.screen import filled, look_closely, screen
from workbench.detect.stages.filters import Split, significant, went_away
from workbench.detect.stages.localise import Candidate, localise
from workbench.detect.stages.seasonality import seasonality
from workbench.detect.views import View, split_views
from workbench.types import BoolArray
from workbench.types.signals import Signals

REMOVED = ["series", "subject", "metric", "change_index", "stage", "reason"]


class Changes(NamedTuple):
    """What lastingly changed in series."""

    kept: list[Candidate]
    passed: list[Candidate]
    """What went away again: steps that what else happened has to be told from."""
    funnel: Funnel
    background: Background | None
    """What the series without gaps were judged against; None where all have some."""
    n_judged: int
    """Series with enough values."""


def lasting_changes(
    signals: Signals, config: DetectConfig, background: Background | None,
    costs: set[tuple[str, str]],
) -> Changes:  # fmt: skip
    """Find what changed in each series, and neither went away nor is a season.

    Parameters
    ----------
    background : Background, optional
        What the series without gaps have in common. Default: found in them.
    costs : set of (service, subject)
        Whose cost is judged, so that their shares are not.
    """
    funnel, kept, passed = Funnel(), list[Candidate](), list[Candidate]()
    views = split_views(signals)
    for view in views:
        own = background if view.is_whole else None
        if own is None:
            own = find_background(view.signals)
        if view.is_whole:
            background = own
        lasting, others = _changes(view, own, config, funnel, costs)
        kept += map(view.out, lasting)
        passed += map(view.out, others)
    n_judged = sum(len(view.rows) for view in views)
    n_left = len(signals.values) - n_judged
    funnel.note("screen", n_left, 0, {"fewer than 10 values": n_left})
    return Changes(kept, passed, funnel, background, n_judged)


def costs_among(keys: pd.DataFrame | None) -> set[tuple[str, str]]:
    """Return service and subject of the series that are costs."""
    if keys is None:
        return set()
    of_costs = keys.loc[keys["metric"] == "cost", ["service", "subject"]]
    return {*of_costs.itertuples(index=False, name=None)}


def _changes(
    view: View, background: Background, config: DetectConfig, funnel: Funnel,
    costs: set[tuple[str, str]],
) -> tuple[list[Candidate], list[Candidate]]:  # fmt: skip
    """Return what lastingly changed in series with the same windows, and what went away again."""
    signals = view.signals

    def is_worse(c: Candidate) -> bool:
        return config.is_worse(c.delta, signals.key(c.row, "metric"), signals.key(c.row, "subject"))

    found = _candidates(view, background, config, funnel, costs)
    lasting = went_away(found, background.design.layout, is_worse)
    kept = funnel.take("went away", view, found, lasting)
    seasonal = seasonality(kept, signals, background, config)
    passed = [c for c, _ in lasting.removed]
    return funnel.take("seasonality", view, kept, seasonal), passed


def _candidates(
    view: View, background: Background, config: DetectConfig, funnel: Funnel,
    costs: set[tuple[str, str]],
) -> list[Candidate]:  # fmt: skip
    """Screen all series, look closely at some, and localise what is in them."""
    signals = view.signals
    n_series = len(signals.values)
    alpha = config.alerts_per_1000_series / 1000
    keys = signals.keys
    otherwise = np.zeros(n_series, np.bool_) if keys is None else is_share_of(keys, costs)
    outstanding = screen(signals, background, alpha)
    rows = np.flatnonzero(~(outstanding < 1) & ~otherwise)
    funnel.note("screen", n_series, len(rows), {
        "shares, judged by cost instead": int(otherwise.sum()),
        "nothing stands out": int(n_series - otherwise.sum() - len(rows)),
    })  # fmt: skip
    candidates: list[Candidate] = []
    n_by_chance = n_constant = 0
    for part, seen in look_closely(signals, rows, background):
        for i in np.flatnonzero(seen.p_value <= alpha):
            row = int(part[i])
            values = filled(signals.values[row : row + 1])[0].astype(np.float64)
            if np.ptp(values) == 0:  # a step in rounding
                n_constant += 1
            else:
                candidates += localise(row, values, background, seen.at(int(i)), alpha)
        n_by_chance += int((seen.p_value > alpha).sum())
    funnel.note("significance", len(rows), len(rows) - n_by_chance - n_constant, {
        "never changes": n_constant,
        f"chance alone does as much in more than {config.alerts_per_1000_series:.2g} of 1,000":
            n_by_chance,
    })  # fmt: skip
    return funnel.take("localise", view, candidates, significant(candidates, alpha))


def is_share_of(keys: pd.DataFrame, costs: set[tuple[str, str]]) -> BoolArray:
    """Return which series are shares of a subject that has a cost, which is judged instead."""
    if not costs:
        return np.zeros(len(keys), dtype=np.bool_)
    names = keys[["service", "subject"]].itertuples(index=False, name=None)
    is_share = keys["metric"].isin(["gcpu", "self_gcpu"]).to_numpy()
    return np.array([name in costs for name in names], dtype=np.bool_) & is_share


class Funnel:
    """Counts what goes into and out of each stage: series, and from `localise` their changes."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}
        self.reasons: dict[str, Counter[str]] = {}
        self.removed: list[dict[str, object]] = []

    def note(self, stage: str, n_in: int, n_out: int, reasons: Mapping[str, int]) -> None:
        """Record a stage, or add to what is recorded of it."""
        counts = self.counts.setdefault(stage, [0, 0])
        counts[0] += n_in
        counts[1] += n_out
        self.reasons.setdefault(stage, Counter()).update(reasons)

    def add(self, other: Funnel) -> None:
        """Add what happened to other series."""
        for stage, (n_in, n_out) in other.counts.items():
            self.note(stage, n_in, n_out, other.reasons[stage])
        self.removed += other.removed

    def take(
        self, stage: str, view: View, candidates: list[Candidate], split: Split
    ) -> list[Candidate]:
        """Record what a stage removed, and return what it kept."""
        signals = view.signals
        for c, reason in split.removed:
            self.removed.append(
                {"series": signals.ids[c.row], "subject": signals.key(c.row, "subject"),
                 "metric": signals.key(c.row, "metric"), "change_index": view.out(c).index,
                 "stage": stage, "reason": reason}
            )  # fmt: skip
        reasons = Counter(reason for _, reason in split.removed)
        self.note(stage, len(candidates), len(split.kept), reasons)
        return split.kept

    def table(self) -> pd.DataFrame:
        """Return one row a stage."""
        rows = [
            (stage, *counts, "; ".join(
                f"{n} {reason}" for reason, n in self.reasons[stage].most_common() if n
            ))
            for stage, counts in self.counts.items()
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["stage", "n_in", "n_out", "removed"])
