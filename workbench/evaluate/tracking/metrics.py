"""What a variant scored, as metrics: those to read first, and intervals under names of their own.

`test/correct` and its like are of the half that no skill was written on, `train/` of the
other. `test interval/correct_low` and `_high` are 95 %, `_n` the cases that a score says
something of. `over the cases/` is how a rate of that half settles, in an order of chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from workbench.evaluate.compare import halves_of
from workbench.evaluate.scorers import SCORERS
from workbench.evaluate.summary import summarise
from workbench.evaluate.tracking.records import MetricRecord
from workbench.measures import MEASURES

NEWEST_FIRST = "newest first"
"""By which the table of variants is sorted."""
_PLACES = 4
"""After the point of a ratio: pages show all that there are."""
_POINTS = 40
"""Of a curve over the cases, at most."""
_COUNTS = ("correct", "false_accusation", "top1")
_FIRST = (*_COUNTS, "macro_f1", "aurc", "harm_rate", "time_to_diagnosis", "median_seconds")
_RATES = [*(name for name in SCORERS if MEASURES[name].is_rate), "harm_rate", "help_rate"]
_INTERVAL = {f"{name}_{end}" for name in _RATES for end in ("low", "high", "n")} - {
    "top1_n", "harm_rate_n"  # which counts are of
}  # fmt: skip


def metrics_of(results: pd.DataFrame, floor: pd.DataFrame) -> Iterator[MetricRecord]:
    """Yield what one variant scored, of each half, and over the cases as they come.

    Parameters
    ----------
    results : pandas.DataFrame
        Its rows, as `load_results` gives them.
    floor : pandas.DataFrame
        Those of the floor without skills.
    """
    parts = dict(halves_of(results))
    told = {half: _scores(rows, floor) for half, rows in parts.items()}
    for half, scores in told.items():
        for name in sorted(scores.keys() - _INTERVAL, key=_place):
            yield MetricRecord(name=f"{half}/{name}", value=scores[name])
    half = "test" if "test" in told else next(iter(told))
    for name in sorted(told[half].keys() & _INTERVAL):
        yield MetricRecord(name=f"{half} interval/{name}", value=told[half][name])
    yield from _over_the_cases(parts[half])


def order_of(results: pd.DataFrame, began_ms: int) -> MetricRecord:
    """Return what rows are sorted by: the newest evaluation first, the most right first within it.

    Parameters
    ----------
    results : pandas.DataFrame
        The rows of one variant.
    began_ms : int
        When the evaluation began, Unix time.
    """
    held_out = results[results["split"] == "test"]
    ratio = float((held_out if len(held_out) else results)["correct"].mean())
    return MetricRecord(name=NEWEST_FIRST, value=began_ms // 60_000 + 0.9 * ratio)


def _scores(rows: pd.DataFrame, floor: pd.DataFrame) -> dict[str, float]:
    (summary,) = summarise(rows, floor).to_dict("records")
    told = {
        str(name): round(float(value), _PLACES)
        for name, value in summary.items()
        if isinstance(value, int | float) and math.isfinite(value)
    }
    for name in _COUNTS:
        told[f"n_{name}"] = float(rows.groupby("case")[name].mean().dropna().sum())
    if summary["harm_rate_n"]:
        told["n_harmed"] = round(summary["harm_rate"] * summary["harm_rate_n"], _PLACES)
    return told


def _place(name: str) -> tuple[int, str]:
    """Return where a metric stands: those to read first, then by name."""
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), name


def _over_the_cases(results: pd.DataFrame) -> Iterator[MetricRecord]:
    """Yield how a rate settles as cases come in an order of chance, the last point with all."""
    for name in ("correct", "false_accusation"):
        shuffled = results.groupby("case")[name].mean().sample(frac=1, random_state=0)
        so_far = shuffled.expanding().mean()
        every = max(1, len(so_far) // _POINTS)
        for step in range(len(so_far) % every or every, len(so_far) + 1, every):
            value = round(float(so_far.iloc[step - 1]), _PLACES)
            yield MetricRecord(name=f"over the cases/{name}", value=value, step=step)
