"""The funnel: series -> candidates -> regressions, each stage a filter that keeps its reasons.

    screen -> localise -> went away -> threshold -> significance -> cost shift -> merge

A candidate is not yet a regression: it is a change point of one series that may still be removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import pandas as pd
from scipy import sparse, stats

from workbench.detect.change_points import change_points
from workbench.detect.merge import merge_candidates
from workbench.detect.shift import Domains
from workbench.types import SERVICE, Detection, FloatArray, Regression, SeriesMatrix


@dataclass(frozen=True, slots=True)
class DetectConfig:
    """What counts as a regression."""

    min_size: int = 5
    """Fewest windows on either side of a change."""
    min_relative: float = 0.05
    """Smallest change, as a fraction of the subject's level before."""
    min_share: float = 0.01
    """Smallest change, as a fraction of the whole service."""
    alpha: float = 0.01
    """Largest p-value, after correction for all series and positions looked at."""
    min_total_ratio: float = 0.5
    """A step counts as real where what contains the function moved by at least this part of it,
    or the service moved beyond doubt, in the same direction; else cost only moved."""
    same_change: int = 2
    """Change points this many windows apart are one change."""
    keep_open: bool = False
    """Whether to keep, as not sure, what the service's total is too noisy to confirm or refute:
    for who can find out by an experiment."""
    total_ratio: float | None = None
    """What an experiment told: the service's cost now as a multiple of that before."""


@dataclass(slots=True)
class Candidate:
    """A change point of one series on its way through the funnel."""

    row: int
    subject: str
    metric: str
    index: int
    low: int
    high: int
    before: FloatArray = field(repr=False)
    after: FloatArray = field(repr=False)
    origin: float = 0.0
    """Level of the very first segment of the series."""
    p_value: float = 1.0
    merged: tuple[str, ...] = ()

    @property
    def delta(self) -> float:
        """Change of level, in the metric's unit."""
        return float(np.median(self.after) - np.median(self.before))


class Funnel:
    """Counts what goes into and out of each stage."""

    def __init__(self) -> None:
        self.stages: list[dict[str, object]] = []
        self.removed: list[dict[str, object]] = []

    def note(self, stage: str, n_in: int, n_out: int, reasons: Iterable[str]) -> None:
        """Record one stage."""
        told = "; ".join(f"{n} {reason}" for reason, n in Counter(reasons).most_common())
        self.stages.append({"stage": stage, "n_in": n_in, "n_out": n_out, "removed": told})

    def filter(
        self, stage: str, candidates: list[Candidate], reason: Callable[[Candidate], str]
    ) -> list[Candidate]:
        """Keep the candidates for which `reason` has nothing to say."""
        verdicts = [(candidate, reason(candidate)) for candidate in candidates]
        kept = [candidate for candidate, why in verdicts if not why]
        for candidate, why in verdicts:
            if why:
                self.removed.append(
                    {"subject": candidate.subject, "metric": candidate.metric,
                     "change_index": candidate.index, "stage": stage, "reason": why}
                )  # fmt: skip
        self.note(stage, len(candidates), len(kept), (why for _, why in verdicts if why))
        return kept


def detect(
    series: SeriesMatrix,
    *,
    depths: sparse.csr_array | None = None,
    stack_values: sparse.csr_array | None = None,
    config: DetectConfig | None = None,
) -> Detection:
    """Find regressions among many series.

    Parameters
    ----------
    series : SeriesMatrix
        Series of the functions of one service. Where a subject has a `cost`, its `gcpu` is not
        judged: its share moves whenever anything else does.
    depths : scipy.sparse.csr_array, optional
        (n_functions, n_stacks) how deep each function stands in each stack, 0 where it does not,
        in the order in which subjects first appear. With `stack_values` it tells callers from
        callees: cost that moved within a caller is none, and what moved together is told as one.
    stack_values : scipy.sparse.csr_array, optional
        (n_stacks, n_windows) of the metric judged.
    config : DetectConfig, optional
        What counts as a regression.

    Returns
    -------
    Detection
        Regressions and improvements, largest first, with the funnel.
    """
    config = config or DetectConfig()
    funnel = Funnel()
    rows = _screen(series, config, funnel)
    candidates = [c for row in rows if (c := _localise(series, row, config)) is not None]
    funnel.note(
        "localise",
        len(rows),
        len(candidates),
        ["no change of level"] * (len(rows) - len(candidates)),
    )
    level = _service_level(series)
    tests = max(1, len(rows)) * series.values.shape[1]

    def too_small(c: Candidate) -> str:
        base = float(np.median(c.before))
        if base and abs(c.delta) < config.min_relative * abs(base):
            return f"changed by less than {config.min_relative:.0%}"
        if abs(c.delta) < config.min_share * level(c.metric, c.index):
            return f"changed by less than {config.min_share:.0%} of the service"
        return ""

    def by_chance(c: Candidate) -> str:
        c.p_value = min(1.0, tests * _welch_p(c.before, c.after))
        return "" if c.p_value <= config.alpha else f"p above {config.alpha:g} after correction"

    candidates = funnel.filter("went away", candidates, _went_away)
    candidates = funnel.filter("threshold", candidates, too_small)
    candidates = funnel.filter("significance", candidates, by_chance)
    domains = Domains(series, depths, stack_values, config)
    candidates = funnel.filter("cost shift", candidates, domains.shift)
    merged = merge_candidates(candidates, series, depths, stack_values, config.same_change)
    funnel.note(
        "merge",
        len(candidates),
        len(merged),
        ["moved with a caller or callee"] * (len(candidates) - len(merged)),
    )
    ordered = sorted(merged, key=lambda c: -abs(c.delta))
    found = [_regression(c, is_sure=domains.is_sure(c)) for c in ordered]
    return Detection(
        regressions=tuple(r for r in found if r.absolute_delta > 0),
        improvements=tuple(r for r in found if r.absolute_delta < 0),
        funnel=pd.DataFrame(funnel.stages, columns=["stage", "n_in", "n_out", "removed"]),
        removed=pd.DataFrame(
            funnel.removed, columns=["subject", "metric", "change_index", "stage", "reason"]
        ),
    )


