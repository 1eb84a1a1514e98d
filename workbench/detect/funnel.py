"""The funnel: series -> candidates -> regressions, each stage a filter that keeps its reasons.

    screen -> localise -> went away -> seasonality -> threshold -> cost shift -> merge

A candidate is not yet a regression: it is a change point of one series that may still be removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from workbench.detect.background import Background, find_background
from workbench.detect.config import DetectConfig
from workbench.detect.cost_shift import Domains, cost_shift
from workbench.detect.explain import Explainer
from workbench.detect.filters import Split, adjusted, significant, threshold, went_away
from workbench.detect.inputs import Signals, read_signals
from workbench.detect.localise import Candidate, localise
from workbench.detect.merge import merge
from workbench.detect.screen import filled, look_closely, screen
from workbench.detect.seasonality import seasonality
from workbench.detect.views import View, split_views
from workbench.errors import SignalError
from workbench.types import SERVICE, BoolArray, Change, Detection, Regression, SeriesMatrix, Stacks

_NORMAL_95 = 1.96
_REMOVED = ["series", "subject", "metric", "change_index", "stage", "reason"]


def detect(
    series: SeriesMatrix | pd.DataFrame | Any,
    *,
    changes: Sequence[Change] | None = None,
    stacks: Stacks | None = None,
    config: DetectConfig | None = None,
    alerts_per_1000_series: float | None = None,
    background: Background | None = None,
) -> Detection:
    """Find regressions among many series.

    Parameters
    ----------
    series : SeriesMatrix, DataFrame or array
        Series over the same windows, oldest first; NaN where a window has no value. An array is
        (n_series, n_windows). A table has one row a series, or one a time; or one a value, with
        `value`, `at` and `subject` as stores give them.
    changes : sequence of Change, optional
        What was deployed: cost that moved among what one of them touched is no regression.
    stacks : Stacks, optional
        Tells callers from callees: cost that moved within a caller is no regression, and what moved
        together is told as one.
    config : DetectConfig, optional
        What counts as a regression.
    alerts_per_1000_series : float, optional
        Budget of false alerts; takes the place of what `config` says.
    background : Background, optional
        What series of this kind have in common, found before. Default: found in these.

    Returns
    -------
    Detection
        Regressions and improvements, largest first, with the funnel.

    Raises
    ------
    SignalError
        Where it cannot be made out what is a series, or a value is infinite.
    """
    config = config or DetectConfig()
    if alerts_per_1000_series is not None:
        config = replace(config, alerts_per_1000_series=alerts_per_1000_series)
    signals = read_signals(series)
    funnel = Funnel()
    views = split_views(signals)
    kept: list[Candidate] = []
    for view in views:
        own = background if background is not None and view.is_whole else None
        if own is None:
            own = find_background(view.signals)
        if background is None and view.is_whole:
            background = own
        kept += [view.out(c) for c in _changes(view, own, config, funnel)]
    if not views:
        raise SignalError("expected a series with at least 10 values, found none")
    n_left = len(signals.values) - sum(len(view.rows) for view in views)
    funnel.note("screen", n_left, 0, {"fewer than 10 values": n_left})
    background = background or find_background(signals)
    worth = _Worth(signals, config)
    whole = View.of_all(signals)
    large = threshold(kept, config, worth.metric, worth.total, worth.watts)
    kept = funnel.take("threshold", whole, kept, large)
    domains = Domains(signals, background, stacks, changes or (), config)
    kept = funnel.take("cost shift", whole, kept, cost_shift(kept, domains))
    kept = funnel.take("merge", whole, kept, merge(kept, signals, domains, config))
    p_values = adjusted([c.p_value for c in kept], len(signals.values))
    found = [
        _regression(replace(c, p_value=p_value), signals, worth, domains)
        for c, p_value in zip(kept, p_values, strict=True)
    ]
    found.sort(key=lambda r: -abs(r.absolute_delta))
    is_worse = [(r.absolute_delta > 0) != (r.metric in config.lower_is_worse) for r in found]
    return Detection(
        found=tuple(r for r, worse in zip(found, is_worse, strict=True) if worse),
        gains=tuple(r for r, worse in zip(found, is_worse, strict=True) if not worse),
        funnel=funnel.table(),
        removed=pd.DataFrame(funnel.removed, columns=_REMOVED),
        explainer=Explainer(signals, background, config),
    )


def _changes(
    view: View, background: Background, config: DetectConfig, funnel: Funnel
) -> list[Candidate]:
    """Return what lastingly changed in series with the same windows."""
    signals, layout = view.signals, background.design.layout
    kept = _candidates(view, background, config, funnel)
    kept = funnel.take("went away", view, kept, went_away(kept, layout))
    seasonal = seasonality(kept, signals, background, config)
    return funnel.take("seasonality", view, kept, seasonal)


def _candidates(
    view: View, background: Background, config: DetectConfig, funnel: Funnel
) -> list[Candidate]:
    """Screen all series, look closely at some, and localise what is in them."""
    signals = view.signals
    n_series = len(signals.values)
    alpha = config.alerts_per_1000_series / 1000
    otherwise = _judged_otherwise(signals)
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
        f"chance alone does as much in more than {config.alerts_per_1000_series:g} of 1,000":
            n_by_chance,
    })  # fmt: skip
    return funnel.take("localise", view, candidates, significant(candidates, alpha))


def _judged_otherwise(signals: Signals) -> BoolArray:
    """Return which series are shares of a subject that has a cost, which is judged instead."""
    if signals.keys is None:
        return np.zeros(len(signals.values), dtype=np.bool_)
    keys = signals.keys
    costs = {*keys.loc[keys["metric"] == "cost", ["service", "subject"]].itertuples(index=False)}
    names = keys[["service", "subject"]].itertuples(index=False)
    is_share = keys["metric"].isin(["gcpu", "self_gcpu"]).to_numpy()
    return np.array([tuple(name) in costs for name in names], dtype=np.bool_) & is_share


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


@dataclass(frozen=True, slots=True)
class _Worth:
    """What a change of level is worth."""

    signals: Signals
    config: DetectConfig

    def metric(self, c: Candidate) -> str:
        return self.signals.key(c.row, "metric")

    def total(self, c: Candidate) -> float:
        """Return what 100 % of the service is, before a change; 1 where it has no cost."""
        keys = self.signals.keys
        if keys is None or self.metric(c) != "cost":
            return 1.0
        rows = np.flatnonzero((keys["subject"] == SERVICE) & (keys["metric"] == "cost"))
        return float(np.nanmedian(self.signals.values[rows[0], : c.index])) if len(rows) else 0.0

    def watts(self, c: Candidate) -> float | None:
        """Return the power a change takes; None where that is not known."""
        power = self.config.service_watts
        if isinstance(power, (int, float)) or power is None:
            whole = power
        else:
            whole = power.get(self.signals.key(c.row, "service"))
        if whole is None or self.metric(c) not in {"gcpu", "self_gcpu", "cost"}:
            return None
        total = self.total(c)
        return whole * c.delta / total if total else None


def _regression(c: Candidate, signals: Signals, worth: _Worth, domains: Domains) -> Regression:
    service, subject = signals.key(c.row, "service"), signals.key(c.row, "subject")
    metric = signals.key(c.row, "metric")
    name = "\0".join([service, subject, metric, str(c.index)])
    at = [None if signals.times is None else signals.times[i] for i in (c.index, c.low, c.high)]
    series: Hashable = signals.ids[c.row]
    return Regression(
        id=f"R-{blake2b(name.encode(), digest_size=4).hexdigest()}", subject=subject,
        metric=metric, change_index=c.index, change_index_low=c.low, change_index_high=c.high,
        before=c.before, after=c.after, p_value=c.p_value, merged=c.merged,
        is_sure=domains.is_sure(c), series=series, service=service, kind=c.kind,
        delta_low=c.delta - _NORMAL_95 * c.error, delta_high=c.delta + _NORMAL_95 * c.error,
        at=at[0], at_low=at[1], at_high=at[2], watts=worth.watts(c),
    )  # fmt: skip
