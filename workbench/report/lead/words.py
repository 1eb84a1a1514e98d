"""The sentences of a lead's report, with their numbers."""

from __future__ import annotations

import math

from workbench.measures import Curve, Rate
from workbench.report.lead.figures import MARKS
from workbench.report.lead.times import EVALUATED, LIVE
from workbench.report.lead.units import format_duration, format_rate_interval
from workbench.report.lead.view import LeadView, half_words
from workbench.report.units import format_percent
from workbench.views.words import counted

_LONG_WORDS = {"30 min": "30 minutes", "10 h": "10 hours"}

_NOUNS = {
    LIVE: ("solve with a regression", "solves with a regression"),
    EVALUATED: ("answer in an evaluation", "answers in evaluations"),
}


def headline(view: LeadView) -> str:
    """Return the state of things in one or two sentences."""
    told = []
    if view.head:
        told.append(
            f"Of {counted(view.head.right.n, 'case')} {rate_words(view.head.right)} "
            f"{'was' if view.head.right.n == 1 else 'were'} answered right, and in "
            f"{rate_words(view.head.accused)} somebody was accused wrongly: "
            f"{half_words(view.half)}, by {view.head.name}."
        )
    if view.n_solves:
        solves = counted(view.n_solves, "solve")
        told.append(
            f"Of {solves} that {'was' if view.n_solves == 1 else 'were'} asked for, "
            f"{view.n_verified:,} ended in a verified fix; {view.n_recovered:,} "
            f"{'fix is' if view.n_recovered == 1 else 'fixes are'} approved, and {view.n_open:,} "
            f"{'solve waits' if view.n_open == 1 else 'solves wait'} for a person."
        )
    return " ".join(told)


def group_words(group: str, n: int) -> str:
    """Return how many there are in a group of times."""
    return counted(n, *_NOUNS[group])


def rate_words(rate: Rate) -> str:
    """Return a rate with its interval: `97.5 % (95.6 to 98.7 %)`."""
    interval = format_rate_interval(rate)
    return f"{format_percent(rate.ratio)} ({interval})" if interval else format_percent(rate.ratio)


def time_words(group: str, curve: Curve) -> str:
    """Return how soon what is in a group of times was diagnosed."""
    n = group_words(group, curve.n)
    if not curve.n_diagnosed:
        return f"Of {n} none was diagnosed."
    half = f" half were diagnosed within {format_duration(curve.median_seconds)};"
    if math.isnan(curve.median_seconds):
        half = " fewer than half were diagnosed;"
    within = [
        f"{rate_words(curve.within(seconds))} within {_LONG_WORDS[label]}"
        for seconds, label in MARKS
    ]
    n_never = curve.n - curve.n_diagnosed
    never = f" Not diagnosed: {n_never:,}." if n_never else ""
    return f"Of {n}{half if curve.n > 1 else ':'} {', '.join(within)}.{never}"
