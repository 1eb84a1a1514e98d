"""What changed between two profiles, function by function, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import ProfileError
from workbench.profile.graphs import group_values
from workbench.profile.merge import unite
from workbench.profile.profile import Indices, Profile
from workbench.profile.statistics import (
    CONFIDENCE,
    Estimate,
    Floats,
    Side,
    compare_sides,
    false_discovery_rates,
)
from workbench.profile.tables import FUNCTIONS, ValueType
from workbench.profile.tree import by_name
from workbench.profile.views import inclusive_values, sum_by_stack, whole_value

_SAMPLES = re.compile(r"(?P<of>.*?)[-_ ]?samples?", re.IGNORECASE)
LEAST_NOISE = 1e-3
"""Of a time that a profiler measured and did not sample, as a fraction of it."""


def compare(
    before: Sequence[Profile], after: Sequence[Profile], value_type: str | None = None
) -> pd.DataFrame:
    """Compare the share each function has of two profiles, or of two sets of replicates.

    Without replicates a profile is taken for independent events (multinomial): as many as its
    `samples/count` (of `cpu-time`: `cpu-samples`) says, else one a row, of the weight the row has.
    Samples of a real profiler cluster, so two runs of the same program may differ by more;
    replicates measure by how much. Sides may be of any length and sampled at any rate; but a few
    hundred rows without counts whose weights differ by orders of magnitude are too few to tell.
    A graph of calls was not sampled: without replicates it has no interval and no p value. The
    statistics are those of `workbench.profile.statistics`.

    Parameters
    ----------
    before, after : sequence of Profile
        One profile each, or replicates of the same version.
    value_type : str, optional
        As in `Profile.values`.

    Returns
    -------
    pandas.DataFrame
        One row a function, the largest change first: `function`, `file`; `before` and `after`
        (share of the whole, 0 to 1, of stacks that contain it), `delta`, its 95 % confidence
        interval `low` to `high`, `p_value`, `q_value` (false discovery rate if all with as small
        a value are believed), and `is_significant` (`q_value` below 0.05).

    Raises
    ------
    ProfileError
        A side without samples, or whose values are negative or add up to nothing.
    """
    for profile in (*before, *after):
        if not isinstance(profile, Profile):
            raise ProfileError(f"expected profiles to compare, got {type(profile).__name__}")
    kind = str(before[0].value_types[before[0].value_index(value_type)])
    functions, rows = _functions([*before, *after])
    sides = (
        _side(before, rows[: len(before)], kind, functions.num_rows),
        _side(after, rows[len(before) :], kind, functions.num_rows),
    )
    estimate = _estimate(before, after, sides)
    shares = [side.shares.mean(axis=0) for side in sides]
    is_there = (shares[0] > 0) | (shares[1] > 0)  # others, such as a filter leaves, are no tests
    q_values = false_discovery_rates(np.where(is_there, estimate.p_value, np.nan))
    frame = pd.DataFrame(
        {
            "function": functions["name"].to_pandas(),
            "file": functions["file"].to_pandas(),
            "before": shares[0],
            "after": shares[1],
            "delta": shares[1] - shares[0],
            **estimate._asdict(),
            "q_value": q_values,
            "is_significant": q_values < 1 - CONFIDENCE,
        }
    )
    order = np.argsort(-np.abs(frame["delta"].to_numpy()), kind="stable")
    largest_first: pd.DataFrame = frame.iloc[order[is_there[order]]]
    return largest_first.reset_index(drop=True)


def _estimate(
    before: Sequence[Profile], after: Sequence[Profile], sides: tuple[Side, Side]
) -> Estimate:
    is_single = len(before) + len(after) == 2
    if is_single and any(profile.graph is not None for profile in (*before, *after)):
        nothing = np.full(sides[0].values.shape[1], np.nan)
        return Estimate(nothing, nothing, nothing)
    return compare_sides(*sides)


def _functions(profiles: Sequence[Profile]) -> tuple[pa.Table, list[Indices]]:
    """Return the functions of all, told apart by name and file, and where each profile's went."""
    return unite([by_name(profile.functions) for profile in profiles], FUNCTIONS)


def _side(profiles: Sequence[Profile], rows: Sequence[Indices], kind: str, n: int) -> Side:
    values, spread = np.zeros((2, len(profiles), n))
    whole, whole_spread = np.zeros((2, len(profiles), 1))
    for number, (profile, row) in enumerate(zip(profiles, rows, strict=True)):
        index = profile.value_index(kind)
        weights = profile.sample_values[index].astype(np.float64)
        whole[number] = weights.sum()
        if np.any(weights < 0):
            raise ProfileError(f"expected values of {kind} of 0 or more, got {weights.min():g}")
        if not whole[number] > 0:
            raise ProfileError(f"expected values of {kind} that add up to more than 0, got 0")
        if profile.graph is not None:
            values[number] = group_values(profile.graph, index, row, n)
            whole[number] = whole_value(profile, index)
            # functions of one name that call each other by way of others count twice
            np.minimum(values[number], whole[number], out=values[number])
            spread[number] = (LEAST_NOISE * values[number]) ** 2
            whole_spread[number] = (LEAST_NOISE * whole[number]) ** 2
            continue
        squares = weights**2 / events_of(profile, index)
        whole_spread[number] = squares.sum()
        for out, samples in ((values, weights), (spread, squares)):
            by_stack = sum_by_stack(profile, samples)
            out[number] = inclusive_values(profile, row[profile.stack_functions], n, by_stack)
    return Side(values, spread, whole, whole_spread)


def events_of(profile: Profile, value_index: int) -> Floats:
    """Return how many independent events each sample row stands for, (n_samples,)."""
    column = _count_of(profile.value_types, value_index)
    if column is None:
        return np.ones(profile.n_samples)
    return np.maximum(profile.sample_values[column].astype(np.float64), 1.0)


def _count_of(kinds: Sequence[ValueType], value_index: int) -> int | None:
    """Return which value type counts the samples of another: itself, or one named alike.

    `cpu-samples` counts those of `cpu-time`, `samples` those of every type.
    """
    found: dict[str, int] = {}
    for number, kind in enumerate(kinds):
        if kind.unit == "count" and (match := _SAMPLES.fullmatch(kind.name)):
            found.setdefault(match["of"].lower(), number)
            if number == value_index:
                return number
    name = kinds[value_index].name.lower()
    stems = [stem for stem in found if not stem or re.match(rf"{re.escape(stem)}($|[-_ ])", name)]
    return found[max(stems, key=len)] if stems else None
