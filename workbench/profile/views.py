"""What can be asked of a profile: who costs what, who calls whom, and what is left of a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ProfileError
from workbench.profile.build import distinct_stacks, take_rows
from workbench.profile.graphs import graph_neighbours, part_of_graph
from workbench.profile.loops import loops
from workbench.profile.profile import Functions, Indices, Profile
from workbench.profile.tables import LOCATIONS, Function, column, make_table, with_column

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

ROOT, SELF = "<root>", "<self>"


def stack_values(profile: Profile, value_index: int) -> Floats:
    """Return the value of each stack, (n_stacks,)."""
    weights = profile.sample_values[value_index]
    return sum_by_stack(profile, weights)


def sum_by_stack(profile: Profile, weights: npt.NDArray[Any]) -> Floats:
    """Add up weights of the samples of each stack, (n_stacks,)."""
    sums = np.bincount(profile.sample_stacks, weights, minlength=profile.n_stacks)
    return sums.astype(np.float64, copy=False)


def function_values(profile: Profile, weights: Floats) -> tuple[Floats, Floats]:
    """Return self and total of each function, each (n_functions,), for weights of the stacks."""
    n_functions = profile.functions.num_rows
    leaves = profile.leaves
    has_leaf = leaves >= 0
    own = np.bincount(leaves[has_leaf], weights[has_leaf], minlength=n_functions)
    total = inclusive_values(profile, profile.stack_functions, n_functions, weights)
    return own.astype(np.float64), total


def inclusive_values(profile: Profile, functions: Indices, n: int, weights: Floats) -> Floats:
    """Return the weight of all stacks that hold each function, (n,), recursion counted once.

    Parameters
    ----------
    functions : ndarray
        (n_frames,) the function of each frame, 0 to n - 1; those of the profile, or coarser ones.
    """
    total, seen = np.zeros(n), np.full(n, -1, np.int32)
    loops.over(len(functions)).add_inclusive(profile.stack_starts, functions, weights, seen, total)
    return total


def rank_functions(profile: Profile, n: int | None, value_index: int, by: str) -> pd.DataFrame:
    """Answer `Profile.top`."""
    if by not in ("self", "total"):
        raise ProfileError(f"expected by='self' or by='total', got {by!r}")
    if n is not None and n < 0:
        raise ProfileError(f"expected a number of functions of 0 or more, got {n}")
    own, total = function_values(profile, stack_values(profile, value_index))
    if profile.graph is not None:
        total = np.asarray(profile.graph.inclusive[value_index], np.float64)
    order = np.argsort(-(own if by == "self" else total), kind="stable")
    order = order[(own[order] != 0) | (total[order] != 0)][:n]
    frame: pd.DataFrame = profile.functions.take(pa.array(order)).to_pandas()
    frame = frame.rename(columns={"name": "function"})
    whole = whole_value(profile, value_index)
    is_int = profile.sample_values[value_index].dtype.kind == "i" and abs(whole) < 2**53
    for name, values in (("self", own[order]), ("total", total[order])):
        frame[name] = values.astype(np.int64) if is_int else values
        frame[f"{name}_ratio"] = values / whole if whole else np.nan
    return frame[["function", "file", "line", "self", "total", "self_ratio", "total_ratio"]]


def neighbours(
    profile: Profile, function: Functions, value_index: int, *, towards_root: bool
) -> pd.DataFrame:
    """Answer `Profile.callers` and `Profile.callees`."""
    wanted = find_functions(profile, function)
    end = ROOT if towards_root else SELF
    n = profile.functions.num_rows
    values = np.zeros(n + 1)  # the last is the end of the stack
    if profile.graph is None:
        run = loops.over(len(profile.stack_functions))
        whole = run.add_neighbours(
            profile.stack_starts, profile.stack_functions, stack_values(profile, value_index),
            wanted, np.full(n + 1, -1, np.int32), values, -1 if towards_root else 1,
        )  # fmt: skip
    else:
        own, _ = function_values(profile, stack_values(profile, value_index))
        values, whole = graph_neighbours(
            profile.graph, value_index, own, wanted, towards_root=towards_root
        )
    order = np.argsort(-values, kind="stable")
    order = order[values[order] != 0]
    functions = profile.functions.to_pandas()
    known = functions.iloc[order[order < n]]
    names = [end if f == n else known.at[f, "name"] for f in order]
    files = ["" if f == n else known.at[f, "file"] for f in order]
    frame = pd.DataFrame({"function": names, "file": files, "value": values[order]})
    frame["ratio"] = frame["value"] / whole if whole else np.nan
    return frame


def keep_samples(
    profile: Profile,
    function: str | None,
    without: str | None,
    file: str | None,
    labels: Mapping[str, str | int],
) -> Profile:
    """Answer `Profile.filter`."""
    keep = np.ones(profile.n_stacks, np.bool_)
    wanted = np.ones(profile.functions.num_rows, np.bool_)
    if function is not None or file is not None:
        wanted = _matching(profile, "name", function or "") & _matching(profile, "file", file or "")
        keep &= stacks_with(profile, wanted)
    if without is not None:
        unwanted = _matching(profile, "name", without)
        keep &= ~stacks_with(profile, unwanted)
        wanted &= ~unwanted
    samples = keep[profile.sample_stacks]
    for key, value in labels.items():
        samples &= _labelled(profile, key, value)
    if profile.graph is not None:
        if labels:
            raise ProfileError("expected stacks to filter by labels, found a graph of calls")
        part = part_of_graph(profile.graph, wanted, tuple(map(float, profile.totals.values())))
        profile = replace(profile, graph=part)
    return take_samples(profile, samples)


def cut_stacks(profile: Profile, function: Functions) -> Profile:
    """Answer `Profile.focus`."""
    if profile.graph is not None:
        raise ProfileError("expected stacks to cut, found a graph of calls")
    wanted = find_functions(profile, function)
    kept = take_samples(profile, stacks_with(profile, wanted)[profile.sample_stacks])
    hits = wanted[kept.stack_functions]
    places = np.flatnonzero(hits)
    starts = places[np.searchsorted(places, kept.stack_starts[:-1])]
    lengths = kept.stack_starts[1:] - starts
    cut = np.concatenate(([0], np.cumsum(lengths)))
    inside = np.arange(cut[-1]) + np.repeat(starts - cut[:-1], lengths)
    return _restacked(kept, cut, kept.stack_locations[inside], kept.locations)


def forget_lines(profile: Profile) -> Profile:
    """Answer `Profile.by_function`."""
    n = profile.functions.num_rows
    nothing = np.zeros(n, np.int64)
    locations = make_table(
        LOCATIONS,
        {"function": np.arange(n), "line": nothing, "address": nothing, "kind": _kinds(profile)},
    )
    return _restacked(profile, profile.stack_starts, profile.stack_functions, locations)


def _kinds(profile: Profile) -> list[str]:
    """Return of what kind each function is: that of its first location which tells."""
    kinds = [""] * profile.functions.num_rows
    told = profile.locations["kind"].to_pylist()
    for function, kind in zip(column(profile.locations, "function").tolist(), told, strict=True):
        kinds[function] = kinds[function] or kind or ""
    return kinds


def take_samples(profile: Profile, keep: Mask) -> Profile:
    """Return the profile of some samples; stacks that none of them has are dropped."""
    rows = np.flatnonzero(keep)
    used = np.unique(profile.sample_stacks[rows]).astype(np.int32)
    starts, frames = take_rows(profile.stack_starts, profile.stack_locations, used)
    places = np.empty(profile.n_stacks, np.int32)
    places[used] = np.arange(len(used))
    labels = profile.labels
    if labels.num_rows:
        sample = column(labels, "sample")
        labels = labels.filter(pa.array(keep[sample]))
        renumbered = np.cumsum(keep) - 1
        labels = with_column(labels, "sample", renumbered[column(labels, "sample")])
    return replace(
        profile,
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=places[profile.sample_stacks[rows]],
        sample_values=tuple(values[rows] for values in profile.sample_values),
        labels=labels,
    )


def stacks_with(profile: Profile, functions: Mask) -> Mask:
    """Return which stacks hold one of some functions, (n_stacks,)."""
    hits = np.concatenate(([0], np.cumsum(functions[profile.stack_functions])))
    found: Mask = hits[profile.stack_starts[1:]] > hits[profile.stack_starts[:-1]]
    return found


def find_functions(profile: Profile, function: Functions) -> Mask:
    """Return which rows of `functions` are meant, (n_functions,); ProfileError for none."""
    names, files = profile.functions["name"], profile.functions["file"]
    if not isinstance(function, str | Function):
        raise ProfileError(f"expected a function, its name or its subject, got {function!r}")
    if isinstance(function, Function):
        found = pc.and_(pc.equal(names, function.name), pc.equal(files, function.file))
    else:
        choices = pa.array(Function.names_in(function), pa.string())
        likely = pc.is_in(names, choices).to_numpy()
        subjects = ((i, profile.function(i)) for i in np.flatnonzero(likely).tolist())
        rows = [i for i, row in subjects if function in (row.name, row.subject)]
        found = np.isin(np.arange(len(names)), rows)
    mask = np.asarray(found)
    if not mask.any():
        close = get_close_matches(str(function), names.unique().to_pylist()[:20_000], n=3)
        hint = f"; close to it: {', '.join(close)}" if close else ""
        raise ProfileError(f"expected a function of the profile, got {function!r}{hint}")
    return mask


def sample_frame(profile: Profile) -> pd.DataFrame:
    """Answer `Profile.to_pandas`."""
    names = profile.functions["name"].to_pylist()
    starts, functions = profile.stack_starts.tolist(), profile.stack_functions.tolist()
    stacks = [";".join([names[f] for f in functions[start:end]]) for start, end in pairwise(starts)]
    leaves = [names[leaf] if leaf >= 0 else "" for leaf in profile.leaves.tolist()]
    frame = pd.DataFrame(
        {
            "stack": pd.Series(stacks, dtype="str").take(profile.sample_stacks),
            "function": pd.Series(leaves, dtype="str").take(profile.sample_stacks),
        }
    ).reset_index(drop=True)
    for kind, values in zip(profile.value_types, profile.sample_values, strict=True):
        frame[str(kind)] = values
    labels: pd.DataFrame = profile.labels.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    for key, rows in labels.drop_duplicates(["sample", "key"]).groupby("key", sort=True):
        cells = rows["number"] if rows["text"].isna().all() else rows["text"]
        if rows["text"].isna().any() and rows["number"].isna().any():
            both = rows[["text", "number"]].astype(object)
            cells = both["text"].where(both["text"].notna(), both["number"])
        cells = cells.set_axis(rows["sample"].to_numpy(np.int64))
        frame[key if key not in frame else f"label {key}"] = cells.reindex(frame.index)
    return frame


def whole_value(profile: Profile, value_index: int) -> float:
    """Return what shares are of: the sum of all values, of a part of a graph the program's."""
    if profile.graph is not None and profile.graph.part_of is not None:
        return profile.graph.part_of[value_index]
    return float(np.sum(profile.sample_values[value_index], dtype=np.float64))


