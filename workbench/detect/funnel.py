"""The funnel: series -> candidates -> regressions, each stage a filter that keeps its reasons.

    screen -> significance -> localise -> went away -> seasonality    each series (`changes`)
    -> threshold -> cost shift -> merge                               all that it is part of

A candidate is not yet a regression: it is a change point of one series that may still be removed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from workbench.detect.config import DetectConfig
from workbench.detect.explain import Explainer
from workbench.detect.noise.background import Background
from workbench.detect.noise.screen import filled
from workbench.detect.parts import Seen, look_at_all, look_at_parts
from workbench.detect.stages.changes import REMOVED
from workbench.detect.stages.cost_shift import cost_shift
from workbench.detect.stages.domains import Domains
from workbench.detect.stages.filters import adjusted, threshold
from workbench.detect.stages.localise import Candidate
from workbench.detect.stages.merge import merge
from workbench.detect.views import View
from workbench.errors import SignalError
from workbench.types import (
    Change,
    Detection,
    Regression,
    SeriesMatrix,
    SeriesParts,
    Stacks,
)
from workbench.types.signals import Signals, read_signals

_NORMAL_95 = 1.96
_NEW = 0.01
"""A level before that is at most this part of a change, and within its error, is none."""
_SIGMAS = 3.0


def detect(
    series: SeriesMatrix | SeriesParts | pd.DataFrame | Any,
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
    series : SeriesMatrix, SeriesParts, DataFrame or array
        Series over the same windows, oldest first; NaN where a window has no value. An array is
        (n_series, n_windows). A table has one row a series, or one a time; or one a value, with
        `value`, `at` and `subject` as stores give them. Parts
        (`workbench.ingest.series.open_series`) are read while others are judged.
    changes : sequence of Change, optional
        What was deployed: cost that moved among what one of them touched is no regression.
    stacks : Stacks, optional
        Of one service, over the same windows. Tells callers from callees: cost that moved within a
        caller is no regression, and what moved together is told as one.
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
        Where it cannot be made out what is a series, a value is infinite, or stacks are over other
        windows.
    """
    config = config or DetectConfig()
    if not isinstance(config, DetectConfig):
        raise SignalError(f"expected a DetectConfig, got {type(config).__name__}")
    if stacks is not None and not isinstance(stacks, Stacks):
        raise SignalError(f"expected Stacks, got {type(stacks).__name__}")
    if alerts_per_1000_series is not None:
        config = replace(config, alerts_per_1000_series=alerts_per_1000_series)
    if isinstance(series, SeriesParts):
        seen = look_at_parts(series, config, background)
    else:
        seen = look_at_all(read_signals(series), config, background)
    return _conclude(seen, stacks, changes or (), config)


def _conclude(
    seen: Seen, stacks: Stacks | None, changes: Sequence[Change], config: DetectConfig
) -> Detection:
    """Tell regressions among what changed, by all that the series are part of."""
    signals, funnel, kept = seen.signals, seen.funnel, seen.kept
    if stacks is not None and stacks.values.shape[1] != signals.n_windows:
        raise SignalError(
            f"expected stacks over the {signals.n_windows} windows of the series, got "
            f"{stacks.values.shape[1]}"
        )
    if stacks is not None and not stacks.values.nnz:
        stacks = None  # nothing was seen in any
    worth, whole = _Worth(signals, config), View.of_all(signals)
    large = threshold(kept, config, worth.metric, worth.total, worth.watts)
    kept = funnel.take("threshold", whole, kept, large)
    domains = Domains(signals, seen.background, stacks, changes, config, [*kept, *seen.passed])
    kept = funnel.take("cost shift", whole, kept, cost_shift(kept, domains))
    kept = funnel.take("merge", whole, kept, merge(kept, signals, domains, config))
    p_values = adjusted([c.p_value for c in kept], seen.n_series)
    found = [
        _regression(replace(c, p_value=p_value), signals, worth, domains)
        for c, p_value in zip(kept, p_values, strict=True)
    ]
    found.sort(key=lambda r: -abs(r.absolute_delta))
    is_worse = [config.is_worse(r.absolute_delta, r.metric, r.subject) for r in found]
    return Detection(
        found=tuple(r for r, worse in zip(found, is_worse, strict=True) if worse),
        gains=tuple(r for r, worse in zip(found, is_worse, strict=True) if not worse),
        funnel=funnel.table(),
        removed=pd.DataFrame(funnel.removed, columns=REMOVED),
        explainer=Explainer(signals, seen.background, config, seen.parts),
    )


def _is_new(c: Candidate, signals: Signals) -> bool:
    """Tell whether there was nothing before a change."""
    values = signals.values[c.row, c.start : c.index]
    values = values[np.isfinite(values)]
    if not len(values) or abs(c.before) > _NEW * abs(c.delta):
        return False
    return bool(abs(values.mean()) <= _SIGMAS * values.std() / np.sqrt(len(values)))


@dataclass(frozen=True, slots=True)
class _Worth:
    """What a change of level is worth."""

    signals: Signals
    config: DetectConfig

    def metric(self, c: Candidate) -> str:
        return self.signals.key(c.row, "metric")

    def total(self, c: Candidate) -> float:
        """Return what 100 % of the service is, before a change; 0 where that is not known."""
        if self.metric(c) in {"gcpu", "self_gcpu"}:
            return 1.0
        if self.metric(c) != "cost":
            return 0.0
        row = self.signals.totals.get(self.signals.key(c.row, "service"))
        if row is None:
            return 0.0
        return float(np.median(filled(self.signals.values[[row]])[0, : c.index]))

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
    before = 0.0 if _is_new(c, signals) else c.before
    return Regression(
        id=f"R-{blake2b(name.encode(), digest_size=4).hexdigest()}", subject=subject,
        metric=metric, change_index=c.index, change_index_low=c.low, change_index_high=c.high,
        before=before, after=c.after, p_value=c.p_value, merged=c.merged,
        is_sure=domains.is_sure(c), series=series, service=service, kind=c.kind,
        delta_low=c.delta - _NORMAL_95 * c.error, delta_high=c.delta + _NORMAL_95 * c.error,
        at=at[0], at_low=at[1], at_high=at[2], watts=worth.watts(c),
    )  # fmt: skip
