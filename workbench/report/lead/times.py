"""How soon solves and answers of a track record were diagnoses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.measures import LIMIT_S, Curve, censored, curve_of
from workbench.types import TrackRecord

NAMED = ("diagnosed", "waits for review", "fix failed", "fix verified")
"""States of a solve in which somebody is named, and nobody said no."""
LIVE, EVALUATED = "solves", "evaluations"


def times_to_diagnosis(record: TrackRecord, variant: str = "", half: str = "") -> pd.DataFrame:
    """Return how long diagnoses took, and how long others were waited for (`censored`).

    Answers are those of cases with a culprit. A solve that ended without somebody named, or with
    somebody named wrongly, was waited for until the end of the period. Solves that found no
    regression had nothing to diagnose. Live times are those of `solves`, which tells how each
    ended.

    Parameters
    ----------
    record : TrackRecord
        What was done.
    variant : str
        Whose answers are taken; of epochs of a case their median. Default: of all.
    half : str
        Of the bank, `train` or `test`, that answers are of. Default: of both.

    Returns
    -------
    DataFrame
        `group` (`LIVE` or `EVALUATED`), `seconds`, `is_diagnosed`.
    """
    solves = record.solves[record.solves["state"] != "no regression"]
    is_right = _truth(solves["is_right"])
    is_named = solves["state"].isin(NAMED) & (is_right != 0)
    at = pd.to_datetime(solves["at"], utc=True)
    waited = (pd.to_datetime(record.until, utc=True) - at).dt.total_seconds()
    live = _times(LIVE, solves, is_named | (is_right == 1), waited)
    answers = record.answers[record.answers["has_culprit"].astype(bool)]
    for column, wanted in (("variant", variant), ("half", half)):
        if wanted:
            answers = answers[answers[column] == wanted]
    is_right = _truth(answers["is_right"])
    answers, is_right = answers[is_right.notna()], is_right[is_right.notna()]
    given_up = pd.Series(LIMIT_S, answers.index)
    judged = _by_case(_times(EVALUATED, answers, is_right == 1, given_up), answers)
    parts = [part for part in (live, judged) if len(part)] or [live]
    return pd.concat(parts, ignore_index=True)


def curves_of(times: pd.DataFrame) -> dict[str, Curve]:
    """Return the curve of each group of times, as `times_to_diagnosis` gives them."""
    return {
        str(name): curve_of(rows["seconds"], rows["is_diagnosed"])
        for name, rows in times.groupby("group", sort=True)
    }


def _times(
    group: str, rows: pd.DataFrame, is_right: pd.Series[bool], waited: pd.Series[float]
) -> pd.DataFrame:
    """Return the times of rows; a right one of which the time is not known is left out."""
    seconds = pd.to_numeric(rows["seconds"]).astype(np.float64)
    kept = ~(is_right & seconds.isna()) & ~(~is_right & waited.isna())
    times, seen = censored(seconds[kept], is_right[kept], waited[kept])
    told = {"group": group, "seconds": times, "is_diagnosed": seen}
    return pd.DataFrame(told, index=rows.index[kept])


def _by_case(times: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return one row a case and variant: the lower median of its epochs."""
    keys = [answers.loc[times.index, name] for name in ("case", "variant")]
    seconds = times["seconds"].groupby(keys).quantile(0.5, interpolation="lower")
    told = pd.DataFrame({"seconds": seconds, "is_diagnosed": seconds < LIMIT_S})
    return told.assign(group=EVALUATED).reset_index(drop=True)[[*times.columns]]


def _truth(column: pd.Series) -> pd.Series:
    """Return 1 for right, 0 for wrong, NaN where it is not known, of any kind of column."""
    return pd.to_numeric(column).astype(np.float64)
