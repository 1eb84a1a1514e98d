"""How right many answers are together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluate.bank.categories import KINDS, names_category
from workbench.evaluate.scorers import SCORERS
from workbench.measures import LIMIT_S, MEASURES, NO_SKILLS, RiskCurve, rate_of, risk_curve

NOBODY = "nobody"
"""Category of an answer that names nobody, and of a case without a culprit."""
COVERAGE = 0.8


def summarise(results: pd.DataFrame, floor: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how each variant did.

    Parameters
    ----------
    results : pandas.DataFrame
        As `load_results` gives them.
    floor : pandas.DataFrame, optional
        Of the floor without skills, on the same cases. Default: what results have of it.

    Returns
    -------
    pandas.DataFrame
        One row a `variant` and `model`, in the order they come: `n_cases`, `n_answers`,
        `n_failed`; the mean of each score, of rates with `_low` and `_high` (95 %, Wilson, by
        case) and `_n` (cases it says something of); `aurc`, `risk_at_80` (part of the surest
        80 % that is wrong), `macro_f1`; `harm_rate` and `help_rate` beside the floor without
        skills, each with `_low`, `_high` and `_n`; `median_seconds` of all answers, and
        `time_to_diagnosis`, the median of cases with a culprit, where what is unsolved is censored
        (NaN where fewer than half are solved); `tokens` and `dollars` of a case. Of epochs of a
        case the mean counts, of times to diagnosis their median.
    """
    beside = results[results["variant"] == NO_SKILLS] if floor is None else floor
    without = case_values(beside, "correct")
    groups = results.groupby(["variant", "model"], sort=False)
    rows = [
        {
            "variant": variant, "model": model,
            **_summary(rows, without if variant != NO_SKILLS else without.iloc[:0]),
        }
        for (variant, model), rows in groups
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _summary(rows: pd.DataFrame, floor: pd.Series[float]) -> dict[str, Any]:
    answered = rows[rows["said_failure"] == ""]
    told: dict[str, Any] = {
        "n_cases": rows["case"].nunique(), "n_answers": len(rows),
        "n_failed": len(rows) - len(answered),
    }  # fmt: skip
    for name in SCORERS:
        by_case = case_values(rows, name)
        told[name] = _middle(name, by_case)
        if MEASURES[name].is_rate:
            told |= _rate(name, float(by_case.sum()), len(by_case))
    risk = _risk(rows)
    both = case_values(rows, "correct").to_frame("after").join(floor.rename("before"), how="inner")
    was, now = both["before"], both["after"]
    return told | {
        "aurc": risk.area, "risk_at_80": risk.at(COVERAGE), "macro_f1": _macro_f1(rows),
        **_rate("harm_rate", float((was - np.minimum(was, now)).sum()), float(was.sum())),
        **_rate("help_rate", float((now - np.minimum(was, now)).sum()), float((1 - was).sum())),
        "median_seconds": float(rows["seconds"].median()),
        "tokens": _mean(rows, "tokens"), "dollars": _mean(rows, "dollars"),
    }  # fmt: skip


def risk_curves(results: pd.DataFrame) -> dict[str, RiskCurve]:
    """Return the risk over coverage of each `VARIANT (MODEL)`, of what `load_results` gives."""
    groups = results.groupby(["variant", "model"], sort=False)
    return {f"{variant} ({model})": _risk(rows) for (variant, model), rows in groups}


def _risk(rows: pd.DataFrame) -> RiskCurve:
    """Return the curve of answers: no answer is wrong, and the least sure."""
    return risk_curve(rows["said_confidence"], rows["correct"], rows["said_failure"] != "")


def _rate(name: str, k: float, n: float) -> dict[str, float]:
    """Return a rate of n under its name, with its interval."""
    told = rate_of(k, n)
    return {
        name: told.ratio, f"{name}_low": told.low, f"{name}_high": told.high, f"{name}_n": told.n
    }  # fmt: skip


def _middle(name: str, by_case: pd.Series[float]) -> float:
    if by_case.empty:
        return math.nan
    if MEASURES[name].limit is None:
        return float(by_case.mean())
    median = float(by_case.quantile(0.5, interpolation="lower"))  # by then half are
    return median if median < LIMIT_S else math.nan


def case_values(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return a measure of each case that it says something of: the mean of its epochs.

    Of times to diagnosis their lower median, as a mean of what may be never is nothing.
    """
    if name not in rows:
        return pd.Series(dtype=float)
    epochs = rows.groupby("case")[name]
    is_limited = MEASURES[name].limit is not None
    values = epochs.quantile(0.5, interpolation="lower") if is_limited else epochs.mean()
    return values.dropna()


def _mean(rows: pd.DataFrame, name: str) -> float:
    return float(rows[name].mean()) if name in rows else float("nan")


def _macro_f1(rows: pd.DataFrame) -> float:
    is_known = rows["case_culprit"] == "known"
    truths = rows["case_category"].where(is_known, NOBODY)
    said = rows["said_category"].where(rows["said_change_id"] != "", NOBODY)
    said = said.where(rows["said_failure"] == "", "")
    return macro_f1(truths.tolist(), said.tolist())["macro"]


def macro_f1(truths: Sequence[str], said: Sequence[str]) -> Mapping[str, float]:
    """Return F1 of each category of cause, and their mean as `macro`.

    An answer may call a cause by any of the names that fit it; one that fits none is a false one
    of the category that it would fit. Cases of a category without such names are left out. Who
    was named does not count here.

    Parameters
    ----------
    truths : sequence of str
        (n,) category of each case; `nobody` for one without a culprit.
    said : sequence of str
        (n,) category that was named; `nobody` where nobody was, empty where there is no answer.
    """
    hit, said_of, truth_of = Counter[str](), Counter[str](), Counter[str]()
    for truth, category in zip(truths, said, strict=True):
        if truth != NOBODY and truth not in KINDS:
            continue
        is_hit = category == truth if truth == NOBODY else bool(names_category(truth, category))
        truth_of[truth] += 1
        hit[truth] += is_hit
        said_of[truth if is_hit else _fitting(category)] += 1
    scores = {
        category: 2 * hit[category] / (truth_of[category] + said_of[category])
        for category in sorted(truth_of)
    }
    return scores | {"macro": float(np.mean([*scores.values()])) if scores else float("nan")}


def _fitting(said: str) -> str:
    """Return the category of cases that an answer would be right about, as far as can be told."""
    fitting = (name for name, kind in KINDS.items() if said in kind.categories)
    return next(fitting, said)
