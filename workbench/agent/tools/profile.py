"""Profiling data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field
from typing_extensions import TypedDict

from workbench.agent.tools.arguments import (
    At,
    End,
    Limit,
    Name,
    NextOffset,
    Offset,
    RegressionId,
    Start,
    Total,
    windows_between,
)
from workbench.agent.tools.brief import clip, moment, number, page, take
from workbench.errors import ToolError

if TYPE_CHECKING:
    from scipy import sparse

    from workbench.agent.investigation import Investigation
    from workbench.types import FloatArray, IntArray

_MAX_ROWS_BYTES = 2300  # of each of three lists
_MOST_COMPARED = 5000  # names that are looked at for what is close to one that is not known
_ROUNDING = 1e-9  # scatter below this part of a level is no scatter
_COMMIT = re.compile("[0-9a-f]{40,64}")
SCALE = 1e3
"""Replies tell thousandths of what recordings hold: CPU ms, not s."""

Unit = Annotated[str, Field(description="Unit of the values")]
Function = Annotated[
    str, Field(description="Subject pkg.mod:Name to look into; empty for the whole service")
]


class CostRow(TypedDict):
    """What one function costs."""

    function: Name
    own: Annotated[float | None, Field(description="By itself, in the unit")]
    total: Annotated[float | None, Field(description="With all that it calls, in the unit")]
    share: Annotated[float | None, Field(description="total, as a fraction of the service's")]


class Costs(TypedDict):
    """A page of functions."""

    unit: Unit
    first_window: int
    last_window: int
    service_total: Annotated[float | None, Field(description="Of all stacks, in the unit")]
    functions: list[CostRow]
    total: Total
    next_offset: NextOffset


def query_profile(
    investigation: Investigation,
    function: Function = "",
    start: Start = "",
    end: End = "",
    metric: Annotated[
        Literal["self", "total"], Field(description="What to sort by: own cost, or with callees")
    ] = "self",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Costs:
    """List what costs most in a range of time: of the whole service, or below one function (what
    it and all that it calls cost on its behalf).
    """
    first, last = windows_between(investigation, start, end)
    calls = investigation.calls
    costs = mean_costs(investigation, first, last)
    if function:
        place = find_function(investigation, function)
        total, own = calls.below(place) @ costs, calls.leaves_of(place) @ costs
    elif last - first == investigation.recording.n_windows:
        total, own = (
            values.mean(axis=1) for values in (investigation.total_values, investigation.own_values)
        )
    else:
        total, own = calls.holding @ costs, calls.leaves @ costs
    key = own if metric == "self" else total
    known = np.flatnonzero(total > 0)
    order = known[np.argsort(-key[known], kind="stable")]
    whole = float(costs.sum())

    def show(place: int) -> CostRow:
        return {
            "function": clip(calls.subjects[place]),
            "own": number(own[place] * SCALE),
            "total": number(total[place] * SCALE),
            "share": number(total[place] / whole if whole else 0.0, 4),
        }

    rows, next_offset = page(order.tolist(), offset, limit, show)
    return {
        "unit": unit_of(investigation),
        "first_window": first,
        "last_window": last - 1,
        "service_total": number(whole * SCALE),
        "functions": rows,
        "total": len(order),
        "next_offset": next_offset,
    }


class DiffRow(TypedDict):
    """What one function cost before and after."""

    function: Name
    before: Annotated[float, Field(description="Mean over the quiet windows before, in the unit")]
    after: Annotated[float, Field(description="Mean over the quiet windows after, in the unit")]
    standard_error: Annotated[
        float | None, Field(description="Of after - before, from the scatter of the windows")
    ]
    z: Annotated[
        float | None, Field(description="(after - before) / standard_error; noise is within -3..3")
    ]


class ProfileDiff(TypedDict):
    """What functions cost before and after, most changed first."""

    unit: Unit
    service: Annotated[
        DiffRow | None,
        Field(description="All stacks together; null where values are shares, which always add up"),
    ]
    function: Annotated[DiffRow | None, Field(description="The one asked for, with all it calls")]
    callers: Annotated[list[DiffRow], Field(description="Of the function: its cost by caller")]
    callees: Annotated[list[DiffRow], Field(description="Of the function: its cost by callee")]
    own_time: Annotated[list[DiffRow], Field(description="By themselves, here or below")]
    total_time: Annotated[
        list[DiffRow], Field(description="With all they call; of the whole service only")
    ]


def diff_profile(
    investigation: Investigation,
    regression_id: RegressionId,
    function: Function = "",
    limit: Annotated[int, Field(description="Rows in each list", ge=1, le=20)] = 8,
) -> ProfileDiff:
    """Compare the profile before and after a regression: the functions whose own or total time
    changed most, and for one function its callers and callees, each with its sampling error.
    """
    calls = investigation.calls
    sides = _sides(investigation, regression_id)
    of_all = investigation.window_values[None, :]
    whole = _compare(of_all, sides, ["<service>"])[0] if investigation.knows_work else None
    if not function:
        own, total = investigation.own_values, investigation.total_values
        return {
            "unit": unit_of(investigation),
            "service": whole,
            "function": None,
            "callers": [],
            "callees": [],
            "own_time": _changed(investigation, own, sides, limit),
            "total_time": _changed(investigation, total, sides, limit),
        }
    place = find_function(investigation, function)
    by_caller, by_callee, own = (
        _values(investigation, matrix)
        for matrix in (
            calls.next_to(place, "callers"),
            calls.next_to(place, "callees"),
            calls.leaves_of(place),
        )
    )
    total = investigation.total_values
    return {
        "unit": unit_of(investigation),
        "service": whole,
        "function": _diff(investigation, total, sides, np.array([place]))[0],
        "callers": _changed(investigation, by_caller, sides, limit),
        "callees": _changed(investigation, by_callee, sides, limit),
        "own_time": _changed(investigation, own, sides, limit),
        "total_time": [],
    }


class Point(TypedDict):
    """The mean over one window, or over several that follow each other."""

    window: Annotated[int, Field(description="The first of them, from 0")]
    n_windows: int
    at: At
    version: Annotated[str, Field(description="That the first of them ran")]
    value: float | None


class FunctionSeries(TypedDict):
    """One metric of one function, window by window."""

    function: Name
    metric: str
    unit: Unit
    first_window: int
    last_window: int
    points: list[Point]


def function_series(
    investigation: Investigation,
    function: Annotated[str, Field(description="Subject pkg.mod:Name, or <service>")],
    metric: Annotated[
        Literal["gcpu", "self_gcpu", "cost"],
        Field(description="gcpu: fraction with callees; self_gcpu: by itself; cost: CPU per work"),
    ] = "gcpu",
    start: Start = "",
    end: End = "",
    limit: Annotated[int, Field(description="Points to return at most", ge=1, le=60)] = 40,
) -> FunctionSeries:
    """Return how one function did over time, with the version that each window ran; long ranges
    are thinned to means over windows that follow each other.
    """
    first, last = windows_between(investigation, start, end)
    name, values = _series(investigation, function, metric)
    edges = np.linspace(first, last, min(limit, last - first) + 1).round().astype(int)
    windows = investigation.recording.windows
    points: list[Point] = [
        {
            "window": low,
            "n_windows": high - low,
            "at": moment(windows["at"].iloc[low]),
            "version": _version(investigation.versions[low]),
            "value": number(float(values[low:high].mean())),
        }
        for low, high in pairwise(edges.tolist())
    ]
    return {
        "function": clip(name),
        "metric": metric,
        "unit": unit_of(investigation) if metric == "cost" else "fraction of samples, 0 to 1",
        "first_window": first,
        "last_window": last - 1,
        "points": points,
    }


def _version(version: str) -> str:
    """Return a version as it was told, the id of a commit shortened."""
    return version[:12] if _COMMIT.fullmatch(version) else clip(version, 60)


class CallerRow(TypedDict):
    """A function that is next to another in stacks."""

    function: Name
    cost: Annotated[float | None, Field(description="Of the stacks with this call, in the unit")]
    share: Annotated[float | None, Field(description="Of what the function costs in all, 0 to 1")]


class Callers(TypedDict):
    """Who calls a function, or whom it calls."""

    function: Name
    unit: Unit
    function_total: Annotated[float | None, Field(description="In the unit")]
    rows: list[CallerRow]
    total: Total
    next_offset: NextOffset


def callers(
    investigation: Investigation,
    function: Annotated[str, Field(description="Subject pkg.mod:Name")],
    direction: Annotated[
        Literal["callers", "callees"], Field(description="Who calls it, or whom it calls")
    ] = "callers",
    start: Start = "",
    end: End = "",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Callers:
    """List the direct callers of a function, or its direct callees, by what the calls cost."""
    first, last = windows_between(investigation, start, end)
    calls = investigation.calls
    place = find_function(investigation, function)
    costs = mean_costs(investigation, first, last)
    whole = float(costs[calls.stacks_with(place)].sum())
    values = calls.next_to(place, direction) @ costs
    known = np.flatnonzero(values > 0)
    order = known[np.argsort(-values[known], kind="stable")]

    def show(other: int) -> CallerRow:
        return {
            "function": clip(calls.subjects[other]),
            "cost": number(values[other] * SCALE),
            "share": number(values[other] / whole if whole else 0.0, 4),
        }

    rows, next_offset = page(order.tolist(), offset, limit, show)
    return {
        "function": clip(calls.subjects[place]),
        "unit": unit_of(investigation),
        "function_total": number(whole * SCALE),
        "rows": rows,
        "total": len(order),
        "next_offset": next_offset,
    }


def find_function(investigation: Investigation, name: str) -> int:
    """Return the place of a subject, named in full or as replies show it; ToolError names others.

    A name without its module will do where only one function has it.
    """
    calls = investigation.calls
    if name in calls.places:
        return calls.places[name]
    asked = clip(name)
    shown = [n for n, subject in enumerate(calls.subjects) if clip(subject) == asked]
    if shown:
        return shown[0]
    bare = asked.rpartition(":")[2]
    alike = [n for n, subject in enumerate(calls.subjects) if subject.rpartition(":")[2] == bare]
    if len(alike) == 1 and ":" not in asked:
        return alike[0]
    near = [clip(calls.subjects[n], 100) for n in alike[:3]] or _near(calls.subjects, bare)
    raise ToolError(f"no function {asked!r} in the profile; similar: {near}")


def _near(subjects: tuple[str, ...], bare: str) -> list[str]:
    holding = [clip(subject, 100) for subject in subjects if bare and bare in subject][:3]
    known = {clip(s.rpartition(":")[2], 60): clip(s, 100) for s in subjects[:_MOST_COMPARED]}
    return holding or [known[name] for name in get_close_matches(clip(bare, 60), known, n=3)]


def unit_of(investigation: Investigation) -> str:
    """Return the unit of values in replies."""
    return "CPU ms per round of work" if investigation.knows_work else "samples in 1000"


def mean_costs(investigation: Investigation, first: int, last: int) -> FloatArray:
    """Return the mean cost of each stack in windows from `first` to before `last`, (n_stacks,)."""
    weights = np.zeros(investigation.recording.n_windows)
    weights[first:last] = 1 / (last - first)
    return np.asarray(investigation.stack_values @ weights)


def _values(investigation: Investigation, matrix: sparse.csr_array) -> FloatArray:
    """Return the cost of each subject in each window, (n_subjects, n_windows)."""
    return np.asarray((matrix @ investigation.stack_values).toarray())


def _sides(investigation: Investigation, regression_id: str) -> tuple[IntArray, IntArray]:
    """Return which windows are quiet ones before a regression, and after, (n_windows,) each."""
    return investigation.sides(investigation.regression(regression_id).change_index)


def _changed(
    investigation: Investigation, values: FloatArray, sides: tuple[IntArray, IntArray], limit: int
) -> list[DiffRow]:
    before, after = (values[:, side].mean(axis=1) for side in sides)
    seen = np.flatnonzero((before > 0) | (after > 0))
    order = seen[np.argsort(-np.abs(after - before)[seen], kind="stable")][:limit]
    return take(_diff(investigation, values, sides, order), _MAX_ROWS_BYTES)


def _diff(
    investigation: Investigation, values: FloatArray, sides: tuple[IntArray, IntArray],
    places: Any,
) -> list[DiffRow]:  # fmt: skip
    names = [clip(investigation.calls.subjects[place]) for place in places]
    return _compare(values[places], sides, names)


def _compare(
    values: FloatArray, sides: tuple[IntArray, IntArray], names: Sequence[str]
) -> list[DiffRow]:
    """Return rows of what values, (n_rows, n_windows), were in the windows of both sides."""
    before, after = (values[:, side] for side in sides)
    levels = before.mean(axis=1), after.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = sum(
            part.var(axis=1, ddof=1 if part.shape[1] > 1 else 0) / part.shape[1]
            for part in (before, after)
        )
        is_told = min(before.shape[1], after.shape[1]) > 1
        errors = np.where(is_told, np.sqrt(spread), np.nan)
        errors[errors < _ROUNDING * np.maximum(*levels)] = 0.0
        z = (levels[1] - levels[0]) / np.where(errors > 0, errors, np.nan)
    return [
        {
            "function": name,
            "before": round(float(levels[0][row]) * SCALE, 4),
            "after": round(float(levels[1][row]) * SCALE, 4),
            "standard_error": number(errors[row] * SCALE, 3),
            "z": number(z[row], 3),
        }
        for row, name in enumerate(names)
    ]


def _series(investigation: Investigation, function: str, metric: str) -> tuple[str, FloatArray]:
    """Return the name of a subject and its values, (n_windows,)."""
    whole = investigation.window_values
    if metric == "cost" and not investigation.knows_work:
        raise ToolError("no cost: the work done in the windows is not known; use metric gcpu")
    if function == "<service>":
        return function, whole * SCALE if metric == "cost" else whole / whole
    place = find_function(investigation, function)
    table = investigation.own_values if metric == "self_gcpu" else investigation.total_values
    values = table[place]
    return investigation.calls.subjects[place], values * SCALE if metric == "cost" else (
        values / whole
    )