def _matching(profile: Profile, name: str, pattern: str) -> Mask:
    try:
        matches = pc.match_substring_regex(profile.functions[name], pattern)
    except pa.ArrowInvalid as error:
        raise ProfileError(f"expected a regular expression, got {pattern!r}: {error}") from error
    return np.asarray(matches, np.bool_)


def _labelled(profile: Profile, key: str, value: str | int) -> Mask:
    if isinstance(value, bool) or not isinstance(value, str | int | np.integer):
        expected = f"a text or a whole number for the label {key}"
        raise ProfileError(f"expected {expected}, got {value!r}")
    labels = profile.labels
    cells = labels["text"] if isinstance(value, str) else labels["number"]
    hits = pc.and_(pc.equal(labels["key"], key), pc.fill_null(pc.equal(cells, value), False))
    mask = np.zeros(profile.n_samples, np.bool_)
    mask[column(labels.filter(hits), "sample")] = True
    return mask


def _restacked(profile: Profile, starts: Any, frames: Indices, locations: pa.Table) -> Profile:
    """Return the profile over other stacks, row for row; equal ones become one."""
    starts, frames, stacks = distinct_stacks(starts, frames)
    return replace(
        profile,
        locations=locations,
        stack_starts=starts,
        stack_locations=frames,
        sample_stacks=stacks[profile.sample_stacks],
    )
