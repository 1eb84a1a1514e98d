"""Cases on which a variant and the baseline differ, and the step at which their ways part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.measures import first_parting
from workbench.types import FloatArray, IntArray
from workbench.widgets.experiment_cells import Cells

SOLVED, LOST = "solved", "lost"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Cases in which one measure of a variant is not that of the baseline; (n,) each."""

    case: IntArray
    before: FloatArray
    """Mean over epochs of the baseline."""
    after: FloatArray
    n_before: IntArray
    """Epochs of it."""
    n_after: IntArray
    row_before: IntArray
    """Row of `Cells.frame` of the answer that is furthest from what the other side gives."""
    row_after: IntArray
    step: IntArray
    """Number of the first step at which these two part, from 0; -1 where they never do."""
    is_solved: npt.NDArray[np.bool_]


def differing(cells: Cells, measure: int, variant: int) -> Pairs:
    """Return the cases in which a variant and the baseline differ, those of most first."""
    before, after = cells.means[measure, 0], cells.means[measure, variant]
    with np.errstate(invalid="ignore"):
        case = np.flatnonzero(np.abs(after - before) > 0)
    case = case[np.argsort(-np.abs(after - before)[case], kind="stable")]
    rows = [
        _furthest(cells, measure, own, other)[case]
        for own, other in ((0, after), (variant, before))
    ]
    traces = cells.frame["trace"].to_numpy()
    parted = [first_parting(traces[i], traces[j]) for i, j in zip(*rows, strict=True)]
    gain = (after - before)[case] * (-1 if cells.measures[measure].lower_is_better else 1)
    n_before, n_after = (cells.counts[measure, own, case] for own in (0, variant))
    return Pairs(
        case, before[case], after[case], n_before, n_after, rows[0], rows[1],
        np.array(parted, np.int64), gain > 0,
    )  # fmt: skip


def _furthest(cells: Cells, measure: int, variant: int, other: FloatArray) -> IntArray:
    """Return of each case the row that is furthest from what the other side has there.

    The earliest epoch of those that are; -1 where there is none.
    """
    frame = cells.frame
    rows = np.flatnonzero(frame["variant"].to_numpy() == variant)
    case = frame["case"].to_numpy()[rows]
    values = frame[cells.measures[measure].name].to_numpy()[rows]
    apart = np.nan_to_num(np.abs(values - other[case]), nan=-1.0)
    order = np.lexsort((rows, -apart, case))
    cases, first = np.unique(case[order], return_index=True)
    found = np.full(len(cells.cases), -1, np.int64)
    found[cases] = rows[order][first]
    return found


COLUMNS = (
    "case outcome before after n_before n_after said_before said_after confidence_before "
    "confidence_after failure_before failure_after epoch_before epoch_after step step_before "
    "step_after"
).split()


def pairs_table(cells: Cells, measure: int, variant: int, ids: Iterable[str]) -> pd.DataFrame:
    """Return the cases of those ids in which the two differ, one row each, in the order of ids.

    Returns
    -------
    pandas.DataFrame
        `outcome` is `solved` or `lost` by the variant; `before` and `after` are of the baseline and
        of the variant: means over `n_before` and `n_after` epochs. What was said is that of the
        epochs that are furthest apart; `step` is the first at which these part, from 0, -1 where
        none does.
    """
    pairs = differing(cells, measure, variant)
    place = {cells.cases[case]: at for at, case in enumerate(pairs.case)}
    rows = [_row(cells, pairs, place[name]) for name in ids if name in place]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"before": float, "after": float})


def _row(cells: Cells, pairs: Pairs, at: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "case": cells.cases[pairs.case[at]],
        "outcome": SOLVED if pairs.is_solved[at] else LOST,
        "step": int(pairs.step[at]),
    }
    for side in ("before", "after"):
        answer = cells.frame.iloc[getattr(pairs, f"row_{side}")[at]]
        steps = answer["trace"]
        row |= {
            side: float(getattr(pairs, side)[at]),
            f"n_{side}": int(getattr(pairs, f"n_{side}")[at]),
            f"said_{side}": answer["said"],
            f"confidence_{side}": float(answer["confidence"]),
            f"failure_{side}": answer["failure"],
            f"epoch_{side}": int(answer["epoch"]),
            f"step_{side}": steps[row["step"]] if 0 <= row["step"] < len(steps) else "",
        }
    return row
