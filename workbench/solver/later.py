"""What later profiles say of what was solved: whether fixes gave back what they should."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.capacity import confirm_later, cost_of, gain_of
from workbench.errors import StoreError
from workbench.solver.mended import Mended
from workbench.store import Store
from workbench.types import (
    SERVICE,
    Amount,
    Confirmation,
    FloatArray,
    SeriesMatrix,
    TrackRecord,
)  # fmt: skip


def look_later(store: Store, record: TrackRecord) -> dict[Hashable, Confirmation]:
    """Look in later profiles for the gain of each solve.

    Of a fix that is verified and approved that is the part of the regression's cost that it
    restored; of what waits it is all of the cost, as it is gone where the regression went away.

    Parameters
    ----------
    store : Store
        With the windows since; services that it does not have are left out.
    record : TrackRecord
        What was solved.

    Returns
    -------
    dict of label to Confirmation
        By the label of each latest solve in the index of `TrackRecord.solves`; gains are fractions
        of the service's CPU before the fix.
    """
    services = {*store.services()}
    solves = record.latest_solves()
    solves = solves[solves["service"].isin(services) & solves["cost"].notna()]
    approved = {*record.recovered_solves().index}
    return {
        label: _look(store, row, gain_of(row) if label in approved else cost_of(row))
        for label, row in zip(solves.index, solves.to_dict("records"), strict=True)
    }


def look_later_at(store: Store, mended: Mended) -> Confirmation:
    """Look in later profiles for what an approved patch of an opportunity saves.

    That is by how much the share of its function fell; fractions of the service's CPU.
    """
    row: dict[Hashable, Any] = {
        "service": mended.service, "subject": mended.function, "metric": "gcpu",
        "began": pd.Timestamp.min.tz_localize("UTC"), "at": mended.at,
    }  # fmt: skip
    if mended.service not in store.services():
        told = f"the store has no {mended.service}"
        return Confirmation("not known", told, expected=mended.saving)
    return _look(store, row, mended.saving)


def _look(store: Store, row: Mapping[Hashable, Any], expected: Amount) -> Confirmation:
    if pd.isna(row["began"]):
        return Confirmation(
            "not known", "it is not told when the regression began", expected=expected
        )
    try:
        matrix = store.matrix(
            row["metric"], service=row["service"], subject=sorted({row["subject"], SERVICE})
        )
    except StoreError as error:
        return Confirmation("not known", str(error), expected=expected)
    times = pd.DatetimeIndex(pd.to_datetime(matrix.windows["at"], utc=True))
    began, solved = (pd.Timestamp(row[name]) for name in ("began", "at"))
    values = _shares(matrix, row, np.asarray((times >= began) & (times <= solved)))
    versions = [str(version or "") for version in matrix.windows["version"]]
    return confirm_later(
        values, times, versions, began=began, approved=solved, expected=expected
    )  # fmt: skip


def _shares(matrix: SeriesMatrix, row: Mapping[Hashable, Any], is_before: Any) -> FloatArray:
    """Return the regressed series as a fraction of the CPU that the service took before the fix."""
    values = matrix.row(row["subject"], row["metric"])
    if row["metric"] != "cost":
        return values
    whole = matrix.row(SERVICE, "cost")[is_before]
    known = whole[np.isfinite(whole)]
    return values / known.mean() if len(known) else np.full_like(values, np.nan)
