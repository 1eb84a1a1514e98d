"""Results of an experiment as they are handed in -> checked cells, and the mean of each case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.measures import FLOORS, MEASURES, Measure
from workbench.types import FloatArray, IntArray

NOT_TOLD = "not told"
"""Level of cases of which a stratum says nothing."""


STRATA = {
    "category": "case_category", "kind": "case_kind", "size": "case_size", "noise": "case_noise",
    "language": "case_language", "culprit": "case_culprit", "service": "service",
}  # fmt: skip
"""Stratum -> column of the results."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Checked results: one row a case, variant and epoch, in that order."""

    frame: pd.DataFrame
    """Columns `case` and `variant` (numbers of them), `epoch`, one a measure (float; NaN where it
    says nothing), `said` (None where it is not told), `failure` and `skill` (texts), `confidence`,
    `trace` (tuples of texts).
    """
    cases: tuple[str, ...]
    variants: tuple[str, ...]
    """The baseline, then the others, floors last; with the model where a variant has several."""
    full_names: tuple[str, ...]
    """VARIANT/MODEL of each."""
    is_floor: tuple[bool, ...]
    measures: tuple[Measure, ...]
    strata: pd.DataFrame
    """One row a case, one column a stratum: its level."""
    means: FloatArray
    """(n_measures, n_variants, n_cases): mean over epochs, of times to diagnosis their median; NaN
    where none says anything."""
    counts: IntArray
    """Of the same shape: epochs that say something."""

    @property
    def baseline(self) -> str:
        """What the others are compared with."""
        return self.variants[0]

    def find_variant(self, given: object, where: str) -> int:
        """Return the number of a variant, by either name; WorkbenchError where it is none."""
        for names in (self.variants, self.full_names):
            if given in names:
                return names.index(str(given))
        raise WorkbenchError(f"{where}: expected one of {listed(self.variants)}, got {given!r:.80}")

    def find_measure(self, given: object, where: str = "measure") -> int:
        """Return the number of a measure, by name; WorkbenchError where results have none such."""
        names = [measure.name for measure in self.measures]
        if given not in names:
            raise WorkbenchError(f"{where}: expected one of {listed(names)}, got {given!r:.80}")
        return names.index(str(given))


def listed(names: Iterable[str]) -> str:
    """Return names as an error tells them."""
    told = [*names]
    return ", ".join(told[:20]) + (f" and {len(told) - 20} more" if len(told) > 20 else "")


def read_cells(results: Any, baseline: str = "") -> Cells:
    """Check results, and average the epochs of each case.

    Parameters
    ----------
    results : pandas.DataFrame
        One row a cell. `case`, `variant` and a measure at least; what else is missing is not told.
    baseline : str
        Name of a variant, or VARIANT/MODEL. Default: the first that is no floor.

    Raises
    ------
    WorkbenchError
        Where it is no such table, a cell is there twice, or there is no such baseline.
    """
    _check(results)
    given = results.reset_index(drop=True)
    pairs = pd.MultiIndex.from_arrays([_texts(given, "variant"), _texts(given, "model")])
    codes, found = pd.factorize(pairs)
    names, full_names = _names(found)
    order = _order(names, full_names, [name for name, _ in found], baseline)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    case, cases = pd.factorize(_texts(given, "case"))
    measures = tuple(MEASURES[name] for name in MEASURES if _has_numbers(given, name))
    frame = pd.DataFrame({
        "case": case, "variant": rank[codes], "epoch": _epochs(given, case, codes),
        **{m.name: _numbers(given, m) for m in measures},
        "said": _said(given), "failure": _texts(given, "said_failure"),
        "skill": _texts(given, "said_skill"), "confidence": _confidences(given),
        "trace": _traces(given),
    })  # fmt: skip
    _check_once(frame, [*cases], [full_names[i] for i in order])
    strata = _strata(given, case, len(cases))
    frame = frame.sort_values(["case", "variant", "epoch"], ignore_index=True)
    means, counts = _by_case(frame, measures, len(order), len(cases))
    is_floor = tuple(found[i][0] in FLOORS for i in order)
    return Cells(
        frame, tuple(cases), tuple(names[i] for i in order), tuple(full_names[i] for i in order),
        is_floor, measures, strata, means, counts,
    )  # fmt: skip


def _check(results: Any) -> None:
    if not isinstance(results, pd.DataFrame):
        seen = type(results).__name__
        raise WorkbenchError(f"results: expected a DataFrame, one row a cell, got {seen}")
    missing = [name for name in ("case", "variant") if name not in results]
    if missing:
        had = listed(map(str, results.columns)) or "no column"
        raise WorkbenchError(f"results: expected a column {missing[0]!r}, got {had}")
    if results.empty:
        raise WorkbenchError("results: expected one row a cell, got none")
    if not any(_has_numbers(results, name) for name in MEASURES):
        wanted = listed(MEASURES)
        raise WorkbenchError(f"results: expected a column of {wanted}, got none that has a number")


def _has_numbers(given: pd.DataFrame, name: str) -> bool:
    return name in given and bool(given[name].notna().any())


