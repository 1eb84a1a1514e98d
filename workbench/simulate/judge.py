"""What was reported of a simulated fleet, against what was planted in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from workbench.simulate.fleet import Fleet
from workbench.types import Regression


class Judged(NamedTuple):
    """How reports of regressions compare with the truth."""

    planted: int
    found: int
    """Planted ones that were reported."""
    false: int
    """Reports that are of none."""


def judge_reports(
    fleet: Fleet, service: str, reports: Sequence[Regression], *, near: int = 12
) -> Judged:
    """Count which planted regressions of a service were reported, and which reports are of none.

    A regression, or a drift, counts as reported where a report, or what moved with it, is of its
    function and may have begun within `near` windows of it.
    """
    truth = fleet.truth
    planted = truth[(truth["service"] == service) & truth["kind"].isin(["regression", "drift"])]
    names = [{report.subject, *report.merged} for report in reports]
    hits = [
        {
            number
            for number, report in enumerate(reports)
            if subject in names[number]
            and report.change_index_low - near <= index <= report.change_index_high + near
        }
        for subject, index in zip(planted["subject"], planted["change_index"], strict=True)
    ]
    n_true = len(set().union(*hits)) if hits else 0
    return Judged(len(planted), sum(map(bool, hits)), len(reports) - n_true)
