"""Results and comparisons of an experiment -> those of each half of the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.widgets.experiment_cells import Cells, listed, read_cells
from workbench.widgets.experiment_verdicts import Verdicts, read_verdicts

_FIRST = ("test", "train")
"""What was held out says more."""


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """What is known of one half."""

    cells: Cells
    verdicts: Verdicts


def read_halves(results: Any, comparisons: Any, baseline: str = "") -> Mapping[str, Half]:
    """Check results and comparisons, and return those of each half, what was held out first.

    Parameters
    ----------
    results : pandas.DataFrame
        One row a cell. The column `split` names the half of its case; results without it are of
        one half without a name.
    comparisons : pandas.DataFrame or None
        One row a half, variant and measure. The column `half` may be missing where there is one.
    baseline : str
        As `read_cells` takes it.

    Raises
    ------
    WorkbenchError
        Where one of them is no such table.
    """
    whole = read_cells(results, baseline)
    if "split" not in results:
        return {"": Half(whole, read_verdicts(comparisons, whole))}
    names = results["split"].astype(object).where(results["split"].notna(), "").map(str)
    found = sorted(set(names), key=lambda name: (_place(name), name))
    if len(found) == 1:
        return {found[0]: Half(whole, read_verdicts(_of(comparisons, found[0]), whole))}
    _check_halves(comparisons, found)
    halves = {}
    for name in found:
        cells = read_cells(results[names == name], baseline)
        halves[name] = Half(cells, read_verdicts(_of(comparisons, name), cells))
    return halves


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _check_halves(comparisons: Any, known: list[str]) -> None:
    if not isinstance(comparisons, pd.DataFrame) or comparisons.empty:
        return
    if "half" not in comparisons:
        had = listed(map(str, comparisons.columns))
        raise WorkbenchError(
            f"comparisons: expected a column 'half', as results have {listed(known)}, got {had}"
        )
    strange = [half for half in comparisons["half"].unique() if half not in known]
    if strange:
        raise WorkbenchError(
            f"comparisons.half: expected one of {listed(known)}, got {strange[0]!r:.80}"
        )


def _of(comparisons: Any, half: str) -> Any:
    """Return the comparisons of one half; all, where they are not told apart."""
    if not isinstance(comparisons, pd.DataFrame) or "half" not in comparisons:
        return comparisons
    return comparisons[comparisons["half"] == half]
