"""Profiling data."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from workbench.agent.investigation import Investigation
from workbench.agent.tools.brief import clip, take
from workbench.errors import ToolError
from workbench.types import FloatArray

_MAX_ROWS_BYTES = 2400  # of each of three lists


def query_profile(
    investigation: Investigation,
    regression_id: Annotated[str, Field(description="Id of the regression, R-…")],
    function: Annotated[
        str, Field(description="Subject pkg.mod:Name to look into; empty for the whole service")
    ] = "",
    limit: Annotated[int, Field(description="Rows in each list", ge=1, le=20)] = 8,
) -> dict[str, Any]:
    """Compare the profile before and after a regression: the functions whose own time grew most,
    and for one function its callers and callees, each with cost before and after.
    """
    before, after = investigation.levels(investigation.regression(regression_id).change_index)
    recording = investigation.recording
    subjects = [f.subject for f in recording.functions]
    chosen = np.ones(recording.n_stacks, dtype=bool)
    reply: dict[str, Any] = {"unit": _unit(investigation)}
    if function:
        number = _find(function, subjects)
        chosen = investigation.members[[number]].toarray().ravel() > 0
        callers, callees = _neighbours(investigation, number, before, after)
        reply["function"] = _row(subjects[number], before[chosen].sum(), after[chosen].sum())
        reply["callers"] = _largest(callers, subjects, limit)
        reply["callees"] = _largest(callees, subjects, limit)
    leaves: dict[int, tuple[float, float]] = {}
    for stack in np.flatnonzero(chosen):
        end = recording.stack_starts[stack + 1]
        if end > recording.stack_starts[stack]:
            _add(leaves, int(recording.stack_functions[end - 1]), before[stack], after[stack])
    reply["own_time"] = _largest(leaves, subjects, limit)
    return reply


def _find(function: str, subjects: list[str]) -> int:
    """Return the place of a subject, named in full or as replies show it."""
    for name in (subjects, [clip(s) for s in subjects]):
        if function in name:
            return name.index(function)
    near = [clip(s) for s in subjects if function.rsplit(":", 1)[-1] in s][:3]
    raise ToolError(f"no function {clip(function)!r} in the profile; similar: {near}")


def _unit(investigation: Investigation) -> str:
    known = investigation.recording.windows["work"].notna().all()
    return "CPU ms per round of work" if known else "fraction of samples x 1000"


def _neighbours(
    investigation: Investigation, number: int, before: FloatArray, after: FloatArray
) -> tuple[dict[int, tuple[float, float]], dict[int, tuple[float, float]]]:
    """Return who calls a function and whom it calls, each stack counted once for a neighbour."""
    recording = investigation.recording
    callers: dict[int, tuple[float, float]] = {}
    callees: dict[int, tuple[float, float]] = {}
    for stack in investigation.members[[number]].nonzero()[1]:
        start, end = recording.stack_starts[stack], recording.stack_starts[stack + 1]
        frames = recording.stack_functions[start:end]
        places = np.flatnonzero(frames == number)
        for other in {int(frames[p - 1]) for p in places if p > 0} - {number}:
            _add(callers, other, before[stack], after[stack])
        for other in {int(frames[p + 1]) for p in places if p + 1 < len(frames)} - {number}:
            _add(callees, other, before[stack], after[stack])
    return callers, callees


def _add(rows: dict[int, tuple[float, float]], key: int, before: float, after: float) -> None:
    seen = rows.get(key, (0.0, 0.0))
    rows[key] = (seen[0] + float(before), seen[1] + float(after))


def _largest(
    rows: dict[int, tuple[float, float]], subjects: list[str], limit: int
) -> list[dict[str, Any]]:
    ranked = sorted(rows.items(), key=lambda row: -abs(row[1][1] - row[1][0]))
    return take([_row(subjects[key], *values) for key, values in ranked[:limit]], _MAX_ROWS_BYTES)


def _row(subject: str, before: float, after: float) -> dict[str, Any]:
    return {
        "function": clip(subject),
        "before": round(float(before) * 1e3, 4),
        "after": round(float(after) * 1e3, 4),
    }