def _screen(series: SeriesMatrix, config: DetectConfig, funnel: Funnel) -> list[int]:
    """Leave out series that cannot matter: judged by cost instead, or always too small."""
    with_cost = {s for s, m in zip(series.subjects, series.metrics, strict=True) if m == "cost"}
    level = _service_level(series)
    rows, reasons = [], []
    for row, (subject, metric) in enumerate(zip(series.subjects, series.metrics, strict=True)):
        values = series.values[row]
        if metric != "cost" and subject in with_cost:
            reasons.append("shares, judged by cost instead")
        elif float(np.ptp(values)) < config.min_share * level(metric, values.size):
            reasons.append(f"never moved by {config.min_share:.0%} of the service")
        else:
            rows.append(row)
    funnel.note("screen", len(series.subjects), len(rows), reasons)
    return rows


def _localise(series: SeriesMatrix, row: int, config: DetectConfig) -> Candidate | None:
    """Return the largest step of a series, None where its level never changed."""
    values = series.values[row]
    points = change_points(values, min_size=config.min_size)
    if not points:
        return None
    edges = [0, *points, len(values)]
    steps = [
        abs(float(np.median(values[b:c]) - np.median(values[a:b])))
        for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    index = points[int(np.argmax(steps))]
    previous = edges[edges.index(index) - 1]
    low, high = _interval(values, previous, index, len(values))
    return Candidate(
        row, series.subjects[row], series.metrics[row], index, low, high,
        before=values[previous:index], after=values[index:],
        origin=float(np.median(values[: points[0]])),
    )  # fmt: skip


def _interval(values: FloatArray, start: int, index: int, end: int) -> tuple[int, int]:
    """Return where else the step could stand: within chi2(1) 95 % of the best squared error."""

    def error(k: int) -> float:
        return float(np.var(values[start:k]) * (k - start) + np.var(values[k:end]) * (end - k))

    noise = error(index) / max(1, end - start - 2)
    limit = error(index) + float(stats.chi2.ppf(0.95, 1)) * noise
    low = high = index
    while low - 1 > start and error(low - 1) <= limit:
        low -= 1
    while high + 1 < end and error(high + 1) <= limit:
        high += 1
    return low, high


def _went_away(c: Candidate) -> str:
    """A step is transient where the last windows are back near the level it all began with."""
    last = float(np.median(c.after[-max(3, len(c.after) // 4) :]))
    peak = float(np.median(c.after[: max(3, len(c.after) // 4)]))
    step = abs(peak - float(np.median(c.before)))
    return "went away again" if abs(last - c.origin) < 0.5 * step else ""


def _welch_p(before: FloatArray, after: FloatArray) -> float:
    spread = float(np.ptp(before) + np.ptp(after))
    return float(stats.ttest_ind(before, after, equal_var=False).pvalue) if spread else 0.0


def _service_level(series: SeriesMatrix) -> Callable[[str, int], float]:
    """Return a function that tells what 100 % of the service is: in a metric, before a window."""
    total = _total(series)

    def level(metric: str, end: int) -> float:
        return 1.0 if metric != "cost" or total is None else float(np.median(total[:end]))

    return level


def _total(series: SeriesMatrix) -> FloatArray | None:
    keys = list(zip(series.subjects, series.metrics, strict=True))
    return series.values[keys.index((SERVICE, "cost"))] if (SERVICE, "cost") in keys else None


def _regression(c: Candidate, *, is_sure: bool) -> Regression:
    digest = blake2b(f"{c.subject}\0{c.metric}\0{c.index}".encode(), digest_size=4).hexdigest()
    return Regression(
        id=f"R-{digest}", subject=c.subject, metric=c.metric, change_index=c.index,
        change_index_low=c.low, change_index_high=c.high, before=float(np.median(c.before)),
        after=float(np.median(c.after)), p_value=c.p_value, merged=c.merged, is_sure=is_sure,
    )  # fmt: skip
