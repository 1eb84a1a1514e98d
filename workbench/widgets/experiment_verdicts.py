"""Comparisons with the baseline as they are handed in -> checked, one a variant and measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.measures import MEASURES
from workbench.widgets.experiment_cells import Cells, listed

VERDICTS = ("better", "worse", "inconclusive")
_NUMBERS = (
    *("before", "after", "difference", "low", "high", "p_value", "detectable", "needed"),
    *("n_cases", "n_better", "n_worse"),
)
Verdicts = Mapping[tuple[int, str], Mapping[str, Any]]
"""(variant, name of a measure) -> `verdict`, and what is known of its numbers."""


def read_verdicts(comparisons: Any, cells: Cells) -> Verdicts:
    """Check comparisons, and find the variants that they are of.

    Parameters
    ----------
    comparisons : pandas.DataFrame or None
        One row a variant and measure, against the baseline. `variant`, `measure` and `verdict` at
        least; numbers may be missing. Measures that results have no column of are passed over.

    Raises
    ------
    WorkbenchError
        Where it is no such table, or one row is not what it should be.
    """
    if comparisons is None:
        return {}
    if not isinstance(comparisons, pd.DataFrame):
        seen = type(comparisons).__name__
        raise WorkbenchError(
            f"comparisons: expected a DataFrame, one row a variant and measure, got {seen}"
        )
    for name in ("variant", "measure", "verdict") if len(comparisons) else ():
        if name not in comparisons:
            had = listed(map(str, comparisons.columns)) or "no column"
            raise WorkbenchError(f"comparisons: expected a column {name!r}, got {had}")
    found: dict[tuple[int, str], Mapping[str, Any]] = {}
    for number, row in enumerate(comparisons.to_dict("records")):
        where = f"comparisons, row {number}"
        key = (_variant(row, cells, where), _measure(row, where))
        name = cells.variants[key[0]]
        if key[0] == 0:
            told = f"{name} is the baseline itself; expected one that is compared with it, or"
            raise WorkbenchError(f"{where}: {told} the argument `baseline` to name another")
        if key in found:
            raise WorkbenchError(f"{where}: expected {name}, {key[1]} once, got it twice")
        found[key] = _verdict(row, where)
    return found


def _variant(row: Mapping[Any, Any], cells: Cells, where: str) -> int:
    model = row.get("model")
    name = str(row["variant"])
    whole = f"{name}/{model}" if isinstance(model, str) and model else name
    return cells.find_variant(whole if whole in cells.full_names else name, f"{where}, variant")


def _measure(row: Mapping[Any, Any], where: str) -> str:
    known = [*MEASURES]
    name = str(row["measure"])
    if name in known or name.isidentifier():
        return name
    raise WorkbenchError(f"{where}: expected a measure such as {listed(known)}, got {name!r:.80}")


def _verdict(row: Mapping[Any, Any], where: str) -> dict[str, Any]:
    if row["verdict"] not in VERDICTS:
        raise WorkbenchError(
            f"{where}, verdict: expected {listed(VERDICTS)}, got {row['verdict']!r:.80}"
        )
    return {
        "verdict": str(row["verdict"]),
        **{name: _number(row.get(name), f"{where}, {name}") for name in _NUMBERS},
    }


def _number(value: Any, where: str) -> float | None:
    if value is None or value is pd.NA:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise WorkbenchError(f"{where}: expected a number, got {value!r:.80}") from None
    return number if np.isfinite(number) else None
