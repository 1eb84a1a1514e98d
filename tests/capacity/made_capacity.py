"""A small record of solves, one of each kind, and what is assumed of their service."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from workbench.capacity import Assumptions, ServiceAssumptions
from workbench.types import TrackRecord
from workbench.types.record import SOLVES

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=90)
TOLD = Assumptions(services={"shop": ServiceAssumptions(1000, 400, 1.5, 0.10, "EUR", 0.3, 2000)})


def solve(case, state, day, *, cost=0.02, **changed):
    """Return a row of a solve that was asked for on a day; its regression began two days before."""
    row = {
        "at": SINCE + timedelta(days=day), "case": case, "service": "shop",
        "subject": f"shop.app:{case}", "state": state, "category": "", "skill": "",
        "confidence": 0.9, "seconds": 60.0, "is_right": np.nan, "cost": cost,
        "cost_low": 0.8 * cost, "cost_high": 1.2 * cost,
        "restored": 0.9 if state == "fix verified" else np.nan, "url": "",
        "restored_low": np.nan, "restored_high": np.nan, "is_approved": False, "metric": "gcpu",
        "began": SINCE + timedelta(days=day - 2),
    }  # fmt: skip
    return row | changed


def record(*rows):
    return TrackRecord(SINCE, UNTIL, "", solves=pd.DataFrame(rows, columns=[*SOLVES]))