def _texts(given: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    """Return a column as texts; empty where it says nothing."""
    if name not in given:
        return np.full(len(given), "", object)
    column = given[name]
    return column.astype(object).where(column.notna(), "").map(str).to_numpy(object)


def _said(given: pd.DataFrame) -> pd.Series[Any]:
    """Return who was named; empty for nobody, None where it is not told."""
    if "said_change_id" not in given:
        return pd.Series([None] * len(given), dtype=object)
    said = pd.Series(_texts(given, "said_change_id"), dtype=object)
    return said.where(given["said_change_id"].notna(), None)


def _numbers(given: pd.DataFrame, measure: Measure) -> FloatArray:
    values = _floats(given, measure.name)
    if measure.is_rate:
        _check_between(values, measure.name)
    return values


def _confidences(given: pd.DataFrame) -> FloatArray:
    if "said_confidence" not in given:
        return np.full(len(given), np.nan)
    values = _floats(given, "said_confidence")
    _check_between(values, "said_confidence")
    return values


def _floats(given: pd.DataFrame, name: str) -> FloatArray:
    try:
        values = pd.to_numeric(given[name]).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise WorkbenchError(f"results.{name}: expected numbers, got {error}"[:200]) from None
    return np.where(np.isfinite(values), values, np.nan)


def _check_between(values: FloatArray, name: str) -> None:
    wrong = (values < 0) | (values > 1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise WorkbenchError(
            f"results.{name}, row {at}: expected a number from 0 to 1, got {values[at]:g}"
        )


def _traces(given: pd.DataFrame) -> list[tuple[str, ...]]:
    if "said_steps" not in given:
        return [()] * len(given)
    return [
        tuple(map(str, one)) if isinstance(one, list | tuple | np.ndarray) else ()
        for one in given["said_steps"]
    ]


def _epochs(given: pd.DataFrame, case: IntArray, codes: IntArray) -> IntArray:
    """Return the epoch of each; where that is not told, cells of a case are counted."""
    if "epoch" in given and given["epoch"].notna().all():
        return _floats(given, "epoch").astype(np.int64)
    keys = pd.DataFrame({"case": case, "variant": codes})
    return np.asarray(keys.groupby(["case", "variant"]).cumcount(), np.int64)


def _check_once(frame: pd.DataFrame, cases: Sequence[str], full_names: Sequence[str]) -> None:
    twice = frame.duplicated(["case", "variant", "epoch"])
    if twice.any():
        row = frame[twice].iloc[0]
        cell = f"{cases[row['case']]}, {full_names[row['variant']]}, epoch {row['epoch']}"
        raise WorkbenchError(f"results: expected each cell once, got {cell} twice")


def _names(found: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the name of each variant, with its model where it has several, and always with it."""
    pairs = [*found]
    variants = [variant for variant, _ in pairs]
    full = [f"{variant}/{model}" if model else variant for variant, model in pairs]
    short = [
        whole if variants.count(variant) > 1 else variant
        for variant, whole in zip(variants, full, strict=True)
    ]
    return short, full


def _order(
    names: Sequence[str], full_names: Sequence[str], variants: Sequence[str], baseline: str
) -> list[int]:
    """Return the numbers of the baseline, of the others, and of the floors."""
    floors = [number for number, name in enumerate(variants) if name in FLOORS]
    others = [number for number in range(len(names)) if number not in floors]
    order = [*others, *floors]
    if not baseline:
        return order
    for known in (names, full_names):
        if baseline in known:
            first = known.index(baseline)
            return [first, *(number for number in order if number != first)]
    told = listed(names[number] for number in order)
    raise WorkbenchError(f"baseline: expected one of {told}, got {baseline!r:.80}")


def _strata(given: pd.DataFrame, case: IntArray, n_cases: int) -> pd.DataFrame:
    """Return the level of each case in each stratum that results have; the first told one."""
    columns = {}
    for stratum, name in STRATA.items():
        levels = pd.Series(_texts(given, name))
        told = levels != ""
        first = levels[told].groupby(case[told]).first().reindex(range(n_cases))
        if told.any():
            columns[stratum] = first.fillna(NOT_TOLD).to_numpy(object)
    return pd.DataFrame(columns, index=range(n_cases), dtype=object)


def _by_case(
    frame: pd.DataFrame, measures: Sequence[Measure], n_variants: int, n_cases: int
) -> tuple[FloatArray, IntArray]:
    shape = (len(measures), n_variants, n_cases)
    sums, counts = np.zeros(shape), np.zeros(shape, np.int64)
    place = frame["variant"].to_numpy() * n_cases + frame["case"].to_numpy()
    for number, measure in enumerate(measures):
        values = frame[measure.name].to_numpy()
        known = ~np.isnan(values)
        size = n_variants * n_cases
        told = np.bincount(place[known], values[known], size)
        sums[number] = told.reshape(shape[1:])
        counts[number] = np.bincount(place[known], minlength=size).reshape(shape[1:])
        if measure.limit is not None:  # a mean of what may be never is nothing
            middle = pd.Series(values[known]).groupby(place[known])
            medians = middle.quantile(0.5, interpolation="lower").reindex(range(size))
            sums[number] = medians.to_numpy().reshape(shape[1:]) * counts[number]
    with np.errstate(invalid="ignore"):
        return sums / np.where(counts, counts, np.nan), counts
