"""Cells of an experiment -> what is told of each variant: rates, strata, risk over coverage."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.measures import RiskCurve, risk_curve, wilson
from workbench.types import FloatArray
from workbench.widgets.experiment_cells import NOT_TOLD, Cells

VALUE, LOW, HIGH, N = range(4)
"""Places of the last axis of what `summarise` returns."""


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
        means[is_median] = np.nanquantile(values[is_median], 0.5, axis=2, method="inverted_cdf")
    low, high = wilson(means, n)
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


def risk_curves(cells: Cells) -> list[RiskCurve]:
    """Return the curve of each variant; each epoch is an answer, a failure one that is not sure."""
    frame = cells.frame
    right = frame.get("correct", pd.Series(np.nan, frame.index))
    failed = frame["failure"] != ""
    return [
        risk_curve(frame.loc[own, "confidence"], right[own], failed[own])
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
