"""How right many answers are together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from workbench.evaluate.bank.categories import KINDS
from workbench.evaluate.scorers import SCORERS
from workbench.evaluate.variants import NO_SKILLS
from workbench.types import FloatArray

NOBODY = "nobody"
"""Category of an answer that names nobody, and of a case without a culprit."""
LIMIT_S = 36_000.0
"""At which a diagnosis is given up: the ten hours that M. Xu et al. tell of people by hand."""
COVERAGE = 0.8


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """Return how each variant did.

    Parameters
    ----------
    results : pandas.DataFrame
        As `load_results` gives them.

    Returns
    -------
    pandas.DataFrame
        One row a `variant` and `model`, in the order they come: `n_cases`, `n_answers`,
        `n_failed`; the mean of each score, of rates with `_low` and `_high` (95 %, Wilson, by
        case) and `_n` (cases it says something of); `aurc`, `risk_at_80` (part of the surest
        80 % that is wrong), `macro_f1`; `harm_rate` and `help_rate` beside the floor without
        skills; `median_seconds` of all answers, and `seconds_to_diagnosis`, the median of cases
        with a culprit, where what is unsolved is censored (NaN where fewer than half are solved);
        `tokens` and `dollars` of a case.
    """
    floor = _by_case(results[results["variant"] == NO_SKILLS], "correct")
    groups = results.groupby(["variant", "model"], sort=False)
    rows = [
        {"variant": variant, "model": model, **_summary(rows, floor)}
        for (variant, model), rows in groups
    ]
    return pd.DataFrame(rows)


def _summary(rows: pd.DataFrame, floor: pd.Series[float]) -> dict[str, Any]:
    answered = rows[rows["said_failure"] == ""]
    told: dict[str, Any] = {
        "n_cases": rows["case"].nunique(), "n_answers": len(rows),
        "n_failed": len(rows) - len(answered),
    }  # fmt: skip
    for name, scorer in SCORERS.items():
        by_case = _by_case(rows, name)
        told[name] = float(by_case.mean()) if len(by_case) else float("nan")
        if scorer.is_rate:
            low, high = wilson(told[name] * len(by_case), len(by_case))
            told |= {f"{name}_low": low, f"{name}_high": high, f"{name}_n": len(by_case)}
    # no answer is wrong, and the least sure
    sure = rows["said_confidence"].where(rows["said_failure"] == "", 0.0).tolist()
    right = rows["correct"].tolist()
    known = rows[rows["case_culprit"] == "known"]
    both = _by_case(rows, "correct").to_frame("after").join(floor.rename("before"), how="inner")
    harmed = harm_rate(both["before"].tolist(), both["after"].tolist())
    helped = harm_rate((1 - both["before"]).tolist(), (1 - both["after"]).tolist())
    return told | {
        "aurc": area_under_risk(sure, right) if sure else float("nan"),
        "risk_at_80": risk_at(COVERAGE, sure, right) if sure else float("nan"),
        "macro_f1": macro_f1(*_categories(rows))["macro"],
        "harm_rate": harmed, "help_rate": helped,
        "median_seconds": float(rows["seconds"].median()),
        "seconds_to_diagnosis": median_to_diagnosis(known["seconds"], known["correct"]),
        "tokens": _mean(rows, "tokens"), "dollars": _mean(rows, "dollars"),
    }  # fmt: skip


def _by_case(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return a score of each case that it says something of, the mean of its epochs."""
    if name not in rows:
        return pd.Series(dtype=float)
    return rows.groupby("case")[name].mean().dropna()


def _mean(rows: pd.DataFrame, name: str) -> float:
    return float(rows[name].mean()) if name in rows else float("nan")


def _categories(rows: pd.DataFrame) -> tuple[list[str], list[str], list[float]]:
    is_known = rows["case_culprit"] == "known"
    said = rows["said_category"].where(rows["said_change_id"] != "", NOBODY)
    return (
        rows["case_category"].where(is_known, NOBODY).tolist(), said.tolist(),
        rows["correct"].tolist(),
    )  # fmt: skip


