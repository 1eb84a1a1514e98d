"""What regressed in a service of a store, as far as its windows tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench.detect import DetectConfig, find_background
from workbench.engine.ledger import Found
from workbench.signals import function_series
from workbench.solver.detection import case_config, detect_case
from workbench.types import Case, Recording, Records, Regression
from workbench.types.signals import read_signals

_LOOKS = 4.0
"""Blocks of new windows that show as much new noise as windows never seen before; as `Detector`
has it, which looks at windows as they arrive too."""
_NEAR = 2
"""Windows by which a change may be placed elsewhere when more are known, and still be the same."""
_LEAST = 10
"""Windows with which to begin."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a service looks like now."""

    found: tuple[Found, ...]
    config: DetectConfig
    """With which it was found, and is found again."""


def look_at(case: Case, recording: Recording, records: Records, n_new: int) -> Look | None:
    """Return what regressed; None before there is a block of windows that nobody looked at.

    It is detected as a solve of the case detects it, but for the budget of false alerts: that is
    of all looks together while the windows are replaced once, so each has a part of it.

    Parameters
    ----------
    case : Case
        A store, with the service and its workload.
    recording, records
        Of the service.
    n_new : int
        Windows that have come since the last look.
    """
    if recording.n_windows < _LEAST:
        return None
    series = function_series(recording)
    layout = find_background(read_signals(series)).design.layout
    if n_new < layout.block:
        return None
    config = case_config(
        len(series.values), max(layout.n_blocks / _LOOKS, 1.0), service_watts(records)
    )
    detection, _ = detect_case(
        case, recording, series, case.workload, None, lambda text: None, None, config
    )
    found = tuple(_found(regression, recording) for regression in detection.found)
    return Look(found, config)


def service_watts(records: Records) -> float | None:
    """Return the power that a service draws; None where it is not told."""
    for row in records.services.to_dict("records"):
        watts = float(row["servers"] or math.nan) * float(row["watts"] or math.nan)
        if math.isfinite(watts) and watts > 0:
            return watts
    return None


def _found(regression: Regression, recording: Recording) -> Found:
    at = pd.DatetimeIndex(recording.windows["at"])
    low = max(regression.change_index_low - _NEAR, 0)
    high = min(regression.change_index_high + _NEAR, len(at) - 1)
    return Found(
        regression.service or recording.service, regression.subject,
        frozenset({regression.subject, *regression.merged}), at[low].timestamp(),
        at[high].timestamp(), _told(regression, recording, at[regression.change_index]),
    )  # fmt: skip


def _told(regression: Regression, recording: Recording, at: pd.Timestamp) -> Mapping[str, Any]:
    return {
        "id": regression.id, "service": regression.service or recording.service,
        "subject": regression.subject, "metric": regression.metric, "at": at.isoformat(),
        "before": regression.before, "after": regression.after, "watts": regression.watts,
    }  # fmt: skip
