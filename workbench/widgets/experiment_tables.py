"""Cells of an experiment -> what is told of each variant: rates, strata, risk over coverage."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.types import FloatArray
from workbench.widgets.experiment_cells import NOT_TOLD, Cells

_Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""
VALUE, LOW, HIGH, N = range(4)
"""Places of the last axis of what `summarise` returns."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskCurve:
    """Which part of the surest answers is wrong, for every part of them."""

    coverage: FloatArray
    """(n,), rising to 1."""
    risk: FloatArray
    area: float
    """Mean risk over all coverages (AURC); NaN where there is no answer."""

    @property
    def n_answers(self) -> int:
        """Answers of which the confidence is told, and whether they are right."""
        return len(self.coverage)


def wilson_interval(
    rate: npt.ArrayLike, n: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return Wilson's 95 % interval of rates; NaN where nothing was counted.

    Parameters
    ----------
    rate, n : array_like
        Each rate, 0 to 1, and of how many it is; any shape, both the same.
    """
    p, size = np.asarray(rate, np.float64), np.asarray(n, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = _Z**2 / size
        middle = (p + share / 2) / (1 + share)
        half = _Z * np.sqrt(p * (1 - p) / size + share / (4 * size)) / (1 + share)
        return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def summarise(cells: Cells, cases: npt.NDArray[np.bool_] | slice = slice(None)) -> FloatArray:
    """Return what is told of some cases, of each measure and variant.

    Returns
    -------
    array (n_measures, n_variants, 4)
        Mean, or median where a measure is told by that; its 95 % interval (of rates alone; NaN of
        others); and of how many cases. Epochs of a case count as one: they resemble each other.
    """
    values = cells.means[:, :, cases]
    n = np.sum(~np.isnan(values), axis=2)
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # a slice of which nothing is known is NaN
        means = np.nansum(values, axis=2) / np.where(n, n, np.nan)
        is_median = np.array([measure.is_median for measure in cells.measures])
        means[is_median] = np.nanmedian(values[is_median], axis=2)
    low, high = wilson_interval(means, n)
    is_value = ~np.array([measure.is_rate for measure in cells.measures])
    low[is_value], high[is_value] = np.nan, np.nan
    return np.stack([means, low, high, n.astype(np.float64)], axis=-1)


def levels_of(cells: Cells, stratum: str) -> list[str]:
    """Return the levels of a stratum, numbers in them in their order; what is not told last."""
    return sorted(set(cells.strata[stratum]), key=_natural)


def _natural(level: str) -> tuple[bool, list[tuple[bool, float, str]]]:
    parts = re.split(r"(\d+(?:\.\d+)?)", level)
    told = [(i % 2 == 0, float(part) if i % 2 else 0.0, part) for i, part in enumerate(parts)]
    return level.startswith("not ") or level == NOT_TOLD, told


def summarise_strata(cells: Cells, stratum: str) -> FloatArray:
    """Return what is told of each level, (n_levels, n_measures, n_variants, 4)."""
    of_case = cells.strata[stratum].to_numpy()
    return np.stack([summarise(cells, of_case == name) for name in levels_of(cells, stratum)])


def risk_curve(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> RiskCurve:
    """Return the risk over coverage of answers, the surest first.

    Answers that are equally sure come in any order: of each of them counts what is wrong of them
    in the mean.

    Parameters
    ----------
    confidence, correct : array_like
        (n,) of each answer, 0 to 1; what has no number in either is left out.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    known = ~(np.isnan(sure) | np.isnan(right))
    sure, wrong = sure[known], 1 - right[known]
    n = len(sure)
    if not n:
        return RiskCurve(np.empty(0), np.empty(0), float("nan"))
    _, place = np.unique(-sure, return_inverse=True)
    size = np.bincount(place)
    mean_wrong = np.bincount(place, wrong) / size
    risk = np.cumsum(np.repeat(mean_wrong, size)) / np.arange(1, n + 1)
    return RiskCurve(np.arange(1, n + 1) / n, risk, float(risk.mean()))


def risk_curves(cells: Cells) -> list[RiskCurve]:
    """Return the curve of each variant; each epoch is an answer, a failure one that is not sure."""
    frame = cells.frame
    right = frame.get("correct", pd.Series(np.nan, frame.index))
    sure = frame["confidence"].where(frame["confidence"].notna() | (frame["failure"] == ""), 0.0)
    return [
        risk_curve(sure[own], right[own])
        for own in (frame["variant"] == number for number in range(len(cells.variants)))
    ]


def variant_table(cells: Cells) -> pd.DataFrame:
    """Return one row a variant: its name, cases, failures, and each measure with its interval."""
    summary, frame = summarise(cells), cells.frame
    failed = frame["failure"].ne("").groupby(frame["variant"]).sum()
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(cells.variants):
        row: dict[str, Any] = {
            "variant": name, "is_floor": cells.is_floor[number],
            "n_cases": int(frame.loc[frame["variant"] == number, "case"].nunique()),
            "n_answers": int((frame["variant"] == number).sum()),
            "n_failed": int(failed.get(number, 0)),
        }  # fmt: skip
        for at, measure in enumerate(cells.measures):
            row[measure.name] = summary[at, number, VALUE]
            if measure.is_rate:
                row[f"{measure.name}_low"] = summary[at, number, LOW]
                row[f"{measure.name}_high"] = summary[at, number, HIGH]
        rows.append(row)
    return pd.DataFrame(rows)