def wilson(n_right: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate (E. B. Wilson, JASA 22, 1927); NaN of no case.

    Parameters
    ----------
    n_right : float
        Cases; not whole where epochs were averaged, which is rounded.
    n : int
        Of so many.
    """
    if not n:
        return float("nan"), float("nan")
    found = stats.binomtest(round(n_right), n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def time_to_diagnosis(
    seconds: Sequence[float] | pd.Series[float], corrects: Sequence[float] | pd.Series[float],
    limit_s: float = LIMIT_S,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return how long each answer took to be right, and 1 where that was seen.

    What is unsolved has no such time: it is censored when it was given up, at the limit.

    Parameters
    ----------
    seconds, corrects : sequence of float
        (n,) of each answer; NaN seconds where nothing was asked, which count as none.
    limit_s : float
        At which it is given up.
    """
    spent = np.nan_to_num(np.asarray(seconds, np.float64), nan=0.0)
    seen = (np.asarray(corrects, np.float64) > 0) & (spent <= limit_s)
    return np.where(seen, spent, limit_s), seen.astype(np.float64)


def median_to_diagnosis(
    seconds: Sequence[float] | pd.Series[float], corrects: Sequence[float] | pd.Series[float]
) -> float:
    """Return the time at which half are solved (E. L. Kaplan and P. Meier, JASA 53, 1958).

    NaN where fewer than half are.
    """
    times, seen = time_to_diagnosis(seconds, corrects)
    if not len(times) or seen.mean() < 0.5:
        return float("nan")
    data = stats.CensoredData.right_censored(times, seen == 0)
    found = stats.ecdf(data).cdf
    return float(found.quantiles[np.argmax(found.probabilities >= 0.5 - 1e-12)])


def risk_at(coverage: float, confidences: Sequence[float], corrects: Sequence[float]) -> float:
    """Return which part of the surest answers is wrong.

    Parameters
    ----------
    coverage : float
        Part of all answers that is looked at, the surest first, 0 to 1.
    confidences, corrects : sequence of float
        (n,) of each answer, at least one.
    """
    kept = max(1, round(coverage * len(confidences)))
    return float(_risks(confidences, corrects)[kept - 1])


def area_under_risk(confidences: Sequence[float], corrects: Sequence[float]) -> float:
    """Return the mean risk over all coverages (AURC; Y. Geifman et al., ICLR 2019)."""
    return float(np.mean(_risks(confidences, corrects)))


def _risks(confidences: Sequence[float], corrects: Sequence[float]) -> FloatArray:
    """Return the risk of the 1, 2, … surest answers; those equally sure share their mean."""
    sure, wrong = np.asarray(confidences, float), 1.0 - np.asarray(corrects, float)
    for level in np.unique(sure):
        alike = sure == level
        wrong[alike] = wrong[alike].mean()
    order = np.argsort(-sure, kind="stable")
    risks: FloatArray = np.cumsum(wrong[order]) / np.arange(1, len(sure) + 1)
    return risks


def macro_f1(
    truths: Sequence[str], said: Sequence[str], corrects: Sequence[float]
) -> Mapping[str, float]:
    """Return F1 of each category of cause, and their mean as `macro`.

    A case is found as its category where a culprit of it was named; who is named wrongly, or in a
    case of another category, is a false one of the category that was said.

    Parameters
    ----------
    truths : sequence of str
        (n,) category of each case; `nobody` for one without a culprit, found where nobody was
        named.
    said : sequence of str
        (n,) category that a skill gave; `nobody` where nobody was named.
    corrects : sequence of float
        (n,) whether each is right.
    """
    hit, said_of = Counter[str](), Counter[str]()
    truth_of = Counter(truths)
    for truth, category, is_right in zip(truths, said, corrects, strict=True):
        hit[truth] += bool(is_right)
        said_of[truth if is_right else _fitting(category)] += 1
    scores = {
        category: 2 * hit[category] / (truth_of[category] + said_of[category])
        for category in sorted(truth_of)
    }
    return scores | {"macro": float(np.mean([*scores.values()])) if scores else float("nan")}


def _fitting(said: str) -> str:
    """Return the category of cases that an answer would be right about, as far as can be told."""
    fitting = (name for name, kind in KINDS.items() if said in kind.categories)
    return next(fitting, said)


def harm_rate(before: Sequence[float], after: Sequence[float]) -> float:
    """Return which part of what was right is wrong with a variant; NaN where nothing was.

    Parameters
    ----------
    before, after : sequence of float
        (n,) part of the epochs in which each case was right.
    """
    kept = [min(earlier, later) for earlier, later in zip(before, after, strict=True)]
    was_right = float(np.sum(before))
    return 1 - float(np.sum(kept)) / was_right if was_right else float("nan")
