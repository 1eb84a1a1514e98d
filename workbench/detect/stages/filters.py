"""The stages between a change of level and a regression; each keeps some and says why not others.

A stage takes candidates and returns those it keeps and those it removes, each with a reason; what
it is given it leaves as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np

from workbench.detect.config import DetectConfig
from workbench.detect.noise.design import Layout
from workbench.detect.stages.localise import Candidate

_BACK = 0.5
"""A change went away where less than this part of it is left."""


class Split(NamedTuple):
    """What a stage did."""

    kept: list[Candidate]
    removed: list[tuple[Candidate, str]]
    """With the reason."""


def split(candidates: Iterable[Candidate], reason: Callable[[Candidate], str]) -> Split:
    """Keep the candidates for which `reason` has nothing to say."""
    told = [(candidate, reason(candidate)) for candidate in candidates]
    return Split([c for c, why in told if not why], [(c, why) for c, why in told if why])


def significant(candidates: list[Candidate], alpha: float) -> Split:
    """Remove what chance explains."""
    reason = f"chance alone does as much in more than {1000 * alpha:.2g} of 1,000 series"
    return split(candidates, lambda c: "" if c.p_value <= alpha else reason)


def went_away(
    candidates: list[Candidate], layout: Layout, is_worse: Callable[[Candidate], bool]
) -> Split:
    """Remove transients: steps that were undone, and what has not been seen for long enough.

    Of the steps of one series first those go that made it worse and were undone, the nearest first,
    then those that made it better; and the last, where the series ends near the level it had
    before. What was better in more windows than not is the rule and no exception, so that its end
    is a regression.
    """
    by_row = defaultdict(list)
    for candidate in candidates:
        by_row[candidate.row].append(candidate)
    reasons: dict[Candidate, str] = {}
    fewest = (layout.edge - 1) * layout.block
    for changes in by_row.values():
        left = _without_undone(changes, is_worse, reasons)
        is_rule = partial(_is_rule, changes)
        left = _without_undone(left, lambda c: not is_worse(c), reasons, keeps_end=is_rule)
        _tell_unsettled(left, fewest, layout.n_windows, reasons)
    return split(candidates, lambda c: reasons.get(c, ""))


def _is_rule(changes: list[Candidate], first: Candidate, second: Candidate) -> bool:
    """Tell whether most windows up to a second change were nearer the level after a first one than
    that before it.
    """
    starts = [0, *(c.index for c in changes), second.index]
    levels = [changes[0].before, *(c.after for c in changes)]
    middle, n_nearer = (first.before + first.after) / 2, 0
    for start, end, level in zip(starts[:-1], starts[1:], levels, strict=True):
        if start < second.index and (level > middle) == (first.after > middle):
            n_nearer += min(end, second.index) - start
    return 2 * n_nearer > second.index


def _without_undone(
    changes: list[Candidate], begins: Callable[[Candidate], bool], reasons: dict[Candidate, str],
    keeps_end: Callable[[Candidate, Candidate], bool] = lambda *_: False,
) -> list[Candidate]:  # fmt: skip
    """Return steps without those that were undone, and tell the reasons of these."""
    left = list(changes)
    i = 0
    while i + 1 < len(left):
        first, second = left[i], left[i + 1]
        net = abs(second.after - first.before)
        smaller = min(abs(first.delta), abs(second.delta))
        is_undone = first.delta * second.delta < 0 and net < _BACK * smaller
        if not is_undone or not begins(first):
            i += 1
            continue
        reasons[first] = "went away again"
        if keeps_end(first, second):
            del left[i]
        else:
            reasons[second] = "only the end of what went away again"
            del left[i : i + 2]
        i = max(i - 1, 0)
    return left


def _tell_unsettled(
    left: list[Candidate], fewest: int, n_windows: int, reasons: dict[Candidate, str]
) -> None:
    """Tell which steps were not seen for long enough."""
    for change in left:
        is_last = change is left[-1]
        if is_last and abs(change.latest - change.before) < _BACK * abs(change.delta):
            reasons[change] = "went away again"
        elif change.kind == "step" and n_windows - change.index <= fewest:
            reasons[change] = f"seen for {fewest} windows or fewer, it may go away again"
        elif change.kind == "step" and change.index <= fewest:
            reasons[change] = f"after {fewest} windows or fewer, too few to tell a level by"


def threshold(
    candidates: list[Candidate],
    config: DetectConfig,
    metric: Callable[[Candidate], str],
    total: Callable[[Candidate], float],
    watts: Callable[[Candidate], float | None],
) -> Split:
    """Remove what is too small to matter: of its own level, of the service, or in watts."""

    def reason(c: Candidate) -> str:
        size = abs(c.delta)
        if c.before and size < config.min_relative * abs(c.before):
            return f"changed by less than {100 * config.min_relative:g} %"
        if metric(c) in {"gcpu", "self_gcpu"} and size < config.min_absolute:
            return f"changed by less than {100 * config.min_absolute:g} % of the service"
        if size < config.min_share * total(c):
            return f"changed by less than {100 * config.min_share:g} % of the service"
        power = watts(c)
        if power is not None and abs(power) < config.min_watts:
            return f"changed by less than {config.min_watts:g} watts"
        return ""

    return split(candidates, reason)


def adjusted(p_values: list[float], n_series: int) -> list[float]:
    """Return p-values corrected for the number of series (Benjamini and Hochberg, 1995)."""
    order = np.argsort(p_values)[::-1]
    ranks = np.arange(len(p_values), 0, -1)
    scaled = np.minimum.accumulate(np.array(p_values)[order] * max(n_series, 1) / ranks)
    result = np.empty(len(p_values))
    result[order] = np.minimum(scaled, 1.0)
    return [float(value) for value in result]
